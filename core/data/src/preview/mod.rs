//! What is in a file, from as few of its bytes as will do: the file itself may lie in a
//! bucket and be as large as it likes.

mod arrow;
mod image;
mod lines;
mod parquet;
mod range;
mod tensors;
#[cfg(test)]
mod tests;
mod text;

use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::page::Cell;
use crate::schema::Schema;
use crate::source::{Encoding, Format};

pub use aloft_base::remote::ReadRange;
use range::Counted;
pub use range::FileRange;

/// How many rows a preview shows.
const ROWS: usize = 100;
/// How many columns of the first rows it shows.
const COLUMNS: usize = 64;
/// It never reads more of a file than this.
const MOST_READ: u64 = 32 << 20;
/// How much of the start of a file is read to find out what it is.
const HEAD: u64 = 64 << 10;

/// What is in a file, and how little of it was read to know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    pub name: String,
    pub bytes_read: u64,
    pub bytes_total: u64,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
    #[serde(flatten)]
    pub content: Content,
}

/// What kind of content it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    Table(TablePreview),
    Text(TextPreview),
    Image(ImagePreview),
    Tensors(TensorsPreview),
    Binary(BinaryPreview),
}

/// The first rows of a table, and what its file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TablePreview {
    pub format: Format,
    pub schema: Schema,
    /// All rows, where the file says how many there are.
    pub rows: Option<u64>,
    /// The first rows, by column. Columns that are left out are too many or too large.
    pub head: Vec<HeadColumn>,
    /// Of Parquet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub row_groups: Vec<RowGroup>,
    /// What the footer of Parquet says about columns, in the order of the schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statistics: Vec<ColumnStatistics>,
    /// The program that wrote it; empty when it does not say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub written_by: String,
}

impl TablePreview {
    /// How many rows [`TablePreview::head`] holds.
    pub fn head_rows(&self) -> usize {
        self.head.first().map_or(0, |column| column.cells.len())
    }
}

/// The first cells of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeadColumn {
    /// Its position in the schema.
    pub column: usize,
    #[serde(serialize_with = "cells_as_text")]
    pub cells: Vec<Cell>,
}

/// One row group of a Parquet file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowGroup {
    pub rows: u64,
    /// Bytes in the file.
    pub bytes: u64,
    pub uncompressed_bytes: u64,
    /// How it is compressed, as "zstd" or "snappy, none".
    pub codec: String,
}

/// What the footer of a Parquet file says about one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ColumnStatistics {
    /// Missing values.
    pub nulls: Option<u64>,
    pub min: Option<String>,
    pub max: Option<String>,
    /// Bytes in the file.
    pub bytes: u64,
}

/// The first lines of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextPreview {
    /// Long ones are cut.
    pub lines: Vec<String>,
    pub encoding: Encoding,
    /// Whether these are all lines there are.
    pub is_whole: bool,
}

/// A picture that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImagePreview {
    pub format: ImageFormat,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// The whole file; empty when it is too large to be shown.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// The formats of pictures that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    Png,
    Jpeg,
}

/// The tensors of a safetensors file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TensorsPreview {
    /// In the order of the header.
    pub tensors: Vec<Tensor>,
    /// What was written beside them.
    pub metadata: Vec<(String, String)>,
    /// Numbers in all tensors together.
    pub parameters: u64,
}

/// One tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tensor {
    pub name: String,
    /// As in the file: `F32`, `BF16`.
    pub dtype: String,
    pub shape: Vec<u64>,
    pub bytes: u64,
}

/// The first bytes of what is nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BinaryPreview {
    /// Sixteen bytes a line, as `00000010  89 50 4e 47 …  .PNG`.
    pub lines: Vec<String>,
}

/// Finds out what is in a file. `name` is its name or key; the content decides, the name
/// only where the content leaves a choice. Damaged files are shown as far as they can be.
///
/// # Errors
/// When `source` cannot be read.
pub fn preview(name: &str, source: &mut dyn ReadRange) -> Result<Preview> {
    let bytes_total = source.bytes();
    let mut source = Counted::new(name, source, MOST_READ);
    let mut notes = vec![];
    let content = content_of(name, &mut source, &mut notes)?;
    Ok(Preview {
        name: name.to_owned(),
        bytes_read: source.bytes_read(),
        bytes_total,
        notes,
        content,
    })
}

fn content_of(name: &str, source: &mut Counted<'_>, notes: &mut Vec<String>) -> Result<Content> {
    let ending = ending(name);
    // Columnar files say what they are in their first bytes and everything else in their last.
    let is_columnar = matches!(ending.as_str(), "parquet" | "pq" | "parq" | "arrow" | "ipc" | "feather");
    let first = if is_columnar { 16 } else { HEAD };
    let mut head = source.read(0..first.min(source.bytes()))?;
    if head.starts_with(b"PAR1")
        && let Some(table) = told(parquet::preview(source, notes), source, "Parquet", notes)?
    {
        return Ok(Content::Table(table));
    }
    if head.starts_with(b"ARROW1")
        && let Some(table) = told(arrow::preview(source), source, "Arrow IPC", notes)?
    {
        return Ok(Content::Table(table));
    }
    if is_columnar {
        let end = HEAD.min(source.bytes());
        let start = head.len() as u64;
        head.extend(source.read(start..end.max(start))?);
    }
    if let Some(picture) = image::preview(&head, source, notes)? {
        return Ok(Content::Image(picture));
    }
    if ending == "safetensors" {
        match tensors::preview(&head, source)? {
            Ok(tensors) => return Ok(Content::Tensors(tensors)),
            Err(why) => notes.push(format!("It is no whole safetensors file: {why}.")),
        }
    }
    if let Some(format) = lines::format_of(&ending)
        && let Some(table) = lines::preview(&ending, format, &mut head, source, notes)?
    {
        return Ok(Content::Table(table));
    }
    if let Some(text) = text::preview(&head, head.len() as u64 == source.bytes()) {
        return Ok(Content::Text(text));
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        notes.push("It is compressed with gzip.".to_owned());
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        notes.push("It is compressed with zstd.".to_owned());
    } else if head.starts_with(b"PK\x03\x04") {
        notes.push("It is a ZIP archive, or a document that is one inside.".to_owned());
    }
    Ok(Content::Binary(BinaryPreview {
        lines: text::hexadecimal(&head),
    }))
}

/// What came of reading a format whose mark a file bears. When the file could be read but
/// does not hold what the mark promises, a note says so and it is shown as something else.
fn told(
    read: polars::prelude::PolarsResult<TablePreview>,
    source: &mut Counted<'_>,
    format: &str,
    notes: &mut Vec<String>,
) -> Result<Option<TablePreview>> {
    source.check()?;
    match read {
        Ok(table) => Ok(Some(table)),
        Err(error) => {
            notes.push(format!(
                "It begins as {format} does, but cannot be read as such: {error}."
            ));
            Ok(None)
        }
    }
}

/// What stands after the last dot of a name, in lower case.
fn ending(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.rsplit_once('.')
        .map_or_else(String::new, |(_, ending)| ending.to_lowercase())
}

fn cells_as_text<S: Serializer>(cells: &[Cell], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(cells.iter().map(|cell| match cell {
        Cell::Null => None,
        cell => Some(cell.text()),
    }))
}
