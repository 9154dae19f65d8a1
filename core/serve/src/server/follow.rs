//! Follows the endpoint's row: when an alias moves or the row changes, the new version is
//! loaded and checked beside the old one, and takes over between two requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;
use std::time::Duration;

use aloft_base::change::{Change, Topic, Update, Watcher};
use aloft_base::endpoint::{self, Serving, Status};
use aloft_base::registry::{self, Selector, Version};
use aloft_base::workspace::Workspace;
use aloft_base::{ErrorKind, Explain, Report};

use super::loaded::Loaded;
use super::metrics::Metrics;
use super::start::token_hashes;
use super::state::{Now, Server};
use crate::error::ServeError;

/// How soon the thread sees that it is to end.
const PERIOD: Duration = Duration::from_millis(250);
/// After so many quiet periods it looks anyway: the watcher starts a moment after it was
/// asked to, and does not tell what changed in that moment.
const QUIET_PERIODS: u32 = 8;

/// Which versions are to be served.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    main: Wanted,
    split: Option<(Wanted, f64)>,
    shadow: Option<Wanted>,
}

/// A version, or why there is none.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Version { id: String, number: u32, digest: String },
    None(Report),
}

impl Wanted {
    fn of(workspace: &Workspace, model: &str, selector: &Selector) -> Result<Self, ServeError> {
        let refused = |error: &dyn Explain| Ok(Self::None(Report::of(error)));
        match registry::resolve(workspace, model, selector) {
            Ok(Version {
                deleted_ms: Some(_),
                number,
                ..
            }) => refused(&ServeError::Deleted {
                model: format!("{model}:{number}"),
            }),
            Ok(Version { id, number, digest, .. }) => Ok(Self::Version { id, number, digest }),
            Err(error) if error.kind() == ErrorKind::NotFound => refused(&error),
            Err(error) => Err(error.into()),
        }
    }
}

impl Plan {
    /// What the row asks for at this moment.
    ///
    /// # Errors
    /// When the workspace cannot be read. That a version is not there is no error here.
    pub(super) fn of(workspace: &Workspace, serving: &Serving) -> Result<Self, ServeError> {
        let of = |selector| Wanted::of(workspace, &serving.model, selector);
        let split = serving.split.as_ref().filter(|split| split.share > 0.0);
        Ok(Self {
            main: of(&serving.version)?,
            split: split
                .map(|split| Ok::<_, ServeError>((of(&split.version)?, split.share)))
                .transpose()?,
            shadow: serving.shadow.as_ref().map(of).transpose()?,
        })
    }
}

/// What is served first. The main version must be there; what is wrong with the others is told.
pub(super) fn first(
    workspace: &Workspace,
    serving: &Serving,
    plan: &Plan,
    tokens: Option<Vec<blake3::Hash>>,
    metrics: &Metrics,
) -> Result<(Now, Option<String>), ServeError> {
    let loader = Loader {
        workspace,
        model: &serving.model,
        metrics,
        served: vec![],
    };
    let main = match &plan.main {
        Wanted::Version { id, number, digest } => loader.load(id, *number, digest)?,
        // Asked once more, for the error itself.
        Wanted::None(_) => {
            let version = registry::resolve(workspace, &serving.model, &serving.version)?;
            return Err(ServeError::Deleted {
                model: format!("{}:{}", serving.model, version.number),
            });
        }
    };
    let mut problems = vec![];
    let now = loader.complete(main, serving, plan, tokens, &mut problems);
    Ok((now, joined(&problems)))
}

/// Follows until the server ends.
pub(super) fn run(
    workspace: &Workspace,
    id: &str,
    server: &Server,
    mut plan: Plan,
    mut serving: Serving,
    mut status: Status,
    ended: &AtomicBool,
) {
    let Ok(watcher) = Watcher::start(workspace, Waker::noop().clone()) else {
        return;
    };
    let (mut is_due, mut quiet) = (true, 0);
    while !ended.load(Ordering::Relaxed) {
        if is_due || quiet >= QUIET_PERIODS {
            quiet = 0;
            // A workspace that cannot be read just now is read at its next change.
            drop(look(workspace, id, server, &mut plan, &mut serving, &mut status));
        }
        quiet += 1;
        is_due = match watcher.next_within(PERIOD) {
            Some(Update::Everything) => true,
            Some(Update::Changed(changes)) => changes.iter().any(|change| concerns(change, id, &server.name)),
            Some(Update::Failed(_)) | None => false,
        };
    }
}

