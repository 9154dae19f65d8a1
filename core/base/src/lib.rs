//! What every part of Aloft stands on: the workspace and its two databases,
//! jobs, runs, metrics, registered models, endpoints, connections, transfers, the change feed, and errors a person can act on.
//!
//! Only this crate names `rusqlite`. It knows nothing of tables, models or windows.

pub mod audit;
pub mod change;
pub mod connection;
pub mod dataset;
pub mod endpoint;
pub mod env;
pub mod error;
pub mod fs;
pub mod id;
pub mod job;
pub mod launch;
pub mod limits;
pub mod log;
pub mod metrics;
pub mod random;
mod redacted;
pub mod registry;
pub mod remote;
pub mod run;
mod schema;
pub mod secret;
pub mod text;
pub mod time;
pub mod transfer;
pub mod workspace;

pub use error::{Error, ErrorKind, Explain, Report, Result};
pub use redacted::Redacted;
pub use workspace::Workspace;
