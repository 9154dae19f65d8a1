//! A version in full: what can be done with it, how good it is, what it takes, where it comes from.

use std::path::Path;

use aloft_base::registry::Version;
use egui::{Label, Popup, RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::{Ask, CommandSender, ModelCommand, Navigate, ViewCommand};
use crate::context::AppContext;
use crate::facts;
use crate::format;
use crate::library::dataset_name;
use crate::light;
use crate::theme::{font, size};
use crate::widget::{
    self, Button, ButtonKind, Tone, card_ui, command_button_ui, command_icon_ui, key_value_ui, label_ui, metrics_ui,
    section_ui,
};

use super::State;
use super::compare::Compare;
use super::signature::signature_ui;

/// The card that comes with a version, if one does. Called on a worker.
pub(super) fn read_card(folder: &Path) -> String {
    /// A card is a page or two.
    const MOST: usize = 64 * 1024;
    let Ok(entries) = std::fs::read_dir(folder) else {
        return String::new();
    };
    let mut cards: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    cards.sort();
    let text = cards.first().and_then(|path| std::fs::read_to_string(path).ok());
    text.unwrap_or_default().chars().take(MOST).collect()
}

/// Draws the version in front.
pub(super) fn detail_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let Some(version) = state.chosen().cloned() else {
        widget::secondary_ui(ui, "This model has no version.");
        return;
    };
    let others: Vec<u32> = state.versions.value().map_or_else(Vec::new, |versions| {
        let alive = versions.iter().filter(|other| other.deleted_ms.is_none());
        alive
            .map(|other| other.number)
            .filter(|number| *number != version.number)
            .take(50)
            .collect()
    });
    if let Some(other) = actions_ui(&version, &others, ctx, ui, commands) {
        state.compare = Some(Compare::new(version.number, other));
    }
    ui.add_space(size::GAP);
    ScrollArea::vertical()
        .id_salt(("version", &version.id))
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.set_max_width(ui.available_width() - 12.0);
            about_ui(&version, ctx, ui, commands);
            part_ui(ui, "On its test part", |ui| quality_ui(&version, ui));
            part_ui(ui, "What it takes", |ui| signature_ui(&version, ui));
            part_ui(ui, "Where it comes from", |ui| lineage_ui(&version, ctx, ui, commands));
            part_ui(ui, "Made with", |ui| {
                for (key, value) in facts::entries(&version, "environment") {
                    key_value_ui(ui, &key, &value);
                }
            });
            part_ui(ui, "Files", |ui| files_ui(&version, ctx, ui, commands));
            if let Some(card) = state.card.value().filter(|card| !card.is_empty()) {
                part_ui(ui, "Model card", |ui| {
                    let text = RichText::new(card).font(font::mono()).color(ctx.tokens.text);
                    ui.add(Label::new(text).wrap().selectable(true));
                });
            }
        });
}

fn part_ui(ui: &mut Ui, title: &str, add_contents: impl FnOnce(&mut Ui)) {
    section_ui(ui, title);
    ui.add_space(2.0);
    card_ui(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        add_contents(ui);
    });
    ui.add_space(size::GAP_WIDE);
}

/// What can be done with the version. Answers the version it is to be compared with.
fn actions_ui(
    version: &Version,
    others: &[u32],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> Option<u32> {
    let (model, number) = (version.model.clone(), version.number);
    let mut other = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 6.0);
        if version.deleted_ms.is_some() {
            let restore = ModelCommand::Restore { model, number };
            command_button_ui(ui, ctx, commands, restore, ButtonKind::Secondary);
            return;
        }
        let promote = Ask::Promote {
            model: model.clone(),
            number,
        };
        command_button_ui(ui, ctx, commands, promote, ButtonKind::Secondary);
        let alias = Ask::MoveAlias {
            model: model.clone(),
            number,
        };
        command_button_ui(ui, ctx, commands, alias, ButtonKind::Secondary);
        let why_not = others.is_empty().then_some("There is no other version");
        let button = Button::new("Compare with…").glyph(icons::SCALES).disabled(why_not);
        let response = ui.add(button);
        Popup::menu(&response).show(|ui| {
            ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
                for choice in others {
                    let words = format!("Compare with version {choice}");
                    if ui.add(Button::quiet(&words).min_width(200.0)).clicked() {
                        other = Some(*choice);
                        ui.close();
                    }
                }
            });
        });
        let export = Ask::Export {
            model: model.clone(),
            number,
        };
        command_button_ui(ui, ctx, commands, export, ButtonKind::Secondary);
        let predict = Ask::Predict {
            model: model.clone(),
            number,
        };
        command_button_ui(ui, ctx, commands, predict, ButtonKind::Secondary);
        // An icon, so that all actions stand in one row.
        command_icon_ui(ui, ctx, commands, ModelCommand::Delete { model, number });
    });
    other
}

