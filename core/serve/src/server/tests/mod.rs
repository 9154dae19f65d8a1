//! Whole servers on loopback, with small models that are really trained.

mod doors;
mod faults;
mod following;
pub(in crate::server) mod rig;
