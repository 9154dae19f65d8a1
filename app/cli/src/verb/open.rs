//! `aloft open` and `aloft preview`: what is in a file or an object.

use std::path::Path;

use aloft_base::remote::{Remote, is_url, reach};
use aloft_base::{ErrorKind, Report, dataset};
use aloft_data::{Content, CsvOptions, DataError, FileRange, Preview, Source, TablePreview, preview, sample_reading};
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
pub(super) fn open(context: &mut Context<'_>, file: &Path, connection: Option<&str>, said: Option<&str>) -> Result<u8> {
    let (mut detected, mut dataset) = context.open_file(file, connection)?;
    if let Some(said) = said {
        say_reading(context, &detected.source, said)?;
        (detected, dataset) = context.open_file(file, connection)?;
    }
    let mut object = json!({ "dataset": dataset, "notes": detected.notes });
    if detected.source.csv.is_some() {
        // Why it seems to be written so, whatever was said.
        object["reading"] = serde_json::to_value(aloft_data::reading(&detected.source.path)?)?;
    }
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

/// Keeps how a file is read: what is said, and as it is now where nothing is said.
fn say_reading(context: &Context<'_>, source: &Source, said: &str) -> Result<()> {
    let place = source.place();
    if said == "as-found" {
        return Ok(dataset::say_reading(&context.workspace, &place, None)?);
    }
    let wrong = |what: String| {
        refuse(Report::new(
            ErrorKind::Invalid,
            format!("How {} is to be read cannot be understood: {what}", place.display()),
            "Write JSON with delimiter, quote, has_header, encoding, decimal_comma, date_order or null_values.",
        ))
    };
    let Some(now) = &source.csv else {
        return wrong(format!("{} has nothing to choose", source.format));
    };
    let said: serde_json::Map<String, serde_json::Value> = match serde_json::from_str(said) {
        Ok(said) => said,
        Err(error) => return wrong(error.to_string()),
    };
    let mut options = serde_json::to_value(now)?;
    for (name, value) in said {
        options[name] = value;
    }
    let read = match serde_json::from_value::<CsvOptions>(options) {
        Ok(options) => source.clone().read_with(options),
        Err(error) => return wrong(error.to_string()),
    };
    // What cannot be read so is refused, and not kept.
    sample_reading(&read, 1)?;
    let options = serde_json::to_value(&read.csv)?;
    Ok(dataset::say_reading(&context.workspace, &place, Some(&options))?)
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
