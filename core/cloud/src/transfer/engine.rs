//! Takes files from the journal and moves many of them at once, until there are no more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aloft_base::transfer::{Action, File};
use tokio::task::{JoinError, JoinSet};

use super::perform::{delete, perform};
use super::place::address_of;
use super::plan::plan;
use super::recover;
use super::shared::{SMALL, Shared};
use super::{Steer, Verb};
use crate::error::{CloudError, Result};

/// Files that are worked on at once; each waits at a gate for its requests.
const FILES: usize = 64;
/// Large files that are worked on at once.
const LARGE_FILES: usize = 4;
/// Files taken from the journal at once: few, so that a new order counts soon.
const TAKEN: usize = 128;
/// Keys that one request deletes.
const DELETED: usize = 1000;
/// How often it is looked how fast it goes.
const LOOK: Duration = Duration::from_millis(500);

/// Moves everything. Ends with an error when the whole transfer does; then what is on its way is dropped.
pub(super) async fn drive(shared: Arc<Shared>, suspects: Vec<File>, is_planned: bool) -> Result<()> {
    recover::sweep_all(&shared, suspects).await?;
    let mut driver = Driver {
        shared: Arc::clone(&shared),
        waiting: VecDeque::new(),
        late: VecDeque::new(),
        large: 0,
        tasks: JoinSet::new(),
    };
    let mut planner = JoinSet::new();
    if !is_planned {
        planner.spawn(plan(Arc::clone(&shared)));
    }
    let mut steer = shared.steer.clone();
    let mut pace = tokio::time::interval(LOOK);
    let mut looked = (Instant::now(), 0);
    loop {
        if driver.fill().await? && planner.is_empty() {
            return Ok(());
        }
        tokio::select! {
            Some(ended) = driver.tasks.join_next() => driver.ended(ended)?,
            Some(ended) = planner.join_next() => outcome(ended)?,
            () = shared.news.notified() => {}
            stopped = steer.wait_for(|steer| *steer == Steer::Stop) => {
                drop(stopped);
                return Err(CloudError::Stopped);
            }
            _ = pace.tick() => looked = look(&shared, looked),
        }
    }
}

/// Lets the gates learn from the last moment.
fn look(shared: &Shared, (then, before): (Instant, u64)) -> (Instant, u64) {
    let (now, traffic) = (Instant::now(), shared.count.traffic.load(Ordering::Relaxed));
    let secs = now.duration_since(then).as_secs_f64();
    // A paused or capped transfer says nothing about the server.
    if secs > 0.1 && shared.cap.is_none() && *shared.steer.borrow() == Steer::Continue {
        let per_sec = traffic.saturating_sub(before) as f64 / secs;
        shared.small.look(per_sec);
        shared.large.look(per_sec);
    }
    (now, traffic)
}

/// What a task says of its end; a panic goes on.
fn outcome<T>(ended: std::result::Result<Result<T>, JoinError>) -> Result<T> {
    match ended {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_aborted) => Err(CloudError::Stopped),
        },
    }
}

struct Driver {
    shared: Arc<Shared>,
    waiting: VecDeque<File>,
    /// Large files that wait until another large one is done.
    late: VecDeque<File>,
    large: usize,
    tasks: JoinSet<(bool, Result<()>)>,
}

impl Driver {
    /// Begins as much as there is room for. Answers whether everything that has a row is done.
    async fn fill(&mut self) -> Result<bool> {
        while self.tasks.len() < FILES {
            if self.large < LARGE_FILES
                && let Some(file) = self.late.pop_front()
            {
                self.begin(file);
                continue;
            }
            if self.waiting.is_empty() {
                // Read before: what is written after it was not seen by this.
                let is_planned = self.shared.is_planned.load(Ordering::Acquire);
                let deletes = is_planned || self.shared.order.verb == Verb::Delete;
                let limit = if deletes { DELETED } else { TAKEN };
                let room = self.late.len() < TAKEN;
                let taken = if room {
                    self.shared.journal.take(deletes, limit).await?
                } else {
                    Vec::new()
                };
                if taken.is_empty() {
                    return Ok(self.tasks.is_empty() && self.late.is_empty() && is_planned);
                }
                self.waiting.extend(taken);
            }
            let Some(file) = self.waiting.pop_front() else { continue };
            if file.action == Action::Delete {
                self.begin_deleting(file)?;
            } else if file.bytes > SMALL && self.large >= LARGE_FILES {
                self.late.push_back(file);
            } else {
                self.begin(file);
            }
        }
        Ok(false)
    }

    fn begin(&mut self, file: File) {
        let is_large = file.bytes > SMALL;
        self.large += usize::from(is_large);
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move { (is_large, perform(shared, file).await) });
    }

    /// Deletes a file and those after it that go in the same request.
    fn begin_deleting(&mut self, first: File) -> Result<()> {
        let is_disk = !first.source.contains("://");
        let bucket = if is_disk {
            String::new()
        } else {
            address_of(&first.source)?.bucket
        };
        let origin = first.origin;
        let mut together = vec![first];
        while let Some(next) = self.waiting.front() {
            let is_same = next.action == Action::Delete
                && next.origin == origin
                && together.len() < DELETED
                && (is_disk || address_of(&next.source)?.bucket == bucket);
            if !is_same {
                break;
            }
            together.extend(self.waiting.pop_front());
        }
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move { (false, delete(shared, together).await) });
        Ok(())
    }

    fn ended(&mut self, ended: std::result::Result<(bool, Result<()>), JoinError>) -> Result<()> {
        let (is_large, answer) = outcome(ended.map(Ok))?;
        self.large -= usize::from(is_large);
        answer
    }
}
