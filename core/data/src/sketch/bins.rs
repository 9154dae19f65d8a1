//! How values spread over their range, counted in many narrow bins of one width. Where a
//! value lies outside, the bins become twice as wide: pairs of them are added.

/// How many bins there are.
const BINS: usize = 2048;

/// Counts of finite values in narrow bins.
#[derive(Clone, Debug)]
pub(crate) struct Bins {
    /// The left edge of the first bin.
    low: f64,
    width: f64,
    counts: Vec<u64>,
}

impl Bins {
    /// Bins for values around `low..=high`, or none when they are too far apart.
    pub(crate) fn new(low: f64, high: f64) -> Option<Self> {
        let smallest = (low.abs().max(high.abs()) * 1e-12).max(f64::MIN_POSITIVE);
        let width = ((high - low) / (BINS / 2) as f64).max(smallest);
        (low - width * BINS as f64 * 2.0).is_finite().then(|| Self {
            low,
            width,
            counts: vec![0; BINS],
        })
    }

    /// Counts a value; `false` when it lies too far out for any bins.
    pub(crate) fn add(&mut self, value: f64, count: u64) -> bool {
        loop {
            let place = (value - self.low) / self.width;
            if (0.0..BINS as f64).contains(&place) {
                self.counts[place as usize] += count;
                return true;
            }
            let span = self.width * BINS as f64;
            if !(span * 4.0).is_finite() || !place.is_finite() {
                return false;
            }
            self.widen(value < self.low);
        }
    }

    fn widen(&mut self, downwards: bool) {
        let half = BINS / 2;
        let pairs: Vec<u64> = self.counts.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
        self.counts.fill(0);
        if downwards {
            self.low -= self.width * BINS as f64;
            self.counts[half..].copy_from_slice(&pairs);
        } else {
            self.counts[..half].copy_from_slice(&pairs);
        }
        self.width *= 2.0;
    }

    /// About how many values lie between edges, which ascend. Values of a bin that an edge
    /// goes through are shared out by width.
    pub(crate) fn between(&self, edges: &[f64]) -> Vec<u64> {
        let mut before = Vec::with_capacity(BINS + 1);
        before.push(0.0);
        let mut sum = 0;
        for count in &self.counts {
            sum += count;
            before.push(sum as f64);
        }
        let last = edges.len() - 1;
        let below: Vec<u64> = edges
            .iter()
            .enumerate()
            .map(|(position, edge)| {
                if position == 0 {
                    return 0;
                }
                if position == last {
                    return sum;
                }
                let place = ((edge - self.low) / self.width).clamp(0.0, BINS as f64);
                let bin = (place as usize).min(BINS - 1);
                (before[bin] + (before[bin + 1] - before[bin]) * (place - bin as f64)).round() as u64
            })
            .collect();
        below.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

#[cfg(test)]
mod tests {
    use aloft_base::random::Generator;

    use super::*;

    #[test]
    fn counts_are_right_but_for_the_bins_at_the_edges_however_far_the_values_reach() {
        let mut random = Generator::new(4);
        let values: Vec<f64> = (0..100_000)
            .map(|row| random.normal() * (1.0 + f64::from(row) / 1000.0))
            .collect();
        let mut bins = Bins::new(-0.5, 0.5).unwrap();
        assert!(values.iter().all(|value| bins.add(*value, 1)));
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| {
            (value.min(low), value.max(high))
        });
        let edges: Vec<f64> = (0..=24)
            .map(|edge| low + (high - low) * f64::from(edge) / 24.0)
            .collect();
        let found = bins.between(&edges);
        assert_eq!(found.iter().sum::<u64>(), 100_000);
        for (pair, found) in edges.windows(2).zip(found) {
            let exact = values.iter().filter(|value| (pair[0]..pair[1]).contains(value)).count();
            assert!(found.abs_diff(exact as u64) <= 400, "{found} of {exact}");
        }
    }

    #[test]
    fn values_beyond_all_bins_are_refused() {
        assert!(Bins::new(-1e308, 1e308).is_none());
        let mut bins = Bins::new(0.0, 1.0).unwrap();
        assert!(bins.add(1e200, 1) && bins.add(-1e300, 1));
        assert!(!bins.add(1.7e308, 1));
        let mut one = Bins::new(5.0, 5.0).unwrap();
        assert!(one.add(5.0, 3) && one.add(4.0, 1));
        assert_eq!(one.between(&[4.0, 4.5, 5.0]), [1, 3]);
    }
}
