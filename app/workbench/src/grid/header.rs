//! The card above a column: its type, name, gaps, and how its values are spread.

use aloft_data::{ColumnProfile, ColumnType, Scalar};
use egui::{Align2, CornerRadius, Painter, Rect, RichText, Ui, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::format;
use crate::theme::{Tokens, font, mix};
use crate::widget::{key_value_ui, label_ui};

use super::cell::{PADDING, line};

/// A column as its card shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub name: String,
    pub kind: ColumnType,
    /// What is in it, once that was counted.
    pub profile: Option<ColumnProfile>,
}

impl Head {
    /// A width at which the card and usual values can be read.
    pub fn usual_width(&self) -> f32 {
        let least = match self.kind {
            ColumnType::Boolean => 104.0,
            ColumnType::Integer | ColumnType::Float => 148.0,
            ColumnType::Date | ColumnType::Time => 128.0,
            ColumnType::Datetime => 184.0,
            _ => 160.0,
        };
        (self.name.chars().count() as f32 * 7.4 + 46.0)
            .clamp(least, 260.0)
            .round()
    }
}

/// The icon of a type.
pub fn kind_icon(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => icons::HASH,
        ColumnType::Float => icons::WAVE_SINE,
        ColumnType::Boolean => icons::TOGGLE_LEFT,
        ColumnType::String => icons::TEXT_AA,
        ColumnType::Date | ColumnType::Datetime => icons::CALENDAR_BLANK,
        ColumnType::Time => icons::CLOCK,
        ColumnType::Duration => icons::TIMER,
        ColumnType::Binary => icons::BINARY,
        ColumnType::List => icons::BRACKETS_SQUARE,
        ColumnType::Struct => icons::BRACKETS_CURLY,
        ColumnType::Other => icons::QUESTION,
    }
}

fn inner(rect: Rect) -> Rect {
    rect.shrink2(vec2(PADDING, 6.0))
}

/// What is under the name.
fn below(rect: Rect) -> Rect {
    let inner = inner(rect);
    Rect::from_min_max(pos2(inner.left(), inner.top() + 17.0), inner.max)
}

/// Where the histogram or the most frequent values are.
fn chart(below: Rect) -> Rect {
    Rect::from_min_max(pos2(below.left(), below.top() + 20.0), below.max)
}

/// What of a column's chart is under a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A bin of the histogram.
    Bin(usize),
    /// One of the most frequent values.
    Top(usize),
}

/// What is under a point of a card, if it is in the chart; a point beside the histogram is
/// in its nearest bin when `anywhere`.
pub(super) fn spot(rect: Rect, head: &Head, at: egui::Pos2, anywhere: bool) -> Option<Spot> {
    let profile = head.profile.as_ref()?;
    let chart = chart(below(rect));
    if !anywhere && !chart.expand2(vec2(2.0, 3.0)).contains(at) {
        return None;
    }
    match &profile.histogram {
        Some(histogram) if !histogram.counts.is_empty() => {
            let bins = histogram.counts.len();
            let share = (at.x - chart.left()) / chart.width();
            Some(Spot::Bin(
                ((share * bins as f32).floor().max(0.0) as usize).min(bins - 1),
            ))
        }
        _ => {
            let height = (chart.height() / 2.0).min(14.0);
            let row = ((at.y - chart.top()) / height).floor().max(0.0) as usize;
            (row < profile.top.len().min(2)).then_some(Spot::Top(row))
        }
    }
}

/// Marks some bins of a card's histogram.
pub(super) fn paint_brush(painter: &Painter, tokens: &Tokens, rect: Rect, head: &Head, bins: (usize, usize)) {
    let count = head
        .profile
        .as_ref()
        .and_then(|profile| profile.histogram.as_ref())
        .map_or(1, |histogram| histogram.counts.len().max(1));
    let chart = chart(below(rect));
    let width = chart.width() / count as f32;
    let (first, last) = (bins.0.min(bins.1), bins.0.max(bins.1));
    let marked = Rect::from_min_max(
        pos2(chart.left() + width * first as f32, chart.top() - 2.0),
        pos2(chart.left() + width * (last + 1) as f32, chart.bottom() + 2.0),
    );
    painter.rect_filled(marked, CornerRadius::same(2), tokens.accent.gamma_multiply(0.28));
}

