//! What a file is: format, encoding, delimiter, header and decimal sign, from its start.

use std::fs::File;
use std::path::Path;

use crate::encoding;
use crate::error::{DataError, Result};
use crate::fields::{Dialect, Found, Shape, Span};
use crate::infer::{Tally, boolean};
use crate::number::{self, Fit};
use crate::remote;
use crate::schema::ColumnType;
use crate::source::{CsvOptions, Encoding, Format, Source};
use crate::temporal;
use crate::text::{HEAD_BYTES, TextFile, read_head};
use crate::unpack::{Compression, Rows, looks_like_document};
use crate::values::Value;

/// What was found out about a file, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    pub source: Source,
    /// One sentence each, for a person.
    pub notes: Vec<String>,
}

/// How many records are looked at.
const SAMPLE: usize = 500;

/// Finds out what a file is from at most its first MiB. The content decides; the
/// file's name only where the content leaves a choice. A folder of Parquet or Arrow IPC files,
/// or a pattern that names some, is one table.
///
/// # Errors
/// When the file is missing, a folder, empty, or not a table (with what it looks like instead).
pub fn detect(path: &Path) -> Result<Detected> {
    if let Some(several) = remote::detect_local(path) {
        return several;
    }
    let mut file = File::open(path).map_err(DataError::io("read", path))?;
    let mut head = read_head(&mut file, HEAD_BYTES, path)?;
    let mut whole = head.len() < HEAD_BYTES;
    if head.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    let compression = Compression::of(&head);
    let extension = extension(path, compression.is_some());
    let mut notes = vec![];
    if let Some(how) = compression {
        (head, whole) = unpacked(path, how)?;
        notes.push(format!(
            "The file is compressed with {}; it is unpacked once, into the cache.",
            how.label()
        ));
    }
    if let Some(format) = columnar(&head) {
        let usual = match format {
            Format::Parquet => ["parquet", "pq", "parq"],
            _ => ["arrow", "ipc", "feather"],
        };
        if !usual.contains(&extension.as_str()) {
            notes.push(format!(
                "The content is {format}, whatever the name says, and is read as such."
            ));
        }
        return Ok(Detected {
            source: Source {
                path: path.to_owned(),
                format,
                csv: None,
                remote: None,
            },
            notes,
        });
    }
    if let Some((what, hint)) = no_table(&head) {
        return Err(DataError::NotATable {
            path: path.to_owned(),
            what: what.to_owned(),
            hint,
        });
    }
    let encoding = encoding::detect(&head, whole).ok_or_else(|| DataError::NotATable {
        path: path.to_owned(),
        what: "it holds binary data, not text".to_owned(),
        hint: "Aloft opens CSV, TSV, Parquet, JSON, JSON Lines and Arrow IPC.",
    })?;
    match encoding {
        Encoding::Utf8 => {}
        Encoding::Windows1252 => {
            notes.push("The text is not UTF-8 and is read as Windows-1252.".to_owned());
        }
        other => notes.push(format!("The text is {}.", other.label())),
    }
    let text = match encoding {
        Encoding::Utf16Le | Encoding::Utf16Be => encoding::utf16_head(&head, encoding),
        Encoding::Utf8Bom => head[3..].to_vec(),
        Encoding::Utf8 | Encoding::Windows1252 => head,
    };
    if text.trim_ascii().is_empty() && whole {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    if let Some(detected) = json(path, &text, &extension, encoding, whole, &mut notes)? {
        return Ok(detected);
    }
    csv(path, &text, &extension, encoding, whole, notes)
}

/// The ending of a file's name in lower case, below that of a compression.
fn extension(path: &Path, is_compressed: bool) -> String {
    let ending = |path: &Path| {
        path.extension()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_lowercase()
    };
    match ending(path) {
        packed if is_compressed && matches!(packed.as_str(), "gz" | "gzip" | "zst" | "zstd") => {
            ending(&path.with_extension(""))
        }
        ending => ending,
    }
}

/// The start of what is inside of a compressed file, and whether it is all.
fn unpacked(path: &Path, how: Compression) -> Result<(Vec<u8>, bool)> {
    let (head, whole) = how.head(path, HEAD_BYTES)?;
    let refuse = |what: String, hint| {
        Err(DataError::NotATable {
            path: path.to_owned(),
            what,
            hint,
        })
    };
    if head.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    if let Some(format) = columnar(&head) {
        let what = format!("it is {format} compressed with {} once more", how.label());
        return refuse(
            what,
            "Unpack it and open the file inside; its columns are compressed already.",
        );
    }
    if Compression::of(&head).is_some() {
        return refuse(
            "it is compressed twice".to_owned(),
            "Unpack it and open the file inside.",
        );
    }
    if head.get(257..262) == Some(b"ustar") {
        return refuse(
            "it is an archive of files".to_owned(),
            "Unpack it and open one of the files inside.",
        );
    }
    Ok((head, whole))
}

/// A columnar format by its first bytes.
pub(crate) fn columnar(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"PAR1") || head.starts_with(b"PARE") {
        Some(Format::Parquet)
    } else if head.starts_with(b"ARROW1") {
        Some(Format::ArrowIpc)
    } else {
        None
    }
}

