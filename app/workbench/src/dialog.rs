//! The desktop's file dialog: made on the main thread, awaited on another.

use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::command::data::ENDINGS;
use crate::outcome::Outcome;
use crate::work::Work;
use aloft_base::{ErrorKind, Report};

/// An answer that comes sooner than this was not given by a person.
const NO_PERSON: Duration = Duration::from_millis(400);

/// What a person is asked to choose for a dialog of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    UploadFiles,
    UploadFolder,
    /// Where downloads go.
    Folder,
}

/// What rfd answers when the dialog closes.
type Chosen = std::pin::Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>>;

/// Shows the dialog; what was chosen arrives as an outcome.
pub(crate) fn open_files(work: &Work, window: Option<&eframe::Frame>) {
    let dialog = dialog("Open data", window)
        .add_filter("Tables", &ENDINGS)
        .add_filter("All files", &["*"]);
    // On macOS a dialog must be made on the main thread; it may be awaited anywhere.
    show(work, Box::pin(dialog.pick_files()), Outcome::FilesPicked);
}

/// Shows a dialog for files or a folder; what was chosen arrives as an outcome.
pub(crate) fn pick(work: &Work, window: Option<&eframe::Frame>, pick: Pick) {
    let one = |chosen: Option<rfd::FileHandle>| chosen.map(|folder| vec![folder]);
    let chosen: Chosen = match pick {
        Pick::UploadFiles => Box::pin(dialog("Choose files to upload", window).pick_files()),
        Pick::UploadFolder => {
            let folder = dialog("Choose a folder to upload", window).pick_folder();
            Box::pin(async move { one(folder.await) })
        }
        Pick::Folder => {
            let folder = dialog("Choose a folder", window).pick_folder();
            Box::pin(async move { one(folder.await) })
        }
    };
    show(work, chosen, move |paths| Outcome::Picked { pick, paths });
}

fn dialog(title: &str, window: Option<&eframe::Frame>) -> rfd::AsyncFileDialog {
    let dialog = rfd::AsyncFileDialog::new().set_title(title);
    match window {
        Some(window) => dialog.set_parent(window),
        None => dialog,
    }
}

/// Waits for the answer on a thread of its own.
fn show(work: &Work, chosen: Chosen, outcome: impl FnOnce(Vec<PathBuf>) -> Outcome + Send + 'static) {
    let outcomes = work.outcomes();
    let started = std::thread::Builder::new().name("file-dialog".into()).spawn(move || {
        let asked = Instant::now();
        let files = pollster::block_on(chosen).unwrap_or_default();
        if files.is_empty() && asked.elapsed() < NO_PERSON && !has_zenity() {
            // With neither a portal nor zenity, rfd answers at once as if the person had cancelled.
            outcomes.send(Outcome::DialogMissing);
        } else {
            outcomes.send(outcome(files.into_iter().map(|file| file.path().to_owned()).collect()));
        }
    });
    if let Err(error) = started {
        let report = Report::new(
            ErrorKind::of_io(&error),
            error.to_string(),
            "Drop the file on the window instead.",
        );
        work.outcomes().send(Outcome::Failed {
            what: "Could not show a file dialog".into(),
            report,
        });
    }
}

/// Whether `zenity`, the dialog used where there is no portal, is installed. Only Linux needs it.
fn has_zenity() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    std::env::var_os("PATH")
        .is_some_and(|paths| std::env::split_paths(&paths).any(|folder| folder.join("zenity").is_file()))
}
