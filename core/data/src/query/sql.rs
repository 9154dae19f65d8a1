//! SQL over named tables.

use polars::prelude::{LazyFrame, PolarsResult};
use polars::sql::SQLContext;

use super::careful;

/// The frame that a `SELECT` describes.
pub(super) fn frame(sql: &str, tables: Vec<(&str, LazyFrame)>) -> PolarsResult<LazyFrame> {
    let mut context = SQLContext::new();
    for (name, frame) in tables {
        context.register(name, frame);
    }
    careful(|| {
        let mut frame = context.execute(sql)?;
        // What is wrong with a column is said now, and not after all was read.
        frame.collect_schema()?;
        Ok(frame)
    })
}
