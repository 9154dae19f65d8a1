//! What stands for a column that has too many values to keep: bounded in memory, right
//! within a known error, and the same on every run and machine: a column is given its values in
//! the order of its rows, by one thread at a time.

mod bins;
mod distinct;
mod frequent;
mod hash;
mod quantile;

pub(crate) use bins::Bins;
pub(crate) use distinct::Distinct;
pub(crate) use frequent::{Frequencies, Key};
pub(crate) use hash::of_bytes;
pub(crate) use quantile::{Quantile, Ranks};
