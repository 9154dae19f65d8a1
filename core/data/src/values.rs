//! How a record of a text file becomes values.

use std::borrow::Cow;

use crate::fields::{Shape, Span};
use crate::json::{self, Keys};
use crate::text::{Syntax, TextFile};

/// A value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Missing,
    /// CSV: a word for missing, or nothing, in quotes: missing in a column of numbers, text in a column of text.
    MissingWord(Cow<'a, [u8]>),
    Bare(&'a [u8]),
    Quoted(Cow<'a, [u8]>),
}

/// Whether a record has the fields it should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shapely {
    Whole,
    /// CSV: fewer fields than columns.
    Short,
    /// CSV: more fields than columns.
    Long,
    /// JSON Lines: no object.
    Bad,
}

/// Splits the records of a file into values; one for each thread.
#[derive(Debug)]
pub(crate) struct RecordReader<'f> {
    file: &'f TextFile,
    keys: Keys,
    spans: Vec<Span>,
    learn: bool,
}

impl<'f> RecordReader<'f> {
    pub(crate) fn new(file: &'f TextFile) -> Self {
        let names = if file.syntax == Syntax::Json {
            file.names.as_slice()
        } else {
            &[]
        };
        Self {
            file,
            keys: Keys::new(names.iter().cloned()),
            spans: vec![],
            learn: false,
        }
    }

    /// Adds the keys of JSON Lines that are new to the columns.
    pub(crate) fn learning(mut self) -> Self {
        self.learn = true;
        self
    }

    /// The keys of JSON Lines, with those learned.
    pub(crate) fn into_names(self) -> Vec<String> {
        self.keys.names().to_vec()
    }

    /// Splits a record; its values can then be asked for.
    pub(crate) fn split(&mut self, record: &[u8], columns: usize) -> Shapely {
        match self.file.syntax {
            Syntax::Csv(dialect) => {
                dialect.split(record, columns + 1, &mut self.spans);
                let extra_is_empty = || self.spans[columns].start == self.spans[columns].end;
                match self.spans.len() {
                    found if found == columns => Shapely::Whole,
                    found if found < columns => Shapely::Short,
                    // A trailing delimiter is no value.
                    _ if extra_is_empty() && self.spans[columns].end as usize == record.len() => Shapely::Whole,
                    _ => Shapely::Long,
                }
            }
            Syntax::Json => {
                if json::split(record, &mut self.keys, self.learn, &mut self.spans).is_some() {
                    return Shapely::Whole;
                }
                self.spans.clear();
                Shapely::Bad
            }
        }
    }

    /// Where a column stands in the record that was split last.
    pub(crate) fn span(&self, column: usize) -> Span {
        self.spans.get(column).copied().unwrap_or(Span::ABSENT)
    }

    /// How many fields the record has that was split last.
    pub(crate) fn fields(&self) -> usize {
        self.spans.len()
    }

    /// The text of a column in the record that was split last, also when it is a word
    /// for missing; nothing when the record has no such field.
    pub(crate) fn as_written<'r>(&self, record: &'r [u8], column: usize) -> Cow<'r, [u8]> {
        let span = self.span(column);
        match (span.shape, self.file.syntax) {
            (Shape::Absent, _) => Cow::Borrowed(&[]),
            (Shape::Bare, _) => Cow::Borrowed(span.of(record)),
            (_, Syntax::Json) => json::text(record, span),
            (_, Syntax::Csv(dialect)) => dialect.text(record, span),
        }
    }

    /// The value of a column in the record that was split last.
    pub(crate) fn value<'r>(&self, record: &'r [u8], column: usize) -> Value<'r> {
        let span = self.span(column);
        match (span.shape, self.file.syntax) {
            (Shape::Absent, _) => Value::Missing,
            (Shape::Bare, Syntax::Json) => Value::Bare(span.of(record)),
            (Shape::Bare, Syntax::Csv(_)) => {
                let text = span.of(record);
                if self.file.is_null(text.trim_ascii()) {
                    Value::Missing
                } else {
                    Value::Bare(text)
                }
            }
            (_, Syntax::Json) => Value::Quoted(json::text(record, span)),
            (_, Syntax::Csv(dialect)) => {
                let text = dialect.text(record, span);
                if self.file.is_null(text.trim_ascii()) {
                    Value::MissingWord(text)
                } else {
                    Value::Quoted(text)
                }
            }
        }
    }
}

/// The unquoted texts that mean missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nulls {
    words: Vec<Vec<u8>>,
    /// Whether a word begins with this byte, since most values do not.
    first: Vec<bool>,
}

impl Nulls {
    pub(crate) fn new(words: &[String]) -> Self {
        let words: Vec<Vec<u8>> = words
            .iter()
            .map(|word| word.trim().as_bytes().to_vec())
            .filter(|word| !word.is_empty())
            .collect();
        let mut first = vec![false; 256];
        for word in &words {
            first[usize::from(word[0])] = true;
        }
        Self { words, first }
    }

    pub(crate) fn contains(&self, trimmed: &[u8]) -> bool {
        match trimmed.first() {
            None => true,
            Some(byte) => {
                self.first.get(usize::from(*byte)) == Some(&true) && self.words.iter().any(|word| word == trimmed)
            }
        }
    }
}
