//! The change feed: what changed in the workspace, and a watcher that says so at once.
//!
//! Every write of a row also writes a `change` row. A watcher polls `SQLite`'s
//! `data_version` (a few microseconds) on its own connection and reads `change` only
//! when that moved, so no daemon is needed and an idle workspace costs nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::task::Waker;
use std::time::Duration;

use rusqlite::{Connection, Transaction};

use crate::error::{Error, Result};
use crate::job;
use crate::workspace::Workspace;

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A connection: its row or its secrets.
    Connection,
    Dataset,
    /// An endpoint's row, health or failures.
    Endpoint,
    Job,
    Log,
    /// New metric points of a run or an endpoint.
    Metrics,
    /// A registered model: its versions or aliases. The id is its name.
    Model,
    Run,
    /// The files of a transfer. The id is its job.
    Transfer,
}

impl Topic {
    const ALL: [Self; 9] = [
        Self::Connection,
        Self::Dataset,
        Self::Endpoint,
        Self::Job,
        Self::Log,
        Self::Metrics,
        Self::Model,
        Self::Run,
        Self::Transfer,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Dataset => "dataset",
            Self::Endpoint => "endpoint",
            Self::Job => "job",
            Self::Log => "log",
            Self::Metrics => "metrics",
            Self::Model => "model",
            Self::Run => "run",
            Self::Transfer => "transfer",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }
}

/// One thing that changed. `id` is a connection, dataset, endpoint, job, model or run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    pub topic: Topic,
    pub id: String,
}

/// How many rows of the feed are kept; a watcher that slept longer reads everything anew.
const KEPT: i64 = 20_000;

/// Says in the same transaction that something changed.
pub(crate) fn note(transaction: &Transaction<'_>, topic: Topic, id: &str) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO change (topic, id) VALUES (?1, ?2)")?
        .execute((topic.as_str(), id))?;
    let seq = transaction.last_insert_rowid();
    if seq % 1000 == 0 {
        transaction.execute("DELETE FROM change WHERE seq <= ?1", [seq - KEPT])?;
    }
    Ok(())
}

/// Says that a run has new metric points, which live in the other database.
pub fn note_metrics(workspace: &Workspace, run: &str) -> Result<()> {
    workspace.write("note new metrics", |transaction| note(transaction, Topic::Metrics, run))
}

/// What a watcher delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// These things changed, each named once.
    Changed(Vec<Change>),
    /// The watcher lost its place: read everything anew.
    Everything,
    /// The workspace cannot be read; the watcher keeps trying.
    Failed(crate::Report),
}

/// Watches a workspace on a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    updates: Receiver<Update>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watcher {
    /// How often `data_version` is asked for while a process works: well below the 250 ms in which a point must be seen.
    const PERIOD: Duration = Duration::from_millis(100);
    /// How often it is asked for while none does.
    const IDLE_PERIOD: Duration = Duration::from_millis(250);

    /// Starts watching; `waker` is woken whenever an update waits in the channel.
    pub fn start(workspace: &Workspace, waker: Waker) -> Result<Self> {
        let folder = workspace.folder().to_owned();
        let (sender, updates) = sync_channel(64);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("change-watcher".into())
            .spawn(move || watch(&folder, &sender, &waker, &stopped))
            .map_err(Error::io("start a thread to watch", workspace.folder()))?;
        Ok(Self {
            updates,
            stop,
            thread: Some(thread),
        })
    }

    /// The next update, if one waits.
    pub fn try_next(&self) -> Option<Update> {
        self.updates.try_recv().ok()
    }

    /// Waits for the next update.
    pub fn next_within(&self, limit: Duration) -> Option<Update> {
        self.updates.recv_timeout(limit).ok()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A watcher that panicked has nothing more to say.
            drop(thread.join());
        }
    }
}

