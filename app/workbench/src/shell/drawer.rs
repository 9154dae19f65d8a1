//! The drawer above the status bar: jobs with their progress, transfers, or the log.

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::job::{Job, Kind, Request, State as JobState};
use aloft_base::log::{self, Line};
use egui::{Align, Frame, Layout, Margin, Panel, RichText, ScrollArea, Sense, Ui, UiBuilder, vec2};
use egui_phosphor::regular as icons;

use super::transfers;
use crate::command::train::stop_command;
use crate::command::{CommandSender, Navigate, RunRef, TrainCommand, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::library::is_background;
use crate::settings::Drawer;
use crate::theme::size;
use crate::widget::{self, Button, Tone, command_icon_ui, progress_bar_ui, segmented_ui, state_pill_ui};
use crate::work::{Fetch, Lane};

/// How many lines of the log are shown.
const LINES: usize = 2_000;
/// Height of a job's row.
const JOB_ROW: f32 = 36.0;

/// What the drawer keeps between frames.
#[derive(Default)]
pub(super) struct State {
    log: Fetch<Vec<Line>>,
    /// The revision of the log that was asked for last.
    asked: Option<u64>,
    /// Positions of the jobs in the library: those that work first, both parts newest first.
    order: Vec<usize>,
    /// The version of the library that `order` was made from.
    ordered: Option<u64>,
    transfers: transfers::State,
}

impl State {
    /// Keeps the log as it is shown up to date.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.log.poll();
        if self.ordered != Some(ctx.library.version()) {
            let jobs = ctx.library.jobs();
            self.order = (0..jobs.len()).filter(|at| is_listed(&jobs[*at])).collect();
            self.order.sort_by_key(|at| !jobs[*at].state.is_active());
            self.ordered = Some(ctx.library.version());
        }
        let is_shown = ctx.settings.drawer == Some(Drawer::Transfers);
        self.transfers.logic(ctx, is_shown);
        let revision = ctx.library.topic_revision(Topic::Log);
        if ctx.settings.drawer == Some(Drawer::Log) && self.asked != Some(revision) && !self.log.is_pending() {
            ctx.work.fetch(Lane::Metrics, &mut self.log, |workspace| {
                log::tail(workspace, None, LINES).map_err(|error| Report::of(&error))
            });
            if self.log.is_pending() {
                self.asked = Some(revision);
            }
        }
    }

    /// Draws the drawer when it is open.
    pub(super) fn panel_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let Some(mut drawer) = ctx.settings.drawer else { return };
        let frame = Frame::new().fill(ctx.tokens.panel).inner_margin(Margin {
            left: 12,
            right: 8,
            top: 6,
            bottom: 0,
        });
        let panel = Panel::bottom("drawer")
            .resizable(true)
            .size_range(120.0..=600.0)
            .default_size(ctx.settings.drawer_height);
        let shown = panel.frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                let shown = drawer;
                let choices = [
                    (Drawer::Jobs, "Jobs"),
                    (Drawer::Transfers, "Transfers"),
                    (Drawer::Log, "Log"),
                ];
                if segmented_ui(ui, &mut drawer, &choices) && drawer != shown {
                    commands.send(ViewCommand::Drawer(drawer));
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::icon(icons::X, "Close drawer")).clicked() {
                        commands.send(ViewCommand::Drawer(shown));
                    }
                });
            });
            ui.add_space(2.0);
            match drawer {
                Drawer::Jobs => jobs_ui(&self.order, ctx, ui, commands),
                Drawer::Transfers => self.transfers.show_ui(ctx, ui, commands),
                Drawer::Log => self.log_ui(ctx, ui, commands),
            }
        });
        let height = shown.response.rect.height().round();
        if (height - ctx.settings.drawer_height).abs() >= 1.0 {
            commands.send(ViewCommand::DrawerHeight(height));
        }
    }

    fn log_ui(&self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        if let Some(report) = self.log.report() {
            // It is read again with the next line that is written.
            widget::problem_ui(ui, "Could not read the log", report, false, commands);
            return;
        }
        let Some(lines) = self.log.value() else {
            widget::skeleton_rows_ui(ui, 3);
            return;
        };
        if lines.is_empty() {
            widget::secondary_ui(ui, "Nothing was logged yet. Jobs write here what they do.");
            return;
        }
        widget::log_lines_ui(ui, lines, |line| {
            let name = ctx.library.job(&line.job).map(|job| ctx.library.subject_name(job));
            Some(name.unwrap_or_else(|| line.job.clone()))
        });
    }
}

/// Transfers have a list of their own.
fn is_listed(job: &Job) -> bool {
    !is_background(job) && job.kind != Kind::Transfer
}

fn jobs_ui(order: &[usize], ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let jobs = ctx.library.jobs();
    if order.is_empty() {
        widget::secondary_ui(
            ui,
            "No jobs yet. Opening a file profiles it; training and serving a model are jobs too. They go on when the window is closed.",
        );
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, JOB_ROW, order.len(), |ui, range| {
            for job in order[range].iter().filter_map(|at| jobs.get(*at)) {
                job_ui(ctx, ui, commands, job);
            }
        });
}

