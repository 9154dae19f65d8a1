//! Columns of numbers, and of days and times as numbers.

use super::figures::{Ranked, edges, top_of};
use super::moments::Moments;
use crate::profile::{Approximate, ColumnProfile, Histogram, Quantiles, Scalar, TopValue};
use crate::sketch::{Bins, Distinct, Frequencies, Key, Quantile, Ranks};

/// How much is kept to find frequent values once there are too many to keep all.
const FREQUENT_BYTES: usize = 256 << 10;

/// Gathers numbers.
#[derive(Debug)]
pub(super) struct Numbers<K> {
    count: u64,
    moments: Moments,
    bounds: Option<[K; 2]>,
    zeros: u64,
    negatives: u64,
    /// Whether each value was larger than the one before it, and whether each was smaller:
    /// then all are different.
    rises: bool,
    falls: bool,
    last: Option<K>,
    values: Values<K>,
    /// The values of a batch as floats, kept for its memory only.
    floats: Vec<f64>,
}

#[derive(Debug)]
enum Values<K> {
    /// All of them, counted.
    Exact(Frequencies<K>),
    Sketch(Box<Sketch<K>>),
}

#[derive(Debug)]
struct Sketch<K> {
    distinct: Distinct,
    quantile: Quantile,
    frequent: Frequencies<K>,
    /// `None` when the values are too far apart for bins.
    bins: Option<Bins>,
}

impl<K: Key> Numbers<K> {
    /// Keeps at most so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self {
            count: 0,
            moments: Moments::default(),
            bounds: None,
            zeros: 0,
            negatives: 0,
            rises: true,
            falls: true,
            last: None,
            values: Values::Exact(Frequencies::new(room)),
            floats: vec![],
        }
    }

    /// Adds finite values.
    pub(super) fn add(&mut self, values: &[K]) {
        // In pieces that stay in the cache from one use to the next.
        values.chunks(4096).for_each(|values| self.add_piece(values));
    }

    fn add_piece(&mut self, values: &[K]) {
        self.count += values.len() as u64;
        self.watch_order(values);
        self.floats.clear();
        self.floats.extend(values.iter().map(|value| value.as_float()));
        self.moments.add(&self.floats);
        self.zeros += self.floats.iter().map(|value| u64::from(*value == 0.0)).sum::<u64>();
        self.negatives += self.floats.iter().map(|value| u64::from(*value < 0.0)).sum::<u64>();
        let mut rest = values;
        if let Values::Exact(counts) = &mut self.values {
            let taken = counts.add_while_exact(values);
            rest = &values[taken..];
            if !rest.is_empty() {
                self.values = Values::Sketch(Box::new(Sketch::of(counts)));
            }
        }
        if let Values::Sketch(sketch) = &mut self.values {
            let from = values.len() - rest.len();
            sketch.add(rest, &self.floats[from..]);
        }
    }

    fn watch_order(&mut self, values: &[K]) {
        let (Some(first), Some(last)) = (values.first(), values.last()) else {
            return;
        };
        if let Some(before) = &self.last {
            self.rises &= before.order(first).is_lt();
            self.falls &= before.order(first).is_gt();
        }
        self.rises = self.rises && values.windows(2).all(|pair| pair[0].order(&pair[1]).is_lt());
        self.falls = self.falls && values.windows(2).all(|pair| pair[0].order(&pair[1]).is_gt());
        self.last = Some(*last);
        let [mut low, mut high] = self.bounds.unwrap_or([*first; 2]);
        for value in values {
            if value.order(&low).is_lt() {
                low = *value;
            }
            if value.order(&high).is_gt() {
                high = *value;
            }
        }
        self.bounds = Some([low, high]);
    }

    /// The figures of numbers; `whole` says that they have no decimals.
    pub(super) fn finish(
        self,
        profile: &mut ColumnProfile,
        whole: bool,
        text: impl Fn(&K) -> String,
        scalar: impl Fn(&K) -> Scalar,
    ) {
        if self.count == 0 {
            return;
        }
        profile.mean = self.moments.mean();
        profile.std = self.moments.std();
        profile.skew = self.moments.skew();
        profile.kurtosis = self.moments.kurtosis();
        profile.zeros = Some(self.zeros);
        profile.negatives = Some(self.negatives);
        self.finish_values(profile, 1.0, whole, text, scalar);
    }

    /// The figures of days and times, of which one is so many seconds.
    pub(super) fn finish_temporal(self, profile: &mut ColumnProfile, seconds: f64, text: impl Fn(i64) -> String)
    where
        K: Into<i64>,
    {
        let text = |value: &K| text((*value).into());
        self.finish_values(profile, seconds, false, text, |value| Scalar::Text(text(value)));
        profile.quantiles = None;
        profile.outliers = None;
        if let Some(approximate) = &mut profile.approximate {
            approximate.quantiles = false;
        }
    }

    fn finish_values(
        self,
        profile: &mut ColumnProfile,
        scale: f64,
        whole: bool,
        text: impl Fn(&K) -> String,
        scalar: impl Fn(&K) -> Scalar,
    ) {
        let Some([low, high]) = self.bounds else { return };
        profile.min = Some(scalar(&low));
        profile.max = Some(scalar(&high));
        let ends = [low.as_float() * scale, high.as_float() * scale];
        match self.values {
            Values::Exact(counts) => {
                let mut sorted: Vec<(K, u64)> = counts.iter().collect();
                sorted.sort_unstable_by(|a, b| a.0.order(&b.0));
                profile.distinct = sorted.len() as u64;
                let ranked = Ranked::new(&sorted, scale);
                profile.quantiles = ranked.quantiles();
                profile.outliers = profile.quantiles.map(|quantiles| ranked.outliers(&quantiles));
                let one_for_each = if whole { ranked.whole_histogram() } else { None };
                profile.histogram = one_for_each.or_else(|| ranked.histogram());
                profile.top = top_of(sorted, K::order, text);
            }
            Values::Sketch(sketch) => {
                let is_unique = self.rises || self.falls;
                profile.distinct = if is_unique {
                    self.count
                } else {
                    sketch.distinct.estimate().min(self.count)
                };
                let ranks = sketch.quantile.ranks();
                profile.quantiles = quantiles(&ranks, ends);
                profile.outliers = profile.quantiles.map(|quantiles| {
                    let [low, high] = quantiles.fences();
                    let outside = ranks.share_below(low) + 1.0 - ranks.share_below(high);
                    (outside * self.count as f64).round() as u64
                });
                profile.histogram = sketch.histogram(ends, scale, self.count);
                profile.top = if is_unique { vec![] } else { sketch.top(text) };
                profile.approximate = Some(Approximate {
                    distinct: !is_unique,
                    quantiles: true,
                    top: !is_unique,
                    histogram: true,
                });
            }
        }
    }
}

