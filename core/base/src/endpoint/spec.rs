//! What an endpoint is to be: which model at which address, with which limits.

use serde::{Deserialize, Serialize};

use crate::registry::Selector;

/// A local server of ours, or somebody else's that is only watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Spec {
    Local(Serving),
    External(External),
}

impl Spec {
    /// The registered model it serves, if it is ours.
    pub fn serving(&self) -> Option<&Serving> {
        match self {
            Self::Local(serving) => Some(serving),
            Self::External(_) => None,
        }
    }
}

/// How one of our own servers serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Serving {
    pub model: String,
    pub version: Selector,
    /// Another version that answers a share of the requests.
    pub split: Option<Split>,
    /// Another version that is asked too and whose answers are only compared.
    pub shadow: Option<Selector>,
    /// The address it listens at: this machine alone unless chosen otherwise.
    pub host: String,
    /// 0 takes a free port, which is then kept.
    pub port: u16,
    /// Whether it is started again when its process is gone.
    pub keep_up: bool,
    /// Whether requests need a token.
    pub needs_token: bool,
    pub tls: Option<Tls>,
    pub limits: Limits,
    pub log: Option<RequestLog>,
    /// Whether the requests of failures are kept with their values.
    pub keep_values: bool,
    /// Above this 99th percentile it counts as degraded.
    pub latency_limit_ms: f64,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            model: String::new(),
            version: Selector::Newest,
            split: None,
            shadow: None,
            host: "127.0.0.1".to_owned(),
            port: 0,
            keep_up: true,
            needs_token: true,
            tls: None,
            limits: Limits::default(),
            log: None,
            keep_values: false,
            latency_limit_ms: 1000.0,
        }
    }
}

/// A share of the requests for another version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    pub version: Selector,
    /// From 0 to 1.
    pub share: f64,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    pub certificate: String,
    pub key: String,
}

/// What a server takes at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    pub body_bytes: u64,
    pub rows: u64,
    pub timeout_ms: u64,
    /// Requests worked on at once; more wait, and then are told to come back.
    pub concurrency: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 * 1024 * 1024,
            rows: 100_000,
            timeout_ms: 30_000,
            concurrency: 256,
        }
    }
}

/// Requests kept in the workspace, as the ground for later looks at drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestLog {
    /// The share of the rows that is kept, from 0 to 1.
    pub share: f64,
    /// Columns whose values are not kept.
    pub hide: Vec<String>,
}

/// An address of somebody else's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct External {
    /// `http://` or `https://`, without credentials.
    pub url: String,
    pub check: Check,
    /// Slower answers count as degraded.
    pub latency_limit_ms: f64,
}

/// How an external address is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum Check {
    /// Open Inference Protocol v2: live, ready, and this model ready.
    OpenInference { model: String },
    /// A GET that must answer with this status and, if given, contain this text.
    Http { status: u16, contains: String },
}
