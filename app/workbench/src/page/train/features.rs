//! Choosing what to predict from: every column with its type and, where it is left out, why.

use egui::{RichText, ScrollArea, Ui};

use crate::format;
use crate::grid::kind_icon;
use crate::theme::{self, font};
use crate::widget::{self, Button, ellipsis_ui};

use super::draft::Draft;

const ROW: f32 = 28.0;

/// The list of columns. Answers whether a feature was taken or left.
pub(super) fn features_ui(draft: &mut Draft, filter: &mut String, ui: &mut Ui) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let mut wanted: Vec<(String, bool)> = Vec::new();
    let wish = filter.trim().to_lowercase();
    let shown: Vec<usize> = draft
        .profile
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| draft.may_include(&column.name))
        .filter(|(_, column)| wish.is_empty() || column.name.to_lowercase().contains(&wish))
        .map(|(position, _)| position)
        .collect();
    ui.horizontal(|ui| {
        widget::search_ui(
            ui,
            "Filter columns",
            filter,
            "Filter columns",
            (ui.available_width() - 160.0).clamp(100.0, 240.0),
        );
        for (words, include) in [("All", true), ("None", false)] {
            let tooltip = if include {
                "Take every column that is listed"
            } else {
                "Leave every column that is listed"
            };
            if ui.add(Button::quiet(words).tooltip(tooltip)).clicked() {
                wanted.extend(
                    shown
                        .iter()
                        .map(|at| (draft.profile.columns[*at].name.clone(), include)),
                );
            }
        }
    });
    if shown.is_empty() {
        widget::secondary_ui(ui, "No column is named like that");
    }
    let height = (shown.len() as f32 * ROW).min(ROW * 9.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("features")
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, ROW, shown.len(), |ui, range| {
            for at in &shown[range] {
                let column = &draft.profile.columns[*at];
                ui.horizontal(|ui| {
                    ui.set_height(ROW);
                    let mut on = draft.included.contains(&column.name);
                    let response = ui.checkbox(&mut on, "");
                    response
                        .ctx
                        .accesskit_node_builder(response.id, |node| node.set_label(column.name.as_str()));
                    if response.changed() {
                        wanted.push((column.name.clone(), on));
                    }
                    ui.label(
                        RichText::new(kind_icon(column.kind))
                            .font(font::icon(14.0))
                            .color(tokens.text_secondary),
                    )
                    .on_hover_text(column.kind.label());
                    let room = ui.available_width();
                    ui.scope(|ui| {
                        ui.set_max_width(room * 0.45);
                        let ink = if on { tokens.text } else { tokens.text_secondary };
                        ellipsis_ui(ui, RichText::new(&column.name).color(ink), &column.name);
                    });
                    let left_out = draft.left_out.iter().find(|left| left.column == column.name);
                    let text = match left_out {
                        Some(left) => left.why.clone(),
                        None if column.nulls > 0 => {
                            format!(
                                "{} distinct, {} missing",
                                format::count(column.distinct),
                                format::count(column.nulls)
                            )
                        }
                        None => format!("{} distinct", format::count(column.distinct)),
                    };
                    ellipsis_ui(
                        ui,
                        RichText::new(&text).font(font::label()).color(tokens.text_secondary),
                        &text,
                    );
                });
            }
        });
    let changed = !wanted.is_empty();
    draft.include_all(&wanted);
    changed
}
