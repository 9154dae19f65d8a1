//! Steps 3 to 5: what Aloft proposes and why, training, and what came out.

use aloft_base::job::State;
use aloft_tests::driver::{like, named};
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};

use crate::guide::Guide;

/// Step 3: the penguins, three targets, and what is proposed for each.
pub(crate) fn plan(guide: &Guide, window: &Window<'_>) -> Result<()> {
    guide.say("3. Choose a target: Aloft proposes the task, the split and a model")?;
    open_sample(window, "Palmer penguins", "344 rows × 8 columns")?;
    window.press(&named("Train on this…"))?;
    for (target, task) in [("body_mass_g", "regression"), ("sex", "binary"), ("species", "multi")] {
        choose_target(window, target)?;
        let section = window.find(&like(format!("^Target: {target}, .*(?i:{task})")).within_secs(30.0))?;
        let split = window.find(&like("^Split: ").within_secs(30.0))?;
        ensure!(
            split.name.contains("stratified") == (task != "regression"),
            "{target} is split as {:?}",
            split.name
        );
        guide.say(&format!("   {}; {}", section.name, split.name))?;
    }
    window.find(&named("What will happen"))?;
    guide.picture("plan")
}

/// Opens a sample from Home.
fn open_sample(window: &Window<'_>, title: &str, size: &str) -> Result<()> {
    window.key("ctrl+1")?;
    window.press(&named("Open sample"))?;
    window.press(&named(title))?;
    window.find(&named(size).within_secs(60.0))?;
    Ok(())
}

fn choose_target(window: &Window<'_>, column: &str) -> Result<()> {
    let combo = named("Column to predict").role("combo box");
    let section = like("^Target: ").within_secs(60.0);
    window.find(&section)?;
    // The section may be open already, or just opening.
    if window.find(&combo.clone().within_secs(2.0)).is_err() {
        window.press(&section)?;
    }
    // With the pointer, as a list that was opened by a click closes by one.
    window.click(&combo)?;
    window.click(&named(column).role("toggle button"))?;
    window.gone(&named(column).role("toggle button"))?;
    Ok(())
}

/// Step 4: a short training, live, to its result.
pub(crate) fn train_penguins(guide: &Guide, window: &Window<'_>) -> Result<String> {
    guide.say("4. Train on the penguins")?;
    train_to_the_end(guide, window)
}

/// Trains on the dataset that is open, and answers the run.
pub(crate) fn train_what_is_open(guide: &Guide, window: &Window<'_>, target: &str) -> Result<String> {
    window.press(&named("Train on this…"))?;
    choose_target(window, target)?;
    train_to_the_end(guide, window)
}

fn train_to_the_end(guide: &Guide, window: &Window<'_>) -> Result<String> {
    window.press(&named("Train").role("button"))?;
    window.find(&like("^Plot of Loss").within_secs(60.0))?;
    let run = guide.newest_run()?;
    Guide::until("the run ends", 300, || Ok(!guide.run(&run.id)?.state.is_active()))?;
    ensure!(
        guide.run(&run.id)?.state == State::Done,
        "the run is {:?}",
        guide.run(&run.id)?.state
    );
    Ok(run.id)
}

/// Step 4 goes on: a long training on the digits, paused, resumed and looked at.
pub(crate) fn pause_and_resume(guide: &Guide, window: &Window<'_>) -> Result<()> {
    let run = start_long(guide, window)?;
    Guide::until("the curve begins", 60, || Ok(guide.steps(&run)?.len() > 40))?;
    for control in ["Epoch", "Time", "Step"] {
        window.press(&named(control).role("radio button"))?;
    }
    window.press(&named("Log y"))?;
    guide.picture("live-log-axis")?;
    window.press(&named("Log y"))?;
    let plot = window.find(&like("^Plot of Loss"))?;
    let (x, y) = plot.centre().context("the plot has no place")?;
    window.hover_at(x, y)?;
    window.find(&like("^step [0-9,]+$").within_secs(20.0))?;
    guide.picture("live-hover")?;

    window.press(&named("Pause").role("button"))?;
    Guide::until("the run waits", 60, || Ok(guide.run(&run)?.state == State::Paused))?;
    window.find(&named("Resume").role("button").within_secs(20.0))?;
    let paused_at = guide.steps(&run)?.len();
    guide.picture("paused")?;
    ensure!(guide.steps(&run)?.len() == paused_at, "a paused run makes no points");
    window.press(&named("Resume").role("button"))?;
    Guide::until("the run goes on", 60, || Ok(guide.steps(&run)?.len() > paused_at))?;
    guide.say(&format!("   paused at {paused_at} points, and resumed"))?;
    window.press(&named("Stop").role("button"))?;
    Guide::until("the run stops", 60, || Ok(guide.run(&run)?.state == State::Stopped))?;
    window.find(&named("Resume").role("button").within_secs(20.0))?;
    guide.picture("stopped")?;
    guide.say("   stopped, with a checkpoint to resume from")
}

