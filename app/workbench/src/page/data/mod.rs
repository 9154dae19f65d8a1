//! The data page: rows and column profiles of the open datasets.

mod bar;
mod remote;
mod tab;
mod table;
#[cfg(test)]
mod tests;

use aloft_base::ErrorKind;
use egui::Ui;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, Navigate};
use crate::context::AppContext;
use crate::grid::Grid;
use crate::route::Route;
use crate::theme::size;
use crate::widget::{self, empty_ui, problem_ui, skeleton_rows_ui};

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    /// The open datasets, in the order they were opened.
    tabs: Vec<tab::Tab>,
    /// What is typed into the field that goes somewhere.
    go: String,
}

/// Takes in what came and asks for what is needed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        return;
    }
    state.tabs.retain(|tab| ctx.library.dataset(&tab.id).is_some());
    let Route::Data { dataset } = ctx.route else { return };
    let Some(id) = dataset else {
        if let Some(tab) = state.tabs.last() {
            commands.send(Navigate::dataset(&tab.id));
        }
        return;
    };
    let Some(row) = ctx.library.dataset(id) else { return };
    let position = state.tabs.iter().position(|tab| tab.id == *id).unwrap_or_else(|| {
        state.tabs.push(tab::Tab::new(id));
        state.tabs.len() - 1
    });
    state.tabs[position].logic(ctx, row, commands);
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        skeleton_rows_ui(ui, 12);
        return;
    }
    let row = ctx.route.dataset().and_then(|id| ctx.library.dataset(id));
    let Some((row, position)) = row.and_then(|row| Some((row, state.tabs.iter().position(|tab| tab.id == row.id)?)))
    else {
        nothing_ui(ctx, ui, commands);
        return;
    };
    if let Some(closed) = bar::tabs_ui(state, ctx, ui, commands, &row.id) {
        close(state, &closed, &row.id, commands);
        return;
    }
    ui.add_space(4.0);
    let State { tabs, go } = state;
    let tab = &mut tabs[position];
    bar::summary_ui(tab, go, row, ctx, ui, commands);
    ui.add_space(4.0);
    bar::notes_ui(tab, row, ctx, ui);
    if row.key.is_empty() {
        remote::coming_ui(row, ctx, ui, commands);
        return;
    }
    if let Some(report) = tab.report().cloned() {
        if problem_ui(ui, "This file cannot be read now", &report, true, commands) {
            // A changed file is another content: it is detected and profiled anew.
            if matches!(report.kind, ErrorKind::Conflict | ErrorKind::Corrupt) {
                commands.send(remote::open_again(row));
            }
            tab.retry();
        }
        ui.add_space(size::GAP);
    }
    let profiling = row.columns.is_none() && ctx.library.job_of(&row.id).is_none_or(|job| job.state.is_active());
    let Some(table) = tab.refreshed.value().or(tab.opened.value().map(|opened| &opened.table)) else {
        if tab.report().is_none() {
            skeleton_rows_ui(
                ui,
                ((ui.available_height() / size::ROW_HEIGHT) as usize).saturating_sub(1),
            );
        }
        return;
    };
    if table.rows == 0 && table.complete && table.heads.is_empty() {
        empty_ui(
            ui,
            icons::TABLE,
            "This file has no columns",
            "It holds nothing that can be shown as a table.",
            None,
        );
        return;
    }
    let no_rows = table.rows == 0 && table.complete;
    let grid = Grid {
        id: &row.key,
        heads: &table.heads,
        rows: table.rows,
        tiles: &tab.tiles,
        profiling,
    };
    let response = grid.show(ui, &mut tab.grid);
    if no_rows {
        let middle = ui.min_rect().center_bottom() - egui::vec2(0.0, ui.min_rect().height() * 0.4);
        let text = "This file has a header and no rows";
        ui.painter().text(
            middle,
            egui::Align2::CENTER_CENTER,
            text,
            crate::theme::font::section(),
            ctx.tokens.text_secondary,
        );
    }
    if response.copy.is_some() {
        tab.to_copy = response.copy;
        ui.ctx().request_repaint();
    }
}

/// What the page is for, while nothing is open.
fn nothing_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    commands.offer_primary(DataCommand::OpenFiles);
    if ctx.route.dataset().is_some_and(|id| ctx.library.dataset(id).is_some()) {
        skeleton_rows_ui(ui, 12);
        return;
    }
    let text = "Open a table to see its rows, types, gaps and histograms: CSV, TSV, Parquet, JSON Lines or Arrow IPC, \
                however long. You can also drop a file on the window.";
    let pressed = empty_ui(
        ui,
        icons::TABLE,
        "No dataset is open",
        text,
        Some((icons::FOLDER_OPEN, "Open file…")),
    );
    if pressed.is_some_and(|response| response.clicked()) {
        commands.send(DataCommand::OpenFiles);
    }
    ui.vertical_centered(|ui| {
        ui.add_space(size::GAP);
        let sample = DataCommand::OpenSample(crate::samples::Sample::Penguins);
        if ui
            .add(widget::Button::quiet("Open a sample: Palmer penguins").glyph(icons::FLASK))
            .clicked()
        {
            commands.send(sample);
        }
    });
}

/// Closes a tab; its neighbour comes to the front.
fn close(state: &mut State, id: &str, front: &str, commands: &mut CommandSender) {
    let Some(position) = state.tabs.iter().position(|tab| tab.id == id) else {
        return;
    };
    state.tabs.remove(position);
    if id == front {
        let next = state.tabs.get(position.min(state.tabs.len().saturating_sub(1)));
        commands.send(Navigate::To(Route::Data {
            dataset: next.map(|tab| tab.id.clone()),
        }));
    }
}