/// Draws the card. `rows` are those of the table; `pending` says that the profile is on its way.
pub(super) fn paint(
    painter: &Painter,
    tokens: &Tokens,
    rect: Rect,
    head: &Head,
    rows: u64,
    pending: bool,
    frozen: bool,
) {
    let inner = inner(rect);
    let icon_at = pos2(inner.left() + 7.0, inner.top() + 8.0);
    painter.text(
        icon_at,
        Align2::CENTER_CENTER,
        kind_icon(head.kind),
        font::icon(14.0),
        tokens.text_secondary,
    );
    let mut right = 0.0;
    if frozen {
        right = 16.0;
        painter.text(
            pos2(inner.right() - 6.0, inner.top() + 8.0),
            Align2::CENTER_CENTER,
            icons::PUSH_PIN,
            font::icon(12.0),
            tokens.text_secondary,
        );
    }
    let name = line(
        painter,
        &head.name,
        font::medium(),
        tokens.text,
        inner.width() - 20.0 - right,
    );
    painter.galley(
        pos2(inner.left() + 20.0, inner.top() + 8.0 - name.size().y / 2.0),
        name,
        tokens.text,
    );
    let below = below(rect);
    match &head.profile {
        Some(profile) => paint_profile(painter, tokens, below, profile, rows),
        None if pending => paint_skeleton(painter, tokens, below),
        None => {
            let at = pos2(below.left(), below.top() + 7.0);
            painter.text(
                at,
                Align2::LEFT_CENTER,
                head.kind.label(),
                font::label(),
                tokens.text_secondary,
            );
        }
    }
}

fn paint_skeleton(painter: &Painter, tokens: &Tokens, rect: Rect) {
    let radius = CornerRadius::same(3);
    let words = Rect::from_min_size(pos2(rect.left(), rect.top() + 3.0), vec2(rect.width() * 0.5, 8.0));
    painter.rect_filled(words, radius, tokens.hover);
    let chart = Rect::from_min_max(pos2(rect.left(), rect.top() + 20.0), rect.max);
    painter.rect_filled(chart, radius, tokens.hover);
}

fn paint_profile(painter: &Painter, tokens: &Tokens, rect: Rect, profile: &ColumnProfile, rows: u64) {
    let line_at = rect.top() + 7.0;
    let missing = if rows > 0 {
        profile.nulls as f64 / rows as f64
    } else {
        0.0
    };
    let mut right = rect.right();
    if profile.nulls > 0 {
        let text = format!("{} null", share_text(missing));
        let drawn = painter.text(
            pos2(right, line_at),
            Align2::RIGHT_CENTER,
            text,
            font::label(),
            tokens.warning,
        );
        right = drawn.left() - 6.0;
    }
    let distinct = format!("{} distinct", distinct_text(profile));
    let galley = line(
        painter,
        &distinct,
        font::label(),
        tokens.text_secondary,
        right - rect.left(),
    );
    painter.galley(
        pos2(rect.left(), line_at - galley.size().y / 2.0),
        galley,
        tokens.text_secondary,
    );
    // What is there and what is missing, as a bar.
    let bar = Rect::from_min_size(pos2(rect.left(), rect.top() + 15.0), vec2(rect.width(), 2.0));
    painter.rect_filled(
        bar,
        CornerRadius::same(1),
        mix(tokens.border_strong, tokens.accent, 0.35),
    );
    if missing > 0.0 {
        let width = (bar.width() * missing as f32).clamp(2.0, bar.width());
        let gap = Rect::from_min_max(pos2(bar.right() - width, bar.top()), bar.max);
        painter.rect_filled(gap, CornerRadius::same(1), tokens.warning);
    }
    let chart = chart(rect);
    match &profile.histogram {
        Some(histogram) if !histogram.counts.is_empty() => paint_bars(painter, tokens, chart, &histogram.counts),
        _ => paint_top(painter, tokens, chart, profile, rows),
    }
}

/// A histogram the size of a word.
fn paint_bars(painter: &Painter, tokens: &Tokens, rect: Rect, counts: &[u64]) {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let width = rect.width() / counts.len() as f32;
    let colour = mix(tokens.panel, tokens.accent, 0.62);
    for (bin, count) in counts.iter().enumerate() {
        if *count == 0 {
            continue;
        }
        let height = (rect.height() * (*count as f64 / most as f64) as f32).max(1.5);
        let left = rect.left() + width * bin as f32;
        let bar = Rect::from_min_max(
            pos2(left, rect.bottom() - height),
            pos2(left + (width - 1.0).max(width * 0.7).max(1.0), rect.bottom()),
        );
        painter.rect_filled(bar, CornerRadius::ZERO, colour);
    }
}

