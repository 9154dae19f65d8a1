//! Home: open data, see what is running, what was opened, what needs a look.

use std::collections::BTreeMap;

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::dataset::Dataset;
use aloft_base::metrics::{Reader, Summary};
use aloft_base::job::{Job, Kind, State as JobState};
use aloft_base::run::Run;
use egui::{Align, Align2, Layout, Popup, PopupCloseBehavior, RichText, Sense, Ui, UiBuilder, WidgetInfo, Role, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, Describe, Navigate, RunRef, TrainCommand};
use crate::context::AppContext;
use crate::format;
use crate::library::dataset_name;
use crate::samples::Sample;
use crate::theme::{font, size};
use crate::widget::{self, one_line, page_scroll_ui, Button, ButtonKind, Card, Tone, card_ui, command_icon_ui, progress_bar_ui, section_ui, sparkline_ui, state_pill_ui};
use crate::work::{Answer, Fetch, Lane};

/// How many points a sparkline shows.
const SPARK_POINTS: usize = 120;
/// How many running jobs are drawn; the drawer shows all.
const RUNNING: usize = 4;
/// How many failed or interrupted runs are drawn; the page of runs shows all.
const ATTENTION: usize = 4;
/// How many datasets are listed.
const RECENT: usize = 50;
/// The height of the cards at the top.
const CARD: f32 = 132.0;

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    path: String,
    curves: BTreeMap<String, Curve>,
}

/// The loss of a running training, as far as it was read.
#[derive(Default)]
struct Curve {
    points: Fetch<Vec<f64>>,
    asked: Option<u64>,
}

/// Keeps the sparklines of running trainings up to date.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    let running: Vec<&Job> = running(ctx).filter(|job| job.kind == Kind::Train).collect();
    state.curves.retain(|run, _| running.iter().any(|job| job.subject == *run));
    for job in running {
        let curve = state.curves.entry(job.subject.clone()).or_default();
        curve.points.poll();
        let revision = ctx.library.revision(Topic::Metrics, &job.subject);
        if curve.asked == Some(revision) || curve.points.is_pending() {
            continue;
        }
        let run = job.subject.clone();
        ctx.work.fetch_with(Lane::Metrics, &mut curve.points, move |session| loss(session.metrics()?, &run));
        if curve.points.is_pending() {
            curve.asked = Some(revision);
        }
    }
}

/// The training loss of a run, thinned to a sparkline.
fn loss(metrics: &Reader, run: &str) -> Answer<Vec<f64>> {
    let curve = metrics.curve(run, "train/loss", None, 4 * SPARK_POINTS).map_err(|error| Report::of(&error))?;
    let stride = curve.parts.len().div_ceil(SPARK_POINTS).max(1);
    let mean = |parts: &[Summary]| parts.iter().map(Summary::mean).sum::<f64>() / parts.len() as f64;
    Ok(curve.parts.chunks(stride).map(mean).collect())
}

fn running<'a>(ctx: &AppContext<'a>) -> impl Iterator<Item = &'a Job> + use<'a> {
    ctx.library.active_jobs().take(RUNNING)
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    commands.offer_primary(DataCommand::OpenFiles);
    page_scroll_ui(ui, |ui| {
        cards_ui(ctx, ui, commands);
        ui.add_space(size::GAP);
        path_ui(state, ctx, ui, commands);
        ui.add_space(size::GAP_SECTION);
        if !ctx.library.is_loaded() {
            section_ui(ui, "Recent datasets");
            widget::skeleton_rows_ui(ui, 4);
            return;
        }
        let empty = ctx.library.datasets().is_empty() && ctx.library.runs().is_empty();
        if empty {
            welcome_ui(ctx, ui);
            return;
        }
        let attention: Vec<&Run> = ctx.library.needs_attention().take(ATTENTION).collect();
        let any_running = running(ctx).next().is_some();
        if !any_running && attention.is_empty() {
            recent_ui(ctx, ui, commands);
            return;
        }
        let gap = size::GAP_SECTION;
        let right = (ui.available_width() * 0.42).clamp(360.0, 520.0);
        let left = ui.available_width() - right - gap;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            column_ui(ui, left, |ui| recent_ui(ctx, ui, commands));
            column_ui(ui, right, |ui| {
                if any_running {
                    running_ui(state, ctx, ui, commands);
                    ui.add_space(gap);
                }
                if !attention.is_empty() {
                    attention_ui(ctx, ui, commands, &attention);
                }
            });
        });
    });
}

