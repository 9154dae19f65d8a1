//! Where each row of a text file stands, so that any of them can be shown at once.
//!
//! `rows.idx` in the cache folder holds the byte offset of every 1,024th row and grows
//! while it is built; `rows.json` says that it is complete. A UTF-16 file gets a UTF-8
//! copy first, since offsets are in UTF-8.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use aloft_base::fs::{Lock, create_folder, write_atomic};
use serde::{Deserialize, Serialize};

use crate::Flow;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::records::{Block, Blocks};
use crate::source::Source;
use crate::stamp::Stamp;
use crate::text::TextFile;

/// Every so many rows one offset is kept.
pub(crate) const STRIDE: u64 = 1024;
const MAGIC: [u8; 8] = *b"ALOFTIX1";
const HEADER_BYTES: u64 = 24;

/// How far an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexProgress {
    /// Rows found so far.
    pub rows: u64,
    /// Bytes read so far, of `total_bytes`.
    pub bytes: u64,
    pub total_bytes: u64,
}

/// A finished index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexSummary {
    /// Exactly how many rows the file has.
    pub rows: u64,
    pub bytes: u64,
}

/// The end of an index, in `rows.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Complete {
    stamp: Stamp,
    rows: u64,
}

/// Indexes the rows of a file; `on` is told how far it is and may stop it.
///
/// Parquet and Arrow IPC know their rows and need no index. When another process is
/// indexing the same file, this one counts the rows and leaves the index to it.
///
/// # Errors
/// [`DataError::Stopped`] when `on` answers [`Flow::Stop`]; else what is wrong with the file or the cache.
pub fn build_index(source: &Source, cache: &Path, on: &mut dyn FnMut(IndexProgress) -> Flow) -> Result<IndexSummary> {
    let stamp = Stamp::of_source(source)?;
    let summary = |rows| IndexSummary {
        rows,
        bytes: stamp.bytes,
    };
    if !source.format.is_text() {
        return columnar::rows(source).map(summary);
    }
    if let Some(rows) = complete_rows(cache, stamp)? {
        return Ok(summary(rows));
    }
    let progress = |rows, bytes, total_bytes| IndexProgress {
        rows,
        bytes,
        total_bytes,
    };
    TextFile::make_copy(source, cache, &mut |bytes| on(progress(0, bytes, stamp.bytes)).check())?;
    let file = TextFile::open(source, cache)?;
    let mut writer = IndexWriter::create(cache, stamp)?;
    let mut blocks = Blocks::new(&file)?;
    let mut rows = 0;
    while let Some(block) = blocks.next()? {
        rows = block.first_row + block.records.len() as u64;
        writer.add(&block)?;
        on(progress(rows, block.end(), file.bytes)).check()?;
    }
    file.verify()?;
    writer.finish(rows)?;
    Ok(summary(rows))
}

/// The exact number of rows, when the index of this very file is complete.
pub(crate) fn complete_rows(cache: &Path, stamp: Stamp) -> Result<Option<u64>> {
    let complete: Option<Complete> = read_json(&cache.join("rows.json"))?;
    Ok(complete
        .filter(|complete| complete.stamp == stamp)
        .map(|complete| complete.rows))
}

/// Reads a JSON file of the cache. One that is not there or not readable as what it
/// should be is as good as none: the cache can be made again.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DataError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a JSON file of the cache.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let bytes = serde_json::to_vec(value)
        .map_err(std::io::Error::from)
        .map_err(DataError::io("write", path))?;
    Ok(write_atomic(path, &bytes)?)
}

/// Appends the offsets of rows to `rows.idx`.
pub(crate) struct IndexWriter {
    /// `None` when the index is complete, or another process writes it.
    file: Option<(File, Lock)>,
    path: PathBuf,
    cache: PathBuf,
    stamp: Stamp,
}

