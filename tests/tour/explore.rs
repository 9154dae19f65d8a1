//! Step 11: find a leak, mend it, filter by dragging over a histogram, ask in SQL, train on the result.

use std::io::Write as _;
use std::time::Duration;

use aloft_base::random::Generator;
use aloft_tests::driver::{like, named};
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};

use crate::guide::Guide;
use crate::train::train_what_is_open;

/// Loans, of which a column says afterwards what is to be predicted.
const ROWS: usize = 2000;

/// Writes the table with the planted leak: `recovered` is there only when the loan was not paid back.
fn write_loans(path: &std::path::Path) -> Result<()> {
    let mut random = Generator::new(9);
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "income,years,purpose,recovered,defaulted")?;
    for _ in 0..ROWS {
        let income = 20 + random.below(80);
        let years = random.below(30);
        let purpose = ["car", "house", "school"][random.below(3) as usize];
        let defaulted = random.uniform() < 0.5 - income as f64 / 250.0;
        let recovered = if defaulted {
            random.below(9000).to_string()
        } else {
            String::new()
        };
        let word = if defaulted { "yes" } else { "no" };
        writeln!(file, "{income},{years},{purpose},{recovered},{word}")?;
    }
    Ok(file.flush()?)
}

pub(crate) fn explore(guide: &Guide, window: &Window<'_>) -> Result<()> {
    guide.say("11. Explore a table with a planted leak")?;
    let path = guide.desktop.folder().join("my files").join("loans.csv");
    std::fs::create_dir_all(guide.desktop.folder().join("my files"))?;
    write_loans(&path)?;
    window.key("ctrl+1")?;
    window.fill(&named("Path of a file").role("entry"), &path.to_string_lossy())?;
    window.key("Return")?;
    window.find(&named("2,000 rows × 5 columns").within_secs(60.0))?;

    guide.say("   find it: name the column to predict")?;
    window.press(&like("^Findings").role("button").within_secs(30.0))?;
    window.click(&named("Column to predict").role("combo box").within_secs(30.0))?;
    window.press(&named("defaulted").role("toggle button").within_secs(30.0))?;
    let mend = like("^Mend finding [0-9]+: Drop recovered").role("button");
    window.find(&mend.clone().within_secs(60.0))?;
    guide.picture("leak-found")?;
    window.press(&mend)?;
    window.gone(&named("recovered").role("column header").within_secs(30.0))?;
    window.press(&named("Close panel").role("button"))?;

    guide.say("   filter by dragging over a histogram")?;
    window.gone(&named("Profiling the rows").within_secs(30.0))?;
    let head = window.find(&named("income").role("column header").within_secs(30.0))?;
    let (middle, bottom) = head.centre().context("the column has a place")?;
    // The right half of its histogram, which stands in the lower half of the card.
    let y = (bottom + 20).to_string();
    guide.desktop.xdotool(&["mousemove", &middle.to_string(), &y])?;
    // As a hand does it, which the window sees in several frames.
    let pause = || std::thread::sleep(Duration::from_millis(150));
    pause();
    guide.desktop.xdotool(&["mousedown", "1"])?;
    pause();
    for right in [25, 50] {
        guide
            .desktop
            .xdotool(&["mousemove", &(middle + right).to_string(), &y])?;
        pause();
    }
    guide.desktop.xdotool(&["mouseup", "1"])?;
    window.find(&like("^Step 2: Keep rows where income >=").within_secs(30.0))?;
    window.find(&like("of 2,000 rows$").within_secs(60.0))?;
    guide.picture("filtered-by-dragging")?;

    guide.say("   ask in SQL")?;
    window.press(&named("SQL").role("button"))?;
    window.fill(
        &named("SQL").role("entry"),
        "select purpose, count(*) as loans from loans group by purpose order by purpose",
    )?;
    window.press(&named("Run").role("button"))?;
    window.find(&like("^3 rows in").within_secs(60.0))?;
    for purpose in ["car", "house", "school"] {
        window.find(&named(purpose).within_secs(30.0))?;
    }
    guide.picture("sql")?;
    window.press(&named("Close SQL").role("button"))?;

    guide.say("   and train on what the steps leave")?;
    let run = guide.run(&train_what_is_open(guide, window, "defaulted")?)?;
    ensure!(
        // The leak is named by the step that drops it and nowhere else.
        run.recipe.contains("[[data.steps]]") && run.recipe.matches("recovered").count() == 1,
        "the recipe does not have the steps: {}",
        run.recipe
    );
    ensure!(
        std::fs::read_to_string(&path)?.starts_with("income,years,purpose,recovered,defaulted\n"),
        "the file was touched"
    );
    guide.say("   the leak is not in the recipe, and the file is as it was")
}
