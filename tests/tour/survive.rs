//! Step 6: whatever is killed, nothing is lost.

use std::time::Instant;

use aloft_base::job;
use aloft_base::job::State;
use aloft_tests::driver::{like, named};
use aloft_tests::process;
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};

use crate::guide::Guide;
use crate::train::start_long;

/// Kill -9 of the window while it trains: the run goes on, and the window opened again follows it.
pub(crate) fn killed_window<'g>(guide: &'g Guide, window: Window<'g>) -> Result<Window<'g>> {
    guide.say("6. Train on, and kill -9 the window")?;
    let run = start_long(guide, &window)?;
    Guide::until("the curve begins", 60, || Ok(guide.steps(&run)?.len() > 20))?;
    guide.picture("before-kill")?;
    window.kill()?;
    let before = guide.steps(&run)?.len();
    Guide::until("the run goes on without its window", 60, || {
        Ok(guide.steps(&run)?.len() > before + 20)
    })?;
    ensure!(
        guide.run(&run)?.state == State::Running,
        "the run is {:?}",
        guide.run(&run)?.state
    );
    guide.say(&format!(
        "   the window is gone; the run went from {before} to {} points",
        guide.steps(&run)?.len()
    ))?;

    let window = guide.window()?;
    window.find(&named("Home").within_secs(30.0))?;
    // Home shows what is running; the newest run of this name stands first in the list.
    window.key("ctrl+5")?;
    window.press(&named(format!("Open run {}", guide.run(&run)?.name)).within_secs(20.0))?;
    window.find(&like("^Plot of Loss").within_secs(30.0))?;
    window.find(&named("Pause").role("button").within_secs(20.0))?;
    let shown = guide.steps(&run)?.len();
    Guide::until("the curve continues", 60, || Ok(guide.steps(&run)?.len() > shown + 20))?;
    guide.picture("after-reopen")?;
    guide.say("   opened again, it follows the run where it is")?;
    Ok(window)
}

/// Kill -9 of the child: the run is interrupted at once, and resumes from its last checkpoint.
pub(crate) fn killed_child(guide: &Guide, window: &Window<'_>) -> Result<()> {
    let run = guide.newest_run()?;
    guide.say("   kill -9 the process that trains")?;
    let workspace = guide.open_workspace()?;
    let job = job::get(&workspace, run.job.as_deref().context("the run has no job")?)?;
    let pid = job.pid.context("the job has no process")?;
    ensure!(process::is_alive(pid), "process {pid} does not live");
    ensure!(process::signal(pid, "KILL"), "process {pid} cannot be killed");
    let killed = Instant::now();
    window.find(&like("Interrupted").within_secs(15.0))?;
    guide.say(&format!(
        "   the window says so after {:.1} s",
        killed.elapsed().as_secs_f64()
    ))?;
    guide.picture("interrupted")?;

    window.press(&named("Resume").role("button"))?;
    Guide::until(
        "the run goes on",
        60,
        || Ok(guide.run(&run.id)?.state == State::Running),
    )?;
    window.find(&named("Pause").role("button").within_secs(20.0))?;
    guide.picture("resumed")?;
    let patience = if Guide::is_full() { 300 } else { 600 };
    Guide::until("the run ends", patience, || Ok(!guide.run(&run.id)?.state.is_active()))?;
    let ended = guide.run(&run.id)?;
    ensure!(
        ended.state == State::Done,
        "the run is {:?}: {:?}",
        ended.state,
        ended.error
    );
    let steps = guide.steps(&run.id)?;
    let expected: Vec<i64> = (1..=steps.len() as i64).collect();
    ensure!(steps == expected, "the curve has a gap or a step twice");
    window.find(&like("Done").within_secs(20.0))?;
    guide.picture("survived")?;
    guide.say(&format!(
        "   resumed and done: {} steps, none missing, none twice",
        steps.len()
    ))
}
