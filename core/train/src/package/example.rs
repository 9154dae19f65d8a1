//! A few rows and what the model says about them: to try it, to show how it is asked, and
//! to find out whether it still answers as it did.

use std::path::Path;

use aloft_data::{Cached, Cell, FeatureKind, Pages, RowBatch, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::EXAMPLE;
use crate::error::{Result, TrainError};
use crate::predictor::{Answers, Predictor, row_from_json};

/// How many rows an example has.
const ROWS: usize = 4;
/// They are chosen from so many at the start of the training data.
const LOOKED_AT: usize = 1000;
/// What mathematical functions of another system may differ by.
const TOLERANCE: f32 = 1e-4;

/// Rows and the answers expected for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Values by column name, as `POST /predict` takes them.
    pub rows: Vec<Map<String, Value>>,
    pub answers: Answers,
}

impl Example {
    /// Rows from the data the model was trained on when it can be read, else made up of
    /// what the model knows.
    pub(super) fn of(predictor: &Predictor, cache: Option<&Path>) -> Result<Self> {
        let taken = cache.and_then(|cache| taken(predictor, cache).ok());
        let rows = taken
            .filter(|rows| !rows.is_empty())
            .unwrap_or_else(|| made_up(predictor));
        let batch = batch(predictor, &rows).map_err(|what| TrainError::Unfit {
            what: format!("The example cannot be predicted: {what}"),
            hint: "Train the recipe again.".to_owned(),
        })?;
        let answers = predictor.predict(&batch);
        if !answers
            .probabilities
            .iter()
            .chain(&answers.numbers)
            .all(|value| value.is_finite())
        {
            return Err(TrainError::Unfit {
                what: "The model answers its own training rows with values that are no numbers".to_owned(),
                hint: "Train the recipe again with a lower learning rate, or with scaled features.".to_owned(),
            });
        }
        Ok(Self { rows, answers })
    }
}

/// The example of a package.
pub fn example(folder: &Path) -> Result<Example> {
    let bytes = aloft_base::fs::read(&folder.join(EXAMPLE))?;
    serde_json::from_slice(&bytes).map_err(|error| TrainError::package(folder, format!("{EXAMPLE}: {error}")))
}

/// Checks that a model answers an example as expected, and says what is different.
pub fn check_example(predictor: &Predictor, example: &Example) -> Result<(), String> {
    let answers = predictor.predict(&batch(predictor, &example.rows)?);
    let expected = &example.answers;
    if answers.rows != expected.rows || answers.predicted.len() != expected.predicted.len() {
        return Err(format!(
            "{} answers were expected for the example, not {}",
            expected.rows, answers.rows
        ));
    }
    let close = |found: &[f32], expected: &[f32]| {
        let near = |(found, expected): (&f32, &f32)| (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0);
        found.len() == expected.len() && found.iter().zip(expected).all(near)
    };
    for row in 0..answers.rows {
        let (found, wanted) = (answers.slice(row..row + 1), expected.slice(row..row + 1));
        let near = close(&found.probabilities, &wanted.probabilities) && close(&found.numbers, &wanted.numbers);
        if !near {
            return Err(format!("row {} of the example is answered differently", row + 1));
        }
    }
    Ok(())
}

fn batch(predictor: &Predictor, rows: &[Map<String, Value>]) -> Result<RowBatch, String> {
    let mut batch = predictor.rows();
    for (position, row) in rows.iter().enumerate() {
        row_from_json(predictor, row, &mut batch)
            .map_err(|error| format!("row {} of the example: {error}", position + 1))?;
    }
    Ok(batch)
}

