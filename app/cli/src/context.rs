//! What every verb works with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aloft_base::dataset::{self, Dataset};
use aloft_base::job::Progress;
use aloft_base::run::{self, Run};
use aloft_base::{ErrorKind, Report, Workspace, env, job, remote};
use aloft_data::{BringProgress, Detected, Flow, Source, is_url};
use anyhow::Result;

use crate::failure::refuse;
use crate::output::Output;
use crate::signal::Stop;
use crate::text::bytes;

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
        remote::install(Arc::new(aloft_cloud::Buckets::new(workspace.folder())));
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

    /// Finds out what a file or an address is and remembers it as a dataset. What has to be
    /// brought here first is, with its progress.
    pub(crate) fn open_file(&mut self, file: &Path, connection: Option<&str>) -> Result<(Detected, Dataset)> {
        let (output, stop) = (&mut *self.output, &self.stop);
        let detected = aloft_data::detect_anywhere(&absolute(file), connection, &mut |progress| {
            output.progress(&coming(progress));
            if stop.is_asked() { Flow::Stop } else { Flow::Continue }
        })?;
        let said = dataset::said_reading(&self.workspace, &detected.source.place())?;
        let detected = detected.as_said(said);
        let source = &detected.source;
        let key = source.key()?;
        let row = dataset::open(&self.workspace, &source.place(), &serde_json::to_value(source)?, &key)?;
        Ok((detected, row))
    }
}

/// How a file or an address is to be read; a path is made absolute.
pub(crate) fn detect(file: &Path) -> Result<Source> {
    let detected = aloft_data::detect_anywhere(&absolute(file), None, &mut |_| Flow::Continue)?;
    Ok(detected.source)
}

/// A path from the root on; an address stays what it is.
pub(crate) fn absolute(file: &Path) -> PathBuf {
    if file.to_str().is_some_and(is_url) {
        return file.to_owned();
    }
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// How far an object is on its way here.
pub(crate) fn coming(progress: BringProgress) -> Progress {
    Progress {
        fraction: Some(progress.bytes as f64 / progress.total_bytes.max(1) as f64),
        what: format!(
            "Bringing {} of {} here",
            bytes(progress.bytes),
            bytes(progress.total_bytes)
        ),
        ..Progress::default()
    }
}
