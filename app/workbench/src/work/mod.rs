//! Work that the window must not do itself: named threads, bounded queues, one wake-up.
//!
//! Each [`Lane`] is one thread that holds its own connection to the workspace and works
//! through its queue in order. A lane is never shared with work that may take minutes.

mod child;
mod fetch;
mod lane;
mod question;
mod remote;
mod waker;

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::task::Waker;

use aloft_base::change::Watcher;
use aloft_base::{ErrorKind, Report, Workspace};

pub use fetch::{Answer, Fetch};
pub use lane::{Lane, Session};
pub(crate) use question::{Ticket, await_end as await_question, await_file, start as start_question};
pub(crate) use remote::cut_short;
pub use remote::{Sink, Storage, Wanted};
pub use waker::repaint_waker;

use crate::outcome::Outcome;
use lane::Task;

/// How many finished outcomes may wait for the window before workers wait too.
const OUTCOMES: usize = 256;

/// The window's workers.
#[derive(Debug)]
pub struct Work {
    lanes: Vec<(Lane, SyncSender<Task>)>,
    outcomes: SyncSender<Outcome>,
    waker: Waker,
}

impl Work {
    /// Starts the threads; outcomes of commands arrive in the receiver, and `waker` is woken for each.
    /// `program` is the `aloft` that does work which computes; by default the one beside this program.
    pub fn start(workspace: &Path, program: Option<&Path>, waker: Waker) -> std::io::Result<(Self, Receiver<Outcome>)> {
        let (outcomes, finished) = sync_channel(OUTCOMES);
        let lanes = Lane::ALL
            .into_iter()
            .map(|lane| {
                Ok((
                    lane,
                    lane::start(lane, workspace.to_owned(), program.map(Path::to_owned))?,
                ))
            })
            .collect::<std::io::Result<_>>()?;
        Ok((Self { lanes, outcomes, waker }, finished))
    }

    /// Asks a lane for a value; the answer arrives in `fetch`, which keeps its value meanwhile.
    ///
    /// When the lane's queue is full nothing happens, and `fetch` stays as it was: callers
    /// ask again in a later frame, since they ask for as long as the value is not what they want.
    pub fn fetch<T: Send + 'static>(
        &self,
        lane: Lane,
        fetch: &mut Fetch<T>,
        task: impl FnOnce(&Workspace) -> Answer<T> + Send + 'static,
    ) {
        self.fetch_with(lane, fetch, move |session| task(session.workspace()?));
    }

    /// As [`Work::fetch`], for a task that needs no workspace or can do without.
    pub fn fetch_with<T: Send + 'static>(
        &self,
        lane: Lane,
        fetch: &mut Fetch<T>,
        task: impl FnOnce(&mut Session) -> Answer<T> + Send + 'static,
    ) {
        let (sender, answer) = sync_channel(1);
        let waker = WakeOnDrop(self.waker.clone());
        let queued = self.queue(lane, move |session| {
            let waker = waker;
            // Nobody waits any more when the page was closed: then the answer is of no use.
            drop(sender.send(task(session)));
            drop(sender);
            drop(waker);
        });
        if queued {
            fetch.await_answer(answer);
        }
    }

    /// Does a command's work on a lane; what came of it arrives as an [`Outcome`] in `logic`.
    pub fn perform(&self, lane: Lane, task: impl FnOnce(&Workspace) -> Outcome + Send + 'static) {
        self.perform_with(lane, move |session| match session.workspace() {
            Ok(workspace) => task(workspace),
            Err(report) => Outcome::Failed {
                what: "Could not use the workspace".into(),
                report,
            },
        });
    }

    /// As [`Work::perform`], for a task that also runs the `aloft` program.
    pub fn perform_with(&self, lane: Lane, task: impl FnOnce(&mut Session) -> Outcome + Send + 'static) {
        let owed = Owed {
            outcomes: self.outcomes(),
            paid: false,
        };
        let queued = self.queue(lane, move |session| {
            owed.pay(task(session));
        });
        if !queued {
            // The task was dropped, and with it what it owed: that says so.
            self.waker.wake_by_ref();
        }
    }

    /// Opens the workspace and its change feed on a lane; what came of it arrives as an outcome.
    pub fn open_workspace(&self) {
        let owed = Owed {
            outcomes: self.outcomes(),
            paid: false,
        };
        let waker = self.waker.clone();
        // Not queued means that the lane is full of work on a workspace that is open.
        let _queued: bool = self.queue(Lane::Workspace, move |session| {
            session.reopen();
            let opened = session.workspace().and_then(|workspace| {
                let watcher = Watcher::start(workspace, waker).map_err(|error| Report::of(&error))?;
                Ok((workspace.journal(), watcher))
            });
            owed.pay(Outcome::Workspace(opened));
        });
    }

    /// Where a thread of its own (a file dialog) sends what came of it.
    pub fn outcomes(&self) -> OutcomeSender {
        OutcomeSender {
            sender: self.outcomes.clone(),
            waker: self.waker.clone(),
        }
    }

    /// What wakes the window.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    fn queue(&self, lane: Lane, task: impl FnOnce(&mut Session) + Send + 'static) -> bool {
        let sender = self
            .lanes
            .iter()
            .find_map(|(name, sender)| (*name == lane).then_some(sender));
        match sender.map(|sender| sender.try_send(Box::new(task))) {
            Some(Ok(())) => true,
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => false,
        }
    }
}

/// Sends outcomes to the window and wakes it.
#[derive(Clone, Debug)]
pub struct OutcomeSender {
    sender: SyncSender<Outcome>,
    waker: Waker,
}

impl OutcomeSender {
    /// Sends one. Waits when the window lags far behind; when it is gone nobody needs the outcome.
    pub fn send(&self, outcome: Outcome) {
        drop(self.sender.send(outcome));
        self.waker.wake_by_ref();
    }
}

/// An outcome that a task owes the window: when the task panics or cannot be queued, that is the outcome.
struct Owed {
    outcomes: OutcomeSender,
    paid: bool,
}

impl Owed {
    fn pay(mut self, outcome: Outcome) {
        self.paid = true;
        self.outcomes.send(outcome);
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if self.paid {
            return;
        }
        let report = if std::thread::panicking() {
            Report::new(
                ErrorKind::Internal,
                "A background task ended unexpectedly",
                "This is a fault of Aloft; the terminal it was started from says more. Try again.",
            )
        } else {
            Report::new(
                ErrorKind::Unavailable,
                "Too much is waiting to be done",
                "Try again in a moment.",
            )
        };
        // Never waits: this may be the window's own thread.
        drop(self.outcomes.sender.try_send(Outcome::Failed {
            what: "Could not do that".into(),
            report,
        }));
        self.outcomes.waker.wake_by_ref();
    }
}

/// Wakes the window also when a task panics, so that its failure is seen.
struct WakeOnDrop(Waker);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.wake_by_ref();
    }
}
