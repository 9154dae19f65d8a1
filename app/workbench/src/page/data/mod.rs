//! The data page: rows and column profiles of the open datasets.

mod bar;
mod columns_menu;
mod copy;
#[cfg(test)]
mod explorer_tests;
mod kept_layout;
#[cfg(test)]
mod look_tests;
mod remote;
mod sheet;
mod side;
mod sql;
mod tab;
mod table;
#[cfg(test)]
mod tests;
mod toolbar;
mod view;

use aloft_base::ErrorKind;
use aloft_base::dataset::Dataset;
use aloft_data::{Cell, Column, Condition, SortKey, Step, quoted};
use egui::Ui;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, Navigate, ViewCommand};
use crate::context::AppContext;
use crate::grid::{CellAct, ColumnAct, Grid, GridResponse, Head};
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
    console: sql::Console,
    /// The names that the console completes.
    names: Names,
}

/// The names of the columns of the open tables, each once.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    /// The tables that they were gathered of, and how many columns each had.
    of: Vec<(String, usize)>,
}

impl Names {
    /// Gathers them anew when tables were opened, closed or grew: thousands of names cost more than a frame has.
    fn gather(&mut self, tabs: &[tab::Tab]) {
        let width = |tab: &tab::Tab| tab.whole().map_or(0, |table| table.heads.len());
        let is_same = self.of.len() == tabs.len()
            && tabs
                .iter()
                .zip(&self.of)
                .all(|(tab, (key, count))| tab.key == *key && width(tab) == *count);
        if is_same {
            return;
        }
        self.of = tabs.iter().map(|tab| (tab.key.clone(), width(tab))).collect();
        let heads = tabs
            .iter()
            .filter_map(|tab| tab.whole())
            .flat_map(|table| table.heads.iter().map(|head| head.name.clone()));
        let names: std::collections::BTreeSet<String> = heads.collect();
        self.names = names.into_iter().collect();
    }
}

impl State {
    pub(super) fn ask_console(&mut self) {
        self.console.wanted = true;
    }
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
    let open: Vec<&Dataset> = state
        .tabs
        .iter()
        .filter_map(|tab| ctx.library.dataset(&tab.id))
        .collect();
    state.console.logic(ctx, &open, commands);
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
    let open: Vec<&Dataset> = state
        .tabs
        .iter()
        .filter_map(|tab| ctx.library.dataset(&tab.id))
        .collect();
    let State {
        tabs,
        go,
        console,
        names,
    } = state;
    if console.open {
        names.gather(tabs);
    }
    sql::console_ui(console, &open, &names.names, ctx, ui, commands);
    let tab = &mut tabs[position];
    bar::summary_ui(tab, go, row, ctx, ui, commands);
    ui.add_space(4.0);
    toolbar::toolbar_ui(tab, &mut console.open, row, ctx, ui, commands);
    ui.add_space(4.0);
    bar::notes_ui(tab, row, ctx, ui);
    side::side_ui(tab, row, ctx, ui, commands);
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
    if tab.view.report().is_some() && tab.side != Some(side::Side::Steps) {
        steps_failed_ui(tab, row, ui, commands);
    }
    let profiling = row.columns.is_none() && ctx.library.job_of(&row.id).is_none_or(|job| job.state.is_active());
    if tab.shown().is_none() {
        if tab.report().is_none() {
            let rows = (ui.available_height() / size::ROW_HEIGHT) as usize;
            skeleton_rows_ui(ui, rows.saturating_sub(1));
        }
        return;
    }
    let Some((response, chosen)) = grid_ui(tab, row, profiling, ctx, ui) else {
        empty_ui(
            ui,
            icons::TABLE,
            "This file has no columns",
            "It holds nothing that can be shown as a table.",
            None,
        );
        return;
    };
    take_response(tab, row, response, chosen, ui, commands);
}

/// The rows that the steps leave, or those of the file. Answers what a person did with them.
fn grid_ui(
    tab: &mut tab::Tab,
    row: &Dataset,
    profiling: bool,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
) -> Option<(GridResponse, Chosen)> {
    let is_answer = tab.view.answered().is_some();
    let shown = tab.shown()?;
    if shown.rows == 0 && shown.complete && shown.heads.is_empty() {
        return None;
    }
    // Taken out while the rest of the tab is only looked at: copying the heads would cost each frame.
    let mut state = std::mem::take(&mut tab.sheet_mut(is_answer).grid);
    let mut layout = std::mem::take(&mut tab.layout.layout);
    let (table, id, profiling) = match tab.view.answered() {
        Some(answered) => (&answered.table, answered.question.as_str(), tab.view.is_profiling()),
        None => (tab.shown()?, row.key.as_str(), profiling),
    };
    let tiles = if is_answer {
        &tab.view.sheet.tiles
    } else {
        &tab.sheet.tiles
    };
    let grid = Grid {
        id,
        heads: &table.heads,
        rows: table.rows,
        tiles,
        profiling,
    };
    let response = grid.show(ui, &mut state, &mut layout);
    let chosen = Chosen::of(&response, &table.heads);
    if table.rows == 0 && table.complete {
        let middle = ui.min_rect().center_bottom() - egui::vec2(0.0, ui.min_rect().height() * 0.4);
        let text = if is_answer {
            "The steps leave no rows"
        } else {
            "This file has a header and no rows"
        };
        ui.painter().text(
            middle,
            egui::Align2::CENTER_CENTER,
            text,
            crate::theme::font::section(),
            ctx.tokens.text_secondary,
        );
    }
    tab.sheet_mut(is_answer).grid = state;
    tab.layout.layout = layout;
    Some((response, chosen))
}

