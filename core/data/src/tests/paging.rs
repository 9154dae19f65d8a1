//! Rows by their number.

use std::fmt::Write;

use super::files::{Files, kinds, names, rows};
use crate::{Cell, ColumnType, DataError, Flow, Page, Pages, build_index, detect, profile};

fn number(text: &str) -> Cell {
    Cell::Number(text.into())
}

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

/// Rows `n,quoted text with line ends` whose lengths vary, so that blocks cut everywhere.
fn long_csv(rows: u64) -> String {
    let mut csv = String::from("n,text\n");
    for row in 0..rows {
        let filling = "x".repeat((row * 7 % 300) as usize);
        writeln!(csv, "{row},\"line {row}\r\nsays \"\"{filling}\"\"\n\nand, ends\"").unwrap();
    }
    csv
}

fn long_text(row: u64) -> Cell {
    let filling = "x".repeat((row * 7 % 300) as usize);
    text(&format!("line {row}\r\nsays \"{filling}\"\n\nand, ends"))
}

#[test]
fn any_row_is_found_before_while_and_after_it_is_indexed() {
    let files = Files::new();
    let total = 40_000;
    let source = files.source("long.csv", long_csv(total));
    let cache = files.cache(&source);
    let mut pages = files.pages(&source);
    let head = pages.known_rows();
    assert!((1000..total).contains(&head), "the head holds {head} rows");
    assert!(!pages.is_complete() && !pages.types_are_final());
    let check = |pages: &mut Pages, first: u64, count: usize| {
        let page = pages.read(first, count, 0..2).unwrap();
        assert_eq!(page.rows(), count, "at {first}");
        for (place, row) in (first..first + count as u64).enumerate() {
            assert_eq!(page.cells[0][place], number(&row.to_string()));
            assert_eq!(page.cells[1][place], long_text(row));
        }
    };
    check(&mut pages, 0, 50);
    check(&mut pages, head - 3, 3);
    // While it grows: each time the index says how far it is, those rows can be read.
    let mut seen = vec![];
    build_index(&source, &cache, &mut |progress| {
        pages.refresh().unwrap();
        let known = pages.known_rows();
        assert!(known <= progress.rows);
        check(&mut pages, known - 2, 2);
        seen.push(known);
        Flow::Continue
    })
    .unwrap();
    assert!(seen.len() > 1 && seen.is_sorted() && seen[0] > head, "{seen:?}");
    pages.refresh().unwrap();
    assert_eq!((pages.known_rows(), pages.is_complete()), (total, true));
    let mut generator = aloft_base::random::Generator::new(1);
    for _ in 0..60 {
        check(&mut pages, generator.below(total - 40), 40);
    }
    for first in [1023, 1024, 1025, total - 40] {
        check(&mut pages, first, 40);
    }
    let last = pages.read(total - 1, 100, 0..1).unwrap();
    assert_eq!(last.cells, [[number(&(total - 1).to_string())]]);
    let beyond = pages.read(total + 5, 10, 0..2).unwrap();
    assert_eq!((beyond.first, beyond.rows()), (total, 0));
}

#[test]
fn an_index_that_was_cut_off_is_made_again() {
    let files = Files::new();
    let source = files.source("long.csv", long_csv(40_000));
    let cache = files.cache(&source);
    let stopped = build_index(&source, &cache, &mut |_| Flow::Stop);
    assert!(matches!(stopped, Err(DataError::Stopped)));
    let mut pages = files.pages(&source);
    assert!(!pages.is_complete());
    assert_eq!(files.index(&source), 40_000);
    pages.refresh().unwrap();
    assert_eq!((pages.known_rows(), pages.is_complete()), (40_000, true));
    // The tail of the index is lost, for example on a full disk.
    let path = cache.join("rows.idx");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 8]).unwrap();
    let pages = files.pages(&source);
    assert!(!pages.is_complete() && pages.known_rows() < 40_000);
}

#[test]
fn cells_stand_as_they_are_and_missing_is_not_empty() {
    let files = Files::new();
    let csv = "code,word,f\n007,\"\",1.50\n042,NA, NaN\n-1,\"NA\",\n100,x y ,2e3\n";
    let mut pages = files.pages(&files.source("c.csv", csv));
    assert_eq!(
        kinds(&pages),
        [ColumnType::Integer, ColumnType::String, ColumnType::Float]
    );
    let page = pages.read(0, 10, 0..3).unwrap();
    assert_eq!(
        page.cells[0],
        [number("007"), number("042"), number("-1"), number("100")]
    );
    assert_eq!(page.cells[1], [text(""), Cell::Null, text("NA"), text("x y ")]);
    assert_eq!(page.cells[2], [number("1.50"), Cell::Null, Cell::Null, number("2e3")]);
    assert_eq!(page.cell(3, 2), Some(&number("2e3")));
    assert_eq!(page.cell(4, 2), None);
}

