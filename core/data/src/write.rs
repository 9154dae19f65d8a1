//! Predictions beside the rows they are for.

use std::io::BufWriter;
use std::path::Path;

use polars::prelude::Series;

use crate::batch::Opened;
use crate::cells;
use crate::error::{DataError, Result};
use crate::number::{self, Fit};
use crate::schema::ColumnType;
use crate::source::Source;

/// A column to write beside those of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub values: OutputValues,
}

/// The values of an [`OutputColumn`], one for each row.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputValues {
    Text(Vec<String>),
    /// Positions in `names`.
    Classes {
        names: Vec<String>,
        positions: Vec<u32>,
    },
    Numbers(Vec<f32>),
}

impl OutputValues {
    fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Classes { positions, .. } => positions.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Self::Text(texts) => texts[row].clone(),
            Self::Classes { names, positions } => names.get(positions[row] as usize).cloned().unwrap_or_default(),
            Self::Numbers(numbers) => numbers[row].to_string(),
        }
    }
}

/// Writes the rows of a file and some columns beside them as CSV (UTF-8, commas), whole or
/// not at all. Values of text files are written as they stand there, but for decimal
/// commas. Returns how many rows were written.
///
/// # Errors
/// When `out` is the file itself, a column does not have a value for each row, or the
/// input cannot be read or the output not written.
pub fn write_predictions(source: &Source, cache: &Path, columns: &[OutputColumn], out: &Path) -> Result<u64> {
    let refuse = |what: String| DataError::Output {
        path: out.to_owned(),
        what,
    };
    let same_file = || Some(std::fs::canonicalize(out).ok()? == std::fs::canonicalize(&source.path).ok()?);
    if same_file() == Some(true) {
        return Err(refuse("that is the file they are for".to_owned()));
    }
    let opened = Opened::new(source, cache, &mut |_| Ok(()))?;
    let rows = opened.survey.rows;
    for column in columns {
        if column.values.len() as u64 != rows {
            let found = column.values.len();
            return Err(refuse(format!("'{}' has {found} values for {rows} rows", column.name)));
        }
    }
    // What fails on the way and is no failure of writing.
    let mut failed = None;
    let written = aloft_base::fs::write_atomic_with(out, |file| {
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer.write_record(header(&opened, columns)).map_err(io_error)?;
        let mut write = |first_row: u64, rows: usize, series: &[Series]| -> csv::Result<()> {
            for row in 0..rows {
                for (series, column) in series.iter().zip(&opened.schema) {
                    let text = cells::text_at(series, row).unwrap_or_default();
                    let comma = opened.decimal_comma() && column.kind == ColumnType::Float;
                    writer.write_field(if comma { with_point(text) } else { text })?;
                }
                for column in columns {
                    writer.write_field(column.values.text(first_row as usize + row))?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Ok(())
        };
        let read = opened.batches_as_written(&mut |batch| {
            write(batch.first_row, batch.rows, &batch.columns)
                .map_err(io_error)
                .map_err(|source| DataError::Io {
                    action: "write",
                    path: out.to_owned(),
                    source,
                })
        });
        match read {
            Ok(()) => writer.flush(),
            Err(error) => {
                failed = Some(error);
                Err(std::io::ErrorKind::Other.into())
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    written?;
    Ok(rows)
}

/// The cause of a failed write as it is: the usual conversion forgets its kind, such as a full disk.
fn io_error(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

/// The names of the input's columns, then ours; of two equal ones ours is changed.
fn header(opened: &Opened, columns: &[OutputColumn]) -> Vec<String> {
    let mut names: Vec<String> = opened.schema.iter().map(|column| column.name.clone()).collect();
    for column in columns {
        let mut name = column.name.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{}_{number}", column.name);
            number += 1;
        }
        names.push(name);
    }
    names
}

fn with_point(text: String) -> String {
    if number::fits(text.trim().as_bytes(), true) == Fit::Float {
        text.replace(',', ".")
    } else {
        text
    }
}
