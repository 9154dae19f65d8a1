//! The train page: the recipe at the left, what it will do or does at the right.

mod control;
mod draft;
mod features;
mod live;
mod parts;
mod plan;
mod preview;
mod proposal;
mod section;
mod settings;
mod split;
mod summary;
mod target;
#[cfg(test)]
mod tests;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use aloft_base::dataset::Dataset;
use aloft_base::{ErrorKind, Report};
use egui::{Align, Layout, RichText, ScrollArea, Ui, UiBuilder, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, Describe, Navigate, TrainCommand};
use crate::context::AppContext;
use crate::format;
use crate::library::dataset_name;
use crate::plot::RunCurves;
use crate::route::{PageKind, Route};
use crate::theme::{font, size};
use crate::widget::{self, Button, Tone, empty_ui, problem_ui, progress_bar_ui, segmented_ui, skeleton_rows_ui};
use crate::work::{Fetch, Lane, Ticket};

use draft::Draft;
use parts::Parts;
use proposal::{Proposed, propose};
use summary::Section;
use text::{FileDone, FileWish};

/// How the recipe is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Controls,
    Text,
}

/// What was asked for last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ask {
    dataset: String,
    key: String,
    steps: serde_json::Value,
    target: Option<String>,
}

/// What the page keeps between frames.
pub struct State {
    asked: Option<Ask>,
    /// The target a person chose; else the most plausible one.
    target: Option<String>,
    proposed: Fetch<Proposed>,
    /// With it a proposal that is no longer wanted is called off.
    ticket: Ticket,
    parts: Parts,
    draft: Option<Draft>,
    /// A control changed the recipe, or the text was typed: the rest follows in `logic`.
    changed: bool,
    typed: bool,
    mode: Mode,
    open: Option<Section>,
    filter: String,
    path: String,
    wish: Option<FileWish>,
    file: Fetch<FileDone>,
    curves: RunCurves,
}

impl Default for State {
    fn default() -> Self {
        Self {
            asked: None,
            target: None,
            proposed: Fetch::Idle,
            ticket: Ticket::default(),
            parts: Parts::default(),
            draft: None,
            changed: false,
            typed: false,
            mode: Mode::Controls,
            open: Some(Section::Target),
            filter: String::new(),
            path: String::new(),
            wish: None,
            file: Fetch::Idle,
            curves: RunCurves::default(),
        }
    }
}

/// Takes in what came and asks for what is needed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, commands: &mut CommandSender) {
    let Route::Train { dataset, run } = ctx.route else {
        return;
    };
    if let Some(run) = run {
        state.curves.logic(ctx, run);
    }
    let Some(id) = dataset else {
        // The rail leads here without a dataset: the one opened last is meant.
        if let (Some(row), None) = (ctx.library.datasets().first(), run) {
            commands.send(Navigate::train(&row.id));
        }
        return;
    };
    let Some(row) = ctx.library.dataset(id) else { return };
    if state.asked.as_ref().is_some_and(|asked| asked.dataset != *id) {
        let (mode, curves) = (state.mode, std::mem::take(&mut state.curves));
        *state = State {
            mode,
            curves,
            ..State::default()
        };
    }
    propose_again(state, ctx, row);
    if let Some(draft) = &mut state.draft {
        if std::mem::take(&mut state.changed) {
            draft.settle();
        }
        if std::mem::take(&mut state.typed) {
            draft.take_text();
        }
        draft.name_apart(|name| ctx.library.runs().iter().any(|run| run.name == name));
        if run.is_none() {
            state.parts.logic(draft, row, ctx);
        }
    }
    use_file(state, ctx);
}

fn propose_again(state: &mut State, ctx: &AppContext<'_>, row: &Dataset) {
    if state.proposed.poll()
        && let Some(proposed) = state.proposed.value()
        && let Ok(proposal) = &proposed.proposal
    {
        let mut draft = Draft::new(Arc::clone(&proposed.profile), proposal.clone());
        if let Some(older) = &state.draft {
            draft.take_over(older);
        } else {
            let name = format!(
                "{}.recipe.toml",
                row.path.file_stem().unwrap_or_default().to_string_lossy()
            );
            state.path = row.path.with_file_name(name).display().to_string();
        }
        state.draft = Some(draft);
    }
    // Types, gaps and classes are known when the profile is whole.
    if row.columns.is_none() || state.proposed.is_pending() {
        return;
    }
    let ask = Ask {
        dataset: row.id.clone(),
        key: row.key.clone(),
        steps: row.steps.clone(),
        target: state.target.clone(),
    };
    if state.asked.as_ref() == Some(&ask) {
        return;
    }
    state.ticket.call_off();
    let ticket = Ticket::default();
    let (row, target, its) = (row.clone(), state.target.clone(), ticket.clone());
    // What steps leave has to be made first, which may take a while.
    let steps = proposal::steps_of(&row);
    let lane = if steps.is_empty() { Lane::Rows } else { Lane::Questions };
    ctx.work.fetch(lane, &mut state.proposed, move |workspace| {
        propose(workspace, &row, steps, target, &its)
    });
    state.ticket = ticket;
    if state.proposed.is_pending() {
        state.asked = Some(ask);
    }
}

