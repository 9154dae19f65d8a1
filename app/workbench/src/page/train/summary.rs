//! The sections of a recipe, and what each says in one line.

use aloft_data::{Impute, Scale, SplitMethod};
use aloft_train::{Activation, ModelKind, ModelSpec, Optimizer};
use egui_phosphor::regular as icons;

use crate::format;

use super::draft::Draft;

/// The sections, in the order one decides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Data,
    Target,
    Features,
    Split,
    Preparation,
    Model,
    Training,
    Place,
}

impl Section {
    pub(super) const ALL: [Self; 8] = [
        Self::Data,
        Self::Target,
        Self::Features,
        Self::Split,
        Self::Preparation,
        Self::Model,
        Self::Training,
        Self::Place,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Target => "Target",
            Self::Features => "Features",
            Self::Split => "Split",
            Self::Preparation => "Preparation",
            Self::Model => "Model",
            Self::Training => "Training",
            Self::Place => "Where",
        }
    }

    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Data => icons::TABLE,
            Self::Target => icons::TARGET,
            Self::Features => icons::COLUMNS,
            Self::Split => icons::CHART_PIE_SLICE,
            Self::Preparation => icons::FUNNEL,
            Self::Model => icons::GRAPH,
            Self::Training => icons::SLIDERS_HORIZONTAL,
            Self::Place => icons::CPU,
        }
    }

    /// The section's name in the recipe, whose reasons stand in it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Target => "target",
            Self::Features => "features",
            Self::Split => "split",
            Self::Preparation => "prepare",
            Self::Model => "model",
            Self::Training => "training",
            Self::Place => "run",
        }
    }

    /// What is chosen, in one line.
    pub(super) fn summary(self, draft: &Draft) -> String {
        let recipe = &draft.recipe;
        match self {
            Self::Data => {
                let name = recipe
                    .data
                    .path
                    .file_name()
                    .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                let steps = recipe.data.steps.iter().filter(|entry| entry.enabled).count() as u64;
                let rows = format::plural(draft.profile.rows, "row", "rows");
                match steps {
                    0 => format!("{name}, {rows}"),
                    steps => format!("{name}, {}, {rows}", format::plural(steps, "step", "steps")),
                }
            }
            Self::Target => format!("{}, {}", recipe.target.column, recipe.target.task.label()),
            Self::Features => {
                let count = recipe.features.include.len() as u64;
                let others = (draft.profile.columns.len() as u64).saturating_sub(1);
                format!(
                    "{} of {}",
                    format::count(count),
                    format::plural(others, "column", "columns")
                )
            }
            Self::Split => match (recipe.split.method, &recipe.split.column) {
                (SplitMethod::Column, Some(column)) => format!("by the column {column}"),
                (SplitMethod::Column, None) => "by a column".to_owned(),
                (method, column) => {
                    let percent = |share: f64| (share * 1000.0).round() / 10.0;
                    let (valid, test) = (percent(recipe.split.valid), percent(recipe.split.test_share()));
                    let word = match (method, column) {
                        (SplitMethod::Grouped, Some(column)) => format!("grouped by {column}"),
                        (SplitMethod::TimeOrdered, Some(column)) => format!("by time, {column}"),
                        (SplitMethod::KFold, _) => format!(
                            "fold {} of {}",
                            recipe.split.fold.unwrap_or_default(),
                            recipe.split.folds.unwrap_or_default()
                        ),
                        (other, _) => other.label().to_lowercase(),
                    };
                    format!(
                        "{} / {valid} / {test} %, {word}",
                        ((100.0 - valid - test) * 10.0).round() / 10.0
                    )
                }
            },
            Self::Preparation => {
                let scale = match recipe.prepare.scale {
                    Scale::Standard => "standardised",
                    Scale::MinMax => "scaled to 0…1",
                    Scale::None => "not scaled",
                };
                format!(
                    "{} for gaps, {scale}, one-hot",
                    impute_word(recipe.prepare.impute).to_lowercase()
                )
            }
            Self::Model => match &recipe.model {
                ModelSpec::Linear { .. } => ModelKind::Linear.label(recipe.target.task).to_owned(),
                ModelSpec::Mlp { hidden, activation, .. } => {
                    let layers: Vec<String> = hidden.iter().map(ToString::to_string).collect();
                    format!("MLP {}, {}", layers.join(" → "), activation_word(*activation))
                }
            },
            Self::Training => {
                let training = &recipe.training;
                let epochs = format::plural(u64::from(training.epochs), "epoch", "epochs");
                let optimizer = match training.optimizer {
                    Optimizer::AdamW {} => "AdamW",
                    Optimizer::Sgd { .. } => "SGD",
                };
                format!(
                    "{epochs}, batch {}, {optimizer} at {}",
                    format::count(u64::from(training.batch_size)),
                    training.learning_rate
                )
            }
            Self::Place => match recipe.run.threads {
                Some(threads) => format!(
                    "{}, {}",
                    recipe.run.device,
                    format::plural(threads as u64, "thread", "threads")
                ),
                None => recipe.run.device.clone(),
            },
        }
    }
}

/// What stands in for a missing number.
pub(super) fn impute_word(impute: Impute) -> &'static str {
    match impute {
        Impute::Median => "Median",
        Impute::Mean => "Mean",
        Impute::Zero => "Zero",
    }
}

/// An activation as the field writes it.
pub(super) fn activation_word(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "ReLU",
        Activation::Gelu => "GELU",
        Activation::Tanh => "tanh",
    }
}
