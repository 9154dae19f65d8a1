//! Is little read, and never too much believed?

use std::fmt::Write as _;
use std::ops::Range;

use aloft_base::{ErrorKind, Explain, Report};
use polars::prelude::{
    DataFrame, DataType, IntoColumn, IpcWriter, NamedFrom, ParquetCompression, ParquetWriter, SerWriter, Series, df,
};

use super::{Content, ImageFormat, Preview, ReadRange, TablePreview, preview};
use crate::{ColumnType, Encoding, Format};

/// Bytes in memory that notes what is read of them.
struct Memory {
    bytes: Vec<u8>,
    read: u64,
    /// Fails from the read with this number on.
    fails_at: Option<usize>,
    reads: usize,
}

impl Memory {
    fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            read: 0,
            fails_at: None,
            reads: 0,
        }
    }
}

impl ReadRange for Memory {
    fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&mut self, range: Range<u64>) -> Result<Vec<u8>, Report> {
        if self.fails_at == Some(self.reads) {
            return Err(Report::new(ErrorKind::PermissionDenied, "You may not", "Ask"));
        }
        self.reads += 1;
        self.read += range.end - range.start;
        let range = range.start as usize..range.end as usize;
        Ok(self.bytes.get(range).expect("a range that is there").to_vec())
    }
}

fn of(name: &str, bytes: impl Into<Vec<u8>>) -> Preview {
    let mut memory = Memory::new(bytes);
    let preview = preview(name, &mut memory).unwrap();
    assert_eq!(preview.bytes_read, memory.read);
    preview
}

fn table(preview: &Preview) -> &TablePreview {
    match &preview.content {
        Content::Table(table) => table,
        other => panic!("{other:?}"),
    }
}

fn texts(table: &TablePreview, column: usize) -> Vec<&str> {
    table.head[column].cells.iter().map(crate::Cell::text).collect()
}

/// Numbers that no compression makes small.
fn noise(rows: usize, seed: u64) -> Vec<f64> {
    let mut generator = aloft_base::random::Generator::stream(seed, "noise");
    (0..rows).map(|_| generator.uniform()).collect()
}

fn parquet(frame: &mut DataFrame, group: usize, compression: ParquetCompression) -> Vec<u8> {
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes)
        .with_row_group_size(Some(group))
        .with_compression(compression)
        .finish(frame)
        .unwrap();
    bytes
}

#[test]
fn of_a_large_parquet_file_only_the_footer_and_a_few_pages_are_read() {
    const ROWS: usize = 400_000;
    let columns = (0..8).map(|number| Series::new(format!("c{number}").into(), noise(ROWS, number)).into_column());
    let mut columns: Vec<_> = columns.collect();
    let words: Vec<Option<String>> = (0..ROWS)
        .map(|row| (row % 10 != 3).then(|| format!("word {row}")))
        .collect();
    columns.push(Series::new("word".into(), words).into_column());
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    let bytes = parquet(&mut frame, ROWS / 2, ParquetCompression::Uncompressed);
    let total = bytes.len() as u64;
    assert!(total > 30_000_000, "{total}");

    let preview = of("deep/large.parquet", bytes);
    assert!(preview.bytes_read < total / 3, "{} of {total}", preview.bytes_read);
    assert_eq!(preview.notes, Vec::<String>::new());
    let table = table(&preview);
    assert_eq!((table.format, table.rows), (Format::Parquet, Some(ROWS as u64)));
    assert_eq!(table.schema[8].kind, ColumnType::String);
    assert_eq!((table.head.len(), table.head_rows()), (9, 100));
    assert_eq!(texts(table, 8)[2..5], ["word 2", "", "word 4"]);
    assert_eq!(table.head[8].cells[3], crate::Cell::Null);
    assert_eq!(table.row_groups.len(), 2);
    assert_eq!(
        (table.row_groups[0].rows, table.row_groups[0].codec.as_str()),
        (200_000, "none")
    );
    assert_eq!(table.statistics[8].nulls, Some(ROWS as u64 / 10));
    assert_eq!(table.statistics[8].min.as_deref(), Some("word 0"));
}

