//! The bar at the bottom: jobs, transfers, log, workspace.

use aloft_base::job::Kind;
use egui::{Align, Align2, Frame, Layout, Margin, Panel, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use super::transfers;
use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::environment::WorkspaceState;
use crate::format;
use crate::settings::Drawer;
use crate::theme::{font, size};
use crate::widget::Tone;

/// Draws the bar.
pub(super) fn panel_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let frame = Frame::new()
        .fill(ctx.tokens.panel)
        .inner_margin(Margin::symmetric(8, 0));
    Panel::bottom("status bar")
        .resizable(false)
        .exact_size(size::STATUS_BAR)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                drawer_item_ui(ctx, ui, commands, Drawer::Jobs, icons::STACK, &jobs_text(ctx));
                let transfers = transfers_text(ctx);
                drawer_item_ui(ctx, ui, commands, Drawer::Transfers, icons::ARROWS_DOWN_UP, &transfers);
                drawer_item_ui(ctx, ui, commands, Drawer::Log, icons::LIST_DASHES, "Log");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    workspace_ui(ctx, ui, commands);
                });
            });
        });
}

fn jobs_text(ctx: &AppContext<'_>) -> String {
    match active_jobs(ctx) {
        0 => "No jobs running".to_owned(),
        count => format!("{} running", format::plural(count as u64, "job", "jobs")),
    }
}

/// The jobs that work and are no transfers.
fn active_jobs(ctx: &AppContext<'_>) -> usize {
    ctx.library
        .active_jobs()
        .filter(|job| job.kind != Kind::Transfer)
        .count()
}

fn transfers_text(ctx: &AppContext<'_>) -> String {
    match transfers::active_count(ctx) {
        0 => "No transfers".to_owned(),
        count => format::plural(count as u64, "transfer", "transfers"),
    }
}

fn drawer_item_ui(
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
    drawer: Drawer,
    glyph: &str,
    text: &str,
) {
    let open = ctx.settings.drawer == Some(drawer);
    let caret = if open { icons::CARET_DOWN } else { icons::CARET_UP };
    let working = match drawer {
        Drawer::Jobs => active_jobs(ctx) > 0,
        Drawer::Transfers => transfers::active_count(ctx) > 0,
        Drawer::Log => false,
    };
    let response = item_ui(
        ctx,
        ui,
        glyph,
        text,
        Some(caret),
        if working { Tone::Accent } else { Tone::Neutral },
    );
    let what = match drawer {
        Drawer::Jobs => "Jobs: what is being profiled and trained",
        Drawer::Transfers => "Transfers: what moves between this machine and buckets",
        Drawer::Log => "Log: what jobs said",
    };
    if response.on_hover_text(what).clicked() {
        commands.send(ViewCommand::Drawer(drawer));
    }
}

fn workspace_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let folder = ctx.environment.folder.display().to_string();
    let name = ctx
        .environment
        .folder
        .file_name()
        .map_or(folder.clone(), |name| name.to_string_lossy().into_owned());
    if let Some(report) = &ctx.environment.feed {
        item_ui(ctx, ui, icons::WARNING, "Workspace cannot be read", None, Tone::Bad).on_hover_text(report.to_string());
    }
    let text = match ctx.environment.state {
        WorkspaceState::Opening => "Opening workspace…".to_owned(),
        _ => name,
    };
    let response = item_ui(ctx, ui, icons::FOLDER_SIMPLE, &text, None, Tone::Neutral);
    if response
        .on_hover_text(format!("Workspace {folder}\nPress to open the folder"))
        .clicked()
    {
        commands.send(ViewCommand::Reveal(ctx.environment.folder.clone()));
    }
    if ctx.settings.zoom != 1.0 {
        let zoom = format!("{:.0} %", ctx.settings.zoom * 100.0);
        let response = item_ui(ctx, ui, icons::MAGNIFYING_GLASS, &zoom, None, Tone::Neutral);
        if response.on_hover_text("Zoom to 100 %  (Ctrl+0)").clicked() {
            commands.send(ViewCommand::ZoomReset);
        }
    }
}

/// One item: icon, words, caret.
fn item_ui(ctx: &AppContext<'_>, ui: &mut Ui, glyph: &str, text: &str, caret: Option<&str>, tone: Tone) -> Response {
    let (ink, _) = tone.colours(ctx.tokens);
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), font::label(), ctx.tokens.text_secondary);
    let width = galley.size().x + 32.0 + if caret.is_some() { 14.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width.ceil(), 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, 4, ctx.tokens.hover);
    }
    if response.has_focus() {
        painter.rect_stroke(
            rect,
            4,
            egui::Stroke::new(1.5, ctx.tokens.accent),
            egui::StrokeKind::Inside,
        );
    }
    painter.text(
        pos2(rect.left() + 14.0, rect.center().y),
        Align2::CENTER_CENTER,
        glyph,
        font::icon(14.0),
        ink,
    );
    let at = pos2(rect.left() + 26.0, rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, ctx.tokens.text_secondary);
    if let Some(caret) = caret {
        let at = pos2(rect.right() - 10.0, rect.center().y);
        painter.text(
            at,
            Align2::CENTER_CENTER,
            caret,
            font::icon(10.0),
            ctx.tokens.text_secondary,
        );
    }
    response
}
