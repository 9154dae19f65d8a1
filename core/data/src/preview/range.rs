//! Reading parts of a file that may lie elsewhere.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use aloft_base::remote::ReadRange;
use aloft_base::{ErrorKind, Report};
use polars::prelude::PolarsError;

use crate::error::{DataError, Result};

/// A file of this machine.
#[derive(Debug)]
pub struct FileRange {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl FileRange {
    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there, is a folder, or may not be read.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(DataError::io("read", path))?;
        let meta = file.metadata().map_err(DataError::io("read", path))?;
        if meta.is_dir() {
            return Err(DataError::Folder { path: path.to_owned() });
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            bytes: meta.len(),
        })
    }
}

impl ReadRange for FileRange {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn read(&mut self, range: Range<u64>) -> Result<Vec<u8>, Report> {
        let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
        let read = self
            .file
            .seek(SeekFrom::Start(range.start))
            .and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(DataError::io("read", &self.path))
            .map_err(|error| Report::of(&error))?;
        Ok(bytes)
    }
}

/// Counts what is read, and reads no more than it may.
pub(super) struct Counted<'a> {
    name: String,
    source: &'a mut dyn ReadRange,
    bytes_read: u64,
    limit: u64,
    /// Why the source could not be read, when that went through a library that cannot carry it.
    fault: Option<Report>,
}

impl<'a> Counted<'a> {
    pub(super) fn new(name: &str, source: &'a mut dyn ReadRange, limit: u64) -> Self {
        Self {
            name: name.to_owned(),
            source,
            bytes_read: 0,
            limit,
            fault: None,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.source.bytes()
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// How much more may be read.
    pub(super) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.bytes_read)
    }

    pub(super) fn read(&mut self, range: Range<u64>) -> Result<Vec<u8>> {
        Ok(self.read_all(&[range])?.pop().unwrap_or_default())
    }

    pub(super) fn read_all(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>> {
        let wanted: Vec<Range<u64>> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
        let mut read = if wanted.is_empty() {
            vec![]
        } else {
            self.source.read_all(&wanted).map_err(DataError::Elsewhere)?
        }
        .into_iter();
        let mut all = Vec::with_capacity(ranges.len());
        for range in ranges {
            let bytes = if range.is_empty() {
                vec![]
            } else {
                read.next().unwrap_or_default()
            };
            self.bytes_read += bytes.len() as u64;
            if bytes.len() as u64 != range.end.saturating_sub(range.start) {
                let message = format!("{} ended before it should", self.name);
                return Err(DataError::Elsewhere(Report::new(
                    ErrorKind::Corrupt,
                    message,
                    "Try again.",
                )));
            }
            all.push(bytes);
        }
        Ok(all)
    }

    /// As [`Self::read_all`], for what answers errors of polars; [`Self::check`] tells the real one later.
    pub(super) fn read_for_polars(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>, PolarsError> {
        self.read_all(ranges).map_err(|error| {
            let words = error.to_string();
            self.fault = Some(Report::of(&error));
            PolarsError::ComputeError(words.into())
        })
    }

    /// Fails when the source could not be read meanwhile.
    pub(super) fn check(&mut self) -> Result<()> {
        self.fault
            .take()
            .map_or(Ok(()), |report| Err(DataError::Elsewhere(report)))
    }
}

/// How much is read at once for readers that ask for little at a time.
const BLOCK: u64 = 64 << 10;

/// A [`Counted`] as a reader that can be anywhere.
pub(super) struct Cursor<'a, 'b> {
    source: &'a mut Counted<'b>,
    position: u64,
    /// The bytes read last, and where they begin.
    block: (u64, Vec<u8>),
}

impl<'a, 'b> Cursor<'a, 'b> {
    pub(super) fn new(source: &'a mut Counted<'b>) -> Self {
        Self {
            source,
            position: 0,
            block: (0, vec![]),
        }
    }
}

impl Read for Cursor<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let total = self.source.bytes();
        if self.position >= total || out.is_empty() {
            return Ok(0);
        }
        let known = self.block.0..self.block.0 + self.block.1.len() as u64;
        if !known.contains(&self.position) {
            let wanted = (out.len() as u64).max(BLOCK).min(total - self.position);
            if wanted > self.source.left() {
                return Err(io::Error::other(format!(
                    "more than {} of it would have to be read",
                    megabytes(self.source.limit)
                )));
            }
            let range = self.position..self.position + wanted;
            let read = self.source.read_for_polars(std::slice::from_ref(&range));
            let bytes = read.map_err(|error| io::Error::other(error.to_string()))?.pop();
            self.block = (self.position, bytes.unwrap_or_default());
        }
        let from = (self.position - self.block.0) as usize;
        let here = self.block.1.get(from..).unwrap_or_default();
        let count = here.len().min(out.len());
        out[..count].copy_from_slice(&here[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.bytes().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl polars::io::mmap::MmapBytesReader for Cursor<'_, '_> {}

/// Bytes as "32 MB".
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}
