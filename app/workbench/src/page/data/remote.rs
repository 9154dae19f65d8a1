//! A dataset that lies in a bucket, while it is not open yet.

use aloft_base::dataset::Dataset;
use aloft_base::job::State;
use aloft_base::remote::Remote;
use aloft_base::{ErrorKind, Report};
use egui::{RichText, Ui};

use crate::command::{CommandSender, DataCommand, TrainCommand};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, ButtonKind, Tone, command_button_ui, problem_ui, progress_bar_ui, skeleton_rows_ui};

/// What opens a dataset anew, wherever it lies.
pub(super) fn open_again(row: &Dataset) -> DataCommand {
    match remote_of(row) {
        Some(Remote { url, connection }) => DataCommand::OpenRemote { connection, url },
        None => DataCommand::OpenPaths(vec![row.path.clone()]),
    }
}

fn remote_of(row: &Dataset) -> Option<Remote> {
    serde_json::from_value(row.source.get("remote")?.clone()).ok()
}

/// How far it is on its way, or why it cannot be opened.
pub(super) fn coming_ui(row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let job = ctx.library.job_of(&row.id);
    let ended = job.filter(|job| !job.state.is_active());
    if let Some(job) = ended {
        let stopped = || {
            let message = format!("Opening {} was stopped", row.path.display());
            Report::new(ErrorKind::Stopped, message, "Try again to open it.")
        };
        let report = match job.state {
            State::Done => None,
            _ => Some(job.error.clone().unwrap_or_else(stopped)),
        };
        if let Some(report) = report {
            if problem_ui(ui, "This dataset could not be opened", &report, true, commands) {
                commands.send(open_again(row));
            }
            return;
        }
    }
    let progress = job.and_then(|job| job.progress.as_ref());
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_HEIGHT);
        let what = progress.map_or("Looking what is there", |progress| progress.what.as_str());
        ui.label(RichText::new(what).font(font::medium()).color(ctx.tokens.text));
        let fraction = progress.and_then(|progress| progress.fraction);
        progress_bar_ui(ui, "Opening", fraction, Tone::Accent, 160.0);
        if let Some(job) = job.filter(|job| job.state.is_active()) {
            command_button_ui(
                ui,
                ctx,
                commands,
                TrainCommand::StopJob(job.id.clone()),
                ButtonKind::Quiet,
            );
        }
    });
    widget::label_ui(ui, &row.path.display().to_string());
    ui.add_space(size::GAP);
    skeleton_rows_ui(
        ui,
        ((ui.available_height() / size::ROW_HEIGHT) as usize).saturating_sub(1),
    );
}
