//! Runs: one training of one recipe, whatever jobs it took.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use crate::change::{Topic, note};
use crate::error::{Error, Report, Result};
use crate::job::{self, Progress, State, json};
use crate::time::now_ms;
use crate::workspace::Workspace;

/// What a run is when it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    pub name: String,
    /// The path of its data.
    pub dataset: String,
    /// `linear`, `mlp`, …
    pub model: String,
    /// `regression`, `binary` or `multi_class`.
    pub task: String,
    pub target: String,
    /// The whole recipe as TOML.
    pub recipe: String,
}

/// A run, with the state of its newest job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub id: String,
    pub name: String,
    pub dataset: String,
    /// Names the content of its data, once read.
    pub fingerprint: Option<String>,
    pub model: String,
    pub task: String,
    pub target: String,
    pub recipe: String,
    /// Its newest job, which says its state.
    pub job: Option<String>,
    pub state: State,
    pub progress: Option<Progress>,
    pub error: Option<Report>,
    /// The outcome as `aloft-train` writes it, once there is one.
    pub result: Option<serde_json::Value>,
    pub created_ms: i64,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
}

const SELECT: &str = "SELECT run.id, run.name, run.dataset, run.fingerprint, run.model, run.task, run.target,
    run.recipe, run.job, coalesce(job.state, 'queued'), job.progress, job.error, run.result, run.created_ms,
    (SELECT min(started_ms) FROM job AS any WHERE any.subject = run.id), job.ended_ms
    FROM run LEFT JOIN job ON job.id = run.job";

/// Writes down a run and the job that trains it; answers both ids, run first.
pub fn create(workspace: &Workspace, new: &NewRun) -> Result<(String, String)> {
    let run = crate::id::new('r');
    let job = job::create(
        workspace,
        job::Kind::Train,
        &run,
        &serde_json::json!({ "resume": false }),
    )?;
    workspace.write("add a run", |transaction| {
        transaction.execute(
            "INSERT INTO run (id, name, dataset, model, task, target, recipe, job, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                &run,
                &new.name,
                &new.dataset,
                &new.model,
                &new.task,
                &new.target,
                &new.recipe,
                &job,
                now_ms(),
            ),
        )?;
        note(transaction, Topic::Run, &run)
    })?;
    Ok((run, job))
}

/// Writes down a job that resumes a run from its last checkpoint, and answers the job's id.
/// Refused while another process works on the run, and when it has reached its end.
pub fn resume(workspace: &Workspace, id: &str) -> Result<String> {
    job::mark_interrupted(workspace)?;
    let state = get(workspace, id)?.state;
    if state.is_active() || state == State::Done {
        let why = format!("is {} and cannot be resumed", state.as_str());
        return Err(Error::Conflict {
            what: "run",
            id: id.to_owned(),
            why,
        });
    }
    let job = job::create(workspace, job::Kind::Train, id, &serde_json::json!({ "resume": true }))?;
    let taken = workspace.write("resume a run", |transaction| {
        // Two windows may press the button at once: the run takes one of the two jobs.
        let taken = transaction.execute(
            "UPDATE run SET job = ?2 WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM job WHERE job.id = run.job AND job.state IN ('queued', 'running', 'paused'))",
            (id, &job),
        )?;
        if taken == 0 {
            transaction.execute("DELETE FROM job WHERE id = ?1", [&job])?;
        }
        note(transaction, Topic::Run, id)?;
        Ok(taken)
    })?;
    if taken == 0 {
        let why = "was resumed by another window or terminal just now".to_owned();
        return Err(Error::Conflict {
            what: "run",
            id: id.to_owned(),
            why,
        });
    }
    Ok(job)
}

/// The run with this id.
pub fn get(workspace: &Workspace, id: &str) -> Result<Run> {
    workspace
        .database()
        .prepare_cached(&format!("{SELECT} WHERE run.id = ?1"))
        .and_then(|mut statement| statement.query_row([id], read).optional())
        .map_err(Error::database("read a run"))?
        .ok_or_else(|| Error::Missing {
            what: "run",
            id: id.to_owned(),
        })
}

