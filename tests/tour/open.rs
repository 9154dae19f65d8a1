//! Steps 1 and 2: the first look, and opening files of every kind in every way.

use std::io::Write as _;

use aloft_tests::driver::{like, named};
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};

use crate::guide::{Guide, copy};

/// Step 1: an empty workspace explains itself, and a sample is one press away.
pub(crate) fn welcome(guide: &Guide, window: &Window<'_>) -> Result<()> {
    guide.say("1. The window opens on an empty workspace")?;
    for name in [
        "Open sample",
        "Open file…",
        "Drop files here",
        "This workspace is empty",
    ] {
        window.find(&named(name).within_secs(30.0))?;
    }
    guide.picture("home-empty")?;
    guide.say("2. Open a sample: Palmer penguins")?;
    window.press(&named("Open sample"))?;
    window.press(&named("Palmer penguins"))?;
    penguins_are_shown(window)?;
    window.find(&like("^344 rows × 8 columns").within_secs(60.0))?;
    guide.picture("penguins")?;
    guide.say("   344 rows; the first is Adelie, Torgersen, 39.1")
}

/// The first row can be read.
fn penguins_are_shown(window: &Window<'_>) -> Result<()> {
    for cell in ["Adelie", "Torgersen", "39.1"] {
        window.find(&named(cell).within_secs(30.0))?;
    }
    Ok(())
}

/// Step 2: by dialog, by dropping, by path; TSV, JSON Lines, Parquet, Arrow IPC, and a semicolon CSV.
pub(crate) fn every_format(guide: &Guide, window: &Window<'_>) -> Result<()> {
    let files = guide.desktop.folder().join("my files");
    let mut copied = Vec::new();
    for ending in ["tsv", "jsonl", "parquet", "arrow"] {
        let name = format!("penguins.{ending}");
        copied.push(copy(&Guide::file(&name), &files.join(format!("field notes.{ending}")))?);
    }
    let wine = copy(
        &aloft_tests::program::sample("wine_quality.csv"),
        &files.join("wine quality.csv"),
    )?;

    guide.say("   by the dialog: a CSV with semicolons")?;
    guide.desktop.choose_files(&[wine])?;
    window.key("ctrl+o")?;
    window.find(&named("fixed acidity").within_secs(30.0))?;
    window.find(&named("1,599 rows × 12 columns").within_secs(60.0))?;
    ensure!(guide.desktop.chooser_titles()?.len() == 1, "the dialog was opened once");
    guide.picture("wine-by-dialog")?;

    guide.say("   by dropping: TSV and JSON Lines")?;
    for path in &copied[..2] {
        window.drop_files(std::slice::from_ref(path))?;
        let name = path
            .file_name()
            .context("a file has a name")?
            .to_string_lossy()
            .into_owned();
        window.find(&like(format!("^{name}")).within_secs(30.0))?;
        penguins_are_shown(window)?;
        window.find(&like("^344 rows × 8 columns").within_secs(60.0))?;
    }
    guide.picture("dropped")?;

    guide.say("   by their path: Parquet and Arrow IPC")?;
    for path in &copied[2..] {
        window.key("ctrl+1")?;
        window.fill(&named("Path of a file").role("entry"), &path.to_string_lossy())?;
        window.key("Return")?;
        penguins_are_shown(window)?;
        window.find(&like("^344 rows × 8 columns").within_secs(60.0))?;
    }
    guide.picture("by-path")?;
    guide.say("   every one has 344 rows and the same first row")
}

/// Step 2: a table of millions of rows, exactly, to its last row.
pub(crate) fn long_table(guide: &Guide, window: &Window<'_>) -> Result<()> {
    let rows: usize = if Guide::is_full() { 5_000_000 } else { 200_000 };
    let counted = if Guide::is_full() { "5,000,000" } else { "200,000" };
    guide.say(&format!("   a table of {counted} rows"))?;
    let path = guide.desktop.folder().join("long.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    writeln!(file, "name,square")?;
    for row in 0..rows {
        writeln!(file, "row-{row},{}", (row * row) % 1_000_003)?;
    }
    drop(file);
    window.key("ctrl+1")?;
    window.fill(&named("Path of a file").role("entry"), &path.to_string_lossy())?;
    window.key("Return")?;
    window.find(&named("row-0").within_secs(30.0))?;
    window.find(&named(format!("{counted} rows × 2 columns")).within_secs(300.0))?;
    window.click(&named("row-0"))?;
    window.key("ctrl+End")?;
    window.find(&named(format!("row-{}", rows - 1)).within_secs(30.0))?;
    guide.picture("long-table-end")?;
    window.key("Prior")?;
    window.key("Prior")?;
    window.gone(&named(format!("row-{}", rows - 1)))?;
    window.key("ctrl+Home")?;
    window.find(&named("row-0").within_secs(30.0))?;
    guide.say(&format!(
        "   its last row is row-{}, and the way back is exact",
        rows - 1
    ))
}
