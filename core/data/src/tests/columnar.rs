//! Parquet and Arrow IPC, as polars writes them.

use std::fs::File;

use aloft_base::{ErrorKind, Explain};
use polars::prelude::{
    AnyValue, Categories, DataFrame, DataType, IntoColumn, IntoSeries as _, IpcWriter, NamedFrom, ParquetWriter,
    SerWriter, Series, TimeUnit, df,
};

use ColumnType::{Binary, Boolean, Date, Datetime, Duration, Float, Integer, List, Struct};

use super::files::{Files, column, kinds, rows, top};
use crate::{Cell, ColumnType, DataError, Format, Scalar, Source, detect};

fn frame() -> DataFrame {
    let mut frame = df!(
        "small" => [Some(-3_i8), None, Some(5)],
        "wide" => [u64::MAX, 1, 1],
        "x" => [Some(1.5), Some(f64::NAN), None],
        "half" => [0.5_f32, f32::INFINITY, 0.25],
        "word" => [Some("b"), Some(""), None],
        "flag" => [true, false, true],
        "list" => [Series::new("".into(), [1_i64, 2]), Series::new("".into(), [3_i64]), Series::new("".into(), [1_i64, 2])],
    )
    .unwrap();
    let day = Series::new("day".into(), [Some(19_782_i32), None, Some(0)])
        .cast(&DataType::Date)
        .unwrap();
    let at = Series::new("at".into(), [1_795_435_200_000_000_001_i64, 0, 0]);
    let at = at.cast(&DataType::Datetime(TimeUnit::Nanoseconds, None)).unwrap();
    let took = Series::new("took".into(), [90_500_i64, 0, -1000]);
    let took = took.cast(&DataType::Duration(TimeUnit::Milliseconds)).unwrap();
    let price = Series::new("price".into(), [12.5, 0.25, 12.5])
        .cast(&DataType::Decimal(10, 2))
        .unwrap();
    let global = DataType::from_categories(Categories::global());
    let category = Series::new("category".into(), ["u", "v", "u"]).cast(&global).unwrap();
    let fields = df!("a" => [1_i64, 2, 1], "b" => ["x", "y\"", "x"])
        .unwrap()
        .into_struct("fields".into());
    let bytes = Series::new("bytes".into(), [&b"\x00\xff"[..], b"", b"\x00\xff"]);
    for series in [day, at, took, price, category] {
        frame.with_column(series.into_column()).unwrap();
    }
    frame.with_column(fields.into_column()).unwrap();
    frame.with_column(bytes.into_column()).unwrap();
    frame
}

#[test]
fn the_bytes_of_a_cell_are_those_of_its_column_or_of_a_field_of_its_struct() {
    let files = Files::new();
    let mut frame = df!("path" => ["a.png", "b.png"]).unwrap();
    let bytes = Series::new("bytes".into(), [Some(&b"\x89PNG"[..]), None]);
    frame.with_column(bytes.clone().into_column()).unwrap();
    let mut frame = frame.into_struct("image".into()).into_series().into_frame();
    frame.with_column(bytes.into_column()).unwrap();
    frame
        .with_column(Series::new("text".into(), ["x", "y"]).into_column())
        .unwrap();
    let source = write(&files, Format::Parquet, &mut frame);
    let mut pages = files.pages(&source);
    for column in [0, 1] {
        assert_eq!(pages.bytes(0, column).unwrap().as_deref(), Some(&b"\x89PNG"[..]));
        assert_eq!(pages.bytes(1, column).unwrap(), None);
    }
    assert_eq!(pages.bytes(0, 2).unwrap(), None);
    assert_eq!(pages.bytes(9, 0).unwrap(), None);
}

fn write(files: &Files, format: Format, frame: &mut DataFrame) -> Source {
    let path = files.path(if format == Format::Parquet {
        "t.parquet"
    } else {
        "t.arrow"
    });
    let file = File::create(&path).unwrap();
    match format {
        Format::Parquet => drop(
            ParquetWriter::new(file)
                .with_row_group_size(Some(700))
                .finish(frame)
                .unwrap(),
        ),
        _ => IpcWriter::new(file).finish(frame).unwrap(),
    }
    let detected = detect(&path).unwrap();
    assert_eq!(detected.notes, [""; 0]);
    assert_eq!(detected.source.format, format);
    detected.source
}

