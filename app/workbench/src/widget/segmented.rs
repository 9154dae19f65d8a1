//! Choices beside each other: a segmented control, and tabs.

use egui::{CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{self, font, size};

use super::button::paint_focus;

/// One of a few choices. Answers whether another one was chosen.
pub fn segmented_ui<T: Copy + PartialEq>(ui: &mut Ui, chosen: &mut T, choices: &[(T, &str)]) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let galleys: Vec<_> = choices
        .iter()
        .map(|(_, word)| {
            ui.painter()
                .layout_no_wrap((*word).to_owned(), font::medium(), egui::Color32::PLACEHOLDER)
        })
        .collect();
    let widths: Vec<f32> = galleys.iter().map(|galley| (galley.size().x + 24.0).ceil()).collect();
    let (rect, _) = ui.allocate_exact_size(
        vec2(widths.iter().sum::<f32>() + 4.0, size::CONTROL_HEIGHT),
        Sense::hover(),
    );
    ui.painter().rect(
        rect,
        CornerRadius::same(size::RADIUS),
        tokens.field,
        Stroke::new(1.0, tokens.border),
        StrokeKind::Inside,
    );
    let mut changed = false;
    let mut left = rect.left() + 2.0;
    for (((choice, word), galley), width) in choices.iter().zip(galleys).zip(widths) {
        let part = Rect::from_min_size(pos2(left, rect.top() + 2.0), vec2(width, rect.height() - 4.0));
        left += width;
        let response = ui.interact(part, ui.scope_id().with(word), Sense::click());
        let selected = *chosen == *choice;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, selected, *word));
        if selected {
            ui.painter().rect(
                part,
                CornerRadius::same(size::RADIUS - 2),
                tokens.raised,
                Stroke::new(1.0, tokens.border_strong),
                StrokeKind::Inside,
            );
        }
        paint_focus(ui, &response, part);
        let ink = if selected || response.hovered() {
            tokens.text
        } else {
            tokens.text_secondary
        };
        ui.painter().galley(part.center() - galley.size() / 2.0, galley, ink);
        if response.clicked() && !selected {
            *chosen = *choice;
            changed = true;
        }
    }
    changed
}

/// Tabs over what they switch. Answers whether another one was chosen.
pub fn tabs_ui<T: Copy + PartialEq>(ui: &mut Ui, chosen: &mut T, choices: &[(T, &str)]) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let mut changed = false;
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (choice, word) in choices {
            let selected = *chosen == *choice;
            let galley = ui
                .painter()
                .layout_no_wrap((*word).to_owned(), font::medium(), egui::Color32::PLACEHOLDER);
            let (rect, response) = ui.allocate_exact_size(vec2((galley.size().x + 20.0).ceil(), 32.0), Sense::click());
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, *word));
            let ink = if selected || response.hovered() {
                tokens.text
            } else {
                tokens.text_secondary
            };
            ui.painter().galley(rect.center() - galley.size() / 2.0, galley, ink);
            if selected {
                ui.painter().hline(
                    rect.x_range().shrink(6.0),
                    rect.bottom() - 1.0,
                    Stroke::new(2.0, tokens.accent),
                );
            }
            paint_focus(ui, &response, rect.shrink(3.0));
            if response.clicked() && !selected {
                *chosen = *choice;
                changed = true;
            }
        }
    });
    ui.painter().hline(
        row.response.rect.left()..=ui.max_rect().right(),
        row.response.rect.bottom() - 0.5,
        Stroke::new(1.0, tokens.border),
    );
    changed
}
