//! What a file is found to be, and how the first rows look.

use aloft_base::Explain;

use super::files::{Files, kinds, names, rows, sample};
use crate::{ColumnType, DataError, Detected, Encoding, Format, Source, detect};

fn refusal(files: &Files, name: &str, content: impl AsRef<[u8]>) -> (String, String) {
    let error = files.detect(name, content).unwrap_err();
    (error.to_string(), error.hint().unwrap())
}

#[test]
fn the_sample_data_is_what_it_is() {
    let penguins = detect(&sample("penguins.csv")).unwrap();
    let options = penguins.source.csv.clone().unwrap();
    assert_eq!(
        (options.delimiter, options.has_header, options.decimal_comma),
        (',', true, false)
    );
    assert_eq!(penguins.notes.len(), 1, "{:?}", penguins.notes);
    assert!(penguins.notes[0].contains("taken as missing"));
    let wine = detect(&sample("wine_quality.csv")).unwrap();
    let options = wine.source.csv.clone().unwrap();
    assert_eq!(
        (options.delimiter, options.has_header, options.decimal_comma),
        (';', true, false)
    );
    assert_eq!(wine.notes, ["Values are separated by ';'."]);
    let digits = detect(&sample("digits.csv")).unwrap();
    assert_eq!(digits.notes, [""; 0]);
}

