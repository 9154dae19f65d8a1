//! The row of cards above the columns: pressed, brushed, moved, made wider.

use egui::{CornerRadius, CursorIcon, PointerButton, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::Tokens;

use super::cell;
use super::header::{self, Head, Spot};
use super::layout::Layout;
use super::scrollbar::THICKNESS;
use super::selection::{Place, Selection};
use super::view::{Grid, GridResponse, GridState, HEADER, Parts};

/// A column that is fitted to what it holds gets no wider.
const MOST_FITTED: f32 = 640.0;

pub(super) fn heads_ui(
    grid: &Grid<'_>,
    ui: &Ui,
    tokens: &Tokens,
    state: &mut GridState,
    layout: &mut Layout,
    parts: &Parts,
    response: &mut GridResponse,
) {
    let whole = Rect::from_min_max(
        pos2(parts.numbers.left(), parts.header.top()),
        pos2(parts.header.right() + THICKNESS, parts.header.bottom()),
    );
    ui.painter().rect_filled(whole, CornerRadius::ZERO, tokens.panel);
    for (slots, clip) in parts.groups(state, parts.header) {
        for slot in slots {
            head_ui(grid, ui, tokens, state, layout, parts, slot, clip, response);
        }
    }
    finish_move(grid, ui, tokens, state, layout, parts);
    if !ui.input(|input| input.pointer.primary_down()) {
        layout.is_held = false;
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one column of a grid in the middle of being drawn"
)]
fn head_ui(
    grid: &Grid<'_>,
    ui: &Ui,
    tokens: &Tokens,
    state: &mut GridState,
    layout: &mut Layout,
    parts: &Parts,
    slot: usize,
    clip: Rect,
    response: &mut GridResponse,
) {
    let column = state.columns.column(slot);
    let Some(head) = grid.heads.get(column) else { return };
    let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
    let left = parts.left(state, slot);
    let size = vec2(state.columns.width(slot), HEADER);
    let rect = Rect::from_min_size(pos2(left, parts.header.top()), size);
    let is_frozen = slot < state.columns.frozen();
    header::paint(&painter, tokens, rect, head, grid.rows, grid.profiling, is_frozen);
    painter.vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, tokens.border));
    let card = ui.interact(
        rect.intersect(clip),
        parts.id.with(("head", column)),
        Sense::click_and_drag(),
    );
    card.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &head.name));
    if let Some(at) = card.interact_pointer_pos().filter(|_| card.secondary_clicked()) {
        state.menu.ask(slot, None, at);
    }
    take_card(&card, head, rect, column, slot, state, response);
    if let Some((_, first, last)) = state.brush.filter(|brush| brush.0 == slot) {
        header::paint_brush(&painter, tokens, rect, head, (first, last));
    }
    if state.moving.is_some_and(|(moved, _)| moved == slot) {
        painter.rect_filled(rect, CornerRadius::ZERO, tokens.accent.gamma_multiply(0.14));
    } else {
        card.on_hover_ui(|ui| header::tooltip_ui(ui, head, grid.rows, grid.profiling));
    }
    let edge = Rect::from_center_size(pos2(rect.right(), rect.center().y), vec2(9.0, HEADER));
    if !edge.intersects(clip) {
        return;
    }
    let handle = ui
        .interact(
            edge.intersect(clip),
            parts.id.with(("edge", column)),
            Sense::click_and_drag(),
        )
        .on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
    if handle.hovered() || handle.dragged() {
        painter.vline(rect.right() - 1.0, rect.y_range(), Stroke::new(2.0, tokens.accent));
    }
    if handle.double_clicked() {
        layout.set_width(&head.name, fitting_width(grid, ui, state, slot));
        ui.ctx().request_repaint();
    } else if let Some(pointer) = handle.interact_pointer_pos().filter(|_| handle.dragged()) {
        layout.is_held = true;
        layout.set_width(&head.name, pointer.x - left);
        ui.ctx().request_repaint();
    }
}

