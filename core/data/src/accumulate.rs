//! The figures of one column, gathered batch by batch and exact.

use std::cmp::Ordering;

use polars::prelude::{DataType, Series};

use crate::cells;
use crate::columnar::per_second;
use crate::count::TextCounter;
use crate::error::{DataError, Result};
use crate::number;
use crate::profile::{ColumnProfile, Histogram, Quantiles, Scalar, TopValue};
use crate::schema::Column;
use crate::temporal;

/// How many of the most frequent values are told.
const TOP: usize = 10;
/// How many bins a histogram has at most.
const BINS: usize = 24;
/// How many characters of a text are told as smallest, largest or frequent value.
const TEXT_CHARS: usize = 200;

/// Gathers the values of a column.
#[derive(Debug)]
pub(crate) struct Accumulator {
    nulls: u64,
    nan: u64,
    infinite: [u64; 2],
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// Nothing came yet, so the type is not known.
    None,
    Integers(Vec<i64>),
    /// From types of more than 64 bits.
    Wide(Vec<i128>),
    Floats(Vec<f64>),
    Booleans([u64; 2]),
    /// Days since 1970.
    Days(Vec<i64>),
    /// Since 1970, in parts of a second.
    Datetimes(Vec<i64>, i64),
    /// Nanoseconds since midnight.
    Times(Vec<i64>),
    /// In parts of a second.
    Durations(Vec<i64>, i64),
    Texts(TextCounter),
    Bytes(TextCounter),
    /// Lists and structs, as their texts.
    Nested(TextCounter),
}

impl Accumulator {
    pub(crate) fn new() -> Self {
        Self {
            nulls: 0,
            nan: 0,
            infinite: [0; 2],
            values: Values::None,
        }
    }

    /// Adds the values of a batch, whose type is one of the [plain](crate::columnar::plain) ones.
    pub(crate) fn push(&mut self, series: &Series) -> Result<()> {
        self.nulls += series.null_count() as u64;
        if matches!(self.values, Values::None) {
            self.values = Values::of(series.dtype());
        }
        let mut add = || -> polars::prelude::PolarsResult<()> {
            match &mut self.values {
                Values::None => {}
                Values::Integers(values) => values.extend(series.i64()?.iter().flatten()),
                Values::Wide(values) => values.extend(series.i128()?.iter().flatten()),
                Values::Floats(values) => {
                    for value in series.f64()?.iter().flatten() {
                        if value.is_finite() {
                            // Zero has one value, whatever its sign.
                            values.push(value + 0.0);
                        } else if value.is_nan() {
                            self.nan += 1;
                        } else {
                            self.infinite[usize::from(value > 0.0)] += 1;
                        }
                    }
                }
                Values::Booleans(counts) => {
                    for value in series.bool()?.iter().flatten() {
                        counts[usize::from(value)] += 1;
                    }
                }
                Values::Days(values) => {
                    values.extend(series.date()?.physical().iter().flatten().map(i64::from));
                }
                Values::Datetimes(values, _) => values.extend(series.datetime()?.physical().iter().flatten()),
                Values::Times(values) => values.extend(series.time()?.physical().iter().flatten()),
                Values::Durations(values, _) => values.extend(series.duration()?.physical().iter().flatten()),
                Values::Texts(counter) => {
                    series
                        .str()?
                        .iter()
                        .flatten()
                        .for_each(|text| counter.add(text.as_bytes()));
                }
                Values::Bytes(counter) => series.binary()?.iter().flatten().for_each(|bytes| counter.add(bytes)),
                Values::Nested(counter) => {
                    for row in 0..series.len() {
                        if let Some(text) = cells::text_at(series, row) {
                            counter.add(text.as_bytes());
                        }
                    }
                }
            }
            Ok(())
        };
        add().map_err(DataError::frame("read the values of a column"))
    }

