//! What is counted while requests are answered. Counting never waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aloft_data::Oddities;

use super::durations::Durations;
use super::failure::Kind;

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Predict,
    Infer,
    Invocations,
    Vertex,
    Health,
    Metadata,
    Metrics,
    Page,
    Other,
}

impl Door {
    pub(super) const ALL: [Self; 9] = [
        Self::Predict,
        Self::Infer,
        Self::Invocations,
        Self::Vertex,
        Self::Health,
        Self::Metadata,
        Self::Metrics,
        Self::Page,
        Self::Other,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Predict => "predict",
            Self::Infer => "infer",
            Self::Invocations => "invocations",
            Self::Vertex => "vertex",
            Self::Health => "health",
            Self::Metadata => "metadata",
            Self::Metrics => "metrics",
            Self::Page => "page",
            Self::Other => "other",
        }
    }

    /// Whether it answers with predictions, and so is measured.
    pub(super) fn predicts(self) -> bool {
        matches!(self, Self::Predict | Self::Infer | Self::Invocations | Self::Vertex)
    }
}

/// Every status that is answered.
pub(super) const STATUSES: [u16; 12] = [200, 400, 401, 404, 405, 408, 413, 415, 422, 500, 503, 504];

/// The counts of one version; those of no version have the number 0.
#[derive(Debug)]
pub(super) struct Counts {
    requests: [[AtomicU64; STATUSES.len()]; Door::ALL.len()],
    pub(super) durations: Durations,
    pub(super) rows: AtomicU64,
    pub(super) missing: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) infinite: AtomicU64,
}

impl Counts {
    fn new() -> Self {
        Self {
            requests: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
            durations: Durations::new(),
            rows: AtomicU64::new(0),
            missing: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            infinite: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn add_request(&self, door: Door, status: u16, duration: Duration) {
        // An unlisted status would be a fault of ours.
        let place = STATUSES.iter().position(|known| *known == status).unwrap_or(9);
        self.requests[door as usize][place].fetch_add(1, Ordering::Relaxed);
        if door.predicts() {
            self.durations.record(duration);
        }
    }

    #[inline]
    pub(super) fn add_rows(&self, rows: usize, oddities: Oddities) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        for (count, more) in [
            (&self.missing, oddities.missing),
            (&self.unknown, oddities.unknown),
            (&self.infinite, oddities.infinite),
        ] {
            if more > 0 {
                count.fetch_add(more, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn requests(&self, door: Door, status: usize) -> u64 {
        self.requests[door as usize][status].load(Ordering::Relaxed)
    }

    /// Requests for predictions, and how many of them failed.
    pub(super) fn predictions(&self) -> (u64, u64) {
        let (mut all, mut failed) = (0, 0);
        for door in Door::ALL.into_iter().filter(|door| door.predicts()) {
            for (place, status) in STATUSES.iter().enumerate() {
                let count = self.requests(door, place);
                all += count;
                failed += if *status >= 400 { count } else { 0 };
            }
        }
        (all, failed)
    }
}

/// All counts of a server.
#[derive(Debug)]
pub(super) struct Metrics {
    versions: RwLock<BTreeMap<u32, Arc<Counts>>>,
    /// Of requests that no version answered.
    pub(super) none: Arc<Counts>,
    errors: [AtomicU64; Kind::ALL.len()],
    pub(super) in_flight: AtomicI64,
    pub(super) shadow_agreed: AtomicU64,
    pub(super) shadow_disagreed: AtomicU64,
    /// Requests that the shadow was not asked, since it was busy.
    pub(super) shadow_skipped: AtomicU64,
    /// Rows that were to be kept and were not, since the disk was slow.
    pub(super) log_skipped: AtomicU64,
    pub(super) swaps: AtomicU64,
}

impl Metrics {
    pub(super) fn new() -> Self {
        Self {
            versions: RwLock::new(BTreeMap::new()),
            none: Arc::new(Counts::new()),
            errors: std::array::from_fn(|_| AtomicU64::new(0)),
            in_flight: AtomicI64::new(0),
            shadow_agreed: AtomicU64::new(0),
            shadow_disagreed: AtomicU64::new(0),
            shadow_skipped: AtomicU64::new(0),
            log_skipped: AtomicU64::new(0),
            swaps: AtomicU64::new(0),
        }
    }

    /// The counts of a version, which stay when it is replaced and comes back.
    pub(super) fn version(&self, number: u32) -> Arc<Counts> {
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(versions.entry(number).or_insert_with(|| Arc::new(Counts::new())))
    }

    /// Each version that was served, and 0 for what none answered.
    pub(super) fn all(&self) -> Vec<(u32, Arc<Counts>)> {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        let known = versions.iter().map(|(number, counts)| (*number, Arc::clone(counts)));
        std::iter::once((0, Arc::clone(&self.none))).chain(known).collect()
    }

    pub(super) fn add_error(&self, kind: Kind) {
        let place = Kind::ALL.iter().position(|known| *known == kind).unwrap_or_default();
        self.errors[place].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = (Kind, u64)> {
        let counts = self.errors.iter().map(|count| count.load(Ordering::Relaxed));
        Kind::ALL.into_iter().zip(counts)
    }
}

/// Counts a request for as long as it is worked on, also when its caller goes away.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a AtomicI64);

impl<'a> InFlight<'a> {
    pub(super) fn enter(metrics: &'a Metrics) -> Self {
        metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(&metrics.in_flight)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The resident memory of this process, where the system tells it.
pub(super) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
