//! Cards: a raised surface with a hairline border.

use egui::{
    CornerRadius, Frame, InnerResponse, Margin, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use crate::theme::{self, font, size};

use super::button::paint_focus;

/// A raised surface around other things.
pub fn card_ui<R>(ui: &mut Ui, add_contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let tokens = theme::tokens(ui.ctx());
    Frame::new()
        .fill(tokens.raised)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::same(16))
        .show(ui, add_contents)
}

/// A large card that is pressed as a whole: icon, title, and a line below.
#[must_use = "show it with `Card::show`"]
pub struct Card<'a> {
    pub glyph: &'a str,
    pub title: &'a str,
    pub text: &'a str,
    /// Shown at the right of the title: keys, or a caret.
    pub trailing: &'a str,
    pub tooltip: &'a str,
    /// Whether something is held over it that it would take.
    pub highlighted: bool,
    pub why_not: Option<&'a str>,
}

impl Card<'_> {
    /// Draws it in this size.
    pub fn show(self, ui: &mut Ui, width: f32, height: f32) -> Response {
        let tokens = theme::tokens(ui.ctx());
        let enabled = self.why_not.is_none();
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, self.title));
        if ui.is_rect_visible(rect) {
            let hovered = enabled && response.hovered() || self.highlighted;
            let fill = if response.is_pointer_button_down_on() {
                tokens.pressed
            } else if hovered {
                tokens.hover
            } else {
                tokens.raised
            };
            let border = if self.highlighted {
                tokens.accent
            } else if hovered {
                tokens.border_strong
            } else {
                tokens.border
            };
            let painter = ui.painter();
            painter.rect(
                rect,
                CornerRadius::same(size::RADIUS + 2),
                fill,
                Stroke::new(1.0, border),
                StrokeKind::Inside,
            );
            paint_focus(ui, &response, rect);
            let inner = rect.shrink(16.0);
            let badge = egui::Rect::from_min_size(inner.min, vec2(36.0, 36.0));
            painter.rect_filled(badge, CornerRadius::same(8), tokens.selected);
            let (ink, text_ink) = if enabled {
                (tokens.accent, tokens.text)
            } else {
                (tokens.text_disabled, tokens.text_disabled)
            };
            painter.text(
                badge.center(),
                egui::Align2::CENTER_CENTER,
                self.glyph,
                font::icon(20.0),
                ink,
            );
            let title_at = egui::pos2(inner.left(), badge.bottom() + 14.0);
            painter.text(title_at, egui::Align2::LEFT_TOP, self.title, font::section(), text_ink);
            if !self.trailing.is_empty() {
                let at = egui::pos2(inner.right(), badge.center().y);
                painter.text(
                    at,
                    egui::Align2::RIGHT_CENTER,
                    self.trailing,
                    font::label(),
                    tokens.text_secondary,
                );
            }
            let galley = painter.layout(self.text.to_owned(), font::body(), tokens.text_secondary, inner.width());
            painter.galley(
                egui::pos2(inner.left(), title_at.y + 24.0),
                galley,
                tokens.text_secondary,
            );
        }
        match self.why_not {
            Some(why) => response.on_hover_text(why),
            None => response.on_hover_text(self.tooltip),
        }
    }
}

/// A hairline across the available width.
pub fn hairline_ui(ui: &mut Ui) {
    let tokens = theme::tokens(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.center().y, Stroke::new(1.0, tokens.border));
}
