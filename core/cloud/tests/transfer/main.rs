//! Transfers between real folders and real servers, on good days and bad ones.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up is a failed test")]

mod backends;
mod faults;
mod full_disk;
mod kill;
mod local;
mod s3;
mod setup;
