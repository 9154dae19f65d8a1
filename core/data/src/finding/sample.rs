//! Rows of a table with all of their columns: all rows when they are few, else runs of rows
//! from all over the file, the same ones each time.

use polars::prelude::{DataType, Series, TimeUnit};

use crate::batch::{Opened, parse};
use crate::cells;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::index::Index;
use crate::infer::TextType;
use crate::records::Blocks;
use crate::text::TextFile;

/// How many values a sample has at most.
const VALUES: u64 = 3_000_000;
/// How many rows it has at most, and at least when there are as many.
const ROWS: [u64; 2] = [500, 40_000];
/// From how many places they are taken.
const RUNS: u64 = 16;
/// How much is read of a text at once.
const BLOCK_BYTES: usize = 256 << 10;

/// Some rows of a table.
#[derive(Debug)]
pub(crate) struct Sample {
    columns: Vec<Series>,
    /// The number of each row in the file.
    pub(crate) rows: Vec<u64>,
    /// How many they are, when they are not all.
    pub(crate) sampled: Option<u64>,
}

impl Sample {
    pub(crate) fn draw(opened: &Opened) -> Result<Self> {
        let (total, width) = (opened.survey.rows, opened.schema.len() as u64);
        let wanted = (VALUES / width.max(1)).clamp(ROWS[0], ROWS[1]);
        // What lies elsewhere is not read again from all over: only its start.
        let is_far = opened.text.is_none() && opened.source.remote.is_some();
        let runs: Vec<(u64, u64)> = if total <= wanted || is_far {
            vec![(0, total.min(wanted))]
        } else {
            let length = wanted / RUNS;
            let start = |run| (total - length) * run / (RUNS - 1);
            (0..RUNS).map(|run| (start(run), length)).collect()
        };
        let mut sample = Self {
            columns: vec![],
            rows: vec![],
            sampled: (total > wanted).then_some(runs.iter().map(|(_, length)| length).sum()),
        };
        for (first, length) in runs {
            if length > 0 {
                sample.add_run(opened, first, length)?;
            }
        }
        Ok(sample)
    }

    fn add_run(&mut self, opened: &Opened, first: u64, length: u64) -> Result<()> {
        self.rows.extend(first..first + length);
        if let Some(file) = &opened.text {
            return self.add_text(opened, file, first, length);
        }
        let names: Vec<&str> = opened.schema.iter().map(|column| column.name.as_str()).collect();
        self.append(columnar::read(&opened.source, &names, first..first + length)?)
    }

    fn add_text(&mut self, opened: &Opened, file: &TextFile, first: u64, length: u64) -> Result<()> {
        let index = Index::open(&opened.cache, file.stamp)?;
        // Without an index, which another process may be writing, the start must do.
        let (row, offset) = index.before(first).unwrap_or((0, file.data_start));
        let mut blocks = Blocks::from(file, offset, row, BLOCK_BYTES)?;
        let columns: Vec<usize> = (0..opened.schema.len()).collect();
        let types: Vec<TextType> = opened.survey.columns.iter().map(|column| column.text_type).collect();
        let end = first + length;
        while let Some(mut block) = blocks.next()? {
            let before = first.saturating_sub(block.first_row).min(block.records.len() as u64);
            block.records.drain(..before as usize);
            let from = block.first_row + before;
            block.records.truncate(end.saturating_sub(from) as usize);
            let last = from + block.records.len() as u64;
            if !block.records.is_empty() {
                self.append(parse(file, &block, &columns, &types)?)?;
            }
            if last >= end {
                break;
            }
        }
        Ok(())
    }

    fn append(&mut self, more: Vec<Series>) -> Result<()> {
        if self.columns.is_empty() {
            self.columns = more;
            return Ok(());
        }
        for (column, more) in self.columns.iter_mut().zip(more) {
            column
                .append_owned(more)
                .map_err(DataError::frame("join the parts of a column"))?;
        }
        Ok(())
    }

    /// Whether each value of a column is missing.
    pub(crate) fn missing(&self, column: usize) -> Vec<bool> {
        let Some(series) = self.columns.get(column) else {
            return vec![];
        };
        series.is_null().iter().map(|missing| missing == Some(true)).collect()
    }

    /// The values of a column as numbers, NaN where there is none; nothing when it has no numbers.
    pub(crate) fn numbers(&self, column: usize) -> Option<Vec<f64>> {
        let series = self.columns.get(column)?;
        let kind = series.dtype();
        if !(kind.is_primitive_numeric() || kind.is_temporal() || *kind == DataType::Boolean) {
            return None;
        }
        let physical = series.to_physical_repr();
        let floats = physical.cast(&DataType::Float64).ok()?;
        let values = floats.f64().ok()?.iter().map(|value| value.unwrap_or(f64::NAN));
        Some(values.collect())
    }

    /// The values of a column of days or times, in microseconds since 1970; nothing when it is none.
    pub(super) fn moments(&self, column: usize) -> Option<Vec<Option<i64>>> {
        let series = self.columns.get(column)?;
        let micros = series.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).ok()?;
        let moments = micros.to_physical_repr();
        Some(moments.i64().ok()?.iter().collect())
    }

    /// The values of a column as texts.
    pub(crate) fn texts(&self, column: usize) -> Vec<Option<String>> {
        let Some(series) = self.columns.get(column) else {
            return vec![];
        };
        (0..series.len()).map(|row| cells::text_at(series, row)).collect()
    }
}
