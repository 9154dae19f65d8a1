//! The drawer's list of transfers, and the files of the one that is chosen.

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::job::{Job, Kind, State as JobState};
use aloft_base::transfer::{self, File, Filter, State as FileState, Totals};
use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, UiBuilder, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, TransferCommand};
use crate::context::AppContext;
use crate::format;
use crate::theme::{self, size};
use crate::widget::{self, Tone, command_icon_ui, progress_bar_ui, segmented_ui, state_pill_ui};
use crate::work::{Fetch, Lane};

/// Height of a transfer's row.
const TRANSFER_ROW: f32 = 44.0;
/// So many files are read at once.
const WINDOW: u64 = 400;
/// Share of the drawer's width for the list of transfers.
const LIST_SHARE: f32 = 0.46;

/// Which files of a transfer are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Show {
    #[default]
    All,
    Moving,
    Waiting,
    Failed,
}

impl Show {
    fn filter(self) -> Filter {
        Filter {
            state: match self {
                Self::All => None,
                Self::Moving => Some(FileState::Moving),
                Self::Waiting => Some(FileState::Waiting),
                Self::Failed => Some(FileState::Failed),
            },
            ..Filter::default()
        }
    }

    fn count(self, totals: &Totals) -> u64 {
        match self {
            Self::All => totals.files,
            Self::Moving => totals.moving,
            Self::Waiting => totals.waiting,
            Self::Failed => totals.failed,
        }
    }
}

/// What is shown of the files of one transfer.
struct Files {
    job: String,
    show: Show,
    offset: u64,
    totals: Totals,
    rows: Vec<File>,
}

/// What the list keeps between frames.
#[derive(Default)]
pub(super) struct State {
    /// The transfer whose files are shown; the newest when none was chosen.
    chosen: Option<String>,
    show: Show,
    /// The first row that is in view.
    first: u64,
    files: Fetch<Files>,
    asked: Option<(String, Show, u64, u64)>,
}

