//! The head of a run: name, state, how far it is, and what can be asked of it.

use aloft_base::job::State as JobState;
use aloft_base::run::Run;
use egui::{Align, Layout, RichText, Role, Sense, Ui, WidgetInfo, vec2};
use egui_phosphor::regular as icons;

use crate::command::{Ask, CommandSender, Navigate, RunRef, TrainCommand};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{
    self, Button, ButtonKind, Tone, card_ui, command_button_ui, ellipsis_ui, label_ui, notice_ui, problem_ui,
    progress_bar_ui, state_pill_ui,
};

use super::State;
use super::data::Since;

/// Draws the name with the state and the actions, then what a person should know before all else.
pub(super) fn header_ui(state: &mut State, run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL_HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            actions_ui(run, ctx, ui, commands);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                name_ui(state, run, ctx, ui, commands);
            });
        });
    });
    ui.add_space(4.0);
    facts_ui(run, ctx, ui);
    since_ui(state, run, ctx, ui);
    match run.state {
        JobState::Failed => {
            if let Some(report) = &run.error {
                ui.add_space(size::GAP);
                problem_ui(ui, "Training failed", report, false, commands);
            }
        }
        JobState::Interrupted => {
            ui.add_space(size::GAP);
            let text = "The process that trained this run is gone. Nothing that was saved is lost: Resume continues \
                        from the last checkpoint, exactly as if it had not been interrupted.";
            notice_ui(ui, Tone::Warning, icons::WARNING, text);
        }
        _ => {}
    }
    if run.state.is_active() {
        ui.add_space(size::GAP_WIDE);
        progress_ui(run, ctx, ui);
    }
}

/// The name; a press turns it into a field.
fn name_ui(state: &mut State, run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    ui.painter()
        .circle_filled(dot.center(), 5.0, ctx.tokens.series_of(&run.id));
    if let Some(name) = &mut state.renaming {
        let field = widget::text_field_ui(ui, "Name of the run", name, "A name", 280.0);
        if !field.has_focus() && !field.lost_focus() {
            field.request_focus();
        }
        if field.lost_focus() {
            let name = state.renaming.take().unwrap_or_default().trim().to_owned();
            let cancelled = ui.input(|input| input.key_pressed(egui::Key::Escape));
            if !cancelled && !name.is_empty() && name != run.name {
                commands.send(TrainCommand::Rename {
                    run: run.id.clone(),
                    name,
                });
            }
        }
    } else {
        let most = ui.available_width() - 150.0;
        ui.scope(|ui| {
            ui.set_max_width(most.max(80.0));
            ellipsis_ui(
                ui,
                RichText::new(&run.name).font(font::title()).color(ctx.tokens.text),
                &run.name,
            );
        });
        if ui.add(Button::icon(icons::PENCIL_SIMPLE, "Rename run")).clicked() {
            state.renaming = Some(run.name.clone());
        }
    }
    state_pill_ui(ui, run.state);
}

/// From right to left: the main action first.
fn actions_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let reference = || RunRef::Id(run.id.clone());
    match run.state {
        JobState::Queued | JobState::Running => {
            command_button_ui(ui, ctx, commands, TrainCommand::Stop(reference()), ButtonKind::Danger);
            command_button_ui(
                ui,
                ctx,
                commands,
                TrainCommand::Pause(reference()),
                ButtonKind::Secondary,
            );
        }
        JobState::Paused => {
            commands.offer_primary(TrainCommand::Resume(reference()));
            command_button_ui(
                ui,
                ctx,
                commands,
                TrainCommand::Resume(reference()),
                ButtonKind::Primary,
            );
            command_button_ui(ui, ctx, commands, TrainCommand::Stop(reference()), ButtonKind::Danger);
        }
        JobState::Interrupted | JobState::Stopped | JobState::Failed => {
            commands.offer_primary(TrainCommand::Resume(reference()));
            command_button_ui(
                ui,
                ctx,
                commands,
                TrainCommand::Resume(reference()),
                ButtonKind::Primary,
            );
            again_ui(run, ctx, ui, commands);
        }
        JobState::Done => {
            let register = Ask::Register { run: run.id.clone() };
            commands.offer_primary(register.clone());
            command_button_ui(ui, ctx, commands, register, ButtonKind::Primary);
            again_ui(run, ctx, ui, commands);
        }
    }
}