/// A press on a card's chart chooses bins or a value, elsewhere on the card the column; a drag
/// elsewhere moves it.
fn take_card(
    card: &Response,
    head: &Head,
    rect: Rect,
    column: usize,
    slot: usize,
    state: &mut GridState,
    response: &mut GridResponse,
) {
    let at = card.interact_pointer_pos();
    let spot = |anywhere| at.and_then(|at| header::spot(rect, head, at, anywhere));
    if card.drag_started_by(PointerButton::Primary) {
        let origin = card.ctx.input(|input| input.pointer.press_origin());
        match origin.and_then(|origin| header::spot(rect, head, origin, false)) {
            Some(Spot::Bin(bin)) => state.brush = Some((slot, bin, bin)),
            _ => state.moving = Some((slot, slot)),
        }
    }
    if let Some((brushed, first, _)) = state.brush.filter(|brush| brush.0 == slot) {
        if let Some(Spot::Bin(bin)) = spot(true) {
            state.brush = Some((brushed, first, bin));
        }
        if card.drag_stopped() {
            if let Some((_, first, last)) = state.brush.take() {
                response.bins = Some((column, first.min(last)..=first.max(last)));
            }
            return;
        }
    }
    if card.clicked() {
        match spot(false) {
            Some(Spot::Bin(bin)) => response.bins = Some((column, bin..=bin)),
            Some(Spot::Top(top)) => response.top = Some((column, top)),
            None => {
                let row = state.view.rows.start;
                state.selection = Some(Selection::of(Place { row, column: slot }));
                response.column = Some(column);
            }
        }
    }
}

/// Shows where a column that is dragged would stand, and puts it there when it is let go.
fn finish_move(grid: &Grid<'_>, ui: &Ui, tokens: &Tokens, state: &mut GridState, layout: &mut Layout, parts: &Parts) {
    let Some((slot, _)) = state.moving else { return };
    ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let before = pointer.map_or(slot, |at| {
        let x = at.x.clamp(parts.body.left(), parts.body.right() - 1.0);
        match parts.slot_at(state, x) {
            Some(over) => {
                let middle = parts.left(state, over) + state.columns.width(over) / 2.0;
                if x < middle { over } else { over + 1 }
            }
            None => state.columns.len(),
        }
    });
    state.moving = Some((slot, before));
    let is_elsewhere = before != slot && before != slot + 1;
    if is_elsewhere {
        let x = if before < state.columns.len() {
            parts.left(state, before)
        } else {
            parts.left(state, before - 1) + state.columns.width(before - 1)
        };
        let x = x.clamp(parts.body.left() + 1.0, parts.body.right() - 1.0);
        let line = Stroke::new(3.0, tokens.accent);
        ui.painter().vline(x, parts.header.top()..=parts.body.bottom(), line);
    }
    if ui.input(|input| input.key_pressed(egui::Key::Escape)) {
        state.moving = None;
    } else if !ui.input(|input| input.pointer.primary_down()) {
        state.moving = None;
        if is_elsewhere {
            move_before(grid, state, layout, slot, before);
            ui.ctx().request_repaint();
        }
    }
}

/// Moves a column by one slot.
pub(super) fn shift_column(grid: &Grid<'_>, state: &GridState, layout: &mut Layout, slot: usize, right: bool) {
    match (right, slot) {
        (true, _) if slot + 1 < state.columns.len() => move_before(grid, state, layout, slot, slot + 2),
        (false, 1..) => move_before(grid, state, layout, slot, slot - 1),
        _ => {}
    }
}

/// Moves the column of a slot before that of another slot, or to the end.
pub(super) fn move_before(grid: &Grid<'_>, state: &GridState, layout: &mut Layout, slot: usize, before: usize) {
    let name = |slot: usize| {
        let is_there = slot < state.columns.len();
        let head = is_there.then(|| grid.heads.get(state.columns.column(slot)));
        head.flatten().map(|head| head.name.as_str())
    };
    if let Some(moved) = name(slot) {
        layout.move_before(grid.heads, moved, name(before));
    }
}

/// The width at which the name and everything in sight can be read.
pub(super) fn fitting_width(grid: &Grid<'_>, ui: &Ui, state: &GridState, slot: usize) -> f32 {
    let column = state.columns.column(slot);
    let numbers = state.columns.format(slot);
    let cells = state
        .view
        .rows
        .clone()
        .filter_map(|row| grid.tiles.cell(row, column))
        .map(|cell| cell::width_of(ui.painter(), cell, numbers));
    let name = grid.heads.get(column).map_or(0.0, |head| {
        let cell = aloft_data::Cell::Text(head.name.as_str().into());
        cell::width_of(ui.painter(), &cell, numbers) + 24.0
    });
    cells.fold(name, f32::max).min(MOST_FITTED)
}
