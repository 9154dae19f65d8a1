//! What can be done with a column or a cell: the menus of the right button, and of Shift+F10.

use aloft_data::Cell;
use egui::{Popup, PopupAnchor, PopupCloseBehavior, Pos2, Response, SetOpenCommand, Ui};
use egui_phosphor::regular as icons;

use crate::widget::{Button, hairline_ui, label_ui};

use super::heads;
use super::layout::Layout;
use super::number_format::NumberFormat;
use super::selection::CopyFormat;
use super::view::{Grid, GridResponse, GridState};

/// How wide a menu is.
const WIDTH: f32 = 236.0;

/// What a person chose for a column that is not the grid's to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnAct {
    Ascending,
    Descending,
    /// Show it at length.
    Details,
    CopyName,
}

/// What a person chose for a cell that is not the grid's to do. Columns are those of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum CellAct {
    /// Keep the rows with this value.
    Keep { column: usize, cell: Cell },
    /// Leave the rows with this value out.
    Exclude { column: usize, cell: Cell },
}

/// The menu that is open, and what it is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Menu {
    slot: usize,
    row: Option<u64>,
    at: Pos2,
    is_asked: bool,
}

impl Menu {
    /// Opens the menu of a column, or of a cell when there is a row.
    pub(super) fn ask(&mut self, slot: usize, row: Option<u64>, at: Pos2) {
        *self = Self {
            slot,
            row,
            at,
            is_asked: true,
        };
    }
}

pub(super) fn menu_ui(
    grid: &Grid<'_>,
    ui: &Ui,
    body: &Response,
    state: &mut GridState,
    layout: &mut Layout,
    response: &mut GridResponse,
) {
    let asked = std::mem::take(&mut state.menu.is_asked);
    let menu = state.menu.clone();
    let column = state.columns.column(menu.slot);
    let Some(head) = grid.heads.get(column).filter(|_| menu.slot < state.columns.len()) else {
        return;
    };
    let popup = Popup::new(
        body.id.with("menu"),
        ui.ctx().clone(),
        PopupAnchor::Position(menu.at),
        body.layer_id,
    );
    let mut more = false;
    popup
        .kind(egui::PopupKind::Menu)
        .open_memory(asked.then_some(SetOpenCommand::Bool(true)))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .accessible_name(format!("Menu of {}", head.name))
        .show(|ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = 0.0;
            match menu.row {
                Some(row) => {
                    cell_ui(grid, ui, state, row, column, response);
                    hairline_ui(ui);
                    more = item(ui, &format!("Column {}…", short(&head.name)), icons::COLUMNS, None);
                }
                None => column_ui(grid, ui, state, layout, menu.slot, response),
            }
        });
    if more {
        state.menu.ask(menu.slot, None, menu.at);
        ui.ctx().request_repaint();
    }
}

/// One entry of a menu.
fn item(ui: &mut Ui, text: &str, glyph: &str, why_not: Option<&str>) -> bool {
    ui.add(Button::quiet(text).glyph(glyph).disabled(why_not).max_width(WIDTH))
        .clicked()
}

fn cell_ui(grid: &Grid<'_>, ui: &mut Ui, state: &GridState, row: u64, column: usize, response: &mut GridResponse) {
    if item(ui, "Show cell", icons::ARTICLE, None) {
        response.open = true;
    }
    for (text, glyph, format, with_names) in [
        ("Copy", icons::COPY, CopyFormat::Tsv, false),
        ("Copy with names", icons::COPY, CopyFormat::Tsv, true),
        ("Copy as CSV", icons::FILE_CSV, CopyFormat::Csv, true),
        ("Copy as JSON", icons::BRACKETS_CURLY, CopyFormat::Json, true),
        ("Copy as Markdown", icons::TABLE, CopyFormat::Markdown, true),
    ] {
        if item(ui, text, glyph, None)
            && let Some(mut copied) = state.copied()
        {
            (copied.format, copied.with_names) = (format, with_names);
            response.copy = Some(copied);
        }
    }
    let Some(cell) = grid.tiles.cell(row, column) else {
        return;
    };
    // What is cut in memory is not the value.
    let why = (cell.text().ends_with('…') || *cell == Cell::NaN).then_some("The value is too long to be written down");
    let shown = match cell {
        Cell::Null => "missing".to_owned(),
        Cell::Text(text) if text.is_empty() => "\"\"".to_owned(),
        cell => short(cell.text()),
    };
    if item(ui, &format!("Only {shown}"), icons::FUNNEL, why) {
        let cell = cell.clone();
        response.cell_act = Some(CellAct::Keep { column, cell });
    } else if item(ui, &format!("Without {shown}"), icons::FUNNEL_X, why) {
        let cell = cell.clone();
        response.cell_act = Some(CellAct::Exclude { column, cell });
    }
}

fn column_ui(
    grid: &Grid<'_>,
    ui: &mut Ui,
    state: &GridState,
    layout: &mut Layout,
    slot: usize,
    response: &mut GridResponse,
) {
    let column = state.columns.column(slot);
    let head = &grid.heads[column];
    let count = state.columns.len();
    for (text, glyph, act) in [
        ("Column details", icons::CHART_BAR, ColumnAct::Details),
        ("Sort ascending", icons::SORT_ASCENDING, ColumnAct::Ascending),
        ("Sort descending", icons::SORT_DESCENDING, ColumnAct::Descending),
        ("Copy name", icons::COPY, ColumnAct::CopyName),
    ] {
        if item(ui, text, glyph, None) {
            response.column_act = Some((column, act));
        }
    }
    hairline_ui(ui);
    let is_frozen = layout.is_frozen(&head.name);
    let freeze = if is_frozen { "Unfreeze" } else { "Freeze at the left" };
    if item(ui, freeze, icons::PUSH_PIN, None) {
        layout.set_frozen(&head.name, !is_frozen);
    }
    let first = (slot == 0).then_some("It is the first column");
    let last = (slot + 1 >= count).then_some("It is the last column");
    if item(ui, "Move left", icons::ARROW_LEFT, first) {
        heads::shift_column(grid, state, layout, slot, false);
    }
    if item(ui, "Move right", icons::ARROW_RIGHT, last) {
        heads::shift_column(grid, state, layout, slot, true);
    }
    if item(ui, "Move to the start", icons::ARROW_LINE_LEFT, first) {
        heads::move_before(grid, state, layout, slot, 0);
    }
    if item(ui, "Fit width", icons::ARROWS_HORIZONTAL, None) {
        layout.set_width(&head.name, heads::fitting_width(grid, ui, state, slot));
    }
    let only = (count < 2).then_some("It is the only column that is shown");
    if item(ui, "Hide", icons::EYE_SLASH, only) {
        layout.set_hidden(&head.name, true);
    }
    if item(ui, "Hide others", icons::EYE_CLOSED, only) {
        layout.hide_others(grid.heads, &head.name);
    }
    if head.kind.is_number() {
        hairline_ui(ui);
        label_ui(ui, "Numbers");
        let chosen = layout.format(&head.name);
        ui.horizontal_wrapped(|ui| {
            ui.set_max_width(WIDTH);
            ui.spacing_mut().item_spacing.x = 0.0;
            for (format, name) in NumberFormat::ALL {
                if ui.add(Button::quiet(name).selected(chosen == format)).clicked() {
                    layout.set_format(&head.name, format);
                }
            }
        });
    }
}

/// The beginning of a text that may be long.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(24) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
