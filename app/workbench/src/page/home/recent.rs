//! What was opened and trained last.

use std::path::Path;

use aloft_base::dataset::Dataset;
use aloft_base::run::Run;
use egui::{Align, Align2, Color32, Layout, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::library::dataset_name;
use crate::theme::{font, size};
use crate::widget::{self, command_icon_ui, one_line, section_ui};

/// How many datasets are listed.
const RECENT: usize = 50;
/// How many runs are listed; their page shows all.
const RUNS: usize = 8;
/// The height of a row.
const ROW: f32 = 44.0;

/// The datasets opened last.
pub(super) fn datasets_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
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
    let name = dataset_name(dataset);
    let folder = dataset
        .path
        .parent()
        .map(|folder| folder.display().to_string())
        .unwrap_or_default();
    let path = dataset.path.display();
    let entry = Entry {
        says: &format!("Open {name}"),
        glyph: icons::TABLE,
        ink: ctx.tokens.text_secondary,
        title: &name,
        below: &folder,
        right: &size_text(dataset),
        right_below: &format::ago(ctx.now_ms, dataset.opened_ms),
        tooltip: format!("{path}\nOpened {}", format::absolute(dataset.opened_ms)),
    };
    let pressed = entry.show(ctx, ui, |ui| {
        command_icon_ui(ui, ctx, commands, DataCommand::Forget(dataset.id.clone()));
        command_icon_ui(ui, ctx, commands, Navigate::train(&dataset.id));
    });
    if pressed {
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

/// The runs made last, for a window in which nothing runs.
pub(super) fn runs_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Latest runs");
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    for run in ctx.library.runs().iter().take(RUNS) {
        ui.push_id(&run.id, |ui| run_ui(ctx, ui, commands, run));
    }
}

/// One run: name, what it learned from, its test metric, when.
fn run_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, run: &Run) {
    let data = Path::new(&run.dataset)
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (ink, _) = widget::job_tone(run.state).colours(ctx.tokens);
    let entry = Entry {
        says: &format!("Open run {}", run.name),
        glyph: widget::state_icon(run.state),
        ink,
        title: &run.name,
        below: &format!("{} · {data}", widget::state_word(run.state)),
        right: &metric_text(run),
        right_below: &format::ago(ctx.now_ms, run.created_ms),
        tooltip: format!("{}\nMade {}", run.dataset, format::absolute(run.created_ms)),
    };
    if entry.show(ctx, ui, |_| {}) {
        commands.send(Navigate::run(&run.id));
    }
}

/// The first metric on the test part, if the run has a result.
fn metric_text(run: &Run) -> String {
    let test = run
        .result
        .as_ref()
        .and_then(|result| result.get("metrics")?.get("test")?.as_object());
    let first = test.and_then(|test| test.iter().find_map(|(name, value)| Some((name, value.as_f64()?))));
    first.map_or_else(String::new, |(name, value)| {
        format!("{} {}", name.replace('_', " "), format::value(value))
    })
}

/// A row that is pressed as a whole: icon, two lines at the left, two at the right.
struct Entry<'a> {
    /// What a screen reader says.
    says: &'a str,
    glyph: &'a str,
    ink: Color32,
    title: &'a str,
    below: &'a str,
    right: &'a str,
    right_below: &'a str,
    tooltip: String,
}

impl Entry<'_> {
    /// Draws it; answers whether it was pressed. Under the pointer its actions take the place of what is at the right.
    fn show(self, ctx: &AppContext<'_>, ui: &mut Ui, actions: impl FnOnce(&mut Ui)) -> bool {
        let tokens = ctx.tokens;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, self.says));
        let over = response.contains_pointer();
        let painter = ui.painter().clone();
        if over {
            painter.rect_filled(rect, size::RADIUS, tokens.hover);
        } else {
            painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.border));
        }
        if response.has_focus() {
            painter.rect_stroke(rect, size::RADIUS, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
        }
        let middle = pos2(rect.left() + 18.0, rect.center().y);
        painter.text(middle, Align2::CENTER_CENTER, self.glyph, font::icon(18.0), self.ink);
        let (left, right) = (rect.left() + 40.0, rect.right() - 10.0);
        let (upper, lower) = (rect.top() + 6.0, rect.top() + 24.0);
        let room = rect.width() - 190.0;
        let title = one_line(ui, self.title, font::medium(), tokens.text, room);
        painter.galley(pos2(left, upper), title, tokens.text);
        let below = one_line(ui, self.below, font::label(), tokens.text_secondary, room);
        painter.galley(pos2(left, lower), below, tokens.text_secondary);
        let pressed = response.clicked();
        response.on_hover_text(self.tooltip);
        let actions_shown = over && {
            let place = rect.shrink2(vec2(6.0, 0.0));
            let mut row = ui.new_child(
                UiBuilder::new()
                    .max_rect(place)
                    .layout(Layout::right_to_left(Align::Center)),
            );
            row.spacing_mut().item_spacing.x = 2.0;
            actions(&mut row);
            row.min_rect().width() > 1.0
        };
        if !actions_shown {
            let ink = tokens.text_secondary;
            painter.text(
                pos2(right, upper),
                Align2::RIGHT_TOP,
                self.right,
                font::mono_label(),
                ink,
            );
            painter.text(
                pos2(right, lower),
                Align2::RIGHT_TOP,
                self.right_below,
                font::label(),
                ink,
            );
        }
        pressed
    }
}