/// Starts a training on the digits that lasts long enough to be paused and killed, from a recipe file.
pub(crate) fn start_long(guide: &Guide, window: &Window<'_>) -> Result<String> {
    open_sample(window, "Handwritten digits", "1,797 rows × 65 columns")?;
    window.press(&named("Train on this…"))?;
    // The page remembers how it was left.
    window.press(&named("Controls").role("radio button").within_secs(60.0))?;
    window.find(&like("^Target: digit, ").within_secs(60.0))?;
    window.find(&like("^Left out: [0-9]+ columns"))?;
    window.press(&named("TOML").role("radio button"))?;
    let text = window
        .find(&named("Recipe as TOML").within_secs(20.0))?
        .text
        .context("the recipe has no text")?;
    let path = guide.desktop.folder().join("long.recipe.toml");
    std::fs::write(&path, longer(&text)?)?;
    window.fill(&named("Recipe file").role("entry"), &path.to_string_lossy())?;
    window.press(&named("Load"))?;
    window.find(&like("^Loaded from").within_secs(20.0))?;
    let before = guide.newest_run()?.id;
    window.press(&named("Train").role("button"))?;
    Guide::until("the run is written down", 30, || Ok(guide.newest_run()?.id != before))?;
    window.find(&named("Pause").role("button").within_secs(60.0))?;
    Ok(guide.newest_run()?.id)
}

/// The proposed recipe with a network, many epochs, no early end and a checkpoint each second.
fn longer(recipe: &str) -> Result<String> {
    let mut section = String::new();
    let mut lines = Vec::new();
    for line in recipe.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
            lines.push(line.to_owned());
            if section == "[model]" {
                lines.extend(
                    [
                        "kind = \"mlp\"",
                        "hidden = [64]",
                        "dropout = 0.1",
                        "activation = \"relu\"",
                    ]
                    .map(String::from),
                );
            }
            continue;
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        match (section.as_str(), key) {
            ("[model]", _) | (_, "early_stopping") => {}
            (_, "epochs") => lines.push(format!("epochs = {}", if Guide::is_full() { 3_000 } else { 600 })),
            (_, "checkpoint_secs") => lines.push("checkpoint_secs = 1.0".to_owned()),
            _ => lines.push(line.to_owned()),
        }
    }
    ensure!(
        lines.iter().any(|line| line.starts_with("epochs = ")),
        "the recipe has no epochs: {recipe}"
    );
    Ok(lines.join("\n") + "\n")
}

/// Step 5: the result, beside a trivial baseline, as the window shows it and as it is stored.
pub(crate) fn result(guide: &Guide, window: &Window<'_>, id: &str) -> Result<()> {
    let run = guide.run(id)?;
    let result = run.result.context("the run has no result")?;
    let metrics = &result["metrics"];
    let accuracy = metrics["test"]["accuracy"].as_f64().context("no test accuracy")?;
    let baseline = metrics["baseline"]["accuracy"].as_f64().context("no baseline")?;
    ensure!(
        accuracy > 0.9 && baseline < 0.6,
        "test accuracy {accuracy}, baseline {baseline}"
    );
    let shown = window.find(&like("^Test accuracy: ").within_secs(30.0))?;
    let number = shown
        .name
        .trim_start_matches("Test accuracy: ")
        .trim_end_matches(" %")
        .trim()
        .to_owned();
    let value: f64 = number
        .parse()
        .with_context(|| format!("{:?} is no number", shown.name))?;
    let value = if shown.name.contains('%') { value / 100.0 } else { value };
    ensure!(
        (value - accuracy).abs() < 0.006,
        "the window shows {value}, the result is {accuracy}"
    );
    guide.picture("done")?;
    guide.say(&format!(
        "5. Test accuracy {accuracy:.3}, baseline {baseline:.3}; the window shows {number}"
    ))?;

    window.press(&named("Open run"))?;
    for tab in ["Evaluation", "Recipe", "Log", "Curves"] {
        window.press(&named(tab).role("page tab"))?;
        guide.picture(&format!("run-{}", tab.to_lowercase()))?;
    }
    window.key("ctrl+5")?;
    window.press(&named(format!("Open run {}", run.name)))?;
    window.find(&named("Evaluation").role("page tab"))?;
    guide.say("   its evaluation, recipe and log open; it opens again from the list of runs")
}
