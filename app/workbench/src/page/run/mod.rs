//! One run: how far it is, its curves, what came out, its recipe and its log.

mod data;
mod evaluation;
mod header;
mod record;
#[cfg(test)]
mod tests;

use aloft_base::change::Topic;
use aloft_base::job::State as JobState;
use aloft_base::log::{self, Line};
use aloft_base::run::{self, Run};
use aloft_base::{ErrorKind, Report, Workspace};
use aloft_train::Outcome;
use egui::Ui;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, Navigate};
use crate::context::AppContext;
use crate::plot::RunCurves;
use crate::route::Route;
use crate::theme::size;
use crate::widget::{self, Tone, notice_ui, problem_ui, tabs_ui};
use crate::work::{Answer, Fetch, Lane};

/// How many lines of the log are shown.
const LINES: usize = 2_000;

/// What of the run is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Curves,
    Evaluation,
    Recipe,
    Log,
}

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    run: String,
    tab: Tab,
    curves: RunCurves,
    /// What came out, once the run has reached its end.
    outcome: Fetch<Option<Box<Outcome>>>,
    asked_outcome: Option<u64>,
    log: Fetch<Vec<Line>>,
    asked_log: Option<u64>,
    /// What became of its data since.
    since: Fetch<data::Since>,
    /// The new name while it is typed.
    renaming: Option<String>,
}

/// Takes in what came and asks for what is needed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    let Route::Run { run: id } = ctx.route else { return };
    if state.run != *id {
        *state = State {
            run: id.clone(),
            tab: state.tab,
            ..State::default()
        };
    }
    state.curves.logic(ctx, id);
    state.outcome.poll();
    let revision = Some(ctx.library.revision(Topic::Run, id));
    if state.asked_outcome != revision && !state.outcome.is_pending() {
        let id = id.clone();
        ctx.work.fetch(Lane::Metrics, &mut state.outcome, move |workspace| {
            read_outcome(workspace, &id)
        });
        if state.outcome.is_pending() {
            state.asked_outcome = revision;
        }
    }
    let Some(run) = ctx.library.run(id) else { return };
    state.since.poll();
    if let Some(fingerprint) = run.fingerprint.clone().filter(|_| state.since.is_idle()) {
        let path = run.dataset.clone();
        ctx.work.fetch(Lane::Metrics, &mut state.since, move |workspace| {
            data::since(workspace, &path, &fingerprint)
        });
    }
    state.log.poll();
    let revision = run.job.as_deref().map(|job| ctx.library.revision(Topic::Log, job));
    let is_due = state.tab == Tab::Log && state.asked_log != revision && !state.log.is_pending();
    if let Some(job) = run.job.clone().filter(|_| is_due) {
        ctx.work.fetch(Lane::Metrics, &mut state.log, move |workspace| {
            log::tail(workspace, Some(&job), LINES).map_err(|error| Report::of(&error))
        });
        if state.log.is_pending() {
            state.asked_log = revision;
        }
    }
}

/// The outcome as the run's row holds it. Called on a worker.
fn read_outcome(workspace: &Workspace, id: &str) -> Answer<Option<Box<Outcome>>> {
    let run = run::get(workspace, id).map_err(|error| Report::of(&error))?;
    run.result
        .map(serde_json::from_value)
        .transpose()
        .map(|outcome| outcome.map(Box::new))
        .map_err(|error| {
            let message = format!("The stored result of this run cannot be read: {error}");
            let hint =
                "It may be from another version of Aloft. The model and the recipe are files in the run's folder.";
            Report::new(ErrorKind::Corrupt, message, hint)
        })
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let Route::Run { run: id } = ctx.route else { return };
    if !ctx.library.is_loaded() {
        widget::skeleton_rows_ui(ui, 6);
        return;
    }
    let Some(run) = ctx.library.run(id) else {
        let text = format!("The workspace holds no run “{id}”. It may be in another workspace.");
        let pressed = widget::empty_ui(
            ui,
            icons::QUESTION,
            "This run is not here",
            &text,
            Some((icons::LIST_BULLETS, "All runs")),
        );
        if pressed.is_some_and(|response| response.clicked()) {
            commands.send(Navigate::To(Route::Runs));
        }
        return;
    };
    header::header_ui(state, run, ctx, ui, commands);
    ui.add_space(size::GAP_WIDE);
    let tabs = [
        (Tab::Curves, "Curves"),
        (Tab::Evaluation, "Evaluation"),
        (Tab::Recipe, "Recipe"),
        (Tab::Log, "Log"),
    ];
    tabs_ui(ui, &mut state.tab, &tabs);
    ui.add_space(size::GAP_WIDE);
    match state.tab {
        Tab::Curves => curves_ui(state, run, ctx, ui, commands),
        Tab::Evaluation => evaluation_ui(state, run, ctx, ui, commands),
        Tab::Recipe => record::recipe_ui(run, ctx, ui, commands),
        Tab::Log => record::log_ui(&state.log, ui, commands),
    }
}

fn curves_ui(state: &mut State, run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = state.curves.report().cloned() {
        if problem_ui(ui, "Could not read the curves", &report, true, commands) {
            state.curves.retry();
        }
        return;
    }
    state.curves.ui(ctx.tokens, ui, &run.id, run.state.is_active());
}

fn evaluation_ui(state: &State, run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = state.outcome.report() {
        problem_ui(ui, "Could not show the evaluation", report, false, commands);
        return;
    }
    match state.outcome.value() {
        None => widget::skeleton_rows_ui(ui, 6),
        Some(Some(outcome)) => evaluation::evaluation_ui(outcome, &run.id, ctx, ui),
        Some(None) => {
            let text = match run.state {
                JobState::Queued | JobState::Running | JobState::Paused => {
                    "The evaluation comes when training has reached its end: metrics on rows the model never saw, beside a trivial baseline."
                }
                JobState::Interrupted | JobState::Stopped => {
                    "There is no evaluation: this run has not reached its end. Resume it to get one."
                }
                JobState::Failed | JobState::Done => "There is no evaluation, as this run did not get that far.",
            };
            notice_ui(ui, Tone::Neutral, icons::INFO, text);
        }
    }
}