fn watch(folder: &Path, sender: &SyncSender<Update>, waker: &Waker, stop: &AtomicBool) {
    let mut feed: Option<Feed> = None;
    let mut failed = false;
    let mut owed: Option<Update> = None;
    while !stop.load(Ordering::Relaxed) {
        let update = match &mut feed {
            None => Workspace::open(folder).and_then(Feed::new).map(|opened| {
                feed = Some(opened);
                failed.then_some(Update::Everything)
            }),
            Some(feed) => feed.poll(),
        };
        let update = match update {
            Ok(update) => {
                failed &= update.is_none();
                update
            }
            Err(error) => {
                feed = None;
                let first = !std::mem::replace(&mut failed, true);
                first.then(|| Update::Failed(crate::Report::of(&error)))
            }
        };
        owed = match (owed.take(), update) {
            (Some(_), Some(_)) => Some(Update::Everything),
            (owed, update) => owed.or(update),
        };
        if let Some(update) = owed.take() {
            match sender.try_send(update) {
                Ok(()) => waker.wake_by_ref(),
                Err(TrySendError::Full(update)) => {
                    owed = Some(update);
                    waker.wake_by_ref();
                }
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
        let works = feed.as_ref().is_some_and(|feed| feed.any_active);
        std::thread::sleep(if works { Watcher::PERIOD } else { Watcher::IDLE_PERIOD });
    }
}

/// A place in the change feed.
struct Feed {
    workspace: Workspace,
    version: i64,
    seq: i64,
    /// Whether a process works on some job, so that its lock has to be looked at.
    any_active: bool,
}

impl Feed {
    fn new(workspace: Workspace) -> Result<Self> {
        let version = data_version(workspace.database())?;
        let seq = newest(workspace.database())?;
        Ok(Self {
            workspace,
            version,
            seq,
            any_active: true,
        })
    }

    fn poll(&mut self) -> Result<Option<Update>> {
        // A killed process cannot say that it is gone: the lock on its job does.
        // Our own marks do not move our own data_version, so their count says that there is something to read.
        let marked = if self.any_active {
            job::mark_interrupted(&self.workspace)?
        } else {
            0
        };
        let version = data_version(self.workspace.database())?;
        if version == self.version && marked == 0 {
            self.any_active = self.any_active && !job::active(&self.workspace)?.is_empty();
            return Ok(None);
        }
        self.version = version;
        self.any_active = true;
        self.read()
    }

    fn read(&mut self) -> Result<Option<Update>> {
        let database = self.workspace.database();
        let read = || -> rusqlite::Result<(i64, BTreeSet<Change>)> {
            let mut statement =
                database.prepare_cached("SELECT seq, topic, id FROM change WHERE seq > ?1 ORDER BY seq")?;
            let mut rows = statement.query([self.seq])?;
            let (mut last, mut changes) = (self.seq, BTreeSet::new());
            while let Some(row) = rows.next()? {
                last = row.get(0)?;
                if let Some(topic) = Topic::parse(&row.get::<_, String>(1)?) {
                    changes.insert(Change { topic, id: row.get(2)? });
                }
            }
            Ok((last, changes))
        };
        let (last, changes) = read().map_err(Error::database("read the change feed"))?;
        let lost = last - self.seq > KEPT;
        self.seq = last;
        Ok(match (lost, changes.is_empty()) {
            (true, _) => Some(Update::Everything),
            (false, true) => None,
            (false, false) => Some(Update::Changed(changes.into_iter().collect())),
        })
    }
}

fn data_version(database: &Connection) -> Result<i64> {
    database
        .query_row("PRAGMA data_version", [], |row| row.get(0))
        .map_err(Error::database("watch for changes"))
}

fn newest(database: &Connection) -> Result<i64> {
    database
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM change")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(Error::database("read the change feed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{self, Kind};

    fn wait_for(watcher: &Watcher, wanted: &Change) {
        for _ in 0..100 {
            match watcher.next_within(Duration::from_millis(100)) {
                Some(Update::Changed(changes)) if changes.contains(wanted) => return,
                Some(Update::Failed(report)) => panic!("{report}"),
                _ => {}
            }
        }
        panic!("{wanted:?} was not reported");
    }

    #[test]
    fn a_watcher_reports_writes_of_others_and_a_lost_process() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let watcher = Watcher::start(&workspace, Waker::noop().clone()).unwrap();
        // The watcher opens the workspace on its own thread; write until it has its place in the feed.
        std::thread::sleep(Duration::from_millis(300));
        let id = job::create(&workspace, Kind::Train, "r1", &serde_json::Value::Null).unwrap();
        wait_for(
            &watcher,
            &Change {
                topic: Topic::Job,
                id: id.clone(),
            },
        );
        drop(job::claim(&workspace, &id).unwrap());
        wait_for(
            &watcher,
            &Change {
                topic: Topic::Run,
                id: "r1".into(),
            },
        );
        for _ in 0..100 {
            if job::get(&workspace, &id).unwrap().state == job::State::Interrupted {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the watcher did not see that the process is gone");
    }

    #[test]
    fn a_dropped_watcher_ends_its_thread() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let watcher = Watcher::start(&workspace, Waker::noop().clone()).unwrap();
        let stop = Arc::clone(&watcher.stop);
        drop(watcher);
        assert_eq!(Arc::strong_count(&stop), 1);
    }
}
