//! Jobs: a row says what is to be done, a process does it, a lock says that it lives.
//!
//! The process that runs a job holds an operating-system lock on the job's lock file.
//! A free lock on a job that is not finished means that its process is gone.

mod claim;

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::change::{Topic, note};
use crate::error::{Error, Report, Result};
use crate::fs::is_locked;
use crate::time::now_ms;
use crate::workspace::Workspace;

pub use claim::{Claim, claim};

/// A job that was queued but that no process took within this time is given up.
const QUEUE_LIMIT_MS: i64 = 20_000;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Indexes and profiles a dataset; the subject is the dataset's id.
    Profile,
    /// Trains a run; the subject is the run's id.
    Train,
    /// Answers requests until it is stopped; the subject is the endpoint's id.
    Serve,
    /// Looks after the health of all endpoints; the subject is `endpoints`.
    Watch,
    /// Predicts the rows of a file; the subject is the model's name.
    Predict,
    /// Copies, moves or deletes files and objects; the subject is the job's own title.
    Transfer,
    /// Answers a question to tables, or prepares one; the subject is the dataset's id, or a title.
    Query,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Written down, not yet taken by a process.
    Queued,
    Running,
    /// Its process lives and waits to be resumed.
    Paused,
    /// It reached its end.
    Done,
    /// A person stopped it; what it had is kept.
    Stopped,
    /// It ended with an error.
    Failed,
    /// Its process is gone before the end.
    Interrupted,
}

impl State {
    /// Whether a process works or will work on it.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Paused)
    }

    /// The state as it stands in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What a person asks of a running job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Go on.
    None,
    Pause,
    /// Save what there is and end.
    Stop,
}

/// How far a job says it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Of the whole, from 0 to 1, when that is known.
    pub fraction: Option<f64>,
    /// What it does now, as a short phrase: "epoch 3 of 10".
    pub what: String,
    /// Seconds until it will be done, when that can be told.
    pub eta_secs: Option<f64>,
    /// Rows a second, when rows are what it works through.
    pub rows_per_sec: Option<f64>,
    /// Resident memory of its process.
    pub memory_bytes: Option<u64>,
}

/// A job, as its row says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Job {
    pub id: String,
    pub kind: Kind,
    /// The id of what it works on: a dataset or a run.
    pub subject: String,
    /// What exactly is to be done; its form depends on the kind.
    pub spec: serde_json::Value,
    pub state: State,
    pub request: Request,
    pub progress: Option<Progress>,
    pub error: Option<Report>,
    pub pid: Option<u32>,
    pub created_ms: i64,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
}

impl Job {
    /// How long it ran or runs, in seconds.
    pub fn duration_secs(&self) -> Option<f64> {
        let end = self.ended_ms.unwrap_or_else(now_ms);
        self.started_ms.map(|start| (end - start).max(0) as f64 / 1000.0)
    }
}

const COLUMNS: &str = "id, kind, subject, spec, state, request, progress, error, pid, created_ms, started_ms, ended_ms";

/// Writes down a job to be done and answers its id.
pub fn create(workspace: &Workspace, kind: Kind, subject: &str, spec: &serde_json::Value) -> Result<String> {
    let id = crate::id::new('j');
    workspace.write("add a job", |transaction| {
        transaction.execute(
            "INSERT INTO job (id, kind, subject, spec, state, created_ms) VALUES (?1, ?2, ?3, ?4, 'queued', ?5)",
            (&id, word(&kind), subject, spec.to_string(), now_ms()),
        )?;
        note(transaction, Topic::Job, &id)
    })?;
    Ok(id)
}

/// The job with this id.
pub fn get(workspace: &Workspace, id: &str) -> Result<Job> {
    workspace
        .database()
        .prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE id = ?1"))
        .and_then(|mut statement| statement.query_row([id], read).optional())
        .map_err(Error::database("read a job"))?
        .ok_or_else(|| Error::Missing {
            what: "job",
            id: id.to_owned(),
        })
}

/// The newest jobs, newest first.
pub fn list(workspace: &Workspace, limit: usize) -> Result<Vec<Job>> {
    select(workspace, "ORDER BY created_ms DESC, id DESC LIMIT ?1", limit as i64)
}

/// The jobs a process works on or will work on, oldest first.
pub fn active(workspace: &Workspace) -> Result<Vec<Job>> {
    select(
        workspace,
        "WHERE state IN ('queued', 'running', 'paused') ORDER BY created_ms, id LIMIT ?1",
        i64::MAX,
    )
}

fn select(workspace: &Workspace, tail: &str, limit: i64) -> Result<Vec<Job>> {
    let query = || -> rusqlite::Result<Vec<Job>> {
        let mut statement = workspace
            .database()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM job {tail}"))?;
        statement.query_map([limit], read)?.collect()
    };
    query().map_err(Error::database("list the jobs"))
}

