//! The values of a block of text, column by column, as the types that its columns have or
//! are taken to have.
//!
//! A CSV file says only at its end what its columns are. So that it is read once, its columns
//! are taken for what its first block says, and measured as that while the types are decided
//! over the whole file. A column that turns out to be another type is measured again.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::accumulate::{Accumulator, Part};
use crate::encoding;
use crate::infer::{Tally, TextType, boolean};
use crate::number;
use crate::records::Block;
use crate::repeats::of_record;
use crate::schema::ColumnType;
use crate::source::Encoding;
use crate::survey::Count;
use crate::temporal;
use crate::text::TextFile;
use crate::values::{RecordReader, Value};

/// Reads blocks as columns of given types.
pub(super) struct Reading<'f> {
    file: &'f TextFile,
    /// The columns that are read, in ascending order.
    columns: Vec<(usize, TextType)>,
    /// Columns whose values were found not to be of their type.
    broken: Vec<AtomicBool>,
}

/// The values of a block.
pub(super) struct Values {
    /// The block. Texts that do not stand in it as they are follow its records.
    pub(super) block: Block,
    /// Where the block ends in the file.
    pub(super) end: u64,
    /// A hash of each record, when they were asked for.
    pub(super) hashes: Vec<u128>,
    columns: Vec<Column>,
}

struct Column {
    text_type: TextType,
    nulls: u64,
    /// Bytes of the values that were read as the type.
    bytes: u64,
    kept: Kept,
}

enum Kept {
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    Booleans([u64; 2]),
    Texts(Vec<(u32, u32)>),
    /// A value is not of the type.
    Broken,
}

impl<'f> Reading<'f> {
    pub(super) fn new(file: &'f TextFile, columns: Vec<(usize, TextType)>) -> Self {
        Self {
            file,
            broken: columns.iter().map(|_| AtomicBool::new(false)).collect(),
            columns,
        }
    }

    /// The values of a block whose types are decided, and the hashes of its records if they are wanted.
    pub(super) fn read(&self, block: Block, wants_hashes: bool) -> Values {
        let mut columns = self.new_columns(&block);
        let mut texts = Texts::new(self.file, &block);
        let mut reader = self.file.records();
        let limit = self.columns.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
        for (position, record) in block.iter().enumerate() {
            reader.split(record, limit);
            let start = block.records[position].0;
            for ((number, _), column) in self.columns.iter().zip(&mut columns) {
                let value = reader.value(record, *number);
                if !column.add(&value, self.file.decimal_comma) {
                    texts.add(column, value, &reader, *number, start);
                }
            }
        }
        let hashes = if wants_hashes { hashes(&block) } else { vec![] };
        texts.finish(block, columns, hashes)
    }

    /// The values of a block as far as they are of the types guessed, and what decides the types.
    pub(super) fn read_and_count(&self, block: Block) -> (Values, Count) {
        let mut columns = self.new_columns(&block);
        let mut texts = Texts::new(self.file, &block);
        let mut count = Count::new(self.file);
        let decimal_comma = self.file.decimal_comma;
        let mut at = 0;
        count.add_each(self.file, &block, |tallies, reader, record, row| {
            let start = block.records[at].0;
            at += 1;
            for (((number, _), column), tally) in self.columns.iter().zip(&mut columns).zip(tallies) {
                let value = reader.value(record, *number);
                if column.add(&value, decimal_comma) {
                    if let Value::MissingWord(_) = value {
                        tally.add(row, &value, false, decimal_comma);
                    }
                    continue;
                }
                tally.add(row, &value, false, decimal_comma);
                if column.is_text() {
                    texts.add(column, value, reader, *number, start);
                } else {
                    column.tell(tally);
                    column.kept = Kept::Broken;
                }
            }
        });
        for ((position, (number, _)), column) in self.columns.iter().enumerate().zip(&columns) {
            match column.values() {
                Some(values) if !column.is_text() => {
                    count.add_fitting(*number, column.text_type, values, column.bytes);
                }
                Some(_) => {}
                None => self.broken[position].store(true, Ordering::Relaxed),
            }
        }
        let hashes = hashes(&block);
        (texts.finish(block, columns, hashes), count)
    }

    fn new_columns(&self, block: &Block) -> Vec<Column> {
        let rows = block.records.len();
        let new = |((_, text_type), broken): (&(usize, TextType), &AtomicBool)| Column {
            text_type: *text_type,
            nulls: 0,
            bytes: 0,
            kept: if broken.load(Ordering::Relaxed) {
                Kept::Broken
            } else {
                Kept::new(text_type.kind, rows)
            },
        };
        self.columns.iter().zip(&self.broken).map(new).collect()
    }
}

fn hashes(block: &Block) -> Vec<u128> {
    block.iter().map(of_record).collect()
}

