//! The table itself: drawn row by row, only those in view.

use egui::{Align, Event, Key, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::command::{CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{ColumnHeading, Tone, one_line, progress_bar_ui, state_pill_ui};

use super::list::{Column, List, Row};

/// Columns with their titles and the share of the width they get; numbers are aligned right.
const COLUMNS: [(Column, &str, f32, bool); 7] = [
    (Column::Name, "Name", 0.26, false),
    (Column::State, "State", 0.12, false),
    (Column::Dataset, "Dataset", 0.19, false),
    (Column::Model, "Model", 0.09, false),
    (Column::Metric, "Test metric", 0.13, true),
    (Column::Started, "Started", 0.11, true),
    (Column::Duration, "Duration", 0.10, true),
];
const PAD: f32 = 8.0;

pub(super) fn table_ui(
    list: &mut List,
    selected: &mut Option<String>,
    scrolled: &mut f32,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let lefts = lefts(ui.available_width());
    if let Some(column) = head_ui(list, ctx, ui, &lefts) {
        list.sort_by(column);
    }
    let moved = keyboard(list.rows(), selected, ui, commands);
    let mut area = ScrollArea::vertical().auto_shrink(false).id_salt("runs");
    if let Some(nth) = moved {
        // Keeps the row the keyboard is on in view, without jumping while it is.
        let (top, height) = (nth as f32 * size::ROW_HEIGHT, ui.available_height());
        let offset = *scrolled;
        if top < offset {
            area = area.vertical_scroll_offset(top);
        } else if top + size::ROW_HEIGHT > offset + height {
            area = area.vertical_scroll_offset(top + size::ROW_HEIGHT - height);
        }
    }
    let shown = area.show_rows(ui, size::ROW_HEIGHT, list.rows().len(), |ui, range| {
        for row in &list.rows()[range] {
            ui.push_id(&row.id, |ui| row_ui(row, selected, ctx, ui, commands, &lefts));
        }
    });
    *scrolled = shown.state.clamped_offset().y;
}

/// Where each column begins, and where the last one ends, from the left of the table.
fn lefts(width: f32) -> Vec<f32> {
    let mut left = 0.0;
    let mut lefts: Vec<f32> = COLUMNS
        .iter()
        .map(|(_, _, share, _)| {
            let here = left;
            left += (share * width).floor();
            here
        })
        .collect();
    lefts.push(left);
    lefts
}

/// The column titles. Answers the one that was pressed.
fn head_ui(list: &List, ctx: &AppContext<'_>, ui: &mut Ui, lefts: &[f32]) -> Option<Column> {
    let tokens = ctx.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_HEIGHT), Sense::hover());
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        Stroke::new(1.0, tokens.border_strong),
    );
    let mut pressed = None;
    for (nth, (column, title, _, right)) in COLUMNS.iter().enumerate() {
        let part = part(rect, lefts, nth);
        let descending = list.order().descending;
        let sorted = (list.order().column == *column).then_some(descending);
        let says = match sorted {
            Some(true) => format!("{title}, sorted, largest first"),
            Some(false) => format!("{title}, sorted, smallest first"),
            None => (*title).to_owned(),
        };
        let heading = ColumnHeading {
            title,
            says: &says,
            sorted,
            is_right: *right,
        };
        let response = heading.show(ui, ui.scope_id().with(title), part, part);
        if response
            .on_hover_text(format!("Sort by {}", title.to_lowercase()))
            .clicked()
        {
            pressed = Some(*column);
        }
    }
    pressed
}

fn part(row: Rect, lefts: &[f32], nth: usize) -> Rect {
    let (left, right) = (row.left() + lefts[nth] + PAD, row.left() + lefts[nth + 1] - PAD);
    Rect::from_min_max(pos2(left, row.top()), pos2(right.max(left), row.bottom()))
}

