//! The thread that writes the journal: many things that happened at once go into one transaction.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use aloft_base::transfer::{self, File, Mark, NewFile};
use aloft_base::{Workspace, job::Claim};
use tokio::sync::oneshot;

use crate::error::{CloudError, Result};

/// How long something that happened may wait to be written.
const DELAY: Duration = Duration::from_millis(100);
/// How much may wait to be written.
const MOST: usize = 500;
/// How much may wait to be taken by the thread; then who tells waits.
const QUEUE: usize = 4096;

type Reply<T> = oneshot::Sender<T>;

enum Message {
    Mark(i64, Mark),
    Add(Vec<NewFile>, Reply<Vec<bool>>),
    Take {
        deletes: bool,
        limit: usize,
        reply: Reply<Vec<File>>,
    },
    FinishPlan {
        unchanged: u64,
        reply: Reply<()>,
    },
    Parts(i64, Reply<Vec<transfer::Part>>),
    Knows(String, Reply<bool>),
    /// Everything told before is written when this is answered.
    Sync(Reply<()>),
}

/// Speaks to the thread.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    sender: SyncSender<Message>,
}

/// The thread; it ends when nobody speaks to it any more.
#[derive(Debug)]
pub(super) struct Writer {
    thread: JoinHandle<aloft_base::Result<()>>,
}

/// The journal cannot be written; why is what [`Writer::end`] answers.
fn gone() -> CloudError {
    CloudError::Stopped
}

/// Starts the thread.
pub(super) fn start(workspace: &Workspace, claim: &Claim) -> Result<(Journal, Writer)> {
    let (sender, receiver) = sync_channel(QUEUE);
    let workspace = workspace.reopen()?;
    let job = claim.job.id.clone();
    let thread = std::thread::Builder::new()
        .name("transfer-journal".into())
        .spawn(move || write(&workspace, &job, &receiver))
        .map_err(|source| CloudError::Io {
            action: "start a thread for",
            path: "the journal".into(),
            source,
        })?;
    Ok((Journal { sender }, Writer { thread }))
}

impl Journal {
    /// Says what happened; it is written within a moment.
    pub(super) fn mark(&self, file: i64, mark: Mark) -> Result<()> {
        self.send(Message::Mark(file, mark))
    }

    pub(super) async fn add(&self, files: Vec<NewFile>) -> Result<Vec<bool>> {
        self.ask(|reply| Message::Add(files, reply)).await
    }

    pub(super) async fn take(&self, deletes: bool, limit: usize) -> Result<Vec<File>> {
        self.ask(|reply| Message::Take { deletes, limit, reply }).await
    }

    pub(super) async fn finish_plan(&self, unchanged: u64) -> Result<()> {
        self.ask(|reply| Message::FinishPlan { unchanged, reply }).await
    }

    pub(super) async fn parts(&self, file: i64) -> Result<Vec<transfer::Part>> {
        self.ask(|reply| Message::Parts(file, reply)).await
    }

    /// Whether some transfer knows this upload.
    pub(super) async fn knows(&self, upload: String) -> Result<bool> {
        self.ask(|reply| Message::Knows(upload, reply)).await
    }

    /// Waits until everything told before is written.
    pub(super) async fn sync(&self) -> Result<()> {
        self.ask(Message::Sync).await
    }

    async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.send(message(reply))?;
        answer.await.map_err(|_gone| gone())
    }

    fn send(&self, message: Message) -> Result<()> {
        self.sender.send(message).map_err(|_gone| gone())
    }
}

impl Writer {
    pub(super) fn is_gone(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until all is written. Everybody who spoke to the thread must be gone.
    pub(super) fn end(self) -> Result<()> {
        match self.thread.join() {
            Ok(written) => Ok(written?),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn write(workspace: &Workspace, job: &str, receiver: &Receiver<Message>) -> aloft_base::Result<()> {
    let mut marks: Vec<(i64, Mark)> = Vec::new();
    let mut oldest = Instant::now();
    loop {
        let message = if marks.is_empty() {
            receiver.recv().map_err(|_closed| RecvTimeoutError::Disconnected)
        } else {
            receiver.recv_timeout(DELAY.saturating_sub(oldest.elapsed()))
        };
        match message {
            Ok(Message::Mark(file, mark)) => {
                if marks.is_empty() {
                    oldest = Instant::now();
                }
                marks.push((file, mark));
                if marks.len() < MOST {
                    continue;
                }
                flush(workspace, job, &mut marks)?;
            }
            Ok(message) => {
                flush(workspace, job, &mut marks)?;
                answer(workspace, job, message)?;
            }
            Err(RecvTimeoutError::Timeout) => flush(workspace, job, &mut marks)?,
            Err(RecvTimeoutError::Disconnected) => {
                flush(workspace, job, &mut marks)?;
                return transfer::put_back(workspace, job);
            }
        }
    }
}

fn flush(workspace: &Workspace, job: &str, marks: &mut Vec<(i64, Mark)>) -> aloft_base::Result<()> {
    transfer::record(workspace, job, marks)?;
    marks.clear();
    Ok(())
}

/// Does what was asked. Nobody may be waiting for the answer any more.
fn answer(workspace: &Workspace, job: &str, message: Message) -> aloft_base::Result<()> {
    match message {
        Message::Mark(file, mark) => transfer::record(workspace, job, &[(file, mark)])?,
        Message::Add(files, reply) => drop(reply.send(transfer::add(workspace, job, &files)?)),
        Message::Take { deletes, limit, reply } => {
            drop(reply.send(transfer::take(workspace, job, deletes, limit)?));
        }
        Message::FinishPlan { unchanged, reply } => {
            transfer::finish_plan(workspace, job, unchanged)?;
            reply.send(()).ok();
        }
        Message::Parts(file, reply) => drop(reply.send(transfer::parts(workspace, file)?)),
        Message::Knows(upload, reply) => drop(reply.send(transfer::knows(workspace, &upload)?)),
        Message::Sync(reply) => {
            reply.send(()).ok();
        }
    }
    Ok(())
}
