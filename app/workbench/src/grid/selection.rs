//! Which cells are selected, and how the selection moves.

use std::ops::RangeInclusive;

/// A cell by row and column, both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub row: u64,
    pub column: usize,
}

/// A rectangle of cells between the cell it began at and the one the person is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    pub anchor: Place,
    pub cursor: Place,
}

impl Selection {
    pub fn of(place: Place) -> Self {
        Self {
            anchor: place,
            cursor: place,
        }
    }

    pub fn rows(&self) -> RangeInclusive<u64> {
        self.anchor.row.min(self.cursor.row)..=self.anchor.row.max(self.cursor.row)
    }

    pub fn columns(&self) -> RangeInclusive<usize> {
        self.anchor.column.min(self.cursor.column)..=self.anchor.column.max(self.cursor.column)
    }

    pub fn contains(&self, place: Place) -> bool {
        self.rows().contains(&place.row) && self.columns().contains(&place.column)
    }

    /// How many cells it holds.
    pub fn cells(&self) -> u64 {
        let (rows, columns) = (self.rows(), self.columns());
        (rows.end() - rows.start() + 1).saturating_mul((columns.end() - columns.start() + 1) as u64)
    }

    /// The selection after the person went to a cell; with `extend` it begins where it began.
    #[must_use]
    pub fn moved_to(self, cursor: Place, extend: bool) -> Self {
        Self {
            anchor: if extend { self.anchor } else { cursor },
            cursor,
        }
    }
}

/// Cells to be copied, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub rows: RangeInclusive<u64>,
    /// Columns of the table, in the order in which they are shown.
    pub columns: Vec<usize>,
    pub format: CopyFormat,
    /// Whether the names of the columns come first. JSON and Markdown always have them.
    pub with_names: bool,
}

impl Copied {
    /// How many cells they are.
    pub fn cells(&self) -> u64 {
        (self.rows.end() - self.rows.start() + 1).saturating_mul(self.columns.len() as u64)
    }
}

/// What cells become on the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    /// With tabs, as spreadsheets take it.
    Tsv,
    Csv,
    /// A list of objects.
    Json,
    /// A table in Markdown.
    Markdown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_extends_in_any_direction() {
        let selection = Selection::of(Place { row: 10, column: 3 }).moved_to(Place { row: 8, column: 5 }, true);
        assert_eq!(
            (selection.rows(), selection.columns(), selection.cells()),
            (8..=10, 3..=5, 9)
        );
        assert!(selection.contains(Place { row: 9, column: 4 }));
        assert_eq!(selection.moved_to(Place { row: 1, column: 1 }, false).cells(), 1);
    }
}