/// One run. A click opens it.
fn row_ui(
    row: &Row,
    selected: &mut Option<String>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
    lefts: &[f32],
) {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open run {}", row.name)));
    let chosen = selected.as_deref() == Some(&row.id);
    if chosen {
        ui.painter().rect_filled(rect, size::RADIUS - 2, tokens.selected);
    } else if response.contains_pointer() {
        ui.painter().rect_filled(rect, size::RADIUS - 2, tokens.hover);
    } else {
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.border));
    }
    let name = part(rect, lefts, 0);
    ui.painter()
        .circle_filled(pos2(name.left() + 4.0, name.center().y), 4.0, tokens.series_of(&row.id));
    let name = Rect::from_min_max(pos2(name.left() + 16.0, name.top()), name.max);
    text(ui, name, &row.name, false, tokens.text);
    let state = part(rect, lefts, 1);
    let mut cell = ui.new_child(
        UiBuilder::new()
            .max_rect(state)
            .layout(Layout::left_to_right(Align::Center)),
    );
    state_pill_ui(&mut cell, row.state);
    if let Some(fraction) = row.fraction {
        let width = cell.available_width().min(60.0);
        if width > 20.0 {
            progress_bar_ui(
                &mut cell,
                &format!("Progress of {}", row.name),
                Some(fraction),
                Tone::Accent,
                width,
            );
        }
    }
    text(ui, part(rect, lefts, 2), &row.dataset, false, tokens.text_secondary);
    text(ui, part(rect, lefts, 3), row.model, false, tokens.text_secondary);
    let metric = row
        .metric
        .map(|(name, value)| format!("{name} {}", format::value(value)));
    text(
        ui,
        part(rect, lefts, 4),
        metric.as_deref().unwrap_or("–"),
        true,
        tokens.text,
    );
    text(
        ui,
        part(rect, lefts, 5),
        &format::ago(ctx.now_ms, row.created_ms),
        true,
        tokens.text_secondary,
    );
    let duration = row.duration_secs(ctx.now_ms).map(format::duration);
    text(
        ui,
        part(rect, lefts, 6),
        duration.as_deref().unwrap_or("–"),
        true,
        tokens.text_secondary,
    );
    if response.clicked() {
        *selected = Some(row.id.clone());
        commands.send(Navigate::run(&row.id));
    }
    response.on_hover_ui(|ui| {
        ui.label(format!(
            "{}\n{}\nTarget {}\nStarted {}",
            row.name,
            row.path,
            row.target,
            format::absolute(row.created_ms)
        ));
    });
}

/// A cell's text, cut at the cell's edge with an ellipsis; numbers at the right.
fn text(ui: &Ui, cell: Rect, text: &str, right: bool, ink: egui::Color32) {
    let font = if right { font::mono_label() } else { font::body() };
    let galley = one_line(ui, text, font, ink, cell.width());
    let x = if right {
        cell.right() - galley.size().x
    } else {
        cell.left()
    };
    ui.painter()
        .galley(pos2(x, cell.center().y - galley.size().y / 2.0), galley, ink);
}

/// Moves through the rows with the keyboard. Answers the row to bring into view.
fn keyboard(rows: &[Row], selected: &mut Option<String>, ui: &Ui, commands: &mut CommandSender) -> Option<usize> {
    if ui.memory(|memory| memory.focused().is_some()) || rows.is_empty() {
        return None;
    }
    let page = (ui.available_height() / size::ROW_HEIGHT).floor().max(1.0) as usize;
    let last = rows.len() - 1;
    let here = selected
        .as_ref()
        .and_then(|id| rows.iter().position(|row| row.id == *id));
    let mut there = here;
    let mut open = false;
    ui.input(|input| {
        for event in &input.events {
            let Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } = event
            else {
                continue;
            };
            if modifiers.any() {
                continue;
            }
            there = match (key, there) {
                (Key::ArrowDown | Key::PageDown, None) | (Key::Home, _) => Some(0),
                (Key::ArrowUp | Key::PageUp, None) | (Key::End, _) => Some(last),
                (Key::ArrowDown, Some(nth)) => Some((nth + 1).min(last)),
                (Key::ArrowUp, Some(nth)) => Some(nth.saturating_sub(1)),
                (Key::PageDown, Some(nth)) => Some((nth + page).min(last)),
                (Key::PageUp, Some(nth)) => Some(nth.saturating_sub(page)),
                (Key::Enter, nth) => {
                    open = true;
                    nth
                }
                _ => continue,
            };
        }
    });
    let nth = there?;
    if open {
        commands.send(Navigate::run(&rows[nth].id));
    }
    (there != here).then(|| {
        *selected = Some(rows[nth].id.clone());
        nth
    })
}
