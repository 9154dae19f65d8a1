//! Before the start: what training will do, and what was left out.

use aloft_data::SplitMethod;
use aloft_train::ModelSpec;
use egui::{Align2, CornerRadius, Rect, RichText, ScrollArea, Sense, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Tone, card_ui, notice_ui, section_ui};

use super::draft::Draft;
use super::parts::{self, Parts, Remedy};

/// Draws the plan.
pub(super) fn preview_ui(draft: &Draft, parts: &Parts, ctx: &AppContext<'_>, ui: &mut Ui) -> Option<Remedy> {
    let mut remedy = None;
    ScrollArea::vertical().id_salt("plan").auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        for problem in &draft.plan.problems {
            notice_ui(ui, Tone::Warning, icons::WARNING, problem);
            ui.add_space(size::GAP);
        }
        card_ui(ui, |ui| {
            ui.set_width(ui.available_width());
            section_ui(ui, "What will happen");
            ui.add_space(2.0);
            sentence_ui(draft, ctx, ui);
            ui.add_space(size::GAP);
            sizes_ui(draft, parts, ctx, ui);
            ui.add_space(size::GAP_WIDE);
            figures_ui(draft, ctx, ui);
        });
        ui.add_space(size::GAP_WIDE);
        card_ui(ui, |ui| {
            ui.set_width(ui.available_width());
            section_ui(ui, "The parts and what may leak");
            ui.add_space(2.0);
            remedy = parts::parts_ui(parts, draft, ctx, ui);
        });
        ui.add_space(size::GAP_WIDE);
        why_ui(draft, ctx, ui);
        left_out_ui(draft, ctx, ui);
        widget::paragraph_ui(
            ui,
            "Train writes the run down and starts it in a process of its own: it goes on when this window is closed, \
             and resumes from its last checkpoint whatever happens to it.",
        );
    });
    remedy
}

fn sentence_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) {
    let recipe = &draft.recipe;
    let model = recipe.model.kind().label(recipe.target.task);
    let text = format!(
        "{model} learns to predict {} from {}: {}.",
        recipe.target.column,
        format::plural(draft.plan.features, "column", "columns"),
        recipe.target.task.label()
    );
    ui.add(egui::Label::new(RichText::new(text).color(ctx.tokens.text)).wrap());
}

/// The parts of the data as a bar.
fn sizes_ui(draft: &Draft, parts: &Parts, ctx: &AppContext<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    // Exact once a child has made the parts.
    let exact = parts
        .report()
        .map(|report| [report.train.rows, report.valid.rows, report.test.rows]);
    let Some(parts) = exact.or(draft.plan.parts) else {
        let column = draft.recipe.split.column.as_deref().unwrap_or_default();
        widget::secondary_ui(
            ui,
            &format!("The column {column} says which rows train, choose and test."),
        );
        return;
    };
    let sum = parts.iter().sum::<u64>().max(1);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    let colours = [tokens.accent, tokens.series[1], tokens.series[2]];
    let mut left = rect.left();
    for (count, colour) in parts.iter().zip(colours) {
        let width = rect.width() * (*count as f64 / sum as f64) as f32;
        if width > 0.0 {
            let part = Rect::from_min_size(
                egui::pos2(left, rect.top()),
                vec2((width - 2.0).max(1.0), rect.height()),
            );
            ui.painter().rect_filled(part, CornerRadius::same(3), colour);
        }
        left += width;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        for ((count, colour), name) in parts.iter().zip(colours).zip(["train", "validation", "test"]) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let (dot, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                ui.painter().circle_filled(dot.center(), 4.0, colour);
                let text = format!("{name} {}", format::plural(*count, "row", "rows"));
                ui.label(RichText::new(text).font(font::label()).color(tokens.text_secondary));
            });
        }
    });
    if draft.plan.without_target > 0 {
        let text = format!(
            "{} without a target are in no part",
            format::plural(draft.plan.without_target, "row", "rows")
        );
        widget::label_ui(ui, &text);
    }
}

