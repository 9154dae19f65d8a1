//! One column at length: what is in it, what can be done with it, and what it has to do with the target.

mod actions;
mod charts;
mod relating;
mod relation;
mod writing;

use aloft_base::dataset::Dataset;
use aloft_data::{Column, ColumnProfile, Condition, Step};
use egui::{RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::grid::{Head, figures};
use crate::theme::{Tokens, size};
use crate::widget::{Button, key_value_ui, label_ui, paragraph_ui, section_ui, segmented_ui, tabs_ui};

use super::super::tab::Tab;

pub(in super::super) use relating::Relating;

/// What of a column is shown, and how; the same for the next one that is opened.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct ColumnPage {
    /// Whether bars are as high as the logarithms of their counts.
    log_counts: bool,
    /// Whether it shows what the column has to do with the target.
    pub(in super::super) shows_relation: bool,
}

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
    actions::actions_ui(tab, &head, ui, &mut done);
    ui.add_space(size::GAP);
    let parts = [(false, "Values"), (true, "Relation to the target")];
    tabs_ui(ui, &mut tab.column_page.shows_relation, &parts);
    ui.add_space(4.0);
    if tab.column_page.shows_relation {
        relation::relation_ui(tab, &head.name, ctx, ui, commands);
    } else if let Some(profile) = &head.profile {
        let chosen = profile_ui(ui, ctx.tokens, &mut tab.column_page.log_counts, &head, profile, rows);
        done = chosen.map(Step::Filter).or(done);
    } else {
        label_ui(ui, "It is not profiled yet").on_hover_text("The figures come when the column was read");
    }
    if let Some(step) = done {
        tab.view.add(&row.id, step, commands);
    }
}

/// What the profile says. Answers what a press on it keeps.
fn profile_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    log_counts: &mut bool,
    head: &Head,
    profile: &ColumnProfile,
    rows: u64,
) -> Option<Condition> {
    let column = Column {
        name: head.name.clone(),
        kind: head.kind,
    };
    let mut chosen = distribution_ui(ui, tokens, log_counts, &column, profile);
    // Of words the frequent ones say what a histogram says of numbers.
    let has_bars = profile.histogram.is_some();
    if !has_bars {
        chosen = top_ui(ui, tokens, &column, profile, rows).or(chosen);
        chosen = writing::texts_ui(ui, tokens, &column, profile, rows).or(chosen);
        ui.add_space(size::GAP);
    }
    section_ui(ui, "Figures");
    key_value_ui(ui, "Type", head.kind.label());
    for (name, value) in figures(profile, rows) {
        key_value_ui(ui, name, &value);
    }
    more_figures_ui(ui, profile);
    if has_bars {
        ui.add_space(size::GAP);
        chosen = top_ui(ui, tokens, &column, profile, rows).or(chosen);
    }
    chosen
}

/// The most frequent values. Answers the rows with the one that was pressed.
fn top_ui(ui: &mut Ui, tokens: &Tokens, column: &Column, profile: &ColumnProfile, rows: u64) -> Option<Condition> {
    if profile.top.is_empty() {
        return None;
    }
    section_ui(ui, "Most frequent");
    if profile.approximate.is_some_and(|about| about.top) {
        label_ui(ui, "≈ Counts are approximate in a column of this size");
    }
    if profile.top.iter().all(|top| top.count == 1) {
        label_ui(ui, "No value stands there twice");
        return None;
    }
    let mut chosen = None;
    for top in &profile.top {
        let shown = if top.value.is_empty() { "\"\"" } else { &top.value };
        if charts::share_ui(ui, tokens, shown, top.count, rows, &format!("Only {shown}")) {
            chosen = Some(Condition::of_value(column, &top.value));
        }
    }
    chosen
}

/// The histogram, the box, days over time.
fn distribution_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    log_counts: &mut bool,
    column: &Column,
    profile: &ColumnProfile,
) -> Option<Condition> {
    let histogram = profile
        .histogram
        .as_ref()
        .filter(|histogram| !histogram.counts.is_empty());
    let calendar = profile.calendar.as_ref().filter(|calendar| calendar.counts.len() > 1);
    if histogram.is_none() && calendar.is_none() {
        return None;
    }
    let mut chosen = None;
    ui.horizontal(|ui| {
        section_ui(ui, "Distribution");
        ui.add_space(size::GAP);
        segmented_ui(ui, log_counts, &[(false, "Linear"), (true, "Log")]);
    });
    if *log_counts {
        label_ui(ui, "Heights are the logarithms of the counts");
    }
    if let Some(histogram) = histogram {
        if let Some(bins) = charts::histogram_ui(ui, tokens, column.kind, histogram, *log_counts) {
            chosen = Condition::of_bins(column, histogram, bins);
        }
        if let Some(quantiles) = &profile.quantiles {
            let ends = [histogram.edges.first(), histogram.edges.last()].map(|edge| edge.copied().unwrap_or_default());
            charts::box_ui(ui, tokens, quantiles, ends);
            if let Some(condition) = outliers_ui(ui, column, profile) {
                chosen = Some(condition);
            }
        }
    }
    if let Some(calendar) = calendar {
        ui.add_space(4.0);
        if let Some((from, before)) = charts::calendar_ui(ui, tokens, calendar, *log_counts) {
            chosen = Some(Condition::since(column, &from, before.as_deref()));
        }
    }
    ui.add_space(size::GAP);
    chosen
}

/// How many numbers lie far out, and a way to see them.
fn outliers_ui(ui: &mut Ui, column: &Column, profile: &ColumnProfile) -> Option<Condition> {
    let (outliers, quantiles) = (profile.outliers?, profile.quantiles.as_ref()?);
    let is_about = profile.approximate.is_some_and(|about| about.quantiles);
    let about = if is_about { "≈ " } else { "" };
    if outliers == 0 {
        label_ui(ui, "No outliers: nothing lies further than 1.5 times the box from it");
        return None;
    }
    let [low, high] = quantiles.fences();
    let text = format!("{about}{}", format::plural(outliers, "outlier", "outliers"));
    let limits = format!(
        "Further than 1.5 times the box from it: below {} or above {}",
        format::value(low),
        format::value(high)
    );
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.label(RichText::new(text)).on_hover_text(&limits);
        if column.kind.is_number() {
            let button = Button::quiet("Show outliers").glyph(icons::FUNNEL).tooltip(limits);
            if ui.add(button).clicked() {
                chosen = Some(Condition::outside(&column.name, [low, high]));
            }
        }
    });
    chosen
}

/// Quantiles and what else only numbers have.
fn more_figures_ui(ui: &mut Ui, profile: &ColumnProfile) {
    for (name, count) in [("Zeros", profile.zeros), ("Negative", profile.negatives)] {
        if let Some(count) = count.filter(|count| *count > 0) {
            key_value_ui(ui, name, &format::count(count));
        }
    }
    for (name, value) in [("Skewness", profile.skew), ("Kurtosis", profile.kurtosis)] {
        if let Some(value) = value {
            key_value_ui(ui, name, &format::value(value));
        }
    }
    let Some(quantiles) = &profile.quantiles else { return };
    if profile.approximate.is_some_and(|about| about.quantiles) {
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