/// Asks something of a running job; it answers within a moment. Refused when no process works on it.
pub fn request(workspace: &Workspace, id: &str, request: Request) -> Result<()> {
    let changed = workspace.write("ask something of a job", |transaction| {
        let changed = transaction.execute(
            "UPDATE job SET request = ?2 WHERE id = ?1 AND state IN ('queued', 'running', 'paused')",
            (id, word(&request)),
        )?;
        if changed > 0 {
            note(transaction, Topic::Job, id)?;
        }
        Ok(changed)
    })?;
    refuse_unchanged(workspace, id, changed)
}

/// Refuses what changed no row, with the state that forbids it.
fn refuse_unchanged(workspace: &Workspace, id: &str, changed: usize) -> Result<()> {
    if changed > 0 {
        return Ok(());
    }
    let state = get(workspace, id)?.state;
    Err(Error::Conflict {
        what: "job",
        id: id.to_owned(),
        why: format!("is {}", state.as_str()),
    })
}

/// Queues a job again that ended before its end, so that it goes on. Refused for one that is
/// active or done.
pub fn requeue(workspace: &Workspace, id: &str) -> Result<()> {
    let changed = workspace.write("queue a job again", |transaction| {
        let changed = transaction.execute(
            "UPDATE job SET state = 'queued', request = 'none', error = NULL, pid = NULL, started_ms = ?2, ended_ms = NULL
             WHERE id = ?1 AND state IN ('stopped', 'failed', 'interrupted')",
            (id, now_ms()),
        )?;
        if changed > 0 {
            note(transaction, Topic::Job, id)?;
        }
        Ok(changed)
    })?;
    refuse_unchanged(workspace, id, changed)
}

/// The jobs of a kind that ended before their end, newest first.
pub fn unfinished(workspace: &Workspace, kind: Kind, limit: usize) -> Result<Vec<Job>> {
    let query = || -> rusqlite::Result<Vec<Job>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE kind = ?1 AND state IN ('stopped', 'failed', 'interrupted')
             ORDER BY created_ms DESC, id DESC LIMIT ?2"
        ))?;
        statement.query_map((word(&kind), limit as i64), read)?.collect()
    };
    query().map_err(Error::database("list the jobs"))
}

/// Marks every unfinished job whose process is gone, and answers how many there were.
pub fn mark_interrupted(workspace: &Workspace) -> Result<usize> {
    let mut gone = Vec::new();
    for job in active(workspace)? {
        // A job that was queued again was started before; then this is when it was queued.
        let queued_ms = job.started_ms.unwrap_or(job.created_ms);
        let waits = job.state == State::Queued && now_ms() - queued_ms < QUEUE_LIMIT_MS;
        if !waits && !is_locked(&workspace.job_lock(&job.id))? {
            gone.push(job);
        }
    }
    for job in &gone {
        workspace.write("mark an interrupted job", |transaction| {
            // The heartbeat is the last sign of life, so it is when the work ended.
            let changed = transaction.execute(
                "UPDATE job SET state = 'interrupted', request = 'none', pid = NULL,
                     ended_ms = coalesce(heartbeat_ms, started_ms, created_ms)
                 WHERE id = ?1 AND state = ?2",
                (&job.id, job.state.as_str()),
            )?;
            if changed > 0 {
                note(transaction, Topic::Job, &job.id)?;
                note_subject(transaction, job.kind, &job.subject)?;
            }
            Ok(())
        })?;
    }
    Ok(gone.len())
}

/// Ends a job whose process is gone with the reason for that, which somebody else saw. Answers
/// whether it was still waiting for its end.
pub fn fail_gone(workspace: &Workspace, id: &str, report: &Report) -> Result<bool> {
    if is_locked(&workspace.job_lock(id))? {
        return Ok(false);
    }
    let job = get(workspace, id)?;
    let error = serde_json::to_string(report).map_err(|source| Error::Stored {
        what: "error",
        id: id.to_owned(),
        source,
    })?;
    workspace.write("write why a job ended", |transaction| {
        let changed = transaction.execute(
            "UPDATE job SET state = 'failed', error = ?2, request = 'none', pid = NULL, ended_ms = ?3
             WHERE id = ?1 AND state IN ('running', 'paused', 'interrupted')",
            (id, error, now_ms()),
        )?;
        if changed > 0 {
            note(transaction, Topic::Job, id)?;
            note_subject(transaction, job.kind, &job.subject)?;
        }
        Ok(changed > 0)
    })
}

fn note_subject(transaction: &rusqlite::Transaction<'_>, kind: Kind, subject: &str) -> rusqlite::Result<()> {
    let topic = match kind {
        Kind::Profile => Topic::Dataset,
        Kind::Train => Topic::Run,
        Kind::Serve => Topic::Endpoint,
        Kind::Predict => Topic::Model,
        // A transfer's files are told of by themselves; the watch looks after every endpoint and is shown with none;
        // who asks a question waits for its job.
        Kind::Transfer | Kind::Watch | Kind::Query => return Ok(()),
    };
    note(transaction, topic, subject)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        kind: parse(row, 1)?,
        subject: row.get(2)?,
        spec: json(row, 3)?.unwrap_or_default(),
        state: parse(row, 4)?,
        request: parse(row, 5)?,
        progress: json(row, 6)?,
        error: json(row, 7)?,
        pid: row.get(8)?,
        created_ms: row.get(9)?,
        started_ms: row.get(10)?,
        ended_ms: row.get(11)?,
    })
}

