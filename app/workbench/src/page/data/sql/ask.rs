//! What the console has workers do: a plan, and the questions asked before.

use std::path::PathBuf;

use aloft_base::{Report, Workspace};
use aloft_data::{Cached, Flow, NamedSource, Query, plan as plan_of};

use crate::work::Answer;

/// How many questions are remembered.
const MOST_KEPT: usize = 100;

/// How a question would be answered. Called on a worker.
pub(super) fn plan(workspace: &Workspace, tables: Vec<NamedSource>, sql: String) -> Answer<String> {
    let fault = |error: aloft_data::DataError| Report::of(&error);
    let mut named = Vec::with_capacity(tables.len());
    for NamedSource { name, source } in tables {
        let cache = workspace.dataset_cache(&source.key().map_err(fault)?);
        named.push((name, Cached { source, cache }));
    }
    plan_of(&Query { tables: named, sql }, &mut |_| Flow::Continue).map_err(fault)
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.folder().join("questions.json")
}

/// What was asked before, newest first. Called on a worker.
pub(super) fn history(workspace: &Workspace) -> Answer<Vec<String>> {
    let path = path(workspace);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = aloft_base::fs::read_text(&path).map_err(|error| Report::of(&error))?;
    // A damaged list of old questions is worth no more than an empty one.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Remembers a question. Called on a worker.
pub(super) fn keep(workspace: &Workspace, sql: &str) -> Answer<Vec<String>> {
    let mut kept = history(workspace)?;
    kept.retain(|known| known != sql);
    kept.insert(0, sql.to_owned());
    kept.truncate(MOST_KEPT);
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    aloft_base::fs::write_atomic(&path(workspace), &text).map_err(|error| Report::of(&error))?;
    Ok(kept)
}
