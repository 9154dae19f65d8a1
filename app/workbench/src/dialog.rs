//! The desktop's file dialog: made on the main thread, awaited on another.

use std::time::{Duration, Instant};

use crate::command::data::ENDINGS;
use crate::outcome::Outcome;
use crate::work::Work;
use aloft_base::{ErrorKind, Report};

/// An answer that comes sooner than this was not given by a person.
const NO_PERSON: Duration = Duration::from_millis(400);

/// Shows the dialog; what was chosen arrives as an outcome.
pub(crate) fn open_files(work: &Work, window: Option<&eframe::Frame>) {
    let mut dialog = rfd::AsyncFileDialog::new()
        .set_title("Open data")
        .add_filter("Tables", &ENDINGS)
        .add_filter("All files", &["*"]);
    if let Some(window) = window {
        dialog = dialog.set_parent(window);
    }
    // On macOS a dialog must be made on the main thread; it may be awaited anywhere.
    let chosen = dialog.pick_files();
    let outcomes = work.outcomes();
    let started = std::thread::Builder::new().name("file-dialog".into()).spawn(move || {
        let asked = Instant::now();
        let files = pollster::block_on(chosen).unwrap_or_default();
        if !files.is_empty() {
            outcomes.send(Outcome::FilesPicked(
                files.into_iter().map(|file| file.path().to_owned()).collect(),
            ));
        } else if asked.elapsed() < NO_PERSON && !has_zenity() {
            // With neither a portal nor zenity, rfd answers at once as if the person had cancelled.
            outcomes.send(Outcome::DialogMissing);
        } else {
            outcomes.send(Outcome::FilesPicked(Vec::new()));
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
