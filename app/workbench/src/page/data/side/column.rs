//! One column at length: what is in it, and what can be done with it.

use aloft_base::dataset::Dataset;
use aloft_data::{Column, ColumnProfile, ColumnType, Condition, Filling, Scalar, SortKey, Step};
use egui::{Align2, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::grid::{Head, distinct_text};
use crate::theme::{Tokens, font, mix, size};
use crate::widget::{Button, key_value_ui, label_ui, paragraph_ui, section_ui};

use super::super::tab::Tab;
use super::{Side, StepForm};

const HISTOGRAM: f32 = 120.0;

pub(super) fn column_ui(
    tab: &mut Tab,
    name: &str,
    row: &Dataset,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let table = tab.shown();
    let Some((head, rows)) =
        table.and_then(|table| Some((table.heads.iter().find(|head| head.name == name)?.clone(), table.rows)))
    else {
        paragraph_ui(ui, "The steps leave no column of this name.");
        return;
    };
    let mut done = None;
    actions_ui(tab, &head, ui, &mut done);
    ui.add_space(size::GAP);
    match &head.profile {
        Some(profile) => {
            if let Some(condition) = profile_ui(ui, ctx.tokens, &head, profile, rows) {
                done = Some(Step::Filter(condition));
            }
        }
        None => {
            label_ui(ui, "It is not profiled yet").on_hover_text("The figures come when the column was read");
        }
    }
    if let Some(step) = done {
        tab.view.add(&row.id, step, commands);
    }
}

/// What can be done with a column by one press, and forms for the rest.
fn actions_ui(tab: &mut Tab, head: &Head, ui: &mut Ui, done: &mut Option<Step>) {
    let name = || head.name.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        let mut press = |text: &str, glyph: &'static str, step: Step| {
            if ui.add(Button::new(text).glyph(glyph)).clicked() {
                *done = Some(step);
            }
        };
        let sort = |descending| Step::Sort {
            by: vec![SortKey {
                column: name(),
                descending,
            }],
        };
        press("Ascending", icons::SORT_ASCENDING, sort(false));
        press("Descending", icons::SORT_DESCENDING, sort(true));
        press("Drop", icons::TRASH, Step::Drop { columns: vec![name()] });
        match nested(head) {
            Some(ColumnType::Struct) => press(
                "Unfold into columns",
                icons::BRACKETS_CURLY,
                Step::Unfold {
                    column: name(),
                    fields: Vec::new(),
                },
            ),
            Some(_) => press(
                "Unfold into rows",
                icons::BRACKETS_SQUARE,
                Step::Explode {
                    column: name(),
                    to: None,
                },
            ),
            None => {}
        }
        let has_gaps = head.profile.as_ref().is_some_and(|profile| profile.nulls > 0);
        if has_gaps {
            press(
                "Only missing",
                icons::FUNNEL,
                Step::Filter(Condition::Missing { column: name() }),
            );
            press(
                "Drop missing",
                icons::ERASER,
                Step::DropMissing { columns: vec![name()] },
            );
            let with = if head.kind.is_number() {
                Filling::Median
            } else {
                Filling::MostFrequent
            };
            let text = if head.kind.is_number() {
                "Fill with median"
            } else {
                "Fill with most frequent"
            };
            press(text, icons::PAINT_BUCKET, Step::Fill { column: name(), with });
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (text, glyph, kind) in [
            ("Filter…", icons::FUNNEL, "filter"),
            ("Type…", icons::SWAP, "cast"),
            ("Rename…", icons::PENCIL_SIMPLE, "rename"),
            ("Fill…", icons::PAINT_BUCKET, "fill"),
            ("Bin…", icons::CHART_BAR, "bin"),
            ("Clip…", icons::SCISSORS, "clip"),
            ("Derive…", icons::FUNCTION, "derive"),
        ] {
            let fits = match kind {
                "bin" | "clip" => head.kind.is_number(),
                _ => true,
            };
            if fits && ui.add(Button::quiet(text).glyph(glyph)).clicked() {
                tab.form = Some(StepForm::about(kind, &head.name, tab.view.steps().len()));
                tab.side = Some(Side::Steps);
            }
        }
    });
}

/// Whether the cells of a column hold objects or lists, as values of their own or as JSON in text.
fn nested(head: &Head) -> Option<ColumnType> {
    match head.kind {
        ColumnType::Struct | ColumnType::List => Some(head.kind),
        ColumnType::String => {
            let first = head.profile.as_ref()?.top.first()?.value.trim_start();
            match (first.chars().next()?, first.trim_end().chars().last()?) {
                ('{', '}' | '…') => Some(ColumnType::Struct),
                ('[', ']' | '…') => Some(ColumnType::List),
                _ => None,
            }
        }
        _ => None,
    }
}

