//! The recipe as sections: each one line that says what is chosen, and opens into its controls.

use aloft_data::{Impute, Scale, SplitMethod, Task};
use aloft_train::{Activation, ModelKind, ModelSpec, Optimizer, Schedule};
use egui::{Align, Layout, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Button, ellipsis_ui};

use super::control::{choice_ui, number_ui, optional_ui, percent_ui, reason_ui, row_ui, switch_ui};
use super::draft::{Draft, layers_of};
use super::{features, plan, target};

/// The sections, in the order one decides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Data,
    Target,
    Features,
    Split,
    Preparation,
    Model,
    Training,
    Place,
}

impl Section {
    const ALL: [Self; 8] = [
        Self::Data,
        Self::Target,
        Self::Features,
        Self::Split,
        Self::Preparation,
        Self::Model,
        Self::Training,
        Self::Place,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Target => "Target",
            Self::Features => "Features",
            Self::Split => "Split",
            Self::Preparation => "Preparation",
            Self::Model => "Model",
            Self::Training => "Training",
            Self::Place => "Where",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Data => icons::TABLE,
            Self::Target => icons::TARGET,
            Self::Features => icons::COLUMNS,
            Self::Split => icons::CHART_PIE_SLICE,
            Self::Preparation => icons::FUNNEL,
            Self::Model => icons::GRAPH,
            Self::Training => icons::SLIDERS_HORIZONTAL,
            Self::Place => icons::CPU,
        }
    }

    /// The key of the recipe whose reason stands under the section.
    fn key(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Target => "target.task",
            Self::Features => "features.include",
            Self::Split => "split.method",
            Self::Preparation => "prepare",
            Self::Model => "model",
            Self::Training => "training",
            Self::Place => "run",
        }
    }

    /// What is chosen, in one line.
    fn summary(self, draft: &Draft) -> String {
        let recipe = &draft.recipe;
        match self {
            Self::Data => {
                let name = recipe.data.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                format!("{name}, {}", format::plural(draft.profile.rows, "row", "rows"))
            }
            Self::Target => format!("{}, {}", recipe.target.column, recipe.target.task.label()),
            Self::Features => {
                let count = recipe.features.include.len() as u64;
                let others = (draft.profile.columns.len() as u64).saturating_sub(1);
                format!("{} of {}", format::count(count), format::plural(others, "column", "columns"))
            }
            Self::Split => match (recipe.split.method, &recipe.split.column) {
                (SplitMethod::Column, Some(column)) => format!("by the column {column}"),
                (SplitMethod::Column, None) => "by a column".to_owned(),
                (method, _) => {
                    let percent = |share: f64| (share * 1000.0).round() / 10.0;
                    let (valid, test) = (percent(recipe.split.valid), percent(recipe.split.test));
                    let word = if method == SplitMethod::Stratified { "stratified" } else { "random" };
                    format!("{} / {valid} / {test} %, {word}", ((100.0 - valid - test) * 10.0).round() / 10.0)
                }
            },
            Self::Preparation => {
                let scale = match recipe.prepare.scale {
                    Scale::Standard => "standardised",
                    Scale::MinMax => "scaled to 0…1",
                    Scale::None => "not scaled",
                };
                format!("{} for gaps, {scale}, one-hot", impute_word(recipe.prepare.impute).to_lowercase())
            }
            Self::Model => match &recipe.model {
                ModelSpec::Linear { .. } => ModelKind::Linear.label(recipe.target.task).to_owned(),
                ModelSpec::Mlp { hidden, activation, .. } => {
                    let layers: Vec<String> = hidden.iter().map(ToString::to_string).collect();
                    format!("MLP {}, {}", layers.join(" → "), activation_word(*activation))
                }
            },
            Self::Training => {
                let training = &recipe.training;
                let epochs = format::plural(u64::from(training.epochs), "epoch", "epochs");
                let optimizer = match training.optimizer {
                    Optimizer::AdamW {} => "AdamW",
                    Optimizer::Sgd { .. } => "SGD",
                };
                format!("{epochs}, batch {}, {optimizer} at {}", format::count(u64::from(training.batch_size)), training.learning_rate)
            }
            Self::Place => match recipe.run.threads {
                Some(threads) => format!("{}, {}", recipe.run.device, format::plural(threads as u64, "thread", "threads")),
                None => recipe.run.device.clone(),
            },
        }
    }
}

