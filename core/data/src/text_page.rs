//! Pages of text formats: cells as they stand in the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::encoding;
use crate::error::Result;
use crate::index::Index;
use crate::infer::TextType;
use crate::number::{self, Fit};
use crate::page::Cell;
use crate::records::Blocks;
use crate::schema::{Column, ColumnType, Schema};
use crate::source::Source;
use crate::survey::{self, Survey};
use crate::text::{HEAD_BYTES, TextFile};
use crate::values::Value;

/// How much is read at once to find some rows.
const READ_BYTES: usize = 256 << 10;
/// How many positions of rows are remembered beside the index.
const REMEMBERED: usize = 4096;

#[derive(Debug)]
pub(crate) struct TextPages {
    source: Source,
    cache: PathBuf,
    file: TextFile,
    index: Index,
    schema: Schema,
    types: Vec<TextType>,
    types_are_final: bool,
    /// Rows in the head, and whether the file ends with them.
    head_rows: u64,
    head_is_all: bool,
    /// Offsets of rows that were read lately, so that scrolling on finds its place.
    near: BTreeMap<u64, u64>,
}

impl TextPages {
    pub(crate) fn open(source: &Source, cache: &Path) -> Result<Self> {
        let file = TextFile::open(source, cache)?;
        let index = Index::open(cache, file.stamp)?;
        let mut pages = Self {
            source: source.clone(),
            cache: cache.to_owned(),
            file,
            index,
            schema: vec![],
            types: vec![],
            types_are_final: false,
            head_rows: 0,
            head_is_all: false,
            near: BTreeMap::new(),
        };
        pages.read_head()?;
        pages.read_types()?;
        Ok(pages)
    }

    pub(crate) fn refresh(&mut self) -> Result<()> {
        self.file.verify()?;
        if !self.file.is_whole() {
            let file = TextFile::open(&self.source, &self.cache)?;
            if file.is_whole() {
                self.file = file;
                self.near.clear();
                self.read_head()?;
            }
        }
        if self.file.is_whole() {
            self.index.refresh()?;
        }
        if !self.types_are_final {
            self.read_types()?;
        }
        Ok(())
    }

    pub(crate) fn known_rows(&self) -> u64 {
        match self.index.complete() {
            Some(rows) if self.file.is_whole() => rows,
            _ => self.indexed_rows().max(self.head_rows),
        }
    }

    /// Offsets in the index are of the UTF-8 copy.
    fn indexed_rows(&self) -> u64 {
        if self.file.is_whole() {
            self.index.known_rows()
        } else {
            0
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.head_is_all || (self.file.is_whole() && self.index.complete().is_some())
    }

    pub(crate) fn types_are_final(&self) -> bool {
        self.types_are_final || self.head_is_all
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Guesses the types from the head.
    fn read_head(&mut self) -> Result<()> {
        let head = Blocks::from(&self.file, self.file.data_start, 0, HEAD_BYTES)?.next()?;
        let blocks = head.as_slice();
        self.head_rows = blocks.iter().map(|block| block.records.len() as u64).sum();
        let end = blocks.last().map_or(self.file.bytes, crate::records::Block::end);
        self.head_is_all = self.file.is_whole() && end >= self.file.bytes;
        let (names, types) = survey::guess(&self.file, blocks).into_iter().unzip();
        self.set_types(names, types);
        Ok(())
    }

    fn read_types(&mut self) -> Result<()> {
        if let Some(survey) = Survey::read(&self.cache, self.file.stamp)? {
            let (names, types) = survey
                .columns
                .into_iter()
                .map(|column| (column.name, column.text_type))
                .unzip();
            self.set_types(names, types);
            self.types_are_final = true;
        }
        Ok(())
    }

    fn set_types(&mut self, names: Vec<String>, types: Vec<TextType>) {
        let columns = names.iter().zip(&types);
        self.schema = columns
            .map(|(name, text)| Column {
                name: name.clone(),
                kind: text.kind,
            })
            .collect();
        // Of JSON Lines more keys may be known now.
        self.file.names = names;
        self.types = types;
    }

    pub(crate) fn read(&mut self, rows: Range<u64>, columns: Range<usize>) -> Result<Vec<Vec<Cell>>> {
        self.file.verify()?;
        let mut cells = vec![Vec::with_capacity((rows.end - rows.start) as usize); columns.len()];
        if rows.is_empty() || columns.is_empty() {
            return Ok(cells);
        }
        let (from, offset) = self.place_before(rows.start);
        let mut blocks = Blocks::from(&self.file, offset, from, READ_BYTES)?;
        let mut reader = self.file.records();
        let mut places = vec![];
        while let Some(block) = blocks.next()? {
            let after = block.first_row + block.records.len() as u64;
            places.push((block.first_row, block.offset));
            for (position, record) in block.iter().enumerate() {
                let row = block.first_row + position as u64;
                let place = (row, block.offset + u64::from(block.records[position].0));
                if row == rows.start || row == rows.end {
                    places.push(place);
                }
                if !rows.contains(&row) {
                    continue;
                }
                reader.split(record, columns.end);
                for (column, cells) in columns.clone().zip(&mut cells) {
                    cells.push(self.cell(&reader.value(record, column), self.types[column]));
                }
            }
            if after > rows.end {
                break;
            }
        }
        if self.near.len() > REMEMBERED {
            self.near.clear();
        }
        self.near.extend(places);
        Ok(cells)
    }

    /// The nearest row at or before `row` whose offset is known.
    fn place_before(&self, row: u64) -> (u64, u64) {
        let start = (0, self.file.data_start);
        let near = self.near.range(..=row).next_back().map(|(row, offset)| (*row, *offset));
        let indexed = if self.file.is_whole() {
            self.index.before(row)
        } else {
            None
        };
        [near, indexed]
            .into_iter()
            .flatten()
            .fold(start, |best, place| if place.0 > best.0 { place } else { best })
    }

    fn cell(&self, value: &Value<'_>, text_type: TextType) -> Cell {
        let words = matches!(
            text_type.kind,
            ColumnType::String | ColumnType::List | ColumnType::Struct
        );
        let bytes: &[u8] = match value {
            Value::Missing => return Cell::Null,
            Value::MissingWord(_) if !words => return Cell::Null,
            Value::Bare(text) => text,
            Value::MissingWord(text) | Value::Quoted(text) => text,
        };
        if text_type.kind.is_number() {
            let trimmed = bytes.trim_ascii();
            let comma = self.file.decimal_comma;
            let fit = number::fits(trimmed, comma);
            if fit == Fit::Float && number::float(trimmed, comma).is_some_and(f64::is_nan) {
                return Cell::NaN;
            }
            if fit != Fit::No {
                return Cell::Number(String::from_utf8_lossy(trimmed).into());
            }
        }
        Cell::Text(encoding::decode(bytes, self.file.encoding).into())
    }
}
