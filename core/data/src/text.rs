//! A text file opened as a table: where its text is, and where its rows begin.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{DataError, Result};
use crate::fields::{Dialect, Found};
use crate::json::{self, Keys};
use crate::source::{CsvOptions, Encoding, Format, Source};
use crate::stamp::Stamp;
use crate::temporal::DateOrder;
use crate::unpack::Wrapping;
use crate::values::{Nulls, RecordReader};

/// How much of a file is read to find out what it is.
pub(crate) const HEAD_BYTES: usize = 1 << 20;
/// How long one record may be.
pub(crate) const RECORD_LIMIT: usize = 64 << 20;
/// How many columns a table may have.
pub(crate) const COLUMN_LIMIT: usize = 100_000;

/// How records are found and split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    Csv(Dialect),
    Json,
}

impl Syntax {
    pub(crate) fn find(self, bytes: &[u8], from: usize, at_end: bool) -> Found {
        match self {
            Self::Csv(dialect) => dialect.find(bytes, from, at_end),
            Self::Json => json::find(bytes, from, at_end),
        }
    }
}

/// Where the text is read from.
#[derive(Clone, Debug)]
enum Content {
    File(PathBuf),
    /// The start of a file whose copy as lines of UTF-8 is not made yet.
    Head(Arc<[u8]>),
}

/// A text file opened as a table.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    pub(crate) path: PathBuf,
    pub(crate) stamp: Stamp,
    pub(crate) syntax: Syntax,
    pub(crate) decimal_comma: bool,
    /// How dates are written, when that was said.
    pub(crate) date_order: Option<DateOrder>,
    /// The first record after the header, in bytes of the UTF-8 text.
    pub(crate) data_start: u64,
    /// The line number of `data_start`, from 1.
    pub(crate) data_line: u64,
    /// The columns; of JSON Lines those seen in the head.
    pub(crate) names: Vec<String>,
    /// The names that had to change since they were empty or not unique, old and new.
    pub(crate) renamed: Vec<(String, String)>,
    /// Whether rows have a first value without a name, as R writes them.
    pub(crate) has_row_names: bool,
    /// The length of the UTF-8 text as far as it is known.
    pub(crate) bytes: u64,
    pub(crate) encoding: Encoding,
    content: Content,
    nulls: Nulls,
}

impl TextFile {
    /// Opens a file. Of one that is compressed, UTF-16 or a JSON document only the head is there until
    /// [`Self::make_copy`] was called once.
    pub(crate) fn open(source: &Source, cache: &Path) -> Result<Self> {
        let options = source.csv_options();
        let stamp = Stamp::of(&source.path)?;
        let is_json = matches!(source.format, Format::JsonLines | Format::Json);
        let encoding = if is_json || options.encoding.is_utf16() {
            Encoding::Utf8
        } else {
            options.encoding
        };
        let wrapping = Wrapping::of(source)?;
        let copy = copy_path(cache, stamp);
        let content = if wrapping.is_none() {
            Content::File(source.path.clone())
        } else if copy.exists() {
            Content::File(copy)
        } else {
            // A little more than is read of it, so that the end of the head is not taken for that of the file.
            Content::Head(wrapping.head(&source.path, HEAD_BYTES + 16)?.0.into())
        };
        let bytes = match &content {
            Content::File(path) if *path == source.path => stamp.bytes,
            Content::File(path) => Stamp::of(path)?.bytes,
            Content::Head(head) => head.len() as u64,
        };
        let syntax = match source.format {
            Format::JsonLines | Format::Json => Syntax::Json,
            _ => Syntax::Csv(dialect(&source.path, &options)?),
        };
        let nulls = if syntax == Syntax::Json {
            Nulls::default()
        } else {
            Nulls::new(&options.null_values)
        };
        let mut file = Self {
            path: source.path.clone(),
            stamp,
            syntax,
            decimal_comma: options.decimal_comma && syntax != Syntax::Json,
            date_order: options.date_order,
            data_start: 0,
            data_line: 1,
            names: vec![],
            renamed: vec![],
            has_row_names: false,
            bytes,
            encoding,
            content,
            nulls,
        };
        file.read_header(options.has_header)?;
        Ok(file)
    }

    /// Makes the copy as lines of UTF-8, when the file is something else and has none yet.
    /// `on` is told the bytes read of the file.
    pub(crate) fn make_copy(source: &Source, cache: &Path, on: &mut dyn FnMut(u64) -> Result<()>) -> Result<()> {
        let wrapping = Wrapping::of(source)?;
        if wrapping.is_none() {
            return Ok(());
        }
        let stamp = Stamp::of(&source.path)?;
        let copy = copy_path(cache, stamp);
        if copy.exists() {
            return Ok(());
        }
        aloft_base::fs::create_folder(cache)?;
        wrapping.write(&source.path, &copy, on)?;
        stamp.verify(&source.path)
    }

