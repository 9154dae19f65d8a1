//! How columns of numbers go together: a heat map, and the strongest pairs in words.

use aloft_data::Correlations;
use egui::{Align2, Color32, Pos2, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::context::AppContext;
use crate::format;
use crate::theme::{Tokens, font, mix, size};
use crate::widget::{Button, label_ui, paragraph_ui};

use super::super::tab::Tab;
use super::Side;
use super::findings::Pair;

/// Squares are at most so large, and have names from this size on.
const SQUARE: f32 = 34.0;
const NAMED_FROM: f32 = 13.0;
/// From this size on the figure stands in the square.
const FIGURE_FROM: f32 = 28.0;
/// How much of the width names take at most.
const NAMES: f32 = 0.28;

pub(super) fn correlations_ui(tab: &mut Tab, ctx: &AppContext<'_>, ui: &mut Ui) {
    let Some((correlations, strongest)) = tab.findings.correlations() else {
        paragraph_ui(ui, "There are not two columns of numbers.");
        return;
    };
    let mut chosen = None;
    let mut facts = "Pearson's correlation: 1 rises together, −1 one falls as the other rises, 0 says nothing about a \
                     line. It is not a cause."
        .to_owned();
    if let Some(rows) = correlations.sampled_rows {
        facts = format!("{facts} Measured in {} rows.", format::count(rows));
    }
    if correlations.others > 0 {
        facts = format!(
            "{facts} {} more columns of numbers are not shown.",
            format::count(correlations.others)
        );
    }
    paragraph_ui(ui, &facts);
    ui.add_space(size::GAP);
    if let Some((first, _)) = map_ui(ui, ctx.tokens, correlations, strongest.first()) {
        chosen = Some(correlations.columns[first].clone());
    }
    ui.add_space(size::GAP);
    label_ui(ui, "Strongest pairs");
    for &(first, second, r) in strongest {
        let names = [first, second].map(|at| correlations.columns[at].as_str());
        let text = format!("{}   {} · {}", figure(r), names[0], names[1]);
        let width = ui.available_width();
        if ui
            .add(Button::quiet(&text).max_width(width).tooltip("Show the first column"))
            .clicked()
        {
            chosen = Some(names[0].to_owned());
        }
    }
    if let Some(name) = chosen {
        tab.go(&name);
        tab.side = Some(Side::Column(name));
    }
}

/// A correlation with a sign that is as wide as a digit.
fn figure(r: f64) -> String {
    format!("{r:+.2}").replace('-', "−")
}

/// The map. Answers the pair that was pressed.
fn map_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    correlations: &Correlations,
    strongest: Option<&Pair>,
) -> Option<(usize, usize)> {
    let count = correlations.columns.len();
    let width = ui.available_width();
    let longest = correlations
        .columns
        .iter()
        .map(|name| text_width(ui, name))
        .fold(0.0, f32::max);
    let named = longest.min(width * NAMES) + 8.0;
    let side = ((width - named) / count as f32).min(SQUARE);
    let has_names = side >= NAMED_FROM;
    let left = if has_names { named } else { 0.0 };
    let side = ((width - left) / count as f32).clamp(2.0, SQUARE);
    let extent = vec2(left + side * count as f32, side * count as f32);
    let (rect, response) = ui.allocate_exact_size(extent, Sense::click());
    response.widget_info(|| {
        let strongest = strongest.map_or_else(String::new, |(first, second, r)| {
            let names = [*first, *second].map(|at| correlations.columns[at].as_str());
            format!("; the strongest is {} of {} and {}", figure(*r), names[0], names[1])
        });
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!("Heat map of the correlations of {count} columns{strongest}"),
        )
    });
    let corner = rect.left_top() + vec2(left, 0.0);
    let painter = ui.painter_at(rect);
    for row in 0..count {
        if has_names {
            let at = pos2(corner.x - 6.0, corner.y + side * (row as f32 + 0.5));
            name_ui(ui, tokens, &correlations.columns[row], at, left - 8.0);
        }
        for column in 0..count {
            let r = correlations.between(row, column);
            let square = square(corner, side, row, column);
            painter.rect_filled(square, 0.0, colour(tokens, r));
            if side >= FIGURE_FROM
                && let Some(r) = r.filter(|_| row != column)
            {
                let ink = if r.abs() > 0.6 {
                    tokens.panel
                } else {
                    tokens.text_secondary
                };
                let text = figure(r).replacen("0.", ".", 1);
                painter.text(square.center(), Align2::CENTER_CENTER, text, font::label(), ink);
            }
        }
    }
    let pair = response.hover_pos().and_then(|at| {
        let place = |along: f32| {
            (along >= 0.0)
                .then_some((along / side) as usize)
                .filter(|at| *at < count)
        };
        Some((place(at.y - corner.y)?, place(at.x - corner.x)?))
    });
    let (row, column) = pair?;
    let names = [row, column].map(|at| correlations.columns[at].as_str());
    let told = correlations
        .between(row, column)
        .map_or_else(|| "nothing can be said".to_owned(), figure);
    let is_pressed = response.clicked();
    response.on_hover_ui_at_pointer(|ui| {
        ui.label(RichText::new(told).font(font::medium()));
        ui.label(format!("{} · {}", names[0], names[1]));
    });
    is_pressed.then_some((row, column))
}

fn square(corner: Pos2, side: f32, row: usize, column: usize) -> Rect {
    let at = corner + vec2(side * column as f32, side * row as f32);
    let gap = if side > 8.0 { 1.0 } else { 0.0 };
    Rect::from_min_size(at, vec2(side - gap, side - gap))
}

fn name_ui(ui: &Ui, tokens: &Tokens, name: &str, right: Pos2, width: f32) {
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font::label(), tokens.text_secondary);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(job);
    let at = pos2(right.x - galley.size().x, right.y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.text_secondary);
}

fn text_width(ui: &Ui, name: &str) -> f32 {
    let job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font::label(), Color32::TRANSPARENT);
    ui.painter().layout_job(job).size().x
}

/// From the colour of falling together over that of the field to that of rising together.
fn colour(tokens: &Tokens, r: Option<f64>) -> Color32 {
    match r {
        None => tokens.panel,
        Some(r) if r < 0.0 => mix(tokens.field, tokens.warning, (-r) as f32),
        Some(r) => mix(tokens.field, tokens.accent, r as f32),
    }
}