fn column_ui(ui: &mut Ui, width: f32, add_contents: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(width);
        add_contents(ui);
    });
}

/// The three large cards.
fn cards_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let width = ((ui.available_width() - 2.0 * size::GAP_WIDE) / 3.0).floor();
    let availability = DataCommand::OpenFiles.availability(ctx);
    let why_not = availability.why_not();
    let held = ui.input(|input| !input.raw.hovered_files.is_empty());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP_WIDE;
        let sample = Card {
            glyph: icons::FLASK,
            title: "Open sample",
            text: "Penguins, wine or digits: small, real, offline",
            trailing: "",
            tooltip: "Three datasets that come with Aloft",
            highlighted: false,
            why_not,
        }
        .show(ui, width, CARD);
        samples_ui(ctx, commands, &sample);
        let keys = DataCommand::OpenFiles.shortcut().map(|keys| widget::keys_text(ui.ctx(), &keys)).unwrap_or_default();
        let open = Card {
            glyph: icons::FOLDER_OPEN,
            title: "Open file…",
            text: "CSV, TSV, Parquet, JSON Lines, Arrow IPC",
            trailing: &keys,
            tooltip: "Choose files in a dialog",
            highlighted: false,
            why_not,
        }
        .show(ui, width, CARD);
        if open.clicked() {
            commands.send(DataCommand::OpenFiles);
        }
        let drop = Card {
            glyph: icons::DOWNLOAD_SIMPLE,
            title: "Drop files here",
            text: "Anywhere in the window works; the files stay where they are",
            trailing: "",
            tooltip: "Drag files from your file manager. Pressing opens a dialog instead",
            highlighted: held,
            why_not,
        }
        .show(ui, width, CARD);
        if drop.clicked() {
            commands.send(DataCommand::OpenFiles);
        }
    });
}

/// The menu of the samples, under their card.
fn samples_ui(ctx: &AppContext<'_>, commands: &mut CommandSender, card: &egui::Response) {
    Popup::menu(card).close_behavior(PopupCloseBehavior::CloseOnClick).width(card.rect.width().min(340.0)).gap(4.0).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for sample in Sample::ALL {
            let tokens = ctx.tokens;
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().max(280.0), 44.0), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, sample.title()));
            if response.hovered() || response.has_focus() {
                ui.painter().rect_filled(rect, size::RADIUS - 2, tokens.hover);
            }
            let left = rect.left() + 10.0;
            ui.painter().text(pos2(left, rect.top() + 6.0), Align2::LEFT_TOP, sample.title(), font::medium(), tokens.text);
            let below = pos2(left, rect.top() + 23.0);
            ui.painter().text(below, Align2::LEFT_TOP, sample.description(), font::label(), tokens.text_secondary);
            if response.clicked() {
                commands.send(DataCommand::OpenSample(sample));
            }
        }
    });
}

/// A field for a path, for desktops without a dialog and for people with a terminal.
fn path_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal(|ui| {
        let button = 72.0;
        let width = ui.available_width() - button - size::GAP;
        let field = widget::text_field_ui(ui, "Path of a file", &mut state.path, "Or paste the path of a file: /data/sales.csv", width);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let path = state.path.trim().to_owned();
        let why_not = if path.is_empty() {
            Some("Paste or type a path first")
        } else if ctx.environment.is_open() {
            None
        } else {
            Some("The workspace is not open")
        };
        let pressed = ui.add(Button::new("Open").min_width(button).disabled(why_not)).clicked();
        if (pressed || entered) && why_not.is_none() {
            let paths = crate::paths::paths_in(&path);
            commands.send(DataCommand::OpenPaths(if paths.is_empty() { vec![path.into()] } else { paths }));
            state.path.clear();
        }
    });
}

