//! Transfers between real folders and a real S3 server, on good days and bad ones.

mod faults;
mod full_disk;
mod kill;
mod local;
mod s3;
mod setup;
