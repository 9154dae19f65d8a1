//! The charts of a column: bars that can be pressed or dragged over, the box, counts over time.

use std::ops::RangeInclusive;

use aloft_data::{Calendar, CalendarUnit, ColumnType, Histogram, Quantiles};
use egui::{
    Align2, CornerRadius, Id, PointerButton, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::format;
use crate::theme::{Tokens, font, mix};

const HISTOGRAM: f32 = 120.0;
const CALENDAR: f32 = 72.0;
const BOX: f32 = 26.0;
/// Under a chart, for the words at its ends.
const WORDS: f32 = 18.0;

/// How high a bar is, from 0 to 1. The logarithm is of one more, so that one is seen and none is not.
fn share(count: u64, most: u64, log: bool) -> f32 {
    if log {
        ((count as f64).ln_1p() / (most as f64).ln_1p()) as f32
    } else {
        (count as f64 / most as f64) as f32
    }
}

/// Bars beside each other.
struct Bars<'a> {
    name: &'a str,
    height: f32,
    counts: &'a [u64],
    log: bool,
    /// What is written under the first and the last.
    ends: [String; 2],
}

/// Draws bars, of which one is pressed or several are dragged over. `words` says what a bar is.
/// Answers the bars that were chosen.
fn bars_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    bars: &Bars<'_>,
    words: impl Fn(usize) -> String,
) -> Option<RangeInclusive<usize>> {
    let Bars {
        name,
        height,
        counts,
        log,
        ends,
    } = bars;
    let size = vec2(ui.available_width(), *height + WORDS);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, *name));
    let plot = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - WORDS));
    let width = plot.width() / counts.len() as f32;
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let at = |x: f32| (((x - plot.left()) / width).max(0.0) as usize).min(counts.len() - 1);
    let hovered = response
        .hover_pos()
        .filter(|pointer| plot.contains(*pointer))
        .map(|pointer| at(pointer.x));
    // Where a drag began is kept while it lasts.
    let began_id = Id::unique(("bars", name)).with(response.id);
    if response.drag_started_by(PointerButton::Primary)
        && let Some(origin) = ui.input(|input| input.pointer.press_origin())
    {
        ui.data_mut(|data| data.insert_temp(began_id, at(origin.x)));
    }
    let began: Option<usize> = ui.data(|data| data.get_temp(began_id));
    let now = response.interact_pointer_pos().map(|pointer| at(pointer.x));
    let brushed = began.zip(now).map(|(began, now)| began.min(now)..=began.max(now));
    let mut chosen = None;
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove::<usize>(began_id));
        chosen.clone_from(&brushed);
    }
    for (bar, count) in counts.iter().enumerate() {
        let left = plot.left() + width * bar as f32;
        let tall = if *count == 0 {
            0.0
        } else {
            (plot.height() * share(*count, most, *log)).max(1.5)
        };
        let shape = Rect::from_min_max(
            pos2(left, plot.bottom() - tall),
            pos2(left + (width - 1.0).max(1.0), plot.bottom()),
        );
        let is_lit = hovered == Some(bar) || brushed.as_ref().is_some_and(|bars| bars.contains(&bar));
        let colour = if is_lit {
            tokens.accent
        } else {
            mix(tokens.panel, tokens.accent, 0.62)
        };
        ui.painter().rect_filled(shape, CornerRadius::ZERO, colour);
    }
    ui.painter()
        .hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, tokens.border));
    for (align, x, text) in [
        (Align2::LEFT_BOTTOM, rect.left(), &ends[0]),
        (Align2::RIGHT_BOTTOM, rect.right(), &ends[1]),
    ] {
        ui.painter().text(
            pos2(x, rect.bottom()),
            align,
            text,
            font::mono_label(),
            tokens.text_secondary,
        );
    }
    let pressed = response.clicked();
    if let Some(bar) = hovered {
        response.on_hover_text_at_pointer(format!("{}: {}", words(bar), format::count(counts[bar])));
        if pressed {
            chosen = Some(bar..=bar);
        }
    }
    chosen
}