    /// The figures of all that was added.
    pub(crate) fn finish(self, column: &Column) -> ColumnProfile {
        let mut profile = ColumnProfile {
            name: column.name.clone(),
            kind: column.kind,
            nulls: self.nulls,
            distinct: 0,
            min: None,
            max: None,
            mean: None,
            std: None,
            quantiles: None,
            top: vec![],
            histogram: None,
            nan: self.nan,
            infinite: self.infinite.iter().sum(),
        };
        match self.values {
            Values::None => {}
            Values::Integers(values) => {
                let sorted = sorted(values, i64::cmp);
                profile.count_runs(&sorted, ToString::to_string, &[]);
                profile.bounds(&sorted, |value| Scalar::Integer(*value));
                profile.measure(&sorted.iter().map(|value| *value as f64).collect::<Vec<_>>());
                profile.histogram = whole_histogram(&sorted).or(profile.histogram);
            }
            Values::Wide(values) => {
                let sorted = sorted(values, i128::cmp);
                profile.count_runs(&sorted, ToString::to_string, &[]);
                profile.bounds(&sorted, |value| {
                    i64::try_from(*value).map_or_else(|_| Scalar::Float(*value as f64), Scalar::Integer)
                });
                profile.measure(&sorted.iter().map(|value| *value as f64).collect::<Vec<_>>());
            }
            Values::Floats(values) => {
                let sorted = sorted(values, f64::total_cmp);
                let [low, high] = self.infinite;
                let others = [("-inf", low), ("NaN", self.nan), ("inf", high)];
                profile.count_runs(&sorted, |value| number::to_text(*value), &others);
                profile.bounds(&sorted, |value| Scalar::Float(*value));
                profile.measure(&sorted);
            }
            Values::Booleans(counts) => {
                let mut present = [false, true]
                    .into_iter()
                    .filter(|value| counts[usize::from(*value)] > 0);
                profile.distinct = present.clone().count() as u64;
                profile.min = present.clone().next().map(Scalar::Boolean);
                profile.max = present.next_back().map(Scalar::Boolean);
                let top = [false, true].map(|value| (value.to_string(), counts[usize::from(value)]));
                profile.top = ranked(top.into_iter().filter(|(_, count)| *count > 0).collect());
            }
            Values::Days(values) => profile.temporal(values, 86_400.0, temporal::date_text),
            Values::Datetimes(values, parts) => {
                profile.temporal(values, 1.0 / parts as f64, |time| temporal::datetime_text(time, parts));
            }
            Values::Times(values) => profile.temporal(values, 1e-9, temporal::time_text),
            Values::Durations(values, parts) => {
                profile.temporal(values, 1.0 / parts as f64, |time| temporal::duration_text(time, parts));
            }
            Values::Texts(counter) => {
                let text = |bytes: &[u8]| short(&String::from_utf8_lossy(bytes));
                profile.count_texts(&counter, text);
                profile.min = counter
                    .iter()
                    .map(|(bytes, _)| bytes)
                    .min()
                    .map(|bytes| Scalar::Text(text(bytes)));
                profile.max = counter
                    .iter()
                    .map(|(bytes, _)| bytes)
                    .max()
                    .map(|bytes| Scalar::Text(text(bytes)));
            }
            Values::Bytes(counter) => {
                profile.count_texts(&counter, |bytes| cells::text(&polars::prelude::AnyValue::Binary(bytes)));
            }
            Values::Nested(counter) => {
                profile.count_texts(&counter, |bytes| short(&String::from_utf8_lossy(bytes)));
            }
        }
        profile
    }
}

impl Values {
    fn of(kind: &DataType) -> Self {
        match kind {
            DataType::Int64 => Self::Integers(vec![]),
            DataType::Int128 => Self::Wide(vec![]),
            DataType::Float64 => Self::Floats(vec![]),
            DataType::Boolean => Self::Booleans([0; 2]),
            DataType::Date => Self::Days(vec![]),
            DataType::Datetime(unit, _) => Self::Datetimes(vec![], per_second(*unit)),
            DataType::Time => Self::Times(vec![]),
            DataType::Duration(unit) => Self::Durations(vec![], per_second(*unit)),
            DataType::String => Self::Texts(TextCounter::default()),
            DataType::Binary => Self::Bytes(TextCounter::default()),
            _ => Self::Nested(TextCounter::default()),
        }
    }
}

impl ColumnProfile {
    /// Distinct and frequent values of sorted ones, and of `others` with their counts.
    fn count_runs<T: PartialEq>(&mut self, sorted: &[T], text: impl Fn(&T) -> String, others: &[(&str, u64)]) {
        // Runs in ascending order of value, so that a stable sort by count keeps it.
        let mut top: Vec<(&T, u64)> = vec![];
        for run in sorted.chunk_by(|a, b| a == b) {
            self.distinct += 1;
            let count = run.len() as u64;
            if top.len() < TOP || top.last().is_some_and(|last| last.1 < count) {
                let place = top.partition_point(|other| other.1 >= count);
                top.insert(place, (&run[0], count));
                top.truncate(TOP);
            }
        }
        let mut top: Vec<TopValue> = top
            .into_iter()
            .map(|(value, count)| TopValue {
                value: text(value),
                count,
            })
            .collect();
        for (value, count) in others.iter().filter(|(_, count)| *count > 0) {
            self.distinct += 1;
            let place = top.partition_point(|other| other.count >= *count);
            top.insert(
                place,
                TopValue {
                    value: (*value).to_owned(),
                    count: *count,
                },
            );
        }
        top.truncate(TOP);
        self.top = top;
    }

