//! What is unpacked is what was packed, and what is damaged is said to be.

use std::fmt::Write as _;
use std::io::Write as _;

use super::*;
use crate::Flow;
use crate::page::{Cell, Pages};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

/// The rows of a file as the grid shows them once it was read.
fn rows(name: &str, bytes: &[u8]) -> (Source, Vec<String>, Vec<Vec<String>>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let detected = crate::detect(&path).unwrap();
    let cache = folder.path().join("cache");
    crate::profile(&detected.source, &cache, &mut |_| Flow::Continue).unwrap();
    let mut pages = Pages::open(&detected.source, &cache).unwrap();
    assert!(pages.is_complete() && pages.types_are_final());
    let names = pages.schema().iter().map(|column| column.name.clone()).collect();
    let page = pages.read(0, 10_000, 0..100).unwrap();
    let rows = (0..page.rows())
        .map(|row| {
            page.cells
                .iter()
                .map(|column| Cell::text(&column[row]).to_owned())
                .collect()
        })
        .collect();
    (detected.source, names, rows, detected.notes)
}

fn document(text: &str) -> Result<String, String> {
    let found = Rows::find(&mut text.as_bytes()).map_err(|error| error.to_string())?;
    let mut lines = String::new();
    let mut reader = found.lines(BufReader::with_capacity(3, text.as_bytes())).unwrap();
    reader.read_to_string(&mut lines).map_err(|error| error.to_string())?;
    Ok(lines)
}

#[test]
fn compressed_text_is_the_same_table_whatever_it_is_called() {
    let mut text = "name,n\n".to_owned();
    for row in 0..3000 {
        writeln!(text, "\"a, {row}\",{row}").unwrap();
    }
    let (_, names, plain, _) = rows("plain.csv", text.as_bytes());
    assert_eq!((names.len(), plain.len()), (2, 3000));
    for (name, bytes, how) in [
        ("a.csv.gz", gzip(text.as_bytes()), "gzip"),
        ("a.csv.zst", zstd(text.as_bytes()), "zstd"),
        ("named.wrongly", gzip(text.as_bytes()), "gzip"),
        // As programs write that add to a file.
        (
            "two.csv.gz",
            [gzip(&text.as_bytes()[..500]), gzip(&text.as_bytes()[500..])].concat(),
            "gzip",
        ),
        (
            "two.csv.zst",
            [zstd(&text.as_bytes()[..500]), zstd(&text.as_bytes()[500..])].concat(),
            "zstd",
        ),
        (
            "wide.csv.gz",
            gzip(&[vec![0xff, 0xfe], utf16(&text, false)].concat()),
            "gzip",
        ),
    ] {
        let (source, _, unpacked, notes) = rows(name, &bytes);
        assert!(unpacked == plain, "{name}");
        assert_eq!(source.format, Format::Csv);
        assert!(notes[0].contains(how), "{notes:?}");
    }
    let (source, names, ..) = rows("a.tsv.gz", &gzip(b"a\tb\n1\t2\n"));
    assert_eq!((source.format, names.len()), (Format::Tsv, 2));
    let (source, names, ..) = rows("a.jsonl.zst", &zstd(b"{\"a\":1}\n{\"a\":2,\"b\":3}\n"));
    assert_eq!((source.format, names.len()), (Format::JsonLines, 2));
}

#[test]
fn what_is_cut_off_or_damaged_is_said_to_be_and_leaves_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "n\n".to_owned();
    for row in 0..200_000_u64 {
        writeln!(text, "{}", row.wrapping_mul(6_364_136_223_846_793_005)).unwrap();
    }
    let whole = gzip(text.as_bytes());
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let packed = zstd(text.as_bytes());
    for (name, bytes) in [
        ("cut.csv.gz", &whole[..whole.len() * 2 / 3]),
        ("damaged.csv.gz", &flipped[..]),
        ("cut.csv.zst", &packed[..packed.len() * 2 / 3]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let detected = crate::detect(&path).unwrap();
        let cache = folder.path().join("cache");
        let error = crate::profile(&detected.source, &cache, &mut |_| Flow::Continue).unwrap_err();
        let DataError::Packed { after_bytes, .. } = error else {
            panic!("{name}: {error}");
        };
        assert!(after_bytes < text.len() as u64);
        assert!(
            !std::fs::read_dir(&cache)
                .unwrap()
                .flatten()
                .any(|file| file.file_name().to_string_lossy().ends_with("utf8"))
        );
    }
    // Nothing of it can be read.
    let path = folder.path().join("none.csv.gz");
    std::fs::write(&path, &whole[..8]).unwrap();
    assert!(matches!(crate::detect(&path).unwrap_err(), DataError::Packed { .. }));
}

