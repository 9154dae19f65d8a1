//! Two versions beside each other: verdict, metrics, recipes, and the rows on which they disagree.

use egui::{Align2, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::comparison::{self, Comparison};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Button, card_ui, metrics_ui, one_line, problem_ui, section_ui, spinner_ui, verdict_ui};
use crate::work::{Fetch, Lane};

const ROW: f32 = 22.0;
/// So many rows of disagreement are drawn.
const MOST: usize = 200;

/// A comparison that was asked for.
pub(super) struct Compare {
    a: u32,
    b: u32,
    result: Fetch<Comparison>,
    asked: bool,
}

impl Compare {
    pub(super) fn new(a: u32, b: u32) -> Self {
        Self {
            a,
            b,
            result: Fetch::default(),
            asked: false,
        }
    }

    pub(super) fn logic(&mut self, model: &str, ctx: &AppContext<'_>) {
        self.result.poll();
        if self.asked {
            return;
        }
        let (model, a, b) = (model.to_owned(), self.a, self.b);
        ctx.work.fetch_with(Lane::Models, &mut self.result, move |session| {
            comparison::compare(session, &model, a, b)
        });
        self.asked = self.result.is_pending();
    }

    /// Draws it. Answers whether it is to be closed.
    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) -> bool {
        let mut close = false;
        ui.horizontal(|ui| {
            let back = format!("Back to version {}", self.a);
            close = ui.add(Button::quiet(&back).glyph(icons::ARROW_LEFT).flush()).clicked();
            section_ui(ui, &format!("Version {} beside version {}", self.a, self.b));
        });
        ui.add_space(size::GAP);
        if let Some(report) = self.result.report() {
            if problem_ui(ui, "The two could not be compared", report, true, commands) {
                self.asked = false;
            }
            return close;
        }
        let Some(comparison) = self.result.value() else {
            spinner_ui(ui, "Asking both about the same rows");
            widget::skeleton_rows_ui(ui, 6);
            return close;
        };
        ScrollArea::vertical()
            .id_salt("comparison")
            .auto_shrink(false)
            .show(ui, |ui| {
                ui.set_max_width(ui.available_width() - 12.0);
                comparison_ui(comparison, ctx, ui);
            });
        close
    }
}

fn comparison_ui(comparison: &Comparison, ctx: &AppContext<'_>, ui: &mut Ui) {
    verdict_ui(ui, &comparison.sentence, comparison.better);
    let (a, b) = (format!("Version {}", comparison.a), format!("Version {}", comparison.b));
    let mut facts = Vec::new();
    if let Some((low, high)) = comparison.interval {
        let difference = comparison
            .difference
            .map_or_else(String::new, |value| format!("{} ", signed(value)));
        facts.push(format!(
            "Difference {difference}with 95 % between {} and {}",
            signed(low),
            signed(high)
        ));
    }
    if let Some(agreement) = comparison.agreement {
        let rows = comparison
            .rows
            .map(|rows| format!(" of {}", format::plural(rows, "row", "rows")));
        facts.push(format!(
            "They say the same on {}{}",
            format::percent(agreement),
            rows.unwrap_or_default()
        ));
    }
    for fact in facts {
        widget::secondary_ui(ui, &fact);
    }
    ui.add_space(size::GAP);
    part_ui(ui, "Metrics on the same rows", |ui| {
        metrics_ui(ui, [&a, &b], &comparison.metrics)
    });
    part_ui(ui, "Recipes", |ui| {
        if comparison.recipe.is_empty() {
            widget::secondary_ui(ui, "Their recipes are the same.");
            return;
        }
        row_ui(ctx, ui, &["Setting", &a, &b], true);
        for (key, one, other) in &comparison.recipe {
            row_ui(ctx, ui, &[key, one, other], false);
        }
    });
    part_ui(ui, "Where they disagree", |ui| {
        if comparison.disagreements.is_empty() {
            widget::secondary_ui(ui, "On no row.");
            return;
        }
        row_ui(ctx, ui, &["Row", "Actual", &a, &b], true);
        for row in comparison.disagreements.iter().take(MOST) {
            row_ui(ctx, ui, &[&row.row, &row.actual, &row.a, &row.b], false);
        }
    });
}

fn signed(value: f64) -> String {
    if value > 0.0 {
        format!("+{}", format::value(value))
    } else {
        format::value(value)
    }
}

fn part_ui(ui: &mut Ui, title: &str, add_contents: impl FnOnce(&mut Ui)) {
    section_ui(ui, title);
    ui.add_space(2.0);
    card_ui(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 0.0;
        add_contents(ui);
    });
    ui.add_space(size::GAP_WIDE);
}

/// A row with cells of equal width.
fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, cells: &[&str], head: bool) {
    let tokens = ctx.tokens;
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    let border = if head { tokens.border_strong } else { tokens.border };
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, border));
    let each = (width / cells.len() as f32).floor();
    for (nth, cell) in cells.iter().enumerate() {
        let left = rect.left() + each * nth as f32;
        if head {
            let at = pos2(left, rect.center().y);
            ui.painter()
                .text(at, Align2::LEFT_CENTER, *cell, font::label(), tokens.text_secondary);
            continue;
        }
        let galley = one_line(ui, cell, font::mono_label(), tokens.text, each - 8.0);
        let at = pos2(left, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, tokens.text);
    }
    if !head {
        response.on_hover_text(cells.join("  ·  "));
    }
}
