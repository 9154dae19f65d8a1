//! What came out: metrics beside the trivial baseline, where it errs, and the rows it got most wrong.

use aloft_data::Task;
use aloft_train::{Outcome, Scores, Worst};
use egui::{Align2, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::format;
use crate::plot::{confusion_ui, confusion_width, residuals_ui};
use crate::theme::{font, size};
use crate::widget::{Tone, notice_ui, one_line, paragraph_ui, section_ui};

/// Width of the metric table.
const METRICS: f32 = 520.0;

/// Draws the evaluation.
pub(super) fn evaluation_ui(outcome: &Outcome, run: &str, ctx: &AppContext<'_>, ui: &mut Ui) {
    ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("evaluation")
        .show(ui, |ui| {
            // Room for the scroll bar beside what is as wide as the page.
            ui.set_max_width(ui.available_width() - 12.0);
            verdict_ui(outcome, ui);
            ui.add_space(size::GAP_WIDE);
            let classes = outcome.confusion.as_ref().map_or(0, |confusion| confusion.labels.len());
            let errors = confusion_width(classes).max(400.0);
            let beside = ui.available_width() > METRICS + size::GAP_SECTION + errors;
            if beside {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = size::GAP_SECTION;
                    ui.vertical(|ui| {
                        ui.set_width(METRICS);
                        metrics_ui(outcome, ctx, ui);
                    });
                    ui.vertical(|ui| errors_ui(outcome, run, ui));
                });
            } else {
                metrics_ui(outcome, ctx, ui);
                ui.add_space(size::GAP_SECTION);
                errors_ui(outcome, run, ui);
            }
            ui.add_space(size::GAP_SECTION);
            worst_ui(outcome, ctx, ui);
            ui.add_space(size::GAP_SECTION);
            facts_ui(outcome, ui);
        });
}

/// One sentence: is it better than guessing, and by how much.
fn verdict_ui(outcome: &Outcome, ui: &mut Ui) {
    let (key, name) = match outcome.task {
        Task::Regression => ("rmse", "error (RMSE)"),
        Task::Binary | Task::MultiClass => ("accuracy", "accuracy"),
    };
    let (Some(ours), Some(baseline)) = (outcome.metrics.test.get(key), outcome.metrics.baseline.get(key)) else {
        notice_ui(
            ui,
            Tone::Neutral,
            icons::INFO,
            "There is no test part, so nothing can be said of rows it never saw.",
        );
        return;
    };
    let guess = match outcome.task {
        Task::Regression => "always predicting the mean",
        Task::Binary | Task::MultiClass => "always guessing the most frequent class",
    };
    let better = if outcome.task == Task::Regression {
        ours < baseline
    } else {
        ours > baseline
    };
    let rows = format::plural(outcome.rows.test, "row", "rows");
    let text = format!(
        "On {rows} it never saw, its {name} is {}; {guess} gives {}.",
        format::value(*ours),
        format::value(*baseline)
    );
    if better {
        notice_ui(ui, Tone::Good, icons::CHECK_CIRCLE, &text);
    } else {
        let text = format!("{text} It has learned nothing of use: look at the features, or train longer.");
        notice_ui(ui, Tone::Warning, icons::WARNING, &text);
    }
    for warning in &outcome.warnings {
        ui.add_space(4.0);
        notice_ui(ui, Tone::Warning, icons::WARNING, warning);
    }
}

/// A metric's name as a person reads it, and whether less is better.
fn metric_name(key: &str) -> (&str, bool) {
    match key {
        "accuracy" => ("Accuracy", false),
        "balanced_accuracy" => ("Balanced accuracy", false),
        "log_loss" => ("Log loss", true),
        "f1" => ("F1", false),
        "auc" => ("AUC", false),
        "rmse" => ("RMSE", true),
        "mae" => ("MAE", true),
        "r2" => ("R²", false),
        "loss" => ("Loss", true),
        other => (other, false),
    }
}

fn metrics_ui(outcome: &Outcome, ctx: &AppContext<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    section_ui(ui, "Metrics");
    ui.add_space(4.0);
    let metrics = &outcome.metrics;
    let columns: [(&str, &Scores); 4] = [
        ("Test", &metrics.test),
        ("Baseline", &metrics.baseline),
        ("Validation", &metrics.valid),
        ("Training", &metrics.train),
    ];
    let width = ui.available_width().min(METRICS);
    let first = 150.0;
    let each = ((width - first) / columns.len() as f32).floor();
    let row_ui = |ui: &mut Ui, cells: &[(String, egui::Color32)], head: bool, label: String| {
        let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW_HEIGHT), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
        let line = if head { tokens.border_strong } else { tokens.border };
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, line));
        for (nth, (text, ink)) in cells.iter().enumerate() {
            let (x, align) = if nth == 0 {
                (rect.left(), Align2::LEFT_CENTER)
            } else {
                (rect.left() + first + each * nth as f32, Align2::RIGHT_CENTER)
            };
            let font = if head {
                font::label()
            } else if nth == 0 {
                font::body()
            } else {
                font::mono()
            };
            ui.painter().text(pos2(x, rect.center().y), align, text, font, *ink);
        }
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut head = vec![(String::new(), tokens.text_secondary)];
        head.extend(
            columns
                .iter()
                .map(|(name, _)| ((*name).to_owned(), tokens.text_secondary)),
        );
        row_ui(
            ui,
            &head,
            true,
            "Metric, test, baseline, validation, training".to_owned(),
        );
        for key in metrics
            .test
            .keys()
            .chain(metrics.valid.keys().filter(|key| !metrics.test.contains_key(*key)))
        {
            let (name, less_is_better) = metric_name(key);
            let text = |scores: &Scores| {
                scores
                    .get(key)
                    .map_or_else(|| "–".to_owned(), |value| format::value(*value))
            };
            let mut cells = vec![(name.to_owned(), tokens.text)];
            for (nth, (_, scores)) in columns.iter().enumerate() {
                let ink = match (nth, metrics.test.get(key), metrics.baseline.get(key)) {
                    (0, Some(ours), Some(baseline)) if (ours < baseline) == less_is_better && ours != baseline => {
                        tokens.good
                    }
                    (0, Some(_), Some(_)) => tokens.warning,
                    (0, _, _) => tokens.text,
                    _ => tokens.text_secondary,
                };
                cells.push((text(scores), ink));
            }
            let label = format!(
                "{name}: test {}, baseline {}",
                text(&metrics.test),
                text(&metrics.baseline)
            );
            row_ui(ui, &cells, false, label);
        }
    });
    ui.add_space(4.0);
    let rows = outcome.rows;
    let mut text = format!(
        "{} trained on, {} to validate, {} to test",
        format::plural(rows.train, "row", "rows"),
        format::count(rows.valid),
        format::count(rows.test)
    );
    if rows.left_out > 0 {
        text = format!(
            "{text}; {} left out, as their target is missing",
            format::count(rows.left_out)
        );
    }
    paragraph_ui(ui, &text);
}

