//! Steps 7 and 8: the run becomes the champion, serves, is replaced under load, rolled back, and
//! survives a kill.

use aloft_base::endpoint::{self, health, token};
use aloft_base::registry::{self, Selector};
use aloft_tests::driver::{like, named};
use aloft_tests::process;
use aloft_tests::serving::{Connection, Load};
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::guide::Guide;

const MODEL: &str = "penguins";

/// Step 7: the penguins' run becomes `penguins@champion`.
pub(crate) fn register(guide: &Guide, window: &Window<'_>, run: &str) -> Result<()> {
    guide.say("7. Register the run as penguins@champion")?;
    register_run(guide, window, run, true)?;
    guide.picture("register")?;
    window.press(&named("Register").role("button"))?;
    window.find(&like("champion → 1").within_secs(30.0))?;
    window.find(&named("Show version 1").within_secs(20.0))?;
    guide.picture("model")?;
    ensure!(number_of(guide)? == 1, "the champion is not version 1");
    let version = registry::get(&guide.open_workspace()?, MODEL, 1)?;
    let digest = aloft_train::verify(&guide.open_workspace()?.version_folder(&version.id))?;
    ensure!(digest == version.digest, "the files are not those that were registered");
    guide.say(&format!("   version 1, {} bytes, checked", version.bytes))
}

/// Opens the dialog on the run's page, and names the model.
fn register_run(guide: &Guide, window: &Window<'_>, run: &str, champion: bool) -> Result<()> {
    let name = guide.run(run)?.name;
    window.key("ctrl+5")?;
    // The page of a run may still be in front; else there is nothing to press.
    let _list_is_in_front = window.press(&named("All runs").within_secs(1.0)).is_err();
    window.press(&named(format!("Open run {name}")).within_secs(20.0))?;
    window.press(&named("Register model…").within_secs(20.0))?;
    window.find(&named("Name of the model").within_secs(20.0))?;
    window.fill(&named("Name of the model").role("entry"), MODEL)?;
    window.fill(
        &named("Alias of the version").role("entry"),
        if champion { "champion" } else { "challenger" },
    )
}

/// Step 8: it is served, asked by the form, and its light and its figures move.
pub(crate) fn serve(guide: &Guide, window: &Window<'_>) -> Result<()> {
    guide.say("8. Serve it, and send a test request")?;
    window.press(&named("Serve").role("button"))?;
    window.find(&named("Name of the endpoint").within_secs(20.0))?;
    guide.picture("new-endpoint")?;
    window.press(&named("Start endpoint").role("button"))?;
    window.find(&like("^aloft_[0-9a-f]{48}$").within_secs(30.0))?;
    window.press(&named("Done").role("button"))?;
    window.find(&named("Health: healthy").within_secs(60.0))?;
    window.press(&named("Test").role("page tab"))?;
    window.press(&named("Send").role("button"))?;
    window.find(&like("^Status 200$").within_secs(30.0))?;
    let answer = window.find(&like("prediction").within_secs(20.0))?;
    ensure!(answer.name.contains("probabilities"), "the answer is {:?}", answer.name);
    guide.picture("test-request")?;
    window.press(&named("Live").role("page tab"))?;
    guide.say("   healthy; the test form was answered with 200")
}

/// Step 8 goes on: a second version, promoted and rolled back while requests run.
pub(crate) fn promote_under_load(guide: &Guide, window: &Window<'_>, run: &str) -> Result<()> {
    register_run(guide, window, run, false)?;
    window.press(&named("Register").role("button"))?;
    window.find(&like("challenger → 2").within_secs(30.0))?;
    let row = endpoint_row(guide)?;
    let workspace = guide.open_workspace()?;
    let token = token::make(&workspace, &row.id, "tour")?;
    let status = row.status.context("it does not serve")?;
    let rows = registry::get(&workspace, MODEL, 1)?.facts["example"]["rows"].clone();
    let body = json!({ "rows": rows });
    Guide::until("the endpoint takes the token", 20, || {
        let mut connection = Connection::open(status.port)?;
        let answer = connection.ask("POST", "/predict", token.reveal(), body.to_string().as_bytes())?;
        Ok(answer.status == 200)
    })?;
    let load = Load::on(status.port, token.reveal(), 4, &body)?;

    window.press(&named("Promote…").role("button").within_secs(20.0))?;
    let verdict = window.find(&like("^(The new model is|There is no) ").within_secs(60.0))?;
    guide.say(&format!("   {}", verdict.name))?;
    Guide::until("the two were compared", 60, || {
        let button = window.find(&named("Promote to champion").role("button"))?;
        Ok(button.has("enabled") || button.has("sensitive"))
    })?;
    guide.picture("promote")?;
    window.press(&named("Promote to champion").role("button"))?;
    window.find(&like("champion → 2").within_secs(30.0))?;
    served(guide, 2)?;
    window.key("ctrl+7")?;
    // The page of the endpoint is still in front.
    window.find(&named("Stop endpoint").within_secs(20.0))?;
    window.find(&like("^version 2$").within_secs(20.0))?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    guide.picture("endpoint-live")?;
    window.press(&named("Roll back").role("button"))?;
    window.find(&like("^version 1$").within_secs(30.0))?;
    served(guide, 1)?;
    let (answered, failed) = load.end()?;
    ensure!(failed == 0, "{failed} of {answered} requests failed");
    ensure!(number_of(guide)? == 1, "the champion was not rolled back");
    guide.say(&format!(
        "   promoted and rolled back while {answered} requests ran; none failed"
    ))
}

/// Step 8 ends: the endpoint is killed, and the page says so; it is started again.
pub(crate) fn killed(guide: &Guide, window: &Window<'_>) -> Result<()> {
    let pid = endpoint_row(guide)?.status.context("it does not serve")?.pid;
    ensure!(process::signal(pid, "KILL"), "there is no process {pid}");
    Guide::until("it is started again", 60, || {
        let row = endpoint_row(guide)?;
        Ok(row.is_active() && row.status.is_some_and(|status| status.pid != pid))
    })?;
    window.find(&named("Health: healthy").within_secs(60.0))?;
    // It is up again within a moment, so what the page noticed is read in its history.
    window.press(&named("Health history").role("page tab"))?;
    window.find(&like("(?i)down.*process is gone").within_secs(30.0))?;
    guide.picture("endpoint-killed")?;
    let changes = health::history(&guide.open_workspace()?, &endpoint_row(guide)?.id, 20)?;
    ensure!(
        changes.iter().any(|change| change.after == health::State::Down),
        "the history does not say that it was down"
    );
    window.press(&named("Stop endpoint").role("button"))?;
    Guide::until("it stops", 30, || Ok(!endpoint_row(guide)?.is_active()))?;
    guide.say("   killed: the page said so, and it was started again; then stopped")
}

fn endpoint_row(guide: &Guide) -> Result<endpoint::Endpoint> {
    endpoint::find(&guide.open_workspace()?, MODEL)?.context("there is no endpoint")
}

fn number_of(guide: &Guide) -> Result<u32> {
    let champion = Selector::Alias("champion".to_owned());
    Ok(registry::resolve(&guide.open_workspace()?, MODEL, &champion)?.number)
}

/// Waits until the process serves this version.
fn served(guide: &Guide, number: u32) -> Result<()> {
    Guide::until("the endpoint follows its alias", 30, || {
        let status = endpoint_row(guide)?.status;
        let versions = status.map(|status| status.versions).unwrap_or_default();
        Ok(versions.first().is_some_and(|served| served.number == number))
    })
}
