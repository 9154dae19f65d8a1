//! The end of a run: the model is measured and saved, and the outcome written.

use std::path::Path;

use aloft_data::TargetValues;

use super::Names;
use super::material::{Material, Part};
use super::trainer::Trainer;
use crate::error::{Result, TrainError};
use crate::evaluate::{Probabilities, confusion, deviations, residuals};
use crate::folder::outputs;
use crate::model::Network;
use crate::outcome::{Metrics, Outcome, PartRows, Scores, Worst};

/// The worst examples are at most so many.
const MOST_WORST: usize = 20;
/// And show at most so many columns.
const MOST_COLUMNS: usize = 50;

/// Measures the model on every part, saves it, and writes the outcome.
pub(super) fn finish(mut trainer: Trainer<'_>, names: &Names, duration_secs: f64, folder: &Path) -> Result<Outcome> {
    let best_epoch = trainer.settle()?;
    let (recipe, material) = (trainer.recipe, trainer.material);
    let target = material.target.encoder();
    crate::folder::save(
        &folder.join("model"),
        recipe,
        &trainer.network,
        &material.preparation,
        target,
        material.scale,
        &material.steps,
    )?;
    let [train, valid, test] =
        [&material.train, &material.valid, &material.test].map(|part| Said::by(&trainer.network, material, part));
    let (train, valid, test) = (train?, valid?, test?);
    let features = &recipe.features;
    let mut warnings = material.warnings.clone();
    if material.test.is_empty() {
        warnings.push("There is no test part, so nothing tells how good the model is on new rows".into());
    }
    let outcome = Outcome {
        task: target.task,
        target: target.column.clone(),
        rows: PartRows {
            train: material.train.len() as u64,
            valid: material.valid.len() as u64,
            test: material.test.len() as u64,
            left_out: material.left_out,
        },
        metrics: Metrics {
            train: train.scores(&material.train),
            valid: valid.scores(&material.valid),
            test: test.scores(&material.test),
            baseline: baseline(material),
        },
        confusion: match (&test, &material.test.values) {
            (Said::Classes(said), TargetValues::Classes(actual)) if !actual.is_empty() => {
                Some(confusion(&target.classes, actual, &said.predicted()))
            }
            _ => None,
        },
        residuals: match (&test, &material.test.values) {
            (Said::Numbers(said), TargetValues::Numbers(actual)) if !actual.is_empty() => {
                Some(residuals(&wide(actual), said))
            }
            _ => None,
        },
        worst: worst(material, &test),
        epochs: trainer.position().epoch,
        best_epoch,
        steps: trainer.position().step,
        duration_secs,
        parameters: trainer.network.len() as u64,
        warnings,
        left_out: (features.left_out.iter())
            .filter(|left| !features.include.contains(&left.column))
            .cloned()
            .collect(),
        features: features.include.clone(),
        fingerprint: names.data.clone(),
        device: recipe.run.device.clone(),
    };
    let json = serde_json::to_vec_pretty(&outcome).map_err(|source| TrainError::Json {
        what: "the result",
        source,
    })?;
    aloft_base::fs::write_atomic(&folder.join("result.json"), &json)?;
    Ok(outcome)
}

/// What a model says about the rows of a part.
enum Said {
    Classes(Probabilities),
    /// In the target's own unit.
    Numbers(Vec<f64>),
}

impl Said {
    fn by(network: &Network, material: &Material, part: &Part) -> Result<Self> {
        let outputs = outputs(network, &part.inputs).map_err(TrainError::compute("measure the model"))?;
        Ok(match part.values {
            TargetValues::Classes(_) => Self::Classes(Probabilities::of_outputs(&outputs, material.loss.outputs())),
            TargetValues::Numbers(_) => {
                Self::Numbers(outputs.iter().map(|output| material.scale.restore(*output)).collect())
            }
        })
    }

    fn scores(&self, part: &Part) -> Scores {
        match (self, &part.values) {
            (Self::Classes(said), TargetValues::Classes(actual)) => said.scores(actual),
            (Self::Numbers(said), TargetValues::Numbers(actual)) => deviations(&wide(actual), said),
            _ => Scores::new(),
        }
    }
}

/// The scores on the test part of a model that knows only the training part's targets.
fn baseline(material: &Material) -> Scores {
    match (&material.train.values, &material.test.values) {
        (TargetValues::Classes(train), TargetValues::Classes(test)) => {
            let mut shares = vec![0.0; material.target.classes().len()];
            for class in train {
                shares[*class as usize] += 1.0 / train.len() as f64;
            }
            Probabilities::constant(&shares, test.len()).scores(test)
        }
        (TargetValues::Numbers(_), TargetValues::Numbers(test)) => {
            deviations(&wide(test), &vec![material.scale.mean; test.len()])
        }
        _ => Scores::new(),
    }
}

/// The rows of the test part with the largest loss.
fn worst(material: &Material, said: &Said) -> Vec<Worst> {
    let part = &material.test;
    let losses: Vec<f64> = match (said, &part.values) {
        (Said::Classes(said), TargetValues::Classes(actual)) => actual
            .iter()
            .enumerate()
            .map(|(row, class)| said.loss(row, *class))
            .collect(),
        (Said::Numbers(said), TargetValues::Numbers(actual)) => {
            let pairs = actual.iter().zip(said);
            pairs.map(|(actual, said)| (f64::from(*actual) - said).abs()).collect()
        }
        _ => Vec::new(),
    };
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
    let classes = material.target.classes();
    let predicted = match said {
        Said::Classes(said) => said.predicted(),
        Said::Numbers(_) => Vec::new(),
    };
    let told = |row: usize| match (said, &part.values) {
        (Said::Numbers(said), TargetValues::Numbers(actual)) => {
            (actual[row].to_string(), (said[row] as f32).to_string())
        }
        (Said::Classes(_), TargetValues::Classes(actual)) => (
            classes[actual[row] as usize].clone(),
            classes[predicted[row] as usize].clone(),
        ),
        _ => (String::new(), String::new()),
    };
    let example = |row: &usize| {
        let (actual, predicted) = told(*row);
        Worst {
            row: u64::from(part.rows[*row]),
            actual,
            predicted,
            loss: losses[*row],
            values: material.table.row_text(part.rows[*row] as usize, MOST_COLUMNS),
        }
    };
    order.iter().take(MOST_WORST).map(example).collect()
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}
