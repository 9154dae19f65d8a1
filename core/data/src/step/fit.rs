//! What a step learns from rows: after that it is one that has nothing to learn.

use polars::prelude::{
    AnyValue, DataFrame, DataType, LazyFrame, PolarsError, PolarsResult, QuantileMethod, SortMultipleOptions, col, len,
    lit,
};

use super::{Binning, Filling, Limits, Step, nested};
use crate::cells;

/// The step with what it learns from the rows of a frame.
pub(crate) fn fit(step: &Step, frame: &LazyFrame) -> PolarsResult<Step> {
    let mut fitted = step.clone();
    match &mut fitted {
        Step::Fill { column, with } => {
            let values = col(column.as_str());
            let value = match with {
                Filling::Mean => values.mean(),
                Filling::Median => values.median(),
                Filling::MostFrequent => {
                    *with = Filling::Value(most_frequent(frame, column)?);
                    return Ok(fitted);
                }
                _ => return Ok(fitted),
            };
            *with = Filling::Value(text(&frame.clone().select([value]).collect()?, column)?);
        }
        Step::Bin { column, by, .. } => {
            let values = col(column.as_str()).cast(DataType::Float64);
            let edges = match *by {
                Binning::Edges(_) => return Ok(fitted),
                Binning::Width(bins) => {
                    let found = frame
                        .clone()
                        .select([values.clone().min().alias("low"), values.max().alias("high")])
                        .collect()?;
                    let (low, high) = (number(&found, 0)?, number(&found, 1)?);
                    (1..bins)
                        .map(|at| low + (high - low) * f64::from(at) / f64::from(bins))
                        .collect()
                }
                Binning::Quantiles(bins) => {
                    let shares: Vec<f64> = (1..bins).map(|at| f64::from(at) / f64::from(bins)).collect();
                    let mut edges = quantiles(frame, column, &shares)?;
                    edges.dedup();
                    edges
                }
            };
            *by = Binning::Edges(edges);
        }
        Step::Clip { column, to } => {
            if let Limits::Quantiles { low, high } = *to {
                let found = quantiles(frame, column, &[low, high])?;
                if let [low, high] = found[..] {
                    *to = Limits::Values { low, high };
                }
            }
        }
        Step::Pivot { on, columns, .. } => {
            let values = col(on.as_str()).drop_nulls().cast(DataType::String).unique_stable();
            let found = frame.clone().select([values]).collect()?;
            if found.height() > MOST_PIVOTED {
                return Err(PolarsError::ComputeError(
                    format!(
                        "'{on}' has {} values; at most {MOST_PIVOTED} can become columns",
                        found.height()
                    )
                    .into(),
                ));
            }
            let series = found.columns()[0].as_materialized_series();
            *columns = (0..series.len())
                .filter_map(|row| cells::text_at(series, row))
                .collect();
        }
        Step::Unfold { column, fields } => *fields = nested::fields(frame, column)?,
        Step::Explode { column, to } => *to = Some(nested::elements(frame, column)?),
        _ => {}
    }
    Ok(fitted)
}

/// More columns than that are a mistake.
const MOST_PIVOTED: usize = 1000;

/// The most frequent value; the smallest of those that are equally frequent.
fn most_frequent(frame: &LazyFrame, column: &str) -> PolarsResult<String> {
    let counted = frame
        .clone()
        .select([col(column)])
        .drop_nulls(None)
        .group_by([col(column)])
        .agg([len().alias("__aloft_count")])
        .sort(
            ["__aloft_count", column],
            SortMultipleOptions::default().with_order_descending_multi([true, false]),
        )
        .limit(1)
        .collect()?;
    text(&counted, column)
}

fn quantiles(frame: &LazyFrame, column: &str, shares: &[f64]) -> PolarsResult<Vec<f64>> {
    let values = col(column).cast(DataType::Float64);
    let wanted = shares.iter().enumerate().map(|(at, share)| {
        values
            .clone()
            .quantile(lit(*share), QuantileMethod::Linear)
            .alias(format!("q{at}"))
    });
    let found = frame.clone().select(wanted.collect::<Vec<_>>()).collect()?;
    (0..shares.len()).map(|at| number(&found, at)).collect()
}

fn number(frame: &DataFrame, at: usize) -> PolarsResult<f64> {
    frame.columns()[at]
        .get(0)
        .ok()
        .and_then(|value| value.extract::<f64>())
        .ok_or_else(|| PolarsError::ComputeError("the column has no values to learn from".into()))
}

fn text(frame: &DataFrame, column: &str) -> PolarsResult<String> {
    match frame.columns().first().map(|column| column.get(0)) {
        Some(Ok(value)) if !matches!(value, AnyValue::Null) => Ok(cells::text(&value)),
        _ => Err(PolarsError::ComputeError(
            format!("'{column}' has no values to learn from").into(),
        )),
    }
}
