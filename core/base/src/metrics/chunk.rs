//! Points and their summaries, and how both are packed.

use serde::Serialize;

/// One value of a series at a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    pub step: i64,
    /// When it was measured, in milliseconds since 1970.
    pub time_ms: i64,
    /// May be NaN or infinite.
    pub value: f64,
}

/// What a stretch of points was like. A single point is a summary of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub count: u64,
    /// Of the finite values; NaN when there are none.
    pub min: f64,
    /// Of the finite values; NaN when there are none.
    pub max: f64,
    /// Of the finite values.
    pub sum: f64,
    pub nan: u64,
    pub positive_infinite: u64,
    pub negative_infinite: u64,
    pub step_min: i64,
    pub step_max: i64,
    pub time_min_ms: i64,
    pub time_max_ms: i64,
    /// The value that was written last.
    pub last: f64,
}

impl Summary {
    /// The summary of one point.
    pub fn of_point(point: Point) -> Self {
        let Point { step, time_ms, value } = point;
        let finite = value.is_finite();
        Self {
            count: 1,
            min: if finite { value } else { f64::NAN },
            max: if finite { value } else { f64::NAN },
            sum: if finite { value } else { 0.0 },
            nan: u64::from(value.is_nan()),
            positive_infinite: u64::from(value == f64::INFINITY),
            negative_infinite: u64::from(value == f64::NEG_INFINITY),
            step_min: step,
            step_max: step,
            time_min_ms: time_ms,
            time_max_ms: time_ms,
            last: value,
        }
    }

    /// The summary of points in the order they were written; `None` when there are none.
    pub fn of(points: &[Point]) -> Option<Self> {
        points.iter().copied().map(Self::of_point).reduce(Self::then)
    }

    /// The summary of this stretch and the one written after it.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            count: self.count + later.count,
            // f64::min and max ignore NaN, as wanted.
            min: self.min.min(later.min),
            max: self.max.max(later.max),
            sum: self.sum + later.sum,
            nan: self.nan + later.nan,
            positive_infinite: self.positive_infinite + later.positive_infinite,
            negative_infinite: self.negative_infinite + later.negative_infinite,
            step_min: self.step_min.min(later.step_min),
            step_max: self.step_max.max(later.step_max),
            time_min_ms: self.time_min_ms.min(later.time_min_ms),
            time_max_ms: self.time_max_ms.max(later.time_max_ms),
            last: later.last,
        }
    }

    /// How many of the values are finite.
    pub fn finite(&self) -> u64 {
        self.count - self.nan - self.positive_infinite - self.negative_infinite
    }

    /// The mean of the finite values; NaN when there are none.
    pub fn mean(&self) -> f64 {
        self.sum / self.finite() as f64
    }
}

/// Words of eight bytes in a packed point and in a packed summary.
const POINT_WORDS: usize = 3;
const SUMMARY_WORDS: usize = 12;

pub(super) fn pack_points(points: &[Point]) -> Vec<u8> {
    let words = points
        .iter()
        .flat_map(|point| [point.step as u64, point.time_ms as u64, point.value.to_bits()]);
    words.flat_map(u64::to_le_bytes).collect()
}

/// The points of a blob; `None` when its length is not that of whole points.
pub(super) fn unpack_points(bytes: &[u8]) -> Option<Vec<Point>> {
    let unpack = |[step, time_ms, bits]: [u64; POINT_WORDS]| Point {
        step: step as i64,
        time_ms: time_ms as i64,
        value: f64::from_bits(bits),
    };
    Some(words(bytes)?.into_iter().map(unpack).collect())
}

pub(super) fn pack_summaries(summaries: &[Summary]) -> Vec<u8> {
    let words = summaries.iter().flat_map(|summary| {
        [
            summary.count,
            summary.min.to_bits(),
            summary.max.to_bits(),
            summary.sum.to_bits(),
            summary.nan,
            summary.positive_infinite,
            summary.negative_infinite,
            summary.step_min as u64,
            summary.step_max as u64,
            summary.time_min_ms as u64,
            summary.time_max_ms as u64,
            summary.last.to_bits(),
        ]
    });
    words.flat_map(u64::to_le_bytes).collect()
}

/// The summaries of a blob; `None` when its length is not that of whole summaries.
pub(super) fn unpack_summaries(bytes: &[u8]) -> Option<Vec<Summary>> {
    let unpack = |word: [u64; SUMMARY_WORDS]| Summary {
        count: word[0],
        min: f64::from_bits(word[1]),
        max: f64::from_bits(word[2]),
        sum: f64::from_bits(word[3]),
        nan: word[4],
        positive_infinite: word[5],
        negative_infinite: word[6],
        step_min: word[7] as i64,
        step_max: word[8] as i64,
        time_min_ms: word[9] as i64,
        time_max_ms: word[10] as i64,
        last: f64::from_bits(word[11]),
    };
    Some(words(bytes)?.into_iter().map(unpack).collect())
}

fn words<const N: usize>(bytes: &[u8]) -> Option<Vec<[u64; N]>> {
    let (words, rest) = bytes.as_chunks::<8>();
    let (records, left) = words.as_chunks::<N>();
    (rest.is_empty() && left.is_empty()).then(|| records.iter().map(|record| record.map(u64::from_le_bytes)).collect())
}