#[test]
fn statistics_of_all_row_groups_are_put_together() {
    let day = Series::new("day".into(), [3_i32, 4, 0, 19_782])
        .cast(&DataType::Date)
        .unwrap();
    let mut frame = df!(
        "n" => [Some(5_i64), None, Some(-7), Some(2)],
        "nothing" => [Option::<f64>::None, None, None, None],
        "list" => [Series::new("".into(), [1_i64, 2]), Series::new("".into(), [3_i64]), Series::new("".into(), [1_i64]), Series::new("".into(), [9_i64])],
    )
    .unwrap();
    frame.with_column(day.into_column()).unwrap();
    let preview = of("a.parquet", parquet(&mut frame, 2, ParquetCompression::Snappy));
    let table = table(&preview);
    let told = |column: usize| {
        let told = &table.statistics[column];
        (told.nulls, told.min.as_deref(), told.max.as_deref())
    };
    assert_eq!(told(0), (Some(1), Some("-7"), Some("5")));
    assert_eq!(told(1), (Some(4), None, None));
    assert_eq!(told(3), (Some(0), Some("1970-01-01"), Some("2024-02-29")));
    assert_eq!(texts(table, 2)[..2], ["[1,2]", "[3]"]);
    assert_eq!(table.row_groups[0].codec, "snappy");
}

#[test]
fn nested_columns_of_a_large_row_group_are_read_too() {
    const ROWS: usize = 200_000;
    let values = noise(ROWS * 3, 1);
    let lists: Vec<Series> = values.chunks(3).map(|part| Series::new("".into(), part)).collect();
    let mut frame = df!("list" => lists, "x" => noise(ROWS, 2)).unwrap();
    let bytes = parquet(&mut frame, ROWS, ParquetCompression::Uncompressed);
    let total = bytes.len() as u64;
    let preview = of("lists.parquet", bytes);
    assert_eq!(table(&preview).head_rows(), 100, "{:?}", preview.notes);
    assert_eq!(table(&preview).head.len(), 2);
    assert!(texts(table(&preview), 0)[99].starts_with('['));
    assert!(preview.bytes_read < total, "{} of {total}", preview.bytes_read);
}

#[test]
fn an_empty_parquet_file_and_one_without_columns_are_shown_as_that() {
    let mut frame = df!("a" => Vec::<i64>::new()).unwrap();
    let preview = of(
        "none.parquet",
        parquet(&mut frame, 10, ParquetCompression::Uncompressed),
    );
    assert_eq!((table(&preview).rows, table(&preview).head_rows()), (Some(0), 0));
    assert_eq!(table(&preview).schema.len(), 1);
}

#[test]
fn arrow_files_show_their_first_rows() {
    let mut bytes = vec![];
    let mut frame = df!("a" => (0..5000_i64).collect::<Vec<_>>(), "b" => vec!["x"; 5000]).unwrap();
    IpcWriter::new(&mut bytes).finish(&mut frame).unwrap();
    let preview = of("a.arrow", bytes);
    let table = table(&preview);
    assert_eq!((table.format, table.head_rows()), (Format::ArrowIpc, 100));
    assert_eq!(texts(table, 0)[99], "99");
    assert_eq!(texts(table, 1)[0], "x");
}

#[test]
fn of_a_long_csv_file_the_first_lines_are_read() {
    let mut text = String::from("name;price\n");
    while text.len() < 500_000 {
        text.push_str("\"oat;milk\";1,25\n");
    }
    let preview = of("prices.csv", text);
    assert_eq!(preview.bytes_read, super::HEAD);
    let table = table(&preview);
    assert_eq!((table.rows, table.head_rows(), table.schema.len()), (None, 100, 2));
    assert_eq!(table.schema[1].kind, ColumnType::Float);
    assert_eq!(texts(table, 0)[0], "oat;milk");
    assert!(
        preview.notes.iter().any(|note| note.contains("';'")),
        "{:?}",
        preview.notes
    );
}

