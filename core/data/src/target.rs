//! The column to predict, as numbers a model can learn.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::{AnyValue, DataType, Series};
use serde::{Deserialize, Serialize};

use crate::cells;
use crate::error::{DataError, Result};
use crate::schema::ColumnType;
use crate::table::Table;

/// What is learned about the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A number.
    Regression,
    /// One of two classes.
    Binary,
    /// One of several classes.
    MultiClass,
}

impl Task {
    /// The task as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Binary => "binary classification",
            Self::MultiClass => "multi-class classification",
        }
    }

    pub fn is_classification(self) -> bool {
        self != Self::Regression
    }
}

/// Values of the target for some rows.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetValues {
    /// Positions in [`TargetColumn::classes`].
    Classes(Vec<u32>),
    Numbers(Vec<f32>),
}

/// How target values become numbers; saved inside models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetEncoder {
    /// Goes up when the meaning of the other fields changes.
    pub version: u32,
    pub column: String,
    pub task: Task,
    /// In order; empty for regression. Of two, the second is the positive one.
    pub classes: Vec<String>,
}

/// How many classes a target may have.
const MOST_CLASSES: usize = 10_000;
/// Stands for a missing class; there are never as many classes.
const MISSING: u32 = u32::MAX;

/// The target of a table.
#[derive(Clone, Debug)]
pub struct TargetColumn {
    encoder: TargetEncoder,
    values: TargetValues,
    missing: Vec<u32>,
}

impl TargetColumn {
    /// Learns the classes of a target, or checks that it is a number.
    ///
    /// # Errors
    /// When the column is not there or does not suit the task: no numbers for a
    /// regression, one value only, not two classes for a binary classification.
    pub fn fit(table: &Table, column: &str, task: Task) -> Result<Self> {
        let (series, kind) = (table.series(column)?, table.kind(column)?);
        if series.null_count() == series.len() {
            return Err(target(column, "has no values", "Choose another target."));
        }
        let encoder = |classes| TargetEncoder {
            version: 1,
            column: column.to_owned(),
            task,
            classes,
        };
        if task == Task::Regression {
            let (numbers, missing) = numbers(series, column, kind)?;
            return Ok(Self {
                encoder: encoder(vec![]),
                values: TargetValues::Numbers(numbers),
                missing,
            });
        }
        if matches!(
            kind,
            ColumnType::Binary | ColumnType::List | ColumnType::Struct | ColumnType::Other
        ) {
            return Err(DataError::WrongType {
                column: column.to_owned(),
                found: kind,
                wanted: "classes",
            });
        }
        let found = Classes::of(series, column)?;
        let (classes, codes) = found.in_order();
        check_classes(column, task, &classes)?;
        let missing = rows_where(&codes, |code| *code == MISSING);
        Ok(Self {
            encoder: encoder(classes),
            values: TargetValues::Classes(codes),
            missing,
        })
    }

    /// Encodes the target of another table with the classes learned before.
    /// Rows with a class that training never saw count as missing.
    pub fn apply(encoder: &TargetEncoder, table: &Table) -> Result<Self> {
        let column = &encoder.column;
        let (series, kind) = (table.series(column)?, table.kind(column)?);
        let (values, missing) = if encoder.task == Task::Regression {
            let (numbers, missing) = finite(series, column, kind)?;
            (TargetValues::Numbers(numbers), missing)
        } else {
            let known: HashMap<&str, u32> = encoder
                .classes
                .iter()
                .zip(0..)
                .map(|(class, code)| (class.as_str(), code))
                .collect();
            let found = Classes::of(series, column)?;
            let code = |code: &u32| match found.names.get(*code as usize) {
                Some(name) => known.get(name.as_str()).copied().unwrap_or(MISSING),
                None => MISSING,
            };
            let codes: Vec<u32> = found.codes.iter().map(code).collect();
            let missing = rows_where(&codes, |code| *code == MISSING);
            (TargetValues::Classes(codes), missing)
        };
        Ok(Self {
            encoder: encoder.clone(),
            values,
            missing,
        })
    }

    pub fn column(&self) -> &str {
        &self.encoder.column
    }

    pub fn task(&self) -> Task {
        self.encoder.task
    }

    /// The part that is saved in a model.
    pub fn encoder(&self) -> &TargetEncoder {
        &self.encoder
    }

    /// Class names, in order; empty for regression. Of two, the second is the positive one.
    pub fn classes(&self) -> &[String] {
        &self.encoder.classes
    }

    /// The values of these rows, none of which may be one of the [missing](Self::missing_rows).
    pub fn values(&self, rows: &[u32]) -> TargetValues {
        match &self.values {
            TargetValues::Classes(codes) => {
                TargetValues::Classes(rows.iter().map(|row| codes[*row as usize]).collect())
            }
            TargetValues::Numbers(numbers) => {
                TargetValues::Numbers(rows.iter().map(|row| numbers[*row as usize]).collect())
            }
        }
    }

