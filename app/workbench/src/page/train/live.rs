//! After the start: the run beside its recipe, as it goes.

use aloft_base::job::State as JobState;
use aloft_base::run::Run;
use egui::{Align, Layout, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, Navigate, RunRef, TrainCommand};
use crate::context::AppContext;
use crate::format;
use crate::plot::RunCurves;
use crate::route::Route;
use crate::theme::{font, size};
use crate::widget::{
    self, Button, ButtonKind, Tone, command_button_ui, notice_ui, problem_ui, progress_bar_ui, state_pill_ui,
};

/// Draws the run: state and actions, progress, then its curves.
pub(super) fn live_ui(
    run: &Run,
    curves: &mut RunCurves,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    head_ui(run, ctx, ui, commands);
    ui.add_space(4.0);
    if run.state.is_active() {
        progress_ui(run, ctx, ui);
        ui.add_space(size::GAP);
    }
    match run.state {
        JobState::Failed => {
            if let Some(report) = &run.error {
                problem_ui(ui, "Training failed", report, false, commands);
                ui.add_space(size::GAP);
            }
        }
        JobState::Interrupted => {
            let text = "Its process ended before it was done. Resume goes on from the last checkpoint.";
            notice_ui(ui, Tone::Warning, icons::WARNING, text);
            ui.add_space(size::GAP);
        }
        JobState::Done => {
            results_ui(run, ctx, ui);
            ui.add_space(size::GAP);
        }
        _ => {}
    }
    if let Some(report) = curves.report().cloned() {
        if problem_ui(ui, "Could not read the curves", &report, true, commands) {
            curves.retry();
        }
        return;
    }
    curves.ui(ctx.tokens, ui, &run.id, run.state.is_active());
}

fn head_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Button::icon(icons::X, "Back to the plan")).clicked() {
                let dataset = ctx.route.dataset().map(str::to_owned);
                commands.send(Navigate::To(Route::Train { dataset, run: None }));
            }
            if ui
                .add(
                    Button::new("Open run")
                        .glyph(icons::CHART_LINE)
                        .tooltip("Evaluation, recipe and log of this run"),
                )
                .clicked()
            {
                commands.send(Navigate::run(&run.id));
            }
            let this = || RunRef::Id(run.id.clone());
            match run.state {
                JobState::Queued | JobState::Running => {
                    command_button_ui(ui, ctx, commands, TrainCommand::Stop(this()), ButtonKind::Secondary);
                    command_button_ui(ui, ctx, commands, TrainCommand::Pause(this()), ButtonKind::Secondary);
                }
                JobState::Paused => {
                    command_button_ui(ui, ctx, commands, TrainCommand::Stop(this()), ButtonKind::Secondary);
                    command_button_ui(ui, ctx, commands, TrainCommand::Resume(this()), ButtonKind::Secondary);
                }
                JobState::Stopped | JobState::Failed | JobState::Interrupted => {
                    command_button_ui(ui, ctx, commands, TrainCommand::Resume(this()), ButtonKind::Secondary);
                }
                JobState::Done => {}
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                state_pill_ui(ui, run.state);
                widget::ellipsis_ui(
                    ui,
                    RichText::new(&run.name).font(font::section()).color(ctx.tokens.text),
                    &run.name,
                );
            });
        });
    });
}

fn progress_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui) {
    let progress = run.progress.clone().unwrap_or_default();
    let tone = if run.state == JobState::Paused {
        Tone::Warning
    } else {
        Tone::Accent
    };
    let width = ui.available_width();
    progress_bar_ui(ui, "Training progress", progress.fraction, tone, width);
    let mut facts = Vec::new();
    if !progress.what.is_empty() {
        facts.push(progress.what.clone());
    }
    match progress.eta_secs {
        Some(secs) if run.state == JobState::Running => facts.push(format!("{} left", format::duration(secs))),
        _ => {}
    }
    if let Some(rate) = progress.rows_per_sec {
        facts.push(format!("{} rows/s", format::value(rate)));
    }
    if let Some(bytes) = progress.memory_bytes {
        facts.push(format::bytes(bytes));
    }
    if let Some(start) = run.started_ms {
        facts.push(format::duration((ctx.now_ms - start).max(0) as f64 / 1000.0));
    }
    widget::label_ui(ui, &facts.join("  ·  "));
}

/// The metrics on the test part, each beside the trivial baseline.
fn results_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui) {
    let part = |name: &str| run.result.as_ref()?.get("metrics")?.get(name)?.as_object();
    let Some(test) = part("test") else { return };
    let baseline = part("baseline");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(size::GAP, size::GAP);
        let count = test.len().clamp(1, 5) as f32;
        let width = ((ui.available_width() - (count - 1.0) * size::GAP) / count)
            .floor()
            .clamp(96.0, 160.0);
        for (name, value) in test.iter().take(5) {
            let Some(value) = value.as_f64() else { continue };
            let (rect, response) = ui.allocate_exact_size(egui::vec2(width, 60.0), egui::Sense::hover());
            let value = format::value(value);
            let title = name.replace('_', " ");
            response
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("Test {title}: {value}")));
            response.on_hover_text(format!("{title} on the test part: {value}"));
            let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
            let stroke = egui::Stroke::new(1.0, ctx.tokens.border);
            painter.rect(rect, size::RADIUS, ctx.tokens.raised, stroke, egui::StrokeKind::Inside);
            let at = rect.min + egui::vec2(10.0, 7.0);
            painter.text(
                at,
                egui::Align2::LEFT_TOP,
                &title,
                font::label(),
                ctx.tokens.text_secondary,
            );
            painter.text(
                at + egui::vec2(0.0, 14.0),
                egui::Align2::LEFT_TOP,
                &value,
                font::section(),
                ctx.tokens.text,
            );
            if let Some(base) = baseline.and_then(|baseline| baseline.get(name)?.as_f64()) {
                let text = format!("baseline {}", format::value(base));
                painter.text(
                    at + egui::vec2(0.0, 33.0),
                    egui::Align2::LEFT_TOP,
                    text,
                    font::label(),
                    ctx.tokens.text_secondary,
                );
            }
        }
    });
}
