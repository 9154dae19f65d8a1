//! Transfers: what can be asked of one while it runs and after it ended.

use std::borrow::Cow;

use aloft_base::job::{self, Job, Request, State};
use aloft_base::{Report, Workspace, transfer};
use egui_phosphor::regular as icon;

use super::start_job::start_job;
use super::{Availability, Describe};
use crate::context::AppContext;
use crate::outcome::Outcome;
use crate::work::{Lane, Work};

/// Steers transfers, which are named by their jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferCommand {
    Pause(String),
    /// Lets a paused one go on, or starts one that was cut off, stopped or failed from where it was.
    Resume(String),
    /// Ends it; what has arrived stays, and it can be resumed.
    Stop(String),
    /// Moves a waiting file before the others.
    First {
        job: String,
        file: i64,
    },
}

impl TransferCommand {
    fn job(&self) -> &str {
        match self {
            Self::Pause(job) | Self::Resume(job) | Self::Stop(job) | Self::First { job, .. } => job,
        }
    }
}

impl Describe for TransferCommand {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::Pause(_) => "Pause transfer",
            Self::Resume(_) => "Resume transfer",
            Self::Stop(_) => "Stop transfer",
            Self::First { .. } => "Move to the front",
        }
        .into()
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Pause(_) => "What is on its way arrives, and nothing more is begun",
            Self::Resume(_) => "Goes on from the last part that arrived; what failed is tried again",
            Self::Stop(_) => "Ends it; what has arrived stays, and it can be resumed",
            Self::First { .. } => "This file moves before the others that wait",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::Pause(_) => icon::PAUSE,
            Self::Resume(_) => icon::PLAY,
            Self::Stop(_) => icon::STOP,
            Self::First { .. } => icon::ARROW_LINE_UP,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        let Some(job) = ctx.library.job(self.job()) else {
            return Availability::Not("This transfer is no longer in the workspace".into());
        };
        match self {
            Self::Pause(_) => {
                Availability::when(job.state.is_active() && job.state != State::Paused, "It does not run")
            }
            Self::Resume(_) => Availability::when(can_resume(job), "It runs, or is done"),
            Self::Stop(_) => Availability::when(job.state.is_active(), "It has ended"),
            Self::First { .. } => Availability::when(job.state != State::Done, "It is done"),
        }
    }
}

/// Whether there is something to go on with.
pub fn can_resume(job: &Job) -> bool {
    matches!(
        job.state,
        State::Paused | State::Stopped | State::Interrupted | State::Failed
    )
}

/// Does it; what came of it arrives as an outcome.
pub(crate) fn apply(command: TransferCommand, work: &Work) {
    work.perform(Lane::Workspace, move |workspace| {
        let (what, done) = match &command {
            TransferCommand::Pause(id) => (
                "Could not pause the transfer",
                job::request(workspace, id, Request::Pause),
            ),
            TransferCommand::Resume(id) => ("Could not resume the transfer", resume(workspace, id)),
            TransferCommand::Stop(id) => (
                "Could not stop the transfer",
                job::request(workspace, id, Request::Stop),
            ),
            TransferCommand::First { job, file } => (
                "Could not move the file to the front",
                transfer::prioritise(workspace, job, &[*file]),
            ),
        };
        match done {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed {
                what: what.to_owned(),
                report: Report::of(&error),
            },
        }
    });
}

fn resume(workspace: &Workspace, id: &str) -> aloft_base::Result<()> {
    if job::get(workspace, id)?.state == State::Paused {
        return job::request(workspace, id, Request::None);
    }
    transfer::retry_failed(workspace, id)?;
    job::requeue(workspace, id)?;
    start_job(workspace, id)
}
