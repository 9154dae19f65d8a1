//! The first rows of a table in a small grid that scrolls both ways. Only cells in sight are drawn.

use aloft_data::{Cell, HeadColumn, TablePreview};
use egui::{Color32, CornerRadius, FontId, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::entry::escaped;
use crate::theme::{self, Tokens, font};
use crate::widget::one_line;

const ROW: f32 = 24.0;
const PAD: f32 = 8.0;
/// Rows in sight.
const SEEN: usize = 8;
/// The narrowest and the widest column, in points.
const WIDTHS: [f32; 2] = [48.0, 200.0];
/// About how wide a character of text is, in points.
const CHARACTER: f32 = 7.8;
/// The same of a number, which is written smaller.
const DIGIT: f32 = 6.8;
/// So many rows decide how wide a column is.
const MEASURED: usize = 40;
/// More characters of a cell are not drawn.
const MOST_CHARS: usize = 80;

/// Where the columns begin, and at last where they end.
pub(super) fn edges(table: &TablePreview) -> Vec<f32> {
    let mut edge = 0.0;
    let mut edges = vec![edge];
    for column in &table.head {
        let name = name_of(table, column).chars().count();
        let cells = column
            .cells
            .iter()
            .take(MEASURED)
            .map(|cell| cell.text().chars().count());
        let characters = cells.fold(name, usize::max).min(MOST_CHARS);
        let each = if is_number(table, column) { DIGIT } else { CHARACTER };
        edge += (characters as f32 * each + 2.0 * PAD + 4.0).clamp(WIDTHS[0], WIDTHS[1]);
        edges.push(edge);
    }
    edges
}

fn name_of<'a>(table: &'a TablePreview, column: &HeadColumn) -> &'a str {
    table
        .schema
        .get(column.column)
        .map_or("", |column| column.name.as_str())
}

fn is_number(table: &TablePreview, column: &HeadColumn) -> bool {
    table
        .schema
        .get(column.column)
        .is_some_and(|column| column.kind.is_number())
}

/// Draws the grid over the width there is. `edges` are of this table.
pub(super) fn cells_ui(table: &TablePreview, edges: &[f32], ui: &mut Ui) {
    let rows = table.head_rows();
    let tokens = theme::tokens(ui.ctx());
    // Room for the bar below the rows.
    let height = (rows.min(SEEN) + 1) as f32 * ROW + 10.0;
    egui::Frame::new()
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(theme::size::RADIUS)
        .inner_margin(1)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ScrollArea::both()
                .id_salt("first rows")
                .auto_shrink(false)
                .max_height(height)
                .min_scrolled_height(height)
                .show_viewport(ui, |ui, viewport| {
                    let whole = vec2(edges.last().copied().unwrap_or_default(), (rows + 1) as f32 * ROW);
                    let (rect, _) = ui.allocate_exact_size(whole.max(viewport.size()), Sense::hover());
                    let seen = Rect::from_min_size(rect.min + viewport.min.to_vec2(), viewport.size());
                    paint(table, edges, rect, seen, &tokens, ui);
                });
        });
}

fn paint(table: &TablePreview, edges: &[f32], rect: Rect, seen: Rect, tokens: &Tokens, ui: &mut Ui) {
    let line = Stroke::new(1.0, theme::mix(tokens.background, tokens.border, 0.6));
    let top = seen.top() - rect.top();
    let first = (top / ROW).max(0.0) as usize;
    let fit = (seen.height() / ROW).ceil() as usize + 1;
    let mut painter = ui.painter().clone();
    painter.set_clip_rect(ui.clip_rect().intersect(seen.with_min_y(seen.top() + ROW)));
    for (nth, column) in table.head.iter().enumerate() {
        let (left, right) = (rect.left() + edges[nth], rect.left() + edges[nth + 1]);
        if right < seen.left() || left > seen.right() {
            continue;
        }
        let at_right = is_number(table, column);
        for (row, cell) in column.cells.iter().enumerate().skip(first).take(fit) {
            let y = rect.top() + (row + 1) as f32 * ROW;
            let place = Rect::from_min_max(pos2(left, y), pos2(right, y + ROW));
            let (text, face, ink) = written(cell, tokens);
            text_ui(&painter, place, &text, face, ink, at_right, ui);
            let in_sight = place.intersect(painter.clip_rect());
            if in_sight.is_positive() {
                let node = ui.interact(in_sight, ui.scope_id().with(("cell", nth, row)), Sense::hover());
                node.widget_info(|| WidgetInfo::labeled(Role::Cell, true, &text));
                if cell.text().chars().count() as f32 * CHARACTER > place.width() - 2.0 * PAD {
                    node.on_hover_text(escaped(cell.text()));
                }
            }
        }
    }
    for row in first..(first + fit).min(table.head_rows()) {
        let y = rect.top() + (row + 2) as f32 * ROW;
        painter.hline(seen.x_range(), y - 0.5, line);
    }
    painter.set_clip_rect(ui.clip_rect().intersect(seen));
    let head = Rect::from_min_size(seen.min, vec2(seen.width(), ROW));
    painter.rect_filled(head, CornerRadius::ZERO, tokens.panel);
    painter.hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, tokens.border));
    for (nth, column) in table.head.iter().enumerate() {
        let edges = [rect.left() + edges[nth], rect.left() + edges[nth + 1]];
        let place = Rect::from_min_max(pos2(edges[0], head.top()), pos2(edges[1], head.bottom()));
        let in_sight = place.intersect(painter.clip_rect());
        if !in_sight.is_positive() {
            continue;
        }
        let Some(of) = table.schema.get(column.column) else {
            continue;
        };
        let right = of.kind.is_number();
        let name = escaped(&of.name);
        text_ui(&painter, place, &name, font::label(), tokens.text_secondary, right, ui);
        let node = ui.interact(in_sight, ui.scope_id().with(("head", nth)), Sense::hover());
        node.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &name));
        node.on_hover_text(format!("{name}, {}", of.kind.label()));
    }
}

/// How a cell is written.
fn written(cell: &Cell, tokens: &Tokens) -> (String, FontId, Color32) {
    match cell {
        Cell::Null => ("null".to_owned(), font::label(), tokens.text_secondary),
        Cell::NaN => ("NaN".to_owned(), font::mono_label(), tokens.warning),
        Cell::Text(text) if text.is_empty() => ("\"\"".to_owned(), font::mono_label(), tokens.text_secondary),
        Cell::Text(text) => {
            let cut: String = text.chars().take(MOST_CHARS).collect();
            (escaped(&cut), font::body(), tokens.text)
        }
        Cell::Number(text) => (text.to_string(), font::mono_label(), tokens.text),
    }
}

fn text_ui(painter: &egui::Painter, place: Rect, text: &str, face: FontId, ink: Color32, right: bool, ui: &Ui) {
    let inner = place.shrink2(vec2(PAD, 0.0));
    let galley = one_line(ui, text, face, ink, inner.width());
    let x = if right {
        inner.right() - galley.size().x
    } else {
        inner.left()
    };
    painter.galley(pos2(x, inner.center().y - galley.size().y / 2.0), galley, ink);
}
