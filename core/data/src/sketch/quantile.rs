//! About which value stands at which rank: the sketch of Karnin, Lang and Liberty (2016,
//! "Optimal quantile approximation in streams"), with their sampler in front of it once
//! there are many values.

use aloft_base::random::Generator;

/// The capacity of the highest level.
const CAPACITY: usize = 2048;
/// The capacity of the lowest levels.
const LEAST: usize = 32;
/// After so many values only one of two, four, … is taken.
const SAMPLED_FROM: u64 = 1 << 21;

/// Keeps some of the values, each of a level standing for twice as many as those below it.
#[derive(Clone, Debug)]
pub(crate) struct Quantile {
    /// Level `i` holds values of weight 2^i; those above the first are sorted.
    levels: Vec<Vec<f64>>,
    count: u64,
    /// Values that are kept with their counts.
    heavy: Vec<(f64, u64)>,
    random: Generator,
    /// Of 2^`sampled` values one is taken.
    sampled: usize,
    /// The value that may be taken of those since the last one, and how many they are.
    candidate: f64,
    waiting: u64,
    /// Which of them it will be.
    chosen: u64,
}

impl Default for Quantile {
    fn default() -> Self {
        Self {
            levels: vec![vec![]],
            count: 0,
            heavy: vec![],
            random: Generator::new(7),
            sampled: 0,
            candidate: 0.0,
            waiting: 0,
            chosen: 0,
        }
    }
}

impl Quantile {
    /// Adds values, which are finite.
    pub(crate) fn add_all(&mut self, values: &[f64]) {
        let mut values = values;
        while !values.is_empty() {
            self.sample_less();
            if self.sampled == 0 {
                let room = capacity(self.levels.len(), 0)
                    .saturating_sub(self.levels[0].len())
                    .max(1);
                let (now, later) = values.split_at(room.min(values.len()));
                self.levels[0].extend_from_slice(now);
                self.count += now.len() as u64;
                values = later;
                self.compact();
            } else {
                let (now, later) = values.split_at(values.len().min(4096));
                for value in now {
                    self.add_sampled(*value);
                }
                self.count += now.len() as u64;
                values = later;
            }
        }
    }

    /// The sketch of counted values. Those that stand there very often are kept apart and
    /// exact, since a level for them would take the room of the others.
    pub(crate) fn of_counts(counts: &[(f64, u64)]) -> Self {
        let mut sketch = Self {
            count: counts.iter().map(|(_, count)| count).sum(),
            ..Self::default()
        };
        let most = sketch.count / CAPACITY as u64;
        for (value, count) in counts {
            if *count > most {
                sketch.heavy.push((*value, *count));
                continue;
            }
            for level in (0..64).filter(|level| count >> level & 1 == 1) {
                sketch.level(level).push(*value);
            }
        }
        for level in &mut sketch.levels {
            level.sort_unstable_by(f64::total_cmp);
        }
        sketch.compact();
        sketch
    }

    /// What is kept, in ascending order, each with the weight of those up to and with it.
    pub(crate) fn ranks(&self) -> Ranks {
        let mut kept: Vec<(f64, u64)> = self
            .levels
            .iter()
            .enumerate()
            .flat_map(|(level, values)| values.iter().map(move |value| (*value, 1 << level)))
            .chain(self.heavy.iter().copied())
            .collect();
        if self.waiting > 0 {
            kept.push((self.candidate, self.waiting));
        }
        kept.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut sum = 0;
        for (_, weight) in &mut kept {
            sum += *weight;
            *weight = sum;
        }
        Ranks { kept }
    }

    fn add_sampled(&mut self, value: f64) {
        if self.waiting == self.chosen {
            self.candidate = value;
        }
        self.waiting += 1;
        if self.waiting == 1 << self.sampled {
            let (level, candidate) = (self.sampled, self.candidate);
            self.waiting = 0;
            self.chosen = self.random.next_u64() >> (64 - self.sampled);
            self.lowest(level, candidate);
        }
    }

    /// Puts a value on the lowest level that is in use, which is unsorted.
    fn lowest(&mut self, level: usize, value: f64) {
        let values = &mut self.levels[level];
        values.push(value);
        let held = values.len();
        if held >= LEAST && held >= capacity(self.levels.len(), level) {
            self.compact();
        }
    }

    /// Doubles the step of the sampler when there are many values.
    fn sample_less(&mut self) {
        while self.waiting == 0 && self.count >> self.sampled >= SAMPLED_FROM {
            // What is on the level that falls away moves up.
            self.halve(self.sampled);
            let left = std::mem::take(&mut self.levels[self.sampled]);
            self.sampled += 1;
            let sampled = self.sampled;
            // At most one, which is taken or left as a coin says.
            if self.random.next_u64() & 1 == 1 {
                self.level(sampled).extend(left);
            }
            self.chosen = self.random.next_u64() >> (64 - sampled);
        }
    }

    fn level(&mut self, level: usize) -> &mut Vec<f64> {
        if self.levels.len() <= level {
            self.levels.resize(level + 1, vec![]);
        }
        &mut self.levels[level]
    }

    /// Halves full levels, from the lowest up.
    fn compact(&mut self) {
        let mut level = self.sampled;
        while level < self.levels.len() {
            if self.levels[level].len() >= capacity(self.levels.len(), level) {
                self.halve(level);
            }
            level += 1;
        }
    }

