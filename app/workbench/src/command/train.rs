//! Runs and their jobs.

use std::borrow::Cow;

use aloft_base::job::{self, Job, Request, State};
use aloft_base::run::{self, NewRun, Run};
use aloft_base::{Report, Workspace, launch};
use egui::{Key, KeyboardShortcut};
use egui_phosphor::regular as icon;

use super::start_job::start_job;
use super::{Availability, Command, Describe, EndpointCommand, shortcut};
use crate::context::AppContext;
use crate::library::Library;
use crate::outcome::Outcome;
use crate::route::Route;
use crate::work::{Lane, Work};

/// Which run is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunRef {
    /// The one in front, else the newest that works.
    Current,
    Id(String),
}

/// Starts, pauses, stops and resumes runs and their jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrainCommand {
    /// Writes the run down and starts it; the window then shows it beside its recipe.
    Start(Box<NewRun>),
    Pause(RunRef),
    /// Saves a checkpoint and ends; can be resumed.
    Stop(RunRef),
    /// Lets a paused run go on, or starts an interrupted, stopped or failed one from its last checkpoint.
    Resume(RunRef),
    Rename {
        run: String,
        name: String,
    },
    /// Asks any job, a profile for example, to stop.
    StopJob(String),
    /// Ends the process of a job that does not answer.
    KillJob(String),
}

impl TrainCommand {
    pub(super) fn fixed() -> Vec<Self> {
        vec![
            Self::Pause(RunRef::Current),
            Self::Resume(RunRef::Current),
            Self::Stop(RunRef::Current),
        ]
    }
}

/// The run that is meant, if there is one.
fn find<'a>(reference: &RunRef, library: &'a Library, route: &Route) -> Option<&'a Run> {
    match reference {
        RunRef::Id(id) => library.run(id),
        RunRef::Current => match route.run() {
            Some(id) => library.run(id),
            None => library.runs().iter().find(|run| run.state.is_active()),
        },
    }
}

impl Describe for TrainCommand {
    fn text(&self, ctx: &AppContext<'_>) -> Cow<'static, str> {
        let with_name = |verb: &str, reference: &RunRef| -> Cow<'static, str> {
            match (reference, find(reference, ctx.library, ctx.route)) {
                (RunRef::Current, Some(run)) => format!("{verb} {}", run.name).into(),
                (RunRef::Current, None) => format!("{verb} training").into(),
                (RunRef::Id(_), _) => verb.to_owned().into(),
            }
        };
        match self {
            Self::Start(_) => "Train".into(),
            Self::Pause(reference) => with_name("Pause", reference),
            Self::Stop(reference) => with_name("Stop", reference),
            Self::Resume(reference) => with_name("Resume", reference),
            Self::Rename { .. } => "Rename run".into(),
            Self::StopJob(_) => "Cancel".into(),
            Self::KillJob(_) => "End process".into(),
        }
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Start(_) => "Start training with this recipe",
            Self::Pause(_) => "Save a checkpoint and wait",
            Self::Stop(_) => "Save a checkpoint and end; it can be resumed later",
            Self::Resume(_) => "Go on from where it was",
            Self::Rename { .. } => "Give the run another name",
            Self::StopJob(_) => "Stop this job",
            Self::KillJob(_) => "For a job that does not answer; what it saved is kept",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::Start(_) | Self::Resume(_) => icon::PLAY,
            Self::Pause(_) => icon::PAUSE,
            Self::Stop(_) => icon::STOP,
            Self::Rename { .. } => icon::PENCIL_SIMPLE,
            Self::StopJob(_) => icon::X,
            Self::KillJob(_) => icon::SKULL,
        }
    }

    fn shortcut(&self) -> Option<KeyboardShortcut> {
        match self {
            Self::Pause(RunRef::Current) => Some(shortcut::command_shift(Key::P)),
            Self::Resume(RunRef::Current) => Some(shortcut::command_shift(Key::R)),
            _ => None,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        let (reference, verb) = match self {
            Self::Pause(reference) => (reference, "pause"),
            Self::Stop(reference) => (reference, "stop"),
            Self::Resume(reference) => (reference, "resume"),
            Self::StopJob(id) | Self::KillJob(id) => {
                let active = ctx.library.job(id).is_some_and(|job| job.state.is_active());
                return Availability::when(active, "This job has ended");
            }
            Self::Start(_) | Self::Rename { .. } => return Availability::Ready,
        };
        let Some(run) = find(reference, ctx.library, ctx.route) else {
            return Availability::Not(
                if verb == "resume" {
                    "No run is open"
                } else {
                    "Nothing is training"
                }
                .into(),
            );
        };
        let asked = run
            .job
            .as_deref()
            .and_then(|job| ctx.library.job(job))
            .map_or(Request::None, |job| job.request);
        let why = match (self, run.state, asked) {
            (Self::Pause(_), State::Running | State::Queued, Request::Pause) => "It is about to pause",
            (Self::Pause(_) | Self::Stop(_), State::Running | State::Queued | State::Paused, Request::Stop) => {
                "It is about to stop"
            }
            (Self::Pause(_), State::Paused, _) => "It is paused already",
            (Self::Pause(_), State::Running | State::Queued, _)
            | (Self::Stop(_), State::Running | State::Queued | State::Paused, _)
            | (Self::Resume(_), State::Paused | State::Stopped | State::Failed | State::Interrupted, _) => {
                return Availability::Ready;
            }
            (Self::Resume(_), State::Running | State::Queued, Request::Pause) => return Availability::Ready,
            (Self::Resume(_), State::Running | State::Queued, _) => "It is running",
            (Self::Resume(_), State::Done, _) => "It has reached its end",
            _ => "It is not running",
        };
        Availability::Not(why.into())
    }
}