impl State {
    /// Keeps the files that are shown up to date.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, is_shown: bool) {
        self.files.poll();
        let Some(job) = self.shown(ctx).filter(|_| is_shown).map(|job| job.id.clone()) else {
            return;
        };
        let revision = ctx.library.revision(Topic::Transfer, &job);
        let offset = self.first.saturating_sub(WINDOW / 4) / (WINDOW / 4) * (WINDOW / 4);
        let wanted = (job.clone(), self.show, offset, revision);
        if self.asked.as_ref() == Some(&wanted) || self.files.is_pending() {
            return;
        }
        let show = self.show;
        ctx.work.fetch(Lane::Metrics, &mut self.files, move |workspace| {
            let read = || {
                Ok(Files {
                    totals: transfer::totals(workspace, &job)?,
                    rows: transfer::files(workspace, &job, &show.filter(), offset as usize, WINDOW as usize)?,
                    job,
                    show,
                    offset,
                })
            };
            read().map_err(|error: aloft_base::Error| Report::of(&error))
        });
        if self.files.is_pending() {
            self.asked = Some(wanted);
        }
    }

    fn shown<'a>(&self, ctx: &AppContext<'a>) -> Option<&'a Job> {
        let chosen = self.chosen.as_deref().and_then(|id| ctx.library.job(id));
        chosen.or_else(|| transfers(ctx).next())
    }

    /// Draws the list and the files beside it.
    pub(super) fn show_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let jobs: Vec<&Job> = transfers(ctx).collect();
        if jobs.is_empty() {
            widget::secondary_ui(
                ui,
                "No transfers yet. Drop files onto a bucket, or download from one; they go on when the window is closed, and from where they were after anything.",
            );
            return;
        }
        let whole = ui.available_rect_before_wrap();
        let (left, right) = whole.split_left_right_at_fraction(LIST_SHARE);
        let shown = self.shown(ctx).map(|job| job.id.clone());
        let mut list = ui.new_child(UiBuilder::new().max_rect(left).layout(Layout::top_down(Align::Min)));
        list.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .id_salt("transfers")
            .auto_shrink(false)
            .show_rows(&mut list, TRANSFER_ROW, jobs.len(), |ui, range| {
                for job in &jobs[range] {
                    let is_chosen = shown.as_deref() == Some(job.id.as_str());
                    if transfer_ui(ctx, ui, commands, job, is_chosen) {
                        self.chosen = Some(job.id.clone());
                        self.first = 0;
                    }
                }
            });
        ui.painter()
            .vline(right.left(), whole.y_range(), egui::Stroke::new(1.0, ctx.tokens.border));
        let inner = right.with_min_x(right.left() + size::GAP);
        let mut files = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)));
        if let Some(job) = shown.as_deref().and_then(|id| ctx.library.job(id)) {
            self.files_ui(ctx, &mut files, commands, job);
        }
        ui.advance_cursor_after_rect(whole);
    }

    fn files_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job) {
        if let Some(report) = self.files.report() {
            widget::problem_ui(ui, "Could not read the files", report, false, commands);
            return;
        }
        let Some(files) = self.files.value().filter(|files| files.job == job.id) else {
            widget::skeleton_rows_ui(ui, 3);
            return;
        };
        let labels = [
            (Show::All, "All"),
            (Show::Moving, "Moving"),
            (Show::Waiting, "Waiting"),
            (Show::Failed, "Failed"),
        ]
        .map(|(show, word)| (show, format!("{word} {}", format::count(show.count(&files.totals)))));
        let choices = labels.each_ref().map(|(show, words)| (*show, words.as_str()));
        if segmented_ui(ui, &mut self.show, &choices) {
            self.first = 0;
        }
        ui.add_space(4.0);
        let count = files.show.count(&files.totals);
        if count == 0 {
            let nothing = match files.show {
                Show::All => "No files yet.",
                Show::Moving => "Nothing moves now.",
                Show::Waiting => "Nothing waits.",
                Show::Failed => "Nothing failed.",
            };
            widget::secondary_ui(ui, nothing);
            return;
        }
        let mut first = self.first;
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .id_salt(("files", &files.job))
            .auto_shrink(false)
            .show_rows(ui, size::ROW_HEIGHT, count as usize, |ui, range| {
                first = range.start as u64;
                for at in range {
                    let row = (at as u64)
                        .checked_sub(files.offset)
                        .and_then(|at| files.rows.get(at as usize));
                    file_ui(ctx, ui, commands, job, row);
                }
            });
        self.first = first;
    }
}

/// The transfers, those that work first, both parts newest first.
fn transfers<'a>(ctx: &AppContext<'a>) -> impl Iterator<Item = &'a Job> {
    let jobs = || ctx.library.jobs().iter().filter(|job| job.kind == Kind::Transfer);
    let active = jobs().filter(|job| job.state.is_active());
    active.chain(jobs().filter(|job| !job.state.is_active()))
}

/// How many transfers work, for the status bar.
pub(super) fn active_count(ctx: &AppContext<'_>) -> usize {
    transfers(ctx).take_while(|job| job.state.is_active()).count()
}