impl IndexWriter {
    pub(crate) fn create(cache: &Path, stamp: Stamp) -> Result<Self> {
        create_folder(cache)?;
        let path = cache.join("rows.idx");
        if Index::open(cache, stamp)?.complete().is_some() {
            return Ok(Self {
                file: None,
                path,
                cache: cache.to_owned(),
                stamp,
            });
        }
        let file = match Lock::try_take(&cache.join("rows.lock"))? {
            None => None,
            Some(lock) => {
                let mut file = File::create(&path).map_err(DataError::io("write", &path))?;
                let mut header = MAGIC.to_vec();
                header.extend_from_slice(&stamp.bytes.to_le_bytes());
                header.extend_from_slice(&stamp.modified_ns.to_le_bytes());
                file.write_all(&header).map_err(DataError::io("write", &path))?;
                Some((file, lock))
            }
        };
        Ok(Self {
            file,
            path,
            cache: cache.to_owned(),
            stamp,
        })
    }

    /// Adds the rows of a block; blocks come in order.
    pub(crate) fn add(&mut self, block: &Block) -> Result<()> {
        let Some((file, _)) = &mut self.file else { return Ok(()) };
        let first = block.first_row.next_multiple_of(STRIDE) - block.first_row;
        let entries: Vec<u8> = (block.records.iter().skip(first as usize).step_by(STRIDE as usize))
            .flat_map(|(start, _)| (block.offset + u64::from(*start)).to_le_bytes())
            .collect();
        file.write_all(&entries).map_err(DataError::io("write", &self.path))
    }

    /// Says that these are all rows.
    pub(crate) fn finish(self, rows: u64) -> Result<()> {
        if self.file.is_some() {
            write_json(
                &self.cache.join("rows.json"),
                &Complete {
                    stamp: self.stamp,
                    rows,
                },
            )?;
        }
        Ok(())
    }
}

/// The offsets of rows as far as they are known.
#[derive(Debug)]
pub(crate) struct Index {
    cache: PathBuf,
    stamp: Stamp,
    offsets: Vec<u64>,
    complete: Option<u64>,
}

impl Index {
    /// What is there of the index of a file; nothing is no error.
    pub(crate) fn open(cache: &Path, stamp: Stamp) -> Result<Self> {
        let mut index = Self {
            cache: cache.to_owned(),
            stamp,
            offsets: vec![],
            complete: None,
        };
        index.refresh()?;
        Ok(index)
    }

    /// Reads what was added.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        if self.complete.is_some() {
            return Ok(());
        }
        // First, so that the offsets read after it are all.
        let complete = complete_rows(&self.cache, self.stamp)?;
        let path = self.cache.join("rows.idx");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => {
                return Err(DataError::Io {
                    action: "read",
                    path,
                    source,
                });
            }
        };
        let mut input = BufReader::new(file);
        let read = (|| {
            let mut header = [0; HEADER_BYTES as usize];
            if input.read_exact(&mut header).is_err() || header[..8] != MAGIC {
                return Ok(());
            }
            let word = |at: usize| {
                let mut word = [0; 8];
                word.copy_from_slice(&header[at..at + 8]);
                u64::from_le_bytes(word)
            };
            if (Stamp {
                bytes: word(8),
                modified_ns: word(16),
            }) != self.stamp
            {
                return Ok(());
            }
            input.seek(SeekFrom::Start(HEADER_BYTES + 8 * self.offsets.len() as u64))?;
            let mut bytes = vec![];
            input.read_to_end(&mut bytes)?;
            for entry in bytes.chunks_exact(8) {
                let mut word = [0; 8];
                word.copy_from_slice(entry);
                self.offsets.push(u64::from_le_bytes(word));
            }
            Ok(())
        })();
        read.map_err(DataError::io("read", &path))?;
        // An index that lost its tail is none.
        self.complete = complete.filter(|rows| self.offsets.len() as u64 == rows.div_ceil(STRIDE));
        Ok(())
    }

    /// Exactly how many rows there are, once that is known.
    pub(crate) fn complete(&self) -> Option<u64> {
        self.complete
    }

    /// How many rows are known to be there.
    pub(crate) fn known_rows(&self) -> u64 {
        self.complete
            .unwrap_or_else(|| (self.offsets.len() as u64).saturating_sub(1) * STRIDE)
    }

    /// The last row at or before `row` whose offset is known, and the offset.
    pub(crate) fn before(&self, row: u64) -> Option<(u64, u64)> {
        let entry = ((row / STRIDE) as usize).min(self.offsets.len().checked_sub(1)?);
        Some((entry as u64 * STRIDE, self.offsets[entry]))
    }
}
