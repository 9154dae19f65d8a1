//! What a step does to a table.

use std::path::Path;

use polars::prelude::{
    DataType, Expr, JoinArgs, JoinCoalesce, JoinType, LazyFrame, NULL, PlSmallStr, PolarsError, PolarsResult,
    SortMultipleOptions, StrptimeOptions, TimeUnit, UniqueKeepStrategy, UnpivotArgsDSL, by_name, col, len, lit, when,
};
use polars::sql::sql_expr;

use super::{
    Aggregate, Binning, Filling, Function, JoinHow, Keep, Limits, SampleSize, Step, StepEntry, enabled, fit, nested,
};
use crate::Flow;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::frame::{Cached, Lazy, ScanProgress};
use crate::query::{self, Answer, Output, QueryProgress};
use crate::schema::{ColumnType, Schema};
use crate::stamp::Stamp;
use crate::table;

/// Finds the file of a table that a step joins, and where what is derived of it is kept.
pub type FindTable<'a> = dyn Fn(&Path) -> Result<Cached> + 'a;

/// Does the steps of a table and writes what is left, whole or not at all. What steps
/// learn, they learn from all rows.
///
/// # Errors
/// The first step that cannot be done, named by its number; else as [`query::answer`].
pub fn prepare(
    table: &Cached,
    steps: &[StepEntry],
    find: &FindTable<'_>,
    out: &Path,
    output: &Output,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Answer> {
    let progress = ScanProgress::default();
    let lazy = query::lazy(table, !output.durable, &progress, on)?;
    let lazy = with_steps(lazy, steps, find, on)?;
    query::write(lazy, out, output, &progress, on)
}

/// How many rows are there before the others.
const HEAD_ROWS: u32 = 1000;
/// Below this size all rows are there as soon as the first.
const HEAD_FROM: u64 = 32 << 20;

/// As [`prepare`]. Of a large table whose rows can be answered one by one, the first thousand
/// that are left are written into `head` before, for whoever looks at them already.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn prepare_after_head(
    table: &Cached,
    steps: &[StepEntry],
    find: &FindTable<'_>,
    [head, out]: [&Path; 2],
    output: &Output,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Answer> {
    let progress = ScanProgress::default();
    let lazy = query::lazy(table, !output.durable, &progress, on)?;
    let lazy = with_steps(lazy, steps, find, on)?;
    let is_large = Stamp::of_source(&table.source)?.bytes >= HEAD_FROM;
    if is_large && lazy.streams && enabled(steps).all(Step::goes_row_by_row) {
        let first = Lazy {
            frame: lazy.frame.clone().limit(HEAD_ROWS),
            streams: true,
        };
        query::write(first, head, &Output::scratch(), &progress, on)?;
    }
    query::write(lazy, out, output, &progress, on)
}

/// The columns that the steps leave, found without reading the rows.
///
/// # Errors
/// As [`prepare`].
pub fn schema_after(
    table: &Cached,
    steps: &[StepEntry],
    find: &FindTable<'_>,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Schema> {
    let lazy = query::lazy(table, false, &ScanProgress::default(), on)?;
    let mut frame = with_steps(lazy, steps, find, on)?.frame;
    let schema = query::careful(|| frame.collect_schema()).map_err(|error| query::explain(&error, &[]))?;
    Ok(columnar::columns_of(&schema))
}

/// A frame with its steps. Those that learn do so here, from all rows.
pub(crate) fn with_steps(
    lazy: Lazy,
    steps: &[StepEntry],
    find: &FindTable<'_>,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Lazy> {
    let steps: Vec<Step> = enabled(steps).cloned().collect();
    with_each(lazy, &steps, find, on)
}

/// As [`with_steps`], of steps all of which are done.
pub(crate) fn with_each(
    lazy: Lazy,
    steps: &[Step],
    find: &FindTable<'_>,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Lazy> {
    let Lazy { mut frame, mut streams } = lazy;
    for (at, step) in steps.iter().enumerate() {
        let other = match step {
            Step::Join { table, .. } => {
                let other = query::lazy(&find(table)?, false, &ScanProgress::default(), on)?;
                streams &= other.streams;
                Some(other.frame)
            }
            _ => None,
        };
        let done = query::careful(|| {
            let step = if step.learns() {
                fit::fit(step, &frame)?
            } else {
                step.clone()
            };
            let mut after = apply(frame.clone(), &step, other)?;
            // What is wrong with a step is said with its number, and before anything is read.
            after.collect_schema()?;
            Ok(after)
        });
        frame = done.map_err(|error| failed(at + 1, step, &error))?;
    }
    Ok(Lazy { frame, streams })
}

/// Why the step with this number, from 1, cannot be done.
pub(crate) fn failed(number: usize, step: &Step, error: &PolarsError) -> DataError {
    match query::explain(error, &[]) {
        DataError::Query { what, hint } => DataError::Query {
            what: format!("Step {number} ({}) cannot be done: {what}", step.words()),
            hint,
        },
        other => other,
    }
}

/// A frame after a step that has nothing left to learn.
pub(crate) fn apply(frame: LazyFrame, step: &Step, other: Option<LazyFrame>) -> PolarsResult<LazyFrame> {
    Ok(match step {
        Step::Filter(condition) => frame.filter(sql_expr(condition.sql())?),
        Step::Select { columns } => frame.select(columns_of(columns)),
        Step::Drop { columns } => frame.drop(by_name(columns.iter().map(String::as_str), true, false)),
        Step::Rename { from, to } => frame.rename([from.as_str()], [to.as_str()], true),
        Step::Cast { column, to } => {
            let values = col(column.as_str());
            let values = match to {
                // From a float as from its text: what is no whole number is missing and not cut.
                ColumnType::Integer => {
                    let whole = values.clone().cast(DataType::Float64);
                    when(whole.clone().eq(whole.clone().floor()))
                        .then(values.cast(DataType::Int64))
                        .otherwise(lit(NULL))
                }
                _ => values.cast(table::data_type(*to)),
            };
            frame.with_column(values.alias(column.as_str()))
        }
        Step::Fill { column, with } => fill(frame, column, with)?,
        Step::DropMissing { columns } => frame.drop_nulls(subset(columns)),
        Step::Deduplicate { columns, keep } => {
            let strategy = match keep {
                Keep::First => UniqueKeepStrategy::First,
                Keep::Last => UniqueKeepStrategy::Last,
                Keep::None => UniqueKeepStrategy::None,
            };
            frame.unique_stable(subset(columns), strategy)
        }
        Step::Derive { name, expression } => frame.with_column(sql_expr(expression)?.alias(name.as_str())),
        Step::ParseDates { column, format, time } => frame.with_column(parse_dates(column, format.as_deref(), *time)),
        Step::SplitText {
            column,
            separator,
            into,
        } => split_text(frame, column, separator, into),
        Step::Unfold { column, fields } => nested::unfold(frame, column, fields)?,
        Step::Explode { column, to } => nested::explode(frame, column, to.unwrap_or(ColumnType::String))?,
        Step::Bin { column, into, by } => frame.with_column(bin(column, by).alias(into.as_str())),
        Step::Clip { column, to } => match to {
            Limits::Values { low, high } => frame.with_column(col(column.as_str()).clip(lit(*low), lit(*high))),
            Limits::Quantiles { .. } => return unlearned(),
        },
        Step::Join { on, how, .. } => join(frame, other, on, *how)?,
        Step::Group { by, aggregates } => frame
            .group_by_stable(columns_of(by))
            .agg(aggregates.iter().map(aggregate).collect::<Vec<_>>()),
        Step::Pivot {
            on,
            columns,
            index,
            values,
            function,
        } => {
            let cells = columns.iter().map(|value| {
                let chosen =
                    col(values.as_str()).filter(col(on.as_str()).cast(DataType::String).eq(lit(value.as_str())));
                reduce(chosen, *function).alias(value.as_str())
            });
            frame.group_by_stable(columns_of(index)).agg(cells.collect::<Vec<_>>())
        }
        Step::Unpivot {
            columns,
            index,
            names,
            values,
        } => frame.unpivot(UnpivotArgsDSL {
            on: Some(by_name(columns.iter().map(String::as_str), true, false)),
            index: by_name(index.iter().map(String::as_str), true, false),
            variable_name: Some(names.as_str().into()),
            value_name: Some(values.as_str().into()),
        }),
        Step::Sort { by } => frame.sort(
            by.iter()
                .map(|key| PlSmallStr::from(key.column.as_str()))
                .collect::<Vec<_>>(),
            SortMultipleOptions::default()
                .with_order_descending_multi(by.iter().map(|key| key.descending).collect::<Vec<_>>())
                .with_nulls_last(true)
                .with_maintain_order(true),
        ),
        Step::Sample { rows, seed } => sample(frame, *rows, *seed),
        Step::Balance { column, seed } => balance(frame, column, *seed)?,
    })
}

/// A step that was not fitted; its caller is wrong.
fn unlearned<T>() -> PolarsResult<T> {
    Err(PolarsError::ComputeError("it has to learn from the rows first".into()))
}

fn columns_of(names: &[String]) -> Vec<Expr> {
    names.iter().map(|name| col(name.as_str())).collect()
}

/// Some columns, or all.
fn subset(columns: &[String]) -> Option<polars::prelude::Selector> {
    (!columns.is_empty()).then(|| by_name(columns.iter().map(String::as_str), true, false))
}

fn fill(mut frame: LazyFrame, column: &str, with: &Filling) -> PolarsResult<LazyFrame> {
    let values = col(column);
    let filled = match with {
        Filling::Value(text) => {
            let schema = frame.collect_schema()?;
            let kind = schema.try_get(column)?.clone();
            // A mean of whole numbers is seldom one.
            match text.parse::<f64>() {
                Ok(number) if kind.is_integer() && number.is_finite() && text.parse::<i128>().is_err() => {
                    values.cast(DataType::Float64).fill_null(lit(number))
                }
                _ => values.fill_null(lit(text.as_str()).strict_cast(kind)),
            }
        }
        Filling::Previous => values.fill_null_with_strategy(polars::prelude::FillNullStrategy::Forward(None)),
        Filling::Next => values.fill_null_with_strategy(polars::prelude::FillNullStrategy::Backward(None)),
        Filling::Mean | Filling::Median | Filling::MostFrequent => return unlearned(),
    };
    Ok(frame.with_column(filled))
}

fn parse_dates(column: &str, format: Option<&str>, time: bool) -> Expr {
    let options = StrptimeOptions {
        format: format.map(PlSmallStr::from_str),
        // What is no date is missing.
        strict: false,
        exact: true,
        cache: true,
    };
    let texts = col(column).cast(DataType::String).str().strip_chars(lit(NULL));
    if time {
        texts
            .str()
            .to_datetime(Some(TimeUnit::Microseconds), None, options, lit("raise"))
    } else {
        texts.str().to_date(options)
    }
}

fn split_text(frame: LazyFrame, column: &str, separator: &str, into: &[String]) -> LazyFrame {
    let parts = col(column)
        .cast(DataType::String)
        .str()
        .splitn(lit(separator), into.len());
    let fields = into.iter().enumerate().map(|(at, name)| {
        parts
            .clone()
            .struct_()
            .field_by_name(&format!("field_{at}"))
            .alias(name.as_str())
    });
    frame.with_columns(fields.collect::<Vec<_>>())
}

fn bin(column: &str, by: &Binning) -> Expr {
    let edges = match by {
        Binning::Edges(edges) => edges.clone(),
        // Fitted before; with none all is one bin.
        Binning::Width(_) | Binning::Quantiles(_) => Vec::new(),
    };
    let values = col(column).cast(DataType::Float64);
    let number = edges.iter().fold(lit(0_i64), |sum, edge| {
        sum + values.clone().gt_eq(lit(*edge)).cast(DataType::Int64)
    });
    // A missing value is in no bin.
    when(values.is_not_null()).then(number).otherwise(lit(NULL))
}

fn join(frame: LazyFrame, other: Option<LazyFrame>, on: &[super::JoinKey], how: JoinHow) -> PolarsResult<LazyFrame> {
    let Some(other) = other else { return unlearned() };
    let kind = match how {
        JoinHow::Left => JoinType::Left,
        JoinHow::Inner => JoinType::Inner,
        JoinHow::Full => JoinType::Full,
        JoinHow::Semi => JoinType::Semi,
        JoinHow::Anti => JoinType::Anti,
    };
    let mut arguments = JoinArgs::new(kind);
    arguments.maintain_order = polars::prelude::MaintainOrderJoin::Left;
    arguments.coalesce = JoinCoalesce::CoalesceColumns;
    let left: Vec<Expr> = on.iter().map(|key| col(key.left.as_str())).collect();
    let right: Vec<Expr> = on.iter().map(|key| col(key.right.as_str())).collect();
    Ok(frame.join(other, left, right, arguments))
}

fn aggregate(wanted: &Aggregate) -> Expr {
    let values = if wanted.column.is_empty() {
        len()
    } else {
        reduce(col(wanted.column.as_str()), wanted.function)
    };
    values.alias(wanted.name.as_str())
}

pub(super) fn reduce(values: Expr, function: Function) -> Expr {
    match function {
        Function::Count => values.count(),
        Function::Sum => values.sum(),
        Function::Mean => values.mean(),
        Function::Median => values.median(),
        Function::Min => values.min(),
        Function::Max => values.max(),
        Function::Std => values.std(1),
        Function::Distinct => values.drop_nulls().n_unique(),
        Function::First => values.first(),
        Function::Last => values.last(),
    }
}

/// The name of a column that a step needs for itself.
const CHANCE: &str = "__aloft_chance";

/// A number for each row, the same for the same seed on every machine and in Python:
/// the row's number and the seed, mixed as splitmix64 does.
fn with_chance(frame: LazyFrame, seed: u64) -> LazyFrame {
    let shifted = |values: Expr, bits: u32| values.clone().xor(values.floor_div(lit(1_u64 << bits)));
    let start = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    let number = (col(CHANCE).cast(DataType::UInt64) + lit(start)) * lit(0x9E37_79B9_7F4A_7C15_u64);
    let number = shifted(number, 30) * lit(0xBF58_476D_1CE4_E5B9_u64);
    let number = shifted(number, 27) * lit(0x94D0_49BB_1331_11EB_u64);
    frame
        .with_row_index(CHANCE, None)
        .with_column(shifted(number, 31).alias(CHANCE))
}

fn without_chance(frame: LazyFrame) -> LazyFrame {
    frame.drop(by_name([CHANCE], true, false))
}

fn sample(frame: LazyFrame, size: SampleSize, seed: u64) -> LazyFrame {
    let rank = col(CHANCE).rank(
        polars::prelude::RankOptions {
            method: polars::prelude::RankMethod::Ordinal,
            descending: false,
        },
        None,
    );
    let most = match size {
        SampleSize::Count(count) => lit(count).cast(DataType::Float64),
        SampleSize::Share(share) => {
            (len().cast(DataType::Float64) * lit(share)).round(0, polars::prelude::RoundMode::HalfAwayFromZero)
        }
    };
    without_chance(with_chance(frame, seed).filter(rank.cast(DataType::Float64).lt_eq(most)))
}

fn balance(frame: LazyFrame, column: &str, seed: u64) -> PolarsResult<LazyFrame> {
    let options = polars::prelude::RankOptions {
        method: polars::prelude::RankMethod::Ordinal,
        descending: false,
    };
    let rank = col(CHANCE).rank(options, None).over([col(column)])?;
    let least = len().over([col(column)])?.min();
    let is_kept = rank.cast(DataType::Int64).lt_eq(least.cast(DataType::Int64));
    Ok(without_chance(with_chance(frame, seed).filter(is_kept)))
}
