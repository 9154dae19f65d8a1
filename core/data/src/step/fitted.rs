//! The steps of a model: what is done to the columns of a raw file before its features can be
//! prepared. They have nothing to learn any more.

use std::path::Path;

use polars::prelude::{DataFrame, IntoLazy as _, LazyFrame, PolarsResult, col};
use serde::{Deserialize, Serialize};

use super::apply::apply;
use super::needed::{Needed, needed};
use super::{Step, StepEntry};
use crate::Flow;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::frame::{Cached, ScanProgress};
use crate::prepare::versioned;
use crate::query::{self, Answer, Output, QueryProgress};
use crate::table::Table;

/// Goes up when saved steps would be read differently.
const VERSION: u32 = 1;

/// Steps that have learned. Saved inside models as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedSteps {
    version: u32,
    steps: Vec<Step>,
    /// Steps that make other rows, in words: those that are predicted must have been brought
    /// through them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
}

impl Default for FittedSteps {
    fn default() -> Self {
        Self {
            version: VERSION,
            steps: Vec::new(),
            before: Vec::new(),
        }
    }
}

impl FittedSteps {
    /// What of some steps, none of which has to learn, is done to rows that are predicted.
    /// Rows are not left out then, and steps that make other rows of them are for whoever has these.
    pub(crate) fn of(steps: Vec<Step>) -> Self {
        let makes_rows = |step: &Step| !step.keeps_rows() && !step.only_chooses_rows();
        let first = steps.iter().rposition(makes_rows).map_or(0, |last| last + 1);
        let before = steps[..first].iter().map(Step::words).collect();
        let matters = |step: &Step| {
            let only_chooses_columns = matches!(step, Step::Select { .. } | Step::Drop { .. });
            !step.only_chooses_rows() && !only_chooses_columns
        };
        Self {
            version: VERSION,
            steps: steps.into_iter().skip(first).filter(matters).collect(),
            before,
        }
    }

    /// Whether a file is read as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.before.is_empty()
    }

    /// What is done, each step in words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.steps.iter().map(Step::words).collect()
    }

    /// What must have been done to the rows before, in words: steps that join, group or turn tables.
    #[must_use]
    pub fn before(&self) -> &[String] {
        &self.before
    }

    /// The steps, to show or export them.
    #[must_use]
    pub fn entries(&self) -> Vec<StepEntry> {
        self.steps.iter().cloned().map(StepEntry::from).collect()
    }

    /// The columns of a raw file that some columns are made of.
    ///
    /// # Errors
    /// When a step is not understood.
    pub fn made_of(&self, columns: &[String]) -> Result<Vec<String>> {
        Ok(self.needed(columns)?.columns.into_iter().collect())
    }

    /// Columns of a file after the steps, in memory: as many rows as the file has.
    ///
    /// # Errors
    /// When the file does not have what they are made of, or a step cannot be done to it.
    pub fn load(&self, file: &Cached, columns: &[String]) -> Result<Table> {
        let made_of = self.made_of(columns)?;
        let table = Table::load(&file.source, &file.cache, Some(&made_of)).map_err(|error| self.explain(error))?;
        if self.steps.is_empty() {
            return Ok(table);
        }
        let steps = self.needed(columns)?.steps;
        let frame = frame_of(&table)?;
        let done = query::careful(|| selected(frame.lazy(), &steps, columns)?.collect());
        table_of(done.map_err(|error| query::explain(&error, &[]))?)
    }

    /// As [`Self::load`], of the first rows of a file.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_first(&self, file: &Cached, columns: &[String], rows: usize) -> Result<Table> {
        let steps = self.needed(columns)?.steps;
        let lazy = query::lazy(file, false, &ScanProgress::default(), &mut |_| Flow::Continue)?;
        let first = lazy.frame.limit(u32::try_from(rows).unwrap_or(u32::MAX));
        let done = query::careful(|| selected(first, &steps, columns)?.collect());
        table_of(done.map_err(|error| query::explain(&error, &[]))?)
    }

    /// Writes columns of a file after the steps, as many rows as the file has, whole or not at
    /// all, without holding them in memory.
    ///
    /// # Errors
    /// As [`Self::load`]; [`DataError::Stopped`] when `on` says so.
    pub fn write(
        &self,
        file: &Cached,
        columns: &[String],
        out: &Path,
        on: &mut dyn FnMut(QueryProgress) -> Flow,
    ) -> Result<Answer> {
        let Needed {
            steps,
            columns: made_of,
        } = self.needed(columns)?;
        let progress = ScanProgress::default();
        let mut lazy = query::lazy(file, false, &progress, on)?;
        let there = query::careful(|| lazy.frame.collect_schema()).map_err(|error| query::explain(&error, &[]))?;
        if let Some(absent) = made_of.iter().find(|name| !there.contains(name)) {
            return Err(self.explain(DataError::NoColumn {
                name: absent.clone(),
                known: there.iter_names().map(ToString::to_string).collect(),
            }));
        }
        let done = query::careful(|| selected(lazy.frame.clone(), &steps, columns));
        lazy.frame = done.map_err(|error| query::explain(&error, &[]))?;
        query::write(lazy, out, &Output::scratch(), &progress, on)
    }

    fn needed(&self, columns: &[String]) -> Result<Needed> {
        needed(&self.steps, columns.iter().cloned(), false).map_err(|error| query::explain(&error, &[]))
    }

    /// Says of a column that is not there that it may be one that other steps make.
    fn explain(&self, error: DataError) -> DataError {
        match error {
            DataError::NoColumn { name, .. } if !self.before.is_empty() => DataError::Query {
                what: format!(
                    "There is no column '{name}': the model reads what is left after {}",
                    self.before.join(", then ")
                ),
                hint: "Bring the rows through these steps first (aloft prepare), then predict them.".to_owned(),
            },
            other => other,
        }
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When it is damaged, or was written by a newer Aloft.
    pub fn from_json(json: &str) -> Result<Self> {
        versioned(json, VERSION)
    }

    /// The steps as JSON, with a version.
    ///
    /// # Errors
    /// When a step holds a number that JSON has no word for.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(DataError::BadPreparation)
    }
}

/// A frame after steps, of which these columns are wanted.
pub(crate) fn selected(frame: LazyFrame, steps: &[Step], columns: &[String]) -> PolarsResult<LazyFrame> {
    let done = steps.iter().try_fold(frame, |frame, step| apply(frame, step, None))?;
    Ok(done.select(columns.iter().map(|name| col(name.as_str())).collect::<Vec<_>>()))
}

/// A table as a frame of polars; the values are shared.
pub(crate) fn frame_of(table: &Table) -> Result<DataFrame> {
    let columns = table.columns().iter().cloned().map(Into::into).collect();
    DataFrame::new(table.rows(), columns).map_err(DataError::frame("gather the columns"))
}

/// A frame of polars as a table, its types made plain.
pub(crate) fn table_of(frame: DataFrame) -> Result<Table> {
    let rows = frame.height();
    let columns = frame
        .into_columns()
        .into_iter()
        .map(|column| columnar::plain(column.take_materialized_series().rechunk()))
        .collect::<Result<Vec<_>>>()?;
    let schema = columns
        .iter()
        .map(|series| crate::schema::Column {
            name: series.name().to_string(),
            kind: columnar::kind_of(series.dtype()),
        })
        .collect();
    Ok(Table::of_columns(schema, columns, rows))
}
