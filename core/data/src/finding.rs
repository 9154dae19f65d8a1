//! What may be wrong with a table, each with its evidence and a step that would mend it.

mod column;
mod correlation;
mod disguise;
mod leakage;
mod order;
mod pairs;
pub(crate) mod sample;
mod texts;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::batch::Opened;
use crate::error::Result;
use crate::index::{read_json, write_json};
use crate::profile::{Profile, Scalar};
use crate::schema::ColumnType;
use crate::source::Source;
use aloft_base::text::thousands;
use sample::Sample;

pub use correlation::Correlations;

/// What looking at a table brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// How columns of numbers go together; nothing when fewer than two are numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlations: Option<Correlations>,
}

/// Something a person should look at before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub severity: Severity,
    /// The columns it is about, in the order of the file; none when it is about rows.
    pub columns: Vec<String>,
    /// What was found, in one sentence.
    pub message: String,
    /// Rows or values that show it.
    pub evidence: Vec<Evidence>,
    /// How many rows were looked at, when they were not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_rows: Option<u64>,
    /// What may be done about it, in words.
    pub advice: String,
    /// The same as a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Rows stand there more than once.
    DuplicateRows,
    /// All values are missing.
    EmptyColumn,
    /// There is only one value.
    ConstantColumn,
    /// Nearly all values are the same.
    NearConstantColumn,
    /// More than half of the values are missing.
    MostlyMissing,
    /// Columns are missing in the same rows.
    MissingTogether,
    /// Numbers that are read as text.
    NumbersAsText,
    /// Numbers and words in one column.
    MixedTypes,
    /// Nearly every value is different: a name of the row, which says nothing about others.
    IdLike,
    /// Two columns of numbers say nearly the same.
    CorrelatedColumns,
    /// Some classes of the target are much rarer than others.
    ClassImbalance,
    /// A column alone tells the target.
    LikelyLeakage,
    /// A time that is always later than another one, so that it may not be known when a prediction is needed.
    LaterTime,
    /// A value that stands for a missing one, such as -999 or `?`.
    DisguisedMissing,
    /// The same word in several spellings: other capitals, other spaces.
    Spellings,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Likely to make results worse.
    Warning,
    /// Likely to make results wrong.
    Problem,
}

/// A row or a value that shows what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The row, from 0 without the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How many rows are like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// A figure that says how much, such as a correlation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<f64>,
}

impl Evidence {
    pub(crate) fn row(row: u64) -> Self {
        Self {
            row: Some(row),
            ..Self::default()
        }
    }

    pub(crate) fn value(value: &str, count: u64) -> Self {
        Self {
            value: Some(value.to_owned()),
            count: Some(count),
            ..Self::default()
        }
    }

    pub(crate) fn figure(figure: f64) -> Self {
        Self {
            figure: Some(figure),
            ..Self::default()
        }
    }
}

/// A step that would mend what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Fix {
    /// Leaves a column out.
    Drop { column: String },
    /// Reads a column as another type; what cannot be read becomes missing.
    Cast { column: String, to: ColumnType },
    /// Keeps the first of equal rows.
    Deduplicate,
    /// Weighs or draws the classes of a column alike.
    Balance { column: String },
    /// Adds a column that says whether another one is missing.
    FlagMissing { column: String },
    /// Makes a value missing where it stands.
    MakeMissing { column: String, value: Scalar },
    /// Writes texts in small letters, without spaces around them.
    Normalise { column: String },
}

/// Looks for what may be wrong with a file that was profiled. With a `target` also for
/// classes out of balance and for columns that give the target away.
///
/// What one column shows is found in its profile, and so in all rows; what needs several
/// columns is looked for in a sample of rows, and says so.
///
/// # Errors
/// When there is no column of the target's name, or the file cannot be read.
pub fn find(source: &Source, cache: &Path, profile: &Profile, target: Option<&str>) -> Result<Found> {
    let opened = Opened::new(source, cache, &mut |_| Ok(()))?;
    let target = target.map(|name| opened.position(name)).transpose()?;
    let sample = Sample::draw(&opened)?;
    let mut findings: Vec<Finding> = duplicate_rows(profile).into_iter().collect();
    for column in &profile.columns {
        findings.extend(column::find(column, profile.rows));
    }
    findings.extend(texts::find(profile, &sample));
    findings.extend(disguise::find(profile, &sample));
    findings.extend(pairs::missing_together(profile, &sample));
    let correlations = Correlations::of(profile, &sample);
    if let Some(correlations) = &correlations {
        findings.extend(pairs::correlated(correlations));
    }
    if let Some(target) = target {
        findings.extend(column::imbalance(&profile.columns[target]));
        findings.extend(leakage::find(profile, &sample, target));
        findings.extend(order::find(profile, &sample, target));
    }
    // The worst first, else in the order above.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(Found { findings, correlations })
}

/// Keeps what was found in the cache of the file as `found.json`, for whoever shows it later.
///
/// # Errors
/// When it cannot be written.
pub fn keep_found(cache: &Path, found: &Found) -> Result<()> {
    write_json(&cache.join("found.json"), found)
}

/// What was kept of a file by [`keep_found`].
///
/// # Errors
/// When it is there and cannot be read.
pub fn kept_found(cache: &Path) -> Result<Option<Found>> {
    read_json(&cache.join("found.json"))
}

fn duplicate_rows(profile: &Profile) -> Option<Finding> {
    let repeats = profile.repeats.as_ref().filter(|repeats| repeats.rows > 0)?;
    let share = repeats.rows as f64 / profile.rows.max(1) as f64;
    let (rows, are) = if repeats.rows == 1 {
        ("row", "is")
    } else {
        ("rows", "are")
    };
    let about = if repeats.is_estimate { "About " } else { "" };
    Some(Finding {
        kind: FindingKind::DuplicateRows,
        severity: if share >= 0.01 {
            Severity::Warning
        } else {
            Severity::Note
        },
        columns: vec![],
        message: format!(
            "{about}{} {rows} {are} the same as one before.",
            thousands(repeats.rows)
        ),
        evidence: repeats
            .examples
            .iter()
            .map(|[row, first]| Evidence {
                value: Some(format!("the same as row {}", first + 1)),
                ..Evidence::row(*row)
            })
            .collect(),
        sampled_rows: None,
        advice: "Keep the first of each; the same row on both sides of a split makes a model look better than it is."
            .to_owned(),
        fix: Some(Fix::Deduplicate),
    })
}

/// A share as a percentage with as many digits as matter.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 99.95 && share < 1.0 {
        format!("{percent:.2} %")
    } else if percent >= 10.0 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}
