//! A lazy frame over a source of any format: what queries and steps work on.
//!
//! Rows and types are those of the grid and of the profile. Text is read by this crate's
//! own reader, only the columns and rows that a query needs; Parquet and Arrow by polars.

mod copy;
mod text_scan;

pub use copy::limit_memory;
pub(crate) use text_scan::reading_error;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use polars::prelude::LazyFrame;

use crate::Flow;
use crate::batch::Opened;
use crate::columnar;
use crate::error::Result;
use crate::index::IndexProgress;
use crate::keep;
use crate::source::Source;
use crate::stamp::Stamp;

/// A source, and the folder where what is derived from it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    pub source: Source,
    /// The folder of its [key](Source::key); need not exist.
    pub cache: PathBuf,
}

/// How much of a text has been read by a scan, for whoever waits for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScanProgress(Arc<AtomicU32>);

impl ScanProgress {
    /// From 0 to 1. What polars reads itself stays at 0.
    pub(crate) fn fraction(&self) -> f64 {
        f64::from(f32::from_bits(self.0.load(Ordering::Relaxed)))
    }

    fn set(&self, fraction: f64) {
        self.0.store((fraction as f32).to_bits(), Ordering::Relaxed);
    }
}

/// A lazy frame over a source.
pub(crate) struct Lazy {
    pub(crate) frame: LazyFrame,
    /// Whether polars can stream it. A text that it reads through us it cannot.
    pub(crate) streams: bool,
}

/// Texts up to this size are made ready for questions before there are any.
const READY: u64 = 2 << 30;

/// Makes a text of some size ready for questions, so that the first one is answered as quickly
/// as the next. What is ready already, small, or so large that it is only worth it once
/// somebody asks, stays as it is. `on` is told how far it is, from 0 to 1.
///
/// # Errors
/// When it cannot be read or the copy cannot be written, and [`crate::DataError::Stopped`] when `on` says so.
pub fn make_ready(table: &Cached, on: &mut dyn FnMut(f64) -> Flow) -> Result<()> {
    if !table.source.format.is_text() || Stamp::of_source(&table.source)?.bytes > READY {
        return Ok(());
    }
    let progress = ScanProgress::default();
    let told = progress.clone();
    lazy(table, true, &progress, &mut |_| on(told.fraction()).check()).map(drop)
}

/// A lazy frame over a source. A text is surveyed first, unless that was done before: its
/// types are known only then. `again` says that the same table will be asked more often.
pub(crate) fn lazy(
    table: &Cached,
    again: bool,
    progress: &ScanProgress,
    on: &mut dyn FnMut(IndexProgress) -> Result<()>,
) -> Result<Lazy> {
    keep::hold_cache(&table.cache);
    let streamed = |source: &Source| -> Result<Lazy> {
        let frame = columnar::lazy(source)?;
        Ok(Lazy { frame, streams: true })
    };
    if !table.source.format.is_text() {
        return streamed(&table.source);
    }
    if let Some(copy) = copy::find(&table.cache) {
        return streamed(&copy);
    }
    let opened = Opened::new(&table.source, &table.cache, on)?;
    let schema = text_scan::schema_of(&opened);
    let bytes = opened.text.as_ref().map_or(0, |text| text.bytes);
    if copy::is_due(bytes, again) {
        let rows = opened.survey.rows;
        let copied = copy::make(&opened, &schema, &table.cache, progress, &mut || {
            let read = (bytes as f64 * progress.fraction()) as u64;
            on(IndexProgress {
                rows,
                bytes: read,
                total_bytes: bytes,
            })
        })?;
        return streamed(&copied);
    }
    let frame = text_scan::lazy(opened, schema, progress)?;
    Ok(Lazy { frame, streams: false })
}