#[test]
fn what_cannot_be_a_table_is_named() {
    let files = Files::new();
    let cases: [(&str, &[u8], &str); 8] = [
        ("sheet.csv", b"PK\x03\x04\x14\0\x06\0", "Excel workbook"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n\0\0", "PNG image"),
        ("data.csv", b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (
            "random.csv",
            b"\x07\0\x12\xfe\x99\0\0\x01\x02\x03\x80\x81",
            "binary data",
        ),
        ("mac.csv", b"a,b\r1,2\r3,4\r", "carriage return"),
        (
            "page.csv",
            b"\n<!DOCTYPE html>\n<html><body>a,b</body></html>",
            "web page",
        ),
        (
            "lfs.csv",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
            "Git LFS",
        ),
        ("no.jsonl", b"a,b\n1,2\n", "no JSON"),
    ];
    for (name, content, what) in cases {
        let (message, hint) = refusal(&files, name, content);
        assert!(message.contains(what) && message.contains(name), "{message}");
        assert!(!hint.is_empty());
    }
}

#[test]
fn empty_missing_and_folder_are_told_apart() {
    let files = Files::new();
    for content in ["", "\n\r\n", "\u{feff}", "  \n"] {
        let error = files.detect("e.csv", content).unwrap_err();
        assert!(matches!(error, DataError::Empty { .. }), "{content:?}: {error}");
    }
    assert!(matches!(
        detect(&files.path("none.csv")).unwrap_err(),
        DataError::NoFile { .. }
    ));
    assert!(matches!(
        detect(&files.path(".")).unwrap_err(),
        DataError::Folder { .. }
    ));
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    let files = Files::new();
    for content in ["a,b,c", "a,b,c\n", "\u{feff}a,b,c\r\n\r\n"] {
        let source = files.source("h.csv", content);
        let mut pages = files.pages(&source);
        assert_eq!(names(&pages), ["a", "b", "c"]);
        assert_eq!((pages.known_rows(), pages.is_complete()), (0, true), "{content:?}");
        assert!(rows(&mut pages).is_empty());
        let profile = files.profile(&source);
        assert_eq!((profile.rows, profile.columns.len()), (0, 3));
        assert_eq!(profile.columns[0].top, []);
        assert_eq!(files.table(&source).rows(), 0);
    }
}

#[test]
fn names_become_unique_and_a_note_says_so() {
    let files = Files::new();
    let Detected { source, notes } = files.detect("d.csv", "a,a,,a_2,a\n1,2,3,4,5\n").unwrap();
    let mut pages = files.pages(&source);
    assert_eq!(names(&pages), ["a", "a_3", "column_3", "a_2", "a_4"]);
    assert_eq!(rows(&mut pages), [["1", "2", "3", "4", "5"]]);
    assert!(
        notes
            .iter()
            .any(|note| note.contains("'a' is called 'a_3', and 2 more")),
        "{notes:?}"
    );
}

#[test]
fn semicolons_with_decimal_commas_are_detected_and_read() {
    let files = Files::new();
    let detected = files
        .detect("de.csv", "name;höhe;n\nA;3,25;1\nB;-0,5;2\nC;;3\n")
        .unwrap();
    let options = detected.source.csv.clone().unwrap();
    assert_eq!((options.delimiter, options.decimal_comma), (';', true));
    assert_eq!(
        detected.notes,
        ["Values are separated by ';' and decimals use a comma, as in 3,14."]
    );
    let mut pages = files.pages(&detected.source);
    assert_eq!(
        kinds(&pages),
        [ColumnType::String, ColumnType::Float, ColumnType::Integer]
    );
    assert_eq!(rows(&mut pages)[0], ["A", "3,25", "1"]);
    let profile = files.profile(&detected.source);
    assert_eq!(profile.columns[1].mean, Some((3.25 - 0.5) / 2.0));
    assert_eq!(profile.columns[1].nulls, 1);
    // Without a header the two characters could be mixed up.
    let options = files.source("n.csv", "1,5;2,5\n3,5;4,5\n").csv.unwrap();
    assert_eq!(
        (options.delimiter, options.decimal_comma, options.has_header),
        (';', true, false)
    );
}

#[test]
fn delimiters_are_found_whatever_the_name() {
    let files = Files::new();
    for (name, content, delimiter, format) in [
        ("a.csv", "a\tb\n1\t2\n", '\t', Format::Tsv),
        ("a.tsv", "a\tb\nx, y\tz\n", '\t', Format::Tsv),
        ("a.txt", "a|b|c\n1|2|3\n", '|', Format::Csv),
        ("a.csv", "text,n\n\"a;b;c\",1\n\"d;e;f\",2\n", ',', Format::Csv),
        ("a.csv", "only\n1\n2\n", ',', Format::Csv),
    ] {
        let source = files.source(name, content);
        assert_eq!(
            (source.csv.as_ref().unwrap().delimiter, source.format),
            (delimiter, format),
            "{content}"
        );
    }
}

#[test]
fn a_first_row_of_values_is_no_header() {
    let files = Files::new();
    let has_header = |content: &str| files.source("x.csv", content).csv.unwrap().has_header;
    assert!(!has_header("1,2\n3,4\n"));
    assert!(!has_header("2024-01-01,5\n2024-01-02,6\n"));
    assert!(has_header("id,2019,2020\n1,5,6\n2,7,8\n"));
    assert!(has_header("0,1,2,3\n5.5,6,7,8\n"), "numbered columns");
    assert!(has_header("name,city\nAnn,Oslo\n"));
    assert!(has_header("a,b\n"));
    assert!(!has_header(
        "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n"
    ));
    let source = files.source("x.csv", "1,2\n3,4\n");
    let mut pages = files.pages(&source);
    assert_eq!(names(&pages), ["column_1", "column_2"]);
    assert_eq!(rows(&mut pages).len(), 2);
}

#[test]
fn encodings_are_read() {
    let files = Files::new();
    let text = "näme,größe\nÅse,1.5\nZoë,2.5\n";
    let utf16 = |big: bool, mark: bool| {
        let text = if mark {
            format!("\u{feff}{text}")
        } else {
            text.to_owned()
        };
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(unit).collect::<Vec<u8>>()
    };
    let cases = [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (format!("\u{feff}{text}").into_bytes(), Encoding::Utf8Bom),
        (
            encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
            Encoding::Windows1252,
        ),
        (utf16(false, true), Encoding::Utf16Le),
        (utf16(true, true), Encoding::Utf16Be),
        (utf16(false, false), Encoding::Utf16Le),
        (utf16(true, false), Encoding::Utf16Be),
    ];
    for (content, encoding) in cases {
        let source = files.source("x.csv", &content);
        assert_eq!(source.csv.as_ref().unwrap().encoding, encoding);
        let mut pages = files.pages(&source);
        assert_eq!(names(&pages), ["näme", "größe"], "{encoding:?}");
        assert_eq!(rows(&mut pages), [["Åse", "1.5"], ["Zoë", "2.5"]], "{encoding:?}");
        let profile = files.profile(&source);
        assert_eq!((profile.rows, profile.columns[1].mean), (2, Some(2.0)), "{encoding:?}");
        assert_eq!(profile.warnings, [""; 0]);
        pages.refresh().unwrap();
        assert!(pages.is_complete() && pages.types_are_final());
        assert_eq!(rows(&mut pages), [["Åse", "1.5"], ["Zoë", "2.5"]], "{encoding:?}");
        assert_eq!(
            files.table(&source).row_text(0, 9)[0],
            ("näme".to_owned(), "Åse".to_owned())
        );
    }
}

#[test]
fn a_foreign_letter_that_comes_late_is_read_and_reported() {
    let files = Files::new();
    let mut content = b"name,n\n".to_vec();
    for row in 0..200_000 {
        content.extend_from_slice(format!("plain,{row}\n").as_bytes());
    }
    content.extend_from_slice(b"caf\xe9,1\n");
    let source = files.source("late.csv", &content);
    assert_eq!(source.csv.as_ref().unwrap().encoding, Encoding::Utf8);
    let profile = files.profile(&source);
    let warned = "1 row has text that is not UTF-8, first on line 200,002; it is read as Windows-1252.";
    assert_eq!(profile.warnings, [warned]);
    assert_eq!(profile.columns[0].min, Some(crate::Scalar::Text("café".to_owned())));
}

#[test]
fn json_lines_are_found_by_name_or_content() {
    let files = Files::new();
    let content = "{\"a\": 1}\n{\"a\": 2, \"b\": \"x\"}\n";
    assert_eq!(files.source("x.jsonl", content).format, Format::JsonLines);
    let by_content = files.detect("x.txt", content).unwrap();
    assert_eq!(by_content.source.format, Format::JsonLines);
    assert!(by_content.notes[0].contains("JSON"));
}

#[test]
fn options_are_saved_under_stable_names_and_typos_refused() {
    let files = Files::new();
    let source = files.source("x.csv", "a;b\n1;2\n");
    let saved = serde_json::to_value(&source).unwrap();
    assert_eq!(saved["format"], "csv");
    assert_eq!(saved["csv"]["delimiter"], ";");
    assert_eq!(saved["csv"]["encoding"], "utf8");
    assert_eq!(serde_json::from_value::<Source>(saved.clone()).unwrap(), source);
    let mut typo = saved;
    typo["csv"]["delimeter"] = ";".into();
    let error = serde_json::from_value::<Source>(typo).unwrap_err();
    assert!(error.to_string().contains("delimeter"), "{error}");
}

#[test]
fn the_key_follows_the_content_and_the_options() {
    let files = Files::new();
    let source = files.source("x.csv", "a,b\n1,2\n");
    let key = source.key().unwrap();
    assert_eq!(source.key().unwrap(), key);
    let mut other = source.clone();
    other.csv.as_mut().unwrap().has_header = false;
    assert_ne!(other.key().unwrap(), key);
    files.write("x.csv", "a,b\n1,2\n3,4\n");
    assert_ne!(source.key().unwrap(), key);
}
