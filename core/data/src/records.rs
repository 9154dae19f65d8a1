//! Blocks of whole records, read one after the other.

use std::io::Read;

use crate::error::{DataError, Result};
use crate::fields::Found;
use crate::text::{RECORD_LIMIT, TextFile};

/// How much is read at once: enough to keep a thread busy, little enough to hold several.
const BLOCK_BYTES: usize = 4 << 20;

/// Some whole records.
#[derive(Debug)]
pub(crate) struct Block {
    /// The number of the first record, from 0.
    pub(crate) first_row: u64,
    /// Where `bytes` stand in the text.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    /// Start and end of each record in `bytes`.
    pub(crate) records: Vec<(u32, u32)>,
}

impl Block {
    /// The records in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.records
            .iter()
            .map(|(start, end)| &self.bytes[*start as usize..*end as usize])
    }

    /// The byte after the block.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

/// Reads blocks from some record on.
pub(crate) struct Blocks<'f> {
    file: &'f TextFile,
    input: Box<dyn Read + Send>,
    /// Bytes read and not handed out.
    rest: Vec<u8>,
    offset: u64,
    next_row: u64,
    block_bytes: usize,
    at_end: bool,
}

impl<'f> Blocks<'f> {
    /// All records of a file.
    pub(crate) fn new(file: &'f TextFile) -> Result<Self> {
        Self::from(file, file.data_start, 0, BLOCK_BYTES)
    }

    /// The records from number `row` on, which begins at `offset`.
    pub(crate) fn from(file: &'f TextFile, offset: u64, row: u64, block_bytes: usize) -> Result<Self> {
        let input = file.read_from(offset)?;
        Ok(Self {
            file,
            input,
            rest: vec![],
            offset,
            next_row: row,
            block_bytes,
            at_end: false,
        })
    }

    /// The next block, which has at least one record.
    pub(crate) fn next(&mut self) -> Result<Option<Block>> {
        let mut wanted = self.block_bytes;
        loop {
            self.fill(wanted)?;
            let (records, consumed) = self.find_all();
            let longest = records
                .iter()
                .map(|(start, end)| (end - start) as usize)
                .max()
                .unwrap_or(0);
            if longest.max(self.rest.len() - consumed) > RECORD_LIMIT {
                return Err(self.file.too_long(self.file.data_line + self.next_row));
            }
            if !records.is_empty() {
                let rest = self.rest.split_off(consumed);
                let bytes = std::mem::replace(&mut self.rest, rest);
                let block = Block {
                    first_row: self.next_row,
                    offset: self.offset,
                    bytes,
                    records,
                };
                self.next_row += block.records.len() as u64;
                self.offset += consumed as u64;
                return Ok(Some(block));
            }
            // Blank lines only, so far.
            self.rest.drain(..consumed);
            self.offset += consumed as u64;
            if self.at_end {
                return Ok(None);
            }
            wanted = self.block_bytes.max(self.rest.len() * 2);
        }
    }

    fn fill(&mut self, wanted: usize) -> Result<()> {
        let missing = wanted.saturating_sub(self.rest.len());
        if missing > 0 && !self.at_end {
            let input = (&mut self.input).take(missing as u64);
            let read = { input }
                .read_to_end(&mut self.rest)
                .map_err(DataError::io("read", &self.file.path))?;
            self.at_end = read < missing;
        }
        Ok(())
    }

    fn find_all(&self) -> (Vec<(u32, u32)>, usize) {
        let (mut records, mut at) = (vec![], 0);
        loop {
            match self.file.syntax.find(&self.rest, at, self.at_end) {
                Found::Record { start, end, next } => {
                    records.push((start as u32, end as u32));
                    at = next;
                }
                Found::Unfinished { start } => return (records, start),
                Found::Nothing => return (records, self.rest.len()),
            }
        }
    }
}
