//! Training: recipes and how they are proposed, models, optimisers, the loop with its
//! checkpoints, evaluation and prediction. Only this crate names candle.
//!
//! [`train`] runs one recipe in one folder and tells an [`Observer`] how it goes;
//! it can be stopped or killed at any moment and resumes where its last checkpoint is.

mod checkpoint;
mod compare;
mod device;
mod error;
mod evaluate;
mod folder;
mod loss;
mod model;
mod optimizer;
mod outcome;
mod package;
mod predict;
mod predict_file;
mod predictor;
mod propose;
mod recipe;
mod schedule;
mod session;
mod stopping;

pub use aloft_data::{FeatureInfo, FeatureKind, FieldError, Oddities, RowBatch, RowValue};
pub use compare::{Bootstrap, CompareRows, Comparison, Disagreement, Verdict, compare};
pub use device::{DeviceInfo, devices};
pub use error::{Result, TrainError};
pub use outcome::{Confusion, LeftOut, Metrics, Outcome, PartRows, Scores, Worst};
pub use package::{
    Example, PackageFacts, PackageSummary, check_example, example, export, import, package, package_facts, verify,
};
pub use predict::{Predictions, predict};
pub use predict_file::{PredictProgress, PredictSummary, predict_file};
pub use predictor::{Answers, ModelSignature, Predictor, answers_to_json, predict_table, row_from_json};
pub use propose::{Proposal, Reason, candidates, is_id_name, is_split as is_split_column, propose};
pub use recipe::{
    Activation, DataSection, FeaturesSection, ModelKind, ModelSpec, Optimizer, Recipe, RecipeError, RunSection,
    Schedule, TargetSection, TrainingSpec,
};
pub use session::{Control, Observer, Point, Progress, Start, configure_threads, thread_environment, train};

/// The numeric engines that are built in, and their versions.
pub const ENGINES: [(&str, &str); 2] = [
    ("candle-core", env!("CANDLE_VERSION")),
    ("polars", env!("POLARS_VERSION")),
];