/// What an empty workspace is and what comes next.
fn welcome_ui(ctx: &AppContext<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    section_ui(ui, "This workspace is empty");
    ui.add_space(4.0);
    widget::paragraph_ui(
        ui,
        "Open a table above and Aloft shows its rows at once and profiles every column. \
         Then choose a target, train, and watch the curve. Nothing leaves this machine.",
    );
    ui.add_space(size::GAP_WIDE);
    let steps = [
        (icons::TABLE, "Open", "Rows, types, gaps and histograms of any table, however long"),
        (icons::GRAPH, "Train", "A linear model or a network, with sensible defaults and the reasons for them"),
        (icons::CHART_LINE_UP, "Watch", "Loss and metrics live; pause, stop and resume. Closing the window stops nothing"),
    ];
    let width = ((ui.available_width() - 2.0 * size::GAP_WIDE) / 3.0).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP_WIDE;
        for (nth, (glyph, title, text)) in steps.into_iter().enumerate() {
            let (rect, response) = ui.allocate_exact_size(vec2(width, 64.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{title}: {text}")));
            let painter = ui.painter();
            painter.text(rect.left_top() + vec2(10.0, 10.0), Align2::CENTER_CENTER, glyph, font::icon(18.0), tokens.text_secondary);
            let head = format!("{}. {title}", nth + 1);
            painter.text(rect.left_top() + vec2(28.0, 2.0), Align2::LEFT_TOP, head, font::medium(), tokens.text);
            let galley = painter.layout(text.to_owned(), font::body(), tokens.text_secondary, width - 32.0);
            painter.galley(rect.left_top() + vec2(28.0, 22.0), galley, tokens.text_secondary);
        }
    });
}

/// The datasets opened last.
fn recent_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Recent datasets");
    ui.add_space(4.0);
    if ctx.library.datasets().is_empty() {
        widget::secondary_ui(ui, "None yet. Open a file or a sample above.");
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    for dataset in ctx.library.datasets().iter().take(RECENT) {
        ui.push_id(&dataset.id, |ui| dataset_ui(ctx, ui, commands, dataset));
    }
}

/// One dataset: name, folder, size, when; opened by a press, trained on or removed by its buttons.
fn dataset_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, dataset: &Dataset) {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    let name = dataset_name(dataset);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open {name}")));
    let over = response.contains_pointer();
    if over {
        ui.painter().rect_filled(rect, size::RADIUS, tokens.hover);
    } else {
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, tokens.border));
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, size::RADIUS, egui::Stroke::new(1.5, tokens.accent), egui::StrokeKind::Inside);
    }
    ui.painter().text(pos2(rect.left() + 18.0, rect.center().y), Align2::CENTER_CENTER, icons::TABLE, font::icon(18.0), tokens.text_secondary);
    let room = rect.width() - 190.0;
    let title = one_line(ui, &name, font::medium(), tokens.text, room);
    ui.painter().galley(pos2(rect.left() + 40.0, rect.top() + 6.0), title, tokens.text);
    let folder = dataset.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let folder = one_line(ui, &folder, font::label(), tokens.text_secondary, room);
    ui.painter().galley(pos2(rect.left() + 40.0, rect.top() + 24.0), folder, tokens.text_secondary);
    let opened = response.clicked();
    response.on_hover_text(format!("{}\nOpened {}", dataset.path.display(), format::absolute(dataset.opened_ms)));
    if over {
        let mut row = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))).layout(Layout::right_to_left(Align::Center)));
        row.spacing_mut().item_spacing.x = 2.0;
        command_icon_ui(&mut row, ctx, commands, DataCommand::Forget(dataset.id.clone()));
        command_icon_ui(&mut row, ctx, commands, Navigate::train(&dataset.id));
    } else {
        let right = rect.right() - 10.0;
        let text = size_text(dataset);
        ui.painter().text(pos2(right, rect.top() + 6.0), Align2::RIGHT_TOP, text, font::mono_label(), tokens.text_secondary);
        let ago = format::ago(ctx.now_ms, dataset.opened_ms);
        ui.painter().text(pos2(right, rect.top() + 24.0), Align2::RIGHT_TOP, ago, font::label(), tokens.text_secondary);
    }
    if opened {
        commands.send(Navigate::dataset(&dataset.id));
    }
}