/// Number, aliases, description, tags, and the endpoints that serve it.
fn about_ui(version: &Version, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        section_ui(ui, &format!("Version {}", version.number));
        for alias in &version.aliases {
            widget::pill_ui(ui, Tone::Accent, icons::TAG, alias);
        }
        for (key, value) in &version.tags {
            let words = if value.is_empty() {
                key.clone()
            } else {
                format!("{key}={value}")
            };
            widget::pill_ui(ui, Tone::Neutral, "", &words);
        }
        let describe = Ask::Describe {
            model: version.model.clone(),
            number: version.number,
            description: version.description.clone(),
            tags: version.tags.clone(),
        };
        command_icon_ui(ui, ctx, commands, describe);
    });
    if !version.description.is_empty() {
        widget::paragraph_ui(ui, &version.description);
    }
    for endpoint in ctx.library.endpoints() {
        if !light::serves_version(endpoint, &version.model, version.number) {
            continue;
        }
        ui.push_id(&endpoint.id, |ui| {
            ui.horizontal(|ui| {
                let light = light::of(endpoint);
                widget::pill_ui(ui, light.tone(), light.glyph(), light.word);
                let words = format!("Open endpoint {}", endpoint.name);
                if ui.add(Button::quiet(&words).glyph(icons::BROADCAST)).clicked() {
                    commands.send(Navigate::endpoint(&endpoint.id));
                }
            });
        });
    }
    ui.add_space(size::GAP_WIDE);
}

fn quality_ui(version: &Version, ui: &mut Ui) {
    let metrics = facts::metrics(version);
    if metrics.is_empty() {
        widget::secondary_ui(ui, "It says nothing of its metrics.");
        return;
    }
    let rows: Vec<(String, Option<f64>, Option<f64>)> = metrics
        .into_iter()
        .map(|(name, value, baseline)| (name, Some(value), baseline))
        .collect();
    metrics_ui(ui, ["Version", "Baseline"], &rows);
}

/// From data to model, each step pressed to go there where it is in this workspace.
fn lineage_ui(version: &Version, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let run = version.run.as_deref().and_then(|id| ctx.library.run(id));
    let dataset = run.and_then(|run| {
        let mut datasets = ctx.library.datasets().iter();
        datasets.find(|dataset| dataset.path.to_string_lossy() == run.dataset)
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if let Some(dataset) = dataset {
            let name = dataset_name(dataset);
            let button = Button::new(&name).glyph(icons::TABLE).max_width(200.0);
            if ui.add(button.tooltip("Open the data")).clicked() {
                commands.send(Navigate::dataset(&dataset.id));
            }
            arrow_ui(ui, ctx);
        }
        match (run, &version.run) {
            (Some(run), _) => {
                let button = Button::new(&run.name).glyph(icons::CHART_LINE).max_width(260.0);
                if ui.add(button.tooltip("Open the run and its recipe")).clicked() {
                    commands.send(Navigate::run(&run.id));
                }
                arrow_ui(ui, ctx);
            }
            (None, Some(id)) => {
                widget::secondary_ui(ui, &format!("run {id}, which is not in this workspace"));
                arrow_ui(ui, ctx);
            }
            (None, None) => {
                widget::secondary_ui(ui, "imported from a file");
                arrow_ui(ui, ctx);
            }
        }
        ui.label(
            RichText::new(format!("{}:{}", version.model, version.number))
                .font(font::mono())
                .color(ctx.tokens.text),
        );
    });
    for (key, value) in facts::entries(version, "lineage") {
        key_value_ui(ui, &key, &value);
    }
}

fn arrow_ui(ui: &mut Ui, ctx: &AppContext<'_>) {
    let text = RichText::new(icons::ARROW_RIGHT).font(font::icon(12.0));
    ui.label(text.color(ctx.tokens.text_secondary));
}

fn files_ui(version: &Version, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let folder = ctx.environment.folder.join("models").join(&version.id);
    key_value_ui(ui, "Folder", &folder.display().to_string());
    key_value_ui(ui, "Digest", &version.digest);
    key_value_ui(ui, "Size", &format::bytes(version.bytes));
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        if ui.add(Button::new("Open folder").glyph(icons::FOLDER_OPEN)).clicked() {
            commands.send(ViewCommand::Reveal(folder.clone()));
        }
        if ui.add(Button::new("Copy path").glyph(icons::COPY)).clicked() {
            commands.send(ViewCommand::Copy(folder.display().to_string()));
        }
        label_ui(ui, "safetensors, recipe, preparation and card: readable without Aloft");
    });
}