/// A histogram. Answers the bins that were chosen.
pub(super) fn histogram_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    kind: ColumnType,
    histogram: &Histogram,
    log: bool,
) -> Option<RangeInclusive<usize>> {
    let edge = |at: usize| edge_text(kind, histogram.edges.get(at).copied().unwrap_or_default());
    let words = |bin: usize| format!("{} … {}", edge(bin), edge(bin + 1));
    let ends = [edge(0), edge(histogram.counts.len())];
    let bars = Bars {
        name: "Histogram",
        height: HISTOGRAM,
        counts: &histogram.counts,
        log,
        ends,
    };
    bars_ui(ui, tokens, &bars, words)
}

/// How many days or times fall into each part of the calendar. Answers the first day of what was
/// chosen, and the first one after it.
pub(super) fn calendar_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    calendar: &Calendar,
    log: bool,
) -> Option<(String, Option<String>)> {
    let counts: Vec<u64> = calendar.counts.iter().map(|part| part.count).collect();
    let shown = |at: usize| part_text(calendar.unit, &calendar.counts[at].value);
    let ends = [shown(0), shown(counts.len() - 1)];
    let name = match calendar.unit {
        CalendarUnit::Day => "Rows by day",
        CalendarUnit::Month => "Rows by month",
        CalendarUnit::Year => "Rows by year",
        CalendarUnit::Decade => "Rows by decade",
    };
    crate::widget::label_ui(ui, name);
    let bars = Bars {
        name,
        height: CALENDAR,
        counts: &counts,
        log,
        ends,
    };
    let bars = bars_ui(ui, tokens, &bars, shown)?;
    let from = calendar.counts.get(*bars.start())?.value.clone();
    let before = calendar.counts.get(bars.end() + 1).map(|part| part.value.clone());
    Some((from, before))
}

/// The part of a day in ISO 8601 that says which part of the calendar it is.
fn part_text(unit: CalendarUnit, first: &str) -> String {
    let parts: Vec<&str> = first.rsplitn(3, '-').collect();
    match (unit, parts.as_slice()) {
        (CalendarUnit::Month, [_, month, year]) => format!("{year}-{month}"),
        (CalendarUnit::Year, [_, _, year]) => (*year).to_owned(),
        (CalendarUnit::Decade, [_, _, year]) => format!("{year}s"),
        _ => first.to_owned(),
    }
}

/// The box of the quartiles over the same span as the histogram: whiskers reach to the last number
/// that is no outlier by Tukey's rule, or to the limit where only that is known.
pub(super) fn box_ui(ui: &mut Ui, tokens: &Tokens, quantiles: &Quantiles, ends: [f64; 2]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BOX), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Box plot"));
    let [low, high] = whiskers(quantiles, ends);
    let spread = ends[1] - ends[0];
    let x = |value: f64| {
        let share = if spread > 0.0 { (value - ends[0]) / spread } else { 0.5 };
        rect.left() + 1.0 + (rect.width() - 2.0) * share.clamp(0.0, 1.0) as f32
    };
    let middle = rect.center().y;
    let line = Stroke::new(1.0, tokens.text_secondary);
    ui.painter().hline(x(low)..=x(quantiles.p25), middle, line);
    ui.painter().hline(x(quantiles.p75)..=x(high), middle, line);
    for end in [low, high] {
        ui.painter().vline(x(end), middle - 5.0..=middle + 5.0, line);
    }
    let frame = Rect::from_min_max(
        pos2(x(quantiles.p25), middle - 8.0),
        pos2(x(quantiles.p75).max(x(quantiles.p25) + 1.0), middle + 8.0),
    );
    ui.painter().rect(
        frame,
        CornerRadius::same(2),
        mix(tokens.panel, tokens.accent, 0.3),
        Stroke::new(1.0, tokens.accent),
        StrokeKind::Inside,
    );
    ui.painter()
        .vline(x(quantiles.p50), frame.y_range(), Stroke::new(2.0, tokens.text));
    for end in ends {
        if end < low || end > high {
            ui.painter()
                .circle_stroke(pos2(x(end), middle), 2.5, Stroke::new(1.0, tokens.warning));
        }
    }
    response.on_hover_text(format!(
        "Half of the values are in the box, the line is the median. Whiskers end at {} and {}.",
        format::value(low),
        format::value(high)
    ));
}

