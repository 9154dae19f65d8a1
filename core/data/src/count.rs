//! How often each text stands in a column: exactly while there is room for all of them, and
//! after that the frequent ones with a known error (as [`crate::sketch::Frequencies`] does
//! for numbers).

use crate::sketch::of_bytes;

/// Counts texts. They are kept once, one after the other, so that a column of millions
/// of different texts takes little more than the texts themselves.
#[derive(Debug)]
pub(crate) struct TextCounter {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// By hash, each the upper half of the hash and the position in `entries` plus one; 0 is
    /// free. The length is a power of two.
    slots: Vec<u64>,
    /// How much may be kept.
    most_bytes: usize,
    /// What every count may lack: more than 0 once texts were given up.
    missing: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u64,
    hash: u64,
    length: u32,
    count: u64,
}

/// What an entry costs besides its text: itself and two slots.
const ENTRY_BYTES: usize = size_of::<Entry>() + 16;

impl TextCounter {
    /// Counts in about so many bytes.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            bytes: vec![],
            entries: vec![],
            slots: vec![],
            most_bytes,
            missing: 0,
        }
    }

    /// Whether there is no more room for a new text.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() + self.entries.len() * ENTRY_BYTES >= self.most_bytes
    }

    /// Counts a text that stands there `count` times, and gives up rare ones when there is no room.
    pub(crate) fn add_or_thin(&mut self, text: &[u8], hash: u64, count: u64) {
        if self.is_full() {
            self.thin();
        }
        self.count(text, hash, count);
    }

    /// Counts one text, for which there must be room; says whether it is new.
    pub(crate) fn add(&mut self, text: &[u8]) -> bool {
        self.count(text, of_bytes(text), 1)
    }

    fn count(&mut self, text: &[u8], hash: u64, count: u64) -> bool {
        if self.entries.len() * 2 >= self.slots.len() {
            self.set_slots((self.slots.len() * 2).max(64));
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots[slot] {
                0 => break,
                taken if (taken ^ hash) >> 32 == 0 => {
                    let position = taken as u32 as usize - 1;
                    let entry = self.entries[position];
                    if entry.hash == hash && self.text(&entry) == text {
                        self.entries[position].count += count;
                        return false;
                    }
                }
                _ => {}
            }
            slot = (slot + 1) & mask;
        }
        let entry = Entry {
            start: self.bytes.len() as u64,
            hash,
            length: text.len() as u32,
            count,
        };
        self.bytes.extend_from_slice(text);
        self.entries.push(entry);
        self.slots[slot] = slot_of(hash, self.entries.len());
        true
    }

    /// How many different texts there are.
    pub(crate) fn distinct(&self) -> u64 {
        self.entries.len() as u64
    }

    /// What a count may lack; 0 says that all are exact and none is left out.
    pub(crate) fn missing(&self) -> u64 {
        self.missing
    }

    /// Every text and its count, in the order of their first appearance.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.entries.iter().map(|entry| (self.text(entry), entry.count))
    }

    /// The hashes of the texts that are kept.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|entry| entry.hash)
    }

    /// Bounds what is kept to fewer bytes from now on.
    pub(crate) fn shrink(&mut self, most_bytes: usize) {
        self.most_bytes = self.most_bytes.min(most_bytes);
        let half = self.most_bytes / 2;
        // The frequent ones first, so that it is the rare ones that are given up.
        let mut order: Vec<(u64, usize)> = self
            .entries
            .iter()
            .enumerate()
            .map(|(at, entry)| (entry.count, at))
            .collect();
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut size = 0;
        let cut = order.iter().find_map(|(count, at)| {
            size += ENTRY_BYTES + self.entries[*at].length as usize;
            (size > half).then_some(*count)
        });
        self.cut(cut.unwrap_or(0));
    }

    /// Takes the middle count off all of them and gives up those with no more.
    fn thin(&mut self) {
        let mut sample: Vec<u64> = self.entries.iter().map(|entry| entry.count).take(1024).collect();
        if sample.is_empty() {
            return;
        }
        let middle = sample.len() / 2;
        let (_, cut, _) = sample.select_nth_unstable(middle);
        let cut = *cut;
        self.cut(cut);
    }

    fn cut(&mut self, cut: u64) {
        self.missing += cut;
        let bytes = std::mem::take(&mut self.bytes);
        self.entries.retain_mut(|entry| {
            let start = entry.start as usize;
            entry.count = entry.count.saturating_sub(cut);
            if entry.count > 0 {
                entry.start = self.bytes.len() as u64;
                self.bytes
                    .extend_from_slice(&bytes[start..start + entry.length as usize]);
            }
            entry.count > 0
        });
        self.entries.shrink_to(self.entries.len() * 2);
        self.set_slots((self.entries.len() * 4).next_power_of_two().max(64));
    }

    fn text(&self, entry: &Entry) -> &[u8] {
        let start = entry.start as usize;
        &self.bytes[start..start + entry.length as usize]
    }

    fn set_slots(&mut self, length: usize) {
        self.slots.clear();
        self.slots.resize(length, 0);
        for (position, entry) in self.entries.iter().enumerate() {
            let mut slot = entry.hash as usize & (length - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.slots[slot] = slot_of(entry.hash, position + 1);
        }
    }
}

