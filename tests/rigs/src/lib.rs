//! Real servers on loopback for the tests. Each starts on a free port in a folder of its own,
//! is waited for until it answers, and is stopped by its own process id when dropped.
//!
//! The programs come from the registries: `tests/setup.sh servers` installs them into
//! `target/rigs`. A server that cannot be started is a failing test, never a skipped one.

mod azurite;
mod gcs;
mod moto;
mod program;
mod seaweed;
mod server;

pub use azurite::Azurite;
pub use gcs::{FakeGcsServer, GcpStorageEmulator};
pub use moto::Moto;
pub use program::{node_program, python_program, repository};
pub use seaweed::SeaweedFs;
pub use server::{Server, free_port};
