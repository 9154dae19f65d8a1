//! What a model says beside the rows it says it about, for files of any size.
//!
//! The file is read in blocks. Each block is prepared, answered and written as bytes on
//! one of several threads, and the bytes go to the file in the order of the rows. Only a
//! few blocks are in memory, however large the file is.

mod csv;
mod plan;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::Series;

use crate::Flow;
use crate::batch::Opened;
use crate::cells;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::index::IndexProgress;
use crate::parallel::in_order;
use crate::prepare::{Oddities, RowBatch, RowEncoder};
use crate::records::{Block, Blocks};
use crate::schema::Column;
use crate::source::Source;
use crate::table::Table;
use crate::text::TextFile;

use self::csv::{Columns, push_field, push_header};
use plan::Plan;

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
}

/// What is written beside the rows.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// The names of the columns; one that the input has too gets a number.
    pub names: &'a [String],
    /// The values of these columns for some rows that follow each other.
    pub answer: &'a (dyn Fn(&RowBatch) -> Vec<OutputValues> + Sync),
    /// A table of as many rows as the file has, in the same order, that has the features;
    /// else they are columns of the file.
    pub features: Option<&'a Source>,
}

/// How far the writing is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BesideProgress {
    /// Rows written.
    pub rows: u64,
    /// Share of all the work, from 0 to 1.
    pub fraction: f64,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BesideSummary {
    pub rows: u64,
    /// What was odd about the values.
    pub oddities: Oddities,
    /// What was odd about the file, for example rows with too many values, of which the
    /// last are skipped.
    pub skipped: Vec<String>,
}

/// The share of the work that finding the types of a file takes, when that was not done before.
const SURVEY_SHARE: f64 = 0.3;
/// Rows of Parquet and Arrow files at once.
const MOST_ROWS: u64 = 262_144;

/// Some rows that are answered.
struct Piece {
    bytes: Vec<u8>,
    rows: usize,
    oddities: Oddities,
    /// How much of the file has been read with it, from 0 to 1.
    fraction: f64,
}

