//! The run's record: the recipe it was started with, and what it said.

use aloft_base::log::Line;
use aloft_base::run::Run;
use egui::{CornerRadius, Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, Button, problem_ui};
use crate::work::Fetch;

/// The recipe as it was when the run was started.
pub(super) fn recipe_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let tokens = ctx.tokens;
    ui.horizontal(|ui| {
        if ui
            .add(
                Button::new("Copy recipe")
                    .glyph(icons::COPY)
                    .tooltip("Put the TOML on the clipboard"),
            )
            .clicked()
        {
            commands.send(ViewCommand::Copy(run.recipe.clone()));
        }
        if ui
            .add(
                Button::new("Open run folder")
                    .glyph(icons::FOLDER_OPEN)
                    .tooltip("Checkpoints, model and result are files there"),
            )
            .clicked()
        {
            commands.send(ViewCommand::Reveal(ctx.environment.folder.join("runs").join(&run.id)));
        }
        widget::secondary_ui(
            ui,
            "As it was when the run was started. Save it to a file and `aloft run` does the same.",
        );
    });
    ui.add_space(size::GAP);
    ScrollArea::both().auto_shrink(false).id_salt("recipe").show(ui, |ui| {
        Frame::new()
            .fill(tokens.raised)
            .stroke(Stroke::new(1.0, tokens.border))
            .corner_radius(CornerRadius::same(size::RADIUS))
            .inner_margin(Margin::same(16))
            .show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                let text = RichText::new(&run.recipe).font(font::mono()).color(tokens.text);
                ui.add(Label::new(text).selectable(true).extend());
            });
    });
}

/// What the job said, newest at the end.
pub(super) fn log_ui(log: &Fetch<Vec<Line>>, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = log.report() {
        problem_ui(ui, "Could not read the log", report, false, commands);
        return;
    }
    let Some(lines) = log.value() else {
        widget::skeleton_rows_ui(ui, 6);
        return;
    };
    if lines.is_empty() {
        widget::secondary_ui(ui, "Nothing was said yet.");
        return;
    }
    widget::log_lines_ui(ui, lines, |_| None);
}
