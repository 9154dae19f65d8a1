//! How a text table is read, why it seems to be so, and what other options would make of it.

use std::path::Path;

use serde::Serialize;

use crate::detect::{Detected, decimals, detect, sample};
use crate::encoding;
use crate::error::{DataError, Result};
use crate::fields::{Dialect, Shape};
use crate::infer::Tally;
use crate::page::{Cell, Pages};
use crate::schema::Schema;
use crate::source::{CsvOptions, Encoding, Format, Source};
use crate::survey;
use crate::text::HEAD_BYTES;
use crate::unpack::Wrapping;
use crate::values::Value;

/// How a CSV or TSV file seems to be written, each with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// What was found.
    pub options: CsvOptions,
    /// Why this delimiter.
    pub delimiter: String,
    /// Why this quote.
    pub quote: String,
    /// Why the first row is names, or is none.
    pub header: String,
    /// Why this encoding.
    pub encoding: String,
    /// Why decimals are written so.
    pub decimals: String,
    /// Which columns hold dates, and how they are written.
    pub dates: String,
    /// Which words for missing were seen.
    pub missing: String,
}

/// What some options make of the start of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingSample {
    pub schema: Schema,
    /// By column, then row.
    pub cells: Vec<Vec<Cell>>,
}

/// Finds out how a text table is written. Reads at most its first MiB.
///
/// # Errors
/// When it cannot be read, or is no CSV or TSV file.
pub fn reading(path: &Path) -> Result<Reading> {
    let source = detect(path)?.source;
    let Some(options) = source.csv.clone() else {
        return Err(DataError::NotATable {
            path: path.to_owned(),
            what: format!("{} has nothing to choose in how it is read", source.format),
            hint: "Only CSV and TSV files have.",
        });
    };
    let (head, whole) = Wrapping::of(&source)?.head(path, HEAD_BYTES)?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let dialect = Dialect {
        delimiter: options.delimiter as u8,
        quote: options.quote as u8,
    };
    let records = sample(dialect, text, whole);
    let looked_at = format!("the first {} rows", records.len());
    Ok(Reading {
        delimiter: why_delimiter(dialect, &records),
        quote: why_quote(dialect, &records, &looked_at),
        header: why_header(&options).to_owned(),
        encoding: why_encoding(options.encoding, text).to_owned(),
        decimals: why_decimals(dialect, &records, &looked_at),
        dates: why_dates(&source)?,
        missing: why_missing(dialect, &records, &options, &looked_at),
        options,
    })
}

/// Reads the first rows of a source as its options say, whatever the file seems to be. At most so
/// many rows, and a hundred columns.
///
/// # Errors
/// When the file cannot be read in this way.
pub fn sample_reading(source: &Source, rows: usize) -> Result<ReadingSample> {
    let mut pages = Pages::open(source, Path::new(""))?;
    let schema = pages.schema().clone();
    let page = pages.read(0, rows, 0..schema.len().min(100))?;
    Ok(ReadingSample {
        schema,
        cells: page.cells,
    })
}

impl Detected {
    /// The same file, read as a person said instead of as it seems to be. What they said of a file
    /// that is no CSV or TSV now, or cannot be understood, is passed over.
    #[must_use]
    pub fn as_said(mut self, said: Option<serde_json::Value>) -> Self {
        let said = said.and_then(|said| serde_json::from_value::<CsvOptions>(said).ok());
        if let (Some(found), Some(said)) = (&self.source.csv, said)
            && *found != said
        {
            self.source = self.source.read_with(said);
            self.notes = vec!["The file is read as was said, and not as it seems to be.".to_owned()];
        }
        self
    }
}

impl Source {
    /// The same file, read with these options: tabs make it TSV.
    #[must_use]
    pub fn read_with(mut self, options: CsvOptions) -> Self {
        self.format = if options.delimiter == '\t' {
            Format::Tsv
        } else {
            Format::Csv
        };
        self.csv = Some(options);
        self
    }
}

