//! What Aloft proposes for a dataset: read and worked out on a worker.

use std::sync::Arc;

use aloft_base::dataset::{self, Dataset};
use aloft_base::{ErrorKind, Report, Workspace};
use aloft_data::{Profile, Source};
use aloft_train::Proposal;

use crate::work::Answer;

/// What Aloft knows of a dataset and proposes for a target.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) profile: Arc<Profile>,
    /// Columns that may be targets, most plausible first.
    pub(super) candidates: Vec<String>,
    /// The target this is for; empty when no column can be one.
    pub(super) target: String,
    pub(super) proposal: Result<Proposal, Report>,
}

/// Reads the profile and proposes a recipe. Called on a worker.
pub(super) fn propose(workspace: &Workspace, row: &Dataset, target: Option<String>) -> Answer<Proposed> {
    let unreadable = |error: serde_json::Error| {
        let message = format!("What is known of {} cannot be read: {error}", row.path.display());
        Report::new(ErrorKind::Corrupt, message, "Profile the dataset again.")
    };
    let source: Source = serde_json::from_value(row.source.clone()).map_err(unreadable)?;
    let columns = dataset::profiles(workspace, &row.id)
        .map_err(|error| Report::of(&error))?
        .into_iter()
        .map(|(_, profile)| serde_json::from_value(profile))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    let profile = Profile {
        rows: row.rows.unwrap_or_default(),
        columns,
        warnings: row.warnings.clone(),
        ..Profile::default()
    };
    let candidates = aloft_train::candidates(&profile);
    let target = target.or_else(|| candidates.first().cloned()).unwrap_or_default();
    let proposal = if target.is_empty() {
        let hint = "A target needs at least two different values, as numbers, texts or true and false.";
        Err(Report::new(
            ErrorKind::Invalid,
            "No column of this file can be a target",
            hint,
        ))
    } else {
        aloft_train::propose(&source, &profile, &target).map_err(|error| Report::of(&error))
    };
    Ok(Proposed {
        profile: Arc::new(profile),
        candidates,
        target,
        proposal,
    })
}