fn concerns(change: &Change, endpoint: &str, model: &str) -> bool {
    match change.topic {
        Topic::Endpoint => change.id == endpoint,
        Topic::Model => change.id == model,
        _ => false,
    }
}

/// Looks at the row and makes what is served what it says.
fn look(
    workspace: &Workspace,
    id: &str,
    server: &Server,
    plan: &mut Plan,
    known: &mut Serving,
    status: &mut Status,
) -> Result<(), ServeError> {
    let row = endpoint::get(workspace, id)?;
    let Some(serving) = row.spec.serving().filter(|serving| serving.model == server.name) else {
        // Another model needs another start: its name is part of the addresses.
        return Ok(());
    };
    let wanted = Plan::of(workspace, serving)?;
    let tokens = token_hashes(workspace, id, serving)?;
    let now = server.now();
    // Our own status and failures are changes of the row too, and nothing to act on.
    if wanted == *plan && now.tokens == tokens && known == serving {
        return Ok(());
    }
    let loader = Loader {
        workspace,
        model: &server.name,
        metrics: &server.metrics,
        served: loaded_versions(&now),
    };
    let mut problems = vec![];
    let keeps = format!("version {} goes on", now.main.number);
    let main = match &wanted.main {
        Wanted::Version { id, number, digest } => match loader.load(id, *number, digest) {
            Ok(main) => main,
            Err(error) => {
                problems.push(format!(
                    "Version {number} cannot be served, {keeps}: {}",
                    Report::of(&error)
                ));
                Arc::clone(&now.main)
            }
        },
        Wanted::None(report) => {
            problems.push(format!("What is to be served is not there, {keeps}: {report}"));
            Arc::clone(&now.main)
        }
    };
    let next = loader.complete(main, serving, &wanted, tokens, &mut problems);
    server.replace(next);
    *plan = wanted;
    *known = serving.clone();
    status.versions = server.now().served();
    status.problem = joined(&problems);
    endpoint::set_status(workspace, id, status)?;
    Ok(())
}

fn joined(problems: &[String]) -> Option<String> {
    (!problems.is_empty()).then(|| problems.join(" "))
}

fn loaded_versions(now: &Now) -> Vec<Arc<Loaded>> {
    let shadow = now.shadow.as_ref();
    now.answering().chain(shadow).map(Arc::clone).collect()
}

/// Loads versions, unless they are served already.
struct Loader<'a> {
    workspace: &'a Workspace,
    model: &'a str,
    metrics: &'a Metrics,
    served: Vec<Arc<Loaded>>,
}

impl Loader<'_> {
    fn load(&self, id: &str, number: u32, digest: &str) -> Result<Arc<Loaded>, ServeError> {
        // A number is never given twice, so that the same number is the same version.
        if let Some(served) = self.served.iter().find(|served| served.number == number) {
            return Ok(Arc::clone(served));
        }
        let folder = self.workspace.version_folder(id);
        Loaded::load(&folder, self.model, number, Some(digest), self.metrics).map(Arc::new)
    }

    /// The main version with the others that are to be there. One that cannot be served is left out.
    fn complete(
        &self,
        main: Arc<Loaded>,
        serving: &Serving,
        plan: &Plan,
        tokens: Option<Vec<blake3::Hash>>,
        problems: &mut Vec<String>,
    ) -> Now {
        let mut other = |wanted: &Wanted, what: &str| match wanted {
            Wanted::Version { id, number, digest } => self
                .load(id, *number, digest)
                .map_err(|error| problems.push(format!("The {what} cannot be served: {}", Report::of(&error))))
                .ok(),
            Wanted::None(report) => {
                problems.push(format!("The {what} is not there: {report}"));
                None
            }
        };
        Now {
            split: plan
                .split
                .as_ref()
                .and_then(|(wanted, share)| Some((other(wanted, "second version")?, *share))),
            shadow: plan.shadow.as_ref().and_then(|wanted| other(wanted, "shadow")),
            main,
            tokens,
            keep_values: serving.keep_values,
            log: serving.log.clone(),
        }
    }
}
