//! The table: only the rows in sight are drawn, whatever their number.

use egui::{
    Align2, CornerRadius, EventFilter, Id, Popup, PopupCloseBehavior, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, WidgetInfo, pos2, vec2,
};

use super::entry::{Column, Entry, Kind, Order};
use super::keyboard::{self, Key};
use super::listing::Listing;
use super::menu;
use super::selection::Selection;
use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::grid::{Position, THICKNESS, scrollbar_ui};
use crate::theme::{font, size};
use crate::widget::{ColumnHeading, one_line};
use crate::work::Storage;

const ROW: f32 = size::ROW_HEIGHT;
const PAD: f32 = 8.0;
/// Below this width the storage class is left out, and where there is none.
const NARROW: f32 = 560.0;

/// Where a person is in the table.
#[derive(Clone, Debug, Default)]
pub(super) struct TableState {
    position: Position,
    pub(super) selection: Selection,
    /// A row to bring into sight when the size is known.
    pub(super) reveal: Option<usize>,
    pub(super) order: Order,
}

impl TableState {
    /// At the first row, in this order.
    pub(super) fn ordered(order: Order) -> Self {
        Self {
            order,
            ..Self::default()
        }
    }
}

/// What a person asked for in this frame.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Open this entry.
    pub(super) open: Option<u32>,
    pub(super) act: Option<Act>,
}

/// What is done with the chosen entries, or with the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Go to where the place is in.
    Up,
    Delete,
    Rename,
    /// Show the versions of the chosen object.
    Versions,
    Download,
    Copy,
    Move,
    /// Bring back what was deleted.
    Restore,
}

/// Where the parts of the table are.
struct Parts {
    body: Rect,
    columns: Vec<(Column, &'static str, Rect, bool)>,
}

/// Draws the table over all of the available space.
pub(super) fn table_ui(
    listing: &Listing,
    state: &mut TableState,
    storage: Option<&Storage>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> Asked {
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let parts = parts(rect, listing);
    let id = ui.scope_id().with("objects");
    head_ui(state, &parts, ctx, ui, id);
    let rows = listing.rows();
    let count = rows.len() as u64;
    let seen = f64::from(parts.body.height() / ROW);
    let furthest = Position::furthest(count, seen);
    state.position = state.position.at_most(furthest);
    let body = ui.interact(parts.body, id.with("body"), Sense::click());
    let what = format!("Table of {}", format::plural(count, "entry", "entries"));
    body.widget_info(|| WidgetInfo::labeled(Role::Table, true, &what));
    if ui.rect_contains_pointer(rect) {
        let delta = ui.input(egui::InputState::smooth_scroll_delta).y;
        state.position = state.position.moved(f64::from(-delta / ROW), furthest);
    }
    let mut asked = Asked::default();
    take_keys(rows, state, &body, seen, ui, &mut asked);
    take_pointer(rows, state, &body, ui, &mut asked);
    if let Some(row) = state.reveal.take() {
        state.position = state.position.revealing(row as u64, seen, furthest);
    }
    paint_rows(listing, state, &parts, ctx, ui, id);
    tooltip_ui(listing, state, &body, ctx);
    Popup::context_menu(&body)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            let act = menu::menu_ui(listing, &state.selection, storage, ctx, ui, commands);
            asked.act = act.or(asked.act);
        });
    if count as f64 > seen {
        let bar = Rect::from_min_max(pos2(parts.body.right(), parts.body.top()), rect.max);
        let share = state.position.share(furthest);
        if let Some(share) = scrollbar_ui(ui, id.with("rows"), bar, true, share, seen / count as f64) {
            state.position = Position::of_share(share, furthest);
            ui.ctx().request_repaint();
        }
    }
    asked
}

fn parts(rect: Rect, listing: &Listing) -> Parts {
    let body = Rect::from_min_max(
        pos2(rect.left(), rect.top() + ROW),
        pos2((rect.right() - THICKNESS).max(rect.left()), rect.bottom()),
    );
    let mut tail: Vec<(Column, &'static str, f32, bool)> = if listing.place.bucket.is_empty() {
        vec![
            (Column::Modified, "Created", 110.0, true),
            (Column::Class, "Region", 130.0, false),
        ]
    } else {
        vec![
            (Column::Size, "Size", 88.0, true),
            (Column::Modified, "Modified", 108.0, true),
            (Column::Class, "Storage class", 130.0, false),
        ]
    };
    if body.width() < NARROW || !listing.tells_class {
        tail.pop();
    }
    let taken: f32 = tail.iter().map(|(_, _, width, _)| width).sum();
    let mut left = body.left() + (body.width() - taken).max(80.0);
    let column = |column, title, from: f32, to: f32, right| {
        let cell = Rect::from_min_max(
            pos2(from + PAD, rect.top()),
            pos2((to - PAD).max(from + PAD), rect.top() + ROW),
        );
        (column, title, cell, right)
    };
    let mut columns = vec![column(Column::Name, "Name", body.left(), left, false)];
    for (which, title, width, right) in tail {
        columns.push(column(which, title, left, left + width, right));
        left += width;
    }
    Parts { body, columns }
}

