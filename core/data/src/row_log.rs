//! Rows that an endpoint answered, kept as Parquet files for later looks at them.

use std::path::{Path, PathBuf};

use aloft_base::time::now_ms;
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};

use crate::error::{DataError, Result};
use crate::prepare::{FeatureKind, RowValue};

/// The columns that stand before those of the model.
pub const LOG_COLUMNS: [&str; 4] = ["time_ms", "version", "prediction", "probability"];

/// Collects rows and writes them as one Parquet file for each so many, whole or not at all.
///
/// A file has [`LOG_COLUMNS`] (when it was asked, which version answered, what it said and,
/// for classes, how probable that was), then the model's columns: numbers, booleans, and
/// everything else as text.
#[derive(Debug)]
pub struct RowLog {
    folder: PathBuf,
    rows_per_file: usize,
    names: Vec<String>,
    columns: Vec<Values>,
    times: Vec<i64>,
    versions: Vec<u32>,
    predictions: Predictions,
    probabilities: Vec<Option<f32>>,
    files: u32,
}

#[derive(Debug)]
enum Values {
    Numbers(Vec<Option<f64>>),
    Booleans(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
}

#[derive(Debug)]
enum Predictions {
    Classes(Vec<String>),
    Numbers(Vec<f32>),
}

/// What a model said about a logged row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Logged<'a> {
    Class { name: &'a str, probability: f32 },
    Number(f32),
}

impl RowLog {
    /// A log in a folder, which is made when the first file is written. `columns` are the
    /// model's; `is_classification` says what its predictions are.
    pub fn new(
        folder: &Path,
        columns: &[(String, FeatureKind)],
        is_classification: bool,
        rows_per_file: usize,
    ) -> Self {
        let values = |kind: FeatureKind| match kind {
            FeatureKind::Number => Values::Numbers(vec![]),
            FeatureKind::Boolean => Values::Booleans(vec![]),
            _ => Values::Texts(vec![]),
        };
        Self {
            folder: folder.to_owned(),
            rows_per_file: rows_per_file.max(1),
            names: columns.iter().map(|(name, _)| name.clone()).collect(),
            columns: columns.iter().map(|(_, kind)| values(*kind)).collect(),
            times: vec![],
            versions: vec![],
            predictions: if is_classification {
                Predictions::Classes(vec![])
            } else {
                Predictions::Numbers(vec![])
            },
            probabilities: vec![],
            files: 0,
        }
    }

    /// How many rows wait to be written.
    pub fn rows(&self) -> usize {
        self.times.len()
    }