/// What a person chose of a column.
struct Chosen {
    column: Option<String>,
    step: Option<Step>,
    copied_name: Option<String>,
}

impl Chosen {
    fn of(response: &GridResponse, heads: &[Head]) -> Self {
        let column = |head: &Head| Column {
            name: head.name.clone(),
            kind: head.kind,
        };
        let of_bins = response.bins.clone().and_then(|(at, bins)| {
            let head = heads.get(at)?;
            let histogram = head.profile.as_ref()?.histogram.as_ref()?;
            Condition::of_bins(&column(head), histogram, bins)
        });
        let of_top = response.top.and_then(|(at, nth)| {
            let head = heads.get(at)?;
            let top = head.profile.as_ref()?.top.get(nth)?;
            Some(Condition::of_value(&column(head), &top.value))
        });
        let of_cell = response.cell_act.as_ref().and_then(|act| {
            let (CellAct::Keep { column: at, cell } | CellAct::Exclude { column: at, cell }) = act;
            let head = heads.get(*at)?;
            Some(condition_of(&column(head), cell, matches!(act, CellAct::Keep { .. })))
        });
        let mut chosen = Self {
            column: response
                .column
                .and_then(|at| heads.get(at))
                .map(|head| head.name.clone()),
            step: of_bins.or(of_top).or(of_cell).map(Step::Filter),
            copied_name: None,
        };
        if let Some((at, act)) = response.column_act
            && let Some(head) = heads.get(at)
        {
            let sort = |descending| Step::Sort {
                by: vec![SortKey {
                    column: head.name.clone(),
                    descending,
                }],
            };
            match act {
                ColumnAct::Ascending => chosen.step = Some(sort(false)),
                ColumnAct::Descending => chosen.step = Some(sort(true)),
                ColumnAct::Details => chosen.column = Some(head.name.clone()),
                ColumnAct::CopyName => chosen.copied_name = Some(head.name.clone()),
            }
        }
        chosen
    }
}

/// Rows with this value, or those without it.
fn condition_of(column: &Column, cell: &Cell, keep: bool) -> Condition {
    let name = column.name.clone();
    if *cell == Cell::Null {
        return if keep {
            Condition::Missing { column: name }
        } else {
            Condition::NotMissing { column: name }
        };
    }
    match (Condition::of_value(column, cell.text()), keep) {
        (condition, true) => condition,
        (Condition::Is { column, values }, false) => Condition::IsNot { column, values },
        (condition, false) => Condition::Sql {
            expression: format!("{} IS NULL OR NOT ({})", quoted(&name), condition.sql()),
        },
    }
}

/// Does what a person asked of the grid.
fn take_response(
    tab: &mut tab::Tab,
    row: &Dataset,
    response: GridResponse,
    chosen: Chosen,
    ui: &Ui,
    commands: &mut CommandSender,
) {
    if response.copy.is_some() {
        let is_answer = tab.view.answered().is_some();
        let sheet = if is_answer { &mut tab.view.sheet } else { &mut tab.sheet };
        sheet.to_copy = response.copy;
        ui.ctx().request_repaint();
    }
    if let Some(name) = chosen.column {
        tab.side = Some(side::Side::Column(name));
        if let Some((_, grid)) = tab.shown_mut() {
            grid.show_cursor();
        }
    }
    if response.open {
        tab.side = Some(side::Side::Cell);
        if let Some((_, grid)) = tab.shown_mut() {
            grid.show_cursor();
        }
    }
    if let Some(name) = chosen.copied_name {
        commands.send(ViewCommand::Copy(name));
    }
    if let Some(step) = chosen.step {
        tab.view.add(&row.id, step, commands);
    }
}

/// Why the steps cannot be done, and the way back.
fn steps_failed_ui(tab: &mut tab::Tab, row: &Dataset, ui: &mut Ui, commands: &mut CommandSender) {
    let Some(report) = tab.view.report().cloned() else {
        return;
    };
    problem_ui(ui, "The steps cannot be done", &report, false, commands);
    if tab.view.can_undo()
        && ui
            .add(widget::Button::new("Undo step").glyph(icons::ARROW_U_UP_LEFT))
            .clicked()
    {
        tab.view.undo(&row.id, commands);
    }
    ui.add_space(size::GAP);
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
