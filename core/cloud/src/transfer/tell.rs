//! What a transfer says while it runs and when it ended.

use aloft_base::Report;
use serde::Serialize;

/// What the person who watches wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    Continue,
    /// Nothing new is begun; what is on its way arrives.
    Pause,
    /// Everything ends within a moment. What arrived is kept, and the same job can go on.
    Stop,
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Files found so far, whatever became of them.
    pub files: u64,
    pub files_done: u64,
    /// Those that were not to be moved, also because they were the same already.
    pub files_skipped: u64,
    pub files_failed: u64,
    /// Of all files that are to be moved and were found so far.
    pub bytes: u64,
    /// Of those, what need not move again.
    pub bytes_moved: u64,
    /// Over the last seconds.
    pub bytes_per_sec: f64,
    /// Seconds until the end, when that can be told.
    pub eta_secs: Option<f64>,
    /// Whether files are still being looked for.
    pub planning: bool,
    /// Requests that may be made at once now.
    pub parallel: usize,
}

/// What became of a transfer that reached its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Files that are moved, also by earlier attempts of the same job.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were not to be moved.
    pub skipped: u64,
    /// How many did not work.
    pub failures: u64,
    /// The first hundred that did not work, and why.
    pub failed: Vec<(String, Report)>,
    /// How long this attempt took.
    pub seconds: f64,
}
