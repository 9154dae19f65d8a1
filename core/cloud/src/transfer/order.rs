//! What is to be moved, as a job's row keeps it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::store::Encryption;

/// What is done with the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    #[default]
    Copy,
    /// Copies, and deletes each source once its copy is whole.
    Move,
    /// Copies what is new or changed.
    Sync,
    /// Deletes the sources; there is no target.
    Delete,
}

/// What happens where the target's name is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    #[default]
    Replace,
    Skip,
    /// The new one gets a name of its own: `report (2).csv`.
    KeepBoth,
    /// Replace only what is older.
    Newer,
}

/// A file, a folder, an object or all objects under a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// On this machine.
    File(PathBuf),
    /// In a bucket.
    Object {
        /// The id of the connection; without one the standard environment of the provider serves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
        /// `s3://bucket/key`. For a connection to a local folder: `file://bucket/key`.
        scheme: String,
        bucket: String,
        /// A key; or a prefix where the order says `recursive`.
        key: String,
    },
}

/// What is to be moved, and how. The default copies nothing anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Order {
    #[serde(default)]
    pub verb: Verb,
    pub sources: Vec<Place>,
    /// Where to; nothing when deleting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Place>,
    /// Whether sources that are objects stand for everything under that prefix.
    #[serde(default)]
    pub recursive: bool,
    /// Whether the target is a folder or prefix that the sources go into under their own
    /// names; otherwise the one source gets the target's name.
    #[serde(default)]
    pub into: bool,
    #[serde(default)]
    pub conflict: Conflict,
    #[serde(default)]
    pub encryption: Encryption,
    /// Whether a sync deletes what the source does not have.
    #[serde(default)]
    pub delete_extra: bool,
    /// At most so many bytes a second, of all files together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_sec: Option<u64>,
    /// At most so many requests at once; found out while running when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<usize>,
    /// Open the first target as a dataset when everything is there.
    #[serde(default)]
    pub then_open: bool,
}

impl Order {
    /// The order as a job's row keeps it.
    pub fn to_json(&self) -> serde_json::Value {
        // Only plain fields, strings and paths: a path that is no text becomes nothing, and is refused when it runs.
        serde_json::to_value(self).unwrap_or_default()
    }
}
