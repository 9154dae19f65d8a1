//! Runs a transfer job from its rows, begins it, and takes it up again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aloft_base::Workspace;
use aloft_base::job::{self, Claim, Kind};
use aloft_base::time::now_ms;
use aloft_base::transfer::{self, Filter, State};
use tokio::sync::{Notify, watch};

use super::files::{Folders, leftover_of, remove, remove_empty};
use super::gate::Gate;
use super::memory::Memory;
use super::place::{self, End, address_of};
use super::rate::Cap;
use super::shared::{Count, Shared};
use super::{Order, Place, Steer, Summary, Totals, Verb, engine, journal, recover};
use crate::error::{CloudError, Result};
use crate::session::Session;

/// How long after its end a transfer is still taken up by the same order. Providers drop
/// unfinished uploads after about as long.
const RESUMABLE_MS: i64 = 7 * 24 * 3600 * 1000;
/// How often the watcher is told.
const TELL: Duration = Duration::from_millis(250);
/// Failed files that a summary names.
const NAMED: usize = 100;

/// Writes down a transfer to be done and answers the job's id. `title` is what people see.
pub fn create(workspace: &Workspace, title: &str, order: &Order) -> Result<String> {
    Ok(job::create(workspace, Kind::Transfer, title, &order.to_json())?)
}

/// The newest transfer with the same order that did not reach its end in the last seven days.
pub fn find_resumable(workspace: &Workspace, order: &Order) -> Result<Option<String>> {
    job::mark_interrupted(workspace)?;
    let order = order.to_json();
    let since = now_ms() - RESUMABLE_MS;
    let found = job::unfinished(workspace, Kind::Transfer, 1000)?
        .into_iter()
        .find(|job| job.spec == order && job.ended_ms.unwrap_or(job.created_ms) >= since);
    Ok(found.map(|job| job.id))
}

/// Queues a transfer that did not reach its end again: it goes on where it was, and files that
/// failed are tried again.
pub fn resume(workspace: &Workspace, job: &str) -> Result<()> {
    transfer::retry_failed(workspace, job)?;
    Ok(job::requeue(workspace, job)?)
}

/// Runs the job of a claim to its end. `watch` is told about four times a second how far it is.
///
/// # Errors
/// [`CloudError::Stopped`] when `watch` asked for it, and what ends the whole transfer: a sign-in
/// that is not accepted, a full disk, a network that is gone, sources that cannot be listed. What
/// arrived is kept then, also of unfinished files: the job can be queued again and goes on, or be
/// given up with [`discard`]. What concerns one file is in the summary.
pub fn run(
    session: &Session,
    workspace: &Workspace,
    claim: &Claim,
    order: &Order,
    watch: &mut dyn FnMut(&Totals) -> Steer,
) -> Result<Summary> {
    let begun = Instant::now();
    let job = &claim.job.id;
    let ends = place::open(session, workspace, order)?;
    let went_before = transfer::start_plan(workspace, job)?;
    let suspects = if went_before {
        recover::suspects(workspace, job)?
    } else {
        Vec::new()
    };
    let before = transfer::totals(workspace, job)?;
    let (journal, writer) = journal::start(workspace, claim)?;
    let (steering, steer) = watch::channel(Steer::Continue);
    let most = |usual: usize| order.parallel.map_or(usual, |asked| asked.clamp(1, 256));
    let shared = Arc::new(Shared {
        ends,
        journal,
        small: Gate::new(most(16), most(64)),
        large: Gate::new(most(4), most(16)),
        memory: Memory::new(),
        cap: order.bytes_per_sec.map(Cap::new),
        steer,
        count: counted(&before),
        folders: Folders::default(),
        since_ms: claim.job.created_ms,
        is_planned: AtomicBool::new(before.plan.is_whole),
        news: Notify::new(),
        order: order.clone(),
    });
    let mut engine = session.spawn(engine::drive(Arc::clone(&shared), suspects, before.plan.is_whole));
    let mut pace = Pace::new();
    let mut is_paused = false;
    let ended = loop {
        match session.wait(async { tokio::time::timeout(TELL, &mut engine).await }) {
            Ok(ended) => break ended,
            Err(_elapsed) => {
                let steer = watch(&pace.totals(&shared));
                if is_paused != (steer == Steer::Pause) {
                    is_paused = steer == Steer::Pause;
                    claim.paused(workspace, is_paused)?;
                }
                steering.send_replace(steer);
                if writer.is_gone() {
                    steering.send_replace(Steer::Stop);
                }
            }
        }
    };
    watch(&pace.totals(&shared));
    steering.send_replace(Steer::Stop);
    drop(shared);
    // Its own failure is why everything else ended.
    writer.end()?;
    match ended {
        Ok(ended) => ended?,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_aborted) => return Err(CloudError::Stopped),
        },
    }
    if matches!(order.verb, Verb::Move | Verb::Delete) {
        for source in &order.sources {
            if let Place::File(folder) = source {
                remove_empty(folder);
            }
        }
    }
    summary(workspace, job, begun)
}

