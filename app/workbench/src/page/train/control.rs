//! The controls of the recipe: a name at the left, what is chosen at the right.

use egui::{Align, DragValue, Layout, Response, RichText, Ui, emath::Numeric, vec2};
use egui_phosphor::regular as icons;
use std::ops::RangeInclusive;

use crate::theme::{self, font};
use crate::widget::Button;
pub(super) use crate::widget::combo_ui;

/// Width of the names.
const NAME: f32 = 132.0;

/// A row with a name and controls.
pub(super) fn row_ui<R>(ui: &mut Ui, name: &str, tooltip: &str, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = theme::tokens(ui.ctx());
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(vec2(NAME, 28.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(NAME);
            let label = ui.label(RichText::new(name).color(tokens.text_secondary));
            if !tooltip.is_empty() {
                label.on_hover_text(tooltip);
            }
        });
        add_contents(ui)
    })
    .inner
}

/// A number that is dragged or typed. Answers whether it changed.
pub(super) fn number_ui<N: Numeric>(
    ui: &mut Ui,
    name: &str,
    tooltip: &str,
    value: &mut N,
    range: RangeInclusive<N>,
    speed: f64,
) -> bool {
    row_ui(ui, name, tooltip, |ui| drag_ui(ui, name, value, range, speed).changed())
}

/// The number alone.
pub(super) fn drag_ui<N: Numeric>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    range: RangeInclusive<N>,
    speed: f64,
) -> Response {
    let drag = DragValue::new(value)
        .range(range)
        .speed(speed)
        .max_decimals(8)
        .update_while_editing(false);
    let response = ui.add_sized(vec2(92.0, 28.0), drag);
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

/// A share in percent.
pub(super) fn percent_ui(ui: &mut Ui, name: &str, tooltip: &str, share: &mut f64) -> bool {
    row_ui(ui, name, tooltip, |ui| {
        let mut percent = (*share * 1000.0).round() / 10.0;
        let drag = DragValue::new(&mut percent)
            .range(0.0..=90.0)
            .speed(0.5)
            .max_decimals(1)
            .suffix(" %")
            .update_while_editing(false);
        let response = ui.add_sized(vec2(92.0, 28.0), drag);
        response
            .ctx
            .accesskit_node_builder(response.id, |node| node.set_label(name));
        if response.changed() {
            *share = percent / 100.0;
        }
        response.changed()
    })
}

/// One of a few choices, each of which may say why it cannot be chosen.
pub(super) fn choice_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    tooltip: &str,
    chosen: &mut T,
    choices: &[(T, &str, Option<String>)],
) -> bool {
    row_ui(ui, name, tooltip, |ui| {
        let mut changed = false;
        ui.spacing_mut().item_spacing.x = 4.0;
        for (choice, word, why_not) in choices {
            let selected = *chosen == *choice;
            let why = if selected { None } else { why_not.as_deref() };
            if ui.add(Button::new(word).selected(selected).disabled(why)).clicked() && !selected {
                *chosen = *choice;
                changed = true;
            }
        }
        changed
    })
}

/// A value that is used or not; where it is, it is a number.
pub(super) fn optional_ui<N: Numeric>(
    ui: &mut Ui,
    name: &str,
    tooltip: &str,
    value: &mut Option<N>,
    usual: N,
    range: RangeInclusive<N>,
    speed: f64,
) -> bool {
    row_ui(ui, name, tooltip, |ui| {
        let mut changed = switch_ui(ui, name, value.is_some());
        if changed {
            *value = if value.is_some() { None } else { Some(usual) };
        }
        if let Some(number) = value {
            changed |= drag_ui(ui, &format!("{name} value"), number, range, speed).changed();
        }
        changed
    })
}

/// A switch. Answers whether it was pressed.
pub(super) fn switch_ui(ui: &mut Ui, name: &str, on: bool) -> bool {
    let mut value = on;
    let response = ui.checkbox(&mut value, "");
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response.clicked()
}

/// Why Aloft chose this.
pub(super) fn reason_ui(ui: &mut Ui, reason: &str) {
    let tokens = theme::tokens(ui.ctx());
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(
            RichText::new(icons::LIGHTBULB)
                .font(font::icon(14.0))
                .color(tokens.accent),
        );
        ui.add(egui::Label::new(RichText::new(reason).color(tokens.text_secondary)).wrap());
    });
}