/// Where it errs.
fn errors_ui(outcome: &Outcome, run: &str, ui: &mut Ui) {
    if let Some(confusion) = &outcome.confusion {
        section_ui(ui, "Confusion matrix");
        ui.add_space(4.0);
        confusion_ui(ui, confusion);
    } else if let Some(residuals) = &outcome.residuals {
        section_ui(ui, "Predicted against actual");
        ui.add_space(4.0);
        residuals_ui(ui, egui::Id::unique(("residuals", run)), residuals, 320.0);
    }
}

/// The rows with the largest loss, with their cells.
fn worst_ui(outcome: &Outcome, ctx: &AppContext<'_>, ui: &mut Ui) {
    if outcome.worst.is_empty() {
        return;
    }
    let any_wrong = outcome.task == Task::Regression || outcome.worst.iter().any(|row| row.actual != row.predicted);
    section_ui(
        ui,
        if any_wrong {
            "Rows it got most wrong"
        } else {
            "Rows it was least sure of"
        },
    );
    ui.add_space(4.0);
    ScrollArea::horizontal().id_salt("worst").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let features: Vec<&str> = outcome.worst[0].values.iter().map(|(name, _)| name.as_str()).collect();
        let width = 70.0 + 3.0 * 110.0 + features.len() as f32 * 120.0;
        let mut head = vec![
            "Row".to_owned(),
            "Actual".to_owned(),
            "Predicted".to_owned(),
            "Loss".to_owned(),
        ];
        head.extend(features.iter().map(|name| (*name).to_owned()));
        let tokens = ctx.tokens;
        worst_row_ui(ui, ctx, &head, width, None);
        for row in &outcome.worst {
            let wrong = outcome.task != Task::Regression && row.actual != row.predicted;
            worst_row_ui(
                ui,
                ctx,
                &cells_of(row),
                width,
                Some(if wrong { tokens.bad } else { tokens.text }),
            );
        }
    });
}

fn cells_of(row: &Worst) -> Vec<String> {
    // Rows are counted from 1, as the grid of the data page does.
    let mut cells = vec![
        format::count(row.row + 1),
        row.actual.clone(),
        row.predicted.clone(),
        format::value(row.loss),
    ];
    cells.extend(row.values.iter().map(|(_, value)| value.clone()));
    cells
}

/// A row; `predicted` is the colour of the prediction, `None` for the head.
fn worst_row_ui(ui: &mut Ui, ctx: &AppContext<'_>, cells: &[String], width: f32, predicted: Option<egui::Color32>) {
    let tokens = ctx.tokens;
    let head = predicted.is_none();
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW_HEIGHT), Sense::hover());
    let label = if head {
        "Worst rows".to_owned()
    } else {
        format!("Row {}: actual {}, predicted {}", cells[0], cells[1], cells[2])
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let line = if head { tokens.border_strong } else { tokens.border };
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, line));
    let mut left = rect.left();
    for (nth, text) in cells.iter().enumerate() {
        let width = if nth == 0 {
            70.0
        } else if nth < 4 {
            110.0
        } else {
            120.0
        };
        let ink = match predicted {
            None => tokens.text_secondary,
            Some(ink) if nth == 2 => ink,
            Some(_) => tokens.text,
        };
        let font = if head { font::label() } else { font::mono_label() };
        let galley = one_line(ui, text, font, ink, width - 12.0);
        ui.painter()
            .galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, ink);
        left += width;
    }
}

/// What else is known of the training.
fn facts_ui(outcome: &Outcome, ui: &mut Ui) {
    section_ui(ui, "Training");
    ui.add_space(4.0);
    let epochs = if outcome.best_epoch == outcome.epochs {
        format::plural(u64::from(outcome.epochs), "epoch", "epochs")
    } else {
        format!(
            "{}, the weights of epoch {}",
            format::plural(u64::from(outcome.epochs), "epoch", "epochs"),
            outcome.best_epoch
        )
    };
    let text = format!(
        "{epochs} in {}, {}, {} on {}.",
        format::plural(outcome.steps, "step", "steps"),
        format::duration(outcome.duration_secs),
        format::plural(outcome.parameters, "parameter", "parameters"),
        outcome.device
    );
    paragraph_ui(ui, &text);
    paragraph_ui(ui, &format!("Features: {}.", outcome.features.join(", ")));
    for left_out in &outcome.left_out {
        paragraph_ui(ui, &format!("Left out: {} – {}", left_out.column, left_out.why));
    }
    ui.add_space(size::GAP_SECTION);
}
