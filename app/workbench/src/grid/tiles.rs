//! The part of a table that is in memory: rectangles of cells, the ones used last kept.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aloft_data::{Cell, Page};

/// Rows of a tile.
pub const TILE_ROWS: u64 = 256;
/// Columns of a tile.
pub const TILE_COLUMNS: usize = 32;
/// How many tiles are kept at least.
const KEPT: usize = 48;
/// How many tiles are asked for at once; what is in sight comes first.
const AT_ONCE: usize = 4;

/// Which tile: its place among the tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileKey {
    pub row: u64,
    pub column: usize,
}

impl TileKey {
    /// The tile that holds a cell.
    pub fn of(row: u64, column: usize) -> Self {
        Self {
            row: row / TILE_ROWS,
            column: column / TILE_COLUMNS,
        }
    }

    /// The first row of the tile.
    pub fn first_row(self) -> u64 {
        self.row * TILE_ROWS
    }

    /// The columns of the tile in a table of so many.
    pub fn columns(self, count: usize) -> Range<usize> {
        let start = self.column * TILE_COLUMNS;
        start.min(count)..(start + TILE_COLUMNS).min(count)
    }

    /// How many rows of the tile there are in a table of so many.
    fn rows_in(self, rows: u64) -> u64 {
        rows.saturating_sub(self.first_row()).min(TILE_ROWS)
    }
}

/// The rows and columns that are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    pub rows: Range<u64>,
    /// Columns of the table, in the order in which they are shown.
    pub columns: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Tile {
    page: Page,
    /// How many rows it was to hold when it was read.
    expected: u64,
    generation: u64,
    used: u64,
}

/// Tiles by their place.
#[derive(Clone, Debug, Default)]
pub struct Tiles {
    kept: BTreeMap<TileKey, Tile>,
    generation: u64,
    clock: u64,
    /// How many tiles were in sight last: columns that were moved may lie far from each other.
    in_sight: usize,
}

impl Tiles {
    /// The cell, when its tile is here.
    pub fn cell(&self, row: u64, column: usize) -> Option<&Cell> {
        self.kept.get(&TileKey::of(row, column))?.page.cell(row, column)
    }

    /// Takes in a tile that was read when the table had `rows` rows, and lets go of those used longest ago.
    pub fn insert(&mut self, key: TileKey, page: Page, rows: u64) {
        self.clock += 1;
        let tile = Tile {
            page,
            expected: key.rows_in(rows),
            generation: self.generation,
            used: self.clock,
        };
        self.kept.insert(key, tile);
        while self.kept.len() > KEPT.max(2 * self.in_sight) {
            let oldest = self.kept.iter().min_by_key(|(_, tile)| tile.used).map(|(key, _)| *key);
            match oldest {
                Some(key) => drop(self.kept.remove(&key)),
                None => break,
            }
        }
    }

    /// Everything is to be read anew; until then the old cells are shown.
    pub fn outdate(&mut self) {
        self.generation += 1;
    }

    /// The tiles to read for a view of a table: those in sight first, then their neighbours
    /// below, above and beside. At most a few; ask again when they are here.
    pub fn needed(&mut self, view: &View, rows: u64, columns: usize) -> Vec<TileKey> {
        if view.rows.is_empty() || view.columns.is_empty() {
            return Vec::new();
        }
        self.clock += 1;
        let tile_rows = view.rows.start / TILE_ROWS..=(view.rows.end - 1) / TILE_ROWS;
        let tile_columns: BTreeSet<usize> = view.columns.iter().map(|column| column / TILE_COLUMNS).collect();
        let mut wanted = Vec::new();
        for row in tile_rows.clone() {
            wanted.extend(tile_columns.iter().map(|column| TileKey { row, column: *column }));
        }
        self.in_sight = wanted.len();
        for key in &wanted {
            if let Some(tile) = self.kept.get_mut(key) {
                tile.used = self.clock;
            }
        }
        for column in tile_columns.iter().copied() {
            wanted.push(TileKey {
                row: tile_rows.end() + 1,
                column,
            });
            wanted.extend(tile_rows.start().checked_sub(1).map(|row| TileKey { row, column }));
        }
        for row in tile_rows {
            let after = tile_columns.last().map(|last| last + 1);
            let before = tile_columns.first().and_then(|first| first.checked_sub(1));
            wanted.extend(
                [after, before]
                    .into_iter()
                    .flatten()
                    .map(|column| TileKey { row, column }),
            );
        }
        wanted.retain(|key| key.rows_in(rows) > 0 && !key.columns(columns).is_empty() && self.lacks(*key, rows));
        wanted.truncate(AT_ONCE);
        wanted
    }

