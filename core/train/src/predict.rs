//! What a saved model says about the rows of a file.

use std::path::Path;

use aloft_data::{Oddities, OutputColumn, OutputValues, Source, Task};

use crate::error::Result;
use crate::folder::matrix_warnings;
use crate::predictor::{Answers, ModelSignature, Predictor, load_table};

/// Predictions for every row of a file, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    pub rows: u64,
    pub task: Task,
    pub target: String,
    /// `prediction`, and for classes one `probability_<class>` each.
    pub columns: Vec<OutputColumn>,
    /// What a person should know, for example categories that training never saw.
    pub warnings: Vec<String>,
}

/// Predicts every row of a file with the model saved in `folder` (a run folder's `model`).
/// Exactly the preparation that was learned in training is applied. All of it is held in
/// memory; for files of any size there is [`predict_file`](crate::predict_file).
pub fn predict(folder: &Path, source: &Source, cache: &Path) -> Result<Predictions> {
    let predictor = Predictor::load(folder)?;
    let table = load_table(&predictor, source, cache, &[])?;
    let all: Vec<u32> = (0..table.rows() as u32).collect();
    let rows = predictor.rows_of(&table, &all)?;
    let answers = predictor.predict(&rows);
    let signature = predictor.signature();
    let columns = column_names(signature)
        .into_iter()
        .zip(column_values(signature, answers));
    Ok(Predictions {
        rows: all.len() as u64,
        task: signature.task,
        target: signature.target.clone(),
        columns: columns.map(|(name, values)| OutputColumn { name, values }).collect(),
        warnings: warnings(rows.oddities()),
    })
}

/// The columns that stand beside those of the input.
pub(crate) fn column_names(signature: &ModelSignature) -> Vec<String> {
    let mut names = vec!["prediction".to_owned()];
    names.extend(signature.classes.iter().map(|class| format!("probability_{class}")));
    names
}

/// The values of these columns.
pub(crate) fn column_values(signature: &ModelSignature, answers: Answers) -> Vec<OutputValues> {
    if !signature.task.is_classification() {
        return vec![OutputValues::Numbers(answers.numbers)];
    }
    let classes = signature.classes.len();
    let mut values = Vec::with_capacity(classes + 1);
    values.push(OutputValues::Classes {
        names: signature.classes.clone(),
        positions: answers.predicted,
    });
    for class in 0..classes {
        let of_class = answers.probabilities.iter().skip(class).step_by(classes);
        values.push(OutputValues::Numbers(of_class.copied().collect()));
    }
    values
}

/// What a person should know about the values.
pub(crate) fn warnings(oddities: Oddities) -> Vec<String> {
    matrix_warnings(oddities.unknown, oddities.infinite, "the file")
}
