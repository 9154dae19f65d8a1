//! Endpoints: making, starting and stopping them.

use std::borrow::Cow;

use aloft_base::endpoint::{self, Check, Endpoint, External, Serving, Spec, health, token};
use aloft_base::{Error, ErrorKind, Report, Workspace};
use egui_phosphor::regular as icon;

use super::start_job::start_job;
use super::{Availability, Describe};
use crate::context::AppContext;
use crate::outcome::Outcome;
use crate::work::{Answer, Lane, Session, Work};

/// The label of the token that the window makes.
const LABEL: &str = "you";

/// Makes, starts, stops and deletes endpoints. They are named by id.
#[derive(Clone, Debug, PartialEq)]
pub enum EndpointCommand {
    /// Makes one of ours and starts it.
    Create {
        name: String,
        serving: Box<Serving>,
    },
    /// Watches somebody else's.
    Watch {
        name: String,
        external: External,
    },
    Start(String),
    Stop(String),
    Delete(String),
    /// Makes another token in the place of the one that was.
    NewToken(String),
    /// Changes what it is to be.
    Change {
        endpoint: String,
        spec: Box<Spec>,
    },
    /// Marks alerts up to this one as seen.
    MarkSeen(i64),
}

impl Describe for EndpointCommand {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::Create { .. } | Self::Start(_) => "Start endpoint",
            Self::Watch { .. } => "Watch",
            Self::Stop(_) => "Stop endpoint",
            Self::Delete(_) => "Delete endpoint",
            Self::NewToken(_) => "New token",
            Self::Change { .. } => "Apply",
            Self::MarkSeen(_) => "Mark as seen",
        }
        .into()
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Create { .. } | Self::Start(_) => "In a process of its own, which goes on when the window is closed",
            Self::Watch { .. } => "Asks it every few seconds how it is",
            Self::Stop(_) => "It finishes the requests it has and ends",
            Self::Delete(_) => "Its address answers no more; what happened stays in the audit log",
            Self::NewToken(_) => "The token that was made before stops working",
            Self::Change { .. } => "The process that serves it follows at once",
            Self::MarkSeen(_) => "Takes this and older ones off the list; the history keeps them",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::Create { .. } | Self::Start(_) => icon::PLAY,
            Self::Watch { .. } => icon::EYE,
            Self::Stop(_) => icon::STOP,
            Self::Delete(_) => icon::TRASH,
            Self::NewToken(_) => icon::KEY,
            Self::Change { .. } | Self::MarkSeen(_) => icon::CHECK,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        let (Self::Start(id) | Self::Stop(id) | Self::Delete(id)) = self else {
            return Availability::Ready;
        };
        let Some(endpoint) = ctx.library.endpoint(id) else {
            return Availability::Not("This endpoint is no longer in the workspace".into());
        };
        let is_ours = endpoint.spec.serving().is_some();
        match self {
            Self::Start(_) | Self::Stop(_) if !is_ours => {
                Availability::Not("It is somebody else's, which is only watched".into())
            }
            Self::Start(_) => Availability::when(!endpoint.is_active(), "It is being served"),
            Self::Stop(_) => Availability::when(
                endpoint.is_active() || endpoint.wanted == endpoint::Wanted::Up,
                "It is stopped",
            ),
            _ => Availability::when(!endpoint.is_active(), "It is being served: stop it first"),
        }
    }
}

/// Does it; what came of it arrives as outcomes.
pub(crate) fn apply(command: EndpointCommand, work: &Work) {
    if let EndpointCommand::Watch { name, external } = command {
        work.perform_with(Lane::Requests, move |session| match watch(session, &name, &external) {
            Ok(endpoint) => Outcome::EndpointMade {
                endpoint: Box::new(endpoint),
                token: None,
                unstarted: None,
            },
            Err(report) => Outcome::Failed {
                what: "Could not watch the address".to_owned(),
                report,
            },
        });
    } else {
        work.perform(Lane::Workspace, move |workspace| perform(workspace, command));
    }
}

fn perform(workspace: &Workspace, command: EndpointCommand) -> Outcome {
    match command {
        EndpointCommand::Create { name, serving } => match create(workspace, &name, *serving) {
            Ok(made) => made,
            Err(error) => failed("Could not start the endpoint", &error),
        },
        EndpointCommand::Start(id) => done("Could not start the endpoint", start(workspace, &id)),
        EndpointCommand::Stop(id) => done("Could not stop the endpoint", endpoint::stop(workspace, &id)),
        EndpointCommand::Delete(id) => done("Could not delete the endpoint", endpoint::delete(workspace, &id)),
        EndpointCommand::NewToken(id) => {
            let made = endpoint::get(workspace, &id)
                .and_then(|endpoint| Ok((endpoint.name, token::make(workspace, &id, LABEL)?)));
            match made {
                Ok((name, token)) => Outcome::TokenMade { name, token },
                Err(error) => failed("Could not make a token", &error),
            }
        }
        EndpointCommand::Change { endpoint, spec } => done(
            "Could not change the endpoint",
            endpoint::change(workspace, &endpoint, &spec),
        ),
        EndpointCommand::Watch { .. } => Outcome::Done,
        EndpointCommand::MarkSeen(seq) => done("Could not mark the alert", health::mark_seen(workspace, seq)),
    }
}

/// The endpoint is there, with its token, also when its process cannot be started: it can be started again.
fn create(workspace: &Workspace, name: &str, serving: Serving) -> aloft_base::Result<Outcome> {
    let needs_token = serving.needs_token;
    let endpoint = endpoint::create(workspace, name, &Spec::Local(serving))?;
    let token = if needs_token {
        Some(token::make(workspace, &endpoint.id, LABEL)?)
    } else {
        None
    };
    let unstarted = start(workspace, &endpoint.id).err().map(|error| Report::of(&error));
    Ok(Outcome::EndpointMade {
        endpoint: Box::new(endpoint::get(workspace, &endpoint.id)?),
        token,
        unstarted,
    })
}

fn start(workspace: &Workspace, id: &str) -> aloft_base::Result<()> {
    let job = endpoint::start(workspace, id)?;
    start_job(workspace, &job)
}

/// The verb also starts the process that looks after all endpoints, where none does yet.
fn watch(session: &mut Session, name: &str, external: &External) -> Answer<Endpoint> {
    let limit = external.latency_limit_ms.to_string();
    let mut arguments = vec!["endpoints", "add", name, &external.url, "--latency-limit", &limit];
    let code;
    match &external.check {
        Check::OpenInference { model } => arguments.extend(["--open-inference", model]),
        Check::Http { status, contains } => {
            code = status.to_string();
            arguments.extend(["--status", &code]);
            if !contains.is_empty() {
                arguments.extend(["--contains", contains]);
            }
        }
    }
    session.aloft(&arguments, None)?;
    let found = endpoint::find(session.workspace()?, name).map_err(|error| Report::of(&error))?;
    found.ok_or_else(|| {
        Report::new(
            ErrorKind::Internal,
            format!("The endpoint '{name}' was not added"),
            "Try again.",
        )
    })
}

fn done(what: &str, result: aloft_base::Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => failed(what, &error),
    }
}

fn failed(what: &str, error: &Error) -> Outcome {
    Outcome::Failed {
        what: what.to_owned(),
        report: Report::of(error),
    }
}