/// Draws all sections. `open` is the one that shows its controls. Answers whether the recipe changed,
/// and the target that was chosen.
pub(super) fn sections_ui(
    draft: &mut Draft,
    open: &mut Option<Section>,
    filter: &mut String,
    candidates: &[String],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> (bool, Option<String>) {
    let (mut changed, mut chosen) = (false, None);
    ui.spacing_mut().item_spacing.y = 0.0;
    for section in Section::ALL {
        let is_open = *open == Some(section);
        if head_ui(section, draft, is_open, ctx, ui) {
            *open = if is_open { None } else { Some(section) };
        }
        if is_open {
            egui::Frame::new().inner_margin(egui::Margin { left: 34, right: 12, top: 2, bottom: 14 }).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                ui.set_width(ui.available_width());
                reason_ui(ui, draft.reason(section.key()).map(str::to_owned).as_deref());
                match section {
                    Section::Data => data_ui(draft, ctx, ui, commands),
                    Section::Target => chosen = target::target_ui(draft, candidates, ui, &mut changed),
                    Section::Features => changed |= features::features_ui(draft, filter, ui),
                    Section::Split => changed |= split_ui(draft, ui),
                    Section::Preparation => changed |= preparation_ui(draft, ui),
                    Section::Model => changed |= model_ui(draft, ui),
                    Section::Training => changed |= training_ui(draft, ui),
                    Section::Place => changed |= place_ui(draft, ctx, ui),
                }
            });
        }
        let at = ui.cursor().top();
        ui.painter().hline(ui.max_rect().x_range(), at, Stroke::new(1.0, ctx.tokens.border));
    }
    (changed, chosen)
}

