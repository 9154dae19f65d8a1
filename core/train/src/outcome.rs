//! What came out of a run: `result.json` in the run folder, and the run's result in the workspace.

use std::collections::BTreeMap;

use aloft_data::Task;
use serde::{Deserialize, Serialize};

/// Metric names and values, all finite. A metric that has no value (the area under the
/// curve of a part with one class) is not there.
///
/// Classification: `accuracy`, `log_loss` (natural logarithm), `f1` (binary: of the second
/// class, the positive one; else the unweighted mean over classes), `balanced_accuracy`
/// and, for binary, `auc`. Regression, in the target's own unit: `rmse`, `mae`, `r2`.
pub type Scores = BTreeMap<String, f64>;

/// The scores on each part; empty for a part without rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub train: Scores,
    pub valid: Scores,
    pub test: Scores,
    /// On the test part, of a model that ignores the features: the shares of the classes
    /// in the training part (and so always the most frequent one), or the training mean.
    pub baseline: Scores,
}

/// How many rows each part has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRows {
    pub train: u64,
    pub valid: u64,
    pub test: u64,
    /// In no part, since their target (or their value in the split column) is missing.
    pub left_out: u64,
}

/// How often each class was taken for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub labels: Vec<String>,
    /// `counts[actual][predicted]`, on the test part.
    pub counts: Vec<Vec<u64>>,
}

/// A row the model got most wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worst {
    /// The row's number in the file, from 0.
    pub row: u64,
    pub actual: String,
    pub predicted: String,
    /// Cross-entropy of the row (natural logarithm), or the absolute error in the target's unit.
    pub loss: f64,
    /// Its cells as they stand in the file, by column; missing is empty.
    pub values: Vec<(String, String)>,
}

/// A column that is not a feature, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub column: String,
    pub why: String,
}

/// What came out of a run that reached its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub task: Task,
    pub target: String,
    pub rows: PartRows,
    pub metrics: Metrics,
    /// For classification, on the test part.
    pub confusion: Option<Confusion>,
    /// For regression: `[actual, predicted]` of at most 2,000 rows of the test part.
    pub residuals: Option<Vec<[f64; 2]>>,
    /// At most 20 rows of the test part, largest loss first.
    pub worst: Vec<Worst>,
    /// Epochs trained; fewer than the recipe's when early stopping ended it.
    pub epochs: u32,
    /// The epoch, from 1, whose weights are the model.
    pub best_epoch: u32,
    pub steps: u64,
    /// Time spent training, over all the processes it took, without pauses.
    pub duration_secs: f64,
    /// Numbers the model has learned.
    pub parameters: u64,
    pub warnings: Vec<String>,
    /// Columns that the proposal did not take as features, and why.
    pub left_out: Vec<LeftOut>,
    pub features: Vec<String>,
    /// Names the content of the data, as [`aloft_data::fingerprint`] does.
    pub fingerprint: String,
    /// The device it ended on.
    pub device: String,
}
