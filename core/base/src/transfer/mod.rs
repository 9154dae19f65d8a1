//! The journal of transfers: each file is a row before its bytes move, and so is each part once
//! it arrived. What was killed goes on from here.

mod read;
mod write;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::error::Report;

pub use read::{Filter, Totals, begun, file, files, knows, parts, plan, totals, unfinished_uploads};
pub use write::{Mark, NewFile, add, finish_plan, prioritise, put_back, record, retry_failed, start_plan, take};

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Copy,
    /// The source is deleted; there is no target.
    Delete,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Moving,
    Done,
    /// It needs not, or cannot, be moved; its error says why where that is not plain.
    Skipped,
    Failed,
}

/// A file of a transfer, as its row says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    pub id: i64,
    pub action: Action,
    /// Which of the order's sources it came from.
    pub origin: usize,
    /// A path, or an address as `s3://bucket/key`.
    pub source: String,
    /// The same; empty when the source is deleted.
    pub target: String,
    pub bytes: u64,
    /// What the source's content was when it was listed: time of change or `ETag`.
    pub stamp: String,
    pub state: State,
    /// Bytes that need not move again.
    pub moved: u64,
    /// How often it was begun.
    pub attempts: u32,
    /// The provider's name for the unfinished upload.
    pub upload: Option<String>,
    /// The size of its parts.
    pub part_bytes: Option<u64>,
    pub error: Option<Report>,
}

/// A part of a file that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// From 1.
    pub number: u32,
    pub bytes: u64,
    /// What the provider calls it; empty for a part of a download.
    pub tag: String,
    pub checksum: String,
}

/// How far the list of files is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Whether every file has its row.
    pub is_whole: bool,
    /// Files that were the same already and have no row.
    pub unchanged: u64,
}