impl Kept {
    fn new(kind: ColumnType, rows: usize) -> Self {
        match kind {
            ColumnType::Integer | ColumnType::Date | ColumnType::Datetime | ColumnType::Time => {
                Self::Integers(Vec::with_capacity(rows))
            }
            ColumnType::Float => Self::Floats(Vec::with_capacity(rows)),
            ColumnType::Boolean => Self::Booleans([0; 2]),
            _ => Self::Texts(Vec::with_capacity(rows)),
        }
    }
}

impl Column {
    fn is_text(&self) -> bool {
        matches!(self.kept, Kept::Texts(_))
    }

    /// How many values were read as the type.
    fn values(&self) -> Option<u64> {
        match &self.kept {
            Kept::Integers(values) => Some(values.len() as u64),
            Kept::Floats(values) => Some(values.len() as u64),
            Kept::Booleans(counts) => Some(counts.iter().sum()),
            Kept::Texts(places) => Some(places.len() as u64),
            Kept::Broken => None,
        }
    }

    /// Counts for the decision about the type what was read as it.
    fn tell(&self, tally: &mut Tally) {
        tally.add_fitting(self.text_type, self.values().unwrap_or(0), self.bytes);
    }

    /// Takes a value that is missing or of the type, unless it is a text.
    fn add(&mut self, value: &Value<'_>, decimal_comma: bool) -> bool {
        let text = match value {
            Value::Missing => {
                self.nulls += 1;
                return true;
            }
            Value::MissingWord(_) => {
                // Text in a column of text.
                let is_missing = !self.is_text();
                self.nulls += u64::from(is_missing);
                return is_missing;
            }
            Value::Bare(text) => text.trim_ascii(),
            Value::Quoted(text) => text.trim_ascii(),
        };
        let order = self.text_type.order;
        let read = match &mut self.kept {
            Kept::Integers(values) => {
                let read = match self.text_type.kind {
                    ColumnType::Date => temporal::date(text, order).map(i64::from),
                    ColumnType::Datetime => temporal::datetime(text, order),
                    ColumnType::Time => temporal::time(text),
                    _ => number::integer(text),
                };
                read.map(|value| values.push(value))
            }
            Kept::Floats(values) => number::float(text, decimal_comma).map(|value| values.push(value)),
            Kept::Booleans(counts) => boolean(text).map(|value| counts[usize::from(value)] += 1),
            Kept::Texts(_) | Kept::Broken => None,
        };
        self.bytes += if read.is_some() { text.len() as u64 } else { 0 };
        read.is_some()
    }
}

/// Where the texts of a block are.
struct Texts {
    encoding: Encoding,
    /// Whether all bytes of the block are texts as they stand.
    as_they_stand: bool,
    /// Texts that stand nowhere in the block as they are.
    own: Vec<u8>,
    /// Where those will begin.
    own_start: usize,
}

impl Texts {
    fn new(file: &TextFile, block: &Block) -> Self {
        let as_they_stand = match file.encoding {
            Encoding::Windows1252 => block.bytes.is_ascii(),
            _ => std::str::from_utf8(&block.bytes).is_ok(),
        };
        Self {
            encoding: file.encoding,
            as_they_stand,
            own: vec![],
            own_start: block.bytes.len(),
        }
    }

    /// Adds a text to its column; of a missing value of a broken column nothing.
    fn add(&mut self, column: &mut Column, value: Value<'_>, reader: &RecordReader<'_>, number: usize, start: u32) {
        let Kept::Texts(places) = &mut column.kept else {
            return;
        };
        let text = match value {
            Value::Missing => return,
            Value::Bare(text) => Cow::Borrowed(text),
            Value::MissingWord(text) | Value::Quoted(text) => text,
        };
        if let (true, Cow::Borrowed(text)) = (self.as_they_stand, &text) {
            // A text that is part of a mixed field begins elsewhere, but that one is owned.
            let from = start + reader.span(number).start;
            places.push((from, from + text.len() as u32));
            return;
        }
        let text = encoding::decode_cow(text, self.encoding);
        let from = (self.own_start + self.own.len()) as u32;
        self.own.extend_from_slice(text.as_bytes());
        places.push((from, from + text.len() as u32));
    }

    fn finish(self, mut block: Block, columns: Vec<Column>, hashes: Vec<u128>) -> Values {
        let end = block.end();
        block.bytes.extend_from_slice(&self.own);
        Values {
            block,
            end,
            hashes,
            columns,
        }
    }
}

impl Values {
    /// Gives the values of the column at a position to what gathers them; `false` when they
    /// are not of the type.
    pub(super) fn give(&self, position: usize, gathers: &mut Accumulator) -> bool {
        let column = &self.columns[position];
        let part = match &column.kept {
            Kept::Integers(values) => Part::Integers(values),
            Kept::Floats(values) => Part::Floats(values),
            Kept::Booleans(counts) => Part::Booleans(*counts),
            Kept::Texts(places) => Part::Texts(&self.block.bytes, places),
            Kept::Broken => return false,
        };
        gathers.push(&part, column.nulls);
        true
    }
}
