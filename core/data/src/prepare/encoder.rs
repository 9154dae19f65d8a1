//! What was learned about the features, made ready to encode one value at a time.
//!
//! A table is prepared column by column ([`Preparation::transform`]); a row that somebody
//! sends is prepared value by value. Both go through the same learned numbers, so that a
//! row has the very same numbers whichever way it came.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Preparation;
use super::feature::{Encoding, Feature, ScaledPart};
use super::number_scale::NumberScale;
use super::row_batch::{Oddities, RowBatch};
use super::time_part::{Instant, TimePart};
use crate::error::{DataError, Result};
use crate::schema::ColumnType;
use crate::table::Table;

/// What the values of a feature are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    Number,
    Boolean,
    /// Text, or anything by its text.
    Category,
    Date,
    Datetime,
    Time,
    Duration,
}

impl FeatureKind {
    /// The kind as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Category => "category",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Time => "time",
            Self::Duration => "duration",
        }
    }

    /// What a value must be, as it stands in a sentence.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Number => "a number or null",
            Self::Boolean => "true, false or null",
            Self::Category => "a text or null",
            Self::Date => "a date such as \"2026-05-31\" or null",
            Self::Datetime => "a date and time such as \"2026-05-31T09:30:00\" or null",
            Self::Time => "a time such as \"09:30:00\" or null",
            Self::Duration => "a duration such as \"PT1H30M\" or null",
        }
    }
}

/// A column that a model reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureInfo {
    pub name: String,
    pub kind: FeatureKind,
    /// The categories training learned, in order; empty for other kinds.
    pub categories: Vec<String>,
}

/// Encodes rows as a [`Preparation`] does, value by value.
#[derive(Debug)]
pub struct RowEncoder {
    preparation: Preparation,
    fields: Vec<Field>,
    width: usize,
    /// A row in which every value is missing.
    missing_row: Vec<f32>,
    positions: HashMap<Box<str>, usize, BuildHasherDefault<NameHasher>>,
}

#[derive(Debug)]
struct Field {
    name: String,
    kind: FeatureKind,
    encode: Encode,
    /// Where its numbers begin in a row, and where the next feature's do.
    first: usize,
    end: usize,
    /// Where 1 says that the value is missing.
    indicator: Option<usize>,
}

#[derive(Debug)]
enum Encode {
    Number(NumberScale),
    Boolean,
    /// Each category and its place, sorted by text.
    OneHot(Vec<(Box<str>, usize)>),
    Time(Vec<ScaledPart>),
    Unused,
}

/// A value that is ready to be encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plain<'a> {
    Missing,
    /// Also a boolean, as 0 or 1.
    Number(f64),
    Text(&'a str),
    Instant(Instant),
}

impl RowEncoder {
    pub fn new(preparation: Preparation) -> Self {
        let mut fields = Vec::with_capacity(preparation.features.len());
        let (mut first, mut missing_row) = (0, Vec::with_capacity(preparation.width()));
        for feature in &preparation.features {
            let end = first + feature.width();
            let field = Field::new(feature, first, end);
            missing_row.extend(when_missing(feature));
            fields.push(field);
            first = end;
        }
        let names = fields.iter().enumerate();
        let positions = names
            .map(|(position, field)| (field.name.as_str().into(), position))
            .collect();
        Self {
            preparation,
            fields,
            width: first,
            missing_row,
            positions,
        }
    }

    /// Numbers in a prepared row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The columns that are read, in the order of their positions.
    pub fn features(&self) -> Vec<FeatureInfo> {
        let info = |(field, feature): (&Field, &Feature)| FeatureInfo {
            name: field.name.clone(),
            kind: field.kind,
            categories: match &feature.encoding {
                Encoding::OneHot { categories } => categories.clone(),
                _ => vec![],
            },
        };
        self.fields.iter().zip(&self.preparation.features).map(info).collect()
    }

    /// How many columns are read.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The position of the feature with this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// What was learned, whole.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// Prepares rows of a table.
    ///
    /// # Errors
    /// When a feature is not there or holds values of another type.
    pub fn rows_of(self: &Arc<Self>, table: &Table, rows: &[u32]) -> Result<RowBatch> {
        let matrix = self.preparation.transform(table, rows)?;
        Ok(RowBatch::of_matrix(Arc::clone(self), matrix))
    }

    pub(super) fn missing_row(&self) -> &[f32] {
        &self.missing_row
    }

    pub(super) fn name(&self, feature: usize) -> &str {
        &self.fields[feature].name
    }

    pub(crate) fn kind(&self, feature: usize) -> FeatureKind {
        self.fields[feature].kind
    }

    /// Whether the feature goes into the model at all.
    pub(crate) fn is_used(&self, feature: usize) -> bool {
        !matches!(self.fields[feature].encode, Encode::Unused)
    }