#[test]
fn what_is_no_text_inside_is_refused_with_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut tar = vec![b'x'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, word) in [
        (gzip(b"PAR1 and more"), "Parquet"),
        (gzip(&zstd(b"a,b")), "twice"),
        (gzip(&tar), "archive"),
        (gzip(b""), "empty"),
    ] {
        let path = folder.path().join("a.gz");
        std::fs::write(&path, bytes).unwrap();
        let error = crate::detect(&path).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn utf16_is_read_as_utf8_with_pairs_and_without_mark() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.csv"), folder.path().join("copy"));
    let text = "näme,😀\n".repeat(200_000);
    for (big, encoding, mark) in [
        (false, Encoding::Utf16Le, [0xff, 0xfe]),
        (true, Encoding::Utf16Be, [0xfe, 0xff]),
    ] {
        let mut bytes = mark.to_vec();
        bytes.extend(utf16(&text, big));
        std::fs::write(&from, &bytes).unwrap();
        let wrapping = Wrapping {
            compression: None,
            encoding: Some(encoding),
            is_document: false,
        };
        wrapping.write(&from, &to, &mut |_| Ok(())).unwrap();
        assert!(std::fs::read(&to).unwrap() == text.as_bytes());
        std::fs::remove_file(&to).unwrap();
        let stopped = wrapping.write(&from, &to, &mut |_| Err(DataError::Stopped));
        assert!(matches!(stopped, Err(DataError::Stopped)));
        assert!(!to.exists());
    }
}

#[test]
fn the_rows_of_a_document_are_its_list_wherever_that_stands() {
    for (text, lines) in [
        ("[{\"a\":1},\n {\"a\":\n2}]", "{\"a\":1}\n{\"a\":2}\n"),
        (" [] ", ""),
        (
            "[1, null,\"x,]\", [2,3] ]",
            "{\"value\":1}\n{\"value\":null}\n{\"value\":\"x,]\"}\n{\"value\":[2,3]}\n",
        ),
        (
            "{\"n\":2,\"data\":[{\"a\":\"]}\\\"\"},{\"a\":{}}],\"z\":[{}]}",
            "{\"a\":\"]}\\\"\"}\n{\"a\":{}}\n",
        ),
        ("{\"x\":[1,[{\"no\":1}]],\"m\":{\"k\":[ {\"a\":1} ]}}", "{\"a\":1}\n"),
        ("{\"a\":1,\"b\":[1,2]}", "{\"a\":1,\"b\":[1,2]}\n"),
        ("{\n\"a\":1\n}\n{\n\"a\":2\n}\n", "{\"a\":1}\n{\"a\":2}\n"),
        ("\u{feff}[{\"a\":\"é\"}]", "{\"a\":\"é\"}\n"),
    ] {
        assert_eq!(document(text).unwrap(), lines, "{text}");
    }
    for (bad, word) in [
        ("", "empty"),
        ("[{\"a\":1}", "no end"),
        ("[{\"a\":1},{\"a\":", "no end"),
        ("[\"a", "no end"),
        ("12", "begins neither"),
        ("{\"a\":1", "no end"),
    ] {
        let error = document(bad).unwrap_err();
        assert!(error.contains(word), "{bad}: {error}");
    }
}

#[test]
fn a_document_is_told_from_lines_and_read_as_a_table() {
    let (source, names, cells, notes) = rows(
        "geo.json",
        b"{\"type\": \"FeatureCollection\",\n \"features\": [\n {\"id\": 1, \"tags\": [\"x\"]},\n {\"id\": 2}\n]}\n",
    );
    assert_eq!(
        (source.format, names),
        (Format::Json, vec!["id".to_owned(), "tags".to_owned()])
    );
    assert_eq!(cells, [["1", "[\"x\"]"], ["2", ""]]);
    assert!(notes.iter().any(|note| note.contains("'features'")), "{notes:?}");
    let formats: Vec<Format> = [
        ("a.json", "[{\"a\": 1}, {\"a\": 2}]"),
        ("a.txt", "[\n  {\n    \"a\": 1\n  }\n]\n"),
        ("a.json", "{\"a\": 1}\n{\"a\": 2}\n"),
        ("a.json", "{\"a\": 1}"),
        ("one.json", "{\"rows\": [{\"a\": 1}]}"),
        ("pretty.json", "{\n \"a\": 1\n}\n"),
        ("pretty", "{\n \"a\": 1\n}\n"),
        ("list.csv", "[a],[b]\n1,2\n"),
    ]
    .map(|(name, text)| rows(name, text.as_bytes()).0.format)
    .to_vec();
    let (document, lines) = (Format::Json, Format::JsonLines);
    assert_eq!(
        formats,
        [
            document,
            document,
            lines,
            lines,
            document,
            document,
            document,
            Format::Csv
        ]
    );
    let packed = rows("a.json.gz", &gzip(b"[{\"a\": 1}, {\"a\": 2}]"));
    assert_eq!((packed.0.format, packed.2.len()), (Format::Json, 2));
}
