//! A job that this process runs.

use super::{Job, Progress, Request, State, get, note_subject, parse};
use crate::change::{Topic, note};
use crate::error::{Error, Report, Result};
use crate::fs::Lock;
use crate::time::now_ms;
use crate::workspace::Workspace;

/// A job that this process runs: the lock is held until this is dropped or the process ends.
#[derive(Debug)]
pub struct Claim {
    pub job: Job,
    _lock: Lock,
}

/// Takes a queued job for this process.
pub fn claim(workspace: &Workspace, id: &str) -> Result<Claim> {
    let refuse = |why: &str| Error::Conflict {
        what: "job",
        id: id.to_owned(),
        why: why.to_owned(),
    };
    // A reader that looks whether the lock is free holds it for a moment, so try more than once.
    let mut lock = None;
    for _attempt in 0..50 {
        lock = Lock::try_take(&workspace.job_lock(id))?;
        if lock.is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let lock = lock.ok_or_else(|| refuse("is run by another process"))?;
    let changed = workspace.write("start a job", |transaction| {
        let changed = transaction.execute(
            "UPDATE job SET state = 'running', pid = ?2, started_ms = ?3, heartbeat_ms = ?3
             WHERE id = ?1 AND state = 'queued'",
            (id, std::process::id(), now_ms()),
        )?;
        note(transaction, Topic::Job, id)?;
        Ok(changed)
    })?;
    let job = get(workspace, id)?;
    if changed == 0 {
        return Err(refuse(&format!("is {}, not queued", job.state.as_str())));
    }
    workspace.write("start a job", |transaction| {
        note_subject(transaction, job.kind, &job.subject)
    })?;
    Ok(Claim { job, _lock: lock })
}

impl Claim {
    /// What a person asks of this job now.
    pub fn request(&self, workspace: &Workspace) -> Result<Request> {
        workspace
            .database()
            .prepare_cached("SELECT request FROM job WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([&self.job.id], |row| parse(row, 0)))
            .map_err(Error::database("read a request"))
    }

    /// Says how far the job is; also its sign of life.
    pub fn progress(&self, workspace: &Workspace, progress: &Progress) -> Result<()> {
        let text = serde_json::to_string(progress).map_err(|source| self.unwritable(source))?;
        workspace.write("write progress", |transaction| {
            transaction
                .prepare_cached("UPDATE job SET progress = ?2, heartbeat_ms = ?3 WHERE id = ?1")?
                .execute((&self.job.id, text, now_ms()))?;
            note(transaction, Topic::Job, &self.job.id)
        })
    }

    /// Says that the job waits, or that it goes on.
    pub fn paused(&self, workspace: &Workspace, paused: bool) -> Result<()> {
        let state = if paused { State::Paused } else { State::Running };
        self.set_state(workspace, state, None)
    }

    /// Ends the job. Drops the lock only after the row says so.
    pub fn finish(self, workspace: &Workspace, state: State, error: Option<&Report>) -> Result<()> {
        debug_assert!(!state.is_active());
        self.set_state(workspace, state, error)
    }

    fn set_state(&self, workspace: &Workspace, state: State, error: Option<&Report>) -> Result<()> {
        let error = error
            .map(serde_json::to_string)
            .transpose()
            .map_err(|source| self.unwritable(source))?;
        let ended_ms = (!state.is_active()).then(now_ms);
        workspace.write("write a job's state", |transaction| {
            transaction.execute(
                "UPDATE job SET state = ?2, error = ?3, ended_ms = ?4, heartbeat_ms = ?5,
                     request = iif(?4 IS NULL, request, 'none'), pid = iif(?4 IS NULL, pid, NULL)
                 WHERE id = ?1",
                (&self.job.id, state.as_str(), error, ended_ms, now_ms()),
            )?;
            note(transaction, Topic::Job, &self.job.id)?;
            note_subject(transaction, self.job.kind, &self.job.subject)
        })
    }

    fn unwritable(&self, source: serde_json::Error) -> Error {
        Error::Stored {
            what: "progress",
            id: self.job.id.clone(),
            source,
        }
    }
}