    /// Adds a row, with a value for each of the columns; what does not fit its column is missing.
    /// Writes a file when there are enough rows for one.
    ///
    /// # Errors
    /// When the file cannot be written; its rows are then given up.
    pub fn push(&mut self, version: u32, values: &[RowValue<'_>], said: Logged<'_>) -> Result<()> {
        for (column, value) in self.columns.iter_mut().zip(values) {
            match column {
                Values::Numbers(numbers) => numbers.push(match value {
                    RowValue::Number(number) => Some(*number),
                    _ => None,
                }),
                Values::Booleans(booleans) => booleans.push(match value {
                    RowValue::Boolean(value) => Some(*value),
                    _ => None,
                }),
                Values::Texts(texts) => texts.push(match value {
                    RowValue::Missing => None,
                    RowValue::Text(text) => Some((*text).to_owned()),
                    RowValue::Number(number) => Some(crate::number::to_text(*number)),
                    RowValue::Boolean(value) => Some(value.to_string()),
                }),
            }
        }
        self.times.push(now_ms());
        self.versions.push(version);
        let probability = match (said, &mut self.predictions) {
            (Logged::Class { name, probability }, Predictions::Classes(classes)) => {
                classes.push(name.to_owned());
                Some(probability)
            }
            (Logged::Number(number), Predictions::Numbers(numbers)) => {
                numbers.push(number);
                None
            }
            // Never so, since one model says one or the other; the columns must stay of one length.
            (_, Predictions::Classes(classes)) => {
                classes.push(String::new());
                None
            }
            (_, Predictions::Numbers(numbers)) => {
                numbers.push(f32::NAN);
                None
            }
        };
        self.probabilities.push(probability);
        if self.rows() >= self.rows_per_file {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the rows that wait.
    ///
    /// # Errors
    /// When the file cannot be written; its rows are then given up.
    pub fn flush(&mut self) -> Result<()> {
        if self.times.is_empty() {
            return Ok(());
        }
        let first_ms = self.times[0];
        let rows = self.times.len();
        let columns = self.take_columns();
        let name = format!("{first_ms}-{}-{}.parquet", std::process::id(), self.files);
        self.files += 1;
        aloft_base::fs::create_folder(&self.folder)?;
        let path = self.folder.join(name);
        let failed = |source: polars::prelude::PolarsError| DataError::Output {
            path: path.clone(),
            what: source.to_string(),
        };
        let mut frame = DataFrame::new(rows, columns).map_err(failed)?;
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(failed)?;
        aloft_base::fs::write_atomic(&path, &bytes)?;
        Ok(())
    }

    fn take_columns(&mut self) -> Vec<Column> {
        let [time, version, prediction, probability] = LOG_COLUMNS.map(polars::prelude::PlSmallStr::from_static);
        let mut columns = vec![
            Series::new(time, std::mem::take(&mut self.times)).into_column(),
            Series::new(version, std::mem::take(&mut self.versions)).into_column(),
            match &mut self.predictions {
                Predictions::Classes(classes) => Series::new(prediction, std::mem::take(classes)),
                Predictions::Numbers(numbers) => Series::new(prediction, std::mem::take(numbers)),
            }
            .into_column(),
            Series::new(probability, std::mem::take(&mut self.probabilities)).into_column(),
        ];
        for (name, values) in self.names.iter().zip(&mut self.columns) {
            // A column of the model may have one of our names.
            let mut name = name.clone();
            while LOG_COLUMNS.contains(&name.as_str()) {
                name.push('_');
            }
            let series = match values {
                Values::Numbers(values) => Series::new(name.into(), std::mem::take(values)),
                Values::Booleans(values) => Series::new(name.into(), std::mem::take(values)),
                Values::Texts(values) => Series::new(name.into(), std::mem::take(values)),
            };
            columns.push(series.into_column());
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Source, Table};

    #[test]
    fn rows_are_written_in_files_of_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let columns = [
            ("size".to_owned(), FeatureKind::Number),
            ("wet".to_owned(), FeatureKind::Boolean),
            ("soil".to_owned(), FeatureKind::Category),
        ];
        let requests = folder.path().join("requests");
        let mut log = RowLog::new(&requests, &columns, true, 2);
        let said = Logged::Class {
            name: "iris",
            probability: 0.75,
        };
        let row = [RowValue::Number(1.5), RowValue::Boolean(true), RowValue::Text("clay")];
        for _ in 0..3 {
            log.push(4, &row, said).unwrap();
        }
        log.push(4, &[RowValue::Missing; 3], said).unwrap();
        log.push(4, &row, said).unwrap();
        assert_eq!(log.rows(), 1);
        log.flush().unwrap();
        log.flush().unwrap();
        let mut files: Vec<_> = std::fs::read_dir(&requests)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert_eq!(files.len(), 3);
        let source = Source {
            path: files[0].clone(),
            format: Format::Parquet,
            csv: None,
            remote: None,
        };
        let table = Table::load(&source, &folder.path().join("cache"), None).unwrap();
        let text = table.row_text(0, 10);
        let of = |name: &str| text.iter().find(|(column, _)| column == name).unwrap().1.clone();
        assert_eq!(
            ["version", "prediction", "probability", "size", "wet", "soil"].map(of),
            ["4", "iris", "0.75", "1.5", "true", "clay"]
        );
    }
}
