//! What came of work that a command started; drained in `logic`.

use std::path::PathBuf;

use aloft_base::Report;
use aloft_base::change::Watcher;
use aloft_base::dataset::Dataset;
use aloft_base::endpoint::Endpoint;
use aloft_base::endpoint::token::Token;
use aloft_base::run::Run;
use aloft_base::workspace::Journal;

use crate::command::Command;
use crate::dialog::Pick;
use crate::library::{Delta, ModelRow};

/// One finished piece of work.
#[derive(Debug)]
pub enum Outcome {
    /// The workspace was opened, or could not be.
    Workspace(Result<(Journal, Watcher), Report>),
    /// Rows were read anew.
    Library(Result<Delta, Report>),
    /// A file was opened as a dataset. `unprofiled` says why its columns cannot be profiled, if so.
    DatasetOpened {
        dataset: Box<Dataset>,
        unprofiled: Option<Report>,
        /// Whether it was opened to train on it.
        then_train: bool,
    },
    /// A run was written down and its job started.
    RunStarted(Box<Run>),
    /// A version was registered or imported.
    ModelRegistered { row: Box<ModelRow>, number: u32 },
    /// An endpoint was made and, when it is ours, started. The token is told this once.
    EndpointMade {
        endpoint: Box<Endpoint>,
        token: Option<Token>,
        /// Why its process could not be started, if so.
        unstarted: Option<Report>,
    },
    /// Another token was made for the endpoint with this name.
    TokenMade { name: String, token: Token },
    /// It was done, and this is to be said. `undo` takes it back.
    Said {
        title: String,
        text: String,
        undo: Option<Box<Command>>,
    },
    /// A person chose files in a dialog.
    FilesPicked(Vec<PathBuf>),
    /// A person chose files or a folder for a dialog of the window.
    Picked { pick: Pick, paths: Vec<PathBuf> },
    /// Connected storage is not as it was: lists of it are read anew.
    StorageChanged,
    /// No file dialog can be shown on this desktop.
    DialogMissing,
    /// It was done, and what it changed is seen anyway.
    Done,
    /// It failed: what was to be done, and why not.
    Failed { what: String, report: Report },
}