#[test]
fn ragged_rows_keep_the_grid_whole() {
    let files = Files::new();
    let source = files.source("r.csv", "a,b,c\n1,2,3\n4\n5,6,7,8\n9,10,11,\n");
    let expected = [["1", "2", "3"], ["4", "∅", "∅"], ["5", "6", "7"], ["9", "10", "11"]];
    assert_eq!(rows(&mut files.pages(&source)), expected);
}

#[test]
fn the_row_names_of_r_get_a_column() {
    let files = Files::new();
    let source = files.source("r.csv", "\"mpg\",\"cyl\"\n\"Mazda RX4\",21,6\n\"Datsun\",22.8,4\n");
    let mut pages = files.pages(&source);
    assert_eq!(names(&pages), ["row", "mpg", "cyl"]);
    assert_eq!(rows(&mut pages)[1], ["Datsun", "22.8", "4"]);
    assert_eq!(files.profile(&source).warnings, [""; 0]);
    let notes = detect(&source.path).unwrap().notes;
    assert!(
        notes.iter().any(|note| note.contains("first column is called 'row'")),
        "{notes:?}"
    );
}

#[test]
fn line_ends_of_every_kind_give_the_same_rows() {
    let files = Files::new();
    for content in [
        "a,b\n1,x\n2,y\n",
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\n1,x\n2,y",
        "a,b\r\n1,x\r\n2,y",
        "\n\na,b\n1,x\n\n2,y\n\n",
    ] {
        let source = files.source("l.csv", content);
        assert_eq!(rows(&mut files.pages(&source)), [["1", "x"], ["2", "y"]], "{content:?}");
        assert_eq!(files.index(&source), 2);
        assert_eq!(files.profile(&source).rows, 2);
    }
}

#[test]
fn three_thousand_columns_are_read_a_few_at_a_time() {
    let files = Files::new();
    let mut csv = (0..3000)
        .map(|column| format!("c{column}"))
        .collect::<Vec<_>>()
        .join(",");
    for row in 0..40 {
        csv.push('\n');
        csv += &(0..3000)
            .map(|column| format!("{}", row * 3000 + column))
            .collect::<Vec<_>>()
            .join(",");
    }
    let source = files.source("wide.csv", csv);
    let mut pages = files.pages(&source);
    assert_eq!(pages.schema().len(), 3000);
    let page = pages.read(39, 5, 2990..3005).unwrap();
    assert_eq!(page.columns, 2990..3000);
    assert_eq!(page.cells[9], [number(&(39 * 3000 + 2999).to_string())]);
    let profile = files.profile(&source);
    assert_eq!((profile.rows, profile.columns.len()), (40, 3000));
    assert_eq!(profile.columns[2999].mean, Some(39.0 * 3000.0 / 2.0 + 2999.0));
}

#[test]
fn a_very_long_cell_is_cut_in_the_page_and_whole_on_request() {
    let files = Files::new();
    let long = "é".repeat(3 << 20);
    let source = files.source("l.csv", format!("a,b\n1,{long}\n2,\"{long}\n\"\n3,c\n"));
    files.index(&source);
    let mut pages = files.pages(&source);
    let Page { cells, .. } = pages.read(0, 3, 0..2).unwrap();
    assert_eq!(cells[0], [number("1"), number("2"), number("3")]);
    assert_eq!(cells[1][0].text().chars().count(), 1001);
    assert!(cells[1][0].text().ends_with("é…"));
    assert_eq!(pages.cell(0, 1).unwrap().text(), long);
    assert_eq!(pages.cell(1, 1).unwrap().text(), format!("{long}\n"));
    assert!(pages.cell(3, 0).is_err());
}

#[test]
fn a_header_longer_than_what_is_read_first() {
    let files = Files::new();
    let name = "n".repeat(2 << 20);
    let source = files.source("h.csv", format!("{name},b\n1,2\n"));
    let mut pages = files.pages(&source);
    assert_eq!(pages.schema()[0].name.len(), 2 << 20);
    assert_eq!(rows(&mut pages), [["1", "2"]]);
}

#[test]
fn a_row_without_end_is_an_error_with_its_line() {
    let files = Files::new();
    let mut content = b"a\n1\n".to_vec();
    content.resize(content.len() + (70 << 20), b'x');
    content.push(b'\n');
    let source = files.source("endless.csv", &content);
    let error = build_index(&source, &files.cache(&source), &mut |_| Flow::Continue).unwrap_err();
    assert!(matches!(error, DataError::BadLine { .. }), "{error}");
    assert!(error.to_string().contains("longer than 64 MiB"), "{error}");
}

