//! What is in each column of a file: the answer of `aloft profile`.

mod measure;
mod run;
mod speculate;

use serde::{Deserialize, Serialize};

use crate::finding::{Correlations, Finding};
use crate::relation::Relations;
use crate::repeats::Repeats;
use crate::schema::ColumnType;

pub use run::profile;

/// How many characters of a shape are told.
pub(crate) const SHAPE_CHARS: usize = 40;

/// A file's columns, counted and measured. This is the JSON of `aloft profile`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub rows: u64,
    /// In the order of the file.
    pub columns: Vec<ColumnProfile>,
    /// What a person should know before trusting the figures, one sentence each.
    pub warnings: Vec<String>,
    /// Rows that stand there more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// What may be wrong with the data, the worst first; see [`crate::find`].
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How columns of numbers go together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlations: Option<Correlations>,
    /// What the columns have to do with the one that is to be predicted, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relations: Option<Relations>,
}

/// What is in one column.
///
/// For numbers the mean, deviation, smallest, largest, quantiles and histogram are over
/// the finite values; NaN and infinite values are counted apart.
///
/// Counts of rows and missing values, smallest, largest, mean, deviation, skewness and
/// kurtosis are always exact. The others are unless [`ColumnProfile::approximate`] says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Missing values.
    pub nulls: u64,
    /// Different values; missing does not count.
    pub distinct: u64,
    pub min: Option<Scalar>,
    pub max: Option<Scalar>,
    pub mean: Option<f64>,
    /// The sample standard deviation (divided by n − 1).
    pub std: Option<f64>,
    pub quantiles: Option<Quantiles>,
    /// The most frequent values, at most ten, by count and then by value. When they are
    /// approximate, only those are told that are surely frequent.
    pub top: Vec<TopValue>,
    pub histogram: Option<Histogram>,
    /// Values that are not a number (NaN), which is not the same as missing.
    pub nan: u64,
    /// Values that are plus or minus infinity.
    pub infinite: u64,
    /// Which figures are approximate; absent when all are exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate: Option<Approximate>,
    /// Numbers that are zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zeros: Option<u64>,
    /// Numbers below zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negatives: Option<u64>,
    /// The sample skewness G₁: below 0 with a long tail of small values, above 0 of large ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<f64>,
    /// The sample excess kurtosis G₂: 0 for the normal distribution, above 0 with heavier tails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kurtosis: Option<f64>,
    /// Numbers further than one and a half times the distance between the quartiles from
    /// the nearer of them (Tukey 1977).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outliers: Option<u64>,
    /// How texts are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextFigures>,
    /// How many days or times fall into each part of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
}

impl ColumnProfile {
    /// A column of which nothing is known but its name and type.
    pub fn new(name: &str, kind: ColumnType) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            nulls: 0,
            distinct: 0,
            min: None,
            max: None,
            mean: None,
            std: None,
            quantiles: None,
            top: vec![],
            histogram: None,
            nan: 0,
            infinite: 0,
            approximate: None,
            zeros: None,
            negatives: None,
            skew: None,
            kurtosis: None,
            outliers: None,
            text: None,
            calendar: None,
        }
    }
}

/// Which figures of a column are approximate, since it has too many different values.
///
/// Distinct values are then within about 2.5 % (99 % certain), quantiles and outliers within
/// 0.3 % of all ranks, and of the top the values are right and their counts close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each figure is approximate or not by itself"
)]
pub struct Approximate {
    pub distinct: bool,
    /// Also the outliers.
    pub quantiles: bool,
    pub top: bool,
    pub histogram: bool,
}

/// How the texts of a column are written. Lengths are in characters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextFigures {
    pub shortest: u64,
    pub longest: u64,
    pub mean_length: f64,
    /// Texts without any character, which is not the same as missing.
    pub empty: u64,
    /// The most frequent shapes, at most ten. A shape has `A` for capital letters, `a` for
    /// other letters, `9` for digits, one space for any, and other characters as they are,
    /// each once for any number that follow each other: `Aa9-9`.
    pub shapes: Vec<TopValue>,
    /// Whether the shapes were counted in some of the texts only.
    #[serde(default)]
    pub are_shapes_sampled: bool,
}

/// How many days or times fall into each part of the calendar, from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    pub unit: CalendarUnit,
    /// The first day or the first minute of the part in ISO 8601, and its count; those
    /// without any are there too.
    pub counts: Vec<TopValue>,
}

/// A part of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarUnit {
    Day,
    Month,
    Year,
    Decade,
}

/// One value of a column: a number for numbers, else its text (days and times in ISO 8601).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&crate::number::to_text(*value)),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// Quantiles of the finite values, by linear interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    #[serde(rename = "0.05")]
    pub p05: f64,
    #[serde(rename = "0.25")]
    pub p25: f64,
    #[serde(rename = "0.5")]
    pub p50: f64,
    #[serde(rename = "0.75")]
    pub p75: f64,
    #[serde(rename = "0.95")]
    pub p95: f64,
}

impl Quantiles {
    /// From what gives the value at a share.
    pub(crate) fn of(at: impl Fn(f64) -> f64) -> Self {
        Self {
            p05: at(0.05),
            p25: at(0.25),
            p50: at(0.5),
            p75: at(0.75),
            p95: at(0.95),
        }
    }

    /// The smallest and the largest number that is no outlier.
    pub fn fences(&self) -> [f64; 2] {
        let reach = 1.5 * (self.p75 - self.p25);
        [self.p25 - reach, self.p75 + reach]
    }
}

/// A value and how often it stands in the column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopValue {
    pub value: String,
    pub count: u64,
}

/// How many values fall into each bin.
///
/// Bin `i` holds `edges[i] <= x < edges[i + 1]`, the last one also its right edge.
/// Days and times are in seconds (since 1970, or since midnight for a time of day).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// One more than the counts, ascending.
    pub edges: Vec<f64>,
    /// At most 24.
    pub counts: Vec<u64>,
}

/// What a profile tells while it goes.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProfileEvent<'a> {
    /// So many rows are known by now; the last one is the exact number.
    Rows(u64),
    /// A column is done. Columns come in order.
    Column {
        position: usize,
        total: usize,
        profile: &'a ColumnProfile,
    },
    /// How far the whole profile is, from 0 to 1, and what it is doing.
    Progress { fraction: f64, what: &'a str },
}
