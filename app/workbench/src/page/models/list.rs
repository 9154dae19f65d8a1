//! All models as a table, only the rows in view.

use egui::{Align, Align2, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::{Ask, CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::library::ModelRow;
use crate::route::Route;
use crate::theme::{font, size};
use crate::widget::{self, Button, ButtonKind, Tone, command_button_ui, one_line, pill_ui};

/// Columns with their titles and the share of the width they get; numbers are aligned right.
const COLUMNS: [(&str, f32, bool); 6] = [
    ("Name", 0.22, false),
    ("Aliases", 0.28, false),
    ("Description", 0.22, false),
    ("Versions", 0.08, true),
    ("Newest", 0.08, true),
    ("Last change", 0.12, true),
];
const ROW: f32 = 32.0;
const PAD: f32 = 8.0;

/// Draws the list, or what the page is for.
pub(super) fn list_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let models = ctx.library.models();
    if models.is_empty() {
        empty_ui(ui, commands);
        return;
    }
    ui.horizontal(|ui| {
        widget::secondary_ui(ui, &format::plural(models.len() as u64, "model", "models"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            command_button_ui(ui, ctx, commands, Ask::Import, ButtonKind::Secondary);
        });
    });
    ui.add_space(size::GAP);
    ui.spacing_mut().item_spacing.y = 0.0;
    let width = ui.available_width();
    head_ui(ctx, ui, width);
    ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("models")
        .show_rows(ui, ROW, models.len(), |ui, range| {
            for row in &models[range] {
                ui.push_id(&row.model.name, |ui| row_ui(row, width, ctx, ui, commands));
            }
        });
}

fn empty_ui(ui: &mut Ui, commands: &mut CommandSender) {
    let text = "A registered model has a name, versions that never change, and aliases such as champion that say \
                which one is live. Open a finished run and press Register model…";
    let button = Some((icons::CHART_LINE_UP, "Go to Runs"));
    let pressed = widget::empty_ui(ui, icons::CUBE, "No models yet", text, button);
    if pressed.is_some_and(|response| response.clicked()) {
        commands.send(Navigate::To(Route::Runs));
    }
    ui.vertical_centered(|ui| {
        let import = Button::quiet("Import…").glyph(icons::DOWNLOAD_SIMPLE);
        if ui
            .add(import.tooltip("Register a version from a file that was exported"))
            .clicked()
        {
            commands.send(Ask::Import);
        }
    });
}

fn part(row: Rect, width: f32, nth: usize) -> Rect {
    let before: f32 = COLUMNS[..nth].iter().map(|(_, share, _)| share).sum();
    let (left, right) = (before * width, (before + COLUMNS[nth].1) * width);
    Rect::from_min_max(
        pos2(row.left() + left.floor() + PAD, row.top()),
        pos2(row.left() + right.floor() - PAD, row.bottom()),
    )
}

fn head_ui(ctx: &AppContext<'_>, ui: &mut Ui, width: f32) {
    let tokens = ctx.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::ROW_HEIGHT), Sense::hover());
    let painter = ui.painter();
    painter.hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        Stroke::new(1.0, tokens.border_strong),
    );
    for (nth, (title, _, right)) in COLUMNS.iter().enumerate() {
        let cell = part(rect, width, nth);
        let (at, align) = if *right {
            (cell.right_center(), Align2::RIGHT_CENTER)
        } else {
            (cell.left_center(), Align2::LEFT_CENTER)
        };
        painter.text(at, align, *title, font::label(), tokens.text_secondary);
    }
}

/// One model. A click opens it.
fn row_ui(row: &ModelRow, width: f32, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let (tokens, model) = (ctx.tokens, &row.model);
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open model {}", model.name)));
    if response.contains_pointer() {
        ui.painter().rect_filled(rect, size::RADIUS - 2, tokens.hover);
    } else {
        let border = Stroke::new(1.0, tokens.border);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, border);
    }
    if response.has_focus() {
        let ring = Stroke::new(1.5, tokens.accent);
        ui.painter()
            .rect_stroke(rect, size::RADIUS, ring, egui::StrokeKind::Inside);
    }
    let cell = |nth| part(rect, width, nth);
    let text = |nth: usize, words: &str, font: egui::FontId, ink: egui::Color32| {
        let place = cell(nth);
        let galley = one_line(ui, words, font, ink, place.width());
        let x = if COLUMNS[nth].2 {
            place.right() - galley.size().x
        } else {
            place.left()
        };
        ui.painter()
            .galley(pos2(x, place.center().y - galley.size().y / 2.0), galley, ink);
    };
    text(0, &model.name, font::medium(), tokens.text);
    text(2, &model.description, font::body(), tokens.text_secondary);
    text(3, &format::count(model.versions.into()), font::mono(), tokens.text);
    let newest = if model.newest == 0 {
        "–".to_owned()
    } else {
        model.newest.to_string()
    };
    text(4, &newest, font::mono(), tokens.text);
    text(
        5,
        &format::ago(ctx.now_ms, row.changed_ms),
        font::mono_label(),
        tokens.text_secondary,
    );
    let place = cell(1);
    let mut chips = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .layout(Layout::left_to_right(Align::Center)),
    );
    chips.set_clip_rect(place.intersect(ui.clip_rect()));
    chips.spacing_mut().item_spacing.x = 4.0;
    for (alias, number) in &model.aliases {
        pill_ui(&mut chips, Tone::Accent, "", &format!("{alias} → {number}"));
    }
    if response.clicked() {
        commands.send(Navigate::model(&model.name));
    }
    let aliases: Vec<String> = model
        .aliases
        .iter()
        .map(|(alias, number)| format!("{alias} → {number}"))
        .collect();
    response.on_hover_text(format!(
        "{}\n{}\n{}\nChanged {}",
        model.name,
        model.description,
        aliases.join(", "),
        format::absolute(row.changed_ms)
    ));
}
