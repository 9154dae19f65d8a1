//! The first reading of a whole file: rows, columns and types, decided once and kept in
//! the cache, so that the grid, the profile and the training agree.

use std::path::Path;

use aloft_base::text::thousands;
use serde::{Deserialize, Serialize};

use crate::columnar;
use crate::error::Result;
use crate::index::{IndexProgress, IndexWriter, read_json, write_json};
use crate::infer::{Tally, TextType};
use crate::keep;
use crate::parallel::in_order;
use crate::records::{Block, Blocks};
use crate::schema::{Column, ColumnType, Schema};
use crate::source::{Encoding, Source};
use crate::stamp::Stamp;
use crate::text::{Syntax, TextFile, check_keys};
use crate::values::{RecordReader, Shapely};

/// Goes up when the rules by which types are decided change.
const VERSION: u32 = 1;

/// What the first reading of a file found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Survey {
    version: u32,
    stamp: Stamp,
    pub(crate) rows: u64,
    pub(crate) columns: Vec<SurveyColumn>,
    pub(crate) warnings: Vec<String>,
}

/// What the first reading found about a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SurveyColumn {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) text_type: TextType,
    /// Bytes of all values, for planning memory.
    pub(crate) bytes: u64,
}

impl Survey {
    pub(crate) fn schema(&self) -> Schema {
        self.columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                kind: column.text_type.kind,
            })
            .collect()
    }

    /// The survey of this very file, when it was made before.
    pub(crate) fn read(cache: &Path, stamp: Stamp) -> Result<Option<Self>> {
        let survey: Option<Self> = read_json(&cache.join("survey.json"))?;
        Ok(survey.filter(|survey| survey.stamp == stamp && survey.version == VERSION))
    }

    /// Writes the survey into the cache, unless the source changed meanwhile.
    pub(crate) fn keep(&self, source: &Source, cache: &Path) -> Result<()> {
        self.stamp.verify_source(source)?;
        aloft_base::fs::create_folder(cache)?;
        write_json(&cache.join("survey.json"), self)
    }
}

/// The survey of a file, from the cache or by reading all of it.
pub(crate) fn survey(source: &Source, cache: &Path, on: &mut dyn FnMut(IndexProgress) -> Result<()>) -> Result<Survey> {
    keep::hold_cache(cache);
    let stamp = Stamp::of_source(source)?;
    if let Some(survey) = Survey::read(cache, stamp)? {
        return Ok(survey);
    }
    let survey = if source.format.is_text() {
        survey_text(source, cache, on)?
    } else {
        let (schema, rows) = (columnar::schema(source)?, columnar::rows(source)?);
        let columns = schema
            .into_iter()
            .map(|column| SurveyColumn {
                name: column.name,
                text_type: TextType::new(column.kind),
                bytes: rows * 8,
            })
            .collect();
        Survey {
            version: VERSION,
            stamp,
            rows,
            columns,
            warnings: vec![],
        }
    };
    survey.keep(source, cache)?;
    Ok(survey)
}

fn survey_text(source: &Source, cache: &Path, on: &mut dyn FnMut(IndexProgress) -> Result<()>) -> Result<Survey> {
    let stamp = Stamp::of(&source.path)?;
    let mut progress = |rows, bytes, total_bytes| {
        on(IndexProgress {
            rows,
            bytes,
            total_bytes,
        })
    };
    TextFile::make_copy(source, cache, &mut |bytes| progress(0, bytes, stamp.bytes))?;
    let file = TextFile::open(source, cache)?;
    let mut writer = IndexWriter::create(cache, stamp)?;
    let mut blocks = Blocks::new(&file)?;
    let mut total = Count::new(&file);
    in_order(
        || blocks.next(),
        |block| {
            let mut count = Count::new(&file);
            count.add(&file, &block);
            Ok((block, count))
        },
        |(block, count)| {
            writer.add(&block)?;
            total.merge(count);
            check_keys(&file.path, &total.names)?;
            progress(total.rows, block.end(), file.bytes)
        },
    )?;
    file.verify()?;
    writer.finish(total.rows)?;
    Ok(total.survey(&file))
}

/// The schema that the start of a text file suggests.
pub(crate) fn guess(file: &TextFile, blocks: &[Block]) -> Vec<(String, TextType)> {
    let mut count = Count::new(file);
    for block in blocks {
        count.add(file, block);
    }
    count
        .names
        .iter()
        .cloned()
        .zip(count.tallies.iter().map(Tally::decide))
        .collect()
}

/// What was counted in some rows.
pub(crate) struct Count {
    names: Vec<String>,
    tallies: Vec<Tally>,
    pub(crate) rows: u64,
    /// Line feeds, also in rows that span lines.
    lines: u64,
    short: Odd,
    long: Odd,
    bad: Odd,
    not_utf8: Odd,
}

/// Rows that are not as they should be.
#[derive(Clone, Copy, Debug, Default)]
struct Odd {
    rows: u64,
    /// The line of the first one, from 0, relative to where counting began.
    first_line: Option<u64>,
}

impl Odd {
    fn note(&mut self, line: impl FnOnce() -> u64) {
        self.rows += 1;
        self.first_line.get_or_insert_with(line);
    }

    fn merge(&mut self, later: Self, lines_before: u64) {
        self.rows += later.rows;
        self.first_line = self.first_line.or(later.first_line.map(|line| lines_before + line));
    }
}

impl Count {
    pub(crate) fn new(file: &TextFile) -> Self {
        let odd = Odd::default();
        Self {
            names: file.names.clone(),
            tallies: vec![Tally::new(file.date_order); file.names.len()],
            rows: 0,
            lines: 0,
            short: odd,
            long: odd,
            bad: odd,
            not_utf8: odd,
        }
    }

