//! Drawing the cells and the numbers of the rows.

use aloft_data::Cell;
use egui::{Align2, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::format;
use crate::theme::{Tokens, font};

use super::cell;
use super::number_format::NumberFormat;
use super::selection::Place;
use super::view::{Grid, GridState, Parts, ROW};

const TOOLTIP_CHARS: usize = 1000;

pub(super) fn paint(grid: &Grid<'_>, ui: &Ui, tokens: &Tokens, state: &GridState, parts: &Parts) {
    let line = Stroke::new(1.0, crate::theme::mix(tokens.background, tokens.border, 0.6));
    // Only when something reads the window: a node a cell costs time.
    let is_read = ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_some();
    let whole = ui.painter().with_clip_rect(parts.body);
    for row in state.view.rows.clone() {
        let top = parts.top(state, row);
        whole.hline(parts.body.x_range(), top + ROW - 0.5, line);
    }
    let bottom = if grid.rows as f64 > parts.rows_seen {
        parts.body.bottom()
    } else {
        parts.body.top() + grid.rows as f32 * ROW
    };
    for (slots, clip) in parts.groups(state, parts.body) {
        let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
        for slot in slots {
            let column = state.columns.column(slot);
            let numbers = state.columns.format(slot);
            let (left, width) = (parts.left(state, slot), state.columns.width(slot));
            for row in state.view.rows.clone() {
                let rect = Rect::from_min_size(pos2(left, parts.top(state, row)), vec2(width, ROW));
                let place = Place { row, column: slot };
                if state.selection.is_some_and(|selection| selection.contains(place)) {
                    painter.rect_filled(rect, CornerRadius::ZERO, tokens.selected);
                }
                let found = grid.tiles.cell(row, column);
                match found {
                    Some(found) => drop(cell::paint(&painter, tokens, rect, found, numbers)),
                    None => cell::paint_skeleton(&painter, tokens, rect, row, column),
                }
                if is_read && let Some(found) = found {
                    let node = ui.interact(rect.intersect(clip), parts.id.with((row, column)), Sense::hover());
                    node.widget_info(|| WidgetInfo::labeled(Role::Cell, true, cell::spoken(found, numbers)));
                }
            }
            painter.vline(left + width - 0.5, parts.body.top()..=bottom, line);
            if let Some(cursor) = state.selection.map(|selection| selection.cursor)
                && cursor.column == slot
                && state.view.rows.contains(&cursor.row)
            {
                let rect = Rect::from_min_size(pos2(left, parts.top(state, cursor.row)), vec2(width, ROW));
                let stroke = Stroke::new(1.5, tokens.accent);
                painter.rect_stroke(rect, CornerRadius::same(2), stroke, StrokeKind::Inside);
            }
        }
    }
}

pub(super) fn paint_numbers(ui: &Ui, tokens: &Tokens, state: &GridState, parts: &Parts) {
    let painter = ui.painter().with_clip_rect(parts.numbers);
    painter.rect_filled(parts.numbers, CornerRadius::ZERO, tokens.panel);
    let is_read = ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_some();
    for row in state.view.rows.clone() {
        let top = parts.top(state, row);
        let at = pos2(parts.numbers.right() - 10.0, top + ROW / 2.0);
        let chosen = state.selection.is_some_and(|selection| selection.rows().contains(&row));
        let ink = if chosen { tokens.text } else { tokens.text_secondary };
        let text = format::count(row + 1);
        if is_read {
            let rect = Rect::from_min_size(pos2(parts.numbers.left(), top), vec2(parts.numbers.width(), ROW));
            let node = ui.interact(
                rect.intersect(parts.numbers),
                parts.id.with(("row", row)),
                Sense::hover(),
            );
            node.widget_info(|| WidgetInfo::labeled(Role::RowHeader, true, format!("Row {text}")));
        }
        painter.text(at, Align2::RIGHT_CENTER, text, font::mono_label(), ink);
    }
}

/// What does not fit its cell, or stands there in another form than it is written in.
pub(super) fn tooltip_ui(grid: &Grid<'_>, body: &Response, state: &GridState, parts: &Parts) {
    let Some(place) = body.hover_pos().and_then(|at| grid.place_at(state, parts, at)) else {
        return;
    };
    let column = state.columns.column(place.column);
    let Some(Cell::Text(text) | Cell::Number(text)) = grid.tiles.cell(place.row, column) else {
        return;
    };
    let room = state.columns.width(place.column) - 2.0 * cell::PADDING;
    let is_formatted = state.columns.format(place.column) != NumberFormat::Plain;
    let mut tip = body.clone();
    // A tooltip belongs to the cell and not to the whole grid: it closes when the pointer leaves the cell.
    tip.id = body.id.with((place.row, column));
    let painter = body.ctx.layer_painter(body.layer_id);
    let galley = cell::line(&painter, text, font::body(), egui::Color32::PLACEHOLDER, room);
    if !galley.elided && !text.contains('\n') && !is_formatted {
        return;
    }
    tip.on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(480.0);
        let shown = text
            .char_indices()
            .nth(TOOLTIP_CHARS)
            .map_or(&**text, |(at, _)| &text[..at]);
        ui.label(shown);
    });
}
