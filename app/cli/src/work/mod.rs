//! A job from its claim to its last word, in this process.

mod leftovers;
mod predict;
mod profile;
mod query;
mod serve;
mod spare;
mod train;
mod transfer;

pub(crate) use predict::Order;

use aloft_base::endpoint::Status;
use aloft_base::job::{self, Claim, Kind, State};
use aloft_base::limits::Limits;
use aloft_base::log::{self, Level};
use aloft_base::{ErrorKind, Workspace};
use aloft_data::Profile;
use aloft_train::PredictSummary;
use anyhow::Result;

use crate::context::Context;
use crate::failure::{guarded, report_of};
use crate::output::Output;

/// Runs a queued job that profiles a dataset.
pub(crate) fn profile(context: &mut Context<'_>, job: &str) -> Result<Profile> {
    let claim = job::claim(&context.workspace, job)?;
    finish(context, claim, profile::perform)
}

/// Runs a queued job that trains; its outcome is in the run's row.
pub(crate) fn train(context: &mut Context<'_>, job: &str) -> Result<()> {
    let claim = job::claim(&context.workspace, job)?;
    finish(context, claim, train::perform)
}

/// Runs a queued job that serves an endpoint; `on_ready` is told when it answers.
pub(crate) fn serve(
    context: &mut Context<'_>,
    job: &str,
    on_ready: &mut dyn FnMut(&mut Output, &Status) -> Result<()>,
) -> Result<()> {
    let claim = job::claim(&context.workspace, job)?;
    finish(context, claim, |context, claim| {
        serve::perform(context, claim, on_ready)
    })
}

/// Runs a queued job that predicts the rows of a file.
pub(crate) fn predict(context: &mut Context<'_>, job: &str) -> Result<PredictSummary> {
    let claim = job::claim(&context.workspace, job)?;
    finish(context, claim, predict::perform)
}

/// Runs a queued job that moves data.
pub(crate) fn transfer(context: &mut Context<'_>, job: &str) -> Result<aloft_cloud::transfer::Summary> {
    let claim = job::claim(&context.workspace, job)?;
    finish(context, claim, transfer::perform)
}

/// Runs a queued job that answers a question to tables.
pub(crate) fn query(context: &mut Context<'_>, job: &str) -> Result<aloft_data::Answer> {
    let claim = job::claim(&context.workspace, job)?;
    finish(context, claim, query::perform)
}

/// Runs a queued job, whatever it is.
pub(crate) fn any(context: &mut Context<'_>, job: &str) -> Result<()> {
    let claim = job::claim(&context.workspace, job)?;
    match claim.job.kind {
        Kind::Profile => finish(context, claim, profile::perform).map(drop),
        Kind::Train => finish(context, claim, train::perform),
        Kind::Serve => finish(context, claim, |context, claim| {
            serve::perform(context, claim, &mut |_, _| Ok(()))
        }),
        Kind::Watch => finish(context, claim, serve::watch),
        Kind::Predict => finish(context, claim, predict::perform).map(drop),
        Kind::Transfer => finish(context, claim, transfer::perform).map(drop),
        Kind::Query => finish(context, claim, query::perform).map(drop),
    }
}

/// Does the work and writes down how it ended, also after a panic.
fn finish<T>(
    context: &mut Context<'_>,
    claim: Claim,
    work: impl FnOnce(&mut Context<'_>, &Claim) -> Result<T>,
) -> Result<T> {
    let answer = guarded(|| work(context, &claim));
    let workspace = &context.workspace;
    let is_of_tables = matches!(claim.job.kind, Kind::Query | Kind::Profile);
    let told = match &answer {
        Ok(_) => claim.finish(workspace, State::Done, None),
        Err(error) => {
            let report = report_of(error);
            if report.kind == ErrorKind::Stopped {
                say(workspace, &claim, Level::Info, &report.message)
                    .and_then(|()| claim.finish(workspace, State::Stopped, None))
            } else {
                say(workspace, &claim, Level::Error, &report.to_string())
                    .and_then(|()| claim.finish(workspace, State::Failed, Some(&report)))
            }
        }
    };
    if is_of_tables {
        // After the answer is there, so that nobody waits for it.
        let limits = Limits::read(workspace).unwrap_or_default();
        aloft_data::tidy_cache(&workspace.cache_folder(), limits.cache_bytes);
    }
    match (answer, told) {
        (Ok(answer), told) => {
            told?;
            Ok(answer)
        }
        (Err(error), Ok(())) => Err(error),
        (Err(error), Err(untold)) => {
            // The freed lock says as much: others see the job as interrupted.
            context
                .output
                .note(&format!("The end of the job could not be written down: {untold}"));
            Err(error)
        }
    }
}

fn say(workspace: &Workspace, claim: &Claim, level: Level, text: &str) -> aloft_base::Result<()> {
    log::add(workspace, &claim.job.id, level, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Stop;

    #[test]
    fn a_panic_in_a_job_becomes_a_failed_job_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = Output::new(true);
        let mut context = Context::open(Some(folder.path()), &mut output, Stop::default()).unwrap();
        let id = job::create(&context.workspace, Kind::Train, "r1", &serde_json::Value::Null).unwrap();
        let claim = job::claim(&context.workspace, &id).unwrap();
        let error = finish::<()>(&mut context, claim, |_, _| panic!("the matrix is singular")).unwrap_err();
        assert_eq!(report_of(&error).kind, ErrorKind::Internal);
        let job = job::get(&context.workspace, &id).unwrap();
        let report = job.error.unwrap();
        assert_eq!((job.state, report.kind), (State::Failed, ErrorKind::Internal));
        assert!(report.message.contains("the matrix is singular"), "{report}");
        let lines = log::tail(&context.workspace, Some(&id), 9).unwrap();
        assert!(
            lines
                .iter()
                .any(|line| line.level == Level::Error && line.text.contains("singular"))
        );
    }
}
