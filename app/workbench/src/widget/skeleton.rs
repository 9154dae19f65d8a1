//! Where something will be: quiet bars in its shape.

use egui::{CornerRadius, Sense, Ui, vec2};

use crate::theme::{self, size};

/// A bar of this size.
pub fn skeleton_ui(ui: &mut Ui, width: f32, height: f32) {
    let tokens = theme::tokens(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(4), tokens.hover);
}

/// Rows that are awaited; each a little different in length.
pub fn skeleton_rows_ui(ui: &mut Ui, rows: usize) {
    const SHARES: [f32; 4] = [0.62, 0.48, 0.71, 0.55];
    let width = ui.available_width();
    for row in 0..rows {
        let (rect, _) = ui.allocate_exact_size(vec2(width, size::ROW_HEIGHT), Sense::hover());
        let tokens = theme::tokens(ui.ctx());
        let bar = egui::Rect::from_min_size(
            egui::pos2(rect.left(), rect.center().y - 5.0),
            vec2(width * SHARES[row % SHARES.len()], 10.0),
        );
        ui.painter().rect_filled(bar, CornerRadius::same(4), tokens.hover);
    }
}