/// Leads back to the recipe page with this run's data.
fn again_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let dataset = ctx
        .library
        .datasets()
        .iter()
        .find(|dataset| dataset.path.to_string_lossy() == run.dataset);
    let why_not = dataset
        .is_none()
        .then_some("Its data is not among the open datasets; open the file first");
    let button = Button::new("Train again…")
        .glyph(icons::ARROW_COUNTER_CLOCKWISE)
        .disabled(why_not);
    let pressed = ui
        .add(button.tooltip("Open the recipe page with the same data"))
        .clicked();
    if let (true, Some(dataset)) = (pressed, dataset) {
        commands.send(Navigate::train(&dataset.id));
    }
}

/// One line of what the run is made of.
fn facts_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui) {
    let file = run.dataset.rsplit(['/', '\\']).next().unwrap_or(&run.dataset);
    let task = match run.task.as_str() {
        "regression" => "Regression",
        "binary" => "Binary classification",
        _ => "Multi-class classification",
    };
    let model = match run.model.as_str() {
        "linear" if run.task == "regression" => "linear regression",
        "linear" => "logistic regression",
        _ => "neural network (MLP)",
    };
    let mut facts = vec![format!("{task} of {} from {file}", run.target), model.to_owned()];
    facts.push(format!("started {}", format::ago(ctx.now_ms, run.created_ms)));
    let end = if run.state.is_active() {
        Some(ctx.now_ms)
    } else {
        run.ended_ms
    };
    if let (Some(start), Some(end)) = (run.started_ms, end) {
        facts.push(format::duration((end - start).max(0) as f64 / 1000.0));
    }
    let text = facts.join("  ·  ");
    let whole = format!(
        "{}\nRun {}\nStarted {}",
        run.dataset,
        run.id,
        format::absolute(run.created_ms)
    );
    ellipsis_ui(ui, RichText::new(text).color(ctx.tokens.text_secondary), &whole);
}

/// Says that the data is no longer what the run learned from.
fn since_ui(state: &State, run: &Run, ctx: &AppContext<'_>, ui: &mut Ui) {
    let text = match state.since.value() {
        Some(Since::Changed) => "Its data has changed since: training again would learn from other rows.",
        Some(Since::Gone) => "Its data is no longer where it was.",
        Some(Since::Same) | None => return,
    };
    let fingerprint = run.fingerprint.as_deref().unwrap_or_default();
    ui.label(RichText::new(text).color(ctx.tokens.warning))
        .on_hover_text(format!("The run learned from the content {fingerprint}"));
}

/// How far it is: a bar, and cards for what is measured on the way.
fn progress_ui(run: &Run, ctx: &AppContext<'_>, ui: &mut Ui) {
    let progress = run.progress.clone().unwrap_or_default();
    let tone = if run.state == JobState::Paused {
        Tone::Warning
    } else {
        Tone::Accent
    };
    card_ui(ui, |ui| {
        ui.set_width(ui.available_width());
        progress_bar_ui(
            ui,
            "Progress of training",
            progress.fraction,
            tone,
            ui.available_width(),
        );
        ui.add_space(2.0);
        let none = || "–".to_owned();
        let waiting = if run.state == JobState::Queued {
            "waiting to start".to_owned()
        } else {
            none()
        };
        let what = if progress.what.is_empty() {
            waiting
        } else {
            progress.what.clone()
        };
        let facts = [
            (
                "Progress",
                format!(
                    "{}{what}",
                    progress
                        .fraction
                        .map(|f| format!("{} · ", format::percent(f)))
                        .unwrap_or_default()
                ),
            ),
            ("Time left", progress.eta_secs.map_or_else(none, format::duration)),
            (
                "Throughput",
                progress.rows_per_sec.map_or_else(none, |rate| {
                    format!("{} rows/s", format::count(rate.max(0.0).round() as u64))
                }),
            ),
            ("Memory", progress.memory_bytes.map_or_else(none, format::bytes)),
        ];
        let shares = [0.4, 0.2, 0.22, 0.18];
        let width = ui.available_width();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for ((name, value), share) in facts.iter().zip(shares) {
                fact_ui(ui, ctx, name, value, (width * share).floor());
            }
        });
    });
}

/// A small name over its value.
fn fact_ui(ui: &mut Ui, ctx: &AppContext<'_>, name: &str, value: &str, width: f32) {
    ui.allocate_ui_with_layout(vec2(width, 36.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = 2.0;
        label_ui(ui, name);
        let text = RichText::new(value).font(font::mono()).color(ctx.tokens.text);
        let response = ellipsis_ui(ui, text, value);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
    });
}
