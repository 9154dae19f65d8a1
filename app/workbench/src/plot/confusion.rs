//! A confusion matrix: counts and shares of each actual class, readable in both themes.

use aloft_train::Confusion;
use egui::{Align2, CornerRadius, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::format;
use crate::theme::{font, mix};

const LABEL: f32 = 120.0;
const TOP: f32 = 40.0;

/// The size of a cell of a matrix of so many classes.
fn cell_size(classes: usize) -> egui::Vec2 {
    match classes {
        0..=4 => vec2(104.0, 56.0),
        5..=8 => vec2(80.0, 46.0),
        9..=12 => vec2(62.0, 40.0),
        _ => vec2(52.0, 34.0),
    }
}

/// How wide the matrix of so many classes is; in less room it scrolls.
pub fn confusion_width(classes: usize) -> f32 {
    LABEL + cell_size(classes).x * classes as f32 + 4.0
}

/// Draws the matrix: actual classes are rows, predicted ones columns; a row's shares add up to 100 %.
pub fn confusion_ui(ui: &mut Ui, confusion: &Confusion) {
    let tokens = crate::theme::tokens(ui.ctx());
    let classes = confusion.labels.len();
    let cell = cell_size(classes);
    let size = vec2(confusion_width(classes), TOP + cell.y * classes as f32 + 4.0);
    ScrollArea::horizontal()
        .id_salt("confusion")
        .auto_shrink([false, true])
        .show(ui, |ui| {
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Table, true, "Confusion matrix"));
            let painter = ui.painter().clone();
            let corner = pos2(rect.left() + LABEL, rect.top() + TOP);
            painter.text(
                pos2(rect.left(), rect.top() + TOP - 8.0),
                Align2::LEFT_BOTTOM,
                "Actual",
                font::label(),
                tokens.text_secondary,
            );
            painter.text(
                pos2(corner.x, rect.top()),
                Align2::LEFT_TOP,
                "Predicted",
                font::label(),
                tokens.text_secondary,
            );
            let place = |row: usize, column: usize| {
                let at = corner + vec2(cell.x * column as f32, cell.y * row as f32);
                Rect::from_min_size(at, cell).shrink(1.0)
            };
            for (at, label) in confusion.labels.iter().enumerate() {
                let column = place(0, at);
                let galley = clipped(ui, label, cell.x - 6.0);
                let x = column.center().x - galley.size().x / 2.0;
                painter.galley(pos2(x, rect.top() + TOP - 6.0 - galley.size().y), galley, tokens.text);
                let row = place(at, 0);
                let galley = clipped(ui, label, LABEL - 12.0);
                painter.galley(
                    pos2(rect.left(), row.center().y - galley.size().y / 2.0),
                    galley,
                    tokens.text,
                );
            }
            for (row, counts) in confusion.counts.iter().enumerate() {
                let sum: u64 = counts.iter().sum();
                for (column, count) in counts.iter().enumerate().take(classes) {
                    let share = if sum > 0 { *count as f64 / sum as f64 } else { 0.0 };
                    let tile = place(row, column);
                    let hue = if row == column { tokens.accent } else { tokens.bad };
                    // Never so strong that the text on it could not be read.
                    let strength = if *count == 0 { 0.0 } else { 0.08 + 0.34 * share as f32 };
                    painter.rect_filled(tile, CornerRadius::same(4), mix(tokens.panel, hue, strength));
                    let ink = if *count == 0 {
                        tokens.text_secondary
                    } else {
                        tokens.text
                    };
                    let (main, below) = (font::mono(), font::label());
                    let offset = if cell.y >= 40.0 { 8.0 } else { 0.0 };
                    painter.text(
                        tile.center() - vec2(0.0, offset),
                        Align2::CENTER_CENTER,
                        format::count(*count),
                        main,
                        ink,
                    );
                    if offset > 0.0 {
                        let percent = format!("{:.0} %", share * 100.0);
                        painter.text(
                            tile.center() + vec2(0.0, 9.0),
                            Align2::CENTER_CENTER,
                            percent,
                            below,
                            tokens.text,
                        );
                    }
                    let response = ui.interact(tile, ui.scope_id().with(("confusion", row, column)), Sense::hover());
                    let (actual, predicted) = (&confusion.labels[row], &confusion.labels[column]);
                    let text = format!("{actual} taken for {predicted}: {}", format::count(*count));
                    response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, &text));
                    response.on_hover_text(format!("{text} of {} ({})", format::count(sum), format::percent(share)));
                }
            }
        });
}

fn clipped(ui: &Ui, text: &str, width: f32) -> std::sync::Arc<egui::Galley> {
    use egui::text::{LayoutJob, TextFormat, TextWrapping};
    let mut job = LayoutJob::single_section(
        text.to_owned(),
        TextFormat::simple(font::label(), egui::Color32::PLACEHOLDER),
    );
    job.wrap = TextWrapping {
        max_width: width,
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    ui.painter().layout_job(job)
}