/// The newest runs, newest first.
pub fn list(workspace: &Workspace, limit: usize) -> Result<Vec<Run>> {
    let query = || -> rusqlite::Result<Vec<Run>> {
        let mut statement = workspace
            .database()
            .prepare_cached(&format!("{SELECT} ORDER BY run.created_ms DESC, run.id DESC LIMIT ?1"))?;
        statement.query_map([limit as i64], read)?.collect()
    };
    query().map_err(Error::database("list the runs"))
}

/// Gives a run another name.
pub fn rename(workspace: &Workspace, id: &str, name: &str) -> Result<()> {
    update(
        workspace,
        id,
        "rename a run",
        "UPDATE run SET name = ?2 WHERE id = ?1",
        name,
    )
}

/// Says what content the run's data had.
pub fn set_fingerprint(workspace: &Workspace, id: &str, fingerprint: &str) -> Result<()> {
    update(
        workspace,
        id,
        "write a fingerprint",
        "UPDATE run SET fingerprint = ?2 WHERE id = ?1",
        fingerprint,
    )
}

/// Stores the outcome.
pub fn set_result(workspace: &Workspace, id: &str, result: &serde_json::Value) -> Result<()> {
    update(
        workspace,
        id,
        "write a result",
        "UPDATE run SET result = ?2 WHERE id = ?1",
        &result.to_string(),
    )
}

fn update(workspace: &Workspace, id: &str, action: &'static str, statement: &str, value: &str) -> Result<()> {
    let changed = workspace.write(action, |transaction| {
        note(transaction, Topic::Run, id)?;
        transaction.execute(statement, (id, value))
    })?;
    if changed == 0 {
        return Err(Error::Missing {
            what: "run",
            id: id.to_owned(),
        });
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: row.get(0)?,
        name: row.get(1)?,
        dataset: row.get(2)?,
        fingerprint: row.get(3)?,
        model: row.get(4)?,
        task: row.get(5)?,
        target: row.get(6)?,
        recipe: row.get(7)?,
        job: row.get(8)?,
        state: job::parse(row, 9)?,
        progress: json(row, 10)?,
        error: json(row, 11)?,
        result: json(row, 12)?,
        created_ms: row.get(13)?,
        started_ms: row.get(14)?,
        ended_ms: row.get(15)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Explain};

    fn new_run() -> NewRun {
        NewRun {
            name: "penguins".into(),
            dataset: "/data/penguins.csv".into(),
            model: "linear".into(),
            task: "multi_class".into(),
            target: "species".into(),
            recipe: "version = 1".into(),
        }
    }

    #[test]
    fn a_run_takes_the_state_of_its_newest_job() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let (id, first) = create(&workspace, &new_run()).unwrap();
        assert_eq!(get(&workspace, &id).unwrap().state, State::Queued);
        drop(job::claim(&workspace, &first).unwrap());
        let second = resume(&workspace, &id).unwrap();
        assert_ne!(first, second);
        assert_eq!(get(&workspace, &id).unwrap().state, State::Queued);
        assert_eq!(resume(&workspace, &id).unwrap_err().kind(), ErrorKind::Conflict);
        let claim = job::claim(&workspace, &second).unwrap();
        set_result(&workspace, &id, &serde_json::json!({"epochs": 3})).unwrap();
        claim.finish(&workspace, State::Done, None).unwrap();
        let run = get(&workspace, &id).unwrap();
        assert_eq!(
            (run.state, run.result.unwrap()["epochs"].as_i64()),
            (State::Done, Some(3))
        );
        assert!(run.started_ms.is_some() && run.ended_ms.is_some());
        assert_eq!(resume(&workspace, &id).unwrap_err().kind(), ErrorKind::Conflict);
    }

    #[test]
    fn a_missing_run_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        for error in [
            get(&workspace, "r9").unwrap_err(),
            rename(&workspace, "r9", "x").unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert_eq!(error.to_string(), "There is no run 'r9' in this workspace");
        }
    }
}
