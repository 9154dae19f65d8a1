//! Endpoints: addresses that answer with a model, how well they are, and how to ask them.

mod cards;
mod example;
mod failures;
mod header;
mod history;
mod plots;
mod pulse;
mod routing;
mod snippets;
mod test_form;
#[cfg(test)]
mod tests;

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::endpoint::health::{self, Failure, HealthChange};
use aloft_base::registry::{self, Selector, Version};
use egui::Ui;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::light;
use crate::route::Route;
use crate::theme::size;
use crate::widget::{self, tabs_ui};
use crate::work::{Fetch, Lane};

use plots::Plots;
use pulse::Pulses;
use routing::Routing;
use test_form::TestForm;

/// How many changes of health are read.
const CHANGES: usize = 1_000;

/// What of the endpoint is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Live,
    Test,
    Snippets,
    History,
}

/// What happened to an endpoint: the changes of its health and its last failures, newest first.
#[derive(Debug, Default)]
struct Past {
    changes: Vec<HealthChange>,
    failures: Vec<Failure>,
}

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    pulses: Pulses,
    endpoint: String,
    tab: Tab,
    plots: Plots,
    past: Fetch<Past>,
    asked_past: Option<u64>,
    /// The version it answers with, for the form and the snippets.
    version: Fetch<Version>,
    asked_version: Option<(String, Selector, u64)>,
    test: TestForm,
    routing: Routing,
}

/// Takes in what came and asks for what is needed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    let Route::Endpoints { endpoint } = ctx.route else {
        return;
    };
    let Some(id) = endpoint else {
        state.pulses.logic(ctx);
        return;
    };
    if state.endpoint != *id {
        *state = State {
            endpoint: id.clone(),
            tab: state.tab,
            pulses: std::mem::take(&mut state.pulses),
            ..State::default()
        };
    }
    state.pulses.logic(ctx);
    state.plots.logic(ctx, id);
    state.past.poll();
    let revision = Some(ctx.library.revision(Topic::Endpoint, id));
    if state.asked_past != revision && !state.past.is_pending() {
        let id = id.clone();
        ctx.work.fetch(Lane::Metrics, &mut state.past, move |workspace| {
            let read = || {
                Ok(Past {
                    changes: health::history(workspace, &id, CHANGES)?,
                    failures: health::failures(workspace, &id)?,
                })
            };
            read().map_err(|error: aloft_base::Error| Report::of(&error))
        });
        if state.past.is_pending() {
            state.asked_past = revision;
        }
    }
    version_logic(state, ctx, id);
    if state.version.poll()
        && let Some(version) = state.version.value()
    {
        state.test.fit(version);
    }
    state.test.logic(ctx);
}

/// Reads the version it answers with now, else the one it is to answer with.
fn version_logic(state: &mut State, ctx: &AppContext<'_>, id: &str) {
    let Some(endpoint) = ctx.library.endpoint(id) else {
        return;
    };
    let Some(serving) = endpoint.spec.serving() else { return };
    let selector = light::version(endpoint).map_or_else(|| serving.version.clone(), Selector::Version);
    let model = serving.model.clone();
    let asked = Some((
        model.clone(),
        selector.clone(),
        ctx.library.revision(Topic::Model, &model),
    ));
    if state.asked_version == asked || state.version.is_pending() {
        return;
    }
    ctx.work.fetch(Lane::Metrics, &mut state.version, move |workspace| {
        registry::resolve(workspace, &model, &selector).map_err(|error| Report::of(&error))
    });
    if state.version.is_pending() {
        state.asked_version = asked;
    }
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        widget::skeleton_rows_ui(ui, 8);
        return;
    }
    let Route::Endpoints { endpoint: Some(id) } = ctx.route else {
        cards::cards_ui(&state.pulses, ctx, ui, commands);
        return;
    };
    let Some(endpoint) = ctx.library.endpoint(id) else {
        widget::skeleton_rows_ui(ui, 8);
        return;
    };
    header::header_ui(&mut state.routing, endpoint, state.pulses.of(id), ctx, ui, commands);
    ui.add_space(size::GAP_WIDE);
    let ours = endpoint.spec.serving().is_some();
    let mut tabs = vec![(Tab::Live, "Live")];
    if ours {
        tabs.extend([(Tab::Test, "Test"), (Tab::Snippets, "Snippets")]);
    } else if matches!(state.tab, Tab::Test | Tab::Snippets) {
        state.tab = Tab::Live;
    }
    tabs.push((Tab::History, "Health history"));
    tabs_ui(ui, &mut state.tab, &tabs);
    ui.add_space(size::GAP_WIDE);
    match state.tab {
        Tab::Live => {
            let failures = state.past.value().map_or(&[][..], |past| &past.failures);
            state
                .plots
                .ui(ctx, ui, commands, |ui| failures::failures_ui(failures, ours, ctx, ui));
        }
        Tab::Test => state.test.ui(endpoint, &state.version, ctx, ui, commands),
        Tab::Snippets => snippets::snippets_ui(endpoint, state.version.value(), ctx, ui, commands),
        Tab::History => history::history_ui(&state.past, ctx, ui, commands),
    }
}
