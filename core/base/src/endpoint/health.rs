//! How well endpoints are: their state now, each change of it, and the failures that requests met.

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::{parse, word};
use crate::time::now_ms;
use crate::workspace::Workspace;

/// So many failures of an endpoint are kept.
const FAILURES: i64 = 100;
/// So many changes of an endpoint's health are kept.
const CHANGES: i64 = 10_000;

/// How an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It answers, rightly and in time.
    Healthy,
    /// It answers, but slowly, wrongly or with an old version.
    Degraded,
    /// It does not answer.
    Down,
    /// It was not looked at yet, or is stopped.
    Unknown,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// The health of an endpoint as last seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    pub state: State,
    /// Why, as a sentence.
    pub reason: String,
    pub since_ms: i64,
    pub checked_ms: i64,
    /// How long the last probe took.
    pub latency_ms: Option<f64>,
    /// How often it was started again since it was last healthy for long.
    pub restarts: u32,
}

/// One change of an endpoint's health; also an alert until it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthChange {
    pub seq: i64,
    pub endpoint: String,
    pub time_ms: i64,
    pub before: State,
    pub after: State,
    pub reason: String,
    pub seen: bool,
}

/// A request that could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub seq: i64,
    pub time_ms: i64,
    /// The HTTP status it got.
    pub status: u16,
    /// `invalid`, `too_large`, `timeout`, `busy`, `unauthorised`, `internal`, …
    pub kind: String,
    pub message: String,
    /// The request; its values are hidden unless the endpoint keeps them.
    pub request: String,
}

/// The health of an endpoint.
pub fn get(workspace: &Workspace, endpoint: &str) -> Result<Option<Health>> {
    let read = |row: &Row<'_>| {
        Ok(Health {
            state: parse(row, 0)?,
            reason: row.get(1)?,
            since_ms: row.get(2)?,
            checked_ms: row.get(3)?,
            latency_ms: row.get(4)?,
            restarts: row.get(5)?,
        })
    };
    workspace
        .database()
        .prepare_cached(
            "SELECT state, reason, since_ms, checked_ms, latency_ms, restarts FROM health WHERE endpoint = ?1",
        )
        .and_then(|mut statement| statement.query_row([endpoint], read).optional())
        .map_err(Error::database("read the health of an endpoint"))
}

/// Writes down what a probe found. A change of state is an alert and goes into the history.
/// Answers whether it changed.
pub fn set(
    workspace: &Workspace,
    endpoint: &str,
    state: State,
    reason: &str,
    latency_ms: Option<f64>,
    restarts: u32,
) -> Result<bool> {
    let before = get(workspace, endpoint)?;
    let changed = before.as_ref().is_none_or(|before| before.state != state);
    let now = now_ms();
    let since_ms = before
        .as_ref()
        .filter(|_| !changed)
        .map_or(now, |before| before.since_ms);
    workspace.write("write the health of an endpoint", |transaction| {
        transaction.execute(
            "INSERT INTO health (endpoint, state, reason, since_ms, checked_ms, latency_ms, restarts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (endpoint) DO UPDATE SET state = excluded.state, reason = excluded.reason,
                 since_ms = excluded.since_ms, checked_ms = excluded.checked_ms,
                 latency_ms = excluded.latency_ms, restarts = excluded.restarts",
            (endpoint, word(&state), reason, since_ms, now, latency_ms, restarts),
        )?;
        if changed {
            let before = before.as_ref().map_or(State::Unknown, |before| before.state);
            // Going to work and being stopped as asked are no alarm.
            let is_alarm = matches!(state, State::Down | State::Degraded)
                || matches!(before, State::Down | State::Degraded) && state == State::Healthy;
            transaction.execute(
                "INSERT INTO health_change (endpoint, time_ms, before, after, reason, seen)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (endpoint, now, word(&before), word(&state), reason, !is_alarm),
            )?;
            transaction.execute(
                "DELETE FROM health_change WHERE endpoint = ?1 AND seq <= (SELECT max(seq) FROM health_change) - ?2",
                (endpoint, CHANGES),
            )?;
        }
        note(transaction, Topic::Endpoint, endpoint)?;
        Ok(changed)
    })
}

/// The changes of an endpoint's health, newest first.
pub fn history(workspace: &Workspace, endpoint: &str, limit: usize) -> Result<Vec<HealthChange>> {
    changes(
        workspace,
        "WHERE endpoint = ?1 ORDER BY seq DESC LIMIT ?2",
        (endpoint, limit as i64),
    )
}

/// The alerts that nobody has seen, oldest first.
pub fn alerts(workspace: &Workspace) -> Result<Vec<HealthChange>> {
    changes(workspace, "WHERE NOT seen ORDER BY seq", ())
}

fn changes(workspace: &Workspace, tail: &str, parameters: impl rusqlite::Params) -> Result<Vec<HealthChange>> {
    let query = || -> rusqlite::Result<Vec<HealthChange>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT seq, endpoint, time_ms, before, after, reason, seen FROM health_change {tail}"
        ))?;
        let rows = statement.query_map(parameters, |row| {
            Ok(HealthChange {
                seq: row.get(0)?,
                endpoint: row.get(1)?,
                time_ms: row.get(2)?,
                before: parse(row, 3)?,
                after: parse(row, 4)?,
                reason: row.get(5)?,
                seen: row.get(6)?,
            })
        })?;
        rows.collect()
    };
    query().map_err(Error::database("read the history of an endpoint"))
}

/// Marks alerts up to this one as seen.
pub fn mark_seen(workspace: &Workspace, seq: i64) -> Result<()> {
    workspace.write("mark alerts as seen", |transaction| {
        let changed = transaction.execute("UPDATE health_change SET seen = 1 WHERE seq <= ?1 AND NOT seen", [seq])?;
        if changed > 0 {
            note(transaction, Topic::Endpoint, "alerts")?;
        }
        Ok(())
    })
}

/// Writes down failures, as (status, kind, message, request).
pub fn add_failures(workspace: &Workspace, endpoint: &str, failures: &[Failure]) -> Result<()> {
    workspace.write("write the failures of an endpoint", |transaction| {
        for failure in failures {
            transaction
                .prepare_cached(
                    "INSERT INTO failure (endpoint, time_ms, status, kind, message, request)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((
                    endpoint,
                    failure.time_ms,
                    failure.status,
                    &failure.kind,
                    &failure.message,
                    &failure.request,
                ))?;
        }
        transaction.execute(
            "DELETE FROM failure WHERE endpoint = ?1 AND seq NOT IN
                 (SELECT seq FROM failure WHERE endpoint = ?1 ORDER BY seq DESC LIMIT ?2)",
            (endpoint, FAILURES),
        )?;
        note(transaction, Topic::Endpoint, endpoint)
    })
}

/// The last failures of an endpoint, newest first.
pub fn failures(workspace: &Workspace, endpoint: &str) -> Result<Vec<Failure>> {
    let query = || -> rusqlite::Result<Vec<Failure>> {
        let mut statement = workspace.database().prepare_cached(
            "SELECT seq, time_ms, status, kind, message, request FROM failure WHERE endpoint = ?1 ORDER BY seq DESC",
        )?;
        let rows = statement.query_map([endpoint], |row| {
            Ok(Failure {
                seq: row.get(0)?,
                time_ms: row.get(1)?,
                status: row.get(2)?,
                kind: row.get(3)?,
                message: row.get(4)?,
                request: row.get(5)?,
            })
        })?;
        rows.collect()
    };
    query().map_err(Error::database("read the failures of an endpoint"))
}
