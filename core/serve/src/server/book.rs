//! Writes down how an endpoint is doing: once a second its live series, and its last failures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use aloft_base::endpoint::health::{self, Failure};
use aloft_base::metrics::{Point, Writer};
use aloft_base::time::now_ms;
use aloft_base::workspace::Workspace;
use bytes::Bytes;

use super::durations::Snapshot;
use super::failure::Kind;
use super::hide;
use super::metrics::{Metrics, resident_bytes};
use super::read::Format;
use super::state::Server;

/// So many entries wait to be written down.
pub(super) const QUEUE: usize = 256;
/// So many failures are written down a second; all of them are counted.
const FAILURES_A_SECOND: usize = 20;
const PERIOD: Duration = Duration::from_secs(1);

/// What is to be written down.
#[derive(Debug)]
pub(super) enum Entry {
    Failure {
        kind: Kind,
        message: String,
        body: Bytes,
        format: Option<Format>,
        keep_values: bool,
    },
    /// The server ends: write what there is, and end too.
    End,
}

/// Keeps the book of an endpoint until it ends.
pub(super) fn run(workspace: &Workspace, endpoint: &str, server: &Server, entries: &Receiver<Entry>) {
    let mut series = Series::new(endpoint);
    let mut failures = vec![];
    let mut due = Instant::now() + PERIOD;
    loop {
        let entry = entries.recv_timeout(due.saturating_duration_since(Instant::now()));
        let ended = matches!(entry, Ok(Entry::End) | Err(RecvTimeoutError::Disconnected));
        if let Ok(Entry::Failure {
            kind,
            message,
            body,
            format,
            keep_values,
        }) = entry
            && failures.len() < FAILURES_A_SECOND
        {
            failures.push(Failure {
                seq: 0,
                time_ms: now_ms(),
                status: kind.status(),
                kind: kind.as_str().to_owned(),
                message,
                request: hide::request(&body, format, keep_values),
            });
        }
        if ended || Instant::now() >= due {
            due += PERIOD;
            // After a sleep of the machine the missed seconds are not made up for.
            due = due.max(Instant::now());
            // A workspace that cannot be written must not end the serving: the next second tries again.
            drop(series.write(workspace, &server.metrics));
            if !failures.is_empty() && health::add_failures(workspace, endpoint, &failures).is_ok() {
                failures.clear();
            }
        }
        if ended {
            return;
        }
    }
}

/// The totals at the last look.
#[derive(Clone)]
struct Seen {
    durations: Snapshot,
    requests: u64,
    failed: u64,
    rows: u64,
}

impl Seen {
    fn nothing() -> Self {
        Self {
            durations: Snapshot::empty(),
            requests: 0,
            failed: 0,
            rows: 0,
        }
    }
}

struct Series {
    endpoint: String,
    writer: Option<Writer>,
    seen: BTreeMap<u32, Seen>,
    disagreed: u64,
    at: Instant,
    step: i64,
    /// Whether the last second had traffic, so that the next one closes the curves.
    is_open: bool,
}

impl Series {
    fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            writer: None,
            seen: BTreeMap::new(),
            disagreed: 0,
            at: Instant::now(),
            step: 0,
            is_open: false,
        }
    }

    /// Writes the points of the time since the last call: while there is traffic, and once after.
    fn write(&mut self, workspace: &Workspace, metrics: &Metrics) -> aloft_base::Result<()> {
        let points = self.points(metrics);
        if points.is_empty() {
            return Ok(());
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(Writer::open(workspace, &self.endpoint)?),
        };
        let points: Vec<(&str, Point)> = points.iter().map(|(name, point)| (name.as_str(), *point)).collect();
        writer.append(workspace, &points)
    }

    fn points(&mut self, metrics: &Metrics) -> Vec<(String, Point)> {
        let secs = self.at.elapsed().as_secs_f64().max(1e-3);
        self.at = Instant::now();
        let time_ms = now_ms();
        self.step = (time_ms / 1000).max(self.step + 1);
        let mut all = Seen::nothing();
        let mut points = vec![];
        let step = self.step;
        let mut tell = |name: String, value: f64| points.push((name, Point { step, time_ms, value }));
        for (number, counts) in metrics.all() {
            let (requests, failed) = counts.predictions();
            let now = Seen {
                durations: counts.durations.snapshot(),
                requests,
                failed,
                rows: counts.rows.load(Ordering::Relaxed),
            };
            let before = self.seen.insert(number, now.clone()).unwrap_or_else(Seen::nothing);
            let recent = now.durations.since(&before.durations);
            let requests = now.requests - before.requests;
            if number > 0 && (requests > 0 || self.is_open) {
                tell(format!("v{number}/requests_per_sec"), requests as f64 / secs);
                if let Some(p99) = recent.quantile_ms(0.99) {
                    tell(format!("v{number}/p99_ms"), p99);
                }
            }
            all.requests += requests;
            all.failed += now.failed - before.failed;
            all.rows += now.rows - before.rows;
            all.durations.add(&recent);
        }
        let disagreed = metrics.shadow_disagreed.load(Ordering::Relaxed);
        let new_disagreed = disagreed - std::mem::replace(&mut self.disagreed, disagreed);
        let is_busy = all.requests > 0 || new_disagreed > 0;
        if !is_busy && !std::mem::replace(&mut self.is_open, is_busy) {
            return vec![];
        }
        self.is_open = is_busy;
        let gauges = [
            ("requests_per_sec", Some(all.requests as f64 / secs)),
            ("errors_per_sec", Some(all.failed as f64 / secs)),
            ("rows_per_sec", Some(all.rows as f64 / secs)),
            ("p50_ms", all.durations.quantile_ms(0.5)),
            ("p95_ms", all.durations.quantile_ms(0.95)),
            ("p99_ms", all.durations.quantile_ms(0.99)),
            ("in_flight", Some(metrics.in_flight.load(Ordering::Relaxed) as f64)),
            ("memory_mb", resident_bytes().map(|bytes| bytes as f64 / 1e6)),
        ];
        for (name, value) in gauges {
            if let Some(value) = value {
                tell(name.to_owned(), value);
            }
        }
        if new_disagreed > 0 || disagreed > 0 && !is_busy {
            tell("shadow/disagreements".to_owned(), new_disagreed as f64);
        }
        points
    }
}

/// Tells the book to end, also when it is full just now.
pub(super) fn end(server: &Arc<Server>) {
    // It may have ended by a panic of its own; then there is nobody to tell.
    drop(server.book.send(Entry::End));
}