/// Does it; what came of it arrives as outcomes.
pub(crate) fn apply(command: TrainCommand, work: &Work, library: &Library, route: &Route) {
    let found = |reference: &RunRef| find(reference, library, route).map(|run| run.id.clone());
    match command {
        TrainCommand::Start(new) => work.perform(Lane::Workspace, move |workspace| match start(workspace, &new) {
            Ok(run) => Outcome::RunStarted(Box::new(run)),
            Err(error) => failed("Could not start training", &error),
        }),
        TrainCommand::Pause(reference) => ask(work, found(&reference), Request::Pause, "Could not pause the run"),
        TrainCommand::Stop(reference) => ask(work, found(&reference), Request::Stop, "Could not stop the run"),
        TrainCommand::Resume(reference) => {
            let Some(id) = found(&reference) else { return };
            work.perform(Lane::Workspace, move |workspace| {
                done("Could not resume the run", resume(workspace, &id))
            });
        }
        TrainCommand::Rename { run, name } => {
            work.perform(Lane::Workspace, move |workspace| {
                done("Could not rename the run", run::rename(workspace, &run, &name))
            });
        }
        TrainCommand::StopJob(id) => work.perform(Lane::Workspace, move |workspace| {
            done("Could not stop the job", job::request(workspace, &id, Request::Stop))
        }),
        TrainCommand::KillJob(id) => work.perform(Lane::Workspace, move |workspace| {
            done("Could not end the process", launch::kill(workspace, &id))
        }),
    }
}

fn start(workspace: &Workspace, new: &NewRun) -> aloft_base::Result<Run> {
    let (run, job) = run::create(workspace, new)?;
    start_job(workspace, &job)?;
    run::get(workspace, &run)
}

fn resume(workspace: &Workspace, id: &str) -> aloft_base::Result<()> {
    let run = run::get(workspace, id)?;
    // A process that lives, paused or about to, only has to be told to go on.
    if let (true, Some(job)) = (run.state.is_active(), &run.job) {
        return job::request(workspace, job, Request::None);
    }
    let job = run::resume(workspace, id)?;
    start_job(workspace, &job)
}

/// Asks something of the job of a run.
fn ask(work: &Work, run: Option<String>, request: Request, what: &'static str) {
    let Some(run) = run else { return };
    work.perform(Lane::Workspace, move |workspace| {
        let asked = run::get(workspace, &run).and_then(|run| match run.job {
            Some(job) => job::request(workspace, &job, request),
            None => Ok(()),
        });
        done(what, asked)
    });
}

fn done(what: &'static str, result: aloft_base::Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => failed(what, &error),
    }
}

fn failed(what: &'static str, error: &aloft_base::Error) -> Outcome {
    Outcome::Failed {
        what: what.into(),
        report: Report::of(error),
    }
}

/// The command that stops this job: a run is stopped with a checkpoint, anything else just stops.
pub fn stop_command(job: &Job) -> Command {
    match job.kind {
        job::Kind::Train => TrainCommand::Stop(RunRef::Id(job.subject.clone())).into(),
        // Its endpoint is not wanted any more, or it would be started again.
        job::Kind::Serve => EndpointCommand::Stop(job.subject.clone()).into(),
        _ => TrainCommand::StopJob(job.id.clone()).into(),
    }
}
