//! Steps that make a table ready: an ordered list, each of which takes the table that the
//! one before it left. The original is never touched.
//!
//! The same list filters the grid, is part of a recipe, runs headless and reads as Python.

pub(crate) mod apply;
mod condition;
pub(crate) mod fit;
pub(crate) mod fitted;
pub(crate) mod needed;
mod nested;
mod python;
mod stages;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::finding::Fix;
use crate::profile::Scalar;
use crate::query::quoted;
use crate::schema::ColumnType;

pub(crate) use apply::prepare_after_head;
pub use apply::{FindTable, prepare, schema_after};
pub use condition::{Bound, Condition, Literal, condition_of_sql};
pub use fitted::FittedSteps;
pub use nested::UnfoldField;
pub use python::to_python;
pub use stages::{Stages, StepRefusal};

/// A step, and whether it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEntry {
    #[serde(flatten)]
    pub step: Step,
    /// A step that is switched off is kept and not done.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_true(value: &bool) -> bool {
    *value
}

impl From<Step> for StepEntry {
    fn from(step: Step) -> Self {
        Self { step, enabled: true }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Keeps the rows for which the condition holds.
    Filter(Condition),
    /// Keeps these columns, in this order.
    Select {
        columns: Vec<String>,
    },
    /// Leaves these columns out.
    Drop {
        columns: Vec<String>,
    },
    Rename {
        from: String,
        to: String,
    },
    /// Makes the values of another type. Those that cannot be are missing then.
    Cast {
        column: String,
        to: ColumnType,
    },
    /// Puts a value where one is missing.
    Fill {
        column: String,
        with: Filling,
    },
    /// Leaves out rows in which one of these columns (all when empty) is missing.
    DropMissing {
        #[serde(default)]
        columns: Vec<String>,
    },
    /// Keeps one of the rows that are the same in these columns (all when empty).
    Deduplicate {
        #[serde(default)]
        columns: Vec<String>,
        #[serde(default)]
        keep: Keep,
    },
    /// A new column, or new values for one, by an expression in SQL.
    Derive {
        name: String,
        expression: String,
    },
    /// Reads days or times from text, by a format such as `%d.%m.%Y`, else however they are written.
    ParseDates {
        column: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
        /// With a time of day.
        #[serde(default)]
        time: bool,
    },
    /// Cuts a text at a separator into new columns; the last one takes the rest.
    SplitText {
        column: String,
        separator: String,
        into: Vec<String>,
    },
    /// Puts the fields of the objects in a column into columns of their own, in its place, each
    /// named `column.field`.
    Unfold {
        column: String,
        /// Which fields; all that are found when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<UnfoldField>,
    },
    /// A row for each element of the lists in a column. A row without elements stays, with nothing in it.
    Explode {
        column: String,
        /// What the elements become; found in them when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<ColumnType>,
    },
    /// The number of the bin that a value falls into, from 0.
    Bin {
        column: String,
        into: String,
        by: Binning,
    },
    /// Brings values outside of two limits back to them.
    Clip {
        column: String,
        to: Limits,
    },
    /// Adds the columns of another table where the keys are the same.
    Join {
        /// The file of the other table.
        table: PathBuf,
        on: Vec<JoinKey>,
        #[serde(default)]
        how: JoinHow,
    },
    /// One row for each group, with what is measured in it.
    Group {
        by: Vec<String>,
        aggregates: Vec<Aggregate>,
    },
    /// A column for each value of `on`, whose values are those of `values`.
    Pivot {
        on: String,
        /// The values of `on` that become columns; learned when empty.
        #[serde(default)]
        columns: Vec<String>,
        index: Vec<String>,
        values: String,
        function: Function,
    },
    /// Turns columns into rows of a name and a value.
    Unpivot {
        columns: Vec<String>,
        index: Vec<String>,
        names: String,
        values: String,
    },
    Sort {
        by: Vec<SortKey>,
    },
    /// Some rows by chance, the same for the same seed.
    Sample {
        rows: SampleSize,
        #[serde(default)]
        seed: u64,
    },
    /// As many rows of each class as the rarest has, by chance, the same for the same seed.
    Balance {
        column: String,
        #[serde(default)]
        seed: u64,
    },
}

/// What is put where a value is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filling {
    Value(String),
    Mean,
    Median,
    MostFrequent,
    /// The value before it in the table.
    Previous,
    Next,
}

