//! Rows that somebody sends: taken value by value, checked, and prepared at once.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Matrix;
use super::encoder::{FeatureKind, Plain, RowEncoder};
use super::time_part::Instant;
use crate::number;
use crate::temporal::{self, DateOrder};

/// A value as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowValue<'a> {
    Missing,
    Number(f64),
    Boolean(bool),
    Text(&'a str),
}

impl RowValue<'_> {
    /// The value as it stands in a sentence, cut when it is long.
    fn told(self) -> String {
        match self {
            Self::Missing => "null".to_owned(),
            Self::Number(number) => format!("the number {}", number::to_text(number)),
            Self::Boolean(value) => value.to_string(),
            Self::Text(text) => {
                let mut short: String = text.chars().take(40).collect();
                if short.len() < text.len() {
                    short.push('…');
                }
                format!("the text '{short}'")
            }
        }
    }
}

/// A value of a row that is not what the model reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("'{column}' must be {expected}, not {found}")]
pub struct FieldError {
    pub column: String,
    /// For example `a number or null`.
    pub expected: String,
    /// For example `the text 'x'`.
    pub found: String,
}

/// What was odd about the values of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddities {
    /// Values that are missing, the infinite ones among them. They get what training
    /// learned to put there.
    pub missing: u64,
    /// Categories that training never or seldom saw; they count as none of those it knows.
    pub unknown: u64,
    /// Numbers that are infinite; they count as missing.
    pub infinite: u64,
}

impl std::ops::AddAssign for Oddities {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.unknown += other.unknown;
        self.infinite += other.infinite;
    }
}

/// Rows of prepared numbers, to which rows are added one value at a time.
///
/// A row begins with [`begin_row`](Self::begin_row) and counts once
/// [`end_row`](Self::end_row) was called; one that was not ended is dropped when the next begins.
#[derive(Clone, Debug)]
pub struct RowBatch {
    encoder: Arc<RowEncoder>,
    values: Vec<f32>,
    rows: usize,
    oddities: Oddities,
    /// Of the row that has begun: which features have a value, and what is odd about it.
    given: Vec<bool>,
    open: Oddities,
}

impl RowBatch {
    pub fn new(encoder: Arc<RowEncoder>) -> Self {
        let given = vec![false; encoder.len()];
        Self {
            encoder,
            values: vec![],
            rows: 0,
            oddities: Oddities::default(),
            given,
            open: Oddities::default(),
        }
    }

    pub(super) fn of_matrix(encoder: Arc<RowEncoder>, matrix: Matrix) -> Self {
        Self {
            values: matrix.values,
            rows: matrix.rows,
            oddities: Oddities {
                missing: matrix.missing,
                unknown: matrix.unknown,
                infinite: matrix.infinite,
            },
            ..Self::new(encoder)
        }
    }

    /// Makes room for more rows.
    pub fn reserve(&mut self, rows: usize) {
        self.values.reserve(rows * self.encoder.width());
    }

    /// Begins a row in which everything is missing.
    #[inline]
    pub fn begin_row(&mut self) {
        self.values.truncate(self.rows * self.encoder.width());
        self.values.extend_from_slice(self.encoder.missing_row());
        self.given.fill(false);
        self.open = Oddities::default();
    }

    /// Sets a value of the row that has begun, by the position of its feature. Types are
    /// those of JSON and strict: the text `3.5` is no number. Only a category takes a
    /// number or a boolean, by the text it has in a file. Times are ISO 8601 texts.
    ///
    /// # Errors
    /// When the value is not what the feature reads. The row is then to be given up.
    ///
    /// # Panics
    /// When no row has begun or the model has no such feature.
    #[inline]
    pub fn set(&mut self, feature: usize, value: RowValue<'_>) -> Result<(), FieldError> {
        let kind = self.encoder.kind(feature);
        let text;
        let plain = match (value, kind) {
            (RowValue::Missing, _) => Plain::Missing,
            (RowValue::Number(number), FeatureKind::Number) => Plain::Number(number),
            (RowValue::Boolean(value), FeatureKind::Boolean) => Plain::Number(f64::from(u8::from(value))),
            (RowValue::Text(text), FeatureKind::Category) => Plain::Text(text),
            // In a file, not a number is missing and infinity is a text of its own.
            (RowValue::Number(number), FeatureKind::Category) if number.is_nan() => Plain::Missing,
            (RowValue::Number(number), FeatureKind::Category) => {
                text = number::to_text(number);
                Plain::Text(&text)
            }
            (RowValue::Boolean(value), FeatureKind::Category) => Plain::Text(if value { "true" } else { "false" }),
            (RowValue::Text(text), _) => match instant(text, kind) {
                Some(instant) => Plain::Instant(instant),
                None => return Err(self.refuse(feature, value)),
            },
            _ => return Err(self.refuse(feature, value)),
        };
        self.put(feature, plain);
        Ok(())
    }

    #[inline]
    pub(crate) fn put(&mut self, feature: usize, value: Plain<'_>) {
        let start = self.rows * self.encoder.width();
        self.given[feature] = self
            .encoder
            .put(feature, value, &mut self.values[start..], &mut self.open);
    }

    #[cold]
    fn refuse(&self, feature: usize, value: RowValue<'_>) -> FieldError {
        FieldError {
            column: self.encoder.name(feature).to_owned(),
            expected: self.encoder.kind(feature).wanted().to_owned(),
            found: value.told(),
        }
    }

    /// Ends the row that has begun, which then counts.
    #[inline]
    pub fn end_row(&mut self) {
        self.rows += 1;
        debug_assert_eq!(
            self.values.len(),
            self.rows * self.encoder.width(),
            "a row ends that never began"
        );
        for (feature, given) in self.given.iter().enumerate() {
            self.open.missing += u64::from(!given && self.encoder.is_used(feature));
        }
        self.oddities += self.open;
    }

    /// How many rows were ended.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The prepared numbers, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values[..self.rows * self.encoder.width()]
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.encoder.width()
    }

    pub fn encoder(&self) -> &Arc<RowEncoder> {
        &self.encoder
    }

    /// Takes all rows out; the memory is kept for the next ones.
    pub fn clear(&mut self) {
        self.values.clear();
        self.rows = 0;
        self.oddities = Oddities::default();
    }

    /// What was odd about the rows that were ended.
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Adds the rows of another batch of the same model.
    pub fn append(&mut self, other: &Self) {
        debug_assert!(
            Arc::ptr_eq(&self.encoder, &other.encoder),
            "two models do not share rows"
        );
        self.values.truncate(self.rows * self.encoder.width());
        self.values.extend_from_slice(other.values());
        self.rows += other.rows;
        self.oddities += other.oddities;
    }
}

/// The instant that an ISO 8601 text names.
fn instant(text: &str, kind: FeatureKind) -> Option<Instant> {
    let text = text.as_bytes().trim_ascii();
    match kind {
        FeatureKind::Date | FeatureKind::Datetime => {
            let micros = temporal::datetime(text, DateOrder::YearMonthDay)?;
            Some(Instant::new(micros, temporal::MICROS_PER_DAY))
        }
        FeatureKind::Time => Some(Instant::new(temporal::time(text)?, temporal::NANOS_PER_DAY)),
        FeatureKind::Duration => Some(Instant::new(temporal::duration(text)?, temporal::NANOS_PER_DAY)),
        FeatureKind::Number | FeatureKind::Boolean | FeatureKind::Category => None,
    }
}
