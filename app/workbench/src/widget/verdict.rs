//! A comparison of two versions: the verdict as a sentence, and their metrics side by side.

use egui::{Align2, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::format;
use crate::theme::{self, font};

use super::pill::Tone;
use super::problem::notice_ui;
use super::text::one_line;

/// Height of a row.
const ROW: f32 = 22.0;

/// The verdict in words, with the colour of the news it is.
pub fn verdict_ui(ui: &mut Ui, sentence: &str, better: Option<bool>) {
    let (tone, glyph) = match better {
        Some(true) => (Tone::Good, icons::CHECK_CIRCLE),
        Some(false) => (Tone::Warning, icons::WARNING),
        None => (Tone::Neutral, icons::SCALES),
    };
    let words = if sentence.is_empty() {
        "The comparison says no verdict; the numbers below are on the same rows."
    } else {
        sentence
    };
    notice_ui(ui, tone, glyph, words);
}

/// A table of metrics by name with two columns of values.
pub fn metrics_ui(ui: &mut Ui, heads: [&str; 2], rows: &[(String, Option<f64>, Option<f64>)]) {
    let tokens = theme::tokens(ui.ctx());
    ui.spacing_mut().item_spacing.y = 0.0;
    let width = ui.available_width().min(520.0);
    let ends = [0.72, 1.0].map(|share: f32| (width * share).floor());
    let line = |ui: &mut Ui, cells: [&str; 3], head: bool, says: String| {
        let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &says));
        let painter = ui.painter();
        let border = if head { tokens.border_strong } else { tokens.border };
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, border));
        let name_font = if head { font::label() } else { font::body() };
        let name = one_line(ui, cells[0], name_font, tokens.text_secondary, ends[0] - 110.0);
        painter.galley(
            rect.left_center() - vec2(0.0, name.size().y / 2.0),
            name,
            tokens.text_secondary,
        );
        for (text, end) in cells[1..].iter().zip(ends) {
            let (font, ink) = if head {
                (font::label(), tokens.text_secondary)
            } else {
                (font::mono(), tokens.text)
            };
            let at = pos2(rect.left() + end - 4.0, rect.center().y);
            painter.text(at, Align2::RIGHT_CENTER, text, font, ink);
        }
    };
    line(
        ui,
        ["Metric", heads[0], heads[1]],
        true,
        format!("Metric, {}, {}", heads[0], heads[1]),
    );
    for (name, a, b) in rows {
        let name = name.replace('_', " ");
        let value = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), format::value);
        let (a, b) = (value(a), value(b));
        line(
            ui,
            [&name, &a, &b],
            false,
            format!("{name}: {} {a}, {} {b}", heads[0], heads[1]),
        );
    }
}
