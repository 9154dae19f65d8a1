//! How a text of separated values is written: delimiter, quote, header, decimal sign.

use std::path::Path;

use super::Detected;
use crate::error::{DataError, Result};
use crate::fields::{Dialect, Found, Shape, Span};
use crate::infer::{Tally, boolean};
use crate::number::{self, Fit};
use crate::schema::ColumnType;
use crate::source::{CsvOptions, Encoding, Format, Source};
use crate::temporal;
use crate::text::TextFile;
use crate::values::Value;

/// How many records are looked at.
const SAMPLE: usize = 500;

pub(super) fn csv(
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
