//! Endpoints: addresses that answer with a model. A row says what is wanted; a job serves it;
//! [`health`] says how it is.

pub mod health;
mod spec;
pub mod token;

#[cfg(test)]
mod tests;

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::{self, State, json, parse, word};
use crate::registry::{check_name, missing};
use crate::time::now_ms;
use crate::workspace::Workspace;

pub use spec::{Check, External, Limits, RequestLog, Serving, Spec, Split, Tls};

/// Whether a person wants an endpoint to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Up,
    Stopped,
}

/// What a serving process says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Where it answers, for example `http://127.0.0.1:8080`.
    pub url: String,
    pub port: u16,
    pub pid: u32,
    /// When it began to answer.
    pub ready_ms: i64,
    /// What it serves now.
    pub versions: Vec<Served>,
    /// Why it does not serve what it should, for example a version that could not be loaded.
    pub problem: Option<String>,
}

/// A version that a process serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    pub role: Role,
    pub number: u32,
    /// The share of the requests it answers, from 0 to 1.
    pub share: f64,
    pub since_ms: i64,
}

/// What a served version is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Main,
    /// Answers a share of the requests.
    Split,
    /// Is asked too; its answers are only compared.
    Shadow,
}

/// An endpoint, with the state of its newest job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Endpoint {
    pub id: String,
    pub name: String,
    pub spec: Spec,
    pub wanted: Wanted,
    pub job: Option<String>,
    /// Of its newest job; `None` for an external one and for one that was never started.
    pub state: Option<State>,
    pub error: Option<crate::Report>,
    /// What its process said last; stale once that is gone.
    pub status: Option<Status>,
    pub health: Option<health::Health>,
    pub created_ms: i64,
}

impl Endpoint {
    /// Whether a process of ours serves or will serve it.
    pub fn is_active(&self) -> bool {
        self.state.is_some_and(State::is_active)
    }
}

const SELECT: &str = "SELECT endpoint.id, endpoint.name, endpoint.spec, endpoint.wanted, endpoint.job, job.state,
    job.error, endpoint.status, endpoint.created_ms FROM endpoint LEFT JOIN job ON job.id = endpoint.job";

/// Writes down an endpoint; it is started by [`start`].
///
/// # Errors
/// When the name is taken or no name, or a share lies outside 0 to 1.
pub fn create(workspace: &Workspace, name: &str, spec: &Spec) -> Result<Endpoint> {
    check_name("endpoint", name)?;
    check(name, spec)?;
    if find(workspace, name)?.is_some() {
        return Err(Error::Conflict {
            what: "endpoint",
            id: name.to_owned(),
            why: "exists already: choose another name, or delete it first".to_owned(),
        });
    }
    let id = crate::id::new('e');
    let text = text_of(name, spec)?;
    let wanted = match spec {
        Spec::Local(_) => Wanted::Stopped,
        Spec::External(_) => Wanted::Up,
    };
    workspace.write("add an endpoint", |transaction| {
        transaction.execute(
            "INSERT INTO endpoint (id, name, spec, wanted, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            (&id, name, &text, word(&wanted), now_ms()),
        )?;
        audit::add(transaction, &audit::actor(), "add endpoint", name, "")?;
        note(transaction, Topic::Endpoint, &id)
    })?;
    get(workspace, &id)
}

/// Changes what an endpoint is to be. A process that serves it follows at once, but for
/// its address and its limits, which count from its next start.
pub fn change(workspace: &Workspace, id: &str, spec: &Spec) -> Result<()> {
    check(id, spec)?;
    let text = text_of(id, spec)?;
    update(workspace, id, "UPDATE endpoint SET spec = ?2 WHERE id = ?1", &text)
}

/// Writes down a job that serves an endpoint, and that it is wanted. Answers the job's id,
/// to be started with [`crate::launch::spawn_job`] or run by this process.
///
/// # Errors
/// When a process serves it already, or it is not ours to start.
pub fn start(workspace: &Workspace, id: &str) -> Result<String> {
    job::mark_interrupted(workspace)?;
    let endpoint = get(workspace, id)?;
    let refuse = |why: &str| Error::Conflict {
        what: "endpoint",
        id: endpoint.name.clone(),
        why: why.to_owned(),
    };
    if endpoint.spec.serving().is_none() {
        return Err(refuse("is an external address, which is only watched"));
    }
    let job = job::create(workspace, job::Kind::Serve, id, &serde_json::Value::Null)?;
    let taken = workspace.write("start an endpoint", |transaction| {
        let taken = transaction.execute(
            "UPDATE endpoint SET job = ?2, wanted = 'up', status = NULL WHERE id = ?1 AND deleted_ms IS NULL
             AND NOT EXISTS (SELECT 1 FROM job WHERE job.id = endpoint.job AND job.state IN ('queued', 'running', 'paused'))",
            (id, &job),
        )?;
        if taken == 0 {
            transaction.execute("DELETE FROM job WHERE id = ?1", [&job])?;
        }
        note(transaction, Topic::Endpoint, id)?;
        Ok(taken)
    })?;
    if taken == 0 {
        return Err(refuse("is served already"));
    }
    Ok(job)
}

/// Says that an endpoint is not wanted any more, and asks its process to finish its requests and end.
pub fn stop(workspace: &Workspace, id: &str) -> Result<()> {
    let endpoint = get(workspace, id)?;
    update(
        workspace,
        id,
        "UPDATE endpoint SET wanted = ?2 WHERE id = ?1",
        &word(&Wanted::Stopped),
    )?;
    match endpoint.job.filter(|_| endpoint.state.is_some_and(State::is_active)) {
        Some(job) => match job::request(workspace, &job, job::Request::Stop) {
            // It ended by itself in between.
            Err(Error::Conflict { .. }) => Ok(()),
            other => other,
        },
        None => Ok(()),
    }
}