/// Files that people have by the name of a table and that are none, by their first bytes.
fn no_table(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const EXPORT: &str = "Open it in the program it is from and save it as CSV.";
    const UNPACK: &str = "Unpack it and open the file inside.";
    let known: [(&[u8], &str, &str); 12] = [
        (b"PK\x03\x04", "it is a ZIP archive or an Excel workbook", EXPORT),
        (b"\xd0\xcf\x11\xe0", "it is an old Excel or Office file", EXPORT),
        (b"BZh", "it is compressed with bzip2", UNPACK),
        (b"\xfd7zXZ\0", "it is compressed with xz", UNPACK),
        (b"7z\xbc\xaf", "it is a 7-Zip archive", UNPACK),
        (
            b"version https://git-lfs",
            "it is a pointer of Git LFS",
            "Fetch the file itself with: git lfs pull",
        ),
        (b"%PDF", "it is a PDF document", EXPORT),
        (
            b"SQLite format 3\0",
            "it is an SQLite database",
            "Export one of its tables as CSV.",
        ),
        (b"\x89PNG", "it is a PNG image", "Choose a table."),
        (b"\xff\xd8\xff", "it is a JPEG image", "Choose a table."),
        (b"\x89HDF", "it is an HDF5 file", EXPORT),
        (b"\x7fELF", "it is a program", "Choose a table."),
    ];
    let start = head[..head.len().min(64)].trim_ascii_start().to_ascii_lowercase();
    if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
        let hint = "Download the file itself; on many sites that is a link named 'raw' or 'download'.";
        return Some(("it is a web page", hint));
    }
    known
        .into_iter()
        .find(|(magic, ..)| head.starts_with(magic))
        .map(|(_, what, hint)| (what, hint))
}

fn json(
    path: &Path,
    text: &[u8],
    extension: &str,
    encoding: Encoding,
    whole: bool,
    notes: &mut Vec<String>,
) -> Result<Option<Detected>> {
    let named_lines = matches!(extension, "jsonl" | "ndjson" | "ldjson");
    let named_document = matches!(extension, "json" | "geojson");
    let named = named_lines || named_document;
    let first = text.trim_ascii_start();
    if named && !first.starts_with(b"{") && !first.starts_with(b"[") {
        return Err(DataError::NotATable {
            path: path.to_owned(),
            what: "it is no JSON: it begins neither with '{' nor with '['".to_owned(),
            hint: "Check what the file holds.",
        });
    }
    let is_list_of_lines = named_lines && first.starts_with(b"[");
    let format = if is_list_of_lines || looks_like_document(first, whole, named_document) {
        notes.extend(rows_of_document(first));
        Format::Json
    } else {
        let line = match memchr::memchr(b'\n', first) {
            Some(end) => &first[..end],
            None if whole => first,
            None => return Ok(None),
        };
        let is_object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok();
        if !first.starts_with(b"{") || (!is_object && !named) {
            return Ok(None);
        }
        if !named {
            notes.push("Each line is a JSON object, so the file is read as JSON Lines.".to_owned());
        }
        Format::JsonLines
    };
    if encoding.is_utf16() {
        return Err(DataError::NotATable {
            path: path.to_owned(),
            what: "it is JSON in UTF-16".to_owned(),
            hint: "Save it as UTF-8.",
        });
    }
    let source = Source {
        path: path.to_owned(),
        format,
        csv: None,
        remote: None,
    };
    // Says what is wrong with the first lines.
    TextFile::open(&source, Path::new(""))?;
    Ok(Some(Detected {
        source,
        notes: std::mem::take(notes),
    }))
}