    /// Every second value of a level moves up, and the others are left; an odd one stays.
    fn halve(&mut self, level: usize) {
        let mut values = std::mem::take(self.level(level));
        if level == self.sampled {
            values.sort_unstable_by(f64::total_cmp);
        }
        let odd = if values.len() % 2 == 1 { values.pop() } else { None };
        let first = (self.random.next_u64() >> 63) as usize;
        let half: Vec<f64> = values.iter().skip(first).step_by(2).copied().collect();
        let above = std::mem::take(self.level(level + 1));
        self.levels[level + 1] = merged(&above, &half);
        values.clear();
        values.extend(odd);
        self.levels[level] = values;
    }
}

/// How many values a level holds: the highest many, each below two thirds of the one above.
fn capacity(levels: usize, level: usize) -> usize {
    let depth = (levels - 1 - level.min(levels - 1)) as i32;
    ((CAPACITY as f64 * (2.0_f64 / 3.0).powi(depth)) as usize).max(LEAST)
}

fn merged(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut left, mut right) = (a, b);
    while let ([first, rest_a @ ..], [second, rest_b @ ..]) = (left, right) {
        if first <= second {
            all.push(*first);
            left = rest_a;
        } else {
            all.push(*second);
            right = rest_b;
        }
    }
    all.extend_from_slice(left);
    all.extend_from_slice(right);
    all
}

/// The values that were kept, by rank.
#[derive(Debug)]
pub(crate) struct Ranks {
    kept: Vec<(f64, u64)>,
}

impl Ranks {
    /// About the value below which this share of all values lies.
    pub(crate) fn value(&self, share: f64) -> Option<f64> {
        let total = self.kept.last()?.1;
        let wanted = (share * total as f64).ceil().max(1.0) as u64;
        let place = self.kept.partition_point(|(_, weight)| *weight < wanted);
        self.kept.get(place.min(self.kept.len() - 1)).map(|(value, _)| *value)
    }

    /// About which share of all values is smaller than a value.
    pub(crate) fn share_below(&self, value: f64) -> f64 {
        let Some((_, total)) = self.kept.last() else { return 0.0 };
        let place = self.kept.partition_point(|(kept, _)| *kept < value);
        let below = place.checked_sub(1).map_or(0, |place| self.kept[place].1);
        below as f64 / *total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With 99 % certainty no rank is further off than this share of all values.
    const ERROR: f64 = 0.003;

    fn check(ranks: &Ranks, sorted: &[f64]) {
        for share in [0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999] {
            let found = ranks.value(share).unwrap();
            let low = sorted.partition_point(|value| *value < found) as f64 / sorted.len() as f64;
            let high = sorted.partition_point(|value| *value <= found) as f64 / sorted.len() as f64;
            assert!(
                low - ERROR <= share && share <= high + ERROR,
                "{found} at {share} stands at {low} to {high}"
            );
            let value = sorted[(share * sorted.len() as f64) as usize];
            let exact = sorted.partition_point(|other| *other < value) as f64 / sorted.len() as f64;
            let below = ranks.share_below(value);
            assert!((below - exact).abs() <= ERROR, "{below} for {exact}");
        }
    }

    #[test]
    fn ranks_are_within_the_error_for_every_order_and_size() {
        for rows in [1_000_usize, 100_000, 3_000_000, 9_000_000] {
            let mut random = Generator::new(rows as u64);
            let ascending: Vec<f64> = (0..rows).map(|row| row as f64).collect();
            let shuffled: Vec<f64> = (0..rows).map(|_| random.normal().exp()).collect();
            for values in [ascending, shuffled] {
                let mut sketch = Quantile::default();
                values.chunks(18_000).for_each(|chunk| sketch.add_all(chunk));
                let kept: usize = sketch.levels.iter().map(Vec::len).sum();
                assert!(kept < 4 * CAPACITY, "{kept} are kept of {rows}");
                let mut sorted = values;
                sorted.sort_unstable_by(f64::total_cmp);
                check(&sketch.ranks(), &sorted);
            }
        }
    }

    #[test]
    fn few_values_are_kept_as_they_are() {
        let mut sketch = Quantile::default();
        sketch.add_all(&[5.0, 1.0, 3.0]);
        let ranks = sketch.ranks();
        assert_eq!(
            [0.0, 0.3, 0.5, 1.0].map(|share| ranks.value(share).unwrap()),
            [1.0, 1.0, 3.0, 5.0]
        );
        assert_eq!(Quantile::default().ranks().value(0.5), None);
    }

    #[test]
    fn a_sketch_goes_on_from_counted_values() {
        let mut random = Generator::new(1);
        let mut counts: Vec<(f64, u64)> = (0..100_000).map(|_| (random.normal(), 1 + random.below(4))).collect();
        counts.extend([(0.25, 150_000), (-1.0, 7), (3.0, 20_000)]);
        let mut sketch = Quantile::of_counts(&counts);
        let more: Vec<f64> = (0..300_000).map(|_| random.normal() + 1.0).collect();
        sketch.add_all(&more);
        let counted = counts
            .iter()
            .flat_map(|(value, count)| std::iter::repeat_n(*value, *count as usize));
        let mut sorted: Vec<f64> = counted.chain(more).collect();
        assert_eq!(sketch.count, sorted.len() as u64);
        sorted.sort_unstable_by(f64::total_cmp);
        check(&sketch.ranks(), &sorted);
    }
}
