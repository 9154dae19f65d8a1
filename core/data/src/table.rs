//! A table in memory.

use std::path::Path;

use polars::prelude::Series;

use crate::batch::Opened;
use crate::cells;
use crate::error::{DataError, Result};
use crate::page::Cell;
use crate::schema::{ColumnType, Schema};
use crate::source::Source;

/// Columns of a file in memory, typed.
#[derive(Clone, Debug)]
pub struct Table {
    schema: Schema,
    columns: Vec<Series>,
    rows: usize,
}

impl Table {
    /// Loads some columns of a file, or all of them, in the order of the file.
    /// The types are those that the profile decides over the whole file.
    ///
    /// # Errors
    /// When a column is not there, the table has too many rows, or the file cannot be read.
    pub fn load(source: &Source, cache: &Path, columns: Option<&[String]>) -> Result<Self> {
        let opened = Opened::new(source, cache, &mut |_| Ok(()))?;
        let mut wanted: Vec<usize> = match columns {
            None => (0..opened.schema.len()).collect(),
            Some(names) => names.iter().map(|name| opened.position(name)).collect::<Result<_>>()?,
        };
        wanted.sort_unstable();
        wanted.dedup();
        let rows = opened.survey.rows;
        if rows >= u64::from(u32::MAX) {
            return Err(DataError::TooManyRows { rows });
        }
        let mut loaded: Vec<Option<Series>> = vec![None; wanted.len()];
        let action = "join the parts of a column";
        if !wanted.is_empty() {
            opened.batches(&wanted, &mut |batch| {
                for (column, part) in loaded.iter_mut().zip(batch.columns) {
                    match column {
                        Some(column) => drop(column.append_owned(part).map_err(DataError::frame(action))?),
                        None => *column = Some(part),
                    }
                }
                Ok(())
            })?;
        }
        let schema: Schema = wanted.iter().map(|position| opened.schema[*position].clone()).collect();
        let columns = (schema.iter().zip(loaded))
            .map(|(column, series)| {
                series.map_or_else(
                    || Series::new_empty(column.name.as_str().into(), &data_type(column.kind)),
                    |s| s.rechunk(),
                )
            })
            .collect();
        Ok(Self {
            schema,
            columns,
            rows: rows as usize,
        })
    }

    /// A table of columns that were read elsewhere, in the order of their schema.
    pub(crate) fn of_columns(schema: Schema, columns: Vec<Series>, rows: usize) -> Self {
        Self { schema, columns, rows }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The values of the columns, in the order of the schema.
    pub(crate) fn columns(&self) -> &[Series] {
        &self.columns
    }

    /// The columns that were loaded.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The first `max_columns` columns of a row as (name, text), with "" for missing.
    pub fn row_text(&self, row: usize, max_columns: usize) -> Vec<(String, String)> {
        (self.schema.iter().zip(&self.columns).take(max_columns))
            .map(|(column, series)| (column.name.clone(), cells::text_at(series, row).unwrap_or_default()))
            .collect()
    }

    /// What stands in a column of a row, if there is such a column.
    #[must_use]
    pub fn cell(&self, row: usize, column: &str) -> Option<Cell> {
        Some(cells::cell(self.series(column).ok()?, row))
    }

    /// How many values of a column are missing.
    pub fn nulls_in(&self, column: &str) -> Result<usize> {
        Ok(self.series(column)?.null_count())
    }

    /// The type of a column.
    pub fn kind(&self, column: &str) -> Result<ColumnType> {
        Ok(self.schema[self.position(column)?].kind)
    }

    pub(crate) fn series(&self, column: &str) -> Result<&Series> {
        Ok(&self.columns[self.position(column)?])
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.schema
            .iter()
            .position(|column| column.name == name)
            .ok_or_else(|| DataError::NoColumn {
                name: name.to_owned(),
                known: self.schema.iter().map(|column| column.name.clone()).collect(),
            })
    }
}

/// The type that polars gives the values of a text column.
pub(crate) fn data_type(kind: ColumnType) -> polars::prelude::DataType {
    use polars::prelude::{DataType, TimeUnit};
    match kind {
        ColumnType::Integer => DataType::Int64,
        ColumnType::Float => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date,
        ColumnType::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
        ColumnType::Time => DataType::Time,
        ColumnType::Duration => DataType::Duration(TimeUnit::Microseconds),
        _ => DataType::String,
    }
}
