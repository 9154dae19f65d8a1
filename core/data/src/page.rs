//! Rows of a table by their number, as text to show.

use std::ops::Range;
use std::path::Path;

use crate::columnar_page::ColumnarPages;
use crate::error::{DataError, Result};
use crate::keep;
use crate::schema::Schema;
use crate::source::Source;
use crate::text_page::TextPages;

/// How many characters of a cell a [`Page`] shows.
pub(crate) const CELL_CHARS: usize = 1000;

/// One cell as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Missing.
    Null,
    /// A number that is not one.
    NaN,
    /// Text, aligned left. May be empty.
    Text(Box<str>),
    /// A number, aligned right.
    Number(Box<str>),
}

impl Cell {
    /// The text as it is copied: nothing for a missing value.
    pub fn text(&self) -> &str {
        match self {
            Self::Null => "",
            Self::NaN => "NaN",
            Self::Text(text) | Self::Number(text) => text,
        }
    }

    /// The same cell, its text cut after [`CELL_CHARS`] characters.
    pub(crate) fn cut(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(cut(text)),
            Self::Number(text) => Self::Number(cut(text)),
            other => other,
        }
    }
}

fn cut(text: Box<str>) -> Box<str> {
    // No character takes less than a byte, so most texts need not be counted.
    if text.len() <= CELL_CHARS {
        return text;
    }
    match text.char_indices().nth(CELL_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]).into_boxed_str(),
        None => text,
    }
}

/// A rectangle of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number of the first row, from 0.
    pub first: u64,
    /// The positions of the columns in the schema.
    pub columns: Range<usize>,
    /// The cells by column, then row: `cells[column - columns.start][row - first]`.
    pub cells: Vec<Vec<Cell>>,
}

impl Page {
    /// The number of rows in the page.
    pub fn rows(&self) -> usize {
        self.cells.first().map_or(0, Vec::len)
    }

    /// The cell of a row and a column, by their numbers in the table.
    pub fn cell(&self, row: u64, column: usize) -> Option<&Cell> {
        let column = column.checked_sub(self.columns.start)?;
        self.cells
            .get(column)?
            .get(usize::try_from(row.checked_sub(self.first)?).ok()?)
    }
}

/// A table opened for looking at any of its rows.
///
/// Opening reads only the start of the file. Rows further on can be read once the index
/// that the profile makes has come to them; [`Pages::refresh`] looks how far it is.
#[derive(Debug)]
pub struct Pages {
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(Box<TextPages>),
    Columnar(ColumnarPages),
}

impl Pages {
    /// Opens a file. `cache` is the folder of its [key](Source::key) and need not exist.
    ///
    /// # Errors
    /// When the file is missing, empty, or not what `source` says.
    pub fn open(source: &Source, cache: &Path) -> Result<Self> {
        keep::hold_cache(cache);
        let content = if source.format.is_text() {
            Content::Text(Box::new(TextPages::open(source, cache)?))
        } else {
            Content::Columnar(ColumnarPages::open(source)?)
        };
        Ok(Self { content })
    }

    /// Looks whether the index grew and whether the types were decided meanwhile.
    /// After that the schema may differ.
    pub fn refresh(&mut self) -> Result<()> {
        match &mut self.content {
            Content::Text(pages) => pages.refresh(),
            Content::Columnar(pages) => pages.verify(),
        }
    }

    /// How many rows can be read now.
    pub fn known_rows(&self) -> u64 {
        match &self.content {
            Content::Text(pages) => pages.known_rows(),
            Content::Columnar(pages) => pages.rows(),
        }
    }

    /// Whether [`Pages::known_rows`] is exactly the number of rows in the file.
    pub fn is_complete(&self) -> bool {
        match &self.content {
            Content::Text(pages) => pages.is_complete(),
            Content::Columnar(_) => true,
        }
    }

    /// Whether the types were decided over the whole file; before that they are guessed from its start.
    pub fn types_are_final(&self) -> bool {
        match &self.content {
            Content::Text(pages) => pages.types_are_final(),
            Content::Columnar(_) => true,
        }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        match &self.content {
            Content::Text(pages) => pages.schema(),
            Content::Columnar(pages) => pages.schema(),
        }
    }

    /// Reads at most `count` rows from row `first` on; fewer where the known rows end.
    /// Long texts are cut after 1,000 characters.
    ///
    /// # Errors
    /// When the file changed or went away since it was opened, or cannot be read.
    pub fn read(&mut self, first: u64, count: usize, columns: Range<usize>) -> Result<Page> {
        let width = self.schema().len();
        let columns = columns.start.min(width)..columns.end.min(width).max(columns.start.min(width));
        let end = first.saturating_add(count as u64).min(self.known_rows());
        let first = first.min(end);
        let cells = match &mut self.content {
            Content::Text(pages) => pages.read(first..end, columns.clone())?,
            Content::Columnar(pages) => pages.read(first..end, columns.clone())?,
        };
        let cells = cells
            .into_iter()
            .map(|column| column.into_iter().map(Cell::cut).collect())
            .collect();
        Ok(Page { first, columns, cells })
    }

    /// One cell with all of its text.
    pub fn cell(&mut self, row: u64, column: usize) -> Result<Cell> {
        if row >= self.known_rows() || column >= self.schema().len() {
            return Err(DataError::NoRow {
                row,
                rows: self.known_rows(),
            });
        }
        match &mut self.content {
            Content::Text(pages) => {
                let cells = pages.read(row..row + 1, column..column + 1)?;
                Ok(cells.into_iter().flatten().next().unwrap_or(Cell::Null))
            }
            Content::Columnar(pages) => pages.cell(row, column),
        }
    }

    /// The bytes of a cell: those of a binary column, or of a field of a struct that holds some,
    /// as in a column of pictures. Nothing when there are none.
    ///
    /// # Errors
    /// When the file changed or went away since it was opened, or cannot be read.
    pub fn bytes(&mut self, row: u64, column: usize) -> Result<Option<Vec<u8>>> {
        match &mut self.content {
            Content::Columnar(pages) if row < pages.rows() && column < pages.schema().len() => pages.bytes(row, column),
            _ => Ok(None),
        }
    }
}
