//! The recipe: one TOML document that says data, split, preparation, model, training and
//! where to run. Every control edits it, and every engine runs it.

pub(crate) mod check;
mod error;
mod parse;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use aloft_data::{
    BringProgress, CsvOptions, Flow, Format, PrepareSpec, Source, SplitMethod, SplitSpec, Step, StepEntry, Task, is_url,
};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::outcome::LeftOut;
pub use error::RecipeError;

/// The version of the recipe's form that this Aloft writes.
pub(crate) const VERSION: u32 = 1;

/// What to train, on what, how and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// 1
    pub version: u32,
    pub data: DataSection,
    pub target: TargetSection,
    pub features: FeaturesSection,
    pub split: SplitSpec,
    #[serde(default)]
    pub prepare: PrepareSpec,
    pub model: ModelSpec,
    #[serde(default)]
    pub training: TrainingSpec,
    #[serde(default)]
    pub run: RunSection,
}

/// The file to learn from, and what is done to it first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Of a file, a folder or a pattern of this machine, or an address as `s3://bucket/key`.
    pub path: PathBuf,
    /// For an address: name or id of the connection; the provider's own environment when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Detected from the file when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// For CSV and TSV; detected from the file when the format is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<CsvOptions>,
    /// What is done to the table, in order. The rows are split before the first step that
    /// learns, which then does so from the training rows alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepEntry>,
}

impl DataSection {
    /// Whether anything is done to the table before it is learned from.
    pub fn has_steps(&self) -> bool {
        self.steps.iter().any(|entry| entry.enabled)
    }

    /// The file and how it is read, detected as far as the recipe does not say.
    pub fn source(&self) -> Result<Source> {
        self.source_with(&mut |_| Flow::Continue)
    }

    /// As [`DataSection::source`], for data that may have to be brought here first: `on` is told
    /// how much of it has arrived, and may stop it.
    pub fn source_with(&self, on: &mut dyn FnMut(BringProgress) -> Flow) -> Result<Source> {
        let is_elsewhere = self.path.to_str().is_some_and(is_url);
        let Some(format) = self.format.filter(|_| !is_elsewhere) else {
            let mut source = aloft_data::detect_anywhere(&self.path, self.connection.as_deref(), on)?.source;
            if let Some(format) = self.format.filter(|format| format.is_text() && source.format.is_text()) {
                source.format = format;
            }
            if self.csv.is_some() && source.format.is_text() {
                source.csv.clone_from(&self.csv);
            }
            return Ok(source);
        };
        Ok(Source {
            path: self.path.clone(),
            format,
            csv: self.csv.clone(),
            remote: None,
        })
    }
}

impl From<Source> for DataSection {
    fn from(source: Source) -> Self {
        let path = source.place();
        Self {
            path,
            connection: source.remote.and_then(|remote| remote.connection),
            format: Some(source.format),
            csv: source.csv,
            steps: Vec::new(),
        }
    }
}

/// What to predict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSection {
    pub column: String,
    pub task: Task,
}

/// What to predict it from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesSection {
    /// Columns, in the order the model sees them.
    pub include: Vec<String>,
    /// Columns that a proposal did not take, and why; only told, never acted on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// The kinds of model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Linear regression, or logistic regression for classes.
    Linear,
    /// A multilayer perceptron.
    Mlp,
}

impl ModelKind {
    pub const ALL: [Self; 2] = [Self::Linear, Self::Mlp];

    /// As it stands in a recipe and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Mlp => "mlp",
        }
    }

    /// As a person reads it.
    pub fn label(self, task: Task) -> &'static str {
        match self {
            Self::Linear if task.is_classification() => "Logistic regression",
            Self::Linear => "Linear regression",
            Self::Mlp => "Neural network (MLP)",
        }
    }
}

/// A model and its shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Linear or (multinomial) logistic regression.
    Linear {
        /// Strength of the penalty `l2 / (2 n) · Σ w²` on the weights, without the intercepts,
        /// for `n` training rows and the mean loss: 1/C of scikit-learn's `LogisticRegression`.
        #[serde(default = "default_l2")]
        l2: f64,
    },
    /// A multilayer perceptron.
    Mlp {
        /// Units of each hidden layer.
        hidden: Vec<usize>,
        /// Share of the hidden units left out in each training step, below 1.
        #[serde(default)]
        dropout: f64,
        #[serde(default)]
        activation: Activation,
    },
}

fn default_l2() -> f64 {
    1.0
}