/// Which of several same rows stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    #[default]
    First,
    Last,
    /// Rows that are not alone all go.
    None,
}

/// Where bins begin and end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Between these values, ascending; what is below the first is bin 0.
    Edges(Vec<f64>),
    /// So many of the same width.
    Width(u32),
    /// So many with as many rows each.
    Quantiles(u32),
}

/// Two limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limits {
    Values {
        low: f64,
        high: f64,
    },
    /// Shares of the values, such as 0.01 and 0.99.
    Quantiles {
        low: f64,
        high: f64,
    },
}

/// Two columns whose values must be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinKey {
    pub left: String,
    pub right: String,
}

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinHow {
    /// All of this table.
    #[default]
    Left,
    /// Those that both have.
    Inner,
    /// All of both.
    Full,
    /// Those of this table that the other has, without its columns.
    Semi,
    /// Those of this table that the other has not.
    Anti,
}

/// What is measured in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    pub column: String,
    pub function: Function,
    /// The name of the new column.
    pub name: String,
}

/// How several values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    Count,
    Sum,
    Mean,
    Median,
    Min,
    Max,
    /// The sample standard deviation.
    Std,
    Distinct,
    First,
    Last,
}

/// A column to sort by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    pub column: String,
    #[serde(default)]
    pub descending: bool,
}

/// How many rows a sample has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleSize {
    Count(u64),
    /// From 0 to 1.
    Share(f64),
}

impl Step {
    /// Whether it learns something from the rows, so that for training it must only see
    /// those of the training part.
    #[must_use]
    pub fn learns(&self) -> bool {
        match self {
            Self::Fill { with, .. } => matches!(with, Filling::Mean | Filling::Median | Filling::MostFrequent),
            Self::Bin { by, .. } => !matches!(by, Binning::Edges(_)),
            Self::Clip { to, .. } => matches!(to, Limits::Quantiles { .. }),
            Self::Pivot { columns, .. } => columns.is_empty(),
            Self::Unfold { fields, .. } => fields.is_empty(),
            Self::Explode { to, .. } => to.is_none(),
            _ => false,
        }
    }

    /// Whether each row of the table stays the row it was, at its place.
    #[must_use]
    pub fn keeps_rows(&self) -> bool {
        !matches!(
            self,
            Self::Filter(_)
                | Self::DropMissing { .. }
                | Self::Deduplicate { .. }
                | Self::Join { .. }
                | Self::Group { .. }
                | Self::Pivot { .. }
                | Self::Explode { .. }
                | Self::Unpivot { .. }
                | Self::Sort { .. }
                | Self::Sample { .. }
                | Self::Balance { .. }
        )
    }
}

impl Step {
    /// Whether the first rows that it leaves are known before all rows were seen.
    fn goes_row_by_row(&self) -> bool {
        match self {
            Self::Filter(_) | Self::DropMissing { .. } => true,
            Self::Fill { with, .. } => !matches!(with, Filling::Next),
            // What a filter or an expression in SQL asks of all rows is only as quick as it is.
            step => step.keeps_rows(),
        }
    }
}

impl From<Fix> for Step {
    fn from(fix: Fix) -> Self {
        match fix {
            Fix::Drop { column } => Self::Drop { columns: vec![column] },
            Fix::Cast { column, to } => Self::Cast { column, to },
            Fix::Deduplicate => Self::Deduplicate {
                columns: Vec::new(),
                keep: Keep::First,
            },
            Fix::Balance { column } => Self::Balance { column, seed: 0 },
            Fix::FlagMissing { column } => Self::Derive {
                name: format!("{column} missing"),
                expression: format!("{} IS NULL", quoted(&column)),
            },
            Fix::MakeMissing { column, value } => {
                let value = match value {
                    Scalar::Text(text) => format!("'{}'", text.replace('\'', "''")),
                    other => other.to_string(),
                };
                Self::Derive {
                    expression: format!("NULLIF({}, {value})", quoted(&column)),
                    name: column,
                }
            }
            Fix::Normalise { column } => Self::Derive {
                expression: format!("LOWER(TRIM({}))", quoted(&column)),
                name: column,
            },
        }
    }
}

/// The steps that are done, in order.
pub(crate) fn enabled(steps: &[StepEntry]) -> impl Iterator<Item = &Step> {
    steps.iter().filter(|entry| entry.enabled).map(|entry| &entry.step)
}
