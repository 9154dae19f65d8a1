//! What a saved model says about the rows of a file.

use std::path::Path;

use aloft_data::{OutputColumn, Source, Task};

use crate::error::Result;

/// Predictions for every row of a file, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    pub rows: u64,
    pub task: Task,
    pub target: String,
    /// `prediction`, and for classes one `probability_<class>` each. Written by
    /// [`aloft_data::write_predictions`].
    pub columns: Vec<OutputColumn>,
    /// What a person should know, for example categories that training never saw.
    pub warnings: Vec<String>,
}

/// Predicts every row of a file with the model saved in `folder` (a run folder's `model`).
/// Exactly the preparation that was learned in training is applied.
pub fn predict(folder: &Path, source: &Source, cache: &Path) -> Result<Predictions> {
    crate::folder::Model::load(folder)?.predict(source, cache)
}
