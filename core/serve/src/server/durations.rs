//! How long requests took: a histogram that many threads write and nobody locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Steps of the first two digits in each decade of time, in tenths; fine where they are small.
const STEPS: usize = 35;
/// From 10 microseconds to 100 seconds.
const DECADES: usize = 7;
const BUCKETS: usize = STEPS * DECADES + 1;
const FIRST_US: f64 = 10.0;

/// The upper ends of the buckets that Prometheus is told, in seconds. Each is an end of ours.
pub(super) const TOLD_SECS: [f64; 17] = [
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0,
];

/// Durations of requests, counted in buckets.
#[derive(Debug)]
pub(super) struct Durations {
    buckets: Box<[AtomicU64]>,
    total_us: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    counts: Vec<u64>,
    pub(super) total_us: u64,
}

impl Durations {
    pub(super) fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            total_us: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn record(&self, duration: Duration) {
        let micros = duration.as_micros() as u64;
        self.buckets[bucket(micros as f64)].fetch_add(1, Ordering::Relaxed);
        self.total_us.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            counts: self.buckets.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            total_us: self.total_us.load(Ordering::Relaxed),
        }
    }
}

impl Snapshot {
    pub(super) fn empty() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total_us: 0,
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What came since an earlier moment.
    pub(super) fn since(&self, before: &Self) -> Self {
        let pairs = self.counts.iter().zip(&before.counts);
        Self {
            counts: pairs.map(|(now, before)| now.saturating_sub(*before)).collect(),
            total_us: self.total_us.saturating_sub(before.total_us),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total_us += other.total_us;
    }

    /// How many took at most so long. Exact for [`TOLD_SECS`].
    pub(super) fn at_most(&self, secs: f64) -> u64 {
        let ends = (0..BUCKETS).map(end_us);
        let within = self
            .counts
            .iter()
            .zip(ends)
            .take_while(|(_, end)| *end <= secs * 1e6 + 0.5);
        within.map(|(count, _)| count).sum()
    }

    /// The time within which this share of the requests was answered, in milliseconds.
    pub(super) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = (share * total as f64).ceil().max(1.0);
        let mut seen = 0.0;
        for (bucket, count) in self.counts.iter().enumerate() {
            let count = *count as f64;
            if count > 0.0 && seen + count >= rank {
                let start = if bucket == 0 { 0.0 } else { end_us(bucket - 1) };
                return Some((start + (end_us(bucket) - start) * (rank - seen) / count) / 1000.0);
            }
            seen += count;
        }
        None
    }
}

/// The first two digits, in tenths, at the end of each step.
fn step_end(step: usize) -> f64 {
    match step {
        0..10 => 11.0 + step as f64,
        10..25 => 22.0 + 2.0 * (step - 10) as f64,
        _ => 55.0 + 5.0 * (step - 25) as f64,
    }
}

/// The longest time that a bucket holds, in microseconds.
fn end_us(bucket: usize) -> f64 {
    if bucket == 0 {
        return FIRST_US;
    }
    let (decade, step) = ((bucket - 1) / STEPS, (bucket - 1) % STEPS);
    (FIRST_US * 10_f64.powi(decade as i32) * step_end(step) / 10.0).round()
}

#[inline]
fn bucket(micros: f64) -> usize {
    let (mut low, mut high) = (0, BUCKETS - 1);
    if micros <= FIRST_US {
        return 0;
    }
    // Which decade first, by comparing; then the step by its digits.
    let mut start = FIRST_US;
    let mut decade = 0;
    while decade + 1 < DECADES && micros > start * 10.0 {
        start *= 10.0;
        decade += 1;
    }
    low = low.max(decade * STEPS);
    high = high.min((decade + 1) * STEPS);
    while low < high {
        let middle = usize::midpoint(low, high);
        if end_us(middle) >= micros {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_it_should() {
        assert!((1..BUCKETS).all(|bucket| end_us(bucket) > end_us(bucket - 1)));
        for micros in [
            1,
            10,
            11,
            12,
            99,
            100,
            101,
            5000,
            123_456,
            99_999_999,
            10_000_000_000_u64,
        ] {
            let found = bucket(micros as f64);
            assert!(end_us(found) >= micros as f64 || found == BUCKETS - 1, "{micros}");
            assert!(found == 0 || end_us(found - 1) < micros as f64, "{micros}");
        }
    }

    #[test]
    fn quantiles_are_near_the_truth() {
        let durations = Durations::new();
        for micros in 1..=100_000 {
            durations.record(Duration::from_micros(micros));
        }
        let snapshot = durations.snapshot();
        for (share, truth) in [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0)] {
            let found = snapshot.quantile_ms(share).unwrap();
            assert!((found - truth).abs() < 0.05 * truth, "{share}: {found}");
        }
        assert_eq!(Snapshot::empty().quantile_ms(0.5), None);
    }

    #[test]
    fn what_prometheus_is_told_is_exact() {
        let durations = Durations::new();
        for secs in TOLD_SECS {
            durations.record(Duration::from_secs_f64(secs));
        }
        let snapshot = durations.snapshot();
        for (place, secs) in TOLD_SECS.iter().enumerate() {
            assert_eq!(snapshot.at_most(*secs), place as u64 + 1, "{secs}");
        }
    }
}
