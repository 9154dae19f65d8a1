//! Runs: every training, newest first, as a table to sort, search and open.

mod list;
mod table;

use egui::Ui;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::route::PageKind;
use crate::theme::size;
use crate::widget;

use list::List;
pub use list::{Column, Order};

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    list: List,
    find: String,
    /// The row the keyboard is on, by run.
    selected: Option<String>,
    /// How far down the table is scrolled, in points.
    scrolled: f32,
}

/// Keeps the rows sorted and searched; costs nothing while neither the runs nor the question changed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    state.list.update(ctx.library, &state.find);
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        widget::skeleton_rows_ui(ui, 8);
        return;
    }
    if ctx.library.runs().is_empty() {
        let button = Some((icons::GRAPH, "Go to Train"));
        let text = "A run is one training of one recipe. Each run stays here with its curves, its result and its recipe, \
                    and opens again with a click.";
        let pressed = widget::empty_ui(ui, icons::CHART_LINE_UP, "No runs yet", text, button);
        if pressed.is_some_and(|response| response.clicked()) {
            commands.send(Navigate::Page(PageKind::Train));
        }
        return;
    }
    ui.horizontal(|ui| {
        let field = widget::search_ui(
            ui,
            "Find runs",
            &mut state.find,
            "Find by name, dataset, model or state",
            320.0,
        );
        if ctx.find_requested {
            field.request_focus();
        }
        if field.changed() {
            state.list.update(ctx.library, &state.find);
        }
        let (shown, all) = (state.list.rows().len() as u64, ctx.library.runs().len() as u64);
        let text = if shown == all {
            format::plural(all, "run", "runs")
        } else {
            format!("{} of {}", format::count(shown), format::plural(all, "run", "runs"))
        };
        widget::secondary_ui(ui, &text);
    });
    ui.add_space(size::GAP);
    if state.list.rows().is_empty() {
        let text = format!(
            "No run's name, dataset, model or state contains “{}”.",
            state.find.trim()
        );
        widget::empty_ui(ui, icons::MAGNIFYING_GLASS, "Nothing found", &text, None);
        return;
    }
    table::table_ui(
        &mut state.list,
        &mut state.selected,
        &mut state.scrolled,
        ctx,
        ui,
        commands,
    );
    state.list.update(ctx.library, &state.find);
}
