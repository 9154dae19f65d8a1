//! Moving data: what is to be moved, and where it is written down.
//!
//! A transfer is a job. Its [`Order`] is the job's spec; each file is a row before its bytes
//! move, and so is each part once it arrived, so that a transfer that was killed goes on from there.

mod checksum;
mod conflict;
mod disk;
mod download;
mod engine;
mod files;
mod gate;
mod journal;
mod list;
mod memory;
mod naming;
mod order;
mod parts;
mod perform;
mod place;
mod plan;
mod positioned;
mod rate;
mod recover;
mod run;
mod shared;
mod tell;
mod there;
mod upload;
mod walk;
mod work;

pub(crate) use checksum::is_content;
pub use order::{Conflict, Order, Place, Verb};
pub use run::{create, discard, find_resumable, resume, run};
pub use tell::{Steer, Summary, Totals};
