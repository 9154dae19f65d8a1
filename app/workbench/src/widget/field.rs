//! Fields: text that is typed, and values beside their names.

use egui::{Margin, Response, TextEdit, Ui};
use egui_phosphor::regular as icons;

use crate::theme::{self, font};

use super::button::control_size;
use super::text::{ellipsis_ui, row_ui};

/// A line of text with a name for screen readers and a hint while it is empty.
pub fn text_field_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str, width: f32) -> Response {
    let edit = line(ui, text, hint, width);
    named(ui.add(edit), name)
}

/// A line of text that is shown as dots.
pub fn secret_field_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str, width: f32) -> Response {
    let edit = line(ui, text, hint, width).password(true);
    named(ui.add(edit), name)
}

/// A field to search with: a magnifying glass before the text.
pub fn search_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str, width: f32) -> Response {
    let glass = egui::RichText::new(icons::MAGNIFYING_GLASS)
        .font(font::icon(14.0))
        .color(theme::tokens(ui.ctx()).text_secondary);
    let edit = line(ui, text, hint, width).prefix(glass);
    named(ui.add(edit), name)
}

/// One line to type in, as high as a button.
fn line<'t>(ui: &Ui, text: &'t mut String, hint: &str, width: f32) -> TextEdit<'t> {
    let hint = egui::RichText::new(hint).color(theme::tokens(ui.ctx()).text_secondary);
    TextEdit::singleline(text)
        .hint_text(hint)
        .margin(Margin::symmetric(8, 5))
        .min_size(control_size(0.0))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(width)
}

/// Gives a field a name that assistive technology finds it by.
fn named(response: Response, name: &str) -> Response {
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

/// A name and its value in one row; a long value ends in an ellipsis and is whole in the tooltip.
pub fn key_value_ui(ui: &mut Ui, key: &str, value: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    row_ui(ui, 20.0, |ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(104.0, 20.0), egui::Sense::hover());
        ui.painter().text(
            rect.left_center(),
            egui::Align2::LEFT_CENTER,
            key,
            font::body(),
            tokens.text_secondary,
        );
        ellipsis_ui(ui, egui::RichText::new(value).color(tokens.text), value)
    })
}