fn why_delimiter(dialect: Dialect, records: &[&[u8]]) -> String {
    let counts: Vec<usize> = records.iter().map(|record| dialect.count(record)).collect();
    let first = counts.first().copied().unwrap_or(0);
    let same = counts.iter().filter(|count| **count == first).count();
    if first < 2 {
        "No character cuts the rows into the same number of values, so each row is one.".to_owned()
    } else if same == counts.len() {
        format!("Each of the first {same} rows has {first} values with it.")
    } else {
        format!("{same} of the first {} rows have {first} values with it.", counts.len())
    }
}

fn why_quote(dialect: Dialect, records: &[&[u8]], looked_at: &str) -> String {
    let (mut quoted, mut spans) = (0, vec![]);
    for record in records {
        dialect.split(record, usize::MAX, &mut spans);
        let is_quoted = |shape| matches!(shape, Shape::Quoted | Shape::Escaped);
        quoted += spans.iter().filter(|span| is_quoted(span.shape)).count();
    }
    match quoted {
        0 => format!("No value of {looked_at} stands in quotes; this is the usual one."),
        1 => format!("One value of {looked_at} stands in them."),
        more => format!("{more} values of {looked_at} stand in them."),
    }
}

fn why_header(options: &CsvOptions) -> &'static str {
    if options.has_header {
        "The first row holds texts that are not of the types of the rows below."
    } else {
        "The first row holds values of the types of the rows below."
    }
}

fn why_encoding(encoding: Encoding, text: &[u8]) -> &'static str {
    match encoding {
        Encoding::Utf8 if text.is_ascii() => "Its first MiB has no letter beyond ASCII.",
        Encoding::Utf8 => "Its first MiB is valid UTF-8.",
        Encoding::Utf8Bom => "It begins with the mark of UTF-8.",
        Encoding::Utf16Le | Encoding::Utf16Be => "It begins with the mark of UTF-16, or every second byte is zero.",
        Encoding::Windows1252 => "Its first MiB is no valid UTF-8; in Windows-1252 every byte is a letter.",
    }
}

fn why_decimals(dialect: Dialect, records: &[&[u8]], looked_at: &str) -> String {
    match decimals(dialect, records) {
        (0, 0) => format!("No value of {looked_at} has decimals."),
        (_, _) if dialect.delimiter == b',' => "The comma is between values, so it is in none.".to_owned(),
        (commas, points) => format!("{commas} values of {looked_at} are written as 3,14 and {points} as 3.14."),
    }
}

fn why_dates(source: &Source) -> Result<String> {
    let file = crate::text::TextFile::open(source, Path::new(""))?;
    let mut blocks = crate::records::Blocks::from(&file, file.data_start, 0, HEAD_BYTES)?;
    let Some(block) = blocks.next()? else {
        return Ok("There are no rows.".to_owned());
    };
    let (mut dates, mut unclear): (Vec<String>, Vec<String>) = (vec![], vec![]);
    for (name, text_type) in survey::guess(&file, std::slice::from_ref(&block)) {
        if matches!(text_type.kind, crate::ColumnType::Date | crate::ColumnType::Datetime) {
            dates.push(format!("'{name}' ({})", text_type.order.label().to_lowercase()));
        }
    }
    let mut tallies = vec![Tally::default(); file.names.len()];
    let mut reader = file.records();
    for (row, record) in block.iter().enumerate() {
        reader.split(record, file.names.len());
        for (column, tally) in tallies.iter_mut().enumerate() {
            let value: Value<'_> = reader.value(record, column);
            tally.add(row as u64, &value, false, file.decimal_comma);
        }
    }
    for (name, tally) in file.names.iter().zip(&tallies) {
        if tally.is_ambiguous_date() {
            unclear.push(format!("'{name}'"));
        }
    }
    let few = |names: Vec<String>| match names.as_slice() {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    };
    Ok(match (dates.is_empty(), unclear.is_empty()) {
        (true, true) => "No column holds dates.".to_owned(),
        (false, true) => format!("Dates are in {}.", few(dates)),
        (_, false) => format!(
            "In {} day and month cannot be told apart: say which comes first.",
            few(unclear)
        ),
    })
}