impl ModelSpec {
    pub fn kind(&self) -> ModelKind {
        match self {
            Self::Linear { .. } => ModelKind::Linear,
            Self::Mlp { .. } => ModelKind::Mlp,
        }
    }
}

/// What makes a layer more than linear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    #[default]
    Relu,
    /// The tanh form (Hendrycks and Gimpel 2016).
    Gelu,
    Tanh,
}

/// How gradients become steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019), betas 0.9 and 0.999.
    #[serde(rename = "adamw")]
    AdamW {},
    /// Stochastic gradient descent with momentum (Polyak 1964).
    Sgd {
        #[serde(default = "default_momentum")]
        momentum: f64,
    },
}

fn default_momentum() -> f64 {
    0.9
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::AdamW {}
    }
}

/// How the learning rate goes over the steps, after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    #[default]
    Constant,
    /// Half a cosine, from the learning rate down to 0 at the last step (Loshchilov and Hutter 2017).
    Cosine,
}

/// How to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSpec {
    /// Passes over the training part.
    pub epochs: u32,
    /// Rows a step.
    pub batch_size: u32,
    pub learning_rate: f64,
    /// Decoupled for `AdamW`, part of the gradient for SGD; biases do not decay.
    pub weight_decay: f64,
    pub schedule: Schedule,
    /// Steps in which the learning rate rises in a line from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup_steps: Option<u32>,
    /// Ends training after so many epochs without a lower validation loss, and takes the
    /// weights of the best epoch. Absent: all epochs, the last weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<u32>,
    /// Longest gradient (Euclidean norm over all parameters) a step may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Initial weights, order of rows and dropout follow from it.
    pub seed: u64,
    /// Time between two checkpoints; there is also one after the first epoch, and at each
    /// pause and stop. Checkpoints never take more than a twentieth of the time.
    pub checkpoint_secs: f64,
    pub optimizer: Optimizer,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch_size: 64,
            learning_rate: 0.001,
            weight_decay: 0.0,
            schedule: Schedule::Constant,
            warmup_steps: None,
            early_stopping: None,
            clip_norm: None,
            seed: 0,
            checkpoint_secs: 10.0,
            optimizer: Optimizer::default(),
        }
    }
}

/// Where to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSection {
    /// `cpu`, `cuda:0` (any number) or `metal`.
    pub device: String,
    /// Threads of the CPU; by default one per physical core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
}

impl Default for RunSection {
    fn default() -> Self {
        Self {
            device: "cpu".into(),
            threads: None,
        }
    }
}

impl Recipe {
    /// Reads a recipe and checks it.
    ///
    /// # Errors
    /// [`RecipeError`] names the key, its value, what is allowed, and the line.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        parse::parse(text)
    }

    /// The recipe as TOML that [`Recipe::parse`] reads back as the same.
    pub fn to_toml(&self) -> String {
        parse::to_toml(self)
    }

    /// Whether every value is allowed and fits the others.
    ///
    /// # Errors
    /// As [`Recipe::parse`], without a line.
    pub fn validate(&self) -> Result<(), RecipeError> {
        check::check(self)
    }

    /// Makes the path of the data, and those of tables that steps join, absolute; a relative
    /// one counts from `base`, which is the folder of the recipe's file.
    pub fn resolve(&mut self, base: &Path) {
        let joined = self.data.steps.iter_mut().filter_map(|entry| match &mut entry.step {
            Step::Join { table, .. } => Some(table),
            _ => None,
        });
        for path in std::iter::once(&mut self.data.path).chain(joined) {
            if !path.to_str().is_some_and(is_url) {
                *path = base.join(&path);
            }
        }
    }

    /// Uses one seed for the split and the training.
    pub fn set_seed(&mut self, seed: u64) {
        self.split.seed = seed;
        self.training.seed = seed;
    }

    /// Changes the task, and with it a split that does not fit.
    pub fn set_task(&mut self, task: Task) {
        self.target.task = task;
        match (task.is_classification(), self.split.method) {
            (false, SplitMethod::Stratified) => self.split.method = SplitMethod::Random,
            (true, SplitMethod::Random) => self.split.method = SplitMethod::Stratified,
            _ => {}
        }
    }

    /// Takes another model with the training settings that are good for it; `rows` are
    /// those of the table. The seed and the time between checkpoints stay.
    pub fn choose_model(&mut self, kind: ModelKind, rows: u64) {
        let (model, training) = crate::propose::defaults(kind, self.target.task, rows, &self.split);
        self.model = model;
        self.training = TrainingSpec {
            seed: self.training.seed,
            checkpoint_secs: self.training.checkpoint_secs,
            ..training
        };
    }
}
