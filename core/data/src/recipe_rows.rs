//! The rows of a recipe: its steps, its split and its target, in the order that keeps what is
//! learned away from the rows that judge.
//!
//! Steps before the first one that learns are done to all rows; then the rows are split; then
//! each step that learns does so from the training rows and is done to all parts. A row that a
//! later step leaves out is left out of the part it is in.

use std::path::Path;

use polars::prelude::{Column, DataFrame, IntoLazy as _, NamedFrom as _, Series, by_name, col};

use crate::Flow;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::frame::{Cached, Lazy, ScanProgress};
use crate::query::{self, Output, QueryProgress, answer_source};
use crate::split::{Split, SplitSpec, split};
use crate::step::apply::{apply, failed, with_each};
use crate::step::fit::fit;
use crate::step::fitted::{frame_of, selected, table_of};
use crate::step::needed::{Needed, needed};
use crate::step::{Binning, Filling, FindTable, FittedSteps, Limits, Stages, Step, StepEntry};
use crate::table::Table;
use crate::target::{TargetColumn, Task};

/// The number that a row had when the rows were split.
const ROW: &str = "__aloft_row";
/// Whether a row is one to learn from.
const TRAINS: &str = "__aloft_trains";

/// What a recipe says of its rows.
#[derive(Clone, Copy, Debug)]
pub struct RowsOrder<'a> {
    pub steps: &'a [StepEntry],
    pub split: &'a SplitSpec,
    /// The column to predict.
    pub target: &'a str,
    pub task: Task,
    /// Columns that the steps leave and the model learns from.
    pub features: &'a [String],
    /// More columns to look at, as far as they are there when the rows are split.
    pub beside: &'a [String],
}

/// Where what a run needs again is kept.
#[derive(Clone, Copy, Debug)]
pub struct RowsPlace<'a> {
    /// The file of the rows that the steps before the split leave; may be there from a
    /// process before this one, and is then taken as it is.
    pub rows: &'a Path,
    /// The file of the steps once they have learned; as `rows`.
    pub steps: &'a Path,
}

/// The rows of a recipe, in parts.
#[derive(Clone, Debug)]
pub struct RecipeRows {
    /// The features and the target after all steps; with them what was to be looked at beside.
    pub table: Table,
    /// The names of the features and the target.
    pub columns: Vec<String>,
    pub target: TargetColumn,
    /// Rows of `table`.
    pub split: Split,
    /// How many rows steps after the split left out.
    pub dropped: u64,
    /// What is to be done to a raw row that is predicted.
    pub steps: FittedSteps,
}

