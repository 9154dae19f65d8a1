//! The recipe as sections: each one line that says what is chosen, and opens into its controls.

use egui::{Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::theme::{font, size};

use super::control::reason_ui;
use super::draft::Draft;
use super::summary::Section;
use super::{features, settings, split, target};

/// Draws all sections. `open` is the one that shows its controls. Answers whether the recipe changed,
/// and the target that was chosen.
pub(super) fn sections_ui(
    draft: &mut Draft,
    open: &mut Option<Section>,
    filter: &mut String,
    candidates: &[String],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> (bool, Option<String>) {
    let (mut changed, mut chosen) = (false, None);
    ui.spacing_mut().item_spacing.y = 0.0;
    for section in Section::ALL {
        let is_open = *open == Some(section);
        if head_ui(section, draft, is_open, ctx, ui) {
            *open = if is_open { None } else { Some(section) };
        }
        if is_open {
            egui::Frame::new()
                .inner_margin(egui::Margin {
                    left: 34,
                    right: 12,
                    top: 2,
                    bottom: 14,
                })
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 6.0;
                    ui.set_width(ui.available_width());
                    for reason in draft.reasons_of(section.key()) {
                        reason_ui(ui, reason);
                    }
                    match section {
                        Section::Data => settings::data_ui(draft, ctx, ui, commands),
                        Section::Target => chosen = target::target_ui(draft, candidates, ui, &mut changed),
                        Section::Features => changed |= features::features_ui(draft, filter, ui),
                        Section::Split => changed |= split::split_ui(draft, ui),
                        Section::Preparation => changed |= settings::preparation_ui(draft, ui),
                        Section::Model => changed |= settings::model_ui(draft, ui),
                        Section::Training => changed |= settings::training_ui(draft, ui),
                        Section::Place => changed |= settings::place_ui(draft, ctx, ui),
                    }
                });
        }
        let at = ui.cursor().top();
        ui.painter()
            .hline(ui.max_rect().x_range(), at, Stroke::new(1.0, ctx.tokens.border));
    }
    (changed, chosen)
}

/// The line of a section. Answers whether it was pressed.
fn head_ui(section: Section, draft: &Draft, is_open: bool, ctx: &AppContext<'_>, ui: &mut Ui) -> bool {
    const SUMMARY_LEFT: f32 = 134.0;
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
    let summary = section.summary(draft);
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::DisclosureTriangle,
            true,
            format!("{}: {summary}", section.title()),
        )
    });
    if response.hovered() {
        ui.painter().rect_filled(rect, size::RADIUS, tokens.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect.shrink(1.0),
            size::RADIUS,
            Stroke::new(1.5, tokens.accent),
            egui::StrokeKind::Inside,
        );
    }
    let middle = rect.center().y;
    let painter = ui.painter();
    let ink = if is_open { tokens.accent } else { tokens.text_secondary };
    painter.text(
        egui::pos2(rect.left() + 18.0, middle),
        egui::Align2::CENTER_CENTER,
        section.icon(),
        font::icon(16.0),
        ink,
    );
    painter.text(
        egui::pos2(rect.left() + 34.0, middle),
        egui::Align2::LEFT_CENTER,
        section.title(),
        font::medium(),
        tokens.text,
    );
    let caret = if is_open { icons::CARET_UP } else { icons::CARET_DOWN };
    painter.text(
        egui::pos2(rect.right() - 16.0, middle),
        egui::Align2::CENTER_CENTER,
        caret,
        font::icon(12.0),
        tokens.text_secondary,
    );
    let room = egui::Rect::from_min_max(
        egui::pos2(rect.left() + SUMMARY_LEFT, rect.top()),
        egui::pos2(rect.right() - 32.0, rect.bottom()),
    );
    let mut job = egui::text::LayoutJob::simple_singleline(summary.clone(), font::body(), tokens.text_secondary);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.width());
    let galley = painter.layout_job(job);
    let cut = galley.elided;
    painter.galley(
        egui::pos2(room.left(), middle - galley.size().y / 2.0),
        galley,
        tokens.text_secondary,
    );
    let pressed = response.clicked();
    if cut {
        response.on_hover_text(summary);
    }
    pressed
}
