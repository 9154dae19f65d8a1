//! The job that serves an endpoint until it is asked to stop, and the one that watches them all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aloft_base::endpoint::Status;
use aloft_base::job::{Claim, Request};
use aloft_base::log::{self, Level};
use aloft_base::{Workspace, job, launch};
use aloft_serve::watch;
use anyhow::Result;

use crate::context::Context;
use crate::output::Output;
use crate::signal::Stop;

/// A person's wish is asked for so often.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// It is made sure so often that somebody watches.
const ENSURE_EVERY: u32 = 50;

/// Serves the endpoint of a job. `on_ready` is told when it answers.
pub(super) fn perform(
    context: &mut Context<'_>,
    claim: &Claim,
    on_ready: &mut dyn FnMut(&mut Output, &Status) -> Result<()>,
) -> Result<()> {
    let workspace = &context.workspace;
    let watcher = Wish::follow(workspace, &claim.job.id, &context.stop, true)?;
    let mut told = Ok(());
    let output = &mut *context.output;
    let served = aloft_serve::serve(
        workspace.folder(),
        &claim.job.subject,
        Arc::clone(&watcher.stop),
        &mut |status| {
            let words = format!("Serving at {}", status.url);
            told = log::add(workspace, &claim.job.id, Level::Info, &words)
                .map_err(anyhow::Error::from)
                .and_then(|()| on_ready(output, status));
        },
    );
    served?;
    told?;
    log::add(workspace, &claim.job.id, Level::Info, "Stopped as asked")?;
    Ok(())
}

/// Watches the endpoints of the workspace.
pub(super) fn watch(context: &mut Context<'_>, claim: &Claim) -> Result<()> {
    let wish = Wish::follow(&context.workspace, &claim.job.id, &context.stop, false)?;
    let workspace = &context.workspace;
    let mut unsaid = Ok(());
    watch::watch(workspace, &wish.stop, &mut |words| {
        let said = log::add(workspace, &claim.job.id, Level::Info, words);
        if unsaid.is_ok() {
            unsaid = said;
        }
    })?;
    Ok(unsaid?)
}

/// A thread that raises a flag when a signal or the job's row asks to stop.
struct Wish {
    stop: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Wish {
    fn follow(workspace: &Workspace, job: &str, signal: &Stop, ensures_watch: bool) -> Result<Self> {
        let own = workspace.reopen()?;
        let (stop, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (raised, ended) = (Arc::clone(&stop), Arc::clone(&over));
        let (job, signal) = (job.to_owned(), signal.clone());
        let thread = std::thread::Builder::new().name("wish".into()).spawn(move || {
            let mut round = 0_u32;
            while !ended.load(Ordering::Relaxed) {
                // A database that cannot be read now is asked again; a signal is heard meanwhile.
                let asked = job::get(&own, &job).is_ok_and(|job| job.request == Request::Stop);
                if asked || signal.is_asked() {
                    raised.store(true, Ordering::Relaxed);
                    return;
                }
                if ensures_watch && round.is_multiple_of(ENSURE_EVERY) {
                    // Without a watch the endpoint still answers, and the next round tries again.
                    drop(launch::ensure_watch(&own));
                }
                round = round.wrapping_add(1);
                std::thread::sleep(ASK_EVERY);
            }
        })?;
        Ok(Self {
            stop,
            over,
            thread: Some(thread),
        })
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It holds nothing that a panic could have left half done.
            drop(thread.join());
        }
    }
}