impl RowsOrder<'_> {
    /// Reads the rows, does the steps and splits.
    ///
    /// # Errors
    /// When a step cannot stand where it does or cannot be done, the target or a feature is not
    /// there, or the split cannot be made; [`DataError::Stopped`] when `on` says so.
    pub fn load(
        &self,
        data: &Cached,
        find: &FindTable<'_>,
        place: RowsPlace<'_>,
        on: &mut dyn FnMut(QueryProgress) -> Flow,
    ) -> Result<RecipeRows> {
        let stages = Stages::of(self.steps).map_err(|refusal| DataError::Query {
            what: format!("The recipe cannot be done: {refusal}"),
            hint: refusal.hint,
        })?;
        if stages.is_empty() {
            return self.load_plain(data, on);
        }
        let source = query::lazy(data, false, &ScanProgress::default(), on)?;
        let unsplit = with_each(source, &stages.before, find, on)?;
        let (at_split, after) = self.look_ahead(&unsplit, &stages)?;
        let wanted = self.wanted();
        let later = needed(&after, wanted.iter().cloned(), true).map_err(|error| query::explain(&error, &[]))?;
        let mut columns = later.columns.clone();
        columns.extend(self.at_split().map(str::to_owned));
        columns.extend(self.beside.iter().filter(|name| at_split.contains(name)).cloned());
        let columns: Vec<String> = at_split.into_iter().filter(|name| columns.contains(name)).collect();
        let table = gather(data, &stages.before, unsplit, &columns, place, on)?;

        let target = TargetColumn::fit(&table, self.target, self.task)?;
        let split = split(self.split, &table, &target)?;
        let number = |step: &Step| {
            let at = after.iter().position(|other| other == step).unwrap_or_default();
            stages.before.len() + 1 + at
        };
        let fitted = learn(&table, &split, &later, place, &number)?;
        let steps = FittedSteps::of(stages.before.iter().chain(&fitted).cloned().collect());
        if fitted.is_empty() {
            return Ok(RecipeRows {
                table,
                columns: wanted,
                target,
                split,
                dropped: 0,
                steps,
            });
        }
        self.finish(&table, split, &fitted, wanted, steps)
    }

    /// Without steps the file is the table.
    fn load_plain(&self, data: &Cached, on: &mut dyn FnMut(QueryProgress) -> Flow) -> Result<RecipeRows> {
        let mut columns = self.wanted();
        columns.extend(self.split.column.clone());
        if !self.beside.is_empty() {
            let mut frame = query::lazy(data, false, &ScanProgress::default(), on)?.frame;
            let there = query::careful(|| frame.collect_schema()).map_err(|error| query::explain(&error, &[]))?;
            columns.extend(self.beside.iter().filter(|name| there.contains(name)).cloned());
        }
        let table = some_rows(data, Table::load(&data.source, &data.cache, Some(&columns))?)?;
        let target = TargetColumn::fit(&table, self.target, self.task)?;
        let split = split(self.split, &table, &target)?;
        Ok(RecipeRows {
            table,
            columns: self.wanted(),
            target,
            split,
            dropped: 0,
            steps: FittedSteps::default(),
        })
    }

    /// The columns that are wanted in the end.
    fn wanted(&self) -> Vec<String> {
        let mut wanted = self.features.to_vec();
        wanted.push(self.target.to_owned());
        wanted
    }

    /// The columns that must be there when the rows are split.
    fn at_split(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.target).chain(self.split.column.as_deref())
    }

    /// Finds without reading rows what is wrong with the steps after the split. Answers the
    /// columns at the split, and the later steps with nothing left to guess.
    fn look_ahead(&self, unsplit: &Lazy, stages: &Stages) -> Result<(Vec<String>, Vec<Step>)> {
        let mut frame = unsplit.frame.clone();
        let names = |frame: &mut polars::prelude::LazyFrame| -> Result<Vec<String>> {
            let schema = query::careful(|| frame.collect_schema()).map_err(|error| query::explain(&error, &[]))?;
            Ok(schema.iter_names().map(ToString::to_string).collect())
        };
        let at_split = names(&mut frame)?;
        let mut after = Vec::with_capacity(stages.after.len());
        for (step, number) in stages.after.iter().zip(stages.before.len() + 1..) {
            let step = match step {
                Step::DropMissing { columns } if columns.is_empty() => Step::DropMissing {
                    columns: names(&mut frame)?,
                },
                other => other.clone(),
            };
            let done = query::careful(|| {
                let mut after = apply(frame, &stand_in(&step), None)?;
                after.collect_schema()?;
                Ok(after)
            });
            frame = done.map_err(|error| failed(number, &step, &error))?;
            after.push(step);
        }
        let left = names(&mut frame)?;
        for name in self.wanted() {
            if !left.contains(&name) {
                return Err(DataError::NoColumn { name, known: left });
            }
        }
        for name in self.at_split() {
            if !at_split.contains(&name.to_owned()) {
                let what = format!(
                    "the column '{name}' is made by a step that comes after the first one that learns, which is where \
                     the rows are split"
                );
                return Err(DataError::Split {
                    what,
                    hint: "Move the step that makes the column before the first one that learns.",
                });
            }
        }
        Ok((at_split, after))
    }

    /// Does the steps that have learned, and finds each row again.
    fn finish(
        &self,
        table: &Table,
        split: Split,
        fitted: &[Step],
        wanted: Vec<String>,
        steps: FittedSteps,
    ) -> Result<RecipeRows> {
        let rows = table.rows();
        let mut columns = wanted.clone();
        columns.push(ROW.to_owned());
        // The row's number must go with it through every step.
        let again = needed(fitted, columns.iter().cloned(), true).map_err(|error| query::explain(&error, &[]))?;
        let frame = frame_of(table)?.lazy().with_row_index(ROW, None);
        let done = query::careful(|| selected(frame, &again.steps, &columns)?.collect());
        let mut frame = done.map_err(|error| query::explain(&error, &[]))?;
        let numbers = frame
            .drop_in_place(ROW)
            .map_err(DataError::frame("find the rows again"))?;
        let numbers = numbers.u32().map_err(DataError::frame("find the rows again"))?;
        let mut places = vec![u32::MAX; rows];
        for (number, place) in numbers.into_no_null_iter().zip(0..) {
            places[number as usize] = place;
        }
        // What is looked at beside is as it was at the split.
        for name in self.beside {
            if let Ok(values) = table.series(name)
                && !wanted.contains(name)
            {
                let action = "find the rows again";
                let kept = values.take(numbers).map_err(DataError::frame(action))?;
                frame.with_column(kept.into()).map_err(DataError::frame(action))?;
            }
        }
        let table = table_of(frame)?;
        let target = TargetColumn::fit(&table, self.target, self.task)?;
        let missing = target.missing_rows();
        let mut dropped = 0;
        let mut left_out = split.left_out;
        let mut part = |rows: Vec<u32>| -> Vec<u32> {
            let mut kept = Vec::with_capacity(rows.len());
            for row in rows {
                match places[row as usize] {
                    u32::MAX => dropped += 1,
                    place if missing.binary_search(&place).is_ok() => left_out += 1,
                    place => kept.push(place),
                }
            }
            kept
        };
        let (train, valid, test) = (part(split.train), part(split.valid), part(split.test));
        let split = Split {
            train,
            valid,
            test,
            left_out,
        };
        Ok(RecipeRows {
            table,
            columns: wanted,
            target,
            split,
            dropped,
            steps,
        })
    }
}

