//! The first rows of CSV, TSV and JSON Lines.

use super::range::Counted;
use super::{COLUMNS, HeadColumn, ROWS, TablePreview};
use crate::error::{DataError, Result};
use crate::page::Pages;
use crate::source::Format;

/// When the first bytes hold no whole row, so many are read instead.
const LONG_HEAD: u64 = 1 << 20;

/// The format of text tables that a name's ending promises.
pub(super) fn format_of(ending: &str) -> Option<Format> {
    match ending {
        "csv" => Some(Format::Csv),
        "tsv" | "tab" => Some(Format::Tsv),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        _ => None,
    }
}

/// The first rows of a table; nothing when the text is none.
pub(super) fn preview(
    ending: &str,
    format: Format,
    head: &mut Vec<u8>,
    source: &mut Counted<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<TablePreview>> {
    let total = source.bytes();
    let mut table = head_table(ending, format, head, total, notes)?;
    let is_long = table.as_ref().is_none_or(|table| table.head_rows() < 2);
    if is_long && (head.len() as u64) < total.min(LONG_HEAD) {
        let more = source.read(head.len() as u64..total.min(LONG_HEAD))?;
        head.extend(more);
        notes.clear();
        table = head_table(ending, format, head, total, notes)?;
    }
    Ok(table)
}

/// Writes the whole lines of the head down as a file, which is then opened as any file is:
/// so that types, names and gaps are those that opening the table will show.
fn head_table(
    ending: &str,
    format: Format,
    head: &[u8],
    total: u64,
    notes: &mut Vec<String>,
) -> Result<Option<TablePreview>> {
    let whole = head.len() as u64 == total;
    let lines = if whole { head } else { whole_lines(head) };
    if lines.is_empty() {
        return Ok(None);
    }
    let folder = std::env::temp_dir();
    let failed = |action| DataError::io(action, &folder);
    let file = tempfile::Builder::new()
        .prefix("aloft-preview-")
        .suffix(&format!(".{ending}"))
        .tempfile()
        .map_err(failed("write a file in"))?;
    std::fs::write(file.path(), lines).map_err(failed("write a file in"))?;
    // What is no table after all is shown as the text it is.
    let Ok(detected) = crate::detect(file.path()) else {
        return Ok(None);
    };
    let Ok(mut pages) = Pages::open(&detected.source, std::path::Path::new("")) else {
        return Ok(None);
    };
    let known = pages.known_rows();
    // The last row may be half of one: a line can end inside of quotes.
    let rows = if whole { known } else { known.saturating_sub(1) };
    let schema = pages.schema().clone();
    let Ok(page) = pages.read(0, (rows as usize).min(ROWS), 0..schema.len().min(COLUMNS)) else {
        return Ok(None);
    };
    notes.extend(detected.notes);
    if schema.len() > COLUMNS {
        notes.push(format!("The first {COLUMNS} of {} columns are shown.", schema.len()));
    }
    let head = page.cells.into_iter().enumerate();
    Ok(Some(TablePreview {
        format: if detected.source.format.is_text() {
            detected.source.format
        } else {
            format
        },
        rows: (whole && pages.is_complete()).then_some(rows),
        schema,
        head: head.map(|(column, cells)| HeadColumn { column, cells }).collect(),
        row_groups: vec![],
        statistics: vec![],
        written_by: String::new(),
    }))
}

/// Up to the last line end. In UTF-16 a line end is two bytes.
fn whole_lines(head: &[u8]) -> &[u8] {
    let Some(last) = memchr::memrchr(b'\n', head) else {
        return &[];
    };
    let little_endian = head.starts_with(&[0xff, 0xfe]) || (last % 2 == 0 && head.get(last + 1) == Some(&0));
    let end = if little_endian && last + 1 < head.len() {
        last + 2
    } else {
        last + 1
    };
    &head[..end]
}
