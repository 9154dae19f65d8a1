//! What the console has workers do: a plan, and the questions that were asked and saved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aloft_base::{ErrorKind, Report, Workspace};
use aloft_data::{Cached, Flow, NamedSource, Query, plan as plan_of};

use serde::{Deserialize, Serialize};

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

/// The questions of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Questions {
    /// Those that were asked, newest first.
    pub(super) asked: Vec<String>,
    /// Those that a person gave a name, by name.
    pub(super) saved: BTreeMap<String, String>,
}

/// What was asked and what was saved. Called on a worker.
pub(super) fn questions(workspace: &Workspace) -> Answer<Questions> {
    let path = path(workspace);
    if !path.is_file() {
        return Ok(Questions::default());
    }
    let text = aloft_base::fs::read_text(&path).map_err(|error| Report::of(&error))?;
    if let Ok(asked) = serde_json::from_str::<Vec<String>>(&text) {
        // As it was written before questions could be saved.
        return Ok(Questions {
            asked,
            ..Questions::default()
        });
    }
    serde_json::from_str(&text).map_err(|error| {
        let message = format!("The questions in {} cannot be read: {error}", path.display());
        let hint = "Mend the file, or move it away to begin with none.";
        Report::new(ErrorKind::Corrupt, message, hint)
    })
}

/// What is to become of the questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It was asked.
    Asked(String),
    /// It is to be found by a name; one of the same name is replaced.
    Save {
        name: String,
        sql: String,
    },
    Forget {
        name: String,
    },
}

/// Changes the questions and keeps them. Called on a worker.
pub(super) fn keep(workspace: &Workspace, change: Change) -> Answer<Questions> {
    let mut kept = questions(workspace)?;
    match change {
        Change::Asked(sql) => {
            kept.asked.retain(|known| *known != sql);
            kept.asked.insert(0, sql);
            kept.asked.truncate(MOST_KEPT);
        }
        Change::Save { name, sql } => {
            kept.saved.insert(name, sql);
        }
        Change::Forget { name } => {
            kept.saved.remove(&name);
        }
    }
    let path = path(workspace);
    let text = serde_json::to_vec_pretty(&kept).map_err(|error| {
        let message = format!("The questions cannot be written to {}: {error}", path.display());
        Report::new(ErrorKind::Internal, message, "Please report this.")
    })?;
    aloft_base::fs::write_atomic(&path, &text).map_err(|error| Report::of(&error))?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_remembered_and_saved_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        std::fs::write(path(&workspace), r#"["SELECT 1"]"#).unwrap();
        keep(&workspace, Change::Asked("SELECT 2".to_owned())).unwrap();
        let save = |name: &str, sql: &str| Change::Save {
            name: name.to_owned(),
            sql: sql.to_owned(),
        };
        keep(&workspace, save("one", "SELECT 1")).unwrap();
        keep(&workspace, save("two", "SELECT 3")).unwrap();
        keep(&workspace, save("two", "SELECT 2")).unwrap();
        let name = "one".to_owned();
        let kept = keep(&workspace, Change::Forget { name }).unwrap();
        assert_eq!(kept.asked, ["SELECT 2", "SELECT 1"]);
        assert_eq!(
            kept.saved.into_iter().collect::<Vec<_>>(),
            [("two".to_owned(), "SELECT 2".to_owned())]
        );

        std::fs::write(path(&workspace), "{").unwrap();
        let error = keep(&workspace, Change::Asked("SELECT 4".to_owned())).unwrap_err();
        assert!(error.message.contains("questions.json"), "{error:?}");
        let text = std::fs::read_to_string(path(&workspace)).unwrap();
        assert_eq!(text, "{", "what cannot be read is not replaced");
    }
}