    fn count_texts(&mut self, counter: &TextCounter, text: impl Fn(&[u8]) -> String) {
        self.distinct = counter.distinct();
        let mut entries: Vec<(&[u8], u64)> = counter.iter().collect();
        let by_rank = |a: &(&[u8], u64), b: &(&[u8], u64)| b.1.cmp(&a.1).then(a.0.cmp(b.0));
        if entries.len() > TOP {
            entries.select_nth_unstable_by(TOP, by_rank);
            entries.truncate(TOP);
        }
        entries.sort_unstable_by(by_rank);
        self.top = entries
            .into_iter()
            .map(|(bytes, count)| TopValue {
                value: text(bytes),
                count,
            })
            .collect();
    }

    fn bounds<T>(&mut self, sorted: &[T], scalar: impl Fn(&T) -> Scalar) {
        self.min = sorted.first().map(&scalar);
        self.max = sorted.last().map(&scalar);
    }

    /// Mean, deviation, quantiles and histogram of sorted finite values.
    fn measure(&mut self, sorted: &[f64]) {
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
            return;
        };
        let count = sorted.len() as f64;
        let mean = sum(sorted.iter().copied()) / count;
        self.mean = Some(mean).filter(|mean| mean.is_finite());
        if sorted.len() > 1 {
            // Around a value in the middle, so that large values close together lose nothing.
            let centre = sorted[sorted.len() / 2];
            let offset = sum(sorted.iter().map(|value| value - centre)) / count;
            let squares = sum(sorted.iter().map(|value| (value - centre - offset).powi(2)));
            self.std = Some((squares / (count - 1.0)).sqrt()).filter(|std| std.is_finite());
        }
        let quantile = |share: f64| {
            let place = share * (count - 1.0);
            let below = sorted[place as usize];
            let above = sorted[(place as usize + 1).min(sorted.len() - 1)];
            below + (above - below) * place.fract()
        };
        self.quantiles = Some(Quantiles {
            p05: quantile(0.05),
            p25: quantile(0.25),
            p50: quantile(0.5),
            p75: quantile(0.75),
            p95: quantile(0.95),
        });
        self.histogram = histogram(sorted, *first, *last);
    }

    fn temporal(&mut self, values: Vec<i64>, seconds: f64, text: impl Fn(i64) -> String) {
        let sorted = sorted(values, i64::cmp);
        self.count_runs(&sorted, |value| text(*value), &[]);
        self.bounds(&sorted, |value| Scalar::Text(text(*value)));
        let sorted: Vec<f64> = sorted.iter().map(|value| *value as f64 * seconds).collect();
        if let (Some(first), Some(last)) = (sorted.first(), sorted.last()) {
            self.histogram = histogram(&sorted, *first, *last);
        }
    }
}

fn sorted<T>(mut values: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    values.sort_unstable_by(compare);
    values
}

fn ranked(mut values: Vec<(String, u64)>) -> Vec<TopValue> {
    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values
        .into_iter()
        .map(|(value, count)| TopValue { value, count })
        .collect()
}

/// A sum whose error does not grow with the number of values (Neumaier 1974).
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() {
            (total - next) + value
        } else {
            (value - next) + total
        };
        total = next;
    }
    total + lost
}

/// Bins of equal width over sorted values.
fn histogram(sorted: &[f64], first: f64, last: f64) -> Option<Histogram> {
    // As many bins as the square root of the values, so that a few values make no comb.
    let bins = ((sorted.len() as f64).sqrt().ceil() as usize).clamp(1, BINS);
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
    fill(sorted, edges)
}

/// One bin for each whole number, when there are few.
fn whole_histogram(sorted: &[i64]) -> Option<Histogram> {
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let span = last.checked_sub(first)?;
    if span >= BINS as i64 || first.unsigned_abs() > 1 << 50 {
        return None;
    }
    let edges = (0..=span + 1).map(|step| (first + step) as f64 - 0.5).collect();
    fill(&sorted.iter().map(|value| *value as f64).collect::<Vec<_>>(), edges)
}

fn fill(sorted: &[f64], edges: Vec<f64>) -> Option<Histogram> {
    // Edges that are not ascending come from values too close together to be told apart.
    if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
        return fill_one(sorted, &edges);
    }
    let last = edges.len() - 2;
    let mut counts = vec![0; edges.len() - 1];
    let mut begin = 0;
    for (bin, count) in counts.iter_mut().enumerate() {
        let end = if bin == last {
            sorted.len()
        } else {
            sorted.partition_point(|value| *value < edges[bin + 1])
        };
        *count = (end - begin) as u64;
        begin = end;
    }
    Some(Histogram { edges, counts })
}

fn fill_one(sorted: &[f64], edges: &[f64]) -> Option<Histogram> {
    let (first, last) = (*edges.first()?, *edges.last()?);
    (first < last).then(|| Histogram {
        edges: vec![first, last],
        counts: vec![sorted.len() as u64],
    })
}

fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
