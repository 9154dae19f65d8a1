//! The columns that a model reads, by name and by position, and whatever takes their values.

use std::collections::{BTreeSet, HashMap};

use aloft_data::{FeatureKind, FieldError, RowBatch, RowValue};
use aloft_train::ModelSignature;

use super::failure::{Failure, Kind};

/// So many names of columns that were passed over are told.
const TOLD: usize = 5;

/// The columns that a model reads.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    kinds: Vec<FeatureKind>,
    places: HashMap<String, usize>,
    /// Whether the columns of a raw file become others before the model reads them.
    have_steps: bool,
}

impl Columns {
    pub(super) fn of(signature: &ModelSignature) -> Self {
        let features = &signature.features;
        Self {
            names: features.iter().map(|feature| feature.name.clone()).collect(),
            kinds: features.iter().map(|feature| feature.kind).collect(),
            places: features
                .iter()
                .enumerate()
                .map(|(place, feature)| (feature.name.clone(), place))
                .collect(),
            have_steps: !signature.steps.is_empty(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn name(&self, place: usize) -> &str {
        &self.names[place]
    }

    pub(super) fn kind(&self, place: usize) -> FeatureKind {
        self.kinds[place]
    }

    /// The place of a column. Most callers send them in the model's order, so that one is tried first.
    #[inline]
    pub(super) fn find(&self, name: &str, likely: usize) -> Option<usize> {
        if self.names.get(likely).is_some_and(|known| known == name) {
            return Some(likely);
        }
        self.places.get(name).copied()
    }

    pub(super) fn are_numbers(&self) -> bool {
        self.kinds.iter().all(|kind| *kind == FeatureKind::Number)
    }
}

/// Takes rows, value by value.
pub(super) trait Sink {
    fn begin(&mut self);
    fn set(&mut self, place: usize, value: RowValue<'_>) -> Result<(), FieldError>;
    fn end(&mut self);
}

impl Sink for RowBatch {
    #[inline]
    fn begin(&mut self) {
        self.begin_row();
    }
    #[inline]
    fn set(&mut self, place: usize, value: RowValue<'_>) -> Result<(), FieldError> {
        Self::set(self, place, value)
    }
    #[inline]
    fn end(&mut self) {
        self.end_row();
    }
}

/// Gives rows to a sink: counts them, refuses a column that is given twice and remembers
/// those that the model does not read.
pub(super) struct Filler<'a, S> {
    pub(super) columns: &'a Columns,
    sink: &'a mut S,
    given: Vec<bool>,
    any_given: bool,
    rows: usize,
    limit: u64,
    passed_over: BTreeSet<String>,
}

impl<'a, S: Sink> Filler<'a, S> {
    pub(super) fn new(columns: &'a Columns, sink: &'a mut S, limit: u64) -> Self {
        Self {
            columns,
            sink,
            given: vec![false; columns.len()],
            any_given: false,
            rows: 0,
            limit,
            passed_over: BTreeSet::new(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        if self.rows as u64 >= self.limit {
            return Err(too_many_rows(self.limit));
        }
        self.given.fill(false);
        self.any_given = false;
        self.sink.begin();
        Ok(())
    }

    #[inline]
    pub(super) fn set(&mut self, place: usize, value: RowValue<'_>) -> Result<(), Failure> {
        if std::mem::replace(&mut self.given[place], true) {
            let column = self.columns.name(place);
            return Err(Failure::invalid(format!(
                "Row {}: the column '{column}' is given twice",
                self.rows
            )));
        }
        self.any_given = true;
        let row = self.rows;
        self.sink.set(place, value).map_err(|error| Failure::field(row, error))
    }

    /// A value that can be none of a row's.
    pub(super) fn refuse(&self, place: usize, found: &str) -> Failure {
        Failure::field(
            self.rows,
            FieldError {
                column: self.columns.name(place).to_owned(),
                expected: "a single value".to_owned(),
                found: found.to_owned(),
            },
        )
    }

    /// A column that the model does not read.
    pub(super) fn pass_over(&mut self, name: &str) {
        if self.passed_over.len() < 2 * TOLD {
            self.passed_over.insert(name.chars().take(100).collect());
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Failure> {
        if !self.any_given {
            let first = self.columns.names.first().map_or("", String::as_str);
            let message = format!("Row {}: none of its columns is one that the model reads", self.rows);
            let as_they_are = if self.columns.have_steps {
                ", as the steps of its recipe leave them (GET /openapi.json names these)"
            } else {
                ""
            };
            return Err(Failure::invalid(message).with_hint(format!(
                "The model reads {} columns, the first of which is '{first}'{as_they_are}.",
                self.columns.len()
            )));
        }
        self.sink.end();
        self.rows += 1;
        Ok(())
    }

    /// What the caller should know.
    pub(super) fn warnings(self) -> Vec<String> {
        let told = self.passed_over.iter().take(TOLD);
        told.map(|name| format!("The model does not read the column '{name}'; it was passed over."))
            .collect()
    }
}

/// More rows came than one request may have.
pub(super) fn too_many_rows(limit: u64) -> Failure {
    let limit = aloft_base::text::thousands(limit);
    Failure::new(
        Kind::TooLarge,
        format!("A request may have at most {limit} rows"),
        "Send them in several requests, or predict a whole file with 'aloft predict'.",
    )
}
