//! Registered models, endpoints, alerts and connections as last read.

use aloft_base::connection::{self, Connection};
use aloft_base::endpoint::health::{self, HealthChange};
use aloft_base::endpoint::{self, Endpoint};
use aloft_base::registry::{self, Model};
use aloft_base::{Error, Workspace};

/// A registered model, and when anything of it changed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRow {
    pub model: Model,
    /// When a version came or an alias moved last.
    pub changed_ms: i64,
}

/// What of these was read anew; `None` where nothing changed.
#[derive(Debug, Default)]
pub struct Shelf {
    /// All models, by name.
    pub models: Option<Vec<ModelRow>>,
    /// All endpoints, by name.
    pub endpoints: Option<Vec<Endpoint>>,
    /// The alerts nobody has seen, oldest first.
    pub alerts: Option<Vec<HealthChange>>,
    /// All connections, by name.
    pub connections: Option<Vec<Connection>>,
}

/// Which parts of the shelf are to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) models: bool,
    pub(super) endpoints: bool,
    pub(super) connections: bool,
}

impl Wanted {
    pub(super) const ALL: Self = Self {
        models: true,
        endpoints: true,
        connections: true,
    };
}

/// Reads what is wanted whole: there are few of each. Called on a worker.
pub(super) fn read(workspace: &Workspace, wanted: Wanted) -> Result<Shelf, Error> {
    let mut shelf = Shelf::default();
    if wanted.models {
        let all = registry::models(workspace)?;
        let rows = all.into_iter().map(|model| row(workspace, model));
        shelf.models = Some(rows.collect::<Result<_, _>>()?);
    }
    if wanted.endpoints {
        shelf.endpoints = Some(endpoint::list(workspace)?);
        shelf.alerts = Some(health::alerts(workspace)?);
    }
    if wanted.connections {
        shelf.connections = Some(connection::list(workspace)?);
    }
    Ok(shelf)
}

/// A model with the time of its last change. Called on a worker.
pub(crate) fn row(workspace: &Workspace, model: Model) -> Result<ModelRow, Error> {
    let moved = registry::history(workspace, &model.name, None)?;
    let moved = moved.first().map_or(model.created_ms, |step| step.time_ms);
    let newest = if model.newest > 0 {
        registry::get(workspace, &model.name, model.newest)?.created_ms
    } else {
        model.created_ms
    };
    Ok(ModelRow {
        changed_ms: moved.max(newest),
        model,
    })
}
