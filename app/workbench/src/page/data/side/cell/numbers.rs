//! A list of numbers: its figures, and what it looks like as a line.

use egui::{CornerRadius, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::format;
use crate::theme::{self, size};
use crate::widget::{key_value_ui, section_ui};

const HEIGHT: f32 = 140.0;

/// What is said of a list of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) length: u64,
    /// How many are missing or no finite numbers.
    pub(super) gaps: u64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
    /// The Euclidean length.
    pub(super) norm: f64,
}

impl Figures {
    pub(super) fn of(numbers: &[f64]) -> Self {
        let finite = || numbers.iter().copied().filter(|number| number.is_finite());
        let count = finite().count();
        Self {
            length: numbers.len() as u64,
            gaps: (numbers.len() - count) as u64,
            min: finite().fold(f64::INFINITY, f64::min),
            max: finite().fold(f64::NEG_INFINITY, f64::max),
            mean: finite().sum::<f64>() / count as f64,
            norm: finite().map(|number| number * number).sum::<f64>().sqrt(),
        }
    }
}

/// The least and the largest number of each part of a list that is cut into so many.
pub(super) fn bands(numbers: &[f64], parts: usize) -> Vec<Option<(f64, f64)>> {
    let parts = parts.clamp(1, numbers.len().max(1));
    (0..parts)
        .map(|part| {
            let of = &numbers[part * numbers.len() / parts..(part + 1) * numbers.len() / parts];
            of.iter()
                .copied()
                .filter(|number| number.is_finite())
                .fold(None, |band, number| match band {
                    None => Some((number, number)),
                    Some((low, high)) => Some((f64::min(low, number), f64::max(high, number))),
                })
        })
        .collect()
}

pub(super) fn numbers_ui(numbers: &[f64], figures: &Figures, ui: &mut Ui) {
    key_value_ui(ui, "Length", &format::count(figures.length));
    for (name, value) in [
        ("Smallest", figures.min),
        ("Largest", figures.max),
        ("Mean", figures.mean),
        ("Norm", figures.norm),
    ] {
        key_value_ui(ui, name, &format::value(value));
    }
    if figures.gaps > 0 {
        key_value_ui(ui, "Not finite", &format::count(figures.gaps));
    }
    ui.add_space(size::GAP);
    section_ui(ui, "Values in order");
    let tokens = theme::tokens(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 12.0, HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Values in order"));
    ui.painter().rect_filled(rect, CornerRadius::same(4), tokens.background);
    let plot = rect.shrink(4.0);
    let spread = (figures.max - figures.min).max(f64::MIN_POSITIVE);
    let y = |value: f64| plot.bottom() - plot.height() * ((value - figures.min) / spread) as f32;
    if figures.min < 0.0 && figures.max > 0.0 {
        let zero = Stroke::new(1.0, tokens.border_strong);
        ui.painter().hline(plot.x_range(), y(0.0), zero);
    }
    let bands = bands(numbers, plot.width() as usize);
    let step = plot.width() / bands.len() as f32;
    let x = |at: usize| plot.left() + step * (at as f32 + 0.5);
    let line = Stroke::new(1.5, tokens.accent);
    let mut last = None;
    for (at, band) in bands.iter().enumerate() {
        let Some((low, high)) = *band else {
            last = None;
            continue;
        };
        if let Some(before) = last {
            ui.painter()
                .line_segment([before, pos2(x(at), y(f64::midpoint(low, high)))], line);
        }
        if high > low {
            let bar = Rect::from_min_max(pos2(x(at) - 0.5, y(high)), pos2(x(at) + 0.5, y(low)));
            ui.painter().rect_filled(bar, CornerRadius::ZERO, tokens.accent);
        }
        last = Some(pos2(x(at), y(f64::midpoint(low, high))));
    }
    if let Some(pointer) = response.hover_pos().filter(|_| !numbers.is_empty()) {
        let share = ((pointer.x - plot.left()) / plot.width()).clamp(0.0, 1.0);
        let at = ((share * numbers.len() as f32) as usize).min(numbers.len() - 1);
        let text = format!("{}: {}", format::count(at as u64), format::value(numbers[at]));
        response.on_hover_text_at_pointer(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_leave_out_what_is_no_number() {
        let figures = Figures::of(&[3.0, f64::NAN, -4.0]);
        assert_eq!(
            figures,
            Figures {
                length: 3,
                gaps: 1,
                min: -4.0,
                max: 3.0,
                mean: -0.5,
                norm: 5.0,
            }
        );
    }

    #[test]
    fn a_long_list_keeps_its_peaks_when_it_is_drawn_small() {
        let mut numbers = vec![0.0; 10_000];
        numbers[4321] = 9.0;
        let bands = bands(&numbers, 100);
        assert_eq!((bands.len(), bands[43]), (100, Some((0.0, 9.0))));
        assert_eq!(super::bands(&[1.0, 2.0], 100).len(), 2);
    }
}