/// The two most frequent values, each on a bar of its share.
fn paint_top(painter: &Painter, tokens: &Tokens, rect: Rect, profile: &ColumnProfile, rows: u64) {
    let ground = mix(tokens.panel, tokens.accent, 0.22);
    for (at, top) in profile.top.iter().take(2).enumerate() {
        let height = (rect.height() / 2.0).min(14.0);
        let row = Rect::from_min_size(
            pos2(rect.left(), rect.top() + height * at as f32),
            vec2(rect.width(), height - 1.0),
        );
        let share = top.count as f64 / rows.max(1) as f64;
        let bar = Rect::from_min_size(row.min, vec2((row.width() * share as f32).max(2.0), row.height()));
        painter.rect_filled(bar, CornerRadius::same(2), ground);
        let number = painter.text(
            pos2(row.right(), row.center().y),
            Align2::RIGHT_CENTER,
            share_text(share),
            font::label(),
            tokens.text_secondary,
        );
        let value = if top.value.is_empty() { "\"\"" } else { &top.value };
        let galley = line(
            painter,
            value,
            font::label(),
            tokens.text,
            number.left() - row.left() - 8.0,
        );
        painter.galley(
            pos2(row.left() + 4.0, row.center().y - galley.size().y / 2.0),
            galley,
            tokens.text,
        );
    }
}

/// How many values differ; one that is approximate says so.
pub fn distinct_text(profile: &ColumnProfile) -> String {
    let is_about = profile.approximate.as_ref().is_some_and(|about| about.distinct);
    let about = if is_about { "≈ " } else { "" };
    format!("{about}{}", format::count(profile.distinct))
}

/// A share in few characters.
fn share_text(share: f64) -> String {
    let percent = share * 100.0;
    if share > 0.0 && percent < 0.1 {
        "< 0.1 %".to_owned()
    } else if percent < 10.0 && percent.fract() >= 0.05 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// Everything that is known of a column, as a tooltip.
pub(super) fn tooltip_ui(ui: &mut Ui, head: &Head, rows: u64, pending: bool) {
    ui.set_max_width(320.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.add(egui::Label::new(RichText::new(&head.name).font(font::medium())).wrap());
    key_value_ui(ui, "Type", head.kind.label());
    let Some(profile) = &head.profile else {
        label_ui(ui, if pending { "Being profiled" } else { "Not profiled" });
        return;
    };
    for (name, value) in figures(profile, rows) {
        key_value_ui(ui, name, &value);
    }
    if let Some(quantiles) = &profile.quantiles {
        let middle = [quantiles.p25, quantiles.p50, quantiles.p75]
            .map(format::value)
            .join(" · ");
        key_value_ui(ui, "Quartiles", &middle);
    }
    if profile.histogram.is_none() {
        for top in profile.top.iter().take(5) {
            let value = if top.value.is_empty() { "\"\"" } else { &top.value };
            key_value_ui(ui, &clipped(value, 16), &share_of(top.count, rows));
        }
    }
}

/// The figures of a column that fit one line each, with their names.
pub fn figures(profile: &ColumnProfile, rows: u64) -> Vec<(&'static str, String)> {
    let missing = if profile.nulls == 0 {
        "none".to_owned()
    } else {
        share_of(profile.nulls, rows)
    };
    let mut figures = vec![("Missing", missing), ("Distinct", distinct_text(profile))];
    for (name, count) in [("NaN", profile.nan), ("Infinite", profile.infinite)] {
        if count > 0 {
            figures.push((name, share_of(count, rows)));
        }
    }
    let scalar = |value: &Scalar| match value {
        Scalar::Float(value) => format::value(*value),
        other => other.to_string(),
    };
    for (name, value) in [("Smallest", &profile.min), ("Largest", &profile.max)] {
        figures.extend(value.as_ref().map(|value| (name, scalar(value))));
    }
    for (name, value) in [("Mean", profile.mean), ("Deviation", profile.std)] {
        figures.extend(value.map(|value| (name, format::value(value))));
    }
    figures
}

/// A count with the share of the rows that it is.
fn share_of(count: u64, rows: u64) -> String {
    let share = share_text(count as f64 / rows.max(1) as f64);
    format!("{} ({share})", format::count(count))
}

fn clipped(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_in_few_characters() {
        assert_eq!(share_text(0.0), "0 %");
        assert_eq!(share_text(0.000_2), "< 0.1 %");
        assert_eq!(share_text(0.058), "5.8 %");
        assert_eq!(share_text(0.441_7), "44 %");
        assert_eq!(share_text(1.0), "100 %");
    }
}
