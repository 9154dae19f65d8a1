//! How wide columns are, where each begins, and which are seen.

use std::ops::Range;

/// The narrowest a column can be made.
pub(super) const MIN_WIDTH: f32 = 64.0;
/// The widest a column can be made.
pub(super) const MAX_WIDTH: f32 = 1200.0;

/// Widths of columns and where they begin, in points from the left edge of the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    widths: Vec<f32>,
    /// One more than the widths; the last one is where the table ends.
    starts: Vec<f64>,
}

impl Columns {
    pub fn new(widths: Vec<f32>) -> Self {
        let mut columns = Self {
            widths,
            starts: Vec::new(),
        };
        columns.place();
        columns
    }

    pub fn len(&self) -> usize {
        self.widths.len()
    }

    pub fn is_empty(&self) -> bool {
        self.widths.is_empty()
    }

    /// The width of all columns together.
    pub fn total(&self) -> f64 {
        self.starts.last().copied().unwrap_or(0.0)
    }

    pub fn start(&self, column: usize) -> f64 {
        self.starts.get(column).copied().unwrap_or_else(|| self.total())
    }

    pub fn width(&self, column: usize) -> f32 {
        self.widths.get(column).copied().unwrap_or(MIN_WIDTH)
    }

    /// The columns of which something is between `left` and `right`.
    pub fn visible(&self, left: f64, right: f64) -> Range<usize> {
        if self.is_empty() || right <= left {
            return 0..0;
        }
        let first = self.starts.partition_point(|start| *start <= left).saturating_sub(1);
        let end = self.starts.partition_point(|start| *start < right).min(self.len());
        first.min(self.len())..end.max(first)
    }

    /// The column at a distance from the left edge of the first.
    pub fn at(&self, x: f64) -> Option<usize> {
        (x >= 0.0 && x < self.total()).then(|| self.starts.partition_point(|start| *start <= x) - 1)
    }

    pub fn resize(&mut self, column: usize, width: f32) {
        if let Some(old) = self.widths.get_mut(column) {
            *old = width.clamp(MIN_WIDTH, MAX_WIDTH).round();
            self.place();
        }
    }

    fn place(&mut self) {
        self.starts.clear();
        let mut start = 0.0;
        self.starts.push(start);
        for width in &self.widths {
            start += f64::from(*width);
            self.starts.push(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_in_sight_are_visible_among_thousands() {
        let columns = Columns::new(vec![100.0; 3000]);
        assert_eq!(columns.total(), 300_000.0);
        assert_eq!(columns.visible(0.0, 1000.0), 0..10);
        assert_eq!(columns.visible(150.0, 350.0), 1..4);
        assert_eq!(columns.visible(299_950.0, 301_000.0), 2999..3000);
        assert_eq!(columns.at(299_999.0), Some(2999));
        assert_eq!(columns.at(300_000.0), None);
    }

    #[test]
    fn a_wider_column_moves_those_after_it() {
        let mut columns = Columns::new(vec![100.0, 100.0, 100.0]);
        columns.resize(1, 180.0);
        assert_eq!(
            (columns.width(1), columns.start(2), columns.total()),
            (180.0, 280.0, 380.0)
        );
        columns.resize(1, 1.0);
        assert_eq!(columns.width(1), MIN_WIDTH);
    }
}
