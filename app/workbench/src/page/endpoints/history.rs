//! Every change of an endpoint's health, newest first.

use aloft_base::endpoint::health::{HealthChange, State};
use egui::{Align, Layout, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Tone, one_line, pill_ui, problem_ui};
use crate::work::Fetch;

use super::Past;

const ROW: f32 = 30.0;

/// Draws the list.
pub(super) fn history_ui(past: &Fetch<Past>, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = past.report() {
        problem_ui(ui, "Could not read the history", report, false, commands);
        return;
    }
    let Some(past) = past.value() else {
        widget::skeleton_rows_ui(ui, 6);
        return;
    };
    if past.changes.is_empty() {
        widget::secondary_ui(ui, "It was not looked at yet. Changes of its health are kept here.");
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("health")
        .show_rows(ui, ROW, past.changes.len(), |ui, range| {
            for nth in range {
                // Each state lasted until the next change, which stands before it.
                let until = nth.checked_sub(1).map_or(ctx.now_ms, |next| past.changes[next].time_ms);
                ui.push_id(nth, |ui| row_ui(&past.changes[nth], until, ctx, ui));
            }
        });
}

fn row_ui(change: &HealthChange, until: i64, ctx: &AppContext<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.border));
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = size::GAP;
    let cell = |row: &mut Ui, width: f32, text: &str| {
        let (place, _) = row.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let galley = one_line(row, text, font::mono_label(), tokens.text_secondary, width);
        let at = pos2(place.left(), place.center().y - galley.size().y / 2.0);
        row.painter().galley(at, galley, tokens.text_secondary);
    };
    cell(&mut row, 170.0, &format::absolute(change.time_ms));
    let (place, _) = row.allocate_exact_size(vec2(104.0, ROW), Sense::hover());
    let layout = Layout::left_to_right(Align::Center);
    let mut pill = row.new_child(UiBuilder::new().max_rect(place).layout(layout));
    let (tone, glyph, word) = told(change.after);
    pill_ui(&mut pill, tone, glyph, word);
    let lasted = format::duration((until - change.time_ms).max(0) as f64 / 1000.0);
    cell(&mut row, 110.0, &format!("for {lasted}"));
    let width = row.available_width();
    let reason = one_line(&row, &change.reason, font::body(), tokens.text, width);
    let at = pos2(rect.right() - width, rect.center().y - reason.size().y / 2.0);
    row.painter().galley(at, reason, tokens.text);
    let says = format!("{} after {}: {}", word, change.before.as_str(), change.reason);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &says));
    response.on_hover_text(format!("{}\n{says}", format::ago(ctx.now_ms, change.time_ms)));
}

/// Tone, icon and word of a state.
fn told(state: State) -> (Tone, &'static str, &'static str) {
    match state {
        State::Healthy => (Tone::Good, icons::CHECK_CIRCLE, "Healthy"),
        State::Degraded => (Tone::Warning, icons::WARNING, "Degraded"),
        State::Down => (Tone::Bad, icons::X_CIRCLE, "Down"),
        State::Unknown => (Tone::Neutral, icons::CIRCLE_DASHED, "Unknown"),
    }
}