fn use_file(state: &mut State, ctx: &AppContext<'_>) {
    if state.file.poll()
        && let Some(FileDone::Loaded(_, recipe)) = state.file.value()
        && let Some(draft) = &mut state.draft
    {
        draft.recipe = (**recipe).clone();
        // What was said of the proposal may not be true of this recipe.
        draft.reasons.clear();
        draft.settle();
    }
    let Some(wish) = state.wish.take() else { return };
    let path = PathBuf::from(state.path.trim());
    match wish {
        FileWish::Save => {
            let text = state.draft.as_ref().map(|draft| draft.text.clone()).unwrap_or_default();
            ctx.work
                .fetch_with(Lane::System, &mut state.file, move |_| text::save(&path, &text));
        }
        FileWish::Load => ctx
            .work
            .fetch_with(Lane::System, &mut state.file, move |_| text::load(&path)),
    }
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        skeleton_rows_ui(ui, 8);
        return;
    }
    let run = ctx.route.run().and_then(|id| ctx.library.run(id));
    let Some(row) = ctx.route.dataset().and_then(|id| ctx.library.dataset(id)) else {
        nothing_ui(ctx, ui, commands);
        return;
    };
    bar_ui(state, row, ctx, ui, commands);
    ui.add_space(size::GAP);
    let gap = size::GAP_SECTION;
    let left = (ui.available_width() * 0.42).clamp(400.0, 560.0);
    let right = ui.available_width() - left - gap;
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        ui.allocate_ui_with_layout(vec2(left, height), Layout::top_down(Align::Min), |ui| {
            ui.set_width(left);
            ui.spacing_mut().item_spacing.x = size::GAP;
            recipe_ui(state, row, ctx, ui, commands);
        });
        ui.allocate_ui_with_layout(vec2(right, height), Layout::top_down(Align::Min), |ui| {
            ui.set_width(right);
            ui.spacing_mut().item_spacing.x = size::GAP;
            match (run, &mut state.draft) {
                (Some(run), _) => live::live_ui(run, &mut state.curves, ctx, ui, commands),
                (None, Some(draft)) => {
                    if let Some(remedy) = preview::preview_ui(draft, &state.parts, ctx, ui) {
                        remedy.apply(draft);
                        state.changed = true;
                        ui.ctx().request_repaint();
                    }
                    if let Some(soon) = state.parts.look_again() {
                        ui.ctx().request_repaint_after(soon);
                    }
                }
                (None, None) => {}
            }
        });
    });
}

/// The name, how the recipe is shown, and the page's main action.
fn bar_ui(state: &mut State, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal(|ui| {
        ui.set_height(32.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let ready = state
                .draft
                .as_ref()
                .and_then(|draft| draft.ready.clone())
                .filter(|_| !state.typed && !state.changed);
            let why_not = match (&state.draft, &ready) {
                (_, Some(_)) => None,
                (Some(draft), None) => draft.why_not(),
                (None, None) => Some("The columns are not profiled yet".to_owned()),
            };
            let blocked = state
                .proposed
                .value()
                .and_then(|proposed| proposed.proposal.as_ref().err());
            let why_not = blocked.map(|report| report.message.clone()).or(why_not);
            let command = ready.map(|run| TrainCommand::Start(Box::new(run)));
            let why_not = why_not.or_else(|| {
                let availability = command.as_ref()?.availability(ctx);
                availability.why_not().map(str::to_owned)
            });
            let tooltip = "Start training with this recipe  (Ctrl+Enter)";
            let button = Button::primary("Train")
                .glyph(icons::PLAY)
                .disabled(why_not.as_deref())
                .tooltip(tooltip);
            let pressed = ui.add(button).clicked();
            if let (Some(command), None) = (command, why_not) {
                if pressed {
                    commands.send(command.clone());
                }
                commands.offer_primary(command);
            }
            segmented_ui(
                ui,
                &mut state.mode,
                &[(Mode::Controls, "Controls"), (Mode::Text, "TOML")],
            );
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                datasets_ui(row, ctx, ui, commands);
                if let Some(draft) = &mut state.draft {
                    let width = (ui.available_width() - 24.0).clamp(120.0, 320.0);
                    if widget::text_field_ui(ui, "Name of the run", &mut draft.name, "A name for the run", width)
                        .changed()
                    {
                        // An empty field goes back to the usual name.
                        draft.named = !draft.name.trim().is_empty();
                        state.changed = true;
                        ui.ctx().request_repaint();
                    }
                }
            });
        });
    });
}

/// Which dataset the recipe is for.
fn datasets_ui(row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    const LISTED: usize = 50;
    let name = dataset_name(row);
    control::combo_ui(ui, "Dataset", &name, 180.0, |ui| {
        for dataset in ctx.library.datasets().iter().take(LISTED) {
            let label = ui.selectable_label(dataset.id == row.id, dataset_name(dataset));
            if label.on_hover_text(dataset.path.display().to_string()).clicked() && dataset.id != row.id {
                commands.send(Navigate::train(&dataset.id));
            }
        }
    });
}

