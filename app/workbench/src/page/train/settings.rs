//! The controls of each section but target and features, which have files of their own.

use aloft_data::{Impute, Scale, SplitMethod, Stages};
use aloft_train::{Activation, ModelKind, ModelSpec, Optimizer, Schedule};
use egui::{Align, Layout, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::theme::font;
use crate::widget::{self, Button, ellipsis_ui};

use super::control::{choice_ui, number_ui, optional_ui, percent_ui, row_ui, switch_ui};
use super::draft::{Draft, layers_of};
use super::summary::{activation_word, impute_word};

/// The file, which another page shows.
pub(super) fn data_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let path = draft.recipe.data.path.display().to_string();
    row_ui(ui, "File", "", |ui| {
        ellipsis_ui(ui, RichText::new(&path).color(ctx.tokens.text), &path)
    });
    let format = draft.recipe.data.format.map_or("detected", |format| format.label());
    row_ui(ui, "Format", "", |ui| ui.label(format));
    let columns = format::plural(draft.profile.columns.len() as u64, "column", "columns");
    row_ui(ui, "Size", "", |ui| {
        ui.label(format!(
            "{} × {columns}",
            format::plural(draft.profile.rows, "row", "rows")
        ))
    });
    steps_ui(draft, ctx, ui);
    row_ui(ui, "", "", |ui| {
        if let Some(id) = ctx.route.dataset()
            && ui.add(Button::new("Look at the rows").glyph(icons::TABLE)).clicked()
        {
            commands.send(Navigate::dataset(id));
        }
    });
}

/// What is done to the table first, as a list; the page of the rows edits it.
fn steps_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) {
    let enabled = draft.recipe.data.steps.iter().filter(|entry| entry.enabled);
    let before = Stages::of(&draft.recipe.data.steps).map_or(usize::MAX, |stages| stages.before.len());
    for (number, entry) in enabled.enumerate() {
        let name = if number == 0 { "Steps" } else { "" };
        row_ui(ui, name, "Done when the run starts; the file is never touched", |ui| {
            let text = format!("{}. {}", number + 1, entry.step.words());
            if entry.step.learns() {
                let pill = widget::pill_ui(ui, widget::Tone::Accent, "", "learns");
                pill.on_hover_text("From the training part alone, after the split");
            } else if number == before {
                widget::label_ui(ui, "after the split");
            }
            ellipsis_ui(ui, RichText::new(&text).color(ctx.tokens.text), &text)
        });
    }
}

/// How columns become numbers.
pub(super) fn preparation_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    widget::label_ui(ui, "Learned from the training part only, and saved inside the model");
    let prepare = &mut draft.recipe.prepare;
    let imputes = [Impute::Median, Impute::Mean, Impute::Zero].map(|impute| (impute, impute_word(impute), None));
    let mut changed = choice_ui(
        ui,
        "Missing numbers",
        "What stands in for a number that is missing",
        &mut prepare.impute,
        &imputes,
    );
    let scales = [
        (Scale::Standard, "Standard", None),
        (Scale::MinMax, "0…1", None),
        (Scale::None, "None", None),
    ];
    changed |= choice_ui(
        ui,
        "Scale",
        "Standard: mean 0, deviation 1",
        &mut prepare.scale,
        &scales,
    );
    changed |= number_ui(
        ui,
        "Most categories",
        "Rarer categories of a column count as unknown",
        &mut prepare.max_categories,
        1..=10_000,
        1.0,
    );
    let parts = prepare.date_parts;
    let pressed = row_ui(
        ui,
        "Date parts",
        "Year, month, day and weekday instead of one number",
        |ui| switch_ui(ui, "Date parts", parts),
    );
    if pressed {
        prepare.date_parts = !parts;
    }
    changed | pressed
}

/// Which model, and its shape.
pub(super) fn model_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let task = draft.recipe.target.task;
    let mut kind = draft.recipe.model.kind();
    let choices = ModelKind::ALL.map(|kind| (kind, kind.label(task), None));
    let mut changed = false;
    if choice_ui(
        ui,
        "Model",
        "Each comes with training settings that suit it",
        &mut kind,
        &choices,
    ) {
        draft.recipe.choose_model(kind, draft.profile.rows);
        changed = true;
    }
    match &mut draft.recipe.model {
        ModelSpec::Linear { l2 } => {
            changed |= number_ui(
                ui,
                "L2 penalty",
                "Strength of the pull of weights towards 0; 1/C in scikit-learn",
                l2,
                0.0..=1e6,
                0.05,
            );
        }
        ModelSpec::Mlp {
            hidden,
            dropout,
            activation,
        } => {
            let layers = &mut draft.layers;
            row_ui(ui, "Hidden layers", "Units of each layer, from input to output", |ui| {
                let response = widget::text_field_ui(ui, "Hidden layers", layers, "128, 64", 150.0);
                if response.changed()
                    && let Some(typed) = layers_of(layers)
                {
                    *hidden = typed;
                    changed = true;
                }
                if layers_of(layers).is_none() {
                    widget::label_ui(ui, "whole numbers, please");
                }
            });
            changed |= percent_ui(ui, "Dropout", "Share of the units left out in each step", dropout);
            let choices =
                [Activation::Relu, Activation::Gelu, Activation::Tanh].map(|each| (each, activation_word(each), None));
            changed |= choice_ui(
                ui,
                "Activation",
                "What makes a layer more than linear",
                activation,
                &choices,
            );
        }
    }
    changed
}

