//! What a version takes: its columns with their kinds and values, and what it predicts.

use aloft_base::registry::Version;
use egui::{RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::comparison::text;
use crate::facts;
use crate::format;
use crate::theme::{self, font};
use crate::widget::{self, one_line};

/// So many columns are drawn; the files hold them all.
const MOST: usize = 200;
const ROW: f32 = 22.0;

/// Draws the table.
pub(super) fn signature_ui(version: &Version, ui: &mut Ui) {
    let features = facts::features(version);
    if features.is_empty() {
        widget::secondary_ui(ui, "It says nothing of its columns.");
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    row_ui(ui, ["Column", "Kind", "Values", "Example"], true);
    for feature in features.iter().take(MOST) {
        let categories: Vec<String> = feature
            .categories
            .iter()
            .take(12)
            .map(|value| text(Some(value)))
            .collect();
        let more = if feature.categories.len() > 12 { ", …" } else { "" };
        let values = format!("{}{more}", categories.join(", "));
        let example = text(facts::example(version, &feature.name));
        row_ui(ui, [&feature.name, &feature.kind, &values, &example], false);
    }
    ui.add_space(6.0);
    let target = facts::target(version);
    let more = features.len().saturating_sub(MOST);
    let mut words = Vec::new();
    if !target.is_empty() {
        words.push(format!("Predicts {target}."));
    }
    if more > 0 {
        words.push(format!("{} more columns are in its files.", format::count(more as u64)));
    }
    if !words.is_empty() {
        widget::secondary_ui(ui, &words.join(" "));
    }
}

fn row_ui(ui: &mut Ui, cells: [&str; 4], head: bool) {
    let tokens = theme::tokens(ui.ctx());
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    let border = if head { tokens.border_strong } else { tokens.border };
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, border));
    let lefts = [0.0, 0.34, 0.5, 0.82, 1.0].map(|share: f32| (share * width).floor());
    for (nth, cell) in cells.iter().enumerate() {
        let (font, ink) = match (head, nth) {
            (false, 0) => (font::body(), tokens.text),
            (false, 3) => (font::mono_label(), tokens.text),
            _ => (font::label(), tokens.text_secondary),
        };
        let room = lefts[nth + 1] - lefts[nth] - 8.0;
        let galley = one_line(ui, cell, font, ink, room);
        let at = pos2(rect.left() + lefts[nth], rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, ink);
    }
    if !head {
        let says = format!("Column {}: {}", cells[0], cells[1]);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &says));
        response.on_hover_ui(|ui| {
            ui.label(RichText::new(format!("{}\n{}\n{}", cells[0], cells[1], cells[2])));
        });
    }
}