fn head_ui(state: &mut TableState, parts: &Parts, ctx: &AppContext<'_>, ui: &Ui, id: Id) {
    let tokens = ctx.tokens;
    let line = Stroke::new(1.0, tokens.border_strong);
    ui.painter().hline(parts.body.x_range(), parts.body.top() - 0.5, line);
    for (column, title, cell, right) in &parts.columns {
        let sorted = state.order.column == *column;
        let heading = ColumnHeading {
            title,
            says: &format!("Sort by {}", title.to_lowercase()),
            sorted: sorted.then_some(state.order.descending),
            is_right: *right,
        };
        let response = heading.show(ui, id.with(title), *cell, cell.expand2(vec2(PAD, 0.0)));
        if response.clicked() {
            // Of sizes and times the largest is wanted first.
            let first = matches!(column, Column::Size | Column::Modified);
            state.order = Order {
                column: *column,
                descending: if sorted { !state.order.descending } else { first },
            };
        }
    }
}

fn take_keys(rows: &[u32], state: &mut TableState, body: &Response, seen: f64, ui: &Ui, asked: &mut Asked) {
    let focused = ui.memory(egui::Memory::focused);
    let blocked = !ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
    if blocked || focused.is_some_and(|id| id != body.id) || ui.ctx().any_popup_open() {
        return;
    }
    let filter = EventFilter {
        tab: false,
        horizontal_arrows: false,
        vertical_arrows: true,
        escape: false,
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(body.id, filter));
    let page = (seen.floor() as usize).saturating_sub(1).max(1);
    for (key, shift) in keyboard::pressed(ui) {
        match key {
            Key::Up => asked.act = Some(Act::Up),
            Key::Delete => asked.act = Some(Act::Delete),
            Key::Rename => asked.act = Some(Act::Rename),
            Key::Open => asked.open = state.selection.cursor,
            Key::All => state.selection.all(rows),
            Key::Clear => state.selection.clear(),
            Key::Move(step) => {
                if rows.is_empty() {
                    continue;
                }
                let last = rows.len() - 1;
                let here = state
                    .selection
                    .cursor
                    .and_then(|entry| rows.iter().position(|row| *row == entry));
                let to = step.from(here, page, last, state.position.row() as usize);
                if shift {
                    state.selection.extend(rows, to);
                } else {
                    state.selection.only(rows[to]);
                }
                state.reveal = Some(to);
            }
        }
    }
}

fn take_pointer(rows: &[u32], state: &mut TableState, body: &Response, ui: &Ui, asked: &mut Asked) {
    if !body.clicked() && !body.secondary_clicked() {
        return;
    }
    body.request_focus();
    let at = body.interact_pointer_pos();
    let Some(row) = at
        .and_then(|at| row_at(state, body.rect, at.y))
        .filter(|row| *row < rows.len())
    else {
        state.selection.clear();
        return;
    };
    let entry = rows[row];
    if body.secondary_clicked() {
        if !state.selection.contains(entry) {
            state.selection.only(entry);
        }
        return;
    }
    let modifiers = ui.input(|input| input.modifiers);
    if modifiers.shift {
        state.selection.extend(rows, row);
    } else if modifiers.command {
        state.selection.toggle(entry);
    } else {
        state.selection.only(entry);
        if body.double_clicked() {
            asked.open = Some(entry);
        }
    }
}

/// The row at a height of the screen.
fn row_at(state: &TableState, body: Rect, y: f32) -> Option<usize> {
    let down = f64::from((y - body.top()) / ROW) + state.position.fraction();
    (down >= 0.0).then(|| state.position.row() as usize + down as usize)
}

