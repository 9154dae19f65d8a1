//! How often each text stands in a column, exactly.

/// Counts texts. They are kept once, one after the other, so that a column of millions
/// of different texts takes little more than the texts themselves.
#[derive(Debug, Default)]
pub(crate) struct TextCounter {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// By hash, each the upper half of the hash and the position in `entries` plus one; 0 is
    /// free. The length is a power of two.
    slots: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u64,
    hash: u64,
    length: u32,
    count: u64,
}

impl TextCounter {
    /// Counts one text.
    pub(crate) fn add(&mut self, text: &[u8]) {
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(text);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots[slot] {
                0 => break,
                taken if (taken ^ hash) >> 32 == 0 => {
                    let position = taken as u32 as usize - 1;
                    let entry = self.entries[position];
                    if entry.hash == hash && self.text(&entry) == text {
                        self.entries[position].count += 1;
                        return;
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
            count: 1,
        };
        self.bytes.extend_from_slice(text);
        self.entries.push(entry);
        self.slots[slot] = slot_of(hash, self.entries.len());
    }

    /// How many different texts there are.
    pub(crate) fn distinct(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Every text and its count, in the order of their first appearance.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.entries.iter().map(|entry| (self.text(entry), entry.count))
    }

    fn text(&self, entry: &Entry) -> &[u8] {
        let start = entry.start as usize;
        &self.bytes[start..start + entry.length as usize]
    }

    fn grow(&mut self) {
        let length = (self.slots.len() * 2).max(1024);
        self.slots = vec![0; length];
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

/// A quick hash after wyhash: eight bytes at a time, mixed by a wide product.
/// Equal hashes are compared byte by byte, so a collision costs time and not truth.
fn hash(text: &[u8]) -> u64 {
    const MIX: u64 = 0xa076_1d64_78bd_642f;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product >> 64) as u64 ^ product as u64
    };
    let mut state = fold(text.len() as u64 ^ MIX, 0xe703_7ed1_a0b4_28db);
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        state = fold(state ^ u64::from_le_bytes(bytes), MIX);
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    fold(state ^ u64::from_le_bytes(last), 0x8ebc_6af0_9c88_c6e3)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn counts_as_a_map_does() {
        let mut counter = TextCounter::default();
        let mut expected: HashMap<Vec<u8>, u64> = HashMap::new();
        let mut generator = aloft_base::random::Generator::new(5);
        for _ in 0..50_000 {
            let text = format!("{}{}", "x".repeat(generator.below(20) as usize), generator.below(500)).into_bytes();
            counter.add(&text);
            *expected.entry(text).or_default() += 1;
        }
        counter.add(b"");
        expected.insert(vec![], 1);
        assert_eq!(counter.distinct(), expected.len() as u64);
        let counted: HashMap<Vec<u8>, u64> = counter.iter().map(|(text, count)| (text.to_vec(), count)).collect();
        assert_eq!(counted, expected);
    }

    #[test]
    fn texts_that_differ_only_in_zeros_at_the_end_differ() {
        let mut counter = TextCounter::default();
        for text in [&b"a"[..], b"a\0", b"a\0\0", b"a"] {
            counter.add(text);
        }
        assert_eq!(counter.distinct(), 3);
    }
}