/// The rows that the steps before the split leave, of the columns that matter.
fn gather(
    data: &Cached,
    before: &[Step],
    unsplit: Lazy,
    columns: &[String],
    place: RowsPlace<'_>,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Table> {
    if before.is_empty() {
        return some_rows(data, Table::load(&data.source, &data.cache, Some(columns))?);
    }
    if !place.rows.is_file() {
        let chosen: Vec<_> = columns.iter().map(|name| col(name.as_str())).collect();
        let lazy = Lazy {
            frame: unsplit.frame.select(chosen),
            streams: unsplit.streams,
        };
        query::write(lazy, place.rows, &Output::scratch(), &ScanProgress::default(), on)?;
    }
    let source = answer_source(place.rows);
    let rows = columnar::rows(&source)?;
    if rows >= u64::from(u32::MAX) {
        return Err(DataError::TooManyRows { rows });
    }
    if rows == 0 {
        return Err(DataError::Query {
            what: "The steps leave no rows".to_owned(),
            hint: "Switch steps off, or change what they filter.".to_owned(),
        });
    }
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let series = columnar::read(&source, &names, 0..rows)?;
    let columns = series.into_iter().map(Column::from).collect();
    table_of(DataFrame::new(rows as usize, columns).map_err(DataError::frame("gather the rows"))?)
}

/// A table that has rows.
fn some_rows(data: &Cached, table: Table) -> Result<Table> {
    if table.rows() > 0 {
        return Ok(table);
    }
    Err(DataError::Query {
        what: format!("{} has no rows", data.source.path.display()),
        hint: "Choose a file with rows to learn from.".to_owned(),
    })
}

/// The later steps after they have learned from the training rows, or as they had in a
/// process before this one. `number` is that of a step in the recipe.
fn learn(
    table: &Table,
    split: &Split,
    later: &Needed,
    place: RowsPlace<'_>,
    number: &dyn Fn(&Step) -> usize,
) -> Result<Vec<Step>> {
    if later.steps.is_empty() {
        return Ok(Vec::new());
    }
    if place.steps.is_file() {
        let text = aloft_base::fs::read_text(place.steps)?;
        return serde_json::from_str(&text).map_err(DataError::BadPreparation);
    }
    let mut trains = vec![false; table.rows()];
    for row in &split.train {
        trains[*row as usize] = true;
    }
    let mut frame = frame_of(table)?;
    frame
        .with_column(Series::new(TRAINS.into(), trains).into())
        .map_err(DataError::frame("mark the training rows"))?;
    let mut rows = frame.lazy().filter(col(TRAINS)).drop(by_name([TRAINS], true, false));
    let mut fitted = Vec::with_capacity(later.steps.len());
    for step in &later.steps {
        let learned = query::careful(|| {
            let step = if step.learns() { fit(step, &rows)? } else { step.clone() };
            rows = apply(rows.clone(), &step, None)?;
            Ok(step)
        });
        fitted.push(learned.map_err(|error| failed(number(step), step, &error))?);
    }
    // A number may lose its last bit on its way through JSON, and the process that goes on
    // after this one must have the very same.
    let json = serde_json::to_string_pretty(&fitted).map_err(DataError::BadPreparation)?;
    aloft_base::fs::write_atomic(place.steps, json.as_bytes())?;
    serde_json::from_str(&json).map_err(DataError::BadPreparation)
}

/// A step that has nothing to learn and leaves columns of the same names and nearly the same
/// types: with it the columns are known before anything is read.
fn stand_in(step: &Step) -> Step {
    let mut step = step.clone();
    match &mut step {
        Step::Fill {
            column,
            with: Filling::Mean | Filling::Median | Filling::MostFrequent,
        } => {
            // The column as it is.
            return Step::Rename {
                from: column.clone(),
                to: column.clone(),
            };
        }
        Step::Bin { by, .. } if !matches!(by, Binning::Edges(_)) => *by = Binning::Edges(Vec::new()),
        Step::Clip { to, .. } if matches!(to, Limits::Quantiles { .. }) => {
            *to = Limits::Values { low: 0.0, high: 1.0 };
        }
        _ => {}
    }
    step
}

#[cfg(test)]
mod tests;