    /// Counts the rows of a block.
    pub(crate) fn add(&mut self, file: &TextFile, block: &Block) {
        let json = file.syntax == Syntax::Json;
        self.add_each(file, block, |tallies, reader, record, row| {
            for (column, tally) in tallies.iter_mut().enumerate() {
                tally.add(row, &reader.value(record, column), json, file.decimal_comma);
            }
        });
    }

    /// Counts the rows of a block. `each` sees to the values of a record, which is split
    /// then, with its number in the file.
    pub(crate) fn add_each(
        &mut self,
        file: &TextFile,
        block: &Block,
        mut each: impl FnMut(&mut [Tally], &RecordReader<'_>, &[u8], u64),
    ) {
        let json = file.syntax == Syntax::Json;
        let mut reader = file.records();
        if json {
            reader = reader.learning();
        }
        let valid = file.encoding == Encoding::Windows1252 || std::str::from_utf8(&block.bytes).is_ok();
        for (position, record) in block.iter().enumerate() {
            let row = block.first_row + position as u64;
            let line = || {
                let start = block.records[position].0 as usize;
                memchr::memchr_iter(b'\n', &block.bytes[..start]).count() as u64
            };
            match reader.split(record, file.names.len()) {
                Shapely::Whole => {}
                Shapely::Short => self.short.note(line),
                Shapely::Long => self.long.note(line),
                Shapely::Bad => self.bad.note(line),
            }
            if !valid && std::str::from_utf8(record).is_err() {
                self.not_utf8.note(line);
            }
            while self.tallies.len() < reader.fields() && json {
                self.tallies.push(Tally::new(file.date_order));
            }
            each(&mut self.tallies, &reader, record, row);
        }
        self.rows += block.records.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', &block.bytes).count() as u64;
        if json {
            self.names = reader.into_names();
        }
    }

    /// Counts values of a column that were found to be of a type.
    pub(crate) fn add_fitting(&mut self, column: usize, text_type: TextType, values: u64, bytes: u64) {
        self.tallies[column].add_fitting(text_type, values, bytes);
    }

    /// The types that all rows so far suggest.
    pub(crate) fn types(&self) -> Vec<TextType> {
        self.tallies.iter().map(Tally::decide).collect()
    }

    /// What was found, all rows being counted.
    pub(crate) fn survey(&self, file: &TextFile) -> Survey {
        let columns = (self.names.iter().zip(&self.tallies)).map(|(name, tally)| SurveyColumn {
            name: name.clone(),
            text_type: tally.decide(),
            bytes: tally.bytes,
        });
        Survey {
            version: VERSION,
            stamp: file.stamp,
            rows: self.rows,
            columns: columns.collect(),
            warnings: self.warnings(file),
        }
    }

    /// Adds what was counted in the rows that follow.
    pub(crate) fn merge(&mut self, later: Self) {
        for (position, (name, tally)) in later.names.iter().zip(later.tallies).enumerate() {
            // At the same place but for keys of JSON Lines that came late.
            let here = self.names.get(position).filter(|here| *here == name).map(|_| position);
            if let Some(position) = here.or_else(|| self.position(name)) {
                self.tallies[position].merge(tally);
            } else {
                self.names.push(name.clone());
                self.tallies.push(tally);
            }
        }
        self.short.merge(later.short, self.lines);
        self.long.merge(later.long, self.lines);
        self.bad.merge(later.bad, self.lines);
        self.not_utf8.merge(later.not_utf8, self.lines);
        self.rows += later.rows;
        self.lines += later.lines;
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    fn warnings(&self, file: &TextFile) -> Vec<String> {
        let columns = thousands(self.names.len() as u64);
        let odd = |odd: &Odd, what: &str, done: &str| {
            let line = thousands(file.data_line + odd.first_line?);
            let (rows, verb) = if odd.rows == 1 {
                ("row", "has")
            } else {
                ("rows", "have")
            };
            Some(format!(
                "{} {rows} {verb} {what}, first on line {line}; {done}.",
                thousands(odd.rows)
            ))
        };
        let mut warnings: Vec<String> = [
            odd(
                &self.long,
                &format!("more than {columns} values"),
                "what is too much is ignored",
            ),
            odd(
                &self.short,
                &format!("fewer than {columns} values"),
                "the others are taken as missing",
            ),
            odd(
                &self.bad,
                "no valid JSON object",
                "all of their values are taken as missing",
            ),
            odd(&self.not_utf8, "text that is not UTF-8", "it is read as Windows-1252"),
        ]
        .into_iter()
        .flatten()
        .collect();
        for (name, tally) in self.names.iter().zip(&self.tallies) {
            let kind = tally.decide().kind;
            if tally.is_too_large() {
                warnings.push(format!(
                    "The column '{name}' holds whole numbers too large for 64 bits and is read as text."
                ));
            } else if kind == ColumnType::String && tally.is_ambiguous_date() {
                warnings.push(format!(
                    "The column '{name}' holds dates in which day and month cannot be told apart, and is read as text."
                ));
            } else if let Some((row, text)) = &tally.first_other
                && kind == ColumnType::String
                && (tally.values - tally.numbers) * 100 < tally.values
            {
                let others = tally.values - tally.numbers;
                let are = if others == 1 {
                    "is not a number"
                } else {
                    "are not numbers"
                };
                warnings.push(format!(
                    "The column '{name}' is read as text: {} of {} values {are}, first at row {}: '{text}'.",
                    thousands(others),
                    thousands(tally.values),
                    thousands(row + 1),
                ));
            }
        }
        warnings
    }
}
