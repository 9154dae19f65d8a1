//! What a cell holds, found out by a worker: text, JSON, a list of numbers, a picture, bytes.

use std::path::Path;

use aloft_base::Report;
use aloft_data::{Cell, ColumnType};
use serde_json::Value;

use super::super::super::table::Handle;
use crate::widget::{Picture, decode_picture};
use crate::work::Answer;

/// Files of pictures with more bytes are not read.
const MOST_BYTES: u64 = 32 << 20;
/// Longer lists of numbers are shown as text.
const MOST_NUMBERS: usize = 4_000_000;

/// A cell that was looked at.
pub(super) struct Looked {
    pub(super) kind: ColumnType,
    pub(super) content: Content,
    /// All of its text, as it is copied.
    pub(super) text: String,
    pub(super) characters: u64,
    /// What could not be shown, as a sentence.
    pub(super) note: Option<String>,
}

impl std::fmt::Debug for Looked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Looked")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What it is shown as.
pub(super) enum Content {
    Missing,
    NotANumber,
    Empty,
    Text,
    /// An object or a list.
    Json(Value),
    /// NaN where one is missing.
    Numbers(Vec<f64>),
    Picture(Picture),
    Bytes(Vec<u8>),
}

/// Looks at a cell; `folder` is where the paths of pictures begin. Called on a worker.
pub(super) fn look(handle: &Handle, folder: Option<&Path>, row: u64, column: usize) -> Answer<Looked> {
    let mut pages = handle.lock();
    let fault = |error: aloft_data::DataError| Report::of(&error);
    let kind = pages
        .schema()
        .get(column)
        .map_or(ColumnType::Other, |column| column.kind);
    let cell = pages.cell(row, column).map_err(fault)?;
    let bytes = pages.bytes(row, column).map_err(fault)?;
    // Decoding a picture needs no file.
    drop(pages);
    let text = cell.text().to_owned();
    let mut note = None;
    let content = match cell {
        Cell::Null => Content::Missing,
        Cell::NaN => Content::NotANumber,
        Cell::Number(_) => Content::Text,
        Cell::Text(_) if text.is_empty() => Content::Empty,
        Cell::Text(_) => of_text(&text, kind, bytes, folder, &mut note),
    };
    Ok(Looked {
        kind,
        content,
        characters: text.chars().count() as u64,
        text,
        note,
    })
}

fn of_text(
    text: &str,
    kind: ColumnType,
    bytes: Option<Vec<u8>>,
    folder: Option<&Path>,
    note: &mut Option<String>,
) -> Content {
    if let Some(bytes) = bytes {
        if is_picture(&bytes) {
            match decode_picture(&bytes) {
                Ok(picture) => return Content::Picture(picture),
                Err(why) => *note = Some(why),
            }
        }
        if kind == ColumnType::Binary {
            return Content::Bytes(bytes);
        }
    }
    if let Some(numbers) = numbers(text) {
        return Content::Numbers(numbers);
    }
    if text.starts_with(['{', '[']) || text.trim_start().starts_with(['{', '[']) {
        let read = serde_json::from_str::<Value>(text);
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = read {
            return Content::Json(value);
        }
    }
    match picture_at(text, folder) {
        Some(Ok(picture)) => Content::Picture(picture),
        Some(Err(why)) => {
            *note = Some(why);
            Content::Text
        }
        None => Content::Text,
    }
}

fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// The numbers of a text such as `[1, 2.5, null]`, when there are several and nothing else.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut numbers = Vec::new();
    for part in inside.split(',') {
        let part = part.trim();
        let number = if part == "null" { f64::NAN } else { part.parse().ok()? };
        numbers.push(number);
        if numbers.len() > MOST_NUMBERS {
            return None;
        }
    }
    (numbers.len() > 1 && numbers.iter().any(|number| number.is_finite())).then_some(numbers)
}

/// The picture in a file of this machine that the text is the path of.
fn picture_at(text: &str, folder: Option<&Path>) -> Option<Result<Picture, String>> {
    let text = text.trim();
    let is_name = text.len() < 1024
        && !text.contains('\n')
        && [".png", ".jpg", ".jpeg"]
            .iter()
            .any(|ending| text.to_lowercase().ends_with(ending));
    if !is_name {
        return None;
    }
    let path = Path::new(text);
    let path = if path.is_absolute() {
        path.to_owned()
    } else {
        folder?.join(path)
    };
    let length = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?.len();
    if length > MOST_BYTES {
        return Some(Err("The picture has more than 32 MB and is not shown.".to_owned()));
    }
    let bytes = std::fs::read(&path).ok()?;
    Some(decode_picture(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_numbers_is_told_from_other_lists() {
        assert_eq!(numbers("[1, 2.5,-3e2]"), Some(vec![1.0, 2.5, -300.0]));
        let gaps = numbers("[1,null,NaN]").unwrap();
        assert!(gaps[1].is_nan() && gaps[2].is_nan());
        for text in ["[]", "[1]", "[[1,2]]", "[\"a\",1]", "1,2", "[null,null]", "[1,2"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_is_a_picture_only_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        std::fs::write(folder.path().join("a.PNG"), bytes.into_inner()).unwrap();
        std::fs::write(folder.path().join("bad.png"), b"no picture").unwrap();
        let at = |text: &str| picture_at(text, Some(folder.path()));
        assert_eq!(at("a.PNG").unwrap().unwrap().size(), [3, 2]);
        assert!(at("bad.png").unwrap().is_err());
        assert!(at("gone.png").is_none() && at("a.txt").is_none());
    }
}
