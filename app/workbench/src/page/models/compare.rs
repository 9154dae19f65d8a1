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
            comparison::compare(session, &model, b, a)
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
    let said = &comparison.said;
    verdict_ui(ui, &said.sentence, comparison.is_better());
    let (new, old) = (
        format!("Version {}", comparison.new),
        format!("Version {}", comparison.old),
    );
    let mut facts = Vec::new();
    if let Some(bootstrap) = &said.bootstrap {
        facts.push(format!(
            "Difference of the {} {}, with 95 % between {} and {}; better in {} of the draws",
            bootstrap.metric.replace('_', " "),
            signed(bootstrap.difference),
            signed(bootstrap.low),
            signed(bootstrap.high),
            format::percent(bootstrap.share_better)
        ));
    }
    if let Some(agreement) = said.agreement {
        let rows = format::plural(said.rows, "row", "rows");
        facts.push(format!("They say the same on {} of {rows}", format::percent(agreement)));
    }
    for fact in facts {
        widget::secondary_ui(ui, &fact);
    }
    ui.add_space(size::GAP);
    part_ui(ui, "Metrics on the same rows", |ui| {
        metrics_ui(ui, [&new, &old], &comparison.metrics());
    });
    part_ui(ui, "Recipes", |ui| {
        if comparison.recipe.is_empty() {
            widget::secondary_ui(ui, "Their recipes are the same.");
            return;
        }
        row_ui(ctx, ui, &["Setting", &new, &old], true, "");
        for (key, before, after) in &comparison.recipe {
            row_ui(ctx, ui, &[key, after, before], false, "");
        }
    });
    part_ui(ui, "Where they disagree", |ui| {
        if said.shown.is_empty() {
            widget::secondary_ui(ui, "On no row.");
            return;
        }
        row_ui(ctx, ui, &["Row", "Actual", &new, &old], true, "");
        for row in &said.shown {
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|(column, value)| format!("{column}: {value}"))
                .collect();
            let number = format::count(row.row + 1);
            row_ui(
                ctx,
                ui,
                &[&number, &row.actual, &row.b, &row.a],
                false,
                &cells.join("\n"),
            );
        }
        let more = said.disagreements.saturating_sub(said.shown.len() as u64);
        if more > 0 {
            ui.add_space(4.0);
            widget::secondary_ui(ui, &format!("And on {} more.", format::plural(more, "row", "rows")));
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
fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, cells: &[&str], head: bool, more: &str) {
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
        response.on_hover_text(format!("{}\n{more}", cells.join("  ·  ")));
    }
}