    /// Whether all of the text can be read, and not only its head.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.content, Content::File(_))
    }

    /// Whether it is read from a copy in the cache.
    pub(crate) fn is_copy(&self) -> bool {
        matches!(&self.content, Content::File(path) if *path != self.path)
    }

    /// Reads the text from a byte on.
    pub(crate) fn read_from(&self, offset: u64) -> Result<Box<dyn Read + Send>> {
        match &self.content {
            Content::File(path) => {
                let mut file = open_file(path)?;
                file.seek(SeekFrom::Start(offset))
                    .map_err(DataError::io("read", path))?;
                Ok(Box::new(file))
            }
            Content::Head(head) => {
                let mut head = Cursor::new(Arc::clone(head));
                head.set_position(offset);
                Ok(Box::new(head))
            }
        }
    }

    /// Fails when the file changed or went away since it was opened.
    pub(crate) fn verify(&self) -> Result<()> {
        self.stamp.verify(&self.path)
    }

    /// A reader of this file's records.
    pub(crate) fn records(&self) -> RecordReader<'_> {
        RecordReader::new(self)
    }

    /// Whether unquoted text means missing.
    pub(crate) fn is_null(&self, trimmed: &[u8]) -> bool {
        self.nulls.contains(trimmed)
    }

    fn read_header(&mut self, has_header: bool) -> Result<()> {
        let mut input = self.read_from(0)?;
        let mut head = read_head(&mut input, HEAD_BYTES, &self.path)?;
        let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        self.data_start = start as u64;
        loop {
            let at_end = head.len() as u64 >= self.bytes;
            match self.syntax.find(&head, start, at_end) {
                Found::Nothing if at_end => {
                    return Err(DataError::Empty {
                        path: self.path.clone(),
                    });
                }
                Found::Record { start, end, next } => {
                    match self.syntax {
                        Syntax::Csv(dialect) => self.name_csv(dialect, has_header, &head, start..end, next)?,
                        Syntax::Json => self.name_json(&head, start, at_end)?,
                    }
                    return Ok(());
                }
                Found::Unfinished { .. } | Found::Nothing => {
                    if head.len() > RECORD_LIMIT {
                        return Err(self.too_long(1));
                    }
                    // A very long first record.
                    let more = read_head(&mut input, head.len(), &self.path)?;
                    if more.is_empty() {
                        // The file became shorter meanwhile.
                        return Err(DataError::Changed {
                            path: self.path.clone(),
                        });
                    }
                    head.extend_from_slice(&more);
                }
            }
        }
    }

    fn name_json(&mut self, head: &[u8], first: usize, at_end: bool) -> Result<()> {
        let (mut keys, mut spans, mut at, mut good) = (Keys::default(), vec![], first, 0_u32);
        while let Found::Record { start, end, next } = self.syntax.find(head, at, at_end) {
            good += u32::from(json::split(&head[start..end], &mut keys, true, &mut spans).is_some());
            at = next;
        }
        if good == 0 {
            return Err(DataError::BadLine {
                path: self.path.clone(),
                line: 1,
                what: "JSON Lines needs one JSON object on each line".to_owned(),
            });
        }
        check_keys(&self.path, keys.names())?;
        self.names = keys.names().to_vec();
        Ok(())
    }

    pub(crate) fn too_long(&self, line: u64) -> DataError {
        DataError::BadLine {
            path: self.path.clone(),
            line,
            what: format!("the row is longer than {} MiB", RECORD_LIMIT >> 20),
        }
    }
}

/// Refuses objects whose keys are data.
pub(crate) fn check_keys(path: &Path, names: &[String]) -> Result<()> {
    if names.len() <= COLUMN_LIMIT {
        return Ok(());
    }
    Err(DataError::NotATable {
        path: path.to_owned(),
        what: format!("its objects have more than {COLUMN_LIMIT} different keys"),
        hint: "Write it with the same few keys in each object.",
    })
}

fn dialect(path: &Path, options: &CsvOptions) -> Result<Dialect> {
    let byte = |character: char, what: &str| {
        u8::try_from(character)
            .ok()
            .filter(|byte| byte.is_ascii() && !matches!(byte, b'\n' | b'\r'))
            .ok_or_else(|| DataError::NotATable {
                path: path.to_owned(),
                what: format!("'{}' cannot be the {what}", character.escape_default()),
                hint: "Choose one ASCII character, for example ',' or ';'.",
            })
    };
    Ok(Dialect {
        delimiter: byte(options.delimiter, "delimiter")?,
        quote: byte(options.quote, "quote")?,
    })
}

fn copy_path(cache: &Path, stamp: Stamp) -> PathBuf {
    cache.join(format!("text-{}-{}.utf8", stamp.bytes, stamp.modified_ns))
}

fn open_file(path: &Path) -> Result<File> {
    File::open(path).map_err(DataError::io("read", path))
}

/// Reads at most `limit` bytes.
pub(crate) fn read_head(input: &mut impl Read, limit: usize, path: &Path) -> Result<Vec<u8>> {
    let mut head = vec![];
    input
        .take(limit as u64)
        .read_to_end(&mut head)
        .map_err(DataError::io("read", path))?;
    Ok(head)
}
