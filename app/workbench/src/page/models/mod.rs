//! Models: what was registered, version by version, and what each alias means and meant.

mod aliases;
mod compare;
mod detail;
mod header;
mod list;
mod signature;
#[cfg(test)]
mod tests;
mod timeline;

use aloft_base::Report;
use aloft_base::audit::{self, Chain};
use aloft_base::change::Topic;
use aloft_base::registry::{self, AliasMove, Version};
use egui::{Rect, Ui, UiBuilder};

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::route::Route;
use crate::theme::size;
use crate::widget::{self, problem_ui, tabs_ui};
use crate::work::{Fetch, Lane};

use compare::Compare;

/// Width of the timeline.
const TIMELINE: f32 = 380.0;

/// What of the model is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Versions,
    History,
}

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    model: String,
    tab: Tab,
    /// All versions, newest first.
    versions: Fetch<Vec<Version>>,
    /// Every move of every alias, newest first.
    moves: Fetch<Vec<AliasMove>>,
    chain: Fetch<Chain>,
    /// The revision of the model that each of these was asked for at.
    asked_versions: Option<u64>,
    asked_moves: Option<u64>,
    asked_chain: Option<u64>,
    /// The version whose details are shown; the newest until another is chosen.
    selected: Option<u32>,
    /// The chosen version is to be brought into view in the next frame.
    follow: bool,
    /// How far down the timeline is scrolled, in points.
    scrolled: f32,
    /// The card of the version in front, by version id.
    card: Fetch<String>,
    asked_card: Option<String>,
    compare: Option<Compare>,
}

impl State {
    /// The version whose details are shown.
    fn chosen(&self) -> Option<&Version> {
        let versions = self.versions.value()?;
        let wanted = self.selected;
        let found = versions.iter().find(|version| Some(version.number) == wanted);
        found
            .or_else(|| versions.iter().find(|version| version.deleted_ms.is_none()))
            .or(versions.first())
    }
}

/// Takes in what came and asks for what is needed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    let Some(name) = ctx.route.model() else { return };
    if state.model != name {
        *state = State {
            model: name.to_owned(),
            tab: state.tab,
            ..State::default()
        };
    }
    let revision = Some(ctx.library.revision(Topic::Model, name));
    let State {
        versions,
        moves,
        chain,
        asked_versions,
        asked_moves,
        asked_chain,
        ..
    } = state;
    let model = name.to_owned();
    ask(ctx, versions, asked_versions, revision, move |workspace| {
        registry::versions(workspace, &model)
    });
    let model = name.to_owned();
    ask(ctx, moves, asked_moves, revision, move |workspace| {
        registry::history(workspace, &model, None)
    });
    if state.tab == Tab::History {
        ask(ctx, chain, asked_chain, revision, audit::verify);
    }
    card_logic(state, ctx);
    if let Some(compare) = &mut state.compare {
        compare.logic(name, ctx);
    }
}

/// Asks for a value of the model when its revision moved on.
fn ask<T: Send + 'static>(
    ctx: &AppContext<'_>,
    fetch: &mut Fetch<T>,
    asked: &mut Option<u64>,
    revision: Option<u64>,
    read: impl FnOnce(&aloft_base::Workspace) -> aloft_base::Result<T> + Send + 'static,
) {
    fetch.poll();
    if *asked == revision || fetch.is_pending() {
        return;
    }
    ctx.work.fetch(Lane::Metrics, fetch, |workspace| {
        read(workspace).map_err(|error| Report::of(&error))
    });
    if fetch.is_pending() {
        *asked = revision;
    }
}

/// Reads the card of the version in front; its files never change.
fn card_logic(state: &mut State, ctx: &AppContext<'_>) {
    state.card.poll();
    let Some(id) = state.chosen().map(|version| version.id.clone()) else {
        return;
    };
    if state.asked_card.as_ref() == Some(&id) || state.card.is_pending() {
        return;
    }
    // The card of another version must not stand beside this one while it is read.
    state.card = Fetch::Idle;
    let asked = id.clone();
    ctx.work.fetch(Lane::Metrics, &mut state.card, move |workspace| {
        Ok(detail::read_card(&workspace.version_folder(&id)))
    });
    if state.card.is_pending() {
        state.asked_card = Some(asked);
    }
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        widget::skeleton_rows_ui(ui, 8);
        return;
    }
    let Route::Models { model: Some(name) } = ctx.route else {
        list::list_ui(ctx, ui, commands);
        return;
    };
    let Some(row) = ctx.library.model(name) else {
        widget::skeleton_rows_ui(ui, 8);
        return;
    };
    header::header_ui(state, row, ctx, ui, commands);
    ui.add_space(size::GAP_WIDE);
    tabs_ui(
        ui,
        &mut state.tab,
        &[(Tab::Versions, "Versions"), (Tab::History, "Alias history")],
    );
    ui.add_space(size::GAP_WIDE);
    match state.tab {
        Tab::Versions => versions_ui(state, ctx, ui, commands),
        Tab::History => aliases::history_ui(&state.moves, &state.chain, ctx, ui, commands),
    }
}

/// The timeline at the left, the version in front at the right.
fn versions_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = state.versions.report().cloned() {
        if problem_ui(ui, "Could not read the versions", &report, true, commands) {
            state.asked_versions = None;
        }
        return;
    }
    if state.versions.value().is_none() {
        widget::skeleton_rows_ui(ui, 8);
        return;
    }
    let whole = ui.available_rect_before_wrap();
    let middle = whole.left() + TIMELINE;
    let left = Rect::from_min_max(whole.min, egui::pos2(middle, whole.bottom()));
    let right = Rect::from_min_max(egui::pos2(middle + size::GAP_SECTION, whole.top()), whole.max);
    timeline::timeline_ui(state, ctx, &mut ui.new_child(UiBuilder::new().max_rect(left)));
    let mut side = ui.new_child(UiBuilder::new().max_rect(right));
    if let Some(compare) = &mut state.compare {
        if compare.ui(ctx, &mut side, commands) {
            state.compare = None;
        }
    } else {
        detail::detail_ui(state, ctx, &mut side, commands);
    }
    ui.advance_cursor_after_rect(whole);
}
