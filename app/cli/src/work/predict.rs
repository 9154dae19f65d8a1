//! The job that predicts the rows of a file.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aloft_base::job::{Claim, Progress, Request};
use aloft_base::log::{self, Level};
use aloft_base::registry;
use aloft_base::{ErrorKind, Report};
use aloft_data::Flow;
use aloft_train::{PredictSummary, Predictor, TrainError};
use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::context::{Context, detect};
use crate::failure::refuse;
use crate::text::count;

/// How far it is, is written so often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// What is to be predicted, as the job's row keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// A registered model, with its version or alias.
    #[serde(default)]
    pub(crate) reference: Option<String>,
    /// Or a run.
    #[serde(default)]
    pub(crate) run: Option<String>,
    pub(crate) file: PathBuf,
    pub(crate) out: PathBuf,
}

impl Order {
    /// The folder of the model.
    pub(crate) fn folder(&self, context: &Context<'_>) -> Result<PathBuf> {
        match (&self.reference, &self.run) {
            (Some(reference), _) => {
                let (model, selector) = registry::parse_reference(reference)?;
                let version = registry::resolve(&context.workspace, &model, &selector)?;
                Ok(context.workspace.version_folder(&version.id))
            }
            (None, Some(run)) => Ok(context.workspace.run_folder(run).join("model")),
            (None, None) => refuse(Report::new(ErrorKind::Invalid, "The job names no model", "")),
        }
    }
}

pub(super) fn perform(context: &mut Context<'_>, claim: &Claim) -> Result<PredictSummary> {
    let order: Order = serde_json::from_value(claim.job.spec.clone())?;
    let predictor = Predictor::load(&order.folder(context)?)?;
    let source = detect(&order.file)?;
    let workspace = &context.workspace;
    let cache = workspace.dataset_cache(&source.key()?);
    let (stop, output) = (&context.stop, &mut *context.output);
    let begun = Instant::now();
    let (mut told, mut fault) = (None::<Instant>, None);
    let predicted = aloft_train::predict_file(&predictor, &source, &cache, &order.out, &mut |progress| {
        let secs = begun.elapsed().as_secs_f64();
        let row = Progress {
            fraction: Some(progress.fraction),
            what: format!("{} rows predicted", count(progress.rows)),
            eta_secs: (progress.fraction > 0.02).then(|| secs / progress.fraction * (1.0 - progress.fraction)),
            rows_per_sec: (secs > 0.0).then(|| progress.rows as f64 / secs),
            memory_bytes: None,
        };
        output.progress(&row);
        if told.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            told = Some(Instant::now());
            let asked = claim.progress(workspace, &row).and_then(|()| claim.request(workspace));
            match asked {
                Ok(Request::Stop) => return Flow::Stop,
                Ok(_) => {}
                Err(error) => {
                    fault = Some(error);
                    return Flow::Stop;
                }
            }
        }
        if stop.is_asked() { Flow::Stop } else { Flow::Continue }
    });
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    let summary = match predicted {
        Err(TrainError::Data(aloft_data::DataError::Stopped)) => {
            return refuse(Report::new(
                ErrorKind::Stopped,
                "Predicting was stopped as asked",
                "Nothing was written.",
            ));
        }
        other => other?,
    };
    for warning in &summary.warnings {
        log::add(workspace, &claim.job.id, Level::Warning, warning)?;
    }
    let words = format!("Predicted {} rows into {}", count(summary.rows), order.out.display());
    log::add(workspace, &claim.job.id, Level::Info, &words)?;
    Ok(summary)
}