impl<K: Key> Sketch<K> {
    /// Of values that are counted so far, which are at least two.
    fn of(counts: &mut Frequencies<K>) -> Self {
        let mut sorted: Vec<(K, u64)> = counts.iter().collect();
        sorted.sort_unstable_by(|a, b| a.0.order(&b.0));
        let mut distinct = Distinct::default();
        for (value, _) in &sorted {
            distinct.add(value.hash());
        }
        let floats: Vec<(f64, u64)> = sorted.iter().map(|(value, count)| (value.as_float(), *count)).collect();
        let quantile = Quantile::of_counts(&floats);
        let ends = floats.first().zip(floats.last());
        let bins = ends.and_then(|(low, high)| Bins::new(low.0, high.0));
        let bins = bins.and_then(|mut bins| {
            let fits = floats.iter().all(|(value, count)| bins.add(*value, *count));
            fits.then_some(bins)
        });
        let mut frequent = std::mem::replace(counts, Frequencies::new(0));
        frequent.shrink(FREQUENT_BYTES);
        Self {
            distinct,
            quantile,
            frequent,
            bins,
        }
    }

    fn add(&mut self, values: &[K], floats: &[f64]) {
        for value in values {
            let hash = value.hash();
            self.distinct.add(hash);
            self.frequent.add(*value, hash, 1);
        }
        self.quantile.add_all(floats);
        if let Some(bins) = &mut self.bins
            && !floats.iter().all(|value| bins.add(*value, 1))
        {
            self.bins = None;
        }
    }

    fn top(&self, text: impl Fn(&K) -> String) -> Vec<TopValue> {
        let missing = self.frequent.missing();
        // A value that was given up may stand there this often, so others are not told.
        let sure = self.frequent.iter().filter(|(_, count)| *count > missing);
        let sure = sure.map(|(value, count)| (value, count + missing));
        top_of(sure.collect(), K::order, text)
    }

    fn histogram(&self, ends: [f64; 2], scale: f64, count: u64) -> Option<Histogram> {
        let edges = edges(ends[0], ends[1], count)?;
        let own: Vec<f64> = edges.iter().map(|edge| edge / scale).collect();
        let counts = self.bins.as_ref()?.between(&own);
        Some(Histogram { edges, counts })
    }
}

fn quantiles(ranks: &Ranks, ends: [f64; 2]) -> Option<Quantiles> {
    ranks.value(0.5)?;
    Some(Quantiles::of(|share| ranks.value(share).unwrap_or(ends[0])))
}
