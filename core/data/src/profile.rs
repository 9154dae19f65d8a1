//! What is in each column of a file: the answer of `aloft profile`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Flow;
use crate::accumulate::Accumulator;
use crate::batch::Opened;
use crate::error::Result;
use crate::parallel::in_order;
use crate::schema::ColumnType;
use crate::source::Source;
use aloft_base::text::thousands;

/// A file's columns, counted and measured. This is the JSON of `aloft profile`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub rows: u64,
    /// In the order of the file.
    pub columns: Vec<ColumnProfile>,
    /// What a person should know before trusting the figures, one sentence each.
    pub warnings: Vec<String>,
}

/// What is in one column.
///
/// For numbers the mean, deviation, smallest, largest, quantiles and histogram are over
/// the finite values; NaN and infinite values are counted apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Missing values.
    pub nulls: u64,
    /// Different values, exactly; missing does not count.
    pub distinct: u64,
    pub min: Option<Scalar>,
    pub max: Option<Scalar>,
    pub mean: Option<f64>,
    /// The sample standard deviation (divided by n − 1).
    pub std: Option<f64>,
    pub quantiles: Option<Quantiles>,
    /// The most frequent values, at most ten, by count and then by value.
    pub top: Vec<TopValue>,
    pub histogram: Option<Histogram>,
    /// Values that are not a number (NaN), which is not the same as missing.
    pub nan: u64,
    /// Values that are plus or minus infinity.
    pub infinite: u64,
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

/// How many bytes of values are held at once. Columns beyond that wait for their turn,
/// and the file is read once more for them: a little slower, but the first columns are
/// shown early and memory stays bounded.
const GROUP_BYTES: u64 = 384 << 20;

/// Profiles a file: decides the types over the whole of it, indexes its rows and
/// measures its columns.
///
/// # Errors
/// [`crate::DataError::Stopped`] when `on` answers [`Flow::Stop`]; else what is wrong with the file or the cache.
pub fn profile(source: &Source, cache: &Path, on: &mut dyn FnMut(ProfileEvent<'_>) -> Flow) -> Result<Profile> {
    let opened = Opened::new(source, cache, &mut |progress| {
        if progress.rows > 0 {
            on(ProfileEvent::Rows(progress.rows)).check()?;
        }
        let fraction = SURVEY_SHARE * progress.bytes as f64 / progress.total_bytes.max(1) as f64;
        on(ProfileEvent::Progress {
            fraction: fraction.min(SURVEY_SHARE),
            what: "Reading the rows",
        })
        .check()
    })?;
    on(ProfileEvent::Rows(opened.survey.rows)).check()?;
    let total = opened.schema.len();
    let mut columns: Vec<ColumnProfile> = Vec::with_capacity(total);
    let mut warnings = opened.survey.warnings.clone();
    for group in groups(&opened) {
        let (first, size) = (columns.len(), group.len());
        // Reading is most of the work of a group, and sorting and counting the rest.
        let fraction = |read: f64, finished: usize| {
            let group_done = size as f64 * 0.8 * read + 0.2 * finished as f64;
            SURVEY_SHARE + (1.0 - SURVEY_SHARE) * (first as f64 + group_done) / total as f64
        };
        let mut gathered: Vec<Accumulator> = group.iter().map(|_| Accumulator::new()).collect();
        opened.batches(&group, &mut |batch| {
            for (accumulator, series) in gathered.iter_mut().zip(&batch.columns) {
                accumulator.push(series)?;
            }
            on(ProfileEvent::Progress {
                fraction: fraction(batch.fraction, 0),
                what: "Measuring the columns",
            })
            .check()
        })?;
        let mut waiting = group.iter().zip(gathered);
        in_order(
            || Ok(waiting.next()),
            |(position, accumulator)| Ok(accumulator.finish(&opened.schema[*position])),
            |column| {
                let position = columns.len();
                warn(&column, &mut warnings);
                columns.push(column);
                on(ProfileEvent::Column {
                    position,
                    total,
                    profile: &columns[position],
                })
                .check()?;
                let fraction = fraction(1.0, position + 1 - first);
                on(ProfileEvent::Progress {
                    fraction,
                    what: "Measuring the columns",
                })
                .check()
            },
        )?;
    }
    Ok(Profile {
        rows: opened.survey.rows,
        columns,
        warnings,
    })
}

/// How much of the work the first reading is.
const SURVEY_SHARE: f64 = 0.3;

/// Columns that are measured together, in order.
fn groups(opened: &Opened) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = vec![];
    let mut bytes = u64::MAX;
    for (position, column) in opened.survey.columns.iter().enumerate() {
        let size = if column.text_type.kind == ColumnType::String {
            column.bytes
        } else {
            opened.survey.rows * 8
        };
        if bytes.saturating_add(size) > GROUP_BYTES {
            groups.push(vec![]);
            bytes = 0;
        }
        bytes += size;
        if let Some(group) = groups.last_mut() {
            group.push(position);
        }
    }
    groups
}

fn warn(column: &ColumnProfile, warnings: &mut Vec<String>) {
    for (count, what) in [(column.nan, "NaN"), (column.infinite, "infinite")] {
        if count > 0 {
            let values = if count == 1 { "value" } else { "values" };
            let (name, count) = (&column.name, thousands(count));
            warnings.push(format!(
                "The column '{name}' has {count} {what} {values}, which its figures leave out."
            ));
        }
    }
}
