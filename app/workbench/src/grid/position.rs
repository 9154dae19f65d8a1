//! Where a table is scrolled to: a row, and how much of it is above the edge.

/// A place in a table, exact for any number of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    row: u64,
    /// Share of `row` that is above the upper edge, from 0 to below 1.
    fraction: f64,
}

impl Position {
    /// A row at the upper edge.
    pub fn at(row: u64) -> Self {
        Self { row, fraction: 0.0 }
    }

    /// The first row that is at least partly seen, from 0.
    pub fn row(self) -> u64 {
        self.row
    }

    /// How much of that row is above the edge.
    pub fn fraction(self) -> f64 {
        self.fraction
    }

    /// The furthest a table can be scrolled: its last row ends at the lower edge.
    pub fn furthest(rows: u64, rows_seen: f64) -> Self {
        let whole = rows_seen.max(0.0).ceil();
        if rows as f64 <= rows_seen {
            return Self::default();
        }
        Self {
            row: rows - whole as u64,
            fraction: whole - rows_seen.max(0.0),
        }
    }

    /// Moved by so many rows, down when positive, and kept between the start and `furthest`.
    #[must_use]
    pub fn moved(self, rows: f64, furthest: Self) -> Self {
        let sum = self.fraction + rows;
        let whole = sum.floor();
        let fraction = (sum - whole).clamp(0.0, 1.0 - f64::EPSILON);
        let steps = whole.clamp(i64::MIN as f64, i64::MAX as f64) as i64;
        match self.row.checked_add_signed(steps) {
            Some(row) => Self { row, fraction }.at_most(furthest),
            None if steps < 0 => Self::default(),
            None => furthest,
        }
    }

    /// Scrolled as little as needed for a row to be seen whole, when `rows_seen` rows fit.
    #[must_use]
    pub fn revealing(self, row: u64, rows_seen: f64, furthest: Self) -> Self {
        if row < self.row || (row == self.row && self.fraction > 0.0) {
            return Self::at(row).at_most(furthest);
        }
        let lowest = Self::furthest(row + 1, rows_seen);
        if (lowest.row, lowest.fraction) > (self.row, self.fraction) {
            lowest.at_most(furthest)
        } else {
            self
        }
    }

    /// How far this is between the start and `furthest`, from 0 to 1: where a scroll bar stands.
    pub fn share(self, furthest: Self) -> f64 {
        let whole = furthest.row as f64 + furthest.fraction;
        if whole <= 0.0 {
            0.0
        } else {
            ((self.row as f64 + self.fraction) / whole).clamp(0.0, 1.0)
        }
    }

    /// The place at this share of the way.
    pub fn of_share(share: f64, furthest: Self) -> Self {
        let share = share.clamp(0.0, 1.0);
        if share >= 1.0 {
            return furthest;
        }
        let place = share * (furthest.row as f64 + furthest.fraction);
        Self {
            row: place as u64,
            fraction: place.fract(),
        }
        .at_most(furthest)
    }

    /// Not further than this.
    #[must_use]
    pub fn at_most(self, furthest: Self) -> Self {
        if (self.row, self.fraction) > (furthest.row, furthest.fraction) {
            furthest
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_is_exact_at_the_end_of_billions_of_rows() {
        let furthest = Position::furthest(5_000_000_000, 20.5);
        assert_eq!((furthest.row(), furthest.fraction()), (4_999_999_979, 0.5));
        // A wheel of 8 points on rows of 26, back and forth a thousand times, at the far end.
        let start = Position::at(4_000_000_000);
        let mut position = start;
        for _ in 0..1000 {
            position = position.moved(8.0 / 26.0, furthest);
        }
        assert_eq!(position.row(), 4_000_000_000 + 8000 / 26);
        for _ in 0..1000 {
            position = position.moved(-8.0 / 26.0, furthest);
        }
        let left = (i128::from(position.row()) - i128::from(start.row())) as f64 + position.fraction();
        assert!(left.abs() < 1e-9, "{left}");
    }

    #[test]
    fn the_ends_hold() {
        let furthest = Position::furthest(100, 20.0);
        assert_eq!(furthest, Position::at(80));
        assert_eq!(Position::at(3).moved(-7.5, furthest), Position::default());
        assert_eq!(Position::at(79).moved(50.0, furthest), furthest);
        assert_eq!(Position::furthest(5, 20.0), Position::default());
        assert_eq!(
            Position::default().moved(3.0, Position::furthest(5, 20.0)),
            Position::default()
        );
    }

    #[test]
    fn a_row_is_revealed_with_the_least_movement() {
        let furthest = Position::furthest(5_000_000, 20.5);
        let top = Position::default();
        assert_eq!(top.revealing(10, 20.5, furthest), top);
        let down = top.revealing(20, 20.5, furthest);
        assert_eq!((down.row(), down.fraction()), (0, 0.5));
        assert_eq!(down.revealing(0, 20.5, furthest), top);
        assert_eq!(top.revealing(4_999_999, 20.5, furthest), furthest);
    }

    #[test]
    fn the_scroll_bar_and_the_position_agree() {
        let furthest = Position::furthest(5_000_000, 20.0);
        assert_eq!(Position::of_share(0.0, furthest), Position::default());
        assert_eq!(Position::of_share(1.0, furthest), furthest);
        let middle = Position::of_share(0.5, furthest);
        assert!((middle.share(furthest) - 0.5).abs() < 1e-12);
    }
}
