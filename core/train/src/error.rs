//! What can go wrong while training and predicting.

use std::path::{Path, PathBuf};

use aloft_base::error::hint_of_kind;
use aloft_base::{ErrorKind, Explain};
use aloft_data::DataError;

use crate::recipe::RecipeError;

/// A result whose error is [`TrainError`].
pub type Result<T, E = TrainError> = std::result::Result<T, E>;

/// Why a recipe could not be trained, resumed or used to predict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    #[error(transparent)]
    Recipe(#[from] RecipeError),

    #[error(transparent)]
    Data(#[from] DataError),

    #[error(transparent)]
    Base(#[from] aloft_base::Error),

    #[error("The device '{id}' cannot be used: {why}")]
    Device { id: String, why: String, hint: String },

    /// The target, the split or the features do not allow training; `what` says which and why.
    #[error("{what}")]
    Unfit { what: String, hint: String },

    /// The loss or the weights are no longer numbers.
    #[error("Training diverged at step {step} (epoch {epoch}): the {what} is {value}")]
    Diverged {
        step: u64,
        epoch: u32,
        what: &'static str,
        value: String,
    },

    #[error("The run cannot be resumed: {what}")]
    Changed { what: String, hint: &'static str },

    #[error("The checkpoint {} is damaged: {what}", path.display())]
    CheckpointDamaged { path: PathBuf, what: String },

    #[error("The {what} {} was written by a newer Aloft (version {found}, this one knows {known})", path.display())]
    Newer {
        what: &'static str,
        path: PathBuf,
        found: u32,
        known: u32,
    },

    #[error("There is no model in {}", path.display())]
    NoModel { path: PathBuf },

    #[error("The model in {} cannot be used: {what}", path.display())]
    Model { path: PathBuf, what: String },

    #[error("The model package {} is damaged: {what}", path.display())]
    Package { path: PathBuf, what: String },

    #[error("There is already something in {}", path.display())]
    PackageExists { path: PathBuf },

    #[error("Could not {action} on the device")]
    Compute {
        action: &'static str,
        source: candle_core::Error,
    },

    #[error("Could not write {what} as JSON")]
    Json {
        what: &'static str,
        source: serde_json::Error,
    },

    #[error("Stopped as asked after step {step}")]
    Stopped { step: u64 },
}

impl TrainError {
    /// Names the action of a failure inside candle.
    pub(crate) fn compute(action: &'static str) -> impl FnOnce(candle_core::Error) -> Self {
        move |source| Self::Compute { action, source }
    }

    /// A package that does not hold what it should.
    pub(crate) fn package(path: &Path, what: impl std::fmt::Display) -> Self {
        Self::Package {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }

    /// A model folder whose file does not hold what it should.
    pub(crate) fn model(path: &Path, what: impl std::fmt::Display) -> Self {
        Self::Model {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}

impl Explain for TrainError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) => error.kind(),
            Self::Base(error) => error.kind(),
            Self::Recipe(error) => error.kind(),
            Self::Unfit { .. } | Self::Diverged { .. } => ErrorKind::Invalid,
            Self::Device { .. } | Self::Newer { .. } => ErrorKind::Unsupported,
            Self::Changed { .. } | Self::PackageExists { .. } => ErrorKind::Conflict,
            Self::NoModel { .. } => ErrorKind::NotFound,
            Self::CheckpointDamaged { .. } | Self::Model { .. } | Self::Package { .. } => ErrorKind::Corrupt,
            Self::Compute { source, .. } if is_out_of_memory(source) => ErrorKind::Unavailable,
            Self::Compute { .. } | Self::Json { .. } => ErrorKind::Internal,
            Self::Stopped { .. } => ErrorKind::Stopped,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Data(error) => return error.hint(),
            Self::Base(error) => return error.hint(),
            Self::Recipe(error) => return error.hint(),
            Self::Unfit { hint, .. } | Self::Device { hint, .. } => hint.clone(),
            Self::Diverged { .. } => "Lower the learning rate (a tenth is a good next try), or scale the features \
                                      (prepare.scale = \"standard\"). The last good checkpoint is kept."
                .to_owned(),
            Self::Changed { hint, .. } => (*hint).to_owned(),
            Self::CheckpointDamaged { .. } => {
                "Restore the file from a backup, or start the run again from its recipe.".to_owned()
            }
            Self::Model { .. } => "Restore the run's model folder from a backup, or train the recipe again.".to_owned(),
            Self::Package { .. } => "Import it again from its file, or register the model of the run again.".to_owned(),
            Self::PackageExists { .. } => "A package never changes: choose another place.".to_owned(),
            Self::NoModel { .. } => {
                "A run has a model once it has reached its end: resume it, or choose another run.".to_owned()
            }
            Self::Newer { .. } => "Update Aloft.".to_owned(),
            Self::Compute { source, .. } if is_out_of_memory(source) => {
                "Use a smaller batch size or a smaller model, or train on the CPU.".to_owned()
            }
            Self::Stopped { .. } => "Resume it to go on from there.".to_owned(),
            _ => return hint_of_kind(self.kind()),
        };
        Some(hint)
    }
}

fn is_out_of_memory(error: &candle_core::Error) -> bool {
    let text = error.to_string().to_lowercase();
    text.contains("out of memory") || text.contains("out_of_memory")
}
