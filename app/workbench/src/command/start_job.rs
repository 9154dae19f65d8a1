//! Starting the process of a job that was just written down.

use aloft_base::job::{self, State};
use aloft_base::{Error, Report, Workspace, launch};

/// Starts it. When it cannot be started the job's row says why at once, instead of waiting for a process
/// that never comes.
pub(super) fn start_job(workspace: &Workspace, job: &str) -> Result<(), Error> {
    launch::spawn_job(workspace, job).inspect_err(|error| {
        // That the row cannot be marked either is no news beside the error; the feed marks it as interrupted.
        let marked = job::claim(workspace, job)
            .and_then(|claim| claim.finish(workspace, State::Failed, Some(&Report::of(error))));
        drop(marked);
    })
}