#[test]
fn a_file_deleted_or_changed_while_open_is_said_to_be() {
    let files = Files::new();
    let source = files.source("f.csv", "a,b\n1,2\n");
    let mut pages = files.pages(&source);
    let path = files.write("f.csv", "a,b\n1,2\n3,4\n");
    assert!(matches!(pages.read(0, 1, 0..2), Err(DataError::Changed { .. })));
    assert!(matches!(pages.refresh(), Err(DataError::Changed { .. })));
    std::fs::remove_file(path).unwrap();
    let gone = pages.read(0, 1, 0..2).unwrap_err();
    assert!(matches!(gone, DataError::Vanished { .. }), "{gone}");
    assert!(matches!(source.key(), Err(DataError::NoFile { .. })));
}

#[test]
fn the_types_of_the_head_give_way_to_those_of_the_file() {
    let files = Files::new();
    let mut csv = String::from("n\n");
    for row in 0..300_000 {
        writeln!(csv, "{row}").unwrap();
    }
    csv += "12a\n";
    let source = files.source("t.csv", csv);
    let mut pages = files.pages(&source);
    assert_eq!(kinds(&pages), [ColumnType::Integer]);
    assert!(!pages.types_are_final());
    let profile = profile(&source, &files.cache(&source), &mut |_| Flow::Continue).unwrap();
    assert_eq!(profile.columns[0].kind, ColumnType::String);
    pages.refresh().unwrap();
    assert_eq!(kinds(&pages), [ColumnType::String]);
    assert!(pages.types_are_final());
    let warned = "The column 'n' is read as text: 1 of 300,001 values is not a number, first at row 300,001: '12a'.";
    assert_eq!(profile.warnings, [warned]);
    assert_eq!(files.table(&source).schema()[0].kind, ColumnType::String);
}

#[test]
fn utf16_shows_its_head_at_once_and_the_rest_when_copied() {
    let files = Files::new();
    let mut csv = String::from("\u{feff}n,t\n");
    for row in 0..200_000 {
        writeln!(csv, "{row},å{row}").unwrap();
    }
    let bytes: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let source = files.source("u.csv", bytes);
    let mut pages = files.pages(&source);
    let head = pages.known_rows();
    assert!(head > 10_000 && !pages.is_complete());
    assert_eq!(
        pages.read(head - 1, 5, 0..2).unwrap().cells[1],
        [text(&format!("å{}", head - 1))]
    );
    assert_eq!(files.index(&source), 200_000);
    pages.refresh().unwrap();
    assert_eq!((pages.known_rows(), pages.is_complete()), (200_000, true));
    assert_eq!(pages.read(199_999, 5, 1..2).unwrap().cells, [[text("å199999")]]);
}

#[test]
fn json_lines_show_their_values_and_new_keys_when_known() {
    let files = Files::new();
    let mut lines = String::new();
    writeln!(
        lines,
        r#"{{"id": 1, "name": "Ann", "tags": ["a", "b"], "at": {{"x": 1.50}}, "ok": true}}"#
    )
    .unwrap();
    writeln!(
        lines,
        r#"{{"name": "B\u00f6\n", "id": 2.50, "ok": null, "d": "2024-05-01"}}"#
    )
    .unwrap();
    let source = files.source("j.jsonl", &lines);
    let mut pages = files.pages(&source);
    assert_eq!(names(&pages), ["id", "name", "tags", "at", "ok", "d"]);
    let expected = [
        ColumnType::Float,
        ColumnType::String,
        ColumnType::List,
        ColumnType::Struct,
        ColumnType::Boolean,
        ColumnType::Date,
    ];
    assert_eq!(kinds(&pages), expected);
    let shown = rows(&mut pages);
    assert_eq!(shown[0], ["1", "Ann", r#"["a", "b"]"#, r#"{"x": 1.50}"#, "true", "∅"]);
    assert_eq!(shown[1], ["2.50", "Bö\n", "∅", "∅", "∅", "2024-05-01"]);
    // A key that comes after the head.
    for row in 0..100_000 {
        writeln!(lines, r#"{{"id": {row}, "name": "n"}}"#).unwrap();
    }
    writeln!(lines, r#"{{"late": 5}}"#).unwrap();
    let source = files.source("late.jsonl", &lines);
    let mut pages = files.pages(&source);
    assert_eq!(pages.schema().len(), 6);
    let profile = files.profile(&source);
    assert_eq!((profile.rows, profile.columns.len()), (100_003, 7));
    assert_eq!(
        (profile.columns[6].nulls, profile.columns[6].mean),
        (100_002, Some(5.0))
    );
    pages.refresh().unwrap();
    assert_eq!(pages.read(100_002, 1, 6..7).unwrap().cells, [[number("5")]]);
}
