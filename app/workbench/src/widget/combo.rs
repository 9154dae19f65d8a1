//! Choices that open: a list, and a box to tick.

use egui::{ComboBox, Response, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::theme::{self, font};

/// A list to choose from, with a caret that fits the other controls. `add_contents` draws the entries.
pub fn combo_ui(ui: &mut Ui, name: &str, shown: &str, width: f32, add_contents: impl FnOnce(&mut Ui)) {
    let combo = ComboBox::from_id_salt(name)
        .width(width)
        .truncate()
        .selected_text(shown)
        .icon(|ui, rect, visuals, is_open| {
            let glyph = if is_open { icons::CARET_UP } else { icons::CARET_DOWN };
            ui.painter().text(
                rect.center(),
                egui::Align2::CENTER_CENTER,
                glyph,
                font::icon(12.0),
                visuals.fg_stroke.color,
            );
        })
        .show_ui(ui, add_contents);
    let id = combo.response.id;
    combo
        .response
        .ctx
        .accesskit_node_builder(id, |node| node.set_label(name));
}

/// A box to tick, with its words.
pub fn check_ui(ui: &mut Ui, text: &str, checked: &mut bool) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.checkbox(checked, RichText::new(text).color(tokens.text))
}
