//! What stands above the grid: tabs of the open datasets, the size of the table, notes on the file.

use aloft_base::dataset::Dataset;
use aloft_base::job::{Job, State as JobState};
use egui::{Align, CornerRadius, Layout, RichText, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2};
use egui_phosphor::regular as icons;

use crate::command::{Command, CommandSender, DataCommand, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::library::dataset_name;
use crate::theme::{font, size};
use crate::widget::{self, Button, ButtonKind, Tone, command_button_ui, progress_bar_ui};

use super::State;
use super::side::Side;
use super::tab::Tab;
use super::table::Table;

const TAB_TEXT: f32 = 200.0;

/// The tabs, and the page's main action. Answers the tab that was closed.
pub(super) fn tabs_ui(
    state: &State,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
    front: &str,
) -> Option<String> {
    let mut closed = None;
    ui.horizontal(|ui| {
        ui.set_height(32.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (train, why) = train(state, front);
            let button = Button::primary("Train on this…")
                .glyph(icons::GRAPH)
                .disabled(why)
                .tooltip("Choose a target and train a model on this table, with its steps  (Ctrl+Enter)");
            if ui.add(button).clicked() {
                commands.send(train.clone());
            }
            if why.is_none() {
                commands.offer_primary(train);
            }
            if ui.add(Button::icon(icons::PLUS, "Open file…")).clicked() {
                commands.send(DataCommand::OpenFiles);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ScrollArea::horizontal().id_salt("open datasets").show(ui, |ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    for tab in &state.tabs {
                        let Some(row) = ctx.library.dataset(&tab.id) else {
                            continue;
                        };
                        let (open, close) = tab_ui(ctx, ui, row, tab.id == front);
                        if open {
                            commands.send(Navigate::dataset(&tab.id));
                        }
                        if close {
                            closed = Some(tab.id.clone());
                        }
                    }
                });
            });
        });
    });
    closed
}

/// How to train on what is shown, and why that cannot be done now, if so. The steps go with
/// it, as part of the recipe.
fn train(state: &State, front: &str) -> (Command, Option<&'static str>) {
    let tab = state.tabs.iter().find(|tab| tab.id == front);
    let fails = tab.is_some_and(|tab| tab.view.report().is_some());
    (
        Navigate::train(front).into(),
        fails.then_some("A step cannot be done; switch it off or change it"),
    )
}

fn tab_ui(ctx: &AppContext<'_>, ui: &mut Ui, row: &Dataset, front: bool) -> (bool, bool) {
    let tokens = ctx.tokens;
    let name = dataset_name(row);
    let ink = if front { tokens.text } else { tokens.text_secondary };
    let mut job = egui::text::LayoutJob::simple_singleline(name.clone(), font::medium(), ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(TAB_TEXT);
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 56.0, 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, front, &name));
    let fill = if front {
        tokens.raised
    } else if response.hovered() {
        tokens.hover
    } else {
        egui::Color32::TRANSPARENT
    };
    let border = if front {
        tokens.border
    } else {
        egui::Color32::TRANSPARENT
    };
    ui.painter().rect(
        rect,
        CornerRadius::same(size::RADIUS),
        fill,
        Stroke::new(1.0, border),
        egui::StrokeKind::Inside,
    );
    let middle = rect.center().y;
    ui.painter().text(
        egui::pos2(rect.left() + 16.0, middle),
        egui::Align2::CENTER_CENTER,
        icons::TABLE,
        font::icon(14.0),
        ink,
    );
    ui.painter().galley(
        egui::pos2(rect.left() + 28.0, middle - galley.size().y / 2.0),
        galley,
        ink,
    );
    let cross = egui::Rect::from_center_size(egui::pos2(rect.right() - 15.0, middle), vec2(18.0, 18.0));
    let close = ui.interact(cross, response.id.with("close"), Sense::click());
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {name}")));
    if close.hovered() {
        ui.painter().rect_filled(cross, CornerRadius::same(4), tokens.pressed);
    }
    ui.painter().text(
        cross.center(),
        egui::Align2::CENTER_CENTER,
        icons::X,
        font::icon(12.0),
        tokens.text_secondary,
    );
    let closed = close.clicked() || response.middle_clicked();
    let opened = response.clicked();
    response.on_hover_text(row.path.display().to_string());
    (opened, closed)
}

/// Opens what the dataset was before.
fn history_ui(tab: &mut Tab, ui: &mut Ui) {
    let is_open = tab.side == Some(Side::History);
    let button = Button::icon(icons::CLOCK_COUNTER_CLOCKWISE, "History").selected(is_open);
    if ui.add(button).clicked() {
        tab.side = (!is_open).then_some(Side::History);
    }
}

/// Rows × columns, how far the profile is, and the field that goes somewhere.
pub(super) fn summary_ui(
    tab: &mut Tab,
    go: &mut String,
    row: &Dataset,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let job = ctx.library.job_of(&row.id);
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_HEIGHT);
        match tab.table() {
            Some(table) => {
                let text = size_text(table);
                ui.label(RichText::new(text).font(font::medium()).color(ctx.tokens.text));
                let format = row
                    .source
                    .get("format")
                    .and_then(serde_json::Value::as_str)
                    .unwrap_or_default();
                if !format.is_empty() {
                    widget::label_ui(ui, &format.replace('_', " "));
                }
                profile_ui(table, row, job, ctx, ui, commands);
                history_ui(tab, ui);
            }
            None => widget::skeleton_ui(ui, 160.0, 14.0),
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let field = widget::search_ui(ui, "Go to row or column", go, "Go to row or column", 190.0);
            if ctx.find_requested {
                field.request_focus();
            }
            if field.changed() {
                tab.nowhere = None;
            }
            if field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                tab.go(go);
                if tab.nowhere.is_some() {
                    field.request_focus();
                } else {
                    go.clear();
                }
            }
            if let Some(text) = &tab.nowhere {
                ui.label(RichText::new(text).font(font::label()).color(ctx.tokens.warning));
            }
        });
    });
}

