//! Cells as text for the clipboard: with tabs, CSV, JSON or a table in Markdown.

use aloft_base::{ErrorKind, Report};
use aloft_data::{Cell, Column, ColumnType, Pages};
use serde_json::{Map, Value};

use crate::grid::{Copied, CopyFormat};
use crate::work::Answer;

/// A selection with more cells is not copied.
const MOST_CELLS: u64 = 200_000;
/// Pages hold no more characters of a cell than this, and an ellipsis.
const CUT_CHARS: usize = 1001;

/// The selected cells as text, each with all of its own. Called on a worker.
pub(super) fn text_of(pages: &mut Pages, copied: &Copied) -> Answer<String> {
    let fault = |error: aloft_data::DataError| Report::of(&error);
    if copied.cells() > MOST_CELLS {
        let message = format!(
            "The selection holds {} cells, too many for the clipboard",
            crate::format::count(copied.cells())
        );
        let hint = format!("Select at most {} cells.", crate::format::count(MOST_CELLS));
        return Err(Report::new(ErrorKind::Unsupported, message, hint));
    }
    let first = *copied.rows.start();
    if copied.cells() == 1 && copied.format == CopyFormat::Tsv && !copied.with_names {
        let column = copied.columns.first().copied().unwrap_or_default();
        return pages
            .cell(first, column)
            .map(|cell| cell.text().to_owned())
            .map_err(fault);
    }
    let count = (copied.rows.end() - first + 1) as usize;
    let mut columns = Vec::with_capacity(copied.columns.len());
    let mut cells = Vec::with_capacity(copied.columns.len());
    for column in &copied.columns {
        let Some(of_schema) = pages.schema().get(*column).cloned() else {
            continue;
        };
        let page = pages.read(first, count, *column..column + 1).map_err(fault)?;
        let mut read = page.cells.into_iter().next().unwrap_or_default();
        for (row, cell) in read.iter_mut().enumerate() {
            if is_cut(cell) {
                *cell = pages.cell(first + row as u64, *column).map_err(fault)?;
            }
        }
        columns.push(of_schema);
        cells.push(read);
    }
    Ok(match copied.format {
        CopyFormat::Tsv => separated(&columns, &cells, copied.with_names, '\t', |text| {
            // A tab or line end inside a cell would begin another one where it is pasted.
            text.replace(['\t', '\n', '\r'], " ")
        }),
        CopyFormat::Csv => separated(&columns, &cells, copied.with_names, ',', quoted),
        CopyFormat::Json => json(&columns, &cells),
        CopyFormat::Markdown => markdown(&columns, &cells),
    })
}

fn is_cut(cell: &Cell) -> bool {
    let text = cell.text();
    text.len() >= CUT_CHARS && text.ends_with('…') && text.chars().count() == CUT_CHARS
}

fn separated(
    columns: &[Column],
    cells: &[Vec<Cell>],
    with_names: bool,
    separator: char,
    write: impl Fn(&str) -> String,
) -> String {
    let mut text = String::new();
    let mut line = |values: &mut dyn Iterator<Item = String>| {
        for (nth, value) in values.enumerate() {
            if nth > 0 {
                text.push(separator);
            }
            text.push_str(&value);
        }
        text.push('\n');
    };
    if with_names {
        line(&mut columns.iter().map(|column| write(&column.name)));
    }
    for row in 0..rows(cells) {
        line(&mut cells.iter().map(|column| match &column[row] {
            // In quotes it is told from a missing value.
            Cell::Text(value) if value.is_empty() && separator == ',' => "\"\"".to_owned(),
            cell => write(cell.text()),
        }));
    }
    text
}

fn rows(cells: &[Vec<Cell>]) -> usize {
    cells.iter().map(Vec::len).min().unwrap_or_default()
}

/// A value of CSV as RFC 4180 has it.
fn quoted(text: &str) -> String {
    let needs = text.contains(['"', ',', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ');
    if needs {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn json(columns: &[Column], cells: &[Vec<Cell>]) -> String {
    let object = |row: usize| {
        let pairs = columns.iter().zip(cells);
        let object: Map<String, Value> = pairs
            .map(|(column, cells)| (column.name.clone(), json_value(column.kind, &cells[row])))
            .collect();
        Value::Object(object)
    };
    let list: Vec<Value> = (0..rows(cells)).map(object).collect();
    let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
    text.push('\n');
    text
}

/// Numbers, booleans and nested values stay what they are; JSON has no NaN, so it is null.
fn json_value(kind: ColumnType, cell: &Cell) -> Value {
    let parsed = |text: &str| serde_json::from_str(text).ok();
    match cell {
        Cell::Null | Cell::NaN => Value::Null,
        Cell::Number(text) => parsed(text).unwrap_or_else(|| Value::from(&**text)),
        Cell::Text(text) => match kind {
            ColumnType::Boolean => match text.to_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => Value::from(&**text),
            },
            ColumnType::List | ColumnType::Struct => parsed(text).unwrap_or_else(|| Value::from(&**text)),
            _ => Value::from(&**text),
        },
    }
}

fn markdown(columns: &[Column], cells: &[Vec<Cell>]) -> String {
    let write = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace("\r\n", "<br>")
            .replace(['\n', '\r'], "<br>")
    };
    let line = |values: &mut dyn Iterator<Item = String>| format!("| {} |\n", values.collect::<Vec<_>>().join(" | "));
    let mut text = line(&mut columns.iter().map(|column| write(&column.name)));
    text.push_str(&line(
        &mut columns
            .iter()
            .map(|column| if column.kind.is_number() { "---:" } else { "---" }.to_owned()),
    ));
    for row in 0..rows(cells) {
        text.push_str(&line(&mut cells.iter().map(|column| write(column[row].text()))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(format: CopyFormat, with_names: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let long = "x".repeat(3000);
        std::fs::write(
            &path,
            format!("name,price,ok,note\n\"a, \"\"b\"\"\",2.5,true,p|q\nmilk,,false,\"{long}\"\n"),
        )
        .unwrap();
        let source = aloft_data::detect(&path).unwrap().source;
        let mut pages = Pages::open(&source, &folder.path().join("cache")).unwrap();
        let copied = Copied {
            rows: 0..=1,
            columns: vec![3, 0, 1, 2],
            format,
            with_names,
        };
        text_of(&mut pages, &copied).unwrap().replace(&long, "LONG")
    }

    #[test]
    fn cells_are_copied_whole_in_the_order_in_which_they_are_shown() {
        assert_eq!(
            copied(CopyFormat::Tsv, false),
            "p|q\ta, \"b\"\t2.5\ttrue\nLONG\tmilk\t\tfalse\n"
        );
        assert_eq!(
            copied(CopyFormat::Csv, true),
            "note,name,price,ok\np|q,\"a, \"\"b\"\"\",2.5,true\nLONG,milk,,false\n"
        );
        assert_eq!(
            copied(CopyFormat::Markdown, true),
            "| note | name | price | ok |\n| --- | --- | ---: | --- |\n| p\\|q | a, \"b\" | 2.5 | true |\n| LONG | milk |  | false |\n"
        );
        let read: Value = serde_json::from_str(&copied(CopyFormat::Json, true)).unwrap();
        assert_eq!(
            read,
            serde_json::json!([
                {"note": "p|q", "name": "a, \"b\"", "price": 2.5, "ok": true},
                {"note": "LONG", "name": "milk", "price": null, "ok": false},
            ])
        );
    }
}