fn profile_ui(ui: &mut Ui, tokens: &Tokens, head: &Head, profile: &ColumnProfile, rows: u64) -> Option<Condition> {
    let mut chosen = None;
    let column = Column {
        name: head.name.clone(),
        kind: head.kind,
    };
    if let Some(histogram) = profile
        .histogram
        .as_ref()
        .filter(|histogram| !histogram.counts.is_empty())
    {
        section_ui(ui, "Distribution");
        if let Some(bin) = histogram_ui(ui, tokens, head.kind, histogram) {
            chosen = Condition::of_bins(&column, histogram, bin..=bin);
        }
        ui.add_space(size::GAP);
    }
    section_ui(ui, "Figures");
    let share = |count: u64| {
        let percent = 100.0 * count as f64 / rows.max(1) as f64;
        format!("{} ({percent:.1} %)", format::count(count))
    };
    key_value_ui(ui, "Type", head.kind.label());
    key_value_ui(
        ui,
        "Missing",
        &if profile.nulls == 0 {
            "none".to_owned()
        } else {
            share(profile.nulls)
        },
    );
    key_value_ui(ui, "Distinct", &distinct_text(profile));
    let about = profile.approximate.unwrap_or_default();
    let scalar = |value: &Scalar| match value {
        Scalar::Float(value) => format::value(*value),
        other => other.to_string(),
    };
    for (name, value) in [("Smallest", &profile.min), ("Largest", &profile.max)] {
        if let Some(value) = value {
            key_value_ui(ui, name, &scalar(value));
        }
    }
    for (name, value) in [("Mean", profile.mean), ("Deviation", profile.std)] {
        if let Some(value) = value {
            key_value_ui(ui, name, &format::value(value));
        }
    }
    if let Some(quantiles) = &profile.quantiles {
        if about.quantiles {
            label_ui(ui, "≈ Quantiles are approximate in a column of this size");
        }
        for (name, value) in [
            ("5 %", quantiles.p05),
            ("25 %", quantiles.p25),
            ("Median", quantiles.p50),
            ("75 %", quantiles.p75),
            ("95 %", quantiles.p95),
        ] {
            key_value_ui(ui, name, &format::value(value));
        }
    }
    for (name, count) in [("NaN", profile.nan), ("Infinite", profile.infinite)] {
        if count > 0 {
            key_value_ui(ui, name, &share(count));
        }
    }
    if !profile.top.is_empty() {
        ui.add_space(size::GAP);
        section_ui(ui, "Most frequent");
        for top in &profile.top {
            if top_ui(ui, tokens, &top.value, top.count, rows) {
                chosen = Some(Condition::of_value(&column, &top.value));
            }
        }
    }
    chosen
}

/// A histogram whose bars can be pressed. Answers the bin that was.
fn histogram_ui(ui: &mut Ui, tokens: &Tokens, kind: ColumnType, histogram: &aloft_data::Histogram) -> Option<usize> {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HISTOGRAM + 18.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Histogram"));
    let plot = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 18.0));
    let bins = histogram.counts.len();
    let width = plot.width() / bins as f32;
    let most = histogram.counts.iter().copied().max().unwrap_or(0).max(1);
    let hovered = response
        .hover_pos()
        .filter(|at| plot.contains(*at))
        .map(|at| (((at.x - plot.left()) / width) as usize).min(bins - 1));
    for (bin, count) in histogram.counts.iter().enumerate() {
        let left = plot.left() + width * bin as f32;
        let height = if *count == 0 {
            0.0
        } else {
            (plot.height() * (*count as f64 / most as f64) as f32).max(1.5)
        };
        let bar = Rect::from_min_max(
            pos2(left, plot.bottom() - height),
            pos2(left + (width - 1.0).max(1.0), plot.bottom()),
        );
        let colour = if hovered == Some(bin) {
            tokens.accent
        } else {
            mix(tokens.panel, tokens.accent, 0.62)
        };
        ui.painter().rect_filled(bar, CornerRadius::ZERO, colour);
    }
    let edge = |at: usize| edge_text(kind, histogram.edges.get(at).copied().unwrap_or_default());
    for (align, x, at) in [
        (Align2::LEFT_BOTTOM, rect.left(), 0),
        (Align2::RIGHT_BOTTOM, rect.right(), bins),
    ] {
        ui.painter().text(
            pos2(x, rect.bottom()),
            align,
            edge(at),
            font::mono_label(),
            tokens.text_secondary,
        );
    }
    let pressed = response.clicked();
    if let Some(bin) = hovered {
        let text = format!(
            "{} … {}: {}",
            edge(bin),
            edge(bin + 1),
            format::count(histogram.counts[bin])
        );
        response.on_hover_text_at_pointer(text);
    }
    hovered.filter(|_| pressed)
}

/// The edge of a bin as a person reads it.
fn edge_text(kind: ColumnType, edge: f64) -> String {
    match kind {
        ColumnType::Date | ColumnType::Datetime => {
            let text = format::absolute((edge * 1000.0) as i64);
            match (kind, text.split_once(' ')) {
                (ColumnType::Date, Some((day, _))) => day.to_owned(),
                _ => text,
            }
        }
        _ => format::value(edge),
    }
}

/// A frequent value on a bar of its share. Answers whether it was pressed.
fn top_ui(ui: &mut Ui, tokens: &Tokens, value: &str, count: u64, rows: u64) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    let shown = if value.is_empty() { "\"\"" } else { value };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Only {shown}")));
    let share = count as f64 / rows.max(1) as f64;
    let ground = if response.hovered() {
        tokens.hover
    } else {
        mix(tokens.panel, tokens.accent, 0.22)
    };
    let bar = Rect::from_min_size(
        rect.min,
        vec2((rect.width() * share as f32).max(2.0), rect.height() - 2.0),
    );
    ui.painter().rect_filled(bar, CornerRadius::same(3), ground);
    let number = ui.painter().text(
        pos2(rect.right() - 4.0, rect.center().y - 1.0),
        Align2::RIGHT_CENTER,
        format::count(count),
        font::mono_label(),
        tokens.text_secondary,
    );
    let mut job = egui::text::LayoutJob::simple_singleline(shown.to_owned(), font::body(), tokens.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width((number.left() - rect.left() - 16.0).max(10.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(
        pos2(rect.left() + 6.0, rect.center().y - 1.0 - galley.size().y / 2.0),
        galley,
        tokens.text,
    );
    let pressed = response.clicked();
    response.on_hover_text(format!("Keep the rows where it is {shown}"));
    pressed
}
