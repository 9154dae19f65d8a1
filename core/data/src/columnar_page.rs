//! Pages of Parquet and Arrow IPC.

use std::ops::Range;

use crate::cells;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::page::Cell;
use crate::schema::{ColumnType, Schema};
use crate::source::Source;
use crate::stamp::Stamp;

#[derive(Debug)]
pub(crate) struct ColumnarPages {
    source: Source,
    stamp: Stamp,
    schema: Schema,
    rows: u64,
    /// Blocks read lately, the newest last.
    blocks: Vec<Block>,
}

/// Some columns of some rows. As cells and not as they were read: what is read may hold
/// on to all of a file's record batch.
#[derive(Debug)]
struct Block {
    first_row: u64,
    first_column: usize,
    columns: Vec<Vec<Cell>>,
    bytes: usize,
}

const BLOCK_ROWS: u64 = 1024;
const BLOCK_COLUMNS: usize = 32;
/// How many bytes of blocks are kept.
const KEPT_BYTES: usize = 64 << 20;

impl ColumnarPages {
    pub(crate) fn open(source: &Source) -> Result<Self> {
        let stamp = Stamp::of_source(source)?;
        let (schema, rows) = (columnar::schema(source)?, columnar::rows(source)?);
        Ok(Self {
            source: source.clone(),
            stamp,
            schema,
            rows,
            blocks: vec![],
        })
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Fails when the file changed or went away since it was opened.
    pub(crate) fn verify(&self) -> Result<()> {
        self.stamp.verify_source(&self.source)
    }

    /// One cell with all of its text.
    pub(crate) fn cell(&self, row: u64, column: usize) -> Result<Cell> {
        self.verify()?;
        let name = self.schema[column].name.as_str();
        let read = columnar::read(&self.source, &[name], row..row + 1)?;
        Ok(read.first().map_or(Cell::Null, |series| cells::cell(series, 0)))
    }

    /// The bytes of one cell, if it holds any.
    pub(crate) fn bytes(&self, row: u64, column: usize) -> Result<Option<Vec<u8>>> {
        if !matches!(self.schema[column].kind, ColumnType::Binary | ColumnType::Struct) {
            return Ok(None);
        }
        self.verify()?;
        let name = self.schema[column].name.as_str();
        let read = columnar::read(&self.source, &[name], row..row + 1)?;
        Ok(read.first().and_then(|series| cells::bytes(series, 0)))
    }

    pub(crate) fn read(&mut self, rows: Range<u64>, columns: Range<usize>) -> Result<Vec<Vec<Cell>>> {
        self.verify()?;
        let mut cells = vec![Vec::with_capacity((rows.end - rows.start) as usize); columns.len()];
        let mut row = rows.start;
        while row < rows.end {
            let first_row = row / BLOCK_ROWS * BLOCK_ROWS;
            let end = rows.end.min(first_row + BLOCK_ROWS);
            let mut column = columns.start;
            while column < columns.end {
                let block = self.block(first_row, column / BLOCK_COLUMNS * BLOCK_COLUMNS)?;
                let last = columns.end.min(block.first_column + block.columns.len());
                for position in column..last {
                    let values = &block.columns[position - block.first_column];
                    let here = (row - first_row) as usize..(end - first_row) as usize;
                    cells[position - columns.start].extend_from_slice(&values[here]);
                }
                column = last;
            }
            row = end;
        }
        Ok(cells)
    }

    fn block(&mut self, first_row: u64, first_column: usize) -> Result<&Block> {
        let is_it = |block: &Block| block.first_row == first_row && block.first_column == first_column;
        let block = match self.blocks.iter().position(is_it) {
            Some(position) => self.blocks.remove(position),
            None => self.read_block(first_row, first_column)?,
        };
        let mut kept = block.bytes + self.blocks.iter().map(|block| block.bytes).sum::<usize>();
        while kept > KEPT_BYTES && !self.blocks.is_empty() {
            kept -= self.blocks.remove(0).bytes;
        }
        self.blocks.push(block);
        // Just pushed.
        self.blocks.last().ok_or(DataError::NoRow {
            row: first_row,
            rows: self.rows,
        })
    }

    fn read_block(&self, first_row: u64, first_column: usize) -> Result<Block> {
        let end = (first_column + BLOCK_COLUMNS).min(self.schema.len());
        let columns = &self.schema[first_column..end];
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let rows = first_row..(first_row + BLOCK_ROWS).min(self.rows);
        let count = (rows.end - rows.start) as usize;
        let mut bytes = count * names.len() * size_of::<Cell>();
        let mut columns = Vec::with_capacity(names.len());
        for series in columnar::read(&self.source, &names, rows)? {
            let cells: Vec<Cell> = (0..count).map(|row| cells::cell(&series, row).cut()).collect();
            bytes += cells.iter().map(|cell| cell.text().len()).sum::<usize>();
            columns.push(cells);
        }
        Ok(Block {
            first_row,
            first_column,
            columns,
            bytes,
        })
    }
}
