//! The head of a model: name, what it is for, what its aliases mean, and serving it.

use aloft_base::registry::AliasMove;
use egui::{Align, Layout, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{Ask, CHAMPION, CommandSender, ModelCommand};
use crate::context::AppContext;
use crate::library::ModelRow;
use crate::theme::{font, size};
use crate::widget::{self, Button, ButtonKind, command_button_ui, command_icon_ui, ellipsis_ui};

use super::State;

/// Draws it.
pub(super) fn header_ui(
    state: &mut State,
    row: &ModelRow,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let model = &row.model;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL_HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let serve = Ask::Serve {
                model: Some(model.name.clone()),
                version: None,
            };
            commands.offer_primary(serve.clone());
            command_button_ui(ui, ctx, commands, serve, ButtonKind::Primary);
            command_button_ui(ui, ctx, commands, Ask::Import, ButtonKind::Secondary);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(&model.name).font(font::title()).color(ctx.tokens.text);
                ellipsis_ui(ui, text, &model.name);
            });
        });
    });
    widget::row_ui(ui, size::CONTROL_HEIGHT, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            aliases_ui(state, row, ctx, ui, commands);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let describe = Ask::DescribeModel {
                    model: model.name.clone(),
                };
                command_icon_ui(ui, ctx, commands, describe);
                let words = if model.description.is_empty() {
                    "No description yet"
                } else {
                    &model.description
                };
                let text = RichText::new(words).color(ctx.tokens.text_secondary);
                ellipsis_ui(ui, text, words);
            });
        });
    });
}

/// Each alias with the version it means; a press shows that version. From right to left.
fn aliases_ui(state: &mut State, row: &ModelRow, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    /// More aliases than these are in the tooltip of the list and at their versions.
    const MOST: usize = 3;
    ui.spacing_mut().item_spacing.x = 6.0;
    let moves = state.moves.value().map_or(&[][..], Vec::as_slice);
    let mut aliases: Vec<&(String, u32)> = row.model.aliases.iter().collect();
    aliases.sort_by_key(|(alias, _)| alias != CHAMPION);
    let first = aliases.first().map(|(alias, _)| alias.as_str());
    let mut chosen = None;
    for (alias, number) in aliases.iter().take(MOST).rev() {
        let words = if Some(alias.as_str()) == first {
            "Roll back".to_owned()
        } else {
            format!("Roll back {alias}")
        };
        let why_not = (!has_meant_another(moves, alias, *number))
            .then_some("It never meant another version, so there is nothing to go back to");
        let button = Button::icon(icons::ARROW_U_UP_LEFT, &words)
            .disabled(why_not)
            .tooltip(format!("Roll back: let {alias} mean what it meant before"));
        if ui.add(button).clicked() {
            commands.send(ModelCommand::RollBack {
                model: row.model.name.clone(),
                alias: alias.clone(),
            });
        }
        let words = format!("{alias} → {number}");
        let button = Button::new(&words).glyph(icons::TAG).max_width(220.0);
        if ui.add(button.tooltip(format!("Show version {number}"))).clicked() {
            chosen = Some(*number);
        }
        ui.add_space(6.0);
    }
    if ctx.library.is_loaded() && chosen.is_some() {
        (state.selected, state.compare, state.follow) = (chosen, None, true);
    }
}

/// Whether an alias ever meant another version than it does.
fn has_meant_another(moves: &[AliasMove], alias: &str, now: u32) -> bool {
    let mut moves = moves.iter().filter(|step| step.alias == alias);
    moves.any(|step| step.number.is_some_and(|number| number != now))
}