fn figures_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) {
    let (recipe, plan) = (&draft.recipe, &draft.plan);
    let device = ctx
        .devices
        .value()
        .and_then(|devices| devices.iter().find(|device| device.id == recipe.run.device));
    let about = |count: u64| {
        if recipe.split.method == SplitMethod::Column {
            "–".to_owned()
        } else {
            format::count(count)
        }
    };
    let model = match &recipe.model {
        ModelSpec::Linear { .. } => "linear".to_owned(),
        ModelSpec::Mlp { hidden, .. } => format!(
            "{} hidden {}",
            hidden.len(),
            if hidden.len() == 1 { "layer" } else { "layers" }
        ),
    };
    let figures = [
        (
            "Inputs",
            format::count(plan.inputs),
            format!("numbers made of {}", format::plural(plan.features, "column", "columns")),
        ),
        ("Parameters", format::count(plan.parameters), model),
        (
            "Steps",
            about(plan.steps),
            format!("{} an epoch × {}", about(plan.steps_per_epoch), recipe.training.epochs),
        ),
        (
            "Device",
            recipe.run.device.to_uppercase(),
            device.map_or_else(String::new, |device| device.name.clone()),
        ),
    ];
    let width = ((ui.available_width() - 3.0 * size::GAP) / 4.0).max(96.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(size::GAP, size::GAP);
        for (name, value, below) in figures {
            let (rect, response) = ui.allocate_exact_size(vec2(width, 62.0), Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{name}: {value}")));
            let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
            painter.rect_filled(rect, CornerRadius::same(size::RADIUS), ctx.tokens.panel);
            let at = rect.min + vec2(10.0, 8.0);
            painter.text(at, Align2::LEFT_TOP, name, font::label(), ctx.tokens.text_secondary);
            painter.text(
                at + vec2(0.0, 14.0),
                Align2::LEFT_TOP,
                &value,
                font::section(),
                ctx.tokens.text,
            );
            let mut job =
                egui::text::LayoutJob::simple_singleline(below.clone(), font::label(), ctx.tokens.text_secondary);
            job.wrap = egui::text::TextWrapping::truncate_at_width(width - 18.0);
            painter.galley(at + vec2(0.0, 34.0), painter.layout_job(job), ctx.tokens.text_secondary);
            response.on_hover_text(format!("{name}: {value} ({below})"));
        }
    });
}

/// Why Aloft proposes this, all reasons together.
fn why_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) {
    if draft.reasons.is_empty() {
        return;
    }
    card_ui(ui, |ui| {
        ui.set_width(ui.available_width());
        section_ui(ui, "Why this proposal");
        ui.add_space(2.0);
        ui.spacing_mut().item_spacing.y = 4.0;
        for reason in &draft.reasons {
            ui.horizontal_top(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(104.0, 18.0), Sense::hover());
                let at = rect.left_center();
                ui.painter().text(
                    at,
                    Align2::LEFT_CENTER,
                    key_word(&reason.key),
                    font::body(),
                    ctx.tokens.text_secondary,
                );
                ui.add(egui::Label::new(RichText::new(&reason.text).color(ctx.tokens.text)).wrap());
            });
        }
    });
    ui.add_space(size::GAP_WIDE);
}

/// A key of the recipe as a person calls its section.
fn key_word(key: &str) -> &'static str {
    match key.split('.').next().unwrap_or_default() {
        "target" => "Target",
        "features" => "Features",
        "split" => "Split",
        "prepare" => "Preparation",
        "model" => "Model",
        "training" => "Training",
        "run" => "Where",
        _ => "Recipe",
    }
}

/// Columns that are not features, each with why.
fn left_out_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) {
    const SHOWN: usize = 40;
    let left: Vec<_> = draft
        .left_out
        .iter()
        .filter(|left| !draft.included.contains(&left.column))
        .collect();
    if left.is_empty() {
        return;
    }
    card_ui(ui, |ui| {
        ui.set_width(ui.available_width());
        section_ui(
            ui,
            &format!("Left out: {}", format::plural(left.len() as u64, "column", "columns")),
        );
        ui.add_space(2.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        for column in left.iter().take(SHOWN) {
            ui.horizontal(|ui| {
                ui.set_height(20.0);
                let room = ui.available_width();
                ui.scope(|ui| {
                    ui.set_max_width(room * 0.4);
                    widget::ellipsis_ui(ui, RichText::new(&column.column).color(ctx.tokens.text), &column.column);
                });
                widget::ellipsis_ui(
                    ui,
                    RichText::new(&column.why).color(ctx.tokens.text_secondary),
                    &column.why,
                );
            });
        }
        if left.len() > SHOWN {
            widget::label_ui(
                ui,
                &format!(
                    "and {} more; the list of features says why",
                    format::count((left.len() - SHOWN) as u64)
                ),
            );
        }
    });
    ui.add_space(size::GAP_WIDE);
}
