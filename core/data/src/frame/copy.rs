//! A text file once more, as Arrow in the cache: for files that do not fit into memory and
//! for those that are asked again and again. It is made from the same rows and types.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::{Column, DataFrame, IpcWriter, Schema, SerWriter as _};

use polars_arrow::io::ipc::IpcField;

use super::ScanProgress;
use crate::batch::Opened;
use crate::error::{DataError, Result};
use crate::query::answer_source;
use crate::source::Source;

/// Larger texts are copied before anything is asked: what a question needs of them may not
/// fit into memory, and polars streams Arrow files only.
const TOO_LARGE: u64 = 1 << 30;
/// From this size on a copy pays off for who asks again.
const WORTH_IT: u64 = 8 << 20;

/// The copy of a text, if it is there.
pub(super) fn find(cache: &Path) -> Option<Source> {
    let path = path(cache);
    path.is_file().then(|| answer_source(&path))
}

/// How much memory this process may take, in bytes.
static MEMORY: AtomicU64 = AtomicU64::new(u64::MAX);
/// Texts up to this part of it are gathered in memory, which takes several times their size.
const PART: u64 = 8;

/// Says that this process may take so much memory, in bytes: what is larger is read from the disk
/// again and again. The limit itself is the system's to keep.
pub fn limit_memory(bytes: u64) {
    MEMORY.store(bytes, Ordering::Relaxed);
}

/// Whether a copy should be made before a text of this size is asked. `again` says that
/// more questions will come.
pub(super) fn is_due(bytes: u64, again: bool) -> bool {
    let most = TOO_LARGE.min(MEMORY.load(Ordering::Relaxed) / PART);
    bytes > most || (again && bytes > WORTH_IT)
}

/// Makes the copy, whole or not at all.
pub(super) fn make(
    opened: &Opened,
    schema: &Schema,
    cache: &Path,
    progress: &ScanProgress,
    on: &mut dyn FnMut() -> Result<()>,
) -> Result<Source> {
    let path = path(cache);
    std::fs::create_dir_all(cache).map_err(DataError::io("create the folder", cache))?;
    let temporary = cache.join(format!("rows.{}.part", std::process::id()));
    let made = write(opened, schema, &temporary, progress, on)
        .and_then(|()| std::fs::rename(&temporary, &path).map_err(DataError::io("write", &path)));
    if let Err(error) = made {
        // Of no use to anybody; that it cannot be removed is no news beside the failure.
        drop(std::fs::remove_file(&temporary));
        return Err(error);
    }
    Ok(answer_source(&path))
}

fn path(cache: &Path) -> PathBuf {
    cache.join("rows.arrow")
}

fn write(
    opened: &Opened,
    schema: &Schema,
    path: &Path,
    progress: &ScanProgress,
    on: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    let action = "copy the rows";
    let file = File::create(path).map_err(DataError::io("write", path))?;
    // The columns of a text are flat.
    let fields = opened.schema.iter().map(|_| IpcField::default()).collect();
    let mut writer = IpcWriter::new(file)
        .batched(schema, fields)
        .map_err(DataError::frame(action))?;
    let all: Vec<usize> = (0..opened.schema.len()).collect();
    opened.batches(&all, &mut |batch| {
        progress.set(batch.fraction);
        on()?;
        let rows = batch.columns.first().map_or(0, |series| series.len());
        let columns: Vec<Column> = batch.columns.into_iter().map(Column::from).collect();
        let frame = DataFrame::new(rows, columns).map_err(DataError::frame(action))?;
        writer.write_batch(&frame).map_err(DataError::frame(action))
    })?;
    writer.finish().map_err(DataError::frame(action))
}
