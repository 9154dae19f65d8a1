//! What each alias ever meant, newest first, and whether the audit log holds.

use aloft_base::audit::Chain;
use aloft_base::registry::AliasMove;
use egui::{Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Tone, one_line, pill_ui, problem_ui};
use crate::work::Fetch;

/// Titles and the share of the width each column gets.
const COLUMNS: [(&str, f32); 6] = [
    ("When", 0.2),
    ("Alias", 0.16),
    ("From", 0.12),
    ("To", 0.12),
    ("Who", 0.12),
    ("Why", 0.28),
];

/// Draws the history.
pub(super) fn history_ui(
    moves: &Fetch<Vec<AliasMove>>,
    chain: &Fetch<Chain>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    if let Some(report) = moves.report().or(chain.report()) {
        problem_ui(ui, "Could not read the history", report, false, commands);
        return;
    }
    ui.horizontal(|ui| match chain.value() {
        Some(Chain::Whole { entries }) => {
            let words = format!("Audit log whole: {}", format::plural(*entries, "entry", "entries"));
            pill_ui(ui, Tone::Good, icons::LINK, &words);
            widget::label_ui(
                ui,
                "Each entry's hash covers the one before it, so an edited history would show.",
            );
        }
        Some(Chain::Broken { seq }) => {
            pill_ui(
                ui,
                Tone::Bad,
                icons::LINK_BREAK,
                &format!("Audit log broken at entry {seq}"),
            );
            widget::label_ui(ui, "This entry, or one before it, is not what was written.");
        }
        None => widget::skeleton_ui(ui, 180.0, 18.0),
    });
    ui.add_space(size::GAP);
    let Some(moves) = moves.value() else {
        widget::skeleton_rows_ui(ui, 6);
        return;
    };
    if moves.is_empty() {
        widget::secondary_ui(
            ui,
            "No alias was ever given. Promote a version to make it the champion.",
        );
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    row_ui(ctx, ui, &COLUMNS.map(|(title, _)| title.to_owned()), None);
    ScrollArea::vertical().auto_shrink(false).id_salt("history").show_rows(
        ui,
        size::ROW_HEIGHT,
        moves.len(),
        |ui, range| {
            for step in &moves[range] {
                let version =
                    |number: Option<u32>| number.map_or_else(|| "–".to_owned(), |number| format!("version {number}"));
                let cells = [
                    format::absolute(step.time_ms),
                    step.alias.clone(),
                    version(step.previous),
                    version(step.number),
                    step.actor.clone(),
                    step.reason.clone(),
                ];
                row_ui(ctx, ui, &cells, Some(step));
            }
        },
    );
}

/// One move, or the titles.
fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, cells: &[String; 6], step: Option<&AliasMove>) {
    let tokens = ctx.tokens;
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW_HEIGHT), Sense::hover());
    let border = if step.is_some() {
        tokens.border
    } else {
        tokens.border_strong
    };
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, border));
    let mut left = rect.left();
    for (nth, (cell, (_, share))) in cells.iter().zip(COLUMNS).enumerate() {
        let room = (share * width).floor();
        let (font, ink) = match (step.is_some(), nth) {
            (false, _) => (font::label(), tokens.text_secondary),
            (true, 0) => (font::mono_label(), tokens.text_secondary),
            (true, 4 | 5) => (font::body(), tokens.text_secondary),
            (true, _) => (font::body(), tokens.text),
        };
        let galley = one_line(ui, cell, font, ink, room - 12.0);
        ui.painter()
            .galley(pos2(left + 4.0, rect.center().y - galley.size().y / 2.0), galley, ink);
        left += room;
    }
    let Some(step) = step else { return };
    let says = format!(
        "{}: from {} to {}, by {}. {}",
        step.alias, cells[2], cells[3], step.actor, step.reason
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &says));
    response.on_hover_text(format!("{}\n{}", format::ago(ctx.now_ms, step.time_ms), says));
}
