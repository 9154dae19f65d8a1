//! A page with nothing to show yet: what it is for, and the one button that starts it.

use egui::{Align, Layout, Response, Ui};

use crate::theme::{self, font, size};

use super::button::Button;

/// Says what the place is for, with one button. Answers the button's response.
pub fn empty_ui(ui: &mut Ui, glyph: &str, title: &str, text: &str, button: Option<(&str, &str)>) -> Option<Response> {
    let tokens = theme::tokens(ui.ctx());
    let height = ui.available_height();
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((height * 0.5 - 110.0).max(size::GAP_SECTION));
        ui.label(
            egui::RichText::new(glyph)
                .font(font::icon(40.0))
                .color(tokens.text_disabled),
        );
        ui.add_space(4.0);
        ui.label(egui::RichText::new(title).font(font::section()).color(tokens.text));
        ui.set_max_width(420.0);
        ui.add(
            egui::Label::new(egui::RichText::new(text).color(tokens.text_secondary))
                .wrap()
                .halign(Align::Center),
        );
        ui.add_space(size::GAP);
        button.map(|(icon, words)| ui.add(Button::primary(words).glyph(icon)))
    })
    .inner
}