/// How it is trained.
pub(super) fn training_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let has_valid = draft.recipe.split.valid > 0.0 || draft.recipe.split.method == SplitMethod::Column;
    let training = &mut draft.recipe.training;
    let mut changed = number_ui(
        ui,
        "Epochs",
        "Passes over the training part",
        &mut training.epochs,
        1..=1_000_000,
        1.0,
    );
    changed |= number_ui(
        ui,
        "Batch size",
        "Rows a step",
        &mut training.batch_size,
        1..=1_000_000,
        1.0,
    );
    let speed = (training.learning_rate * 0.02).max(1e-7);
    changed |= number_ui(
        ui,
        "Learning rate",
        "Length of a step",
        &mut training.learning_rate,
        1e-8..=100.0,
        speed,
    );
    let momentum = if let Optimizer::Sgd { momentum } = training.optimizer {
        momentum
    } else {
        0.9
    };
    let choices = [
        (Optimizer::AdamW {}, "AdamW", None),
        (Optimizer::Sgd { momentum }, "SGD", None),
    ];
    changed |= choice_ui(
        ui,
        "Optimizer",
        "How gradients become steps",
        &mut training.optimizer,
        &choices,
    );
    if let Optimizer::Sgd { momentum } = &mut training.optimizer {
        changed |= number_ui(ui, "Momentum", "", momentum, 0.0..=0.999, 0.005);
    }
    changed |= number_ui(
        ui,
        "Weight decay",
        "Pull of the weights towards 0 at each step",
        &mut training.weight_decay,
        0.0..=100.0,
        0.001,
    );
    let schedules = [
        (Schedule::Constant, "Constant", None),
        (Schedule::Cosine, "Cosine", None),
    ];
    changed |= choice_ui(
        ui,
        "Schedule",
        "How the learning rate goes over the steps",
        &mut training.schedule,
        &schedules,
    );
    changed |= optional_ui(
        ui,
        "Warm-up steps",
        "Steps in which the learning rate rises",
        &mut training.warmup_steps,
        100,
        1..=10_000_000,
        1.0,
    );
    if has_valid || training.early_stopping.is_some() {
        let tooltip = "Ends after so many epochs without a lower validation loss, and keeps the best epoch";
        changed |= optional_ui(
            ui,
            "Early stopping",
            tooltip,
            &mut training.early_stopping,
            10,
            1..=1_000_000,
            1.0,
        );
    }
    changed |= optional_ui(
        ui,
        "Clip gradients",
        "Longest gradient a step may have",
        &mut training.clip_norm,
        1.0,
        0.000_1..=1e6,
        0.05,
    );
    changed |= number_ui(
        ui,
        "Training seed",
        "Initial weights, order of rows and dropout follow from it",
        &mut training.seed,
        0..=1_000_000_000,
        1.0,
    );
    changed |= number_ui(
        ui,
        "Checkpoint every",
        "Seconds between two checkpoints",
        &mut training.checkpoint_secs,
        0.0..=86_400.0,
        1.0,
    );
    changed
}

/// On which device.
pub(super) fn place_ui(draft: &mut Draft, ctx: &AppContext<'_>, ui: &mut Ui) -> bool {
    let mut changed = false;
    let Some(devices) = ctx.devices.value() else {
        match ctx.devices.report() {
            Some(report) => drop(widget::secondary_ui(
                ui,
                &format!("{report} The recipe's device is kept."),
            )),
            None => drop(widget::spinner_ui(ui, "Looking for devices")),
        }
        return false;
    };
    for device in devices {
        let chosen = draft.recipe.run.device == device.id;
        ui.horizontal(|ui| {
            let radio = ui.add_enabled(device.available, egui::RadioButton::new(chosen, &device.name));
            if radio.clicked() && !chosen {
                draft.recipe.run.device.clone_from(&device.id);
                changed = true;
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = format!("{}: {}", device.id, device.why);
                ellipsis_ui(
                    ui,
                    RichText::new(&text)
                        .font(font::label())
                        .color(ctx.tokens.text_secondary),
                    &text,
                );
            });
        });
    }
    changed |= optional_ui(
        ui,
        "Threads",
        "By default one per core",
        &mut draft.recipe.run.threads,
        1,
        1..=1024,
        1.0,
    );
    changed
}
