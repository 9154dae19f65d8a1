//! The server: answers requests with one model, follows what the endpoint's row says, and
//! writes down how it is doing.
//!
//! A request goes [`routes`] → [`answer`] → [`read`] (its body straight into rows) → the
//! model → [`reply`]. Beside it, each on a thread of its own: [`follow`] loads another
//! version when the row or an alias asks for it, [`book`] writes live series and failures
//! once a second, and [`shadow`] asks a version whose answers nobody hears.

mod answer;
mod body;
mod book;
mod columns;
mod crowd;
mod durations;
mod failure;
mod follow;
mod gather;
mod hide;
mod json;
mod listen;
mod loaded;
mod metrics;
mod openapi;
mod page;
mod prometheus;
mod read;
mod reply;
mod request_log;
mod routes;
mod rows;
mod shadow;
mod start;
mod state;
mod table;
mod tensors;
#[cfg(test)]
mod tests;
mod tls;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aloft_base::endpoint::token::Token;
use aloft_base::endpoint::{Limits, Status, Tls};

use crate::error::ServeError;

/// How a model folder is served without a workspace, as in a container.
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// The name of the model in addresses.
    pub name: String,
    pub version: u32,
    pub host: String,
    /// 0 takes a free port.
    pub port: u16,
    /// What requests need; `None` lets everybody in.
    pub token: Option<Token>,
    pub tls: Option<Tls>,
    pub limits: Limits,
    /// Vertex AI's routes, when it runs there: see [`Vertex::from_environment`].
    pub vertex: Option<Vertex>,
}

impl FolderOptions {
    /// All interfaces at port 8080 (or the one Vertex AI asks for), as containers are; no token, which the platform checks.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: 1,
            host: "0.0.0.0".to_owned(),
            port: aloft_base::env::number(aloft_base::env::AIP_HTTP_PORT)
                .and_then(|port| u16::try_from(port).ok())
                .unwrap_or(8080),
            token: None,
            tls: None,
            limits: Limits::default(),
            vertex: Vertex::from_environment(),
        }
    }
}

/// The routes that Vertex AI asks a container to answer at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vertex {
    /// Takes `{"instances": […]}`.
    pub predict: String,
    pub health: String,
}

impl Vertex {
    /// The routes of `AIP_PREDICT_ROUTE` and `AIP_HEALTH_ROUTE`; `None` outside of Vertex AI.
    pub fn from_environment() -> Option<Self> {
        let text = |name| std::env::var(name).ok().filter(|text| text.starts_with('/'));
        Some(Self {
            predict: text(aloft_base::env::AIP_PREDICT_ROUTE)?,
            health: text(aloft_base::env::AIP_HEALTH_ROUTE)?,
        })
    }
}

/// Serves an endpoint of a workspace until `stop` is set, then ends what is under way and
/// answers. The caller holds the claim on the endpoint's job.
///
/// The versions are loaded and checked with their examples before the endpoint listens;
/// `on_ready` is called once it answers. Port 0 becomes a free port, which is written into
/// the endpoint's row so that the next start takes it again.
///
/// # Errors
/// When a version cannot be loaded or does not answer its example, the port is taken, or the
/// certificate cannot be used.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the caller hands over one of the two ends of the flag"
)]
pub fn serve(
    workspace_folder: &Path,
    endpoint_id: &str,
    stop: Arc<AtomicBool>,
    on_ready: &mut dyn FnMut(&Status),
) -> Result<(), ServeError> {
    start::workspace(workspace_folder, endpoint_id, &stop, on_ready)
}

/// Serves a model folder, without any workspace, until `stop` is set.
///
/// # Errors
/// As [`serve`].
#[expect(
    clippy::needless_pass_by_value,
    reason = "the caller hands over one of the two ends of the flag"
)]
pub fn serve_folder(
    folder: &Path,
    options: FolderOptions,
    stop: Arc<AtomicBool>,
    on_ready: &mut dyn FnMut(&Status),
) -> Result<(), ServeError> {
    start::folder(folder, options, &stop, on_ready)
}
