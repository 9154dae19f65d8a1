//! Rows that leave the workspace: into a file, or into a bucket by way of a transfer.

use std::path::Path;

use aloft_base::dataset;
use aloft_base::job;
use aloft_base::{Report, Workspace};
use aloft_cloud::transfer::{Order, Place, Verb};
use aloft_data::{Ask, Format, NamedSource, Output, QueryOrder};

use crate::command::start_job::start_job;
use crate::work::{Ticket, await_question, start_question};

/// Has a child write what the steps of a dataset leave, and waits for it.
pub(super) fn export(workspace: &Workspace, id: &str, out: &Path, partition_by: Vec<String>) -> Result<(), Report> {
    let fault = |error: aloft_base::Error| Report::of(&error);
    let row = dataset::get(workspace, id).map_err(fault)?;
    let damaged = |error: serde_json::Error| Report::new(aloft_base::ErrorKind::Corrupt, error.to_string(), "");
    let source = serde_json::from_value(row.source).map_err(damaged)?;
    let format = if partition_by.is_empty() {
        Output::of_path(out).map_err(|error| Report::of(&error))?.format
    } else {
        Format::Parquet
    };
    let steps = Ask::Steps(serde_json::from_value(row.steps).map_err(damaged)?);
    let path = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let order = QueryOrder {
        format,
        partition_by,
        scratch: false,
        ..QueryOrder::scratch(vec![NamedSource::table(source)], steps, path)
    };
    let ticket = Ticket::default();
    // The file that is there may be an older one: what counts is that the job ends.
    let job = start_question(workspace, &order, id, &ticket)?;
    await_question(workspace, &job, &ticket)
}

/// Has a child write what the steps of a dataset leave, and a transfer move it into a bucket. The
/// transfer can be resumed: what it moves waits in the workspace until it is there.
pub(super) fn deliver(
    workspace: &Workspace,
    id: &str,
    name: &Path,
    partition_by: Vec<String>,
    target: Place,
) -> Result<(), Report> {
    let fault = |error: aloft_base::Error| Report::of(&error);
    let outgoing = workspace.folder().join("outgoing");
    // Folders whose files are there by now; one that holds something cannot be removed so.
    for old in std::fs::read_dir(&outgoing).into_iter().flatten().flatten() {
        drop(std::fs::remove_dir(old.path()));
    }
    let folder = outgoing.join(aloft_base::id::new('o'));
    aloft_base::fs::create_folder(&folder).map_err(fault)?;
    let waiting = folder.join(name.file_name().unwrap_or(name.as_os_str()));
    let is_folder = !partition_by.is_empty();
    export(workspace, id, &waiting, partition_by)?;
    let order = Order {
        verb: Verb::Move,
        sources: vec![Place::File(waiting)],
        target: Some(target),
        recursive: is_folder,
        ..Order::default()
    };
    let title = name.display().to_string();
    let job = job::create(workspace, job::Kind::Transfer, &title, &order.to_json()).map_err(fault)?;
    start_job(workspace, &job).map_err(fault)
}
