//! The grid: a table that scrolls in rows, however many there are.
//!
//! It knows where it is as a row and a fraction of one, never as pixels from the top, so
//! row 4,999,999,999 is as exact as row 1. It draws what is in [`Tiles`] and says which part
//! it shows; its owner has the missing tiles read by a worker.

mod cell;
mod columns;
mod header;
mod keyboard;
mod position;
mod scrollbar;
mod selection;
#[cfg(test)]
mod tests;
mod tiles;
mod view;

pub use columns::Columns;
pub use header::{Head, distinct_text, kind_icon};
pub use position::Position;
pub(crate) use scrollbar::{THICKNESS, scrollbar_ui};
pub use selection::{Place, Selection};
pub use tiles::{TILE_COLUMNS, TILE_ROWS, TileKey, Tiles, View};
pub use view::{Grid, GridResponse, GridState};
