//! What failed last, with the request that caused it.

use aloft_base::endpoint::health::Failure;
use egui::{Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, one_line, section_ui};

/// Titles and the share of the width each column gets.
const COLUMNS: [(&str, f32); 5] = [
    ("When", 0.14),
    ("Status", 0.08),
    ("Kind", 0.12),
    ("Message", 0.36),
    ("Request", 0.3),
];

/// Draws the table.
pub(super) fn failures_ui(failures: &[Failure], ours: bool, ctx: &AppContext<'_>, ui: &mut Ui) {
    section_ui(ui, "Last failures");
    if failures.is_empty() {
        let text = if ours {
            "No request has failed."
        } else {
            "Requests to somebody else's address are not seen from here."
        };
        widget::secondary_ui(ui, text);
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    row_ui(ctx, ui, &COLUMNS.map(|(title, _)| title.to_owned()), None);
    for failure in failures {
        let cells = [
            format::ago(ctx.now_ms, failure.time_ms),
            failure.status.to_string(),
            failure.kind.replace('_', " "),
            failure.message.clone(),
            failure.request.clone(),
        ];
        row_ui(ctx, ui, &cells, Some(failure));
    }
}

fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, cells: &[String; 5], failure: Option<&Failure>) {
    let tokens = ctx.tokens;
    let width = ui.available_width() - 12.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW_HEIGHT), Sense::hover());
    let border = if failure.is_some() {
        tokens.border
    } else {
        tokens.border_strong
    };
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, border));
    let mut left = rect.left();
    // What is scrolled out of sight is still said to a screen reader.
    let cells_shown = if ui.is_rect_visible(rect) {
        cells.as_slice()
    } else {
        &[]
    };
    for (nth, (cell, (_, share))) in cells_shown.iter().zip(COLUMNS).enumerate() {
        let room = (share * width).floor();
        let (font, ink) = match (failure.is_some(), nth) {
            (false, _) => (font::label(), tokens.text_secondary),
            (true, 1) => (font::mono_label(), tokens.bad),
            (true, 3) => (font::body(), tokens.text),
            (true, 4) => (font::mono_label(), tokens.text_secondary),
            (true, _) => (font::body(), tokens.text_secondary),
        };
        let galley = one_line(ui, cell, font, ink, room - 10.0);
        ui.painter()
            .galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, ink);
        left += room;
    }
    let Some(failure) = failure else { return };
    let says = format!("Failure {}: {}", failure.status, failure.message);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &says));
    response.on_hover_text(format!(
        "{}\n{} {}\n{}\n{}",
        format::absolute(failure.time_ms),
        failure.status,
        failure.kind,
        failure.message,
        failure.request
    ));
}
