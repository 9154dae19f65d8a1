//! Rows and answers as JSON has them.

use aloft_data::{FeatureKind, FieldError, RowBatch, RowValue};
use serde_json::{Map, Value, json};

use super::{Answers, ModelSignature, Predictor};

/// Adds a row of values by column name. A feature that is not there counts as missing.
///
/// # Errors
/// When a name is no feature of the model or a value not what it reads. The row is then
/// not added.
pub fn row_from_json(predictor: &Predictor, row: &Map<String, Value>, rows: &mut RowBatch) -> Result<(), FieldError> {
    rows.begin_row();
    for (name, value) in row {
        let Some(feature) = predictor.feature(name) else {
            return Err(no_feature(predictor.signature(), name));
        };
        let is_category = predictor.signature().features[feature].kind == FeatureKind::Category;
        let digits;
        let value = match value {
            Value::Null => RowValue::Missing,
            Value::Bool(value) => RowValue::Boolean(*value),
            // A whole number as it stands in a file, which a float may not hold.
            Value::Number(number) if is_category && !number.is_f64() => {
                digits = number.to_string();
                RowValue::Text(&digits)
            }
            Value::Number(number) => RowValue::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => RowValue::Text(text),
            Value::Array(_) | Value::Object(_) => {
                let found = if value.is_array() { "a list" } else { "an object" };
                return Err(FieldError {
                    column: name.clone(),
                    expected: "one value".to_owned(),
                    found: found.to_owned(),
                });
            }
        };
        rows.set(feature, value)?;
    }
    rows.end_row();
    Ok(())
}

/// The refusal of a name the model does not read, with the one that may be meant.
fn no_feature(signature: &ModelSignature, name: &str) -> FieldError {
    let expected = if let Some(feature) = near(signature, name) {
        format!("a column the model reads; did you mean '{feature}'?")
    } else {
        let first: Vec<&str> = signature
            .features
            .iter()
            .take(10)
            .map(|feature| feature.name.as_str())
            .collect();
        let more = if signature.features.len() > first.len() {
            ", …"
        } else {
            ""
        };
        format!("a column the model reads ({}{more})", first.join(", "))
    };
    let mut column: String = name.chars().take(80).collect();
    if column.len() < name.len() {
        column.push('…');
    }
    let found = if name == signature.target {
        "the column it predicts"
    } else {
        "another one"
    };
    FieldError {
        column,
        expected,
        found: found.to_owned(),
    }
}

/// The feature whose name is closest, when it is close.
fn near<'a>(signature: &'a ModelSignature, name: &str) -> Option<&'a str> {
    let plain = |text: &str| -> Vec<char> {
        let letters = text.chars().take(80).filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    let distances = signature.features.iter().map(|feature| {
        let distance = edits(&wanted, &plain(&feature.name));
        (distance, feature.name.as_str())
    });
    let (distance, feature) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= wanted.len() / 3).then_some(feature)
}

/// The Levenshtein distance.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let change = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// One object a row: `{"prediction": "Adelie", "probabilities": {"Adelie": 0.98, …}}`, or
/// `{"prediction": 12.5}` for a regression.
pub fn answers_to_json(signature: &ModelSignature, answers: &Answers) -> Vec<Value> {
    let class = |position: u32| signature.classes.get(position as usize);
    let row = |row: usize| {
        if !signature.task.is_classification() {
            return json!({ "prediction": number(answers.numbers[row]) });
        }
        let pairs = signature.classes.iter().zip(answers.probabilities_of(row));
        let probabilities: Map<String, Value> = pairs
            .map(|(class, probability)| (class.clone(), number(*probability)))
            .collect();
        json!({ "prediction": class(answers.predicted[row]), "probabilities": probabilities })
    };
    (0..answers.rows).map(row).collect()
}

/// A number as its own shortest text, so that 0.1 does not become 0.10000000149011612.
pub(crate) fn number(value: f32) -> Value {
    let shortest = value.to_string().parse::<f64>();
    shortest.map_or(Value::Null, |value| json!(value))
}
