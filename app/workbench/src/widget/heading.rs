//! The title of a column that a table can be sorted by.

use egui::{Align2, CornerRadius, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};
use egui_phosphor::regular as icons;

use crate::theme::{self, font};

/// A column's title, as it stands over its cells.
#[derive(Clone, Copy, Debug)]
pub struct ColumnHeading<'a> {
    pub title: &'a str,
    /// What a screen reader says.
    pub says: &'a str,
    /// Whether the table is sorted by it, and then whether the largest comes first.
    pub sorted: Option<bool>,
    /// Whether its cells end at the right.
    pub is_right: bool,
}

impl ColumnHeading<'_> {
    /// Draws it in a cell; a press is one anywhere in `pressable`.
    pub fn show(self, ui: &Ui, id: Id, cell: Rect, pressable: Rect) -> Response {
        let tokens = theme::tokens(ui.ctx());
        let response = ui.interact(pressable, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, self.says));
        let ink = if self.sorted.is_some() || response.hovered() {
            tokens.text
        } else {
            tokens.text_secondary
        };
        let (at, align) = if self.is_right {
            (cell.right_center(), Align2::RIGHT_CENTER)
        } else {
            (cell.left_center(), Align2::LEFT_CENTER)
        };
        let words = ui.painter().text(at, align, self.title, font::label(), ink);
        if let Some(is_descending) = self.sorted {
            let arrow = if is_descending {
                icons::CARET_DOWN
            } else {
                icons::CARET_UP
            };
            let x = if self.is_right {
                words.left() - 9.0
            } else {
                words.right() + 9.0
            };
            let at = pos2(x, cell.center().y);
            ui.painter()
                .text(at, Align2::CENTER_CENTER, arrow, font::icon(10.0), ink);
        }
        if response.has_focus() {
            let ring = Stroke::new(1.5, tokens.accent);
            ui.painter()
                .rect_stroke(cell, CornerRadius::same(4), ring, StrokeKind::Outside);
        }
        response
    }
}