/// Writes the rows of a file and what is said about each as CSV (UTF-8, commas), whole or
/// not at all, in their order. Values of text files are written as they stand there, but
/// for decimal commas.
///
/// # Errors
/// When `out` is the file itself, a feature is not there or holds values of another type,
/// `on` stops it, or the input cannot be read or the output not written.
pub fn write_beside(
    source: &Source,
    cache: &Path,
    encoder: &Arc<RowEncoder>,
    beside: Beside<'_>,
    out: &Path,
    on: &mut dyn FnMut(BesideProgress) -> Flow,
) -> Result<BesideSummary> {
    let same_file = || Some(std::fs::canonicalize(out).ok()? == std::fs::canonicalize(&source.path).ok()?);
    if same_file() == Some(true) {
        return Err(DataError::Output {
            path: out.to_owned(),
            what: "that is the file they are for".to_owned(),
        });
    }
    let mut start = 0.0;
    let opened = Opened::new(source, cache, &mut |IndexProgress { bytes, total_bytes, .. }| {
        start = SURVEY_SHARE;
        let fraction = start * (bytes as f64 / total_bytes.max(1) as f64).min(1.0);
        on(BesideProgress { rows: 0, fraction }).check()
    })?;
    let plan = Plan::new(&opened, encoder, beside.features.is_none())?;
    let mut summary = BesideSummary {
        skipped: opened.survey.warnings.clone(),
        ..BesideSummary::default()
    };
    // What fails on the way and is no failure of writing.
    let mut failed = None;
    let written = aloft_base::fs::write_atomic_with(out, |file| {
        let mut head = vec![];
        push_header(&mut head, &opened.schema, beside.names);
        file.write_all(&head)?;
        let each = |piece: Piece| {
            file.write_all(&piece.bytes).map_err(|source| DataError::Io {
                action: "write",
                path: out.to_owned(),
                source,
            })?;
            summary.rows += piece.rows as u64;
            summary.oddities += piece.oddities;
            let fraction = start + (1.0 - start) * piece.fraction;
            on(BesideProgress {
                rows: summary.rows,
                fraction,
            })
            .check()
        };
        let read = match &opened.text {
            Some(text) => text_pieces(text, &plan, encoder, beside, each),
            None => columnar_pieces(&opened, encoder, beside, each),
        };
        match read {
            // A full disk and its like keep their kind.
            Err(DataError::Io {
                action: "write",
                source,
                ..
            }) => Err(source),
            Err(error) => {
                failed = Some(error);
                Err(std::io::ErrorKind::Other.into())
            }
            Ok(()) => Ok(()),
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    written?;
    Ok(summary)
}

fn text_pieces(
    file: &TextFile,
    plan: &Plan<'_>,
    encoder: &Arc<RowEncoder>,
    beside: Beside<'_>,
    each: impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let mut blocks = Blocks::new(file)?;
    let end = file.bytes.max(1) as f64;
    let work = |block: Block| {
        let (mut rows, as_they_are) = plan.read(file, &block, encoder)?;
        if let Some(features) = beside.features {
            let end = block.first_row + block.records.len() as u64;
            rows = features_in(features, encoder, block.first_row..end)?;
        }
        let columns = columns_of(beside, &rows);
        let mut bytes = Vec::with_capacity(block.bytes.len() + rows.rows() * (8 + 12 * beside.names.len()));
        let mut reader = file.records();
        for (row, (record, as_it_is)) in block.iter().zip(as_they_are).enumerate() {
            if as_it_is {
                bytes.extend_from_slice(record);
            } else {
                plan.write(&mut reader, record, &mut bytes);
            }
            columns.push_row(row, &mut bytes);
        }
        Ok(Piece {
            bytes,
            rows: rows.rows(),
            oddities: rows.oddities(),
            fraction: (block.end() as f64 / end).min(1.0),
        })
    };
    in_order(|| blocks.next(), work, each)?;
    file.verify()
}

fn columnar_pieces(
    opened: &Opened,
    encoder: &Arc<RowEncoder>,
    beside: Beside<'_>,
    each: impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let names: Vec<&str> = opened.schema.iter().map(|column| column.name.as_str()).collect();
    let step = (8_000_000 / names.len().max(1) as u64).clamp(1024, MOST_ROWS);
    let all = opened.survey.rows;
    let mut next = 0;
    let produce = || {
        if next >= all {
            return Ok(None);
        }
        let range = next..(next + step).min(all);
        next = range.end;
        Ok(Some((range.clone(), columnar::read(&opened.source, &names, range)?)))
    };
    let work = |(range, series): (std::ops::Range<u64>, Vec<Series>)| {
        let count = (range.end - range.start) as usize;
        let rows = if let Some(features) = beside.features {
            features_in(features, encoder, range.clone())?
        } else {
            let table = Table::of_columns(opened.schema.clone(), series.clone(), count);
            let positions: Vec<u32> = (0..count as u32).collect();
            encoder.rows_of(&table, &positions)?
        };
        let columns = columns_of(beside, &rows);
        let mut bytes = vec![];
        for row in 0..count {
            for (position, series) in series.iter().enumerate() {
                if position > 0 {
                    bytes.push(b',');
                }
                push_field(&mut bytes, cells::text_at(series, row).unwrap_or_default().as_bytes());
            }
            columns.push_row(row, &mut bytes);
        }
        Ok(Piece {
            bytes,
            rows: count,
            oddities: rows.oddities(),
            fraction: range.end as f64 / all as f64,
        })
    };
    in_order(produce, work, each)
}

/// Some rows of a table of features, prepared.
fn features_in(features: &Source, encoder: &Arc<RowEncoder>, range: std::ops::Range<u64>) -> Result<RowBatch> {
    let names: Vec<String> = encoder.features().into_iter().map(|feature| feature.name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let count = (range.end - range.start) as usize;
    let series = columnar::read(features, &names, range)?;
    let columns = series.iter().map(|series| Column {
        name: series.name().to_string(),
        kind: columnar::kind_of(series.dtype()),
    });
    let table = Table::of_columns(columns.collect(), series, count);
    let positions: Vec<u32> = (0..count as u32).collect();
    encoder.rows_of(&table, &positions)
}

fn columns_of(beside: Beside<'_>, rows: &RowBatch) -> Columns {
    let values = (beside.answer)(rows);
    debug_assert!(values.len() == beside.names.len() && values.iter().all(|column| column.len() == rows.rows()));
    Columns::new(values)
}