#[test]
fn a_short_table_is_shown_whole_in_any_encoding() {
    let text = "käse,zahl\nüber,1\nweiß,2\n";
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
    for bytes in [text.as_bytes().to_vec(), utf16, latin] {
        let preview = of("a.csv", bytes);
        let table = table(&preview);
        assert_eq!(table.schema[0].name, "käse");
        assert_eq!(texts(table, 0), ["über", "weiß"]);
    }
    let preview = of("a.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2}\n");
    assert_eq!(table(&preview).format, Format::JsonLines);
    assert_eq!(
        (table(&preview).rows, texts(table(&preview), 1)),
        (Some(2), vec!["x", ""])
    );
}

#[test]
fn a_long_utf16_table_is_cut_between_its_characters() {
    let mut text = String::from("a,b\n");
    for row in 0..20_000 {
        writeln!(text, "Ą{row},{row}").unwrap();
    }
    for big in [false, true] {
        let mut bytes = if big { vec![0xfe, 0xff] } else { vec![0xff, 0xfe] };
        for unit in text.encode_utf16() {
            bytes.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        let preview = of("a.csv", bytes);
        let table = table(&preview);
        assert_eq!(
            (table.head_rows(), texts(table, 0)[99]),
            (100, "Ą99"),
            "{:?}",
            preview.notes
        );
    }
}

#[test]
fn rows_longer_than_the_first_bytes_are_still_rows() {
    let row = format!("{{\"text\":\"{}\"}}\n", "x".repeat(100_000));
    let preview = of("a.jsonl", row.repeat(50));
    assert!(table(&preview).head_rows() > 3);
    assert_eq!(preview.bytes_read, 1 << 20);
}

#[test]
fn texts_and_other_bytes_are_told_apart() {
    let preview = of("README", "# Title\nline two\n");
    let Content::Text(text) = &preview.content else {
        panic!("{preview:?}")
    };
    assert_eq!(
        (text.lines.len(), text.encoding, text.is_whole),
        (2, Encoding::Utf8, true)
    );
    let long = "ä".repeat(40_000);
    let preview = of("long.txt", long);
    let Content::Text(text) = &preview.content else {
        panic!("{preview:?}")
    };
    assert_eq!((text.encoding, text.is_whole), (Encoding::Utf8, false));

    let preview = of("a.bin", [0_u8, 1, 2, 0xff, b'A'].repeat(100));
    let Content::Binary(binary) = &preview.content else {
        panic!("{preview:?}")
    };
    assert_eq!(
        binary.lines[0],
        "00000000  00 01 02 ff 41 00 01 02 ff 41 00 01 02 ff 41 00  ....A....A....A."
    );
    let preview = of("empty.csv", "");
    assert!(matches!(&preview.content, Content::Binary(binary) if binary.lines.is_empty()));
    let preview = of("a.csv.gz", [0x1f, 0x8b, 8, 0, 0, 0]);
    assert_eq!(preview.notes, ["It is compressed with gzip."]);
}

#[test]
fn the_header_of_a_safetensors_file_is_enough() {
    let header = br#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[100,2500],"data_offsets":[0,1000000]},"b":{"dtype":"BF16","shape":[],"data_offsets":[1000000,1000002]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.resize(bytes.len() + 1_000_002, 7);
    let preview = of("model.safetensors", bytes.clone());
    let Content::Tensors(found) = &preview.content else {
        panic!("{preview:?}")
    };
    assert_eq!(preview.bytes_read, super::HEAD);
    assert_eq!(found.metadata, [("format".to_owned(), "pt".to_owned())]);
    assert_eq!(
        (found.tensors[0].name.as_str(), found.tensors[0].bytes),
        ("w", 1_000_000)
    );
    assert_eq!((found.tensors[1].shape.len(), found.parameters), (0, 250_001));

    for length in [0, 5, 1 << 20, u64::MAX] {
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        let preview = of("model.safetensors", bytes.clone());
        assert!(matches!(preview.content, Content::Binary(_)), "{length}");
        assert!(
            preview.notes[0].starts_with("It is no whole safetensors file"),
            "{:?}",
            preview.notes
        );
    }
}

#[test]
fn pictures_are_known_by_their_first_bytes() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 2, 0x80, 0, 0, 1, 0xe0, 8, 2, 0, 0, 0]);
    png.resize(200_000, 9);
    let preview = of("no-ending", png.clone());
    let Content::Image(picture) = &preview.content else {
        panic!("{preview:?}")
    };
    assert_eq!(
        (picture.format, picture.width, picture.height),
        (ImageFormat::Png, 640, 480)
    );
    assert_eq!(picture.bytes, png);
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 0];
    jpeg.extend([0xff, 0xc2, 0, 17, 8, 0, 100, 0, 200, 3]);
    jpeg.resize(9 << 20, 0);
    let preview = of("a.jpg", jpeg);
    let Content::Image(picture) = &preview.content else {
        panic!("{preview:?}")
    };
    assert_eq!((picture.width, picture.height, picture.bytes.len()), (200, 100, 0));
    assert!(preview.bytes_read <= super::HEAD);
}

