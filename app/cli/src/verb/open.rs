//! `aloft open` and `aloft preview`: what is in a file or an object.

use std::path::Path;

use aloft_base::remote::{Remote, is_url, reach};
use aloft_base::{ErrorKind, Report};
use aloft_data::{Content, DataError, FileRange, Preview, TablePreview, preview};
use anyhow::Result;
use serde_json::json;

use crate::context::Context;
use crate::failure::refuse;
use crate::table::{Align, Table};
use crate::text::{bullets, bytes, count};

/// How many rows and columns are printed.
const ROWS: usize = 10;
const COLUMNS: usize = 12;

/// `aloft open FILE`
pub(super) fn open(context: &mut Context<'_>, file: &Path, connection: Option<&str>) -> Result<u8> {
    let (detected, dataset) = context.open_file(file, connection)?;
    let object = json!({ "dataset": dataset, "notes": detected.notes });
    context.output.answer(&object, || {
        let (format, place) = (detected.source.format, detected.source.place());
        let gap = if detected.notes.is_empty() { "" } else { "\n" };
        format!(
            "{} is open as {format} (dataset {}){gap}{}",
            place.display(),
            dataset.id,
            bullets(&detected.notes)
        )
    })?;
    Ok(0)
}

/// `aloft preview FILE`
pub(super) fn show(context: &mut Context<'_>, file: &Path, connection: Option<&str>) -> Result<u8> {
    let name = file.to_string_lossy().into_owned();
    let shown = if is_url(&name) {
        let remote = Remote {
            url: name.clone(),
            connection: connection.map(str::to_owned),
        };
        let reach = reach().map_err(DataError::Elsewhere)?;
        let found = reach.find(&remote).map_err(DataError::Elsewhere)?;
        let Some(object) = found.objects.first().filter(|_| found.folder.is_none()) else {
            return refuse(Report::new(
                ErrorKind::Invalid,
                format!("{name} is no object"),
                "Name one object; aloft open takes folders and patterns.",
            ));
        };
        let mut source = reach.open(&remote, object).map_err(DataError::Elsewhere)?;
        preview(&name, &mut *source)?
    } else {
        preview(&name, &mut FileRange::open(file)?)?
    };
    context
        .output
        .answer(&json!({ "preview": shown }), || in_words(&shown))?;
    Ok(0)
}

fn in_words(shown: &Preview) -> String {
    let read = format!("Read {} of {}", bytes(shown.bytes_read), bytes(shown.bytes_total));
    let content = match &shown.content {
        Content::Table(table) => table_in_words(table),
        Content::Text(text) => text.lines.join("\n"),
        Content::Image(picture) => format!("{} × {} pixels", picture.width, picture.height),
        Content::Tensors(found) => {
            let mut table = Table::new(&[
                ("Tensor", Align::Left),
                ("Type", Align::Left),
                ("Shape", Align::Left),
                ("Size", Align::Right),
            ]);
            for tensor in &found.tensors {
                let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
                let size = bytes(tensor.bytes);
                table.row([tensor.name.clone(), tensor.dtype.clone(), shape.join(" × "), size]);
            }
            table.to_string()
        }
        Content::Binary(binary) => binary.lines.join("\n"),
    };
    let gap = if shown.notes.is_empty() { "" } else { "\n" };
    format!("{read}\n{}{gap}\n{content}", bullets(&shown.notes))
}

fn table_in_words(table: &TablePreview) -> String {
    let columns = count(table.schema.len() as u64);
    let rows = table
        .rows
        .map_or_else(String::new, |rows| format!("{} rows, ", count(rows)));
    let groups = match table.row_groups.len() {
        0 => String::new(),
        1 => ", 1 row group".to_owned(),
        more => format!(", {} row groups", count(more as u64)),
    };
    let shown: Vec<_> = table.head.iter().take(COLUMNS).collect();
    let heads: Vec<(&str, Align)> = shown
        .iter()
        .filter_map(|head| table.schema.get(head.column))
        .map(|column| {
            let align = if column.kind.is_number() {
                Align::Right
            } else {
                Align::Left
            };
            (column.name.as_str(), align)
        })
        .collect();
    let mut lines = Table::new(&heads);
    for row in 0..table.head_rows().min(ROWS) {
        let cells = shown
            .iter()
            .map(|head| head.cells.get(row).map_or("", |cell| cell.text()).to_owned());
        lines.row(cells.collect::<Vec<_>>());
    }
    format!("{}: {rows}{columns} columns{groups}\n\n{lines}", table.format)
}
