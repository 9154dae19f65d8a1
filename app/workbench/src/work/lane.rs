//! One thread, one queue, one connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use aloft_base::metrics::Reader;
use aloft_base::{Report, Workspace};
use serde_json::Value;

use super::{Answer, child};

/// How many tasks may wait in a lane.
const QUEUE: usize = 64;

/// Threads that talk to connected storage.
const CLOUD_THREADS: usize = 2;

pub(super) type Task = Box<dyn FnOnce(&mut Session) + Send>;

/// Which thread does the work. Work of one lane is done in order; lanes do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Rows of the database: reading lists, writing what a command asks for, starting jobs.
    Workspace,
    /// Opening files and reading pages of their rows.
    Rows,
    /// Metric points, results and logs of runs.
    Metrics,
    /// This machine: devices, programs.
    System,
    /// Verbs on models that take a while: register, compare, import, export, predict.
    Models,
    /// Requests to endpoints.
    Requests,
    /// Opening connected storage and asking it; the waiting is done elsewhere.
    Buckets,
    /// Putting long lists in order.
    Sorting,
    /// The keychain, which may wait for a person.
    Secrets,
    /// Questions to tables, each answered by a child that can be ended.
    Questions,
}

impl Lane {
    pub(super) const ALL: [Self; 10] = [
        Self::Workspace,
        Self::Rows,
        Self::Metrics,
        Self::System,
        Self::Models,
        Self::Requests,
        Self::Buckets,
        Self::Sorting,
        Self::Secrets,
        Self::Questions,
    ];

    fn thread_name(self) -> &'static str {
        match self {
            Self::Workspace => "work-workspace",
            Self::Rows => "work-rows",
            Self::Metrics => "work-metrics",
            Self::System => "work-system",
            Self::Models => "work-models",
            Self::Requests => "work-requests",
            Self::Buckets => "work-buckets",
            Self::Sorting => "work-sorting",
            Self::Secrets => "work-secrets",
            Self::Questions => "work-questions",
        }
    }
}

/// What a lane's thread keeps between tasks.
#[derive(Debug)]
pub struct Session {
    folder: PathBuf,
    program: Option<PathBuf>,
    workspace: Option<Workspace>,
    metrics: Option<Reader>,
    cloud: Option<Arc<aloft_cloud::Session>>,
}

impl Session {
    /// The lane's own connection, opened when first needed and again after it could not be opened.
    pub fn workspace(&mut self) -> Result<&Workspace, Report> {
        let workspace = match self.workspace.take() {
            Some(workspace) => workspace,
            None => Workspace::open(&self.folder).map_err(|error| Report::of(&error))?,
        };
        Ok(self.workspace.insert(workspace))
    }

    /// The lane's own connection to the metrics, opened when first needed.
    pub fn metrics(&mut self) -> Result<&Reader, Report> {
        let reader = match self.metrics.take() {
            Some(reader) => reader,
            None => Reader::open(self.workspace()?).map_err(|error| Report::of(&error))?,
        };
        Ok(self.metrics.insert(reader))
    }

    /// Runs a verb of the `aloft` program on this workspace and answers the object of its last line.
    pub fn aloft(&self, arguments: &[&str], input: Option<&str>) -> Answer<Value> {
        child::run(self.program.as_deref(), &self.folder, arguments, input)
    }

    /// What talks to connected storage, started when first needed. Only [`Lane::Buckets`] asks
    /// for it, so a window has one.
    pub(super) fn cloud(&mut self) -> Result<Arc<aloft_cloud::Session>, Report> {
        let cloud = match self.cloud.take() {
            Some(cloud) => cloud,
            None => Arc::new(aloft_cloud::Session::start(CLOUD_THREADS).map_err(|error| Report::of(&error))?),
        };
        Ok(Arc::clone(self.cloud.insert(cloud)))
    }

    /// Closes the connections, so that the next task opens the workspace anew.
    pub fn reopen(&mut self) {
        self.workspace = None;
        self.metrics = None;
    }
}

/// Starts the thread of a lane. It ends when the sender is dropped.
pub(super) fn start(lane: Lane, folder: PathBuf, program: Option<PathBuf>) -> std::io::Result<SyncSender<Task>> {
    let (sender, tasks) = sync_channel(QUEUE);
    let session = Session {
        folder,
        program,
        workspace: None,
        metrics: None,
        cloud: None,
    };
    std::thread::Builder::new()
        .name(lane.thread_name().into())
        .spawn(move || run(&tasks, session))?;
    Ok(sender)
}

fn run(tasks: &Receiver<Task>, mut session: Session) {
    while let Ok(task) = tasks.recv() {
        // A panic in a library must not end the lane; whoever waits for the answer is told,
        // because its sender is dropped. The connection may be in any state: open it anew.
        if catch_unwind(AssertUnwindSafe(|| task(&mut session))).is_err() {
            session.reopen();
        }
    }
}
