//! The rows that steps leave: asked of a child, opened when they are there.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aloft_base::{Report, Workspace};
use aloft_data::{Ask, ColumnProfile, Format, NamedSource, Pages, QueryOrder, Source, StepEntry, answer_source};

use super::super::table::{Handle, Table, heads_of};
use crate::work::{Answer, Ticket, await_question, start_question};

/// An answer that is there.
#[derive(Debug)]
pub(in super::super) struct Answered {
    /// Names the question: the content of the dataset and the steps.
    pub(in super::super) question: String,
    /// The job that made it, or nothing when it was made before.
    pub(super) job: Option<String>,
    pub(in super::super) out: PathBuf,
    pub(in super::super) handle: Handle,
    pub(in super::super) table: Table,
}

/// Where the answer to a question is kept.
pub(super) fn path(workspace: &Workspace, question: &str) -> PathBuf {
    workspace
        .cache_folder()
        .join("answers")
        .join(format!("{question}.arrow"))
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
    let mut job = None;
    if !out.is_file() {
        let order = QueryOrder {
            tables,
            ask,
            out: out.clone(),
            format: Format::ArrowIpc,
            partition_by: Vec::new(),
            scratch: true,
            profile: true,
        };
        job = Some(start_question(workspace, &order, subject, ticket)?);
    }
    let fault = |error: aloft_data::DataError| Report::of(&error);
    let pages = Pages::open(&answer_source(&out), &out.with_extension("cache")).map_err(fault)?;
    let heads = heads_of(&pages);
    let table = Table {
        rows: pages.known_rows(),
        complete: true,
        profiled: 0,
        heads,
    };
    Ok(Answered {
        question,
        job,
        out,
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

/// How a dataset's row says that its file is read.
pub(super) fn named(source: Source) -> Vec<NamedSource> {
    vec![NamedSource {
        name: "table".to_owned(),
        source,
    }]
}

/// The steps as a question.
pub(super) fn of_steps(steps: &[StepEntry]) -> Ask {
    Ask::Steps(steps.iter().filter(|entry| entry.enabled).cloned().collect())
}
