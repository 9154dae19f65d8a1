//! Text in its few sizes and colours.

use egui::{Context, KeyboardShortcut, Label, Response, RichText, Ui};

use crate::theme::{self, font};

/// The head of a section.
pub fn section_ui(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.label(RichText::new(text).font(font::section()).color(tokens.text))
}

/// A small label over or beside something.
pub fn label_ui(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.label(RichText::new(text).font(font::label()).color(tokens.text_secondary))
}

/// Text that matters less.
pub fn secondary_ui(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.label(RichText::new(text).color(tokens.text_secondary))
}

/// Text of several lines that matters less.
pub fn paragraph_ui(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.add(Label::new(RichText::new(text).color(tokens.text_secondary)).wrap())
}

/// Code, an id, a number.
pub fn mono_ui(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    ui.label(RichText::new(text).font(font::mono()).color(tokens.text))
}

/// One line that ends in an ellipsis where it does not fit; the tooltip says the whole.
pub fn ellipsis_ui(ui: &mut Ui, text: RichText, whole: &str) -> Response {
    let same = text.text() == whole;
    let response = ui.add(Label::new(text).truncate().show_tooltip_when_elided(same));
    if same { response } else { response.on_hover_text(whole) }
}

/// A line laid out to be painted, with an ellipsis where it does not fit.
pub fn one_line(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    colour: egui::Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// A row of this height, filled from the left.
pub fn row_ui<R>(ui: &mut Ui, height: f32, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let size = egui::vec2(ui.available_width(), height);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.spacing_mut().interact_size.y = height;
        add_contents(ui)
    })
    .inner
}

/// The keys of a shortcut as words: `Ctrl+K`.
pub fn keys_text(ctx: &Context, keys: &KeyboardShortcut) -> String {
    ctx.format_shortcut(keys)
}

/// The keys of a shortcut, as a key cap.
pub fn keys_ui(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    egui::Frame::new()
        .fill(tokens.panel)
        .stroke(egui::Stroke::new(1.0, tokens.border_strong))
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(5, 1))
        .show(ui, |ui| {
            ui.label(
                RichText::new(text)
                    .font(font::mono_label())
                    .color(tokens.text_secondary),
            )
        })
        .inner
}
