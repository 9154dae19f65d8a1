//! The whole window when the workspace cannot be opened: what, why, next step.

use aloft_base::{ErrorKind, Report};
use egui::{Align, CentralPanel, Frame, Label, Layout, RichText, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand, view};
use crate::context::AppContext;
use crate::theme::font;
use crate::widget::{Button, card_ui};

/// What the page is called and what went wrong in a few words.
fn headline(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Corrupt => "The workspace is damaged",
        ErrorKind::Unsupported => "The workspace belongs to a newer Aloft",
        ErrorKind::PermissionDenied => "The workspace cannot be written to",
        ErrorKind::NoSpace => "The disk is full",
        _ => "The workspace cannot be opened",
    }
}

/// Draws it.
pub(super) fn page_ui(ctx: &AppContext<'_>, report: &Report, ui: &mut Ui, commands: &mut CommandSender) {
    CentralPanel::no_frame()
        .frame(Frame::new().fill(ctx.tokens.background))
        .show(ui, |ui| {
            let height = ui.available_height();
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                ui.add_space((height * 0.5 - 190.0).max(24.0));
                ui.label(
                    RichText::new(icons::DATABASE)
                        .font(font::icon(40.0))
                        .color(ctx.tokens.bad),
                );
                ui.add_space(4.0);
                ui.label(
                    RichText::new(headline(report.kind))
                        .font(font::title())
                        .color(ctx.tokens.text),
                );
                ui.add_space(12.0);
                ui.allocate_ui_with_layout(vec2(560.0, 0.0), Layout::top_down(Align::Min), |ui| {
                    card_ui(ui, |ui| {
                        ui.set_width(528.0);
                        part_ui(ctx, ui, "Workspace", &ctx.environment.folder.display().to_string());
                        part_ui(ctx, ui, "What happened", &report.message);
                        if !report.hint.is_empty() {
                            part_ui(ctx, ui, "What you can do", &report.hint);
                        }
                    });
                    ui.add_space(12.0);
                    ui.horizontal(|ui| {
                        if ui.add(Button::primary("Retry").glyph(icons::ARROW_CLOCKWISE)).clicked() {
                            commands.send(ViewCommand::RetryWorkspace);
                        }
                        if ui.add(Button::new("Copy details").glyph(icons::COPY)).clicked() {
                            let what = format!("Could not open the workspace {}", ctx.environment.folder.display());
                            commands.send(view::copy_report(&what, report));
                        }
                        if ui.add(Button::quiet("Open folder").glyph(icons::FOLDER_OPEN)).clicked() {
                            commands.send(ViewCommand::Reveal(ctx.environment.folder.clone()));
                        }
                    });
                });
            });
        });
}

fn part_ui(ctx: &AppContext<'_>, ui: &mut Ui, name: &str, text: &str) {
    ui.label(RichText::new(name).font(font::label()).color(ctx.tokens.text_secondary));
    ui.add(
        Label::new(RichText::new(text).color(ctx.tokens.text))
            .wrap()
            .selectable(true),
    );
    ui.add_space(4.0);
}