fn counted(before: &transfer::Totals) -> Count {
    Count {
        files: before.files.saturating_add(before.plan.unchanged).into(),
        done: before.done.into(),
        skipped: (before.skipped + before.plan.unchanged).into(),
        failed: before.failed.into(),
        bytes: before.bytes.into(),
        moved: before.moved.into(),
        traffic: 0.into(),
    }
}

fn summary(workspace: &Workspace, job: &str, begun: Instant) -> Result<Summary> {
    let totals = transfer::totals(workspace, job)?;
    let filter = Filter {
        state: Some(State::Failed),
        text: String::new(),
    };
    let failed = if totals.failed > 0 {
        transfer::files(workspace, job, &filter, 0, NAMED)?
    } else {
        Vec::new()
    };
    Ok(Summary {
        files: totals.done,
        bytes: totals.moved,
        skipped: totals.skipped + totals.plan.unchanged,
        failures: totals.failed,
        failed: failed
            .into_iter()
            .filter_map(|file| Some((file.source, file.error?)))
            .collect(),
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// How fast it goes, over the last seconds.
struct Pace {
    at: Instant,
    traffic: u64,
    bytes_per_sec: f64,
}

impl Pace {
    fn new() -> Self {
        Self {
            at: Instant::now(),
            traffic: 0,
            bytes_per_sec: 0.0,
        }
    }

    fn totals(&mut self, shared: &Shared) -> Totals {
        let read = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
        let count = &shared.count;
        let (now, traffic) = (Instant::now(), read(&count.traffic));
        let secs = now.duration_since(self.at).as_secs_f64();
        if secs > 0.05 {
            let current = traffic.saturating_sub(self.traffic) as f64 / secs;
            // A new value counts as much as three seconds of old ones allow.
            let weight = (secs / 3.0).min(1.0);
            let is_first = self.bytes_per_sec == 0.0;
            self.bytes_per_sec = if is_first {
                current
            } else {
                self.bytes_per_sec * (1.0 - weight) + current * weight
            };
            (self.at, self.traffic) = (now, traffic);
        }
        let (bytes, moved) = (read(&count.bytes), read(&count.moved));
        let planning = !shared.is_planned.load(Ordering::Relaxed);
        let remaining = bytes.saturating_sub(moved) as f64;
        let is_known = !planning && self.bytes_per_sec > 1.0;
        Totals {
            files: read(&count.files),
            files_done: read(&count.done),
            files_skipped: read(&count.skipped),
            files_failed: read(&count.failed),
            bytes,
            bytes_moved: moved.min(bytes),
            bytes_per_sec: self.bytes_per_sec,
            eta_secs: is_known.then(|| remaining / self.bytes_per_sec),
            planning,
            parallel: shared.small.limit().max(shared.large.limit()),
        }
    }
}

/// Gives up a transfer that is not running: its unfinished uploads are aborted and its unfinished
/// downloads removed, so that nothing of them is stored or billed. Answers how many there were.
pub fn discard(session: &Session, workspace: &Workspace, job: &str, order: &Order) -> Result<usize> {
    let ends = place::open(session, workspace, order)?;
    let since_ms = job::get(workspace, job)?.created_ms;
    let mut discarded = 0;
    match &ends.target {
        None => {}
        Some(End::Disk) => {
            for file in left_over(workspace, job)? {
                let leftover = leftover_of(file.target.as_ref());
                discarded += usize::from(leftover.exists());
                remove(&leftover)?;
                transfer::record(workspace, job, &[(file.id, restarted(&file))])?;
            }
        }
        Some(End::Store { store, .. }) => {
            for file in transfer::unfinished_uploads(workspace, job)? {
                if let Some(upload) = &file.upload {
                    session.wait(store.abort_upload(&address_of(&file.target)?, upload))?;
                    discarded += 1;
                }
                transfer::record(workspace, job, &[(file.id, restarted(&file))])?;
            }
            for file in recover::suspects(workspace, job)?
                .iter()
                .filter(|file| !file.target.is_empty())
            {
                let at = address_of(&file.target)?;
                for upload in session.wait(recover::candidates(store, &at, since_ms))? {
                    if !transfer::knows(workspace, &upload)? {
                        session.wait(store.abort_upload(&at, &upload))?;
                        discarded += 1;
                    }
                }
            }
        }
    }
    Ok(discarded)
}

fn left_over(workspace: &Workspace, job: &str) -> Result<Vec<transfer::File>> {
    let mut files = Vec::new();
    let mut after = 0;
    loop {
        let page = transfer::begun(workspace, job, 0, after, 1000)?;
        let Some(last) = page.last() else { return Ok(files) };
        after = last.id;
        files.extend(page);
    }
}

fn restarted(file: &transfer::File) -> transfer::Mark {
    transfer::Mark::Restarted {
        bytes: file.bytes,
        stamp: file.stamp.clone(),
    }
}
