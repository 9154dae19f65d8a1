//! Metric points of runs: every raw point is kept, and any range can be drawn from few rows.
//!
//! A point is first a small row, visible to readers at once. Each [`CHUNK`] points of a
//! series become one chunk: their packed values, a summary of each [`GROUP`] points and
//! one of them all, so that a reader takes the level that fits its pixels.

mod chunk;
mod read;
mod write;

pub use chunk::{Point, Summary};
pub use read::{Curve, Reader};
pub use write::Writer;

/// Points in a chunk.
pub const CHUNK: usize = 4096;
/// Points in a group, the level between the raw points and the chunk.
pub const GROUP: usize = 64;

#[cfg(test)]
mod tests;