    fn lacks(&self, key: TileKey, rows: u64) -> bool {
        self.kept
            .get(&key)
            .is_none_or(|tile| tile.generation != self.generation || tile.expected < key.rows_in(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(key: TileKey, rows: u64, columns: usize) -> Page {
        let columns = key.columns(columns);
        let count = key.rows_in(rows);
        let cells = columns
            .clone()
            .map(|column| {
                let rows = key.first_row()..key.first_row() + count;
                rows.map(|row| Cell::Text(format!("{row}:{column}").into())).collect()
            })
            .collect();
        Page {
            first: key.first_row(),
            columns,
            cells,
        }
    }

    #[test]
    fn what_is_in_sight_comes_before_its_neighbours() {
        let mut tiles = Tiles::default();
        let view = View {
            rows: 4_999_980..5_000_000,
            columns: (0..8).collect(),
        };
        let needed = tiles.needed(&view, 5_000_000, 8);
        assert_eq!(needed[0], TileKey::of(4_999_980, 0));
        assert!(
            needed.contains(&TileKey::of(4_999_900, 0)),
            "the page above is fetched ahead: {needed:?}"
        );
        for key in needed {
            tiles.insert(key, page(key, 5_000_000, 8), 5_000_000);
        }
        assert_eq!(tiles.cell(4_999_999, 7), Some(&Cell::Text("4999999:7".into())));
        assert!(tiles.needed(&view, 5_000_000, 8).is_empty());
    }

    #[test]
    fn the_last_tile_is_read_again_when_the_table_grew() {
        let mut tiles = Tiles::default();
        let view = View {
            rows: 0..20,
            columns: vec![0, 1],
        };
        let key = TileKey::of(0, 0);
        tiles.insert(key, page(key, 100, 2), 100);
        assert!(tiles.needed(&view, 100, 2).is_empty());
        assert_eq!(tiles.needed(&view, 200, 2), [key]);
        assert!(tiles.cell(99, 1).is_some(), "what is there stays until then");
    }

    #[test]
    fn outdated_cells_stay_until_they_are_replaced() {
        let mut tiles = Tiles::default();
        let key = TileKey::of(0, 0);
        tiles.insert(key, page(key, 10, 1), 10);
        tiles.outdate();
        assert!(tiles.cell(3, 0).is_some());
        assert_eq!(
            tiles.needed(
                &View {
                    rows: 0..10,
                    columns: vec![0]
                },
                10,
                1
            ),
            [key]
        );
    }

    #[test]
    fn columns_that_lie_far_apart_stay_while_they_are_in_sight() {
        let mut tiles = Tiles::default();
        let view = View {
            rows: 250..270,
            columns: (0..40).map(|column| column * 32).collect(),
        };
        for _ in 0..100 {
            for key in tiles.needed(&view, 1000, 1280) {
                tiles.insert(key, page(key, 1000, 1280), 1000);
            }
        }
        assert!(tiles.needed(&view, 1000, 1280).is_empty());
        assert!(view.columns.iter().all(|column| tiles.cell(260, *column).is_some()));
    }

    #[test]
    fn memory_is_bounded_and_what_is_seen_is_kept() {
        let mut tiles = Tiles::default();
        let rows = 1_000_000;
        for row in 0..200 {
            let key = TileKey { row, column: 0 };
            tiles.insert(key, page(key, rows, 1), rows);
            tiles.needed(
                &View {
                    rows: 0..20,
                    columns: vec![0],
                },
                rows,
                1,
            );
        }
        assert!(tiles.kept.len() <= KEPT);
        assert!(tiles.cell(0, 0).is_some());
        assert!(tiles.cell(TILE_ROWS * 20, 0).is_none());
    }
}