#[test]
fn every_type_is_shown_and_measured() {
    for format in [Format::Parquet, Format::ArrowIpc] {
        let files = Files::new();
        let source = write(&files, format, &mut frame());
        let mut pages = files.pages(&source);
        let expected = [
            Integer,
            Integer,
            Float,
            Float,
            ColumnType::String,
            Boolean,
            List,
            Date,
            Datetime,
            Duration,
            Float,
            ColumnType::String,
            Struct,
            Binary,
        ];
        assert_eq!(kinds(&pages), expected);
        assert_eq!(
            (pages.known_rows(), pages.is_complete(), pages.types_are_final()),
            (3, true, true)
        );
        let shown = rows(&mut pages);
        assert_eq!(
            shown[0],
            [
                "-3",
                "18446744073709551615",
                "1.5",
                "0.5",
                "b",
                "true",
                "[1,2]",
                "2024-02-29",
                "2026-11-23 12:00:00.000000001",
                "00:01:30.5",
                "12.5",
                "u",
                "{\"a\":1,\"b\":\"x\"}",
                "0x00ff",
            ]
        );
        assert_eq!(shown[1][12], r#"{"a":2,"b":"y\""}"#);
        let page = pages.read(0, 3, 0..5).unwrap();
        assert_eq!(page.cells[2][1..], [Cell::NaN, Cell::Null]);
        assert_eq!(page.cells[3][1], Cell::Number("inf".into()));
        assert_eq!(page.cells[4][1..], [Cell::Text("".into()), Cell::Null]);
        let profile = files.profile(&source);
        assert_eq!(profile.rows, 3);
        let small = column(&profile, "small");
        assert_eq!((small.nulls, small.distinct, small.mean), (1, 2, Some(1.0)));
        let wide = column(&profile, "wide");
        assert_eq!(
            (wide.distinct, top(wide)),
            (2, vec![("1", 2), ("18446744073709551615", 1)])
        );
        assert_eq!(wide.min, Some(Scalar::Integer(1)));
        let x = column(&profile, "x");
        assert_eq!((x.nulls, x.nan, x.distinct, x.mean), (1, 1, 2, Some(1.5)));
        assert_eq!(column(&profile, "half").infinite, 1);
        assert_eq!(top(column(&profile, "list")), [("[1,2]", 2), ("[3]", 1)]);
        assert_eq!(column(&profile, "fields").distinct, 2);
        assert_eq!(top(column(&profile, "bytes")), [("0x00ff", 2), ("0x", 1)]);
        assert_eq!(top(column(&profile, "category")), [("u", 2), ("v", 1)]);
        assert_eq!(column(&profile, "price").mean, Some(25.25 / 3.0));
        assert_eq!(column(&profile, "took").min, Some(Scalar::Text("-00:00:01".to_owned())));
        let table = files.table(&source);
        assert_eq!((table.rows(), table.nulls_in("word").unwrap()), (3, 1));
    }
}

#[test]
fn any_rows_of_any_columns_are_found() {
    for format in [Format::Parquet, Format::ArrowIpc] {
        let files = Files::new();
        let total = 5000_i64;
        let columns = (0..70_i64).map(|column| {
            let values: Vec<i64> = (0..total).map(|row| row * 100 + column).collect();
            Series::new(format!("c{column}").into(), values).into_column()
        });
        let mut frame = DataFrame::new(total as usize, columns.collect()).unwrap();
        let source = write(&files, format, &mut frame);
        let mut pages = files.pages(&source);
        for (first, count, columns) in [
            (0, 10, 0..3),
            (1000, 1100, 30..70),
            (4990, 50, 68..99),
            (699, 3, 31..33),
        ] {
            let page = pages.read(first, count, columns).unwrap();
            assert_eq!(page.rows(), count.min((total as u64 - first) as usize));
            for (cells, column) in page.cells.iter().zip(page.columns.clone()) {
                for (cell, row) in cells.iter().zip(first..) {
                    assert_eq!(cell.text(), (row * 100 + column as u64).to_string());
                }
            }
        }
        let last = pages.cell(4999, 69).unwrap();
        assert_eq!(last, Cell::Number("499969".into()));
    }
}

#[test]
fn a_wrong_name_does_not_matter_and_a_damaged_file_is_told() {
    let files = Files::new();
    let source = write(&files, Format::Parquet, &mut frame());
    let bytes = std::fs::read(&source.path).unwrap();
    let renamed = files.detect("t.csv", &bytes).unwrap();
    assert_eq!(renamed.source.format, Format::Parquet);
    assert!(renamed.notes[0].contains("Parquet"));
    let cut = files.source("cut.parquet", &bytes[..bytes.len() / 2]);
    let error = crate::Pages::open(&cut, &files.path("cache")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    let mut broken = bytes.clone();
    broken[4..200].fill(0xee);
    let broken = files.source("broken.parquet", broken);
    let read = crate::profile(&broken, &files.path("cache"), &mut |_| crate::Flow::Continue);
    assert!(matches!(read, Err(DataError::Damaged { .. })), "{read:?}");
    let fake = files.source("fake.arrow", b"ARROW1 and nothing more of it");
    assert!(matches!(
        crate::Pages::open(&fake, &files.path("cache")),
        Err(DataError::Damaged { .. })
    ));
}

#[test]
fn a_file_without_rows_and_one_that_changes() {
    let files = Files::new();
    let mut empty = df!("a" => Vec::<i64>::new()).unwrap();
    let source = write(&files, Format::Parquet, &mut empty);
    let mut pages = files.pages(&source);
    assert_eq!((pages.known_rows(), pages.is_complete()), (0, true));
    assert_eq!(pages.read(0, 10, 0..1).unwrap().rows(), 0);
    assert_eq!(files.profile(&source).columns[0].distinct, 0);
    assert_eq!(files.table(&source).rows(), 0);
    write(&files, Format::Parquet, &mut frame());
    assert!(matches!(pages.read(0, 1, 0..1), Err(DataError::Changed { .. })));
    std::fs::remove_file(&source.path).unwrap();
    assert!(matches!(pages.refresh(), Err(DataError::Vanished { .. })));
}

#[test]
fn a_name_with_pattern_characters_is_one_file() {
    let files = Files::new();
    let source = write(&files, Format::Parquet, &mut frame());
    let path = files.path("a[1]*.parquet");
    std::fs::rename(&source.path, &path).unwrap();
    let source = Source { path, ..source };
    assert_eq!(files.pages(&source).known_rows(), 3);
}

#[test]
fn nested_values_are_json() {
    let inner = Series::new("".into(), ["a\"", "b"]);
    assert_eq!(crate::cells::text(&AnyValue::List(inner)), r#"["a\"","b"]"#);
}