fn paint_rows(listing: &Listing, state: &TableState, parts: &Parts, ctx: &AppContext<'_>, ui: &Ui, id: Id) {
    let tokens = ctx.tokens;
    let painter = ui.painter().with_clip_rect(parts.body.intersect(ui.clip_rect()));
    let line = Stroke::new(1.0, crate::theme::mix(tokens.background, tokens.border, 0.6));
    let rows = listing.rows();
    let first = state.position.row() as usize;
    let fit = (parts.body.height() / ROW).ceil() as usize + 1;
    let pointer = ui
        .input(|input| input.pointer.hover_pos())
        .filter(|at| ui.rect_contains_pointer(parts.body) && parts.body.contains(*at));
    for (nth, entry_at) in rows.iter().enumerate().skip(first).take(fit) {
        let Some(entry) = listing.entries.get(*entry_at as usize) else {
            continue;
        };
        let top = parts.body.top() + ((nth - first) as f32 - state.position.fraction() as f32) * ROW;
        let rect = Rect::from_min_size(pos2(parts.body.left(), top), vec2(parts.body.width(), ROW));
        let chosen = state.selection.contains(*entry_at);
        if chosen {
            painter.rect_filled(rect, CornerRadius::same(4), tokens.selected);
        } else if pointer.is_some_and(|at| rect.contains(at)) {
            painter.rect_filled(rect, CornerRadius::same(4), tokens.hover);
        }
        painter.hline(rect.x_range(), rect.bottom() - 0.5, line);
        if state.selection.cursor == Some(*entry_at) && state.selection.count() > 1 {
            let ring = Stroke::new(1.0, tokens.accent);
            painter.rect_stroke(rect, CornerRadius::same(4), ring, StrokeKind::Inside);
        }
        paint_entry(entry, top, parts, ctx, ui, &painter);
        let seen = rect.intersect(parts.body);
        if seen.is_positive() {
            let node = ui.interact(seen, id.with(("row", nth)), Sense::hover());
            node.widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, entry.spoken()));
        }
    }
}

fn paint_entry(entry: &Entry, top: f32, parts: &Parts, ctx: &AppContext<'_>, ui: &Ui, painter: &egui::Painter) {
    let tokens = ctx.tokens;
    for (column, _, head, right) in &parts.columns {
        let cell = Rect::from_min_size(pos2(head.left(), top), head.size());
        let (text, font, ink) = match column {
            Column::Name => {
                let (ink, text) = match entry.kind {
                    Kind::Object => (tokens.text_secondary, tokens.text),
                    Kind::Deleted => (tokens.text_disabled, tokens.text_secondary),
                    Kind::Bucket | Kind::Folder => (tokens.accent, tokens.text),
                };
                let at = pos2(cell.left() + 8.0, cell.center().y);
                painter.text(at, Align2::CENTER_CENTER, entry.icon(), font::icon(size::ICON), ink);
                let cell = cell.with_min_x(cell.left() + 24.0);
                let galley = one_line(ui, &entry.shown(), font::body(), text, cell.width());
                let at = pos2(cell.left(), cell.center().y - galley.size().y / 2.0);
                painter.galley(at, galley, text);
                continue;
            }
            Column::Size if entry.kind == Kind::Deleted => ("Deleted".to_owned(), font::label(), tokens.text_secondary),
            Column::Size if entry.kind == Kind::Object => (format::bytes(entry.bytes), font::mono_label(), tokens.text),
            Column::Modified => match entry.modified_ms {
                Some(then) => (format::ago(ctx.now_ms, then), font::mono_label(), tokens.text_secondary),
                None => continue,
            },
            Column::Class => (entry.class.to_string(), font::label(), tokens.text_secondary),
            Column::Size => continue,
        };
        let galley = one_line(ui, &text, font, ink, cell.width());
        let x = if *right {
            cell.right() - galley.size().x
        } else {
            cell.left()
        };
        painter.galley(pos2(x, cell.center().y - galley.size().y / 2.0), galley, ink);
    }
}

/// The whole name, and the time by the clock.
fn tooltip_ui(listing: &Listing, state: &TableState, body: &Response, ctx: &AppContext<'_>) {
    let row = body.hover_pos().and_then(|at| row_at(state, body.rect, at.y));
    let Some((row, entry)) = row.and_then(|row| {
        let entry = listing.rows().get(row)?;
        Some((row, listing.entries.get(*entry as usize)?))
    }) else {
        return;
    };
    let mut tip = body.clone();
    // A tooltip belongs to the row and not to the whole table: it closes when the pointer leaves the row.
    tip.id = body.id.with(row);
    let mut text = super::entry::escaped(&entry.name);
    if entry.kind == Kind::Object {
        text = format!(
            "{text}\n{} ({} bytes)",
            format::bytes(entry.bytes),
            format::count(entry.bytes)
        );
    }
    if let Some(then) = entry.modified_ms {
        text = format!("{text}\n{}, {}", format::absolute(then), format::ago(ctx.now_ms, then));
    }
    tip.on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(480.0);
        ui.label(text);
    });
}
