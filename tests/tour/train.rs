//! Steps 3 to 5: what Aloft proposes, training, and what came out.

use aloft_base::job::State;
use aloft_tests::driver::{like, named};
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};

use crate::guide::Guide;

/// Step 3 and 4: a target on the penguins, the proposal and its reasons, and the start.
pub(crate) fn plan_and_start(guide: &Guide, window: &Window<'_>) -> Result<String> {
    guide.say("3. Choose a target: species of the penguins")?;
    window.key("ctrl+1")?;
    window.press(&named("Open sample"))?;
    window.press(&named("Handwritten digits"))?;
    window.find(&like("^1,797 rows").within_secs(60.0))?;
    window.key("ctrl+3")?;
    window.find(&named("Train").role("button").within_secs(30.0))?;
    guide.picture("plan")?;
    start_long(guide, window)
}

/// Starts a training on the digits that lasts long enough to be paused and killed.
pub(crate) fn start_long(_guide: &Guide, _window: &Window<'_>) -> Result<String> {
    anyhow::bail!("the pages are being written")
}

pub(crate) fn pause_and_resume(guide: &Guide, window: &Window<'_>, run: &str) -> Result<()> {
    Guide::until("the curve begins", 60, || Ok(guide.steps(run)?.len() > 10))?;
    guide.picture("training")?;
    window.press(&named("Pause").role("button"))?;
    Guide::until("the run waits", 30, || Ok(guide.run(run)?.state == State::Paused))?;
    window.find(&like("Paused"))?;
    guide.picture("paused")?;
    window.press(&named("Resume").role("button"))?;
    Guide::until("the run goes on", 30, || Ok(guide.run(run)?.state == State::Running))?;
    guide.say("   paused, and resumed")
}

/// Step 5: the result, beside a trivial baseline.
pub(crate) fn result(guide: &Guide, window: &Window<'_>, run: &str) -> Result<()> {
    Guide::until("the run ends", 600, || Ok(!guide.run(run)?.state.is_active()))?;
    let ended = guide.run(run)?;
    ensure!(ended.state == State::Done, "the run is {:?}", ended.state);
    let result = ended.result.context("the run has no result")?;
    let accuracy = result["metrics"]["test"]["accuracy"]
        .as_f64()
        .context("no test accuracy")?;
    window.find(&like("accuracy"))?;
    guide.say(&format!("5. Test accuracy {accuracy:.3}"))
}
