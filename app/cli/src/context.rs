//! What every verb works with.

use std::path::Path;

use aloft_base::dataset::{self, Dataset};
use aloft_base::run::{self, Run};
use aloft_base::{ErrorKind, Report, Workspace, env, job};
use aloft_data::Source;
use anyhow::Result;

use crate::failure::refuse;
use crate::output::Output;
use crate::signal::Stop;

/// The runs that are looked through for a name.
const RUNS: usize = 100_000;

pub(crate) struct Context<'a> {
    pub(crate) workspace: Workspace,
    pub(crate) output: &'a mut Output,
    pub(crate) stop: Stop,
}

impl<'a> Context<'a> {
    /// Opens the workspace and marks the jobs whose process is gone.
    pub(crate) fn open(folder: Option<&Path>, output: &'a mut Output, stop: Stop) -> Result<Self> {
        let folder = folder.map_or_else(env::default_workspace, Path::to_owned);
        let workspace = Workspace::open(folder)?;
        job::mark_interrupted(&workspace)?;
        Ok(Self {
            workspace,
            output,
            stop,
        })
    }

    /// The run with this id, or the newest one with this name.
    pub(crate) fn run(&self, wanted: &str) -> Result<Run> {
        match run::get(&self.workspace, wanted) {
            Err(aloft_base::Error::Missing { .. }) => {}
            found => return Ok(found?),
        }
        let runs = run::list(&self.workspace, RUNS)?;
        let newest = runs.first().map(|run| run.id.clone());
        if let Some(run) = runs.into_iter().find(|run| run.name == wanted) {
            return Ok(run);
        }
        let hint = match newest {
            Some(id) => format!("List them with: aloft runs list. The newest is {id}."),
            None => "It has no runs yet: start one with aloft train, or name another with --workspace.".to_owned(),
        };
        let message = format!(
            "There is no run '{wanted}' in the workspace {}",
            self.workspace.folder().display()
        );
        refuse(Report::new(ErrorKind::NotFound, message, hint))
    }

    /// Every run, newest first.
    pub(crate) fn runs(&self) -> Result<Vec<Run>> {
        Ok(run::list(&self.workspace, RUNS)?)
    }

    /// Finds out what a file is and remembers it as a dataset.
    pub(crate) fn open_file(&self, file: &Path) -> Result<(Source, Dataset)> {
        let source = detect(file)?;
        let key = source.key()?;
        let row = dataset::open(&self.workspace, &source.path, &serde_json::to_value(&source)?, &key)?;
        Ok((source, row))
    }
}

/// How a file is to be read; its path is made absolute.
pub(crate) fn detect(file: &Path) -> Result<Source> {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    Ok(aloft_data::detect(&path)?.source)
}
