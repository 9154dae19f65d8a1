//! What a file is: format, encoding, delimiter, header and decimal sign, from its start.

mod csv;

use std::fs::File;
use std::path::Path;

use crate::encoding;
use crate::error::{DataError, Result};
use crate::remote;
use crate::source::{Encoding, Format, Source};
use crate::text::{HEAD_BYTES, TextFile, read_head};
use crate::unpack::{Compression, Rows, looks_like_document};

use csv::csv;
pub(crate) use csv::{decimals, sample};

/// What was found out about a file, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    pub source: Source,
    /// One sentence each, for a person.
    pub notes: Vec<String>,
}

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
