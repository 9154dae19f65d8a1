//! What jobs may use of this machine: memory of a question, size of the caches.

use aloft_base::Report;
use aloft_base::limits::{Limits, machine_memory_bytes};
use egui::Ui;

use super::row_ui;
use crate::context::AppContext;
use crate::format;
use crate::widget::{self, card_ui, section_ui, segmented_ui};
use crate::work::{Fetch, Lane};

/// Shares of the machine's memory that can be chosen.
const SHARES: [(u32, &str); 4] = [(25, "25 %"), (60, "60 %"), (80, "80 %"), (100, "All")];
const GIB: u64 = 1 << 30;
/// Sizes of the caches that can be chosen.
const SIZES: [(u64, &str); 4] = [
    (2 * GIB, "2 GB"),
    (10 * GIB, "10 GB"),
    (50 * GIB, "50 GB"),
    (200 * GIB, "200 GB"),
];

/// What the section keeps between frames.
#[derive(Default)]
pub(super) struct State {
    limits: Fetch<Limits>,
    /// What the person chose and is not written yet.
    chosen: Option<Limits>,
    machine_bytes: Option<u64>,
}

/// Reads the limits when they are shown, and writes what was chosen.
pub(super) fn logic(state: &mut State, ctx: &AppContext<'_>, is_shown: bool) {
    state.limits.poll();
    if !is_shown || !ctx.environment.is_open() || state.limits.is_pending() {
        return;
    }
    let fault = |error: aloft_base::Error| Report::of(&error);
    if let Some(chosen) = state.chosen.take() {
        ctx.work.fetch(Lane::Workspace, &mut state.limits, move |workspace| {
            chosen.write(workspace).map_err(fault).map(|()| chosen)
        });
    } else if state.limits.is_idle() {
        state.machine_bytes = machine_memory_bytes();
        ctx.work.fetch(Lane::Workspace, &mut state.limits, move |workspace| {
            Limits::read(workspace).map_err(fault)
        });
    }
}

/// Draws the section.
pub(super) fn section(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui) {
    section_ui(ui, "Limits");
    card_ui(ui, |ui| {
        if let Some(report) = state.limits.report() {
            widget::paragraph_ui(ui, &report.to_string());
            return;
        }
        let Some(limits) = state.chosen.or(state.limits.value().copied()) else {
            widget::skeleton_rows_ui(ui, 2);
            return;
        };
        let mut chosen = limits;
        let text = match (state.machine_bytes, limits.memory_bytes()) {
            (Some(machine), Some(limit)) => format!(
                "Profiles, questions and exports that need more than {} of {} end with a reason",
                format::bytes(limit),
                format::bytes(machine)
            ),
            (Some(_), None) => "Profiles, questions and exports may take what the system gives them".to_owned(),
            (None, _) => "This system has no limit that Aloft can set".to_owned(),
        };
        row_ui(ctx, ui, "Memory", &text, |ui| {
            segmented_ui(ui, &mut chosen.memory_percent, &SHARES);
        });
        widget::hairline_ui(ui);
        let text = "Answers, copies and indexes beyond this go, the oldest first; what is open stays";
        row_ui(ctx, ui, "Cache", text, |ui| {
            segmented_ui(ui, &mut chosen.cache_bytes, &SIZES);
        });
        if chosen != limits {
            state.chosen = Some(chosen);
        }
    });
}
