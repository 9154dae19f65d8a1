//! The run's record: the recipe it was started with, and what it said.

use aloft_base::log::{Level, Line};
use aloft_base::run::Run;
use egui::{
    Align2, CornerRadius, Frame, Label, Margin, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::format;
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
pub(super) fn log_ui(log: &Fetch<Vec<Line>>, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
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
    ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("log")
        .stick_to_bottom(true)
        .show_rows(ui, 20.0, lines.len(), |ui, range| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for line in &lines[range] {
                line_ui(line, ctx, ui);
            }
        });
}

fn line_ui(line: &Line, ctx: &AppContext<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &line.text));
    let (glyph, ink) = match line.level {
        Level::Info => ("", tokens.text),
        Level::Warning => (icons::WARNING, tokens.warning),
        Level::Error => (icons::X_CIRCLE, tokens.bad),
    };
    let y = rect.center().y;
    let painter = ui.painter();
    painter.text(
        pos2(rect.left(), y),
        Align2::LEFT_CENTER,
        format::clock(line.time_ms),
        font::mono_label(),
        tokens.text_secondary,
    );
    painter.text(
        pos2(rect.left() + 72.0, y),
        Align2::CENTER_CENTER,
        glyph,
        font::icon(12.0),
        ink,
    );
    let mut job = egui::text::LayoutJob::simple_singleline(line.text.clone(), font::mono(), ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 86.0);
    let galley = painter.layout_job(job);
    painter.galley(pos2(rect.left() + 86.0, y - galley.size().y / 2.0), galley, ink);
    response.on_hover_text(format!("{}\n{}", format::absolute(line.time_ms), line.text));
}
