//! Which rows are chosen: positions of entries, which stay the same while a list grows.

use std::cell::Cell;

use super::entry::{Entries, Kind};
use super::listing::Listing;

/// The chosen entries, the one the keyboard is at, and the one that Shift extends from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    bits: Vec<u64>,
    count: usize,
    pub(super) cursor: Option<u32>,
    anchor: Option<u32>,
    /// What it sums up to, until it changes: it is asked for in each frame, and may be a million entries.
    sums: Cell<Option<Chosen>>,
}

/// Sums over the chosen entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) objects: usize,
    pub(super) folders: usize,
    pub(super) deleted: usize,
    pub(super) bytes: u64,
}

impl Selection {
    pub(super) fn contains(&self, entry: u32) -> bool {
        let word = self.bits.get(entry as usize / 64).copied().unwrap_or_default();
        word >> (entry % 64) & 1 == 1
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn none(&mut self) {
        self.bits.clear();
        self.count = 0;
        self.sums.set(None);
    }

    fn put(&mut self, entry: u32, chosen: bool) {
        if self.contains(entry) == chosen {
            return;
        }
        let place = entry as usize / 64;
        if place >= self.bits.len() {
            self.bits.resize(place + 1, 0);
        }
        self.bits[place] ^= 1 << (entry % 64);
        self.sums.set(None);
        self.count = if chosen { self.count + 1 } else { self.count - 1 };
    }

    /// This one alone.
    pub(super) fn only(&mut self, entry: u32) {
        self.none();
        self.put(entry, true);
        (self.cursor, self.anchor) = (Some(entry), Some(entry));
    }

    /// This one as well, or not any more.
    pub(super) fn toggle(&mut self, entry: u32) {
        self.put(entry, !self.contains(entry));
        (self.cursor, self.anchor) = (Some(entry), Some(entry));
    }

    /// From the anchor to this row, in the order that is shown.
    pub(super) fn extend(&mut self, rows: &[u32], to: usize) {
        let Some(entry) = rows.get(to).copied() else { return };
        let from = self
            .anchor
            .and_then(|anchor| rows.iter().position(|row| *row == anchor))
            .unwrap_or(to);
        let anchor = rows.get(from).copied();
        self.none();
        for row in &rows[from.min(to)..=from.max(to)] {
            self.put(*row, true);
        }
        (self.cursor, self.anchor) = (Some(entry), anchor);
    }

    pub(super) fn all(&mut self, rows: &[u32]) {
        for row in rows {
            self.put(*row, true);
        }
        self.anchor = rows.first().copied();
        self.cursor = self.cursor.or(self.anchor);
    }

    /// The chosen entries, in the order they came.
    pub(super) fn entries(&self) -> impl Iterator<Item = u32> {
        self.bits.iter().enumerate().flat_map(|(place, word)| {
            (0..64_u32)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| place as u32 * 64 + bit)
        })
    }

    /// Sums over the chosen ones of a list, which only ever grows.
    pub(super) fn chosen(&self, entries: &Entries) -> Chosen {
        if let Some(sums) = self.sums.get() {
            return sums;
        }
        let mut sums = Chosen::default();
        for entry in self.entries().filter_map(|nth| entries.get(nth as usize)) {
            match entry.kind {
                Kind::Object => sums.objects += 1,
                Kind::Deleted => sums.deleted += 1,
                Kind::Folder | Kind::Bucket => sums.folders += 1,
            }
            sums.bytes += entry.bytes;
        }
        self.sums.set(Some(sums));
        sums
    }

    /// The same names in another list of the same place: after it was read anew.
    pub(super) fn carried(&self, from: &Listing, to: &Listing) -> Self {
        if self.count == 0 || self.count > 10_000 {
            return Self::default();
        }
        let names: std::collections::BTreeSet<&str> = self
            .entries()
            .filter_map(|nth| from.entries.get(nth as usize).map(|entry| &*entry.name))
            .collect();
        let mut carried = Self::default();
        for (nth, entry) in to.entries.iter().enumerate() {
            if names.contains(&*entry.name) {
                carried.put(nth as u32, true);
                carried.cursor = Some(nth as u32);
            }
        }
        carried.anchor = carried.cursor;
        carried
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Entry;
    use super::*;

    #[test]
    fn sums_follow_what_is_chosen() {
        let entry = |kind, bytes| Entry {
            kind,
            name: "a".into(),
            bytes,
            modified_ms: None,
            class: "".into(),
        };
        let mut entries = Entries::default();
        entries.push(vec![entry(Kind::Folder, 0), entry(Kind::Object, 5)]);
        entries.push(vec![entry(Kind::Object, 7), entry(Kind::Deleted, 0)]);
        let mut selection = Selection::default();
        let sums = |selection: &Selection| {
            let sums = selection.chosen(&entries);
            (sums.folders, sums.objects, sums.deleted, sums.bytes)
        };
        assert_eq!(sums(&selection), (0, 0, 0, 0));
        selection.all(&[0, 1, 2, 3]);
        assert_eq!(sums(&selection), (1, 2, 1, 12));
        selection.toggle(1);
        assert_eq!(sums(&selection), (1, 1, 1, 7));
        selection.only(1);
        assert_eq!(sums(&selection), (0, 1, 0, 5));
        selection.extend(&[1, 2], 1);
        assert_eq!(sums(&selection), (0, 2, 0, 12));
        selection.clear();
        assert_eq!(sums(&selection), (0, 0, 0, 0));
    }

    #[test]
    fn shift_extends_in_the_order_that_is_shown() {
        let rows = [70, 3, 128, 5];
        let mut selection = Selection::default();
        selection.only(3);
        selection.extend(&rows, 3);
        assert_eq!(selection.entries().collect::<Vec<_>>(), [3, 5, 128]);
        selection.extend(&rows, 0);
        assert_eq!(selection.entries().collect::<Vec<_>>(), [3, 70]);
        selection.toggle(3);
        assert_eq!((selection.count(), selection.contains(70)), (1, true));
        selection.all(&rows);
        assert_eq!(selection.count(), 4);
    }
}
