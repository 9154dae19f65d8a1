//! The rows that steps leave: asked of a child, opened when they are there.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aloft_base::{ErrorKind, Report, Workspace};
use aloft_data::{Ask, ColumnProfile, NamedSource, Pages, QueryOrder, StepEntry, answer_source};

use super::super::table::{Handle, Table, heads_of};
use crate::work::{Answer, Ticket, await_file, await_question, start_question};

/// An answer that is there.
#[derive(Debug)]
pub(in super::super) struct Answered {
    /// Names the question: the content of the dataset and the steps.
    pub(in super::super) question: String,
    /// The job that made it, or nothing when it was made before.
    pub(super) job: Option<String>,
    pub(in super::super) out: PathBuf,
    /// Whether only the first rows are there yet.
    pub(super) is_head: bool,
    pub(in super::super) handle: Handle,
    pub(in super::super) table: Table,
}

/// Where the answer to a question is kept.
pub(super) fn path(workspace: &Workspace, question: &str) -> PathBuf {
    workspace.answer_cache(&format!("{question}.arrow"))
}

/// Has steps done to a dataset, unless that was done before. Called on a worker.
pub(in super::super) fn ask(
    workspace: &Workspace,
    question: String,
    subject: &str,
    tables: Vec<NamedSource>,
    ask: Ask,
    ticket: &Ticket,
) -> Answer<Answered> {
    let out = path(workspace, &question);
    let head = out.with_extension("head");
    let mut job = None;
    if !out.is_file() {
        // From an earlier try: what is there must be of this one.
        if head.exists() {
            std::fs::remove_file(&head).map_err(|error| {
                let message = format!("The file {} cannot be removed: {error}", head.display());
                Report::new(
                    ErrorKind::Unavailable,
                    message,
                    "Check whether its folder may be written.",
                )
            })?;
        }
        let order = QueryOrder {
            head: Some(head.clone()),
            profile: true,
            ..QueryOrder::scratch(tables, ask, out.clone())
        };
        job = Some(start_question(workspace, &order, subject, ticket)?);
    }
    let is_head = !out.is_file();
    open(question, job, if is_head { &head } else { &out }, out.clone(), is_head)
}

/// All rows of an answer whose first ones are shown. Called on a worker.
pub(super) fn rest(
    workspace: &Workspace,
    question: String,
    job: String,
    out: &Path,
    ticket: &Ticket,
) -> Answer<Answered> {
    await_file(workspace, &job, ticket, out)?;
    // Nobody needs the first ones any more; what cannot be removed goes with the cache.
    drop(std::fs::remove_file(out.with_extension("head")));
    open(question, Some(job), out, out.to_owned(), false)
}

fn open(question: String, job: Option<String>, file: &Path, out: PathBuf, is_head: bool) -> Answer<Answered> {
    let fault = |error: aloft_data::DataError| Report::of(&error);
    let pages = Pages::open(&answer_source(file), &file.with_extension("cache")).map_err(fault)?;
    let heads = heads_of(&pages);
    let table = Table {
        rows: pages.known_rows(),
        complete: !is_head,
        profiled: 0,
        heads,
    };
    Ok(Answered {
        question,
        job,
        out,
        is_head,
        handle: Handle(Arc::new(Mutex::new(pages))),
        table,
    })
}

/// The profiles of the columns of an answer, which the child makes after it. Called on a worker.
pub(super) fn profiles(
    workspace: &Workspace,
    job: Option<&str>,
    out: &std::path::Path,
    ticket: &Ticket,
) -> Answer<Vec<ColumnProfile>> {
    if let Some(job) = job {
        await_question(workspace, job, ticket)?;
    }
    let path = out.with_extension("json");
    let text = aloft_base::fs::read_text(&path).map_err(|error| Report::of(&error))?;
    serde_json::from_str(&text).map_err(|error| {
        Report::new(
            aloft_base::ErrorKind::Corrupt,
            format!("The profile of the rows cannot be read: {error}"),
            "Change a step and take it back to have it made anew.",
        )
    })
}

/// The steps as a question.
pub(super) fn of_steps(steps: &[StepEntry]) -> Ask {
    Ask::Steps(steps.iter().filter(|entry| entry.enabled).cloned().collect())
}