/// Says which values of a document are its rows.
fn rows_of_document(mut text: &[u8]) -> Option<String> {
    match Rows::find(&mut text).ok()? {
        Rows::List { path, .. } if path.is_empty() => None,
        Rows::List { path, .. } => Some(format!(
            "The rows are the objects in the list '{}'; what else the document holds is left out.",
            path.join(".")
        )),
        Rows::Values => Some("Each object of the document is a row.".to_owned()),
    }
}

fn csv(
    path: &Path,
    text: &[u8],
    extension: &str,
    encoding: Encoding,
    whole: bool,
    mut notes: Vec<String>,
) -> Result<Detected> {
    if memchr::memchr(b'\n', text).is_none() && memchr::memchr_iter(b'\r', text).count() > 1 {
        return Err(DataError::NotATable {
            path: path.to_owned(),
            what: "its lines end with a carriage return alone, as on old Macs".to_owned(),
            hint: "Save it with usual line ends, for example with: tr '\\r' '\\n' < in.csv > out.csv",
        });
    }
    let delimiter = delimiter(text, whole, extension);
    let quote = quote(text, whole, delimiter);
    let dialect = Dialect { delimiter, quote };
    let sample = sample(dialect, text, whole);
    let decimal_comma = delimiter != b',' && has_decimal_commas(dialect, &sample);
    let has_header = has_header(dialect, &sample, decimal_comma);
    let format = if delimiter == b'\t' { Format::Tsv } else { Format::Csv };
    let options = CsvOptions {
        delimiter: char::from(delimiter),
        quote: char::from(quote),
        has_header,
        encoding,
        decimal_comma,
        ..CsvOptions::default()
    };
    let separated = match delimiter {
        b'\t' => "tabs".to_owned(),
        other => format!("'{}'", char::from(other)),
    };
    match (delimiter, decimal_comma) {
        (b',', _) => {}
        (b'\t', false) if extension == "tsv" => {}
        (_, false) => notes.push(format!("Values are separated by {separated}.")),
        (_, true) => {
            notes.push(format!(
                "Values are separated by {separated} and decimals use a comma, as in 3,14."
            ));
        }
    }
    if quote == b'\'' {
        notes.push("Values stand in single quotes.".to_owned());
    }
    if !has_header {
        notes.push("The first row holds values and no names, so the columns are numbered.".to_owned());
    }
    let source = Source {
        path: path.to_owned(),
        format,
        csv: Some(options),
        remote: None,
    };
    let file = TextFile::open(&source, Path::new(""))?;
    if file.has_row_names {
        let first = &file.names[0];
        notes.push(format!(
            "Rows have one value more than there are names, so their first column is called '{first}'."
        ));
    }
    notes.extend(renamed(&file));
    if null_words(dialect, &sample) {
        let words = source.csv_options().null_values.join(", ");
        notes.push(format!(
            "Empty values and the words {words} without quotes are taken as missing."
        ));
    }
    Ok(Detected { source, notes })
}

/// What is said about names that had to change.
fn renamed(file: &TextFile) -> Option<String> {
    let (old, new) = file.renamed.first()?;
    let first = if old.is_empty() {
        format!("a column without a name is called '{new}'")
    } else {
        format!("the second column '{old}' is called '{new}'")
    };
    let more = match file.renamed.len() - 1 {
        0 => String::new(),
        1 => ", and one more".to_owned(),
        more => format!(", and {more} more"),
    };
    Some(format!("Names of columns must differ: {first}{more}."))
}

/// The first records.
pub(crate) fn sample(dialect: Dialect, text: &[u8], whole: bool) -> Vec<&[u8]> {
    let (mut records, mut at) = (vec![], 0);
    while let Found::Record { start, end, next } = dialect.find(text, at, whole) {
        records.push(&text[start..end]);
        at = next;
        if records.len() == SAMPLE {
            break;
        }
    }
    if records.is_empty() {
        // One record longer than the head: better a part of it than nothing.
        records.push(text);
    }
    records
}

/// The delimiter under which most records have the same number of fields as the first one.
/// Rare characters come first: a comma may stand in numbers and sentences.
fn delimiter(text: &[u8], whole: bool, extension: &str) -> u8 {
    let mut best = (0.0, if extension == "tsv" { b'\t' } else { b',' });
    for delimiter in *b"\t;|," {
        let dialect = Dialect { delimiter, quote: b'"' };
        let counts: Vec<usize> = sample(dialect, text, whole)
            .iter()
            .map(|record| dialect.count(record))
            .collect();
        if counts[0] < 2 {
            continue;
        }
        let same = counts.iter().filter(|count| **count == counts[0]).count() as f64 / counts.len() as f64;
        if same > best.0 + 0.02 {
            best = (same, delimiter);
        }
    }
    best.1
}