/// A taken slot. Half of the hash in it spares most looks at entries of other texts.
fn slot_of(hash: u64, number: usize) -> u64 {
    hash & !0xffff_ffff | number as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn texts(rows: u64) -> impl Iterator<Item = Vec<u8>> {
        let mut generator = aloft_base::random::Generator::new(5);
        (0..rows).map(move |row| match generator.below(20) {
            often @ 0..10 => format!("often {often}").into_bytes(),
            _ => format!("{}{row}", "x".repeat(generator.below(20) as usize)).into_bytes(),
        })
    }

    fn expected(rows: u64) -> HashMap<Vec<u8>, u64> {
        let mut expected: HashMap<Vec<u8>, u64> = HashMap::new();
        texts(rows).for_each(|text| *expected.entry(text).or_default() += 1);
        expected
    }

    #[test]
    fn counts_as_a_map_does() {
        let mut counter = TextCounter::new(usize::MAX);
        let mut expected = expected(50_000);
        for text in texts(50_000) {
            counter.add(&text);
        }
        assert!(counter.add(b""));
        expected.insert(vec![], 1);
        assert_eq!((counter.distinct(), counter.missing()), (expected.len() as u64, 0));
        let counted: HashMap<Vec<u8>, u64> = counter.iter().map(|(text, count)| (text.to_vec(), count)).collect();
        assert_eq!(counted, expected);
    }

    #[test]
    fn texts_that_differ_only_in_zeros_at_the_end_differ() {
        let mut counter = TextCounter::new(usize::MAX);
        for text in [&b"a"[..], b"a\0", b"a\0\0", b"a"] {
            counter.add(text);
        }
        assert_eq!(counter.distinct(), 3);
    }

    #[test]
    fn in_little_room_the_frequent_ones_stay_and_their_counts_lack_no_more_than_said() {
        let exact = expected(200_000);
        let (mut thinned, mut shrunk) = (TextCounter::new(64 << 10), TextCounter::new(usize::MAX));
        for text in texts(200_000) {
            thinned.add_or_thin(&text, of_bytes(&text), 1);
            shrunk.add(&text);
        }
        shrunk.shrink(64 << 10);
        for counter in [thinned, shrunk] {
            assert!(
                counter.missing() > 0 && counter.missing() < 2000,
                "{}",
                counter.missing()
            );
            assert!(counter.bytes.len() + counter.entries.len() * ENTRY_BYTES <= 66 << 10);
            let found: HashMap<&[u8], u64> = counter.iter().collect();
            for often in 0..10 {
                let text = format!("often {often}").into_bytes();
                let (known, exact) = (found[&text[..]], exact[&text]);
                assert!(
                    known <= exact && exact <= known + counter.missing(),
                    "{known} of {exact}"
                );
            }
        }
    }
}
