//! Moving data: what is to be moved, and where it is written down.
//!
//! A transfer is a job. Its [`Order`] is the job's spec; each file is a row before its bytes
//! move, and so is each part once it arrived, so that a transfer that was killed goes on from there.

mod order;
mod run;
mod tell;

pub use order::{Conflict, Order, Place, Verb};
pub use run::{create, discard, find_resumable, resume, run};
pub use tell::{Steer, Summary, Totals};
