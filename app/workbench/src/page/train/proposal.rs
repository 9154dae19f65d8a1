//! What Aloft proposes for a dataset: read and worked out on a worker.

use std::sync::Arc;

use aloft_base::dataset::{self, Dataset};
use aloft_base::{ErrorKind, Report, Workspace};
use aloft_data::{Ask, ColumnProfile, NamedSource, Pages, Profile, QueryOrder, Source, StepEntry, answer_source};
use aloft_train::Proposal;

use crate::work::{Answer, Ticket, await_question, start_question};

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

/// The steps that are done to a dataset. Steps of a newer Aloft are left alone.
pub(super) fn steps_of(row: &Dataset) -> Vec<StepEntry> {
    let mut steps: Vec<StepEntry> = serde_json::from_value(row.steps.clone()).unwrap_or_default();
    steps.retain(|entry| entry.enabled);
    steps
}

/// Reads the profile, of what the steps leave when there are any, and proposes a recipe.
/// Called on a worker.
pub(super) fn propose(
    workspace: &Workspace,
    row: &Dataset,
    steps: Vec<StepEntry>,
    target: Option<String>,
    ticket: &Ticket,
) -> Answer<Proposed> {
    let source: Source = serde_json::from_value(row.source.clone()).map_err(|error| unreadable(row, &error))?;
    let profile = if steps.is_empty() {
        raw_profile(workspace, row)?
    } else {
        prepared_profile(workspace, row, &source, &steps, ticket)?
    };
    let candidates = aloft_train::candidates(&profile);
    let target = target.filter(|target| profile.columns.iter().any(|column| column.name == *target));
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
    let proposal = proposal.map(|mut proposal| {
        proposal.recipe.data.steps = steps;
        proposal
    });
    Ok(Proposed {
        profile: Arc::new(profile),
        candidates,
        target,
        proposal,
    })
}

fn unreadable(row: &Dataset, error: &serde_json::Error) -> Report {
    let message = format!("What is known of {} cannot be read: {error}", row.path.display());
    Report::new(ErrorKind::Corrupt, message, "Profile the dataset again.")
}

/// The profile of the file as it is.
fn raw_profile(workspace: &Workspace, row: &Dataset) -> Answer<Profile> {
    let columns = dataset::profiles(workspace, &row.id)
        .map_err(|error| Report::of(&error))?
        .into_iter()
        .map(|(_, profile)| serde_json::from_value(profile))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(row, &error))?;
    Ok(Profile {
        rows: row.rows.unwrap_or_default(),
        columns,
        warnings: row.warnings.clone(),
        ..Profile::default()
    })
}

/// The profile of what the steps leave, which a child makes unless it is there.
fn prepared_profile(
    workspace: &Workspace,
    row: &Dataset,
    source: &Source,
    steps: &[StepEntry],
    ticket: &Ticket,
) -> Answer<Profile> {
    // The page of the rows asks the very same, so that mostly all is there.
    let ask = Ask::Steps(steps.to_vec());
    let name = ask.name(&[&row.key]);
    let out = workspace.answer_cache(&format!("{name}.arrow"));
    let profiles = out.with_extension("json");
    if !out.is_file() || !profiles.is_file() {
        let order = QueryOrder {
            profile: true,
            ..QueryOrder::scratch(vec![NamedSource::table(source.clone())], ask, out.clone())
        };
        let job = start_question(workspace, &order, &row.id, ticket)?;
        await_question(workspace, &job, ticket)?;
    }
    let text = aloft_base::fs::read_text(&profiles).map_err(|error| Report::of(&error))?;
    let columns: Vec<ColumnProfile> = serde_json::from_str(&text).map_err(|error| unreadable(row, &error))?;
    let pages = Pages::open(&answer_source(&out), &out.with_extension("cache")).map_err(|error| Report::of(&error))?;
    Ok(Profile {
        rows: pages.known_rows(),
        columns,
        ..Profile::default()
    })
}
