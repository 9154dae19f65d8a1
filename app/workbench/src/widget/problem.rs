//! Problems where the thing would be: what failed, why, the next step, and a way to try again.

use aloft_base::Report;
use egui::{CornerRadius, Frame, Margin, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, view};
use crate::theme::{self, font, size};

use super::button::Button;
use super::pill::Tone;

/// Says what failed, why, and what to do. Answers whether *Try again* was pressed.
/// Without a retry there is no such button.
pub fn problem_ui(ui: &mut Ui, what: &str, report: &Report, retry: bool, commands: &mut CommandSender) -> bool {
    let mut again = false;
    framed(ui, Tone::Bad, icons::WARNING_CIRCLE, |ui| {
        let tokens = theme::tokens(ui.ctx());
        ui.label(egui::RichText::new(what).font(font::medium()).color(tokens.text));
        ui.add(
            egui::Label::new(egui::RichText::new(&report.message).color(tokens.text))
                .wrap()
                .selectable(true),
        );
        if !report.hint.is_empty() {
            ui.add(egui::Label::new(egui::RichText::new(&report.hint).color(tokens.text_secondary)).wrap());
        }
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            if retry {
                again = ui.add(Button::new("Try again").glyph(icons::ARROW_CLOCKWISE)).clicked();
            }
            if ui.add(Button::quiet("Copy details").glyph(icons::COPY)).clicked() {
                commands.send(view::copy_report(what, report));
            }
        });
    });
    again
}

/// A remark in its own box: a warning, a note on how a file is read.
pub fn notice_ui(ui: &mut Ui, tone: Tone, glyph: &str, text: &str) {
    framed(ui, tone, glyph, |ui| {
        let tokens = theme::tokens(ui.ctx());
        ui.add(
            egui::Label::new(egui::RichText::new(text).color(tokens.text))
                .wrap()
                .selectable(true),
        );
    });
}

fn framed(ui: &mut Ui, tone: Tone, glyph: &str, add_contents: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui.ctx());
    let (ink, ground) = tone.colours(&tokens);
    Frame::new()
        .fill(ground)
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::same(12))
        .show(ui, |ui| {
            ui.horizontal_top(|ui| {
                ui.label(egui::RichText::new(glyph).font(font::icon(size::ICON)).color(ink));
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 4.0;
                    ui.set_width(ui.available_width());
                    add_contents(ui);
                });
            });
        });
}
