//! What has to be undone before a file is lines of text: compression, UTF-16, and the document
//! around the rows of JSON.
//!
//! It is undone once, into a copy in the cache, since the grid jumps to any row. Until the copy
//! is whole the start of the text is shown.

mod document;
mod utf16;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aloft_base::fs::free_bytes;
use flate2::bufread::MultiGzDecoder;

use crate::error::{DataError, Result};
use crate::source::{Encoding, Format, Source};
use crate::text::read_head;

pub(crate) use document::{Rows, looks_like_document};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// How the first bytes of a file say that it is compressed.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x1f\x8b\x08") {
            Some(Self::Gzip)
        } else if head.starts_with(b"\x28\xb5\x2f\xfd") {
            Some(Self::Zstd)
        } else {
            None
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The first bytes of what is inside of a file, and whether they are all.
    pub(crate) fn head(self, path: &Path, limit: usize) -> Result<(Vec<u8>, bool)> {
        let wrapping = Wrapping {
            compression: Some(self),
            encoding: None,
            is_document: false,
        };
        wrapping.head(path, limit)
    }
}

/// What of it is to be undone for a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wrapping {
    compression: Option<Compression>,
    /// Only UTF-16; other encodings are read as they are.
    encoding: Option<Encoding>,
    is_document: bool,
}

/// The disk is left so much space by what is unpacked.
const SPARE: u64 = 512 << 20;
/// So often is looked how much there is.
const PIECE: usize = 1 << 20;

impl Wrapping {
    /// What a text has around it. Reads its first bytes: no text begins as what is compressed does.
    pub(crate) fn of(source: &Source) -> Result<Self> {
        let mut file = File::open(&source.path).map_err(DataError::io("read", &source.path))?;
        let head = read_head(&mut file, 4, &source.path)?;
        let encoding = match source.format {
            Format::Csv | Format::Tsv => Some(source.csv_options().encoding).filter(|encoding| encoding.is_utf16()),
            _ => None,
        };
        Ok(Self {
            compression: Compression::of(&head),
            encoding,
            is_document: source.format == Format::Json,
        })
    }

    /// Whether the file is lines of text as it is.
    pub(crate) fn is_none(self) -> bool {
        self.compression.is_none() && self.encoding.is_none() && !self.is_document
    }

    /// The first bytes of the lines, and whether they are all.
    pub(crate) fn head(self, path: &Path, limit: usize) -> Result<(Vec<u8>, bool)> {
        let mut lines = self.open(path, &Arc::default())?;
        let (mut head, mut piece) = (vec![], vec![0; 64 << 10]);
        while head.len() < limit {
            let wanted = piece.len().min(limit - head.len());
            match lines.read(&mut piece[..wanted]) {
                Ok(0) => return Ok((head, true)),
                Ok(read) => head.extend_from_slice(&piece[..read]),
                // What comes before the damage is shown; whoever reads on is told.
                Err(_) if !head.is_empty() => break,
                Err(error) => return Err(self.damaged(path, 0)(error)),
            }
        }
        Ok((head, false))
    }

    /// Writes the lines into a file, whole or not at all. `on` is told the bytes read of the
    /// source, and may stop it.
    pub(crate) fn write(self, from: &Path, to: &Path, on: &mut dyn FnMut(u64) -> Result<()>) -> Result<()> {
        let folder = to.parent().unwrap_or(Path::new("."));
        let count = Arc::default();
        let mut lines = self.open(from, &count)?;
        let (mut piece, mut written) = (vec![0; PIECE], 0_u64);
        // What fails on the way and is no failure of writing.
        let mut failed = None;
        let wrote = aloft_base::fs::write_atomic_with(to, |output| {
            loop {
                let next = fill(&mut lines, &mut piece).map_err(self.damaged(from, written));
                let next = next.and_then(|read| {
                    on(count.load(Ordering::Relaxed))?;
                    match free_bytes(folder) {
                        Some(free) if free < SPARE => Err(DataError::Unpacked {
                            path: from.to_owned(),
                            grown_bytes: written,
                        }),
                        _ => Ok(read),
                    }
                });
                match next {
                    Ok(0) => return Ok(()),
                    Ok(read) => {
                        output.write_all(&piece[..read])?;
                        written += read as u64;
                    }
                    Err(error) => {
                        failed = Some(error);
                        return Err(std::io::ErrorKind::Interrupted.into());
                    }
                }
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(wrote?),
        }
    }

    /// The lines from the first one on. `count` is told the bytes read of the file.
    fn open(self, path: &Path, count: &Arc<AtomicU64>) -> Result<Box<dyn Read + Send>> {
        let plain = |count: &Arc<AtomicU64>| -> Result<Box<dyn Read + Send>> {
            let text = self.decompressed(path, count)?;
            Ok(match self.encoding {
                Some(encoding) => Box::new(utf16::Utf8Reader::new(text, encoding)),
                None => text,
            })
        };
        if !self.is_document {
            return plain(count);
        }
        let mut found = BufReader::with_capacity(PIECE, plain(&Arc::default())?);
        let rows = Rows::find(&mut found).map_err(self.damaged(path, 0))?;
        let document = BufReader::with_capacity(PIECE, plain(count)?);
        let lines = rows.lines(document).map_err(self.damaged(path, 0))?;
        Ok(Box::new(lines))
    }

    fn decompressed(self, path: &Path, count: &Arc<AtomicU64>) -> Result<Box<dyn Read + Send>> {
        let file = File::open(path).map_err(DataError::io("read", path))?;
        let counted = Counted {
            file,
            count: Arc::clone(count),
        };
        Ok(match self.compression {
            None => Box::new(counted),
            Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, counted))),
            Some(Compression::Zstd) => {
                Box::new(zstd::stream::read::Decoder::new(counted).map_err(self.damaged(path, 0))?)
            }
        })
    }

    /// Names what could not be undone.
    fn damaged(self, path: &Path, after_bytes: u64) -> impl FnOnce(std::io::Error) -> DataError + use<> {
        let path = path.to_owned();
        move |source| match (self.compression, source.kind()) {
            (_, std::io::ErrorKind::NotFound) => DataError::NoFile { path },
            (Some(how), _) => DataError::Packed {
                path,
                how: how.label(),
                after_bytes,
                source,
            },
            (None, std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof) => DataError::NotATable {
                path,
                what: format!("its JSON is not whole: {source}"),
                hint: "Correct the file or export it again, then open it.",
            },
            (None, _) => DataError::Io {
                action: "read",
                path,
                source,
            },
        }
    }
}

/// Reads until the piece is full or nothing is left.
fn fill(input: &mut dyn Read, piece: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < piece.len() {
        match input.read(&mut piece[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file, and how much of it was read.
struct Counted {
    file: File,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(out)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
