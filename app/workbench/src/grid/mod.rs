//! The grid: a table that scrolls in rows, however many there are.
//!
//! It knows where it is as a row and a fraction of one, never as pixels from the top, so
//! row 4,999,999,999 is as exact as row 1. It draws what is in [`Tiles`] and says which part
//! it shows; its owner has the missing tiles read by a worker.

mod body;
mod cell;
mod columns;
mod header;
mod heads;
mod input;
mod keyboard;
mod layout;
mod menu;
mod number_format;
mod position;
mod scrollbar;
mod selection;
#[cfg(test)]
mod tests;
mod tiles;
mod view;

pub use columns::Columns;
pub use header::{Head, distinct_text, figures, kind_icon};
pub use layout::Layout;
pub use menu::{CellAct, ColumnAct};
pub use number_format::NumberFormat;
pub use position::Position;
pub(crate) use scrollbar::{THICKNESS, scrollbar_ui};
pub use selection::{Copied, CopyFormat, Place, Selection};
pub use tiles::{TILE_COLUMNS, TILE_ROWS, TileKey, Tiles, View};
pub use view::{Grid, GridResponse, GridState};