/// One job: what it works on, how far it is, and what can be asked of it.
fn job_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job) {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), JOB_ROW), Sense::hover());
    if response.contains_pointer() {
        ui.painter().rect_filled(rect, 4, tokens.hover);
    }
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        egui::Stroke::new(1.0, tokens.border),
    );
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(vec2(4.0, 0.0)))
            .layout(Layout::right_to_left(Align::Center)),
    );
    let ui = &mut row;
    ui.push_id(&job.id, |ui| {
        actions_ui(ctx, ui, commands, job);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = size::GAP;
            let (glyph, verb) = widget::job_kind(job.kind);
            ui.label(crate::theme::icon(glyph).color(tokens.text_secondary))
                .on_hover_text(verb);
            let name = ctx.library.subject_name(job);
            cell_ui(ui, 216.0, |ui| {
                let words = Button::quiet(&name).max_width(216.0).tooltip(format!("{verb}: {name}"));
                if ui.add(words).clicked()
                    && let Some(there) = Navigate::subject(job)
                {
                    commands.send(there);
                }
            });
            cell_ui(ui, 104.0, |ui| {
                state_pill_ui(ui, job.state);
            });
            let progress = job.progress.as_ref();
            // What serves has no end to be on the way to.
            if job.state.is_active() && job.kind != Kind::Serve {
                let tone = if job.state == JobState::Paused {
                    Tone::Warning
                } else {
                    Tone::Accent
                };
                progress_bar_ui(
                    ui,
                    &format!("Progress of {name}"),
                    progress.and_then(|p| p.fraction),
                    tone,
                    160.0,
                );
            }
            widget::ellipsis_ui(
                ui,
                RichText::new(detail(ctx, job)).color(tokens.text_secondary),
                &whole_detail(ctx, job),
            );
        });
    });
}

/// A part of a row with a width of its own, so that rows line up.
fn cell_ui(ui: &mut Ui, width: f32, add_contents: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(
        vec2(width, size::CONTROL_HEIGHT),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_width(width);
            ui.set_max_width(width);
            add_contents(ui);
        },
    );
}

/// What a job says of itself, in a line.
fn detail(ctx: &AppContext<'_>, job: &Job) -> String {
    if let Some(report) = &job.error {
        return report.message.clone();
    }
    let mut parts = Vec::new();
    if job.kind == Kind::Serve && job.state.is_active() {
        let endpoint = ctx.library.endpoint(&job.subject);
        parts.extend(endpoint.map(crate::light::serves));
        parts.extend(endpoint.and_then(crate::light::url).map(str::to_owned));
        parts.extend(
            job.duration_secs()
                .map(|secs| format!("for {}", format::duration(secs))),
        );
        return parts.join(" · ");
    }
    if let Some(progress) = job.progress.as_ref().filter(|_| job.state.is_active()) {
        parts.extend(progress.fraction.map(|fraction| format!("{:.0} %", fraction * 100.0)));
        if !progress.what.is_empty() {
            parts.push(progress.what.clone());
        }
        parts.extend(progress.eta_secs.map(|secs| format!("{} left", format::duration(secs))));
        parts.extend(
            progress
                .rows_per_sec
                .map(|rate| format!("{} rows/s", format::count(rate.max(0.0).round() as u64))),
        );
        parts.extend(progress.memory_bytes.map(format::bytes));
    } else {
        parts.push(format::ago(ctx.now_ms, job.ended_ms.unwrap_or(job.created_ms)));
        parts.extend(
            job.duration_secs()
                .map(|secs| format!("took {}", format::duration(secs))),
        );
    }
    parts.join(" · ")
}

/// The tooltip of a job's line: the whole of it and its times.
fn whole_detail(ctx: &AppContext<'_>, job: &Job) -> String {
    let mut text = detail(ctx, job);
    if let Some(report) = job.error.as_ref().filter(|report| !report.hint.is_empty()) {
        text.push('\n');
        text.push_str(&report.hint);
    }
    text + &format!("\nJob {}, made {}", job.id, format::absolute(job.created_ms))
}

/// What can be asked of a job.
fn actions_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job) {
    ui.spacing_mut().item_spacing.x = 2.0;
    let run = || RunRef::Id(job.subject.clone());
    let newest = ctx
        .library
        .job_of(&job.subject)
        .is_some_and(|newest| newest.id == job.id);
    if job.state.is_active() && job.request == Request::Stop {
        // It was asked and has not answered yet; one that never does can be ended.
        command_icon_ui(ui, ctx, commands, TrainCommand::KillJob(job.id.clone()));
    } else if job.state.is_active() {
        command_icon_ui(ui, ctx, commands, stop_command(job));
    }
    if job.kind != Kind::Train || !newest {
        return;
    }
    match job.state {
        JobState::Running | JobState::Queued => {
            command_icon_ui(ui, ctx, commands, TrainCommand::Pause(run()));
        }
        JobState::Paused | JobState::Stopped | JobState::Interrupted | JobState::Failed => {
            command_icon_ui(ui, ctx, commands, TrainCommand::Resume(run()));
        }
        JobState::Done => {}
    }
}