fn why_missing(dialect: Dialect, records: &[&[u8]], options: &CsvOptions, looked_at: &str) -> String {
    let (mut seen, mut spans): (Vec<String>, Vec<_>) = (vec![], vec![]);
    for record in records.iter().skip(usize::from(options.has_header)) {
        dialect.split(record, usize::MAX, &mut spans);
        for span in spans.iter().filter(|span| span.shape == Shape::Bare) {
            let word = encoding::decode(span.of(record).trim_ascii(), options.encoding);
            if options.null_values.iter().any(|known| *known == word) && !seen.contains(&word.clone().into_owned()) {
                seen.push(word.into_owned());
            }
        }
    }
    if seen.is_empty() {
        format!("None of these words stands in {looked_at}. An empty value is always missing.")
    } else {
        format!(
            "{} stand in {looked_at}. An empty value is always missing.",
            seen.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporal::DateOrder;

    fn of(text: &[u8]) -> (tempfile::TempDir, Source, Reading) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let source = detect(&path).unwrap().source;
        let found = reading(&path).unwrap();
        (folder, source, found)
    }

    #[test]
    fn each_option_is_found_with_its_reason() {
        let text = b"when;price;who\n01.02.2024;3,14;NA\n02.02.2024;2,5;'x'\n";
        let (_folder, _, found) = of(text);
        assert_eq!(found.options.delimiter, ';');
        assert!(found.options.decimal_comma);
        assert!(
            found.delimiter.contains("first 3 rows has 3 values"),
            "{}",
            found.delimiter
        );
        assert!(
            found.decimals.contains("2 values") && found.decimals.contains("0 as 3.14"),
            "{}",
            found.decimals
        );
        assert!(
            found.dates.contains("'when'") && found.dates.contains("say which"),
            "{}",
            found.dates
        );
        assert!(found.missing.starts_with("NA stand"), "{}", found.missing);
        assert!(found.encoding.contains("ASCII") && found.header.contains("texts"));
    }

    #[test]
    fn single_quotes_are_found_where_they_stand_around_values() {
        let (_folder, source, found) = of(b"a,b\n'x, y','it''s'\n'z','w'\n");
        assert_eq!(found.options.quote, '\'');
        assert!(found.quote.contains("4 values"), "{}", found.quote);
        let rows = sample_reading(&source, 9).unwrap();
        assert_eq!(rows.cells[0][0].text(), "x, y");
        assert_eq!(rows.cells[1][0].text(), "it's");
        let (_folder, _, found) = of(b"a,b\n'tis,\"x\"\n'twas,'y'\nz,\n");
        assert_eq!(found.options.quote, '"');
    }

    #[test]
    fn other_options_make_another_table_of_the_same_file() {
        let (_folder, source, found) = of(b"day,n\n01/02/2024,-\n03/04/2024,5\n");
        let kinds = |options: CsvOptions| -> Vec<&'static str> {
            let rows = sample_reading(&source.clone().read_with(options), 9).unwrap();
            rows.schema.iter().map(|column| column.kind.label()).collect()
        };
        assert_eq!(kinds(found.options.clone()), ["string", "string"]);
        let options = CsvOptions {
            date_order: Some(DateOrder::MonthDayYear),
            null_values: vec!["-".to_owned()],
            ..found.options.clone()
        };
        assert_eq!(kinds(options.clone()), ["date", "integer"]);
        let options = CsvOptions {
            has_header: false,
            delimiter: '/',
            ..options
        };
        assert_eq!(kinds(options).len(), 3);
        let tabs = CsvOptions {
            delimiter: '\t',
            ..found.options
        };
        assert_eq!(source.read_with(tabs).format, Format::Tsv);
    }
}