/// One transfer; answers whether it was chosen.
fn transfer_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job, is_chosen: bool) -> bool {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), TRANSFER_ROW), Sense::click());
    let name = &job.subject;
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, true, is_chosen, format!("Transfer {name}")));
    if is_chosen {
        ui.painter().rect_filled(rect, 4, tokens.selected);
    } else if response.contains_pointer() {
        ui.painter().rect_filled(rect, 4, tokens.hover);
    }
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(vec2(6.0, 2.0)).with_max_x(rect.right() - 14.0))
            .layout(Layout::right_to_left(Align::Center)),
    );
    let ui = &mut row;
    ui.push_id(&job.id, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        if job.state.is_active() {
            command_icon_ui(ui, ctx, commands, TransferCommand::Stop(job.id.clone()));
        }
        if crate::command::transfer::can_resume(job) {
            command_icon_ui(ui, ctx, commands, TransferCommand::Resume(job.id.clone()));
        } else if job.state.is_active() {
            command_icon_ui(ui, ctx, commands, TransferCommand::Pause(job.id.clone()));
        }
        state_pill_ui(ui, job.state);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            widget::ellipsis_ui(ui, RichText::new(name), name);
            let words = detail(ctx, job);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = size::GAP;
                if job.state.is_active() {
                    let tone = if job.state == JobState::Paused {
                        Tone::Warning
                    } else {
                        Tone::Accent
                    };
                    let fraction = job.progress.as_ref().and_then(|progress| progress.fraction);
                    progress_bar_ui(ui, &format!("Progress of {name}"), fraction, tone, 96.0);
                }
                widget::ellipsis_ui(ui, RichText::new(&words).small().color(tokens.text_secondary), &words);
            });
        });
    });
    response.clicked()
}

/// What a transfer says of itself, in a line.
fn detail(ctx: &AppContext<'_>, job: &Job) -> String {
    if let Some(report) = &job.error {
        return report.to_string();
    }
    let progress = job.progress.as_ref();
    let mut parts: Vec<String> = progress.map(|progress| progress.what.clone()).into_iter().collect();
    if job.state.is_active() {
        let eta = progress.and_then(|progress| progress.eta_secs);
        parts.extend(eta.map(|secs| format!("{} left", format::duration(secs))));
    } else {
        parts.push(format::ago(ctx.now_ms, job.ended_ms.unwrap_or(job.created_ms)));
    }
    parts.join(" · ")
}

/// One file of a transfer; a row that is not read yet is left empty.
fn file_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job, file: Option<&File>) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_HEIGHT), Sense::hover());
    let Some(file) = file else { return };
    let mut row = ui.new_child(
        UiBuilder::new()
            // The scroll bar lies over the right edge.
            .max_rect(rect.with_max_x(rect.right() - 14.0))
            .layout(Layout::right_to_left(Align::Center)),
    );
    let ui = &mut row;
    ui.push_id(file.id, |ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        if file.state == FileState::Waiting && job.state.is_active() {
            let command = TransferCommand::First {
                job: job.id.clone(),
                file: file.id,
            };
            command_icon_ui(ui, ctx, commands, command);
        }
        let moved = match file.state {
            FileState::Moving => format!("{} of {}", format::bytes(file.moved), format::bytes(file.bytes)),
            _ => format::bytes(file.bytes),
        };
        ui.label(RichText::new(moved).color(ctx.tokens.text_secondary));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let (glyph, tone, word) = state_look(file.state);
            let (ink, _) = tone.colours(ctx.tokens);
            ui.label(theme::icon(glyph).color(ink)).on_hover_text(word);
            let name = name_of(file);
            let (text, whole) = match &file.error {
                Some(report) => (format!("{name} — {}", report.message), report.to_string()),
                None => (name.to_owned(), format!("{}\nto {}", file.source, file.target)),
            };
            widget::ellipsis_ui(ui, RichText::new(text), &whole);
        });
    });
}

/// The last part of a file's name; deleted objects have no target.
fn name_of(file: &File) -> &str {
    let whole = if file.target.is_empty() {
        &file.source
    } else {
        &file.target
    };
    let name = whole.trim_end_matches('/').rsplit('/').next().unwrap_or(whole);
    if name.is_empty() { whole } else { name }
}

fn state_look(state: FileState) -> (&'static str, Tone, &'static str) {
    match state {
        FileState::Waiting => (icons::CLOCK, Tone::Neutral, "Waits"),
        FileState::Moving => (icons::ARROWS_DOWN_UP, Tone::Accent, "On its way"),
        FileState::Done => (icons::CHECK, Tone::Good, "Done"),
        FileState::Skipped => (icons::SKIP_FORWARD, Tone::Neutral, "Skipped"),
        FileState::Failed => (icons::WARNING, Tone::Bad, "Failed"),
    }
}
