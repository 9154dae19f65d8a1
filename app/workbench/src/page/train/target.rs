//! Choosing what to predict.

use aloft_data::Task;
use egui::Ui;

use super::control::{choice_ui, combo_ui, row_ui};
use super::draft::Draft;
use super::plan;

/// Columns a list shows at most; the TOML takes any.
const LISTED: usize = 400;

/// The target and its task. Answers the column that was chosen; `changed` says that the task was.
pub(super) fn target_ui(draft: &mut Draft, candidates: &[String], ui: &mut Ui, changed: &mut bool) -> Option<String> {
    let current = draft.recipe.target.column.clone();
    let columns = draft.profile.columns.iter().map(|column| column.name.as_str());
    let chosen = column_ui(ui, &current, candidates, columns);
    let mut task = draft.recipe.target.task;
    let choices = task_choices(draft);
    if choice_ui(ui, "Task", "What is learned about the target", &mut task, &choices) {
        draft.recipe.set_task(task);
        *changed = true;
    }
    chosen
}

/// A list of columns, the plausible ones first. Answers the one that was chosen.
pub(super) fn column_ui<'a>(
    ui: &mut Ui,
    current: &str,
    candidates: &[String],
    columns: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let mut chosen = None;
    row_ui(ui, "Column to predict", "Plausible ones come first", |ui| {
        let shown = if current.is_empty() { "Choose a column" } else { current };
        let width = (ui.available_width() - 8.0).clamp(120.0, 260.0);
        combo_ui(ui, "Column to predict", shown, width, |ui| {
            let mut entry = |ui: &mut Ui, name: &str| {
                if ui.selectable_label(name == current, name).clicked() && name != current {
                    chosen = Some(name.to_owned());
                }
            };
            for name in candidates.iter().take(LISTED) {
                entry(ui, name);
            }
            ui.separator();
            let others = columns.filter(|name| !candidates.iter().any(|candidate| candidate == name));
            for name in others.take(LISTED) {
                entry(ui, name);
            }
        });
    });
    chosen
}

/// The tasks, each with why it cannot be chosen for the target.
fn task_choices(draft: &Draft) -> [(Task, &'static str, Option<String>); 3] {
    let target = draft.column(&draft.recipe.target.column);
    let choice = |task: Task, word: &'static str| (task, word, target.and_then(|target| plan::why_not(task, target)));
    [
        choice(Task::Regression, "Regression"),
        choice(Task::Binary, "Binary"),
        choice(Task::MultiClass, "Multi-class"),
    ]
}
