//! Which column stands in which slot of the screen, how wide slots are, where each begins,
//! and which are seen. Slots count from the left; the first of them may be frozen.

use std::ops::Range;

use super::number_format::NumberFormat;

/// The narrowest a column can be made.
pub(super) const MIN_WIDTH: f32 = 64.0;
/// The widest a column can be made.
pub(super) const MAX_WIDTH: f32 = 1200.0;
/// Frozen columns leave at least this share of the width to the others.
const FREE_SHARE: f64 = 0.35;

/// Columns of a table as they are shown, and where they begin, in points from the left edge of the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// The column of the table in each slot.
    slots: Vec<usize>,
    /// How many of the first stay where they are.
    frozen: usize,
    widths: Vec<f32>,
    formats: Vec<NumberFormat>,
    /// One more than the widths; the last one is where the table ends.
    starts: Vec<f64>,
}

impl Columns {
    pub(super) fn new(slots: Vec<usize>, frozen: usize, widths: Vec<f32>, formats: Vec<NumberFormat>) -> Self {
        let mut starts = Vec::with_capacity(widths.len() + 1);
        let mut start = 0.0;
        starts.push(start);
        for width in &widths {
            start += f64::from(*width);
            starts.push(start);
        }
        Self {
            slots,
            frozen,
            widths,
            formats,
            starts,
        }
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The column of the table in a slot.
    pub fn column(&self, slot: usize) -> usize {
        self.slots.get(slot).copied().unwrap_or_default()
    }

    /// The slot that a column of the table is in, unless it is hidden.
    pub fn slot_of(&self, column: usize) -> Option<usize> {
        self.slots.iter().position(|at| *at == column)
    }

    /// The columns of the table in some slots.
    pub fn columns_of(&self, slots: std::ops::RangeInclusive<usize>) -> Vec<usize> {
        slots.filter_map(|slot| self.slots.get(slot).copied()).collect()
    }

    pub(super) fn frozen(&self) -> usize {
        self.frozen
    }

    pub(super) fn format(&self, slot: usize) -> NumberFormat {
        self.formats.get(slot).copied().unwrap_or_default()
    }

    /// How many slots stay where they are when the table is so wide: those that leave room for others.
    pub(super) fn frozen_within(&self, width: f64) -> usize {
        let room = width * (1.0 - FREE_SHARE);
        let fits = self.starts.partition_point(|start| *start <= room).saturating_sub(1);
        self.frozen.min(fits)
    }

    /// The width of all columns together.
    pub(super) fn total(&self) -> f64 {
        self.starts.last().copied().unwrap_or(0.0)
    }

    pub(super) fn start(&self, slot: usize) -> f64 {
        self.starts.get(slot).copied().unwrap_or_else(|| self.total())
    }

    pub(super) fn width(&self, slot: usize) -> f32 {
        self.widths.get(slot).copied().unwrap_or(MIN_WIDTH)
    }

    /// The slots of which something is between `left` and `right`.
    pub(super) fn visible(&self, left: f64, right: f64) -> Range<usize> {
        if self.is_empty() || right <= left {
            return 0..0;
        }
        let first = self.starts.partition_point(|start| *start <= left).saturating_sub(1);
        let end = self.starts.partition_point(|start| *start < right).min(self.len());
        first.min(self.len())..end.max(first)
    }

    /// The slot at a distance from the left edge of the first.
    pub(super) fn at(&self, x: f64) -> Option<usize> {
        (x >= 0.0 && x < self.total()).then(|| self.starts.partition_point(|start| *start <= x) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(count: usize, frozen: usize, width: f32) -> Columns {
        Columns::new(
            (0..count).collect(),
            frozen,
            vec![width; count],
            vec![NumberFormat::Plain; count],
        )
    }

    #[test]
    fn only_columns_in_sight_are_visible_among_thousands() {
        let columns = columns(3000, 0, 100.0);
        assert_eq!(columns.total(), 300_000.0);
        assert_eq!(columns.visible(0.0, 1000.0), 0..10);
        assert_eq!(columns.visible(150.0, 350.0), 1..4);
        assert_eq!(columns.visible(299_950.0, 301_000.0), 2999..3000);
        assert_eq!(columns.at(299_999.0), Some(2999));
        assert_eq!(columns.at(300_000.0), None);
    }

    #[test]
    fn frozen_columns_leave_room_for_others() {
        let columns = columns(20, 5, 100.0);
        assert_eq!(columns.frozen_within(1000.0), 5);
        assert_eq!(columns.frozen_within(500.0), 3);
        assert_eq!(columns.frozen_within(100.0), 0);
    }
}
