//! Taking in what a person does with the cells: the wheel, keys, presses and drags.

use egui::{PointerButton, Rect, Response, Ui};

use super::heads;
use super::keyboard;
use super::layout::Layout;
use super::position::Position;
use super::selection::{Place, Selection};
use super::view::{Grid, GridResponse, GridState, Parts, ROW};

pub(super) fn take_wheel(ui: &Ui, rect: Rect, state: &mut GridState, furthest: Position, widest: f64) {
    if !ui.rect_contains_pointer(rect) {
        return;
    }
    let delta = ui.input(egui::InputState::smooth_scroll_delta);
    if delta.y != 0.0 {
        state.position = state.position.moved(f64::from(-delta.y / ROW), furthest);
    }
    if delta.x != 0.0 {
        state.offset = (state.offset - f64::from(delta.x)).clamp(0.0, widest);
    }
}

/// Does what keys say. Answers the cell to bring into sight, by its row and its column in the table.
pub(super) fn take_keys(
    grid: &Grid<'_>,
    ui: &Ui,
    body: &Response,
    state: &mut GridState,
    layout: &mut Layout,
    parts: &Parts,
    response: &mut GridResponse,
) -> Option<(u64, usize)> {
    let focused = ui.memory(egui::Memory::focused);
    let is_covered = ui.ctx().any_popup_open() || ui.memory(|memory| memory.top_modal_layer().is_some());
    let has_keys = !is_covered && focused.is_none_or(|id| id == body.id);
    // The key that ends the typing in a field is not for the grid.
    let had_keys = std::mem::replace(&mut state.has_keys, has_keys);
    if !has_keys || !had_keys {
        return None;
    }
    let all = egui::EventFilter {
        tab: false,
        horizontal_arrows: true,
        vertical_arrows: true,
        escape: false,
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(body.id, all));
    let page = (parts.rows_seen.floor() as u64).saturating_sub(1).max(1);
    let [(scrolled, _), _] = parts.groups(state, parts.body);
    let first = Place {
        row: state.position.row(),
        column: if state.offset > 0.0 { scrolled.start } else { 0 },
    };
    let keys = keyboard::read(ui, state.selection, first, page, grid.rows, state.columns.len());
    if let Some(selection) = keys.to {
        state.selection = Some(selection);
    }
    if let Some(with_names) = keys.copy
        && let Some(mut copied) = state.copied()
    {
        copied.with_names = with_names;
        response.copy = Some(copied);
    }
    response.open |= keys.open;
    let cursor = state.selection.map(|selection| selection.cursor);
    if let Some(cursor) = cursor.filter(|_| keys.menu) {
        let at = egui::pos2(
            parts.left(state, cursor.column) + 16.0,
            parts.top(state, cursor.row.max(state.position.row())) + ROW,
        );
        state.menu.ask(cursor.column, Some(cursor.row), at);
    }
    if let Some(cursor) = cursor.filter(|_| keys.shift != 0) {
        let column = state.columns.column(cursor.column);
        heads::shift_column(grid, state, layout, cursor.column, keys.shift > 0);
        return Some((cursor.row, column));
    }
    keys.to
        .map(|selection| (selection.cursor.row, state.columns.column(selection.cursor.column)))
}

pub(super) fn take_pointer(
    grid: &Grid<'_>,
    ui: &Ui,
    body: &Response,
    state: &mut GridState,
    parts: &Parts,
    response: &mut GridResponse,
) {
    if body.clicked() || body.drag_started_by(PointerButton::Primary) {
        body.request_focus();
    }
    let place = |state: &GridState| {
        body.interact_pointer_pos()
            .and_then(|at| grid.place_at(state, parts, at))
    };
    if body.secondary_clicked()
        && let Some(place) = place(state)
        && let Some(at) = body.interact_pointer_pos()
    {
        // The menu is about what is selected when it was opened there.
        if !state.selection.is_some_and(|selection| selection.contains(place)) {
            state.selection = Some(Selection::of(place));
        }
        state.menu.ask(place.column, Some(place.row), at);
        return;
    }
    if body.double_clicked() && place(state).is_some() {
        response.open = true;
    }
    let is_primary = ui.input(|input| input.pointer.button_pressed(PointerButton::Primary));
    // In a slow frame the button may be down and up again.
    let pressed = is_primary && (body.is_pointer_button_down_on() || body.clicked());
    let dragged = body.dragged_by(PointerButton::Primary);
    if !pressed && !dragged {
        return;
    }
    let Some(place) = place(state) else { return };
    let extend = (dragged && !pressed) || ui.input(|input| input.modifiers.shift);
    state.selection = Some(state.selection.unwrap_or(Selection::of(place)).moved_to(place, extend));
}