/// `344 rows × 8 columns`; while rows are still counted it says so.
fn size_text(table: &Table) -> String {
    let columns = format::plural(table.heads.len() as u64, "column", "columns");
    let rows = format::plural(table.rows, "row", "rows");
    if table.complete {
        format!("{rows} × {columns}")
    } else {
        format!("{rows} so far × {columns}")
    }
}

/// How far the profile is, and what can be done when it is not made.
fn profile_ui(
    table: &Table,
    row: &Dataset,
    job: Option<&Job>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let total = table.heads.len();
    if table.profiled == total && row.columns.is_some() {
        return;
    }
    let partial = format!(
        "Profiled {} of {}",
        format::count(table.profiled as u64),
        format::plural(total as u64, "column", "columns")
    );
    match job {
        Some(job) if job.state.is_active() => {
            let fraction = job.progress.as_ref().and_then(|progress| progress.fraction);
            progress_bar_ui(ui, "Profiling", fraction, Tone::Accent, 96.0);
            widget::label_ui(ui, &partial);
        }
        Some(job) if matches!(job.state, JobState::Failed) => {
            let why = job.error.as_ref().map_or_else(String::new, ToString::to_string);
            widget::pill_ui(ui, Tone::Bad, icons::X_CIRCLE, "Profiling failed").on_hover_text(why);
            command_button_ui(
                ui,
                ctx,
                commands,
                DataCommand::Profile(row.id.clone()),
                ButtonKind::Quiet,
            );
        }
        _ => {
            widget::label_ui(ui, &partial);
            command_button_ui(
                ui,
                ctx,
                commands,
                DataCommand::Profile(row.id.clone()),
                ButtonKind::Quiet,
            );
        }
    }
}

/// How the file is read and what is odd about it: one line that opens.
pub(super) fn notes_ui(tab: &mut Tab, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui) {
    const SHOWN: usize = 8;
    let tokens = ctx.tokens;
    let notes = tab.opened.value().map_or(&[][..], |opened| &opened.notes);
    // The profile repeats what was detected; how a file is read is news, but no bad news.
    let warnings = row
        .warnings
        .iter()
        .filter(|text| !notes.contains(text))
        .map(|text| (true, text.as_str()));
    let all: Vec<(bool, &str)> = warnings
        .chain(notes.iter().map(|text| (false, text.as_str())))
        .collect();
    let count = all.len();
    if count == 0 || tab.notes_dismissed {
        return;
    }
    let (mut open, mut dismissed) = (tab.notes_open, false);
    let ground = if all[0].0 { tokens.warning_soft } else { tokens.panel };
    let shown = if open { count.min(SHOWN) } else { 1 };
    let more = usize::from(open && count > SHOWN);
    let height = 26.0 * (shown + more) as f32 + 6.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(size::RADIUS), ground);
    let inner = egui::Rect::from_min_max(rect.min + vec2(12.0, 3.0), rect.max - vec2(4.0, 3.0));
    let line = |nth: usize, right: f32| {
        let top = inner.top() + 26.0 * nth as f32;
        egui::Rect::from_min_max(egui::pos2(inner.left(), top), egui::pos2(right, top + 26.0))
    };
    let mut buttons = ui.new_child(
        UiBuilder::new()
            .max_rect(line(0, inner.right()))
            .layout(Layout::right_to_left(Align::Center)),
    );
    buttons.spacing_mut().item_spacing.x = 2.0;
    dismissed |= buttons.add(Button::icon(icons::X, "Dismiss notes")).clicked();
    if count > 1 {
        let text = if open {
            "Show less".to_owned()
        } else {
            format!("{} more", count - 1)
        };
        let caret = if open { icons::CARET_UP } else { icons::CARET_DOWN };
        if buttons.add(Button::quiet(&text).trailing(caret)).clicked() {
            open = !open;
        }
    }
    let right = buttons.min_rect().left() - 8.0;
    for (nth, (is_warning, text)) in all.iter().take(shown).enumerate() {
        let mut row = ui.new_child(
            UiBuilder::new()
                .max_rect(line(nth, right))
                .layout(Layout::left_to_right(Align::Center)),
        );
        let (glyph, ink) = if *is_warning {
            (icons::WARNING, tokens.warning)
        } else {
            (icons::INFO, tokens.text_secondary)
        };
        row.label(RichText::new(glyph).font(font::icon(14.0)).color(ink));
        widget::ellipsis_ui(&mut row, RichText::new(*text).color(tokens.text), text);
    }
    if more > 0 {
        let mut row = ui.new_child(
            UiBuilder::new()
                .max_rect(line(shown, right))
                .layout(Layout::left_to_right(Align::Center)),
        );
        widget::label_ui(
            &mut row,
            &format!("and {} more in the inspector (Ctrl+I)", count - SHOWN),
        );
    }
    tab.notes_open = open;
    tab.notes_dismissed = dismissed;
    ui.add_space(size::GAP);
}