/// The line of a section. Answers whether it was pressed.
fn head_ui(section: Section, draft: &Draft, is_open: bool, ctx: &AppContext<'_>, ui: &mut Ui) -> bool {
    const SUMMARY_LEFT: f32 = 134.0;
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
    let summary = section.summary(draft);
    response.widget_info(|| WidgetInfo::labeled(Role::DisclosureTriangle, true, format!("{}: {summary}", section.title())));
    if response.hovered() {
        ui.painter().rect_filled(rect, size::RADIUS, tokens.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect.shrink(1.0), size::RADIUS, Stroke::new(1.5, tokens.accent), egui::StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let painter = ui.painter();
    let ink = if is_open { tokens.accent } else { tokens.text_secondary };
    painter.text(egui::pos2(rect.left() + 18.0, middle), egui::Align2::CENTER_CENTER, section.icon(), font::icon(16.0), ink);
    painter.text(egui::pos2(rect.left() + 34.0, middle), egui::Align2::LEFT_CENTER, section.title(), font::medium(), tokens.text);
    let caret = if is_open { icons::CARET_UP } else { icons::CARET_DOWN };
    painter.text(egui::pos2(rect.right() - 16.0, middle), egui::Align2::CENTER_CENTER, caret, font::icon(12.0), tokens.text_secondary);
    let room = egui::Rect::from_min_max(egui::pos2(rect.left() + SUMMARY_LEFT, rect.top()), egui::pos2(rect.right() - 32.0, rect.bottom()));
    let mut job = egui::text::LayoutJob::simple_singleline(summary.clone(), font::body(), tokens.text_secondary);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.width());
    let galley = painter.layout_job(job);
    let cut = galley.elided;
    painter.galley(egui::pos2(room.left(), middle - galley.size().y / 2.0), galley, tokens.text_secondary);
    let pressed = response.clicked();
    if cut {
        response.on_hover_text(summary);
    }
    pressed
}

fn data_ui(draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let path = draft.recipe.data.path.display().to_string();
    row_ui(ui, "File", "", |ui| ellipsis_ui(ui, RichText::new(&path).color(ctx.tokens.text), &path));
    let format = draft.recipe.data.format.map_or("detected", |format| format.label());
    row_ui(ui, "Format", "", |ui| ui.label(format));
    let columns = format::plural(draft.profile.columns.len() as u64, "column", "columns");
    row_ui(ui, "Size", "", |ui| ui.label(format!("{} × {columns}", format::plural(draft.profile.rows, "row", "rows"))));
    row_ui(ui, "", "", |ui| {
        if let Some(id) = ctx.route.dataset()
            && ui.add(Button::new("Look at the rows").glyph(icons::TABLE)).clicked()
        {
            commands.send(Navigate::dataset(id));
        }
    });
}

fn split_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let classes = draft.recipe.target.task.is_classification();
    let no_classes = (!classes).then(|| "A number has no classes whose shares could be kept".to_owned());
    let by_column = draft.recipe.split.column.is_none() && draft.recipe.split.method != SplitMethod::Column;
    let no_column = by_column.then(|| "No column says train, valid or test; name one in the TOML".to_owned());
    let mut method = draft.recipe.split.method;
    let choices = [
        (SplitMethod::Stratified, "Stratified", no_classes),
        (SplitMethod::Random, "Random", None),
        (SplitMethod::Column, "By column", no_column),
    ];
    let mut changed = choice_ui(ui, "Method", "Stratified keeps the share of each class in every part", &mut method, &choices);
    if changed {
        draft.recipe.split.method = method;
        if method != SplitMethod::Column {
            draft.recipe.split.column = None;
            if draft.recipe.split.valid == 0.0 && draft.recipe.split.test == 0.0 {
                (draft.recipe.split.valid, draft.recipe.split.test) = (0.2, 0.2);
            }
        }
    }
    let split = &mut draft.recipe.split;
    if split.method != SplitMethod::Column {
        changed |= percent_ui(ui, "Validation", "Rows that choose the best epoch", &mut split.valid);
        changed |= percent_ui(ui, "Test", "Rows the model never sees until the end", &mut split.test);
        changed |= number_ui(ui, "Split seed", "The same seed gives the same parts", &mut split.seed, 0..=1_000_000_000, 1.0);
    }
    changed
}

fn impute_word(impute: Impute) -> &'static str {
    match impute {
        Impute::Median => "Median",
        Impute::Mean => "Mean",
        Impute::Zero => "Zero",
    }
}

fn preparation_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    widget::label_ui(ui, "Learned from the training part only, and saved inside the model");
    let prepare = &mut draft.recipe.prepare;
    let imputes = [Impute::Median, Impute::Mean, Impute::Zero].map(|impute| (impute, impute_word(impute), None));
    let mut changed = choice_ui(ui, "Missing numbers", "What stands in for a number that is missing", &mut prepare.impute, &imputes);
    let scales = [(Scale::Standard, "Standard", None), (Scale::MinMax, "0…1", None), (Scale::None, "None", None)];
    changed |= choice_ui(ui, "Scale", "Standard: mean 0, deviation 1", &mut prepare.scale, &scales);
    changed |= number_ui(ui, "Most categories", "Rarer categories of a column count as unknown", &mut prepare.max_categories, 1..=10_000, 1.0);
    let parts = prepare.date_parts;
    let pressed = row_ui(ui, "Date parts", "Year, month, day and weekday instead of one number", |ui| switch_ui(ui, "Date parts", parts));
    if pressed {
        prepare.date_parts = !parts;
    }
    changed | pressed
}

fn activation_word(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "ReLU",
        Activation::Gelu => "GELU",
        Activation::Tanh => "tanh",
    }
}

fn model_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let task = draft.recipe.target.task;
    let mut kind = draft.recipe.model.kind();
    let choices = ModelKind::ALL.map(|kind| (kind, kind.label(task), None));
    let mut changed = false;
    if choice_ui(ui, "Model", "Each comes with training settings that suit it", &mut kind, &choices) {
        draft.recipe.choose_model(kind, draft.profile.rows);
        changed = true;
    }
    match &mut draft.recipe.model {
        ModelSpec::Linear { l2 } => {
            changed |= number_ui(ui, "L2 penalty", "Strength of the pull of weights towards 0; 1/C in scikit-learn", l2, 0.0..=1e6, 0.05);
        }
        ModelSpec::Mlp { hidden, dropout, activation } => {
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
            changed |= choice_ui(ui, "Activation", "What makes a layer more than linear", activation, &choices);
        }
    }
    changed
}

