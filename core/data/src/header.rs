//! The names of a CSV file's columns, and where its rows begin.

use std::collections::HashSet;
use std::ops::Range;

use crate::encoding;
use crate::error::{DataError, Result};
use crate::fields::{Dialect, Found, Span};
use crate::text::{COLUMN_LIMIT, TextFile};

impl TextFile {
    /// Names the columns after the first record, or numbers them.
    pub(crate) fn name_csv(
        &mut self,
        dialect: Dialect,
        has_header: bool,
        head: &[u8],
        first: Range<usize>,
        next: usize,
    ) -> Result<()> {
        let record = &head[first.clone()];
        let mut spans = vec![];
        dialect.split(record, COLUMN_LIMIT + 1, &mut spans);
        if spans.len() > COLUMN_LIMIT {
            let what = format!("its first line has more than {COLUMN_LIMIT} values");
            return Err(DataError::NotATable {
                path: self.path.clone(),
                what,
                hint: "Check the delimiter, or turn the table so that these are rows.",
            });
        }
        let body_start = if has_header { next } else { first.start };
        let shape = BodyShape::of(dialect, &head[body_start.min(head.len())..]);
        let mut names: Vec<String> = if has_header {
            let name = |span: &Span| {
                encoding::decode_cow(dialect.text(record, *span), self.encoding)
                    .trim()
                    .to_owned()
            };
            spans.iter().map(name).collect()
        } else {
            vec![String::new(); spans.len().max(shape.most)]
        };
        if has_header {
            // A trailing delimiter makes no column.
            if names.len() > 1 && names.last().is_some_and(String::is_empty) && shape.last_is_empty_at(names.len()) {
                names.pop();
            }
            if shape.is_always(names.len() + 1) && !shape.last_is_empty_at(names.len() + 1) {
                names.insert(0, "row".to_owned());
                self.has_row_names = true;
            }
            self.data_start = next as u64;
            self.data_line = 1 + memchr::memchr_iter(b'\n', &head[..next]).count() as u64;
        } else {
            self.data_start = first.start as u64;
            self.data_line = 1 + memchr::memchr_iter(b'\n', &head[..first.start]).count() as u64;
        }
        (self.names, self.renamed) = unique(names);
        if !has_header {
            self.renamed.clear();
        }
        Ok(())
    }
}

/// How many fields the first rows have.
struct BodyShape {
    rows: usize,
    /// (fields, whether the last one is empty) of each row.
    counts: Vec<(usize, bool)>,
    most: usize,
}

impl BodyShape {
    fn of(dialect: Dialect, body: &[u8]) -> Self {
        let (mut counts, mut at) = (vec![], 0);
        while let Found::Record { start, end, next } = dialect.find(body, at, false) {
            let record = &body[start..end];
            counts.push((dialect.count(record), record.last() == Some(&dialect.delimiter)));
            at = next;
            if counts.len() == 100 {
                break;
            }
        }
        let most = counts.iter().map(|(count, _)| *count).max().unwrap_or(0);
        Self {
            rows: counts.len(),
            counts,
            most,
        }
    }

    fn is_always(&self, fields: usize) -> bool {
        self.rows > 0 && self.counts.iter().all(|(count, _)| *count == fields)
    }

    /// Whether no row has a value in its field number `fields`.
    fn last_is_empty_at(&self, fields: usize) -> bool {
        self.counts
            .iter()
            .all(|(count, empty)| *count < fields || (*count == fields && *empty))
    }
}

/// Names without blanks and repetitions, and what was changed.
fn unique(names: Vec<String>) -> (Vec<String>, Vec<(String, String)>) {
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let (mut seen, mut renamed) = (HashSet::new(), vec![]);
    let mut fresh = |stem: &str, mut number: usize| loop {
        let name = format!("{stem}_{number}");
        if taken.insert(name.clone()) {
            return name;
        }
        number += 1;
    };
    let named = names.into_iter().enumerate().map(|(position, name)| {
        let new = if name.is_empty() {
            fresh("column", position + 1)
        } else if seen.insert(name.clone()) {
            return name;
        } else {
            fresh(&name, 2)
        };
        renamed.push((name, new.clone()));
        new
    });
    (named.collect(), renamed)
}