/// The character around values: a double quote, unless single ones stand around every value that
/// begins with one, and no double one begins a value.
fn quote(text: &[u8], whole: bool, delimiter: u8) -> u8 {
    let plain = Dialect {
        delimiter,
        quote: b'\'',
    };
    let (mut around, mut other, mut spans) = (0_u32, 0_u32, vec![]);
    for record in sample(plain, text, whole) {
        plain.split(record, usize::MAX, &mut spans);
        for span in &spans {
            match (span.shape, span.of(record).first()) {
                (Shape::Quoted | Shape::Escaped, _) => around += 1,
                (Shape::Mixed, _) | (Shape::Bare, Some(b'\'' | b'"')) => other += 1,
                _ => {}
            }
        }
    }
    if around > 2 && other == 0 { b'\'' } else { b'"' }
}

/// How many values are written `3,14`, and how many `3.14`.
pub(crate) fn decimals(dialect: Dialect, sample: &[&[u8]]) -> (u32, u32) {
    let (mut commas, mut points, mut spans) = (0, 0, vec![]);
    for record in sample {
        dialect.split(record, usize::MAX, &mut spans);
        for span in &spans {
            let text = dialect.text(record, *span);
            let text = text.trim_ascii();
            commas += u32::from(text.contains(&b',') && number::fits(text, true) == Fit::Float);
            points += u32::from(text.contains(&b'.') && number::fits(text, false) == Fit::Float);
        }
    }
    (commas, points)
}

/// Whether numbers are written `3,14` and none `3.14`.
fn has_decimal_commas(dialect: Dialect, sample: &[&[u8]]) -> bool {
    let (commas, points) = decimals(dialect, sample);
    commas > points
}

/// Whether the first row is names: a text above numbers says so, a number above numbers
/// says the contrary, and where nothing speaks it is.
fn has_header(dialect: Dialect, sample: &[&[u8]], decimal_comma: bool) -> bool {
    let mut spans = vec![];
    dialect.split(sample[0], usize::MAX, &mut spans);
    let first: Vec<Vec<u8>> = spans
        .iter()
        .map(|span| dialect.text(sample[0], *span).trim_ascii().to_vec())
        .collect();
    let mut tallies = vec![Tally::default(); first.len()];
    for (row, record) in sample.iter().enumerate().skip(1) {
        dialect.split(record, first.len(), &mut spans);
        for (tally, span) in tallies.iter_mut().zip(&spans) {
            let text = dialect.text(record, *span);
            if !is_null(&text) {
                tally.add(row as u64, &Value::Bare(&text), false, decimal_comma);
            }
        }
    }
    let is_value = |text: &[u8]| {
        number::fits(text, decimal_comma) != Fit::No
            || boolean(text).is_some()
            || temporal::datetime(text, temporal::DateOrder::YearMonthDay).is_some()
    };
    let (mut names, mut values) = (0, 0);
    for (text, tally) in first.iter().zip(&tallies) {
        let typed = tally.values > 0 && tally.decide().kind != ColumnType::String;
        if !typed && sample.len() > 1 || is_null(text) {
            continue;
        }
        if is_value(text) { values += 1 } else { names += 1 }
    }
    // Columns that are simply numbered are named, too; a few numbers in order may be values.
    let numbered = first.len() > 3
        && sample.len() > 1
        && first.iter().enumerate().all(|(position, text)| {
            let number = number::integer(text);
            number == Some(position as i64) || number == Some(position as i64 + 1)
        });
    names > 0 || values == 0 || numbered
}

fn is_null(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.is_empty() || crate::source::NULL_VALUES.iter().any(|word| word.as_bytes() == text)
}

/// Whether a word for missing stands in the sample.
fn null_words(dialect: Dialect, sample: &[&[u8]]) -> bool {
    let mut spans: Vec<Span> = vec![];
    sample.iter().skip(1).any(|record| {
        dialect.split(record, usize::MAX, &mut spans);
        spans.iter().any(|span| {
            let text = span.of(record).trim_ascii();
            span.shape == Shape::Bare && !text.is_empty() && is_null(text)
        })
    })
}