/// Deletes an endpoint that no process serves. Its history stays in the audit log.
pub fn delete(workspace: &Workspace, id: &str) -> Result<()> {
    let endpoint = get(workspace, id)?;
    if endpoint.is_active() {
        return Err(Error::Conflict {
            what: "endpoint",
            id: endpoint.name,
            why: "is being served: stop it first".to_owned(),
        });
    }
    workspace.write("delete an endpoint", |transaction| {
        transaction.execute("UPDATE endpoint SET deleted_ms = ?2 WHERE id = ?1", (id, now_ms()))?;
        transaction.execute("DELETE FROM endpoint_token WHERE endpoint = ?1", [id])?;
        audit::add(transaction, &audit::actor(), "delete endpoint", &endpoint.name, "")?;
        note(transaction, Topic::Endpoint, id)
    })
}

/// What a serving process says of itself.
pub fn set_status(workspace: &Workspace, id: &str, status: &Status) -> Result<()> {
    let text = text_of(id, status)?;
    update(workspace, id, "UPDATE endpoint SET status = ?2 WHERE id = ?1", &text)
}

/// The endpoint with this id, which may be deleted.
pub fn get(workspace: &Workspace, id: &str) -> Result<Endpoint> {
    let row = workspace
        .database()
        .prepare_cached(&format!("{SELECT} WHERE endpoint.id = ?1"))
        .and_then(|mut statement| statement.query_row([id], read).optional())
        .map_err(Error::database("read an endpoint"))?;
    let mut endpoint = row.ok_or_else(|| missing("endpoint", id))?;
    endpoint.health = health::get(workspace, id)?;
    Ok(endpoint)
}

/// The endpoint with this id or name.
pub fn find(workspace: &Workspace, wanted: &str) -> Result<Option<Endpoint>> {
    let all = list(workspace)?;
    Ok(all
        .into_iter()
        .find(|endpoint| endpoint.id == wanted || endpoint.name == wanted))
}

/// All endpoints, by name.
pub fn list(workspace: &Workspace) -> Result<Vec<Endpoint>> {
    let query = || -> rusqlite::Result<Vec<Endpoint>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "{SELECT} WHERE endpoint.deleted_ms IS NULL ORDER BY endpoint.name"
        ))?;
        statement.query_map([], read)?.collect()
    };
    let mut endpoints = query().map_err(Error::database("list the endpoints"))?;
    for endpoint in &mut endpoints {
        endpoint.health = health::get(workspace, &endpoint.id)?;
    }
    Ok(endpoints)
}

/// The name of an endpoint whose process serves this version now, or that is set to serve it.
pub fn serving(workspace: &Workspace, model: &str, number: u32) -> Result<Option<String>> {
    let serves = |endpoint: &Endpoint| {
        let Some(serving) = endpoint.spec.serving().filter(|serving| serving.model == model) else {
            return false;
        };
        let pinned = crate::registry::Selector::Version(number);
        let split = serving.split.as_ref().map(|split| &split.version);
        let is_pinned = [Some(&serving.version), split, serving.shadow.as_ref()].contains(&Some(&pinned));
        let served = endpoint.status.as_ref().filter(|_| endpoint.is_active());
        let is_served = served.is_some_and(|status| status.versions.iter().any(|served| served.number == number));
        is_pinned && endpoint.wanted == Wanted::Up || is_served
    };
    Ok(list(workspace)?.into_iter().find(serves).map(|endpoint| endpoint.name))
}

fn check(name: &str, spec: &Spec) -> Result<()> {
    let refuse = |why: &str| {
        Err(Error::Name {
            what: "endpoint",
            name: name.to_owned(),
            why: why.to_owned(),
        })
    };
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    match spec {
        Spec::External(external) => {
            if !external.url.starts_with("http://") && !external.url.starts_with("https://") {
                return refuse("needs an address that begins with http:// or https://");
            }
            let authority = external.url.split("://").nth(1).and_then(|rest| rest.split('/').next());
            if authority.is_some_and(|authority| authority.contains('@')) {
                return refuse("must not have a user or password in its address");
            }
        }
        Spec::Local(serving) => {
            if serving.split.as_ref().is_some_and(|split| !is_share(split.share)) {
                return refuse("splits its requests by a share that is not between 0 and 1");
            }
            if serving.log.as_ref().is_some_and(|log| !is_share(log.share)) {
                return refuse("logs a share of its requests that is not between 0 and 1");
            }
        }
    }
    Ok(())
}

fn text_of(id: &str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|source| Error::Stored {
        what: "endpoint",
        id: id.to_owned(),
        source,
    })
}

fn update(workspace: &Workspace, id: &str, statement: &str, value: &str) -> Result<()> {
    let changed = workspace.write("change an endpoint", |transaction| {
        note(transaction, Topic::Endpoint, id)?;
        transaction.execute(statement, (id, value))
    })?;
    if changed == 0 {
        return Err(missing("endpoint", id));
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Endpoint> {
    let state: Option<String> = row.get(5)?;
    Ok(Endpoint {
        id: row.get(0)?,
        name: row.get(1)?,
        spec: json(row, 2)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
        wanted: parse(row, 3)?,
        job: row.get(4)?,
        state: state.map(|_| parse(row, 5)).transpose()?,
        error: json(row, 6)?,
        status: json(row, 7)?,
        health: None,
        created_ms: row.get(8)?,
    })
}