#[test]
fn damaged_files_are_shown_as_far_as_they_can_be_and_never_end_the_program() {
    let mut frame =
        df!("a" => (0..3000_i64).collect::<Vec<_>>(), "b" => vec!["word"; 3000], "x" => noise(3000, 3)).unwrap();
    let mut ipc = vec![];
    IpcWriter::new(&mut ipc).finish(&mut frame).unwrap();
    let good = parquet(&mut frame, 1000, ParquetCompression::Zstd(None));
    let mut generator = aloft_base::random::Generator::stream(4, "damage");
    for (name, good) in [("a.parquet", &good), ("a.arrow", &ipc)] {
        for round in 0..120 {
            let mut bytes = good.clone();
            if round % 3 == 0 {
                bytes.truncate((generator.uniform() * bytes.len() as f64) as usize);
            }
            for _ in 0..=round % 7 {
                // Half of the damage in the footer, where it can do most.
                let spread = if round % 2 == 0 { 1.0 } else { 0.1 };
                let back = (generator.uniform() * bytes.len() as f64 * spread) as usize;
                let at = bytes.len().saturating_sub(back + 1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = (generator.uniform() * 256.0) as u8;
                }
            }
            let preview = of(name, bytes);
            assert!(preview.bytes_read <= super::MOST_READ);
        }
    }
    let preview = of("cut.parquet", good[..good.len() - 5].to_vec());
    assert!(matches!(preview.content, Content::Binary(_)));
    assert!(
        preview.notes[0].starts_with("It begins as Parquet does"),
        "{:?}",
        preview.notes
    );
}

#[test]
fn a_source_that_fails_says_so_in_its_own_words() {
    let mut frame = df!("a" => [1_i64, 2]).unwrap();
    let bytes = parquet(&mut frame, 10, ParquetCompression::Uncompressed);
    for read in 0..3 {
        let mut memory = Memory::new(bytes.clone());
        memory.fails_at = Some(read);
        let error = preview("a.parquet", &mut memory).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::PermissionDenied, "You may not")
        );
    }
}

#[test]
fn a_preview_is_told_as_json() {
    let json = serde_json::to_value(of("a.csv", "a,b\n1,\n")).unwrap();
    assert_eq!(json["kind"], "table");
    assert_eq!(json["head"][1]["cells"], serde_json::json!([null]));
    assert_eq!(
        (json["bytes_read"].as_u64(), json["bytes_total"].as_u64()),
        (Some(7), Some(7))
    );
}
