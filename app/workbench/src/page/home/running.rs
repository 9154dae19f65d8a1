//! What runs now, with its curve, and what needs a look.

use std::collections::BTreeMap;

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::endpoint::health::State;
use aloft_base::job::{Job, Kind, State as JobState};
use aloft_base::metrics::{Reader, Summary};
use aloft_base::run::Run;
use egui::{Align, Layout, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, EndpointCommand, Navigate, RunRef, TrainCommand};
use crate::context::AppContext;
use crate::format;
use crate::light;
use crate::theme::size;
use crate::widget::{
    self, Button, ButtonKind, Tone, card_ui, command_icon_ui, progress_bar_ui, section_ui, sparkline_ui, state_pill_ui,
};
use crate::work::{Answer, Fetch, Lane};

/// How many points a sparkline shows.
const SPARK_POINTS: usize = 120;
/// How many running jobs are drawn; the drawer shows all.
const RUNNING: usize = 3;
/// How many failed or interrupted runs are drawn; the page of runs shows all.
const ATTENTION: usize = 4;
/// How many alerts are drawn.
const ALERTS: usize = 4;

/// The curves of the running trainings, by run.
#[derive(Default)]
pub(super) struct Curves(BTreeMap<String, Curve>);

/// The loss of a running training, as far as it was read.
#[derive(Default)]
struct Curve {
    points: Fetch<Vec<f64>>,
    asked: Option<u64>,
}

/// Keeps the sparklines of running trainings up to date.
pub(super) fn curves_logic(curves: &mut Curves, ctx: &AppContext<'_>) {
    let running: Vec<&Job> = running(ctx).filter(|job| job.kind == Kind::Train).collect();
    curves.0.retain(|run, _| running.iter().any(|job| job.subject == *run));
    for job in running {
        let curve = curves.0.entry(job.subject.clone()).or_default();
        curve.points.poll();
        let revision = ctx.library.revision(Topic::Metrics, &job.subject);
        if curve.asked == Some(revision) || curve.points.is_pending() {
            continue;
        }
        let run = job.subject.clone();
        ctx.work.fetch_with(Lane::Metrics, &mut curve.points, move |session| {
            loss(session.metrics()?, &run)
        });
        if curve.points.is_pending() {
            curve.asked = Some(revision);
        }
    }
}

/// The training loss of a run, thinned to a sparkline.
fn loss(metrics: &Reader, run: &str) -> Answer<Vec<f64>> {
    let curve = metrics
        .curve(run, "train/loss", None, 4 * SPARK_POINTS)
        .map_err(|error| Report::of(&error))?;
    let stride = curve.parts.len().div_ceil(SPARK_POINTS).max(1);
    let mean = |parts: &[Summary]| parts.iter().map(Summary::mean).sum::<f64>() / parts.len() as f64;
    Ok(curve.parts.chunks(stride).map(mean).collect())
}

/// The jobs that are drawn.
pub(super) fn running<'a>(ctx: &AppContext<'a>) -> impl Iterator<Item = &'a Job> + use<'a> {
    ctx.library.active_jobs().take(RUNNING)
}

/// The runs that need a look.
pub(super) fn attention<'a>(ctx: &AppContext<'a>) -> Vec<&'a Run> {
    ctx.library.needs_attention().take(ATTENTION).collect()
}

/// What is running now.
pub(super) fn running_ui(curves: &Curves, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Running now");
    ui.add_space(4.0);
    for job in running(ctx) {
        ui.push_id(&job.id, |ui| card_ui(ui, |ui| job_ui(curves, ctx, ui, commands, job)));
        ui.add_space(size::GAP);
    }
}