    /// Whether values of a type of column can be encoded as this feature.
    pub(crate) fn suits(&self, feature: usize, kind: ColumnType) -> bool {
        self.preparation.features[feature].suits(kind)
    }

    /// The failure of a column whose values do not [suit](Self::suits).
    pub(crate) fn wrong_type(&self, feature: usize, found: ColumnType) -> DataError {
        DataError::WrongType {
            column: self.fields[feature].name.clone(),
            found,
            wanted: self.preparation.features[feature].wanted(),
        }
    }

    /// Writes the numbers of one value into its row. Returns whether there was a value.
    #[inline]
    pub(crate) fn put(&self, feature: usize, value: Plain<'_>, row: &mut [f32], oddities: &mut Oddities) -> bool {
        let field = &self.fields[feature];
        let present = match (&field.encode, value) {
            (Encode::Unused, _) => return true,
            (Encode::Number(scale), Plain::Number(value)) if value.is_finite() => {
                row[field.first] = scale.apply(value);
                true
            }
            (Encode::Boolean, Plain::Number(value)) if value.is_finite() => {
                row[field.first] = value as f32;
                true
            }
            (Encode::OneHot(places), Plain::Text(text)) => {
                row[field.first..field.end].fill(0.0);
                match places.binary_search_by(|(category, _)| (**category).cmp(text)) {
                    Ok(found) => row[field.first + places[found].1] = 1.0,
                    Err(_) => oddities.unknown += 1,
                }
                true
            }
            (Encode::Time(parts), Plain::Instant(instant)) => {
                for (place, part) in parts.iter().enumerate() {
                    row[field.first + place] = part.number.apply(part.part.value(instant));
                }
                true
            }
            (_, value) => {
                if let Plain::Number(number) = value {
                    oddities.infinite += u64::from(number.is_infinite());
                }
                row[field.first..field.end].copy_from_slice(&self.missing_row[field.first..field.end]);
                false
            }
        };
        if present && let Some(indicator) = field.indicator {
            row[indicator] = 0.0;
        }
        present
    }
}

impl Field {
    fn new(feature: &Feature, first: usize, end: usize) -> Self {
        let encode = match &feature.encoding {
            Encoding::Number { number } => Encode::Number(*number),
            Encoding::Boolean { .. } => Encode::Boolean,
            Encoding::OneHot { categories } => {
                let places = categories.iter().enumerate();
                let mut places: Vec<(Box<str>, usize)> = places
                    .map(|(place, category)| (category.as_str().into(), place))
                    .collect();
                places.sort();
                Encode::OneHot(places)
            }
            Encoding::Time { parts, .. } => Encode::Time(parts.clone()),
            Encoding::Unused => Encode::Unused,
        };
        Self {
            name: feature.name().to_owned(),
            kind: kind_of(&feature.encoding),
            encode,
            first,
            end,
            indicator: feature.missing_indicator.then(|| end - 1),
        }
    }
}

fn kind_of(encoding: &Encoding) -> FeatureKind {
    match encoding {
        Encoding::Number { .. } => FeatureKind::Number,
        Encoding::Boolean { .. } => FeatureKind::Boolean,
        Encoding::OneHot { .. } | Encoding::Unused => FeatureKind::Category,
        Encoding::Time { parts, of } => {
            let has = |part| parts.iter().any(|scaled| scaled.part == part);
            match of {
                Some(ColumnType::Date) => FeatureKind::Date,
                Some(ColumnType::Time) => FeatureKind::Time,
                Some(ColumnType::Duration) => FeatureKind::Duration,
                None if has(TimePart::Year) && !has(TimePart::Hour) => FeatureKind::Date,
                None if has(TimePart::Hour) && !has(TimePart::Year) => FeatureKind::Time,
                _ => FeatureKind::Datetime,
            }
        }
    }
}

/// The numbers of a missing value.
fn when_missing(feature: &Feature) -> Vec<f32> {
    let mut numbers = match &feature.encoding {
        Encoding::Number { number } => vec![number.apply(f64::NAN)],
        Encoding::Boolean { impute } => vec![*impute as f32],
        Encoding::OneHot { categories } => vec![0.0; categories.len()],
        Encoding::Time { parts, .. } => parts.iter().map(|part| part.number.apply(f64::NAN)).collect(),
        Encoding::Unused => vec![],
    };
    if feature.missing_indicator {
        numbers.push(1.0);
    }
    numbers
}

/// A hash for the few names of a model, which nobody but the model chooses: what is
/// looked up may come from anyone, yet nothing of it is kept.
#[derive(Debug, Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        // The table looks at the upper and the lower bits.
        self.0 ^ (self.0 >> 32)
    }
}