/// The word an enum is stored as.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        // Only enums without fields are passed in; they are all written as strings.
        _ => String::new(),
    }
}

/// Reads an enum that was stored as a word.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let word: String = row.get(index)?;
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(index, error))
}

/// Reads a column that holds JSON or NULL.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(index)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| unreadable(index, error)))
        .transpose()
}

fn unreadable(index: usize, error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Explain};

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        (folder, workspace)
    }

    #[test]
    fn a_job_goes_from_queued_to_done() {
        let (_folder, workspace) = workspace();
        let id = create(&workspace, Kind::Train, "r1", &serde_json::json!({"resume": false})).unwrap();
        assert_eq!(get(&workspace, &id).unwrap().state, State::Queued);
        let claim = claim(&workspace, &id).unwrap();
        assert_eq!(mark_interrupted(&workspace).unwrap(), 0, "its lock is held");
        request(&workspace, &id, Request::Pause).unwrap();
        assert_eq!(claim.request(&workspace).unwrap(), Request::Pause);
        claim
            .progress(
                &workspace,
                &Progress {
                    fraction: Some(0.5),
                    ..Progress::default()
                },
            )
            .unwrap();
        claim.finish(&workspace, State::Done, None).unwrap();
        let job = get(&workspace, &id).unwrap();
        assert_eq!((job.state, job.request, job.pid), (State::Done, Request::None, None));
        assert_eq!(job.progress.unwrap().fraction, Some(0.5));
        assert_eq!(job.spec["resume"], false);
    }

    #[test]
    fn a_job_whose_process_is_gone_is_interrupted_and_can_be_asked_nothing() {
        let (_folder, workspace) = workspace();
        let id = create(&workspace, Kind::Train, "r1", &serde_json::Value::Null).unwrap();
        // Dropping the claim frees the lock without a last word, as a kill does.
        drop(claim(&workspace, &id).unwrap());
        assert_eq!(mark_interrupted(&workspace).unwrap(), 1);
        assert_eq!(get(&workspace, &id).unwrap().state, State::Interrupted);
        let error = request(&workspace, &id, Request::Stop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("is interrupted"), "{error}");
    }

    #[test]
    fn the_reason_for_the_end_of_a_process_is_kept_and_never_that_of_one_that_lives() {
        let (_folder, workspace) = workspace();
        let report = Report::new(ErrorKind::Unavailable, "It needed too much", "");
        let id = create(&workspace, Kind::Query, "q", &serde_json::Value::Null).unwrap();
        let claim = claim(&workspace, &id).unwrap();
        assert!(!fail_gone(&workspace, &id, &report).unwrap(), "its lock is held");
        drop(claim);
        // Also when somebody else saw first that it is gone.
        assert_eq!(mark_interrupted(&workspace).unwrap(), 1);
        assert!(fail_gone(&workspace, &id, &report).unwrap());
        let job = get(&workspace, &id).unwrap();
        assert_eq!((job.state, job.error), (State::Failed, Some(report.clone())));
        assert!(!fail_gone(&workspace, &id, &report).unwrap(), "it has ended");
    }

    #[test]
    fn a_job_that_ended_early_is_queued_again_and_one_that_is_done_is_not() {
        let (_folder, workspace) = workspace();
        let id = create(&workspace, Kind::Transfer, "t", &serde_json::Value::Null).unwrap();
        drop(claim(&workspace, &id).unwrap());
        assert_eq!(mark_interrupted(&workspace).unwrap(), 1);
        assert_eq!(unfinished(&workspace, Kind::Transfer, 9).unwrap()[0].id, id);
        requeue(&workspace, &id).unwrap();
        assert_eq!(mark_interrupted(&workspace).unwrap(), 0, "it was queued just now");
        claim(&workspace, &id)
            .unwrap()
            .finish(&workspace, State::Done, None)
            .unwrap();
        assert_eq!(requeue(&workspace, &id).unwrap_err().kind(), ErrorKind::Conflict);
        assert!(unfinished(&workspace, Kind::Transfer, 9).unwrap().is_empty());
    }

    #[test]
    fn a_job_is_claimed_once() {
        let (_folder, workspace) = workspace();
        let id = create(&workspace, Kind::Profile, "d1", &serde_json::Value::Null).unwrap();
        let first = claim(&workspace, &id).unwrap();
        first.finish(&workspace, State::Done, None).unwrap();
        assert_eq!(claim(&workspace, &id).unwrap_err().kind(), ErrorKind::Conflict);
    }

    #[test]
    fn many_writers_at_once_lose_nothing() {
        let (folder, workspace) = workspace();
        let threads: Vec<_> = (0..8)
            .map(|worker| {
                let folder = folder.path().to_owned();
                std::thread::Builder::new()
                    .spawn(move || {
                        let workspace = Workspace::open(folder).unwrap();
                        for _ in 0..20 {
                            create(&workspace, Kind::Train, &format!("r{worker}"), &serde_json::Value::Null).unwrap();
                        }
                    })
                    .unwrap()
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(list(&workspace, 1000).unwrap().len(), 160);
    }
}