/// Rows of the training data, as the steps of the recipe leave them.
fn taken(predictor: &Predictor, cache: &Path) -> Result<Vec<Map<String, Value>>> {
    let source = predictor.recipe().data.source()?;
    let target_name = &predictor.signature().target;
    if !predictor.steps().is_empty() {
        let mut columns = predictor.preparation().features();
        columns.push(target_name.clone());
        let cache = cache.to_owned();
        let table = predictor
            .steps()
            .load_first(&Cached { source, cache }, &columns, LOOKED_AT)?;
        let cell = |table: &Table, row: usize, name: &str| table.cell(row, name);
        let target = |row: usize| cell(&table, row, target_name).map(|cell| cell.text().to_owned());
        let value =
            |row: usize, name: &str, kind| cell(&table, row, name).map_or(Value::Null, |cell| value_of(&cell, kind));
        return Ok(rows_of(predictor, table.rows(), target, value));
    }
    let mut pages = Pages::open(&source, cache)?;
    let columns = pages.schema().clone();
    let page = pages.read(0, LOOKED_AT, 0..columns.len())?;
    let position = |name: &str| columns.iter().position(|column| column.name == name);
    let target = position(target_name);
    let target = |row: usize| {
        let cell = target.and_then(|column| page.cell(row as u64, column));
        cell.map(|cell| cell.text().to_owned())
    };
    let value = |row: usize, name: &str, kind| {
        let cell = position(name).and_then(|column| page.cell(row as u64, column));
        cell.map_or(Value::Null, |cell| value_of(cell, kind))
    };
    Ok(rows_of(predictor, page.rows(), target, value))
}

/// Some of so many rows, of different targets as far as there are.
fn rows_of(
    predictor: &Predictor,
    count: usize,
    target: impl Fn(usize) -> Option<String>,
    value: impl Fn(usize, &str, FeatureKind) -> Value,
) -> Vec<Map<String, Value>> {
    // Spread over the rows; those whose target is not there yet come first.
    let step = (count / ROWS).max(1);
    let spread: Vec<usize> = (0..count).step_by(step).chain(0..count).collect();
    let mut chosen: Vec<usize> = vec![];
    for row in &spread {
        if chosen.len() < ROWS && !chosen.iter().any(|other| target(*other) == target(*row)) {
            chosen.push(*row);
        }
    }
    for row in &spread {
        if chosen.len() < ROWS && !chosen.contains(row) {
            chosen.push(*row);
        }
    }
    let row = |row: &usize| {
        let features = predictor.signature().features.iter();
        let cells = features.map(|feature| (feature.name.clone(), value(*row, &feature.name, feature.kind)));
        cells.collect::<Map<String, Value>>()
    };
    let mut rows: Vec<Map<String, Value>> = chosen.iter().map(row).collect();
    // Times that the file writes in its own way are left out.
    for row in &mut rows {
        let mut alone = predictor.rows();
        while let Err(error) = row_from_json(predictor, row, &mut alone) {
            if row.insert(error.column, Value::Null).is_none() {
                break;
            }
        }
    }
    rows
}

fn value_of(cell: &Cell, kind: FeatureKind) -> Value {
    let text = cell.text();
    match (cell, kind) {
        (Cell::Null | Cell::NaN, _) => Value::Null,
        (_, FeatureKind::Number) => {
            let text = text.trim();
            let number = text.parse().or_else(|_| text.replace(',', ".").parse::<f64>());
            number
                .ok()
                .filter(|number| number.is_finite())
                .map_or(Value::Null, |number| json!(number))
        }
        (_, FeatureKind::Boolean) => match text.trim().to_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::Null,
        },
        _ => Value::String(text.to_owned()),
    }
}

/// Rows in which each category has its turn and everything else is missing.
fn made_up(predictor: &Predictor) -> Vec<Map<String, Value>> {
    let row = |row: usize| {
        let features = predictor.signature().features.iter();
        let cells = features.map(|feature| {
            let category = feature.categories.get(row % feature.categories.len().max(1));
            let value = category.map_or(Value::Null, |category| json!(category));
            (feature.name.clone(), value)
        });
        cells.collect::<Map<String, Value>>()
    };
    (0..ROWS).map(row).collect()
}
