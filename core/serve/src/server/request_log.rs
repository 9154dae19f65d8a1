//! Keeps a share of the requests, row by row with what was answered, when a person wants that.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use aloft_data::{FieldError, Logged, RowLog, RowValue};
use aloft_train::Answers;
use bytes::Bytes;

use super::columns::Sink;
use super::loaded::Loaded;
use super::read::{Format, read};

/// So many requests wait to be kept; more are passed over and counted.
pub(super) const QUEUE: usize = 256;
/// A file is written for each so many rows, or once this time has passed without any.
const ROWS_PER_FILE: usize = 20_000;
const QUIET: Duration = Duration::from_secs(30);

/// A request that was answered and is to be kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) loaded: Arc<Loaded>,
    pub(super) format: Format,
    pub(super) body: Bytes,
    pub(super) answers: Answers,
    /// Columns that are not kept.
    pub(super) hide: Vec<String>,
}

/// Keeps what comes, until `None` does.
pub(super) fn run(folder: &Path, kept: &Receiver<Option<Kept>>) {
    let mut open: Option<Open> = None;
    loop {
        match kept.recv_timeout(QUIET) {
            Ok(Some(kept)) => {
                let is_other = |open: &Open| open.number != kept.loaded.number || open.hide != kept.hide;
                if open.as_ref().is_some_and(is_other) {
                    close(&mut open);
                }
                open.get_or_insert_with(|| Open::new(folder, &kept)).add(&kept);
            }
            Err(RecvTimeoutError::Timeout) => close(&mut open),
            Ok(None) | Err(RecvTimeoutError::Disconnected) => return close(&mut open),
        }
    }
}

/// Writes what waits. A disk that is full must not end the serving: those rows are given up.
fn close(open: &mut Option<Open>) {
    if let Some(mut open) = open.take() {
        drop(open.log.flush());
    }
}

/// The log of one version, with one choice of columns.
struct Open {
    number: u32,
    hide: Vec<String>,
    /// The places of the columns that are kept.
    places: Vec<usize>,
    log: RowLog,
}

impl Open {
    fn new(folder: &Path, kept: &Kept) -> Self {
        let columns = &kept.loaded.columns;
        let shown = |place: &usize| !kept.hide.iter().any(|hidden| hidden == columns.name(*place));
        let places: Vec<usize> = (0..columns.len()).filter(shown).collect();
        let named: Vec<_> = places
            .iter()
            .map(|place| (columns.name(*place).to_owned(), columns.kind(*place)))
            .collect();
        let is_classification = kept.loaded.signature().task.is_classification();
        Self {
            number: kept.loaded.number,
            hide: kept.hide.clone(),
            places,
            log: RowLog::new(folder, &named, is_classification, ROWS_PER_FILE),
        }
    }

    fn add(&mut self, kept: &Kept) {
        let mut rows = Rows {
            width: kept.loaded.columns.len(),
            values: vec![],
        };
        // It was read before, so it is read again.
        if read(kept.format, &kept.body, &kept.loaded.columns, &mut rows, u64::MAX).is_err() {
            return;
        }
        let (answers, classes) = (&kept.answers, &kept.loaded.signature().classes);
        for (row, values) in rows.values.chunks(rows.width).enumerate().take(answers.rows) {
            let said = match answers.predicted.get(row) {
                Some(class) => Logged::Class {
                    name: classes.get(*class as usize).map_or("", String::as_str),
                    probability: answers
                        .probabilities
                        .get(row * classes.len() + *class as usize)
                        .copied()
                        .unwrap_or(f32::NAN),
                },
                None => Logged::Number(answers.numbers.get(row).copied().unwrap_or(f32::NAN)),
            };
            let shown: Vec<RowValue<'_>> = self.places.iter().map(|place| values[*place].plain()).collect();
            drop(self.log.push(kept.loaded.number, &shown, said));
        }
    }
}

/// Rows as they came, all missing until they are set.
struct Rows {
    width: usize,
    values: Vec<Owned>,
}

#[derive(Clone, Debug)]
enum Owned {
    Missing,
    Number(f64),
    Boolean(bool),
    Text(String),
}

impl Owned {
    fn plain(&self) -> RowValue<'_> {
        match self {
            Self::Missing => RowValue::Missing,
            Self::Number(number) => RowValue::Number(*number),
            Self::Boolean(value) => RowValue::Boolean(*value),
            Self::Text(text) => RowValue::Text(text),
        }
    }
}

impl Sink for Rows {
    fn begin(&mut self) {
        self.values.resize(self.values.len() + self.width, Owned::Missing);
    }

    fn set(&mut self, place: usize, value: RowValue<'_>) -> Result<(), FieldError> {
        let start = self.values.len() - self.width;
        self.values[start + place] = match value {
            RowValue::Missing => Owned::Missing,
            RowValue::Number(number) => Owned::Number(number),
            RowValue::Boolean(value) => Owned::Boolean(value),
            RowValue::Text(text) => Owned::Text(text.to_owned()),
        };
        Ok(())
    }

    fn end(&mut self) {}
}