    /// The rows without a target (for regression also those that are not finite), ascending.
    pub fn missing_rows(&self) -> &[u32] {
        &self.missing
    }

    /// The class of every row, or `None` for regression. Missing ones have a class that does not exist.
    pub(crate) fn codes(&self) -> Option<&[u32]> {
        match &self.values {
            TargetValues::Classes(codes) => Some(codes),
            TargetValues::Numbers(_) => None,
        }
    }
}

/// The numbers of a target, which must differ.
fn numbers(series: &Series, column: &str, kind: ColumnType) -> Result<(Vec<f32>, Vec<u32>)> {
    let (numbers, missing) = finite(series, column, kind)?;
    let mut present = numbers.iter().filter(|number| number.is_finite());
    match present.next() {
        None => Err(target(column, "has no finite values", "Choose another target.")),
        Some(first) if present.all(|number| number == first) => {
            let what = format!("has only one value, {first}: there is nothing to learn");
            Err(target(column, &what, "Choose a target whose values differ."))
        }
        Some(_) => Ok((numbers, missing)),
    }
}

/// The numbers of a target and the rows where they are missing or not finite.
fn finite(series: &Series, column: &str, kind: ColumnType) -> Result<(Vec<f32>, Vec<u32>)> {
    if !kind.is_number() && kind != ColumnType::Boolean && series.null_count() < series.len() {
        let column = column.to_owned();
        return Err(DataError::WrongType {
            column,
            found: kind,
            wanted: "the target of a regression",
        });
    }
    let floats = series
        .cast(&DataType::Float64)
        .map_err(DataError::frame("read the target"))?;
    let floats = floats.f64().map_err(DataError::frame("read the target"))?;
    let numbers: Vec<f32> = floats
        .iter()
        .map(|value| value.map_or(f32::NAN, |value| value as f32))
        .collect();
    let missing = rows_where(&numbers, |number| !number.is_finite());
    Ok((numbers, missing))
}

fn check_classes(column: &str, task: Task, classes: &[String]) -> Result<()> {
    match (task, classes) {
        (_, [only]) => {
            let what = format!("has only one class, '{only}': there is nothing to learn");
            Err(target(column, &what, "Choose a target whose values differ."))
        }
        (Task::Binary, classes) if classes.len() > 2 => {
            let what = format!("has {} classes and a binary classification needs two", classes.len());
            Err(target(column, &what, "Set the task to multi_class."))
        }
        _ => Ok(()),
    }
}

fn target(column: &str, what: &str, hint: &str) -> DataError {
    DataError::Target {
        column: column.to_owned(),
        what: what.to_owned(),
        hint: hint.to_owned(),
    }
}

fn rows_where<T>(values: &[T], is: impl Fn(&T) -> bool) -> Vec<u32> {
    values
        .iter()
        .zip(0..)
        .filter(|(value, _)| is(value))
        .map(|(_, row)| row)
        .collect()
}

/// The classes of a column in the order of appearance.
struct Classes {
    names: Vec<String>,
    /// For each row a position in `names`, or [`MISSING`].
    codes: Vec<u32>,
    are_numbers: bool,
}

impl Classes {
    fn of(series: &Series, column: &str) -> Result<Self> {
        let mut found = Self {
            names: vec![],
            codes: Vec::with_capacity(series.len()),
            are_numbers: false,
        };
        let mut known: HashMap<String, u32> = HashMap::new();
        for value in series.iter() {
            // Not a class: it is nothing that could be predicted.
            if value.is_null() || matches!(value, AnyValue::Float64(value) if value.is_nan()) {
                found.codes.push(MISSING);
                continue;
            }
            found.are_numbers = value.is_primitive_numeric();
            let name = cells::text(&value);
            let next = found.names.len() as u32;
            let code = *known.entry(name.clone()).or_insert(next);
            if code == next {
                found.names.push(name);
                if found.names.len() > MOST_CLASSES {
                    let what = format!("has more than {MOST_CLASSES} different values");
                    return Err(target(
                        column,
                        &what,
                        "Choose a target with fewer classes, or a regression.",
                    ));
                }
            }
            found.codes.push(code);
        }
        if found.names.is_empty() && found.codes.is_empty() {
            return Err(target(column, "has no values", "Choose another target."));
        }
        Ok(found)
    }

    /// The classes sorted (numbers by value), and the code of each row in that order.
    fn in_order(self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        let name = |code: &u32| self.names[*code as usize].as_str();
        if self.are_numbers {
            let number = |code: &u32| name(code).parse::<f64>().unwrap_or(f64::NAN);
            order.sort_by(|a, b| number(a).total_cmp(&number(b)));
        } else {
            order.sort_by(|a, b| name(a).cmp(name(b)));
        }
        let places: BTreeMap<u32, u32> = order.iter().zip(0..).map(|(code, place)| (*code, place)).collect();
        let codes = self
            .codes
            .iter()
            .map(|code| places.get(code).copied().unwrap_or(MISSING))
            .collect();
        (order.iter().map(|code| name(code).to_owned()).collect(), codes)
    }
}
