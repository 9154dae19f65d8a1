//! Quantiles, bins and frequent values of values that are counted.

use crate::profile::{ColumnProfile, Histogram, Quantiles, TopValue};
use crate::sketch::Key;

/// How many of the most frequent values are told.
pub(super) const TOP: usize = 10;
/// How many bins a histogram has at most.
pub(super) const BINS: usize = 24;
/// How many characters of a text are told as smallest, largest or frequent value.
const TEXT_CHARS: usize = 200;

/// A text as it is told.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The most frequent values; among those as frequent the first ones in their order.
pub(super) fn top_of<K: Copy>(
    mut entries: Vec<(K, u64)>,
    order: impl Fn(&K, &K) -> std::cmp::Ordering,
    text: impl Fn(&K) -> String,
) -> Vec<TopValue> {
    let by_rank = |a: &(K, u64), b: &(K, u64)| b.1.cmp(&a.1).then_with(|| order(&a.0, &b.0));
    if entries.len() > TOP {
        entries.select_nth_unstable_by(TOP, by_rank);
        entries.truncate(TOP);
    }
    entries.sort_unstable_by(by_rank);
    let told = |(value, count): (K, u64)| TopValue {
        value: text(&value),
        count,
    };
    entries.into_iter().map(told).collect()
}

/// Adds values that are counted apart to the distinct and frequent ones.
pub(super) fn insert_others(profile: &mut ColumnProfile, others: &[(&str, u64)]) {
    for (value, count) in others.iter().filter(|(_, count)| *count > 0) {
        profile.distinct += 1;
        let place = profile.top.partition_point(|other| other.count >= *count);
        let value = TopValue {
            value: (*value).to_owned(),
            count: *count,
        };
        profile.top.insert(place, value);
    }
    profile.top.truncate(TOP);
}

/// Values in ascending order, each with how many are at or before it.
pub(super) struct Ranked {
    values: Vec<f64>,
    upto: Vec<u64>,
}

impl Ranked {
    pub(super) fn new<K: Key>(sorted: &[(K, u64)], scale: f64) -> Self {
        let mut sum = 0;
        let upto = |(_, count): &(K, u64)| {
            sum += count;
            sum
        };
        Self {
            upto: sorted.iter().map(upto).collect(),
            values: sorted.iter().map(|(value, _)| value.as_float() * scale).collect(),
        }
    }

    fn count(&self) -> u64 {
        self.upto.last().copied().unwrap_or(0)
    }

    fn at(&self, rank: u64) -> f64 {
        self.values[self.upto.partition_point(|upto| *upto <= rank)]
    }

    /// How many values are smaller.
    fn below(&self, value: f64) -> u64 {
        let place = self.values.partition_point(|own| *own < value);
        place.checked_sub(1).map_or(0, |place| self.upto[place])
    }

    /// Quantiles by linear interpolation between the closest ranks.
    pub(super) fn quantiles(&self) -> Option<Quantiles> {
        let last = self.count().checked_sub(1)?;
        Some(Quantiles::of(|share| {
            let place = share * last as f64;
            let (below, above) = (self.at(place as u64), self.at((place as u64 + 1).min(last)));
            below + (above - below) * place.fract()
        }))
    }

    /// How many values lie beyond one and a half times the distance between the quartiles.
    pub(super) fn outliers(&self, quantiles: &Quantiles) -> u64 {
        let [low, high] = quantiles.fences();
        let upto_high = self.values.partition_point(|value| *value <= high);
        let inside = upto_high.checked_sub(1).map_or(0, |place| self.upto[place]);
        self.below(low) + (self.count() - inside)
    }

    /// Bins of equal width.
    pub(super) fn histogram(&self) -> Option<Histogram> {
        let (first, last) = (*self.values.first()?, *self.values.last()?);
        let edges = edges(first, last, self.count())?;
        let counts = edges.windows(2).map(|pair| self.below(pair[1]) - self.below(pair[0]));
        let mut counts: Vec<u64> = counts.collect();
        self.close(&edges, &mut counts);
        Some(Histogram { edges, counts })
    }

    /// The last bin holds its right edge too.
    fn close(&self, edges: &[f64], counts: &mut [u64]) {
        if let ([.., edge], [.., count]) = (edges, counts) {
            *count += self.count() - self.below(*edge);
        }
    }

    /// One bin for each whole number, when there are few.
    pub(super) fn whole_histogram(&self) -> Option<Histogram> {
        let (first, last) = (*self.values.first()?, *self.values.last()?);
        let span = last - first;
        if span >= BINS as f64 || first.abs() > (1_u64 << 50) as f64 {
            return None;
        }
        let edges: Vec<f64> = (0..=span as u64 + 1).map(|step| first + step as f64 - 0.5).collect();
        let counts = edges.windows(2).map(|pair| self.below(pair[1]) - self.below(pair[0]));
        Some(Histogram {
            counts: counts.collect(),
            edges,
        })
    }
}

/// The edges of bins of equal width over the values from `first` to `last`.
pub(super) fn edges(first: f64, last: f64, count: u64) -> Option<Vec<f64>> {
    // As many bins as the square root of the values, so that a few values make no comb.
    let bins = ((count as f64).sqrt().ceil() as usize).clamp(1, BINS);
    let edges: Vec<f64> = if first == last {
        let half = (first.abs() * 1e-9).max(0.5);
        vec![first - half, first + half]
    } else {
        // Not (last - first) / bins: that difference may overflow.
        let edge = |bin: usize| {
            let share = bin as f64 / bins as f64;
            first * (1.0 - share) + last * share
        };
        (0..bins).map(edge).chain([last]).collect()
    };
    if edges.windows(2).all(|pair| pair[0] < pair[1]) {
        return Some(edges);
    }
    // Values too close together to be told apart by edges between them.
    (edges.first()? < edges.last()?).then(|| vec![first, last])
}