/// Where the whiskers end.
fn whiskers(quantiles: &Quantiles, ends: [f64; 2]) -> [f64; 2] {
    let [low, high] = quantiles.fences();
    [
        low.max(ends[0]).min(quantiles.p25),
        high.min(ends[1]).max(quantiles.p75),
    ]
}

/// The edge of a bin as a person reads it.
fn edge_text(kind: ColumnType, edge: f64) -> String {
    match kind {
        ColumnType::Date | ColumnType::Datetime => {
            let text = format::absolute((edge * 1000.0) as i64);
            match (kind, text.split_once(',')) {
                (ColumnType::Date, Some((day, _))) => day.to_owned(),
                _ => text,
            }
        }
        _ => format::value(edge),
    }
}

/// A value on a bar of its share. Answers whether it was pressed; `name` says what that does.
pub(super) fn share_ui(ui: &mut Ui, tokens: &Tokens, shown: &str, count: u64, rows: u64, name: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let share = count as f64 / rows.max(1) as f64;
    let ground = if response.hovered() {
        tokens.hover
    } else {
        mix(tokens.panel, tokens.accent, 0.22)
    };
    let bar = Rect::from_min_size(
        rect.min,
        vec2(
            (rect.width() * share as f32).clamp(2.0, rect.width()),
            rect.height() - 2.0,
        ),
    );
    ui.painter().rect_filled(bar, CornerRadius::same(3), ground);
    let number = ui.painter().text(
        pos2(rect.right() - 4.0, rect.center().y - 1.0),
        Align2::RIGHT_CENTER,
        format::count(count),
        font::mono_label(),
        tokens.text_secondary,
    );
    let room = number.left() - rect.left() - 16.0;
    let galley = crate::widget::one_line(ui, shown, font::body(), tokens.text, room.max(10.0));
    ui.painter().galley(
        pos2(rect.left() + 6.0, rect.center().y - 1.0 - galley.size().y / 2.0),
        galley,
        tokens.text,
    );
    let pressed = response.clicked();
    response.on_hover_text(format!("Keep the rows where it is {shown}"));
    pressed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_shows_what_a_line_hides() {
        assert_eq!(share(0, 1000, true), 0.0);
        assert_eq!((share(1000, 1000, true), share(1000, 1000, false)), (1.0, 1.0));
        assert!(share(1, 1000, true) > 0.09 && share(1, 1000, false) < 0.01);
    }

    #[test]
    fn whiskers_end_at_the_last_value_or_at_the_fence() {
        let quantiles = Quantiles {
            p05: 0.0,
            p25: 10.0,
            p50: 15.0,
            p75: 20.0,
            p95: 30.0,
        };
        assert_eq!(whiskers(&quantiles, [0.0, 100.0]), [0.0, 35.0]);
        assert_eq!(whiskers(&quantiles, [-50.0, 22.0]), [-5.0, 22.0]);
    }

    #[test]
    fn parts_of_the_calendar_are_told_as_short_as_can_be() {
        assert_eq!(part_text(CalendarUnit::Month, "2024-03-01"), "2024-03");
        assert_eq!(part_text(CalendarUnit::Year, "-044-01-01"), "-044");
        assert_eq!(part_text(CalendarUnit::Decade, "1960-01-01"), "1960s");
        assert_eq!(part_text(CalendarUnit::Day, "2024-03-09"), "2024-03-09");
    }
}