fn job_ui(curves: &Curves, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job) {
    let tokens = ctx.tokens;
    let name = ctx.library.subject_name(job);
    let width = ui.available_width();
    ui.horizontal(|ui| {
        let (glyph, verb) = widget::job_kind(job.kind);
        let room = ui.available_width() - 164.0;
        let words = Button::quiet(&name)
            .flush()
            .glyph(glyph)
            .max_width(room)
            .tooltip(format!("{verb}: {name}"));
        if ui.add(words).clicked()
            && let Some(there) = Navigate::subject(job)
        {
            commands.send(there);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            command_icon_ui(ui, ctx, commands, crate::command::train::stop_command(job));
            if job.kind == Kind::Train {
                let reference = RunRef::Id(job.subject.clone());
                let command = if job.state == JobState::Paused {
                    TrainCommand::Resume(reference)
                } else {
                    TrainCommand::Pause(reference)
                };
                command_icon_ui(ui, ctx, commands, command);
            }
            state_pill_ui(ui, job.state);
        });
    });
    if job.kind == Kind::Serve {
        // It has no end to be on the way to: how it is says more than a bar.
        if let Some(endpoint) = ctx.library.endpoint(&job.subject) {
            let light = light::of(endpoint);
            let text = format!("{} · {} · {}", light::serves(endpoint), light.word, light.reason);
            widget::ellipsis_ui(ui, RichText::new(&text).color(tokens.text_secondary), &text);
        }
        return;
    }
    if let Some(curve) = curves.0.get(&job.subject) {
        let points = curve.points.value().map_or(&[][..], Vec::as_slice);
        sparkline_ui(ui, "Training loss", points, tokens.series_of(&job.subject), width, 48.0);
    }
    let progress = job.progress.as_ref();
    let tone = if job.state == JobState::Paused {
        Tone::Warning
    } else {
        Tone::Accent
    };
    progress_bar_ui(
        ui,
        &format!("Progress of {name}"),
        progress.and_then(|progress| progress.fraction),
        tone,
        width,
    );
    let what = progress
        .map(|progress| progress.what.clone())
        .filter(|what| !what.is_empty());
    let left = what.unwrap_or_else(|| "Starting".to_owned());
    let eta = progress
        .and_then(|progress| progress.eta_secs)
        .map(|secs| format!("{} left", format::duration(secs)));
    widget::row_ui(ui, 16.0, |ui| {
        widget::label_ui(ui, &left);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widget::label_ui(ui, &eta.unwrap_or_default())
        });
    });
}

/// Endpoints whose health changed for the worse or back, and runs that failed or were interrupted.
pub(super) fn attention_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, runs: &[&Run]) {
    section_ui(ui, "Needs attention");
    ui.add_space(4.0);
    alerts_ui(ctx, ui, commands);
    for run in runs {
        ui.push_id(&run.id, |ui| {
            card_ui(ui, |ui| {
                ui.horizontal(|ui| {
                    state_pill_ui(ui, run.state);
                    let room = ui.available_width() - 110.0;
                    if ui
                        .add(Button::quiet(&run.name).flush().max_width(room).tooltip("Open the run"))
                        .clicked()
                    {
                        commands.send(Navigate::run(&run.id));
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let resume = TrainCommand::Resume(RunRef::Id(run.id.clone()));
                        widget::command_button_ui(ui, ctx, commands, resume, ButtonKind::Secondary);
                    });
                });
                let why = run.error.as_ref().map_or_else(
                    || "Its process ended before it was done. It resumes from its last checkpoint.".to_owned(),
                    |report| report.message.clone(),
                );
                let text = RichText::new(&why).color(ctx.tokens.text_secondary);
                widget::ellipsis_ui(ui, text, &why);
            });
        });
        ui.add_space(size::GAP);
    }
}

/// The newest alerts nobody has seen.
fn alerts_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    for alert in ctx.library.alerts().iter().rev().take(ALERTS) {
        let endpoint = ctx.library.endpoint(&alert.endpoint);
        let name = endpoint.map_or("a deleted endpoint", |endpoint| endpoint.name.as_str());
        let health = endpoint.and_then(|endpoint| endpoint.health.as_ref());
        let is_so_now = health.is_some_and(|health| health.state == alert.after);
        let tone = match alert.after {
            State::Healthy => Tone::Good,
            State::Down => Tone::Bad,
            State::Degraded | State::Unknown => Tone::Warning,
        };
        ui.push_id(("alert", alert.seq), |ui| {
            card_ui(ui, |ui| {
                ui.horizontal(|ui| {
                    let was = if is_so_now { "" } else { "was " };
                    let word = format!("Endpoint {was}{}", alert.after.as_str());
                    widget::pill_ui(ui, tone, icons::BROADCAST, &word);
                    let room = ui.available_width() - 150.0;
                    let words = Button::quiet(name).flush().max_width(room).tooltip("Open the endpoint");
                    if ui.add(words).clicked() {
                        commands.send(Navigate::endpoint(&alert.endpoint));
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let seen = EndpointCommand::MarkSeen(alert.seq);
                        command_icon_ui(ui, ctx, commands, seen);
                        widget::label_ui(ui, &format::ago(ctx.now_ms, alert.time_ms))
                            .on_hover_text(format::absolute(alert.time_ms));
                    });
                });
                let text = RichText::new(&alert.reason).color(ctx.tokens.text_secondary);
                widget::ellipsis_ui(ui, text, &alert.reason);
            });
        });
        ui.add_space(size::GAP);
    }
}
