//! Asking connected storage: opened on a lane, waited for on the threads of the one cloud
//! session of the window, answered as everything else is.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Poll, Waker};

use aloft_base::connection::Connection;
use aloft_base::{ErrorKind, Report};
use aloft_cloud::Store;

use super::{Fetch, Lane, Owed, Session, WakeOnDrop, Work};
use crate::outcome::Outcome;

/// The storage of a connection, opened.
pub type Storage = Arc<dyn Store>;

/// Where a stream of answers goes. Waits while the window lags behind.
#[derive(Debug)]
pub struct Sink<T> {
    sender: SyncSender<T>,
    waker: Waker,
}

impl<T> Sink<T> {
    /// Hands one on. Answers whether anybody still waits for more.
    pub fn send(&self, item: T) -> bool {
        let wanted = self.sender.send(item).is_ok();
        self.waker.wake_by_ref();
        wanted
    }
}

impl<T> Drop for Sink<T> {
    fn drop(&mut self) {
        self.waker.wake_by_ref();
    }
}

/// Held by who waits for something that may take minutes: it ends soon after this was dropped.
#[derive(Debug, Default)]
pub struct Wanted(Arc<()>);

impl Work {
    /// Has something asked in the cloud that needs no open storage; the answer arrives in `fetch`. It is given up where
    /// `wanted` was dropped.
    pub fn fetch_cloud<T: Send + 'static>(
        &self,
        fetch: &mut Fetch<T>,
        wanted: &Wanted,
        question: impl Future<Output = aloft_cloud::Result<T>> + Send + 'static,
    ) {
        let (sender, answer) = sync_channel(1);
        let waker = WakeOnDrop(self.waker.clone());
        let wanted = Arc::downgrade(&wanted.0);
        let queued = self.queue(Lane::Buckets, move |session| {
            let cloud = match session.cloud() {
                Ok(cloud) => cloud,
                Err(report) => {
                    drop(sender.send(Err(report)));
                    drop(sender);
                    drop(waker);
                    return;
                }
            };
            let mut question = Box::pin(question);
            let asked = poll_fn(move |context| {
                if wanted.strong_count() == 0 {
                    return Poll::Ready(None);
                }
                question.as_mut().poll(context).map(Some)
            });
            drop(cloud.spawn(async move {
                let waker = waker;
                if let Some(answer) = asked.await {
                    drop(sender.send(answer.map_err(|error| Report::of(&error))));
                }
                drop(sender);
                drop(waker);
            }));
        });
        if queued {
            fetch.await_answer(answer);
        }
    }

    /// Asks the storage of a connection for a value; the answer arrives in `fetch`. As with
    /// [`Work::fetch`], nothing happens while the lane is full.
    pub fn fetch_remote<T, F>(
        &self,
        fetch: &mut Fetch<T>,
        connection: &Connection,
        question: impl FnOnce(Storage) -> F + Send + 'static,
    ) where
        T: Send + 'static,
        F: Future<Output = aloft_cloud::Result<T>> + Send + 'static,
    {
        let (sender, answer) = sync_channel(1);
        let waker = WakeOnDrop(self.waker.clone());
        let connection = connection.clone();
        let queued = self.queue(Lane::Buckets, move |session| {
            let (cloud, storage) = match session.storage(&connection) {
                Ok(opened) => opened,
                Err(report) => {
                    drop(sender.send(Err(report)));
                    drop(sender);
                    drop(waker);
                    return;
                }
            };
            let work = question(storage);
            // It goes on by itself; where nobody waits any more its answer is of no use.
            drop(cloud.spawn(async move {
                let waker = waker;
                drop(sender.send(work.await.map_err(|error| Report::of(&error))));
                drop(sender);
                drop(waker);
            }));
        });
        if queued {
            fetch.await_answer(answer);
        }
    }

    /// Has the storage of a connection asked step by step on a thread of its own, which may wait for
    /// the window: `task` hands answers to its sink, and ends when the sink says that nobody waits.
    /// At most `room` answers wait. Nothing when the lane is full: the caller asks again later.
    pub fn stream_remote<T: Send + 'static>(
        &self,
        connection: &Connection,
        room: usize,
        task: impl FnOnce(&Arc<aloft_cloud::Session>, Result<Storage, Report>, &Sink<T>) + Send + 'static,
    ) -> Option<Receiver<T>> {
        let (sender, answers) = sync_channel(room);
        let sink = Sink {
            sender,
            waker: self.waker.clone(),
        };
        let connection = connection.clone();
        let queued = self.queue(Lane::Buckets, move |session| {
            let Ok(cloud) = session.cloud() else { return };
            let opened = cloud.store(&connection).map_err(|error| Report::of(&error));
            // Without a thread the sink is dropped, and its receiver sees that nothing comes.
            drop(
                std::thread::Builder::new()
                    .name("buckets-stream".into())
                    .spawn(move || task(&cloud, opened, &sink)),
            );
        });
        queued.then_some(answers)
    }

    /// Has the storage of a connection opened anew when it is asked next: its secrets may have changed.
    pub fn reopen_remote(&self, connection: &str) {
        let id = connection.to_owned();
        // Not queued means that the lane is full of work; the storage is then asked with what it had.
        let _queued: bool = self.queue(Lane::Buckets, move |session| {
            if let Ok(cloud) = session.cloud() {
                cloud.forget(&id);
            }
        });
    }

    /// Does a command's work on connected storage; what came of it arrives as an [`Outcome`].
    pub fn perform_remote<F>(
        &self,
        connection: &Connection,
        what: &str,
        work: impl FnOnce(Storage) -> F + Send + 'static,
    ) where
        F: Future<Output = aloft_cloud::Result<Outcome>> + Send + 'static,
    {
        let owed = Owed {
            outcomes: self.outcomes(),
            paid: false,
        };
        let (connection, what) = (connection.clone(), what.to_owned());
        let queued = self.queue(Lane::Buckets, move |session| match session.storage(&connection) {
            Ok((cloud, storage)) => {
                let work = work(storage);
                drop(cloud.spawn(async move {
                    let outcome = work.await.unwrap_or_else(|error| Outcome::Failed {
                        what,
                        report: Report::of(&error),
                    });
                    owed.pay(outcome);
                }));
            }
            Err(report) => owed.pay(Outcome::Failed { what, report }),
        });
        if !queued {
            self.waker.wake_by_ref();
        }
    }
}

impl Session {
    /// The storage of a connection, opened where it is not yet.
    fn storage(&mut self, connection: &Connection) -> Result<(Arc<aloft_cloud::Session>, Storage), Report> {
        let cloud = self.cloud()?;
        let storage = cloud.store(connection).map_err(|error| Report::of(&error))?;
        Ok((cloud, storage))
    }
}

/// What a stream that ended without a last word says.
pub(crate) fn cut_short() -> Report {
    Report::new(
        ErrorKind::Internal,
        "The list ended without a last word",
        "This is a fault of Aloft; the terminal it was started from may say more. Try again.",
    )
}
