//! How far something is.

use egui::{CornerRadius, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::theme;

use super::pill::Tone;

/// A thin bar. `None` means that the whole is not known: the bar is a quiet stripe that does not move,
/// since moving would repaint the window for ever.
pub fn progress_bar_ui(ui: &mut Ui, name: &str, fraction: Option<f64>, tone: Tone, width: f32) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(width, 6.0), Sense::hover());
    let fraction = fraction.map(|fraction| fraction.clamp(0.0, 1.0) as f32);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = fraction.map(|fraction| f64::from((fraction * 100.0).floor()));
        info
    });
    if ui.is_rect_visible(rect) {
        let (ink, _) = tone.colours(&tokens);
        let radius = CornerRadius::same(3);
        ui.painter().rect_filled(rect, radius, tokens.border);
        let filled = match fraction {
            Some(fraction) if fraction > 0.0 => {
                Rect::from_min_size(rect.min, vec2((rect.width() * fraction).max(6.0), rect.height()))
            }
            Some(_) => return response,
            None => Rect::from_center_size(rect.center(), vec2(rect.width() * 0.3, rect.height())),
        };
        ui.painter().rect_filled(filled, radius, ink);
    }
    response
}

/// Three dots that say that something is awaited, without moving.
pub fn spinner_ui(ui: &mut Ui, what: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.label(
        egui::RichText::new(format!("{} {what}", egui_phosphor::regular::HOURGLASS_MEDIUM))
            .color(tokens.text_secondary),
    )
}
