//! A saved model, ready to answer: the one path from values to predictions that the
//! endpoint, the batch, the command line and the window share.
//!
//! What is predicted for a row is the same bit for bit whichever way it came and however
//! many rows come with it.

mod answers;
mod dense;
mod json;
#[cfg(test)]
pub(crate) mod tests;

use std::path::Path;
use std::sync::Arc;

use aloft_data::{
    Cached, FeatureInfo, FittedSteps, Preparation, RowBatch, RowEncoder, Source, Table, TargetEncoder, Task,
};
use serde::{Deserialize, Serialize};

pub use answers::Answers;
pub use json::{answers_to_json, row_from_json};

use crate::error::Result;
use crate::evaluate::Probabilities;
use crate::folder::{Saved, Signature};
use crate::recipe::Recipe;
use dense::Dense;

/// What goes into a model and what comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSignature {
    /// The columns it reads, in the order of their positions.
    pub features: Vec<FeatureInfo>,
    /// The column it predicts.
    pub target: String,
    pub task: Task,
    /// In order; empty for regression. Of two, the second is the positive one.
    pub classes: Vec<String>,
    /// What the recipe does to the columns of a raw file before it has the features, in words.
    /// A file that is predicted is brought through these steps; whoever sends rows by
    /// themselves sends the features, as these steps leave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// A model that predicts. It never changes, so that threads share one in an [`Arc`].
#[derive(Debug)]
pub struct Predictor {
    signature: ModelSignature,
    saved: Signature,
    recipe: Recipe,
    encoder: Arc<RowEncoder>,
    steps: FittedSteps,
    dense: Dense,
    parameters: usize,
}

impl Predictor {
    /// Reads a model folder: a run folder's `model`, or a package of one.
    ///
    /// # Errors
    /// When there is no model, its files do not belong together, or those of a package are
    /// not what its manifest says.
    pub fn load(folder: &Path) -> Result<Self> {
        if crate::package::is_package(folder) {
            crate::package::verify(folder)?;
        }
        Ok(Self::of(Saved::read(folder)?))
    }

    pub(crate) fn of(saved: Saved) -> Self {
        let Saved {
            recipe,
            preparation,
            steps,
            signature,
            parameters,
            values,
        } = saved;
        let encoder = Arc::new(RowEncoder::new(preparation));
        let target = &signature.target;
        Self {
            signature: ModelSignature {
                features: encoder.features(),
                target: target.column.clone(),
                task: target.task,
                classes: target.classes.clone(),
                steps: steps.before().iter().cloned().chain(steps.words()).collect(),
            },
            encoder,
            steps,
            dense: Dense::new(&recipe.model, &parameters, &values),
            parameters: values.len(),
            recipe,
            saved: signature,
        }
    }

    pub fn signature(&self) -> &ModelSignature {
        &self.signature
    }

    /// The recipe it was trained by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What training learned about the features.
    pub fn preparation(&self) -> &Preparation {
        self.encoder.preparation()
    }

    /// What is done to a raw file before its features are prepared.
    pub fn steps(&self) -> &FittedSteps {
        &self.steps
    }

    /// How many numbers the model has learned.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// The position of a feature, as [`RowBatch::set`] takes it.
    #[inline]
    pub fn feature(&self, name: &str) -> Option<usize> {
        self.encoder.position(name)
    }

    /// A batch without rows, to be filled with rows to predict.
    pub fn rows(&self) -> RowBatch {
        RowBatch::new(Arc::clone(&self.encoder))
    }

    /// Rows of a table, prepared.
    ///
    /// # Errors
    /// When a feature is not there or holds values of another type.
    pub fn rows_of(&self, table: &Table, rows: &[u32]) -> Result<RowBatch> {
        Ok(self.encoder.rows_of(table, rows)?)
    }

    /// What the model says about each row.
    pub fn predict(&self, rows: &RowBatch) -> Answers {
        debug_assert_eq!(rows.width(), self.encoder.width(), "the rows are another model's");
        let outputs = self.dense.forward(rows.values(), rows.rows());
        if self.signature.task.is_classification() {
            let said = Probabilities::of_outputs(&outputs, self.saved.outputs);
            return Answers {
                rows: rows.rows(),
                predicted: said.predicted(),
                probabilities: said.rows().flatten().map(|value| *value as f32).collect(),
                numbers: vec![],
            };
        }
        let restored = outputs.iter().map(|output| self.saved.scale.restore(*output) as f32);
        Answers {
            rows: rows.rows(),
            predicted: vec![],
            probabilities: vec![],
            numbers: restored.collect(),
        }
    }

    pub(crate) fn target_encoder(&self) -> &TargetEncoder {
        &self.saved.target
    }

    pub(crate) fn encoder(&self) -> &Arc<RowEncoder> {
        &self.encoder
    }
}

/// What a model says about rows of a table in memory.
///
/// # Errors
/// When a feature is not there or holds values of another type.
pub fn predict_table(predictor: &Predictor, table: &Table, rows: &[u32]) -> Result<Answers> {
    Ok(predictor.predict(&predictor.rows_of(table, rows)?))
}

/// Loads the columns a model reads of a raw file, after the steps of its recipe, and those
/// named beside them.
pub(crate) fn load_table(predictor: &Predictor, source: &Source, cache: &Path, beside: &[&str]) -> Result<Table> {
    let mut columns = predictor.preparation().features();
    for name in beside {
        if !columns.iter().any(|column| column == name) {
            columns.push((*name).to_owned());
        }
    }
    let file = Cached {
        source: source.clone(),
        cache: cache.to_owned(),
    };
    Ok(predictor.steps.load(&file, &columns)?)
}
