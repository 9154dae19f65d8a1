//! How the rows are divided: the method, the column it looks at, the shares.

use aloft_data::{ColumnProfile, SplitMethod};
use egui::Ui;

use crate::widget::{self, Button};

use super::control::{combo_ui, number_ui, percent_ui, row_ui};
use super::draft::Draft;

/// Columns a list shows at most; the TOML takes any.
const LISTED: usize = 400;

/// The controls of the split. Answers whether the recipe changed.
pub(super) fn split_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let chosen = method_ui(draft, ui);
    let mut changed = chosen.is_some();
    if let Some(method) = chosen {
        choose(draft, method);
    }
    widget::label_ui(ui, meaning(draft.recipe.split.method));
    if draft.recipe.split.method.needs_column() {
        changed |= column_ui(draft, ui);
    }
    let split = &mut draft.recipe.split;
    if split.method == SplitMethod::Column {
        return changed;
    }
    changed |= percent_ui(ui, "Validation", "Rows that choose the best epoch", &mut split.valid);
    if split.method == SplitMethod::KFold {
        let (mut folds, mut fold) = (split.folds.unwrap_or(5), split.fold.unwrap_or(1));
        if number_ui(
            ui,
            "Folds",
            "Parts that test one after the other, a run for each",
            &mut folds,
            2..=100,
            0.1,
        ) {
            split.folds = Some(folds);
            split.fold = Some(fold.min(folds));
            changed = true;
        }
        if number_ui(ui, "Fold that tests", "In this run", &mut fold, 1..=folds, 0.1) {
            split.fold = Some(fold);
            changed = true;
        }
    } else {
        changed |= percent_ui(ui, "Test", "Rows the model never sees until the end", &mut split.test);
    }
    if split.method != SplitMethod::TimeOrdered {
        changed |= number_ui(
            ui,
            "Split seed",
            "The same seed gives the same parts",
            &mut split.seed,
            0..=1_000_000_000,
            1.0,
        );
    }
    changed
}

/// The methods, each of which may say why it cannot be chosen.
fn method_ui(draft: &Draft, ui: &mut Ui) -> Option<SplitMethod> {
    let current = draft.recipe.split.method;
    let mut chosen = None;
    row_ui(
        ui,
        "Method",
        "Which rows train, choose the best epoch, and test",
        |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
                for method in SplitMethod::ALL {
                    let selected = method == current;
                    let why = if selected { None } else { why_not(draft, method) };
                    let button = Button::new(method.label())
                        .selected(selected)
                        .disabled(why)
                        .tooltip(meaning(method));
                    if ui.add(button).clicked() && !selected {
                        chosen = Some(method);
                    }
                }
            });
        },
    );
    chosen
}

fn why_not(draft: &Draft, method: SplitMethod) -> Option<&'static str> {
    if method == SplitMethod::Stratified && !draft.recipe.target.task.is_classification() {
        return Some("A number has no classes whose shares could be kept");
    }
    if !method.needs_column() || likely(draft, method).next().is_some() {
        return None;
    }
    Some(match method {
        SplitMethod::Grouped => "No column has values that repeat",
        SplitMethod::TimeOrdered => "No column holds dates, times or numbers",
        _ => "No column says train, valid or test",
    })
}

/// What a method does, in a line.
fn meaning(method: SplitMethod) -> &'static str {
    match method {
        SplitMethod::Stratified => "By chance, each class with its share in every part",
        SplitMethod::Random => "By chance",
        SplitMethod::Grouped => "By chance, all rows of a group in one part: for new people, devices, places",
        SplitMethod::TimeOrdered => "The oldest rows train, the newest test: for what comes next",
        SplitMethod::KFold => "Each row tests in one of several runs: for few rows",
        SplitMethod::Column => "A column says train, valid or test",
    }
}

/// Takes a method with what it needs, and leaves what belonged to the one before.
pub(super) fn choose(draft: &mut Draft, method: SplitMethod) {
    let column = likely(draft, method).next().map(|column| column.name.clone());
    let split = &mut draft.recipe.split;
    split.method = method;
    (split.folds, split.fold) = (None, None);
    match method {
        SplitMethod::KFold => {
            (split.folds, split.fold) = (Some(5), Some(1));
            split.test = 0.0;
        }
        SplitMethod::Column => (split.valid, split.test) = (0.0, 0.0),
        _ => {
            if split.valid == 0.0 && split.test == 0.0 {
                split.valid = 0.2;
            }
            if split.test == 0.0 {
                split.test = 0.2;
            }
        }
    }
    draft.split_by(column.filter(|_| method.needs_column()));
}

/// The columns that a method can go by, the likely ones first.
fn likely(draft: &Draft, method: SplitMethod) -> impl Iterator<Item = &ColumnProfile> {
    let target = &draft.recipe.target.column;
    let rows = draft.profile.rows;
    let rank = move |column: &ColumnProfile| -> Option<u8> {
        if column.name == *target || column.distinct < 2 {
            return None;
        }
        match method {
            SplitMethod::Grouped => {
                let repeats = column.distinct < rows.saturating_sub(column.nulls);
                repeats.then(|| u8::from(!aloft_train::is_id_name(&column.name)))
            }
            SplitMethod::TimeOrdered if column.kind.is_temporal() => Some(0),
            SplitMethod::TimeOrdered => column.kind.is_number().then_some(1),
            SplitMethod::Column => aloft_train::is_split_column(column).then_some(0),
            _ => None,
        }
    };
    let ranked = move |wanted: u8| {
        let columns = draft.profile.columns.iter();
        columns.filter(move |column| rank(column) == Some(wanted))
    };
    ranked(0).chain(ranked(1))
}

/// The column that the split goes by.
fn column_ui(draft: &mut Draft, ui: &mut Ui) -> bool {
    let current = draft.recipe.split.column.clone().unwrap_or_default();
    let name = match draft.recipe.split.method {
        SplitMethod::Grouped => "Group",
        SplitMethod::TimeOrdered => "Time",
        _ => "Column",
    };
    let mut chosen = None;
    row_ui(ui, name, "The column that the split goes by", |ui| {
        let shown = if current.is_empty() {
            "Choose a column"
        } else {
            &current
        };
        let width = (ui.available_width() - 8.0).clamp(120.0, 260.0);
        combo_ui(ui, "Column of the split", shown, width, |ui| {
            for column in likely(draft, draft.recipe.split.method).take(LISTED) {
                let is_current = column.name == current;
                if ui.selectable_label(is_current, &column.name).clicked() && !is_current {
                    chosen = Some(column.name.clone());
                }
            }
        });
    });
    let changed = chosen.is_some();
    if changed {
        draft.split_by(chosen);
    }
    changed
}
