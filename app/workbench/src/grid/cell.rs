//! How one cell looks: numbers to the right, and missing, not-a-number and empty each unlike the others.

use std::borrow::Cow;
use std::sync::Arc;

use aloft_data::Cell;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, CornerRadius, FontId, Galley, Painter, Rect, Stroke, StrokeKind, pos2, vec2};

use crate::theme::{Tokens, font};

use super::number_format::NumberFormat;

/// Space between a cell's text and its edges.
pub(super) const PADDING: f32 = 10.0;
/// No column is so wide that more would be seen.
const MOST_CHARS: usize = 240;

/// What a screen reader or a test reads.
pub(super) fn spoken(cell: &Cell, numbers: NumberFormat) -> Cow<'_, str> {
    match cell {
        Cell::Null => "null".into(),
        Cell::NaN => "NaN".into(),
        Cell::Text(text) if text.is_empty() => "empty text".into(),
        Cell::Text(text) => (&**text).into(),
        Cell::Number(text) => numbers.write(text),
    }
}

/// One line that ends in an ellipsis where it does not fit.
pub(super) fn line(painter: &Painter, text: &str, font: FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let first = text.lines().next().unwrap_or_default();
    let cut = first
        .char_indices()
        .nth(MOST_CHARS)
        .map_or(first, |(at, _)| &first[..at]);
    let mut shown = cut.to_owned();
    if cut.len() < text.len() {
        shown.push('…');
    }
    let mut job = LayoutJob::single_section(shown, TextFormat::simple(font, colour));
    job.wrap = TextWrapping {
        max_width: width.max(0.0),
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    painter.layout_job(job)
}

/// Draws a cell. Answers whether its text is cut.
pub(super) fn paint(painter: &Painter, tokens: &Tokens, rect: Rect, cell: &Cell, numbers: NumberFormat) -> bool {
    let inner = rect.shrink2(vec2(PADDING, 0.0));
    let middle = inner.center().y;
    match cell {
        Cell::Text(text) if text.is_empty() => {
            let galley = line(painter, "\"\"", font::mono(), tokens.text_secondary, inner.width());
            painter.galley(
                pos2(inner.left(), middle - galley.size().y / 2.0),
                galley,
                tokens.text_secondary,
            );
            false
        }
        Cell::Text(text) => {
            let galley = line(painter, text, font::body(), tokens.text, inner.width());
            let cut = galley.elided || text.contains('\n');
            painter.galley(pos2(inner.left(), middle - galley.size().y / 2.0), galley, tokens.text);
            cut
        }
        Cell::Number(text) => {
            let galley = line(painter, &numbers.write(text), font::mono(), tokens.text, inner.width());
            let cut = galley.elided;
            painter.galley(
                pos2(inner.right() - galley.size().x, middle - galley.size().y / 2.0),
                galley,
                tokens.text,
            );
            cut
        }
        Cell::NaN => {
            let galley = line(painter, "NaN", font::mono(), tokens.warning, inner.width());
            painter.galley(
                pos2(inner.right() - galley.size().x, middle - galley.size().y / 2.0),
                galley,
                tokens.warning,
            );
            false
        }
        Cell::Null => {
            let galley = line(painter, "null", font::label(), tokens.text_secondary, inner.width());
            let size = galley.size();
            let frame = Rect::from_min_size(pos2(inner.left(), middle - 8.0), vec2(size.x + 10.0, 16.0));
            painter.rect_stroke(
                frame,
                CornerRadius::same(4),
                Stroke::new(1.0, tokens.border),
                StrokeKind::Inside,
            );
            painter.galley(frame.center() - size / 2.0, galley, tokens.text_secondary);
            false
        }
    }
}

/// Draws where a cell will be; its length follows from its place, so that it does not flicker.
pub(super) fn paint_skeleton(painter: &Painter, tokens: &Tokens, rect: Rect, row: u64, column: usize) {
    const SHARES: [f32; 5] = [0.62, 0.44, 0.71, 0.52, 0.36];
    let share = SHARES[(row as usize).wrapping_mul(3).wrapping_add(column * 2) % SHARES.len()];
    let bar = Rect::from_min_size(
        pos2(rect.left() + PADDING, rect.center().y - 4.0),
        vec2((rect.width() - 2.0 * PADDING).max(0.0) * share, 8.0),
    );
    painter.rect_filled(bar, CornerRadius::same(4), tokens.hover);
}

/// How wide a column must be for this text to be seen whole.
pub(super) fn width_of(painter: &Painter, cell: &Cell, numbers: NumberFormat) -> f32 {
    let (text, font) = match cell {
        Cell::Null => ("null".into(), font::label()),
        Cell::NaN => ("NaN".into(), font::mono()),
        Cell::Text(text) => ((&**text).into(), font::body()),
        Cell::Number(text) => (numbers.write(text), font::mono()),
    };
    let galley = line(painter, &text, font, Color32::PLACEHOLDER, f32::INFINITY);
    galley.size().x + 2.0 * PADDING + 2.0
}
