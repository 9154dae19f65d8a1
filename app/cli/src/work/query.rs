//! The job that answers a question to tables or prepares one.

use std::path::Path;
use std::time::{Duration, Instant};

use aloft_base::job::{Claim, Progress, Request};
use aloft_base::{ErrorKind, Report};
use aloft_data::{Answer, DataError, Flow, QueryOrder, Source, answer_source};
use anyhow::Result;

use crate::context::Context;
use crate::failure::refuse;

/// How far it is, is written so often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

pub(super) fn perform(context: &mut Context<'_>, claim: &Claim) -> Result<Answer> {
    let order: QueryOrder = serde_json::from_value(claim.job.spec.clone())?;
    if let Some(folder) = order.out.parent().filter(|_| order.scratch) {
        aloft_base::fs::create_folder(folder)?;
    }
    let workspace = &context.workspace;
    let (stop, output) = (&context.stop, &mut *context.output);
    let (mut told, mut fault) = (None::<Instant>, None);
    let find = |path: &Path| -> aloft_data::Result<Source> {
        Ok(aloft_data::detect_anywhere(path, None, &mut |_| Flow::Continue)?.source)
    };
    let cache = |source: &Source| Ok(workspace.dataset_cache(&source.key()?));
    let answered = order.perform(&find, &cache, &mut |progress| {
        let row = Progress {
            fraction: progress.fraction,
            what: progress.what.to_owned(),
            ..Progress::default()
        };
        output.progress(&row);
        let asked = if told.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            told = Some(Instant::now());
            claim.progress(workspace, &row).and_then(|()| claim.request(workspace))
        } else {
            claim.request(workspace)
        };
        match asked {
            // A query keeps nothing to go on from, so a pause is not for it.
            Ok(Request::None | Request::Pause) if !stop.is_asked() => Flow::Continue,
            Ok(_) => Flow::Stop,
            Err(error) => {
                fault = Some(error);
                Flow::Stop
            }
        }
    });
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    let answered = answered.and_then(|answer| {
        // Who looks at the rows wants to know what is in their columns, and sees the rows meanwhile.
        if order.profile {
            profile(&order.out, &mut || {
                stop.is_asked() || claim.request(workspace).is_ok_and(|asked| asked == Request::Stop)
            })?;
        }
        Ok(answer)
    });
    match answered {
        Err(DataError::Stopped) => refuse(Report::new(
            ErrorKind::Stopped,
            "The query was stopped as asked",
            "Ask again to see its answer.",
        )),
        answered => Ok(answered?),
    }
}

/// Profiles an answer into a file beside it.
fn profile(out: &Path, is_stopped: &mut dyn FnMut() -> bool) -> aloft_data::Result<()> {
    let profile = aloft_data::profile(&answer_source(out), &out.with_extension("cache"), &mut |_| {
        if is_stopped() { Flow::Stop } else { Flow::Continue }
    })?;
    let text = serde_json::to_vec(&profile.columns).unwrap_or_default();
    Ok(aloft_base::fs::write_atomic(&out.with_extension("json"), &text)?)
}
