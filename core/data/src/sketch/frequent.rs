//! Which values are frequent, and how often they stand there: exactly while there is room
//! for all of them, and after that the frequent ones with a known error (Misra and Gries
//! 1982, thinned by the median as of Anderson et al. 2017, "A high-performance algorithm for
//! identifying frequent items in data streams").

use std::cmp::Ordering;

use super::hash::of_word;

/// A number that can be counted.
pub(crate) trait Key: Copy + Default + PartialEq + Send {
    fn hash(self) -> u64;
    /// A total order, in which equal values follow each other.
    fn order(&self, other: &Self) -> Ordering;
    /// The nearest 64-bit float.
    fn as_float(self) -> f64;
}

impl Key for i64 {
    fn hash(self) -> u64 {
        of_word(self as u64)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn as_float(self) -> f64 {
        self as f64
    }
}

impl Key for i128 {
    fn hash(self) -> u64 {
        of_word(self as u64 ^ of_word((self >> 64) as u64))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn as_float(self) -> f64 {
        self as f64
    }
}

/// Finite values of which zero has one sign.
impl Key for f64 {
    fn hash(self) -> u64 {
        of_word(self.to_bits())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }

    fn as_float(self) -> f64 {
        self
    }
}

/// The counts of values, in a table of bounded size.
#[derive(Clone, Debug)]
pub(crate) struct Frequencies<K> {
    /// By hash; a count of 0 is a free place. The length is a power of two.
    slots: Vec<(K, u64)>,
    used: usize,
    /// How many slots there may be, a power of two.
    most_slots: usize,
    /// What every count may lack: more than 0 once values were given up.
    missing: u64,
}

const FIRST_SLOTS: usize = 64;

impl<K: Key> Frequencies<K> {
    /// Counts in at most `bytes`.
    pub(crate) fn new(bytes: usize) -> Self {
        let most = (bytes / size_of::<(K, u64)>()).max(FIRST_SLOTS);
        Self {
            slots: vec![],
            used: 0,
            most_slots: (most + 1).next_power_of_two() / 2,
            missing: 0,
        }
    }

    /// Counts values while there is room for new ones, and says how many were counted.
    pub(crate) fn add_while_exact(&mut self, values: &[K]) -> usize {
        for (position, value) in values.iter().enumerate() {
            if self.is_crowded() && !self.grow() {
                return position;
            }
            self.count(*value, value.hash(), 1);
        }
        values.len()
    }

    /// Counts a value, and gives up rare ones when there is no room.
    pub(crate) fn add(&mut self, value: K, hash: u64, count: u64) {
        if self.is_crowded() && !self.grow() {
            self.thin();
        }
        self.count(value, hash, count);
    }

    /// Bounds the table to fewer bytes from now on; what does not fit is thinned.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let mut small = Self::new(bytes.min(self.most_slots * size_of::<(K, u64)>()));
        small.missing = self.missing;
        // The frequent ones first, so that it is the rare ones that are given up.
        let mut entries: Vec<(K, u64)> = self.iter().collect();
        entries.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.order(&b.0)));
        let room = small.most_slots / 2;
        if let Some(first) = entries.get(room) {
            let cut = first.1;
            small.missing += cut;
            entries.retain_mut(|entry| {
                entry.1 = entry.1.saturating_sub(cut);
                entry.1 > 0
            });
        }
        for (value, count) in entries {
            small.add(value, value.hash(), count);
        }
        *self = small;
    }

    /// What a count may lack; 0 says that all are exact and none is left out.
    pub(crate) fn missing(&self) -> u64 {
        self.missing
    }

    /// The values that are counted, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, u64)> {
        self.slots.iter().copied().filter(|(_, count)| *count > 0)
    }

    fn is_crowded(&self) -> bool {
        self.used * 8 >= self.slots.len() * 5
    }

    fn count(&mut self, value: K, hash: u64, count: u64) {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let slot = &mut self.slots[place];
            if slot.1 == 0 {
                *slot = (value, count);
                self.used += 1;
                return;
            }
            if slot.0 == value {
                slot.1 += count;
                return;
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) -> bool {
        if self.slots.len() >= self.most_slots {
            return false;
        }
        let length = (self.slots.len() * 4).clamp(FIRST_SLOTS, self.most_slots);
        self.refill(length, 0);
        true
    }

    /// Takes the middle count off all of them and gives up those with no more.
    fn thin(&mut self) {
        let mut sample: Vec<u64> = self.iter().map(|(_, count)| count).take(1024).collect();
        let middle = sample.len() / 2;
        let (_, cut, _) = sample.select_nth_unstable(middle);
        let cut = *cut;
        self.missing += cut;
        self.refill(self.slots.len(), cut);
    }

    fn refill(&mut self, length: usize, cut: u64) {
        let before = std::mem::replace(&mut self.slots, vec![(K::default(), 0); length]);
        self.used = 0;
        for (value, count) in before {
            if count > cut {
                self.count(value, value.hash(), count - cut);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aloft_base::random::Generator;

    use super::*;

    /// Half of the values are of ten, the others are all different.
    fn half_frequent(rows: u64, seed: u64) -> Vec<i64> {
        let mut random = Generator::new(seed);
        let value = |row| match random.below(20) {
            often @ 0..10 => often as i64,
            _ => 1000 + row as i64,
        };
        (0..rows).map(value).collect()
    }

    #[test]
    fn counts_exactly_as_long_as_there_is_room() {
        let values = half_frequent(3000, 1);
        let mut counts = Frequencies::new(1 << 20);
        assert_eq!(counts.add_while_exact(&values), 3000);
        let mut expected: HashMap<i64, u64> = HashMap::new();
        for value in &values {
            *expected.entry(*value).or_default() += 1;
        }
        assert_eq!(counts.iter().collect::<HashMap<_, _>>(), expected);
        assert_eq!(counts.missing(), 0);
        let mut small = Frequencies::new(16 << 10);
        let taken = small.add_while_exact(&values);
        assert!(taken < 3000 && small.missing() == 0, "{taken}");
        assert_eq!(small.iter().map(|(_, count)| count).sum::<u64>(), taken as u64);
    }

    #[test]
    fn the_frequent_ones_stay_and_their_counts_lack_no_more_than_said() {
        let values = half_frequent(200_000, 2);
        let mut counts = Frequencies::new(32 << 10);
        for value in &values {
            counts.add(*value, value.hash(), 1);
        }
        let missing = counts.missing();
        assert!(missing > 0 && missing < 1000, "{missing}");
        let found: HashMap<i64, u64> = counts.iter().collect();
        for often in 0..10 {
            let exact = values.iter().filter(|value| **value == often).count() as u64;
            let known = found[&often];
            assert!(
                known <= exact && exact <= known + missing,
                "{known} of {exact}, may lack {missing}"
            );
        }
    }

    #[test]
    fn a_smaller_table_keeps_the_frequent_ones() {
        let values = half_frequent(20_000, 3);
        let mut counts = Frequencies::new(1 << 20);
        assert_eq!(counts.add_while_exact(&values), 20_000);
        let before: HashMap<i64, u64> = counts.iter().collect();
        counts.shrink(8 << 10);
        let after: HashMap<i64, u64> = counts.iter().collect();
        assert!(after.len() <= 320);
        for often in 0..10 {
            assert_eq!(after[&often] + counts.missing(), before[&often]);
        }
    }
}
