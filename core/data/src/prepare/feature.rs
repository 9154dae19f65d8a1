//! How one column becomes numbers.

use std::borrow::Cow;
use std::collections::HashMap;

use polars::prelude::{DataType, Series};
use serde::{Deserialize, Serialize};

use super::number_scale::NumberScale;
use super::time_part::{TimePart, instants};
use super::{Matrix, PrepareSpec};
use crate::cells;
use crate::error::{DataError, Result};
use crate::schema::ColumnType;
use crate::table::Table;
use aloft_base::text::thousands;

/// What was learned about a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feature {
    pub(super) column: String,
    pub(super) encoding: Encoding,
    /// Whether a number says that the value was missing: when one was in the training part.
    pub(super) missing_indicator: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Encoding {
    Number {
        number: NumberScale,
    },
    /// 0 or 1; `impute` where it is missing.
    Boolean {
        impute: f64,
    },
    /// One number for each value.
    OneHot {
        categories: Vec<String>,
    },
    Time {
        parts: Vec<ScaledPart>,
        /// What the column held, which its parts alone do not always tell. Models of
        /// before do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<ColumnType>,
    },
    /// The training part had no value, so nothing was learned.
    Unused,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScaledPart {
    pub(super) part: TimePart,
    pub(super) number: NumberScale,
}

impl Feature {
    pub(super) fn fit(
        table: &Table,
        rows: &[u32],
        name: &str,
        spec: &PrepareSpec,
        warnings: &mut Vec<String>,
    ) -> Result<Self> {
        let (series, kind) = (table.series(name)?, table.kind(name)?);
        let mut missing = 0;
        let encoding = match kind {
            ColumnType::Integer | ColumnType::Float => {
                let Numbers { values, infinite } = numbers(series, rows)?;
                if infinite > 0 {
                    let infinite = thousands(infinite);
                    warnings.push(format!(
                        "The feature '{name}' has {infinite} infinite values in the training part, taken as missing."
                    ));
                }
                missing = values.iter().filter(|value| value.is_nan()).count();
                NumberScale::fit(&values, spec).map(|number| Encoding::Number { number })
            }
            ColumnType::Boolean => {
                let Numbers { values, .. } = numbers(series, rows)?;
                let ones = values.iter().filter(|value| **value == 1.0).count();
                missing = values.iter().filter(|value| value.is_nan()).count();
                let present = values.len() - missing;
                // The more frequent one.
                (present > 0).then(|| Encoding::Boolean {
                    impute: f64::from(u8::from(ones * 2 > present)),
                })
            }
            ColumnType::String => {
                let mut counts: HashMap<String, u64> = HashMap::new();
                each_text(series, rows, |_, text| match text {
                    None => missing += 1,
                    Some(text) => match counts.get_mut(text.as_ref()) {
                        Some(count) => *count += 1,
                        None => drop(counts.insert(text.into_owned(), 1)),
                    },
                });
                let categories = most_frequent(counts, name, spec.max_categories as usize, warnings);
                (!categories.is_empty()).then_some(Encoding::OneHot { categories })
            }
            ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration => {
                let instants = instants(series, rows)?;
                missing = instants.iter().filter(|instant| instant.is_none()).count();
                let scaled = |part: &TimePart| {
                    let values: Vec<f64> = instants
                        .iter()
                        .map(|instant| instant.map_or(f64::NAN, |instant| part.value(instant)))
                        .collect();
                    Some(ScaledPart {
                        part: *part,
                        number: NumberScale::fit(&values, spec)?,
                    })
                };
                let parts: Option<Vec<ScaledPart>> = TimePart::of(kind, spec.date_parts).iter().map(scaled).collect();
                parts.map(|parts| Encoding::Time { parts, of: Some(kind) })
            }
            ColumnType::Binary | ColumnType::List | ColumnType::Struct | ColumnType::Other => {
                return Err(DataError::WrongType {
                    column: name.to_owned(),
                    found: kind,
                    wanted: "a feature",
                });
            }
        };
        let column = name.to_owned();
        if let Some(encoding) = encoding {
            return Ok(Self {
                column,
                encoding,
                missing_indicator: missing > 0,
            });
        }
        warnings.push(format!(
            "The feature '{name}' has no value in the training part and is not used."
        ));
        Ok(Self {
            column,
            encoding: Encoding::Unused,
            missing_indicator: false,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.column
    }

    pub(super) fn width(&self) -> usize {
        let numbers = match &self.encoding {
            Encoding::Number { .. } | Encoding::Boolean { .. } => 1,
            Encoding::OneHot { categories } => categories.len(),
            Encoding::Time { parts, .. } => parts.len(),
            Encoding::Unused => 0,
        };
        numbers + usize::from(self.missing_indicator)
    }

    pub(super) fn encoded_names(&self) -> Vec<String> {
        let column = &self.column;
        let mut names: Vec<String> = match &self.encoding {
            Encoding::Number { .. } | Encoding::Boolean { .. } => vec![column.clone()],
            Encoding::OneHot { categories } => categories
                .iter()
                .map(|category| format!("{column} = {category}"))
                .collect(),
            Encoding::Time { parts, .. } => parts
                .iter()
                .map(|part| format!("{column} {}", part.part.label()))
                .collect(),
            Encoding::Unused => vec![],
        };
        if self.missing_indicator {
            names.push(format!("{column} missing"));
        }
        names
    }

    /// Writes its numbers of some rows into the matrix, from column `first` on.
    pub(super) fn transform(&self, table: &Table, rows: &[u32], matrix: &mut Matrix, first: usize) -> Result<()> {
        let (series, kind) = (table.series(&self.column)?, table.kind(&self.column)?);
        let width = matrix.width;
        // A column without values has no type worth the name.
        let suits = self.suits(kind) || series.null_count() == series.len();
        if !suits {
            return Err(DataError::WrongType {
                column: self.column.clone(),
                found: kind,
                wanted: self.wanted(),
            });
        }
        let mut is_missing = vec![false; rows.len()];
        match &self.encoding {
            Encoding::Unused => {}
            Encoding::Number { number } => {
                let Numbers { values, infinite } = numbers(series, rows)?;
                matrix.infinite += infinite;
                for (row, value) in values.into_iter().enumerate() {
                    is_missing[row] = value.is_nan();
                    matrix.values[row * width + first] = number.apply(value);
                }
            }
            Encoding::Boolean { impute } => {
                let Numbers { values, infinite } = numbers(series, rows)?;
                matrix.infinite += infinite;
                for (row, value) in values.into_iter().enumerate() {
                    is_missing[row] = value.is_nan();
                    let value = if value.is_nan() { *impute } else { value };
                    matrix.values[row * width + first] = value as f32;
                }
            }
            Encoding::OneHot { categories } => {
                let places: HashMap<&str, usize> = categories
                    .iter()
                    .enumerate()
                    .map(|(place, category)| (category.as_str(), place))
                    .collect();
                each_text(series, rows, |row, text| match text {
                    None => is_missing[row] = true,
                    Some(text) => match places.get(text.as_ref()) {
                        Some(place) => matrix.values[row * width + first + place] = 1.0,
                        None => matrix.unknown += 1,
                    },
                });
            }
            Encoding::Time { parts, .. } => {
                let instants = if kind.is_temporal() {
                    instants(series, rows)?
                } else {
                    vec![None; rows.len()]
                };
                for (row, instant) in instants.into_iter().enumerate() {
                    is_missing[row] = instant.is_none();
                    for (place, part) in parts.iter().enumerate() {
                        let value = instant.map_or(f64::NAN, |instant| part.part.value(instant));
                        matrix.values[row * width + first + place] = part.number.apply(value);
                    }
                }
            }
        }
        if !matches!(self.encoding, Encoding::Unused) {
            matrix.missing += is_missing.iter().filter(|missing| **missing).count() as u64;
        }
        if self.missing_indicator {
            let place = first + self.width() - 1;
            for (row, missing) in is_missing.into_iter().enumerate() {
                matrix.values[row * width + place] = f32::from(u8::from(missing));
            }
        }
        Ok(())
    }

    /// Whether values of a type can be encoded as those that were learned from.
    pub(super) fn suits(&self, kind: ColumnType) -> bool {
        match &self.encoding {
            Encoding::Number { .. } => kind.is_number(),
            Encoding::Boolean { .. } => kind == ColumnType::Boolean,
            Encoding::OneHot { .. } => !matches!(
                kind,
                ColumnType::Binary | ColumnType::List | ColumnType::Struct | ColumnType::Other
            ),
            Encoding::Time { parts, .. } => {
                let has = |part| parts.iter().any(|scaled| scaled.part == part);
                match kind {
                    ColumnType::Date | ColumnType::Datetime => has(TimePart::Year) || has(TimePart::Seconds),
                    ColumnType::Time => !has(TimePart::Year),
                    ColumnType::Duration => has(TimePart::Seconds),
                    _ => false,
                }
            }
            Encoding::Unused => true,
        }
    }

    pub(super) fn wanted(&self) -> &'static str {
        match &self.encoding {
            Encoding::Number { .. } => "the number that the model learned",
            Encoding::Boolean { .. } => "the boolean that the model learned",
            Encoding::OneHot { .. } => "the category that the model learned",
            Encoding::Time { .. } => "the time that the model learned",
            Encoding::Unused => "a feature",
        }
    }
}

/// The values of some rows.
struct Numbers {
    /// NaN is missing; never infinite.
    values: Vec<f64>,
    infinite: u64,
}

fn numbers(series: &Series, rows: &[u32]) -> Result<Numbers> {
    let action = "read a column of numbers";
    let floats = if series.null_count() == series.len() {
        // Whatever type it has without values.
        Series::full_null(series.name().clone(), series.len(), &DataType::Float64)
    } else {
        series.cast(&DataType::Float64).map_err(DataError::frame(action))?
    };
    let floats = floats.f64().map_err(DataError::frame(action))?;
    let mut infinite = 0;
    let value = |row: &u32| match floats.get(*row as usize) {
        Some(value) if value.is_infinite() => {
            infinite += 1;
            f64::NAN
        }
        Some(value) => value,
        None => f64::NAN,
    };
    let values = rows.iter().map(value).collect();
    Ok(Numbers { values, infinite })
}

/// Calls `each` with the position in `rows` and the text of each value.
fn each_text(series: &Series, rows: &[u32], mut each: impl FnMut(usize, Option<Cow<'_, str>>)) {
    if let Ok(texts) = series.str() {
        for (position, row) in rows.iter().enumerate() {
            each(position, texts.get(*row as usize).map(Cow::Borrowed));
        }
    } else {
        for (position, row) in rows.iter().enumerate() {
            each(position, cells::text_at(series, *row as usize).map(Cow::Owned));
        }
    }
}

/// The most frequent texts, sorted by text.
fn most_frequent(counts: HashMap<String, u64>, name: &str, most: usize, warnings: &mut Vec<String>) -> Vec<String> {
    let mut ranked: Vec<(String, u64)> = counts.into_iter().collect();
    ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if ranked.len() > most {
        warnings.push(format!(
            "The feature '{name}' has {} categories in the training part; the {} most frequent are used.",
            thousands(ranked.len() as u64),
            thousands(most as u64),
        ));
        ranked.truncate(most);
    }
    let mut categories: Vec<String> = ranked.into_iter().map(|(text, _)| text).collect();
    categories.sort_unstable();
    categories
}