fn training_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let has_valid = draft.recipe.split.valid > 0.0 || draft.recipe.split.method == SplitMethod::Column;
    let training = &mut draft.recipe.training;
    let mut changed = number_ui(ui, "Epochs", "Passes over the training part", &mut training.epochs, 1..=1_000_000, 1.0);
    changed |= number_ui(ui, "Batch size", "Rows a step", &mut training.batch_size, 1..=1_000_000, 1.0);
    let speed = (training.learning_rate * 0.02).max(1e-7);
    changed |= number_ui(ui, "Learning rate", "Length of a step", &mut training.learning_rate, 1e-8..=100.0, speed);
    let momentum = if let Optimizer::Sgd { momentum } = training.optimizer { momentum } else { 0.9 };
    let choices = [(Optimizer::AdamW {}, "AdamW", None), (Optimizer::Sgd { momentum }, "SGD", None)];
    changed |= choice_ui(ui, "Optimizer", "How gradients become steps", &mut training.optimizer, &choices);
    if let Optimizer::Sgd { momentum } = &mut training.optimizer {
        changed |= number_ui(ui, "Momentum", "", momentum, 0.0..=0.999, 0.005);
    }
    changed |= number_ui(ui, "Weight decay", "Pull of the weights towards 0 at each step", &mut training.weight_decay, 0.0..=100.0, 0.001);
    let schedules = [(Schedule::Constant, "Constant", None), (Schedule::Cosine, "Cosine", None)];
    changed |= choice_ui(ui, "Schedule", "How the learning rate goes over the steps", &mut training.schedule, &schedules);
    changed |= optional_ui(ui, "Warm-up steps", "Steps in which the learning rate rises", &mut training.warmup_steps, 100, 1..=10_000_000, 1.0);
    if has_valid || training.early_stopping.is_some() {
        let tooltip = "Ends after so many epochs without a lower validation loss, and keeps the best epoch";
        changed |= optional_ui(ui, "Early stopping", tooltip, &mut training.early_stopping, 10, 1..=1_000_000, 1.0);
    }
    changed |= optional_ui(ui, "Clip gradients", "Longest gradient a step may have", &mut training.clip_norm, 1.0, 0.000_1..=1e6, 0.05);
    changed |= number_ui(ui, "Training seed", "Initial weights, order of rows and dropout follow from it", &mut training.seed, 0..=1_000_000_000, 1.0);
    changed |= number_ui(ui, "Checkpoint every", "Seconds between two checkpoints", &mut training.checkpoint_secs, 0.0..=86_400.0, 1.0);
    changed
}

fn place_ui(draft: &mut Draft, ctx: &AppContext<'_>, ui: &mut Ui) -> bool {
    let mut changed = false;
    let Some(devices) = ctx.devices.value() else {
        match ctx.devices.report() {
            Some(report) => drop(widget::secondary_ui(ui, &format!("{report} The recipe's device is kept."))),
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
                ellipsis_ui(ui, RichText::new(&text).font(font::label()).color(ctx.tokens.text_secondary), &text);
            });
        });
    }
    changed |= optional_ui(ui, "Threads", "By default one per core", &mut draft.recipe.run.threads, 1, 1..=1024, 1.0);
    changed
}

/// The tasks, each with why it cannot be chosen for the target.
pub(super) fn task_choices(draft: &Draft) -> [(Task, &'static str, Option<String>); 3] {
    let target = draft.column(&draft.recipe.target.column);
    let choice = |task: Task, word: &'static str| (task, word, target.and_then(|target| plan::why_not(task, target)));
    [choice(Task::Regression, "Regression"), choice(Task::Binary, "Binary"), choice(Task::MultiClass, "Multi-class")]
}