/// The recipe as controls or text, or what stands in the way of one.
fn recipe_ui(state: &mut State, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = state.proposed.report().cloned()
        && problem_ui(ui, "Could not propose a recipe", &report, true, commands)
    {
        state.asked = None;
    }
    let blocked = state
        .proposed
        .value()
        .filter(|_| !state.proposed.is_pending())
        .and_then(|proposed| {
            let report = proposed.proposal.as_ref().err()?.clone();
            Some((
                report,
                proposed.target.clone(),
                proposed.candidates.clone(),
                Arc::clone(&proposed.profile),
            ))
        });
    if let Some((report, current, candidates, profile)) = blocked {
        problem_ui(ui, "This target cannot be learned", &report, false, commands);
        ui.add_space(size::GAP);
        let columns = profile.columns.iter().map(|column| column.name.as_str());
        if let Some(chosen) = target::column_ui(ui, &current, &candidates, columns) {
            state.target = Some(chosen);
            ui.ctx().request_repaint();
        }
        return;
    }
    let candidates = state
        .proposed
        .value()
        .map_or_else(Vec::new, |proposed| proposed.candidates.clone());
    let Some(draft) = &mut state.draft else {
        waiting_ui(row, ctx, ui, commands);
        return;
    };
    match state.mode {
        Mode::Controls => {
            ScrollArea::vertical()
                .id_salt("recipe")
                .auto_shrink(false)
                .show(ui, |ui| {
                    ui.set_width(ui.available_width() - 8.0);
                    if let Some(report) = &draft.problem {
                        problem_ui(ui, "This recipe cannot be trained", report, false, commands);
                        ui.add_space(size::GAP);
                    }
                    // Ids of their own: a problem above comes and goes while one types into a field below it.
                    let scope = UiBuilder::new().scope_id(egui::Id::unique("recipe sections"));
                    let (changed, chosen) = ui
                        .scope_builder(scope, |ui| {
                            section::sections_ui(
                                draft,
                                &mut state.open,
                                &mut state.filter,
                                &candidates,
                                ctx,
                                ui,
                                commands,
                            )
                        })
                        .inner;
                    if changed || chosen.is_some() {
                        state.changed = true;
                        ui.ctx().request_repaint();
                    }
                    if chosen.is_some() {
                        state.target = chosen;
                    }
                });
        }
        Mode::Text => {
            let (typed, wish) = text::text_ui(
                draft,
                &mut state.path,
                state.file.value(),
                state.file.report(),
                ctx,
                ui,
                commands,
            );
            if typed || wish.is_some() {
                state.typed |= typed;
                state.wish = wish.or(state.wish);
                ui.ctx().request_repaint();
            }
        }
    }
}

/// While the profile is made: how far it is.
fn waiting_ui(row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let job = ctx.library.job_of(&row.id);
    if row.columns.is_none() && job.is_none_or(|job| !job.state.is_active()) {
        let why = job.and_then(|job| job.error.clone());
        let hint = "Its columns must be counted before a recipe can be proposed. Profile it again.";
        let report = why.unwrap_or_else(|| Report::new(ErrorKind::Unavailable, "This dataset is not profiled", hint));
        if problem_ui(ui, "Nothing can be proposed yet", &report, true, commands) {
            commands.send(DataCommand::Profile(row.id.clone()));
        }
        return;
    }
    let progress = job.and_then(|job| job.progress.clone());
    ui.label(
        RichText::new("Profiling the columns, to propose a recipe")
            .font(font::medium())
            .color(ctx.tokens.text),
    );
    let width = ui.available_width();
    progress_bar_ui(
        ui,
        "Profiling",
        progress.as_ref().and_then(|progress| progress.fraction),
        Tone::Accent,
        width,
    );
    if let Some(progress) = progress.filter(|progress| !progress.what.is_empty()) {
        widget::label_ui(ui, &progress.what);
    }
    if let Some(rows) = row.rows {
        widget::label_ui(ui, &format::plural(rows, "row", "rows"));
    }
    ui.add_space(size::GAP);
    skeleton_rows_ui(ui, 8);
}

/// What the page is for, while there is no dataset.
fn nothing_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if ctx.route.dataset().is_none() && !ctx.library.datasets().is_empty() {
        skeleton_rows_ui(ui, 8);
        return;
    }
    commands.offer_primary(DataCommand::OpenFiles);
    let text = "Open a table first. Then choose what to predict: Aloft proposes the task, the split, the preparation \
                and a model, and says why.";
    let pressed = empty_ui(
        ui,
        icons::GRAPH,
        "Nothing to train on yet",
        text,
        Some((icons::FOLDER_OPEN, "Open file…")),
    );
    if pressed.is_some_and(|response| response.clicked()) {
        commands.send(DataCommand::OpenFiles);
    }
    ui.vertical_centered(|ui| {
        ui.add_space(size::GAP);
        if ui.add(Button::quiet("Go to Home").glyph(icons::HOUSE)).clicked() {
            commands.send(Navigate::Page(PageKind::Home));
        }
    });
}
