//! A question to tables, answered by an `aloft` child that can be ended at any time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aloft_base::job::{self, Kind, Request, State};
use aloft_base::{ErrorKind, Report, Workspace, launch};
use aloft_data::QueryOrder;

use super::Answer;

/// How often is looked whether the answer is there.
const LOOK_EVERY: Duration = Duration::from_millis(3);
/// A child that was asked to stop is ended after this.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long the reason why a child is gone may take.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A question's ticket: with it the person who asked can call it off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// The answer is no longer wanted.
    pub(crate) fn call_off(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_off(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Has a child answer a question and waits until its file is there, or the one with its first
/// rows; the child may still have something to add. Answers the job.
pub(crate) fn start(workspace: &Workspace, order: &QueryOrder, subject: &str, ticket: &Ticket) -> Answer<String> {
    if ticket.is_off() {
        return Err(called_off());
    }
    let spec = serde_json::to_value(order).map_err(|error| {
        Report::new(
            ErrorKind::Internal,
            format!("The question cannot be written: {error}"),
            "",
        )
    })?;
    let id = job::create(workspace, Kind::Query, subject, &spec).map_err(|error| Report::of(&error))?;
    launch::spawn_job(workspace, &id).map_err(|error| Report::of(&error))?;
    let files: Vec<&Path> = std::iter::once(&order.out)
        .chain(&order.head)
        .map(PathBuf::as_path)
        .collect();
    wait(workspace, &id, ticket, &files)?;
    Ok(id)
}

/// Waits until a file of a question is there.
pub(crate) fn await_file(workspace: &Workspace, id: &str, ticket: &Ticket, file: &Path) -> Answer<()> {
    wait(workspace, id, ticket, &[file])
}

/// Waits until the child of a question has ended.
pub(crate) fn await_end(workspace: &Workspace, id: &str, ticket: &Ticket) -> Answer<()> {
    wait(workspace, id, ticket, &[])
}

fn wait(workspace: &Workspace, id: &str, ticket: &Ticket, files: &[&Path]) -> Answer<()> {
    let (mut asked, mut gone): (Option<Instant>, Option<Instant>) = (None, None);
    let fault = |error: aloft_base::Error| Report::of(&error);
    loop {
        let row = job::get(workspace, id).map_err(fault)?;
        match row.state {
            State::Done => return Ok(()),
            State::Failed => {
                return Err(row.error.unwrap_or_else(|| {
                    Report::new(
                        ErrorKind::Internal,
                        "The question failed and does not say why",
                        "Ask again.",
                    )
                }));
            }
            State::Stopped => return Err(called_off()),
            // Who watches over its memory may be about to write down why it ended.
            State::Interrupted if gone.get_or_insert_with(Instant::now).elapsed() < LAST_WORDS => {}
            State::Interrupted => {
                return Err(Report::new(
                    ErrorKind::Unavailable,
                    "The process that answered the question ended before its end",
                    "It may have needed more memory than there is: ask for fewer rows or columns.",
                ));
            }
            State::Queued | State::Running | State::Paused => {}
        }
        if files.iter().any(|file| file.exists()) {
            return Ok(());
        }
        match asked {
            None if ticket.is_off() => {
                asked = Some(Instant::now());
                // It may have ended this very moment: then the next look says so.
                drop(job::request(workspace, id, Request::Stop));
            }
            Some(since) if since.elapsed() > PATIENCE => {
                launch::kill(workspace, id).map_err(fault)?;
                job::mark_interrupted(workspace).map_err(fault)?;
                return Err(called_off());
            }
            _ => {}
        }
        // A child that was killed leaves its job as running; its free lock says so.
        if row.state == State::Running && !aloft_base::fs::is_locked(&workspace.job_lock(id)).map_err(fault)? {
            job::mark_interrupted(workspace).map_err(fault)?;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// What a question that was called off answers.
fn called_off() -> Report {
    Report::new(
        ErrorKind::Stopped,
        "The question was called off",
        "Ask again to see its answer.",
    )
}
