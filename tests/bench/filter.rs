//! How long from the press on a value to its rows on the screen?

use aloft_base::{Workspace, dataset};
use aloft_workbench::command::DataCommand;
use aloft_workbench::route::Route;
use anyhow::{Context as _, Result};

use crate::SAMPLES;
use crate::data::{cities, csv_of, row_name};
use crate::figures::{Figures, Peer, Samples};
use crate::screen::Screen;

/// Rows, and seconds that their rows may take.
const TABLES: [(usize, f64); 2] = [(1_000_000, 0.15), (10_000_000, 0.5)];

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    for (rows, bar) in TABLES {
        let file = csv_of(rows)?;
        let folder = tempfile::tempdir()?;
        let mut screen = Screen::open(folder.path(), Route::Data { dataset: None })?;
        screen.settle("No dataset is open")?;
        screen.app.send(DataCommand::OpenPaths(vec![file]));
        screen.settle(&row_name(0))?;
        screen.context.enable_accesskit();
        ready(&mut screen, folder.path())?;
        screen.press("city")?;
        let mut seconds = Vec::new();
        // Another city each time: an answer that is kept already would be no measure.
        for city in cities().iter().take(SAMPLES) {
            screen.press(&format!("Only {city}"))?;
            let is_other = |label: &String| cities().iter().any(|other| other != city && other == label);
            seconds.push(screen.until(city, |labels| {
                // The rows of the answer, be they the first or all of them.
                let is_answer = |label: &String| label.starts_with("First ") || label.contains(" of ");
                let is_counted = labels.iter().any(|label| is_answer(label) && label.ends_with(" rows"));
                let has_rows = labels.iter().any(|label| label == city);
                is_counted && has_rows && !labels.iter().any(is_other)
            })?);
            screen.press("Undo step")?;
            screen.until("the file", |labels| labels.iter().any(|label| *label == row_name(0)))?;
        }
        figures.add(
            &format!("filter {rows} rows of CSV by a press: its first rows on screen"),
            "s",
            &Samples::on_all_cores(seconds),
            &Peer::Bar(bar),
        )?;
    }
    Ok(())
}

/// Frames until the table is profiled and no job is left.
fn ready(screen: &mut Screen, folder: &std::path::Path) -> Result<()> {
    let workspace = Workspace::open(folder)?;
    loop {
        screen.frame(Vec::new());
        let opened = dataset::recent(&workspace, 1)?;
        let is_profiled = opened.first().context("nothing was opened")?.columns.is_some();
        if is_profiled && aloft_base::job::active(&workspace)?.is_empty() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
