//! From columns to numbers: what is learned from the training part, saved inside the
//! model, and applied to whatever rows come later.

mod encoder;
mod feature;
mod number_scale;
mod row_batch;
mod time_part;

use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{DataError, Result};
use crate::source::Source;
use crate::table::Table;

use feature::Feature;

pub(crate) use encoder::Plain;
pub use encoder::{FeatureInfo, FeatureKind, RowEncoder};
pub use row_batch::{FieldError, Oddities, RowBatch, RowValue};
pub(crate) use time_part::Instant;

/// What stands in for a missing number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impute {
    #[default]
    Median,
    Mean,
    Zero,
}

/// How numbers are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// To mean 0 and (population) standard deviation 1.
    #[default]
    Standard,
    /// To the range from 0 to 1.
    MinMax,
    None,
}

/// How categories become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Categories {
    /// One column for each value, which is 1 where the row has it.
    #[default]
    OneHot,
}

/// How features become numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrepareSpec {
    pub impute: Impute,
    pub scale: Scale,
    pub categories: Categories,
    /// Of more categories the most frequent ones are used.
    pub max_categories: u32,
    /// Whether dates become year, month, day and weekday (and times hour, minute and
    /// second) instead of one number of seconds.
    pub date_parts: bool,
}

impl Default for PrepareSpec {
    fn default() -> Self {
        Self {
            impute: Impute::Median,
            scale: Scale::Standard,
            categories: Categories::OneHot,
            max_categories: 64,
            date_parts: true,
        }
    }
}

/// Rows of numbers, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    /// Numbers in a row.
    pub width: usize,
    /// `values[row * width + column]`; all finite.
    pub values: Vec<f32>,
    /// How many values have no column of their own, since training never or seldom saw
    /// that category; they are all zeros.
    pub unknown: u64,
    /// How many values were infinite and are taken as missing.
    pub infinite: u64,
    /// How many values were missing, the infinite ones among them.
    pub missing: u64,
}

/// Goes up when a saved preparation would be read differently.
const VERSION: u32 = 1;

/// What was learned from the training part. Saved inside models and checkpoints as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    #[serde(deserialize_with = "known_version")]
    version: u32,
    features: Vec<Feature>,
    warnings: Vec<String>,
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let found = u32::deserialize(deserializer)?;
    if found > VERSION {
        let error = DataError::NewerPreparation { found, known: VERSION };
        return Err(serde::de::Error::custom(error));
    }
    Ok(found)
}

impl Preparation {
    /// Learns from the training rows alone how the features become numbers.
    ///
    /// # Errors
    /// When a feature is not there or of a type no model learns from, or nothing is left to learn from.
    pub fn fit(table: &Table, rows: &[u32], features: &[String], spec: &PrepareSpec) -> Result<Self> {
        let refuse = |what: String, hint| Err(DataError::Prepare { what, hint });
        if rows.is_empty() {
            return refuse(
                "there are no training rows".to_owned(),
                "Give the training part a larger share.",
            );
        }
        if spec.max_categories == 0 {
            let hint = "Choose at least 1, usually 64.";
            return refuse("max_categories is 0 and categories need a place".to_owned(), hint);
        }
        let mut learned: Vec<Feature> = Vec::with_capacity(features.len());
        let mut warnings = vec![];
        for name in features {
            if learned.iter().any(|feature| feature.name() == name) {
                return refuse(
                    format!("the feature '{name}' is named twice"),
                    "Name each feature once.",
                );
            }
            learned.push(Feature::fit(table, rows, name, spec, &mut warnings)?);
        }
        let preparation = Self {
            version: VERSION,
            features: learned,
            warnings,
        };
        if preparation.width() == 0 {
            let what = "no feature has a value in the training part".to_owned();
            return refuse(what, "Choose at least one feature with values.");
        }
        Ok(preparation)
    }

    /// Applies what was learned to rows of a table, which may be another one with the
    /// same columns. Missing numbers get what training learned to put there.
    ///
    /// # Errors
    /// When a feature is not there or holds values of another type.
    pub fn transform(&self, table: &Table, rows: &[u32]) -> Result<Matrix> {
        let width = self.width();
        let mut matrix = Matrix {
            rows: rows.len(),
            width,
            values: vec![0.0; rows.len() * width],
            ..Matrix::default()
        };
        let mut column = 0;
        for feature in &self.features {
            feature.transform(table, rows, &mut matrix, column)?;
            column += feature.width();
        }
        Ok(matrix)
    }

    /// Loads the features of a file and prepares every row of it.
    pub fn transform_file(&self, source: &Source, cache: &Path) -> Result<Matrix> {
        let table = Table::load(source, cache, Some(&self.features()))?;
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        self.transform(&table, &rows)
    }

    /// Numbers in a prepared row.
    pub fn width(&self) -> usize {
        self.features.iter().map(Feature::width).sum()
    }

    /// What each number in a prepared row is, for example `species = Gentoo`.
    pub fn encoded_names(&self) -> Vec<String> {
        self.features.iter().flat_map(Feature::encoded_names).collect()
    }

    /// The columns that are read.
    pub fn features(&self) -> Vec<String> {
        self.features.iter().map(|feature| feature.name().to_owned()).collect()
    }

    /// What a person should know, for example a feature without any value in the training part.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When it is damaged, or was written by a newer Aloft.
    pub fn from_json(json: &str) -> Result<Self> {
        versioned(json, VERSION)
    }

    /// The preparation as JSON, with a version.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(DataError::BadPreparation)
    }
}

/// Reads JSON that carries its version, unless it is newer than the one that is known.
pub(crate) fn versioned<T: serde::de::DeserializeOwned>(json: &str, known: u32) -> Result<T> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(DataError::BadPreparation)?;
    let found = value.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0) as u32;
    if found > known {
        return Err(DataError::NewerPreparation { found, known });
    }
    serde_json::from_value(value).map_err(DataError::BadPreparation)
}

#[cfg(test)]
mod tests;