fn size_text(dataset: &Dataset) -> String {
    match (dataset.rows, dataset.columns) {
        (Some(rows), Some(columns)) => format!("{} × {}", format::count(rows), format::count(columns)),
        (Some(rows), None) => format::plural(rows, "row", "rows"),
        _ => "not counted yet".to_owned(),
    }
}

/// What is running now.
fn running_ui(state: &State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Running now");
    ui.add_space(4.0);
    for job in running(ctx) {
        ui.push_id(&job.id, |ui| card_ui(ui, |ui| job_ui(state, ctx, ui, commands, job)));
        ui.add_space(size::GAP);
    }
}

fn job_ui(state: &State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, job: &Job) {
    let tokens = ctx.tokens;
    let name = ctx.library.subject_name(job);
    let width = ui.available_width();
    ui.horizontal(|ui| {
        let go = match job.kind {
            Kind::Profile => Navigate::dataset(&job.subject),
            Kind::Train => Navigate::run(&job.subject),
        };
        let verb = if job.kind == Kind::Profile { "Profile" } else { "Train" };
        let glyph = if job.kind == Kind::Profile { icons::CHART_BAR } else { icons::GRAPH };
        let room = ui.available_width() - 164.0;
        let words = Button::quiet(&name).flush().glyph(glyph).max_width(room).tooltip(format!("{verb}: {name}"));
        if ui.add(words).clicked() {
            commands.send(go);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            command_icon_ui(ui, ctx, commands, crate::command::train::stop_command(job));
            if job.kind == Kind::Train {
                let reference = RunRef::Id(job.subject.clone());
                let command =
                    if job.state == JobState::Paused { TrainCommand::Resume(reference) } else { TrainCommand::Pause(reference) };
                command_icon_ui(ui, ctx, commands, command);
            }
            state_pill_ui(ui, job.state);
        });
    });
    if let Some(curve) = state.curves.get(&job.subject) {
        let points = curve.points.value().map_or(&[][..], Vec::as_slice);
        sparkline_ui(ui, "Training loss", points, tokens.series_of(&job.subject), width, 48.0);
    }
    let progress = job.progress.as_ref();
    let tone = if job.state == JobState::Paused { Tone::Warning } else { Tone::Accent };
    progress_bar_ui(ui, &format!("Progress of {name}"), progress.and_then(|progress| progress.fraction), tone, width);
    let what = progress.map(|progress| progress.what.clone()).filter(|what| !what.is_empty());
    let left = what.unwrap_or_else(|| "Starting".to_owned());
    let eta = progress.and_then(|progress| progress.eta_secs).map(|secs| format!("{} left", format::duration(secs)));
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        widget::label_ui(ui, &left);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| widget::label_ui(ui, &eta.unwrap_or_default()));
    });
}

/// Runs that failed or were interrupted.
fn attention_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, runs: &[&Run]) {
    section_ui(ui, "Needs attention");
    ui.add_space(4.0);
    for run in runs {
        ui.push_id(&run.id, |ui| {
            card_ui(ui, |ui| {
                ui.horizontal(|ui| {
                    state_pill_ui(ui, run.state);
                    let room = ui.available_width() - 110.0;
                    if ui.add(Button::quiet(&run.name).flush().max_width(room).tooltip("Open the run")).clicked() {
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
