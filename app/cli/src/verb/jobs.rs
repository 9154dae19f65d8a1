//! `aloft jobs`, and what can be asked of one job.

use aloft_base::job::{self, Job, Kind, Request};
use aloft_base::time::to_rfc3339;
use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::JobVerb;
use crate::context::Context;
use crate::table::{Align, Table};
use crate::text::{duration, moment};
use crate::work;

/// So many jobs are listed.
const LISTED: usize = 1000;

pub(super) fn list(context: &mut Context<'_>) -> Result<u8> {
    let jobs = job::list(&context.workspace, LISTED)?;
    let objects: Vec<Value> = jobs.iter().map(object).collect();
    context.output.answer(&json!({ "jobs": objects }), || {
        let mut table = Table::new(&[
            ("Job", Align::Left),
            ("Kind", Align::Left),
            ("Of", Align::Left),
            ("State", Align::Left),
            ("Started", Align::Left),
            ("Took", Align::Right),
            ("", Align::Left),
        ]);
        for job in &jobs {
            let what = match (&job.error, &job.progress) {
                (Some(error), _) => error.message.clone(),
                (None, Some(progress)) if job.state.is_active() => progress.what.clone(),
                _ => String::new(),
            };
            table.row([
                job.id.clone(),
                word(job.kind).to_owned(),
                job.subject.clone(),
                job.state.as_str().to_owned(),
                job.started_ms.map_or_else(String::new, moment),
                job.duration_secs().map_or_else(String::new, duration),
                what,
            ]);
        }
        if table.is_empty() {
            "No jobs yet.\n".to_owned()
        } else {
            table.to_string()
        }
    })?;
    Ok(0)
}

pub(super) fn perform(context: &mut Context<'_>, verb: &JobVerb) -> Result<u8> {
    let (id, request) = match verb {
        JobVerb::Run { id } => {
            work::any(context, id)?;
            return answer(context, id);
        }
        JobVerb::Pause { id } => (id, Request::Pause),
        JobVerb::Continue { id } => (id, Request::None),
        JobVerb::Stop { id } => (id, Request::Stop),
    };
    job::request(&context.workspace, id, request)?;
    answer(context, id)
}

fn answer(context: &mut Context<'_>, id: &str) -> Result<u8> {
    let job = job::get(&context.workspace, id)?;
    let words = match job.request {
        Request::None => format!("The job {id} is {}\n", job.state.as_str()),
        Request::Pause => format!("The job {id} is {} and asked to pause\n", job.state.as_str()),
        Request::Stop => format!("The job {id} is {} and asked to stop\n", job.state.as_str()),
    };
    context.output.answer(&object(&job), || words)?;
    Ok(0)
}

fn object(job: &Job) -> Value {
    let mut object = json!({
        "job": job.id,
        "kind": job.kind,
        "subject": job.subject,
        "state": job.state,
        "request": job.request,
        "progress": job.progress,
        "pid": job.pid,
        "created": to_rfc3339(job.created_ms),
        "started": job.started_ms.map(to_rfc3339),
        "ended": job.ended_ms.map(to_rfc3339),
    });
    if let (Some(error), Some(object)) = (&job.error, object.as_object_mut()) {
        object.insert("error".to_owned(), json!(error));
    }
    object
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Profile => "profile",
        Kind::Train => "train",
        Kind::Serve => "serve",
        Kind::Watch => "watch",
        Kind::Predict => "predict",
        Kind::Query => "query",
        Kind::Transfer => "transfer",
    }
}
