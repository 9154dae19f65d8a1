//! The rows of an answer as JSON.

use polars::prelude::{AnyValue, Series};
use serde::Serialize;
use serde_json::Value;

use crate::cells;
use crate::columnar;
use crate::error::Result;
use crate::schema::Column;
use crate::source::Source;

/// Some rows of an answer: the JSON of `aloft query`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerRows {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The values by row, in the order of the columns: numbers, truth values and text
    /// (days and times in ISO 8601), `null` where one is missing. Numbers that JSON has no
    /// word for are the texts `NaN`, `inf` and `-inf`.
    pub rows: Vec<Vec<Value>>,
}

/// Rows read at once.
const BLOCK: u64 = 65_536;

/// Reads the first rows of an Arrow or Parquet file, at most so many.
///
/// # Errors
/// When it cannot be read.
pub fn read_rows(source: &Source, most: u64) -> Result<AnswerRows> {
    let schema = columnar::schema(source)?;
    let end = columnar::rows(source)?.min(most);
    let names: Vec<&str> = schema.iter().map(|column: &Column| column.name.as_str()).collect();
    let mut rows = Vec::with_capacity(end as usize);
    let mut first = 0;
    while first < end && !names.is_empty() {
        let last = (first + BLOCK).min(end);
        let read = columnar::read(source, &names, first..last)?;
        for row in 0..(last - first) as usize {
            rows.push(read.iter().map(|series| value(series, row)).collect());
        }
        first = last;
    }
    Ok(AnswerRows {
        columns: names.into_iter().map(str::to_owned).collect(),
        rows,
    })
}

fn value(series: &Series, row: usize) -> Value {
    match series.get(row) {
        Err(_) | Ok(AnyValue::Null) => Value::Null,
        Ok(AnyValue::Boolean(value)) => value.into(),
        Ok(AnyValue::Int64(value)) => value.into(),
        Ok(AnyValue::Float64(value)) => serde_json::Number::from_f64(value)
            .map_or_else(|| cells::text(&AnyValue::Float64(value)).into(), Value::Number),
        // Larger than JSON's readers keep whole.
        Ok(value @ AnyValue::Int128(number)) => {
            i64::try_from(number).map_or_else(|_| cells::text(&value).into(), Value::from)
        }
        Ok(value @ (AnyValue::List(_) | AnyValue::Array(..) | AnyValue::Struct(..) | AnyValue::StructOwned(_))) => {
            let text = cells::text(&value);
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        Ok(value) => cells::text(&value).into(),
    }
}
