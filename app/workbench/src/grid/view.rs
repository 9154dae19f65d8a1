//! Drawing the grid and taking in what a person does with it.

use aloft_data::Cell;
use egui::{
    Align2, CornerRadius, CursorIcon, Id, PointerButton, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::format;
use crate::theme::{Tokens, font, size};

use super::columns::Columns;
use super::header::{Head, Spot};
use super::position::Position;
use super::scrollbar::{THICKNESS, scrollbar_ui};
use super::selection::{Place, Selection};
use super::tiles::{Tiles, View};
use super::{cell, header, keyboard};

const ROW: f32 = size::ROW_HEIGHT;
const HEADER: f32 = size::HEADER_CARD_HEIGHT;
const TOOLTIP_CHARS: usize = 1000;

/// What a grid shows.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    /// Says which table this is; another one begins at its first row.
    pub id: &'a str,
    pub heads: &'a [Head],
    pub rows: u64,
    pub tiles: &'a Tiles,
    /// Whether columns are being profiled.
    pub profiling: bool,
}

/// Where a person is in a grid.
#[derive(Clone, Debug, Default)]
pub struct GridState {
    position: Position,
    /// How far the columns are scrolled, in points.
    offset: f64,
    columns: Columns,
    selection: Option<Selection>,
    /// A row or column to be brought into sight when the size is known.
    reveal: Option<Place>,
    view: View,
    /// Bins of a column's histogram that are being chosen: the first one and the last.
    brush: Option<(usize, usize, usize)>,
}

impl GridState {
    /// The rows and columns that were drawn last.
    pub fn view(&self) -> &View {
        &self.view
    }

    pub fn selection(&self) -> Option<Selection> {
        self.selection
    }

    /// Selects a cell and brings it into sight.
    pub fn go_to(&mut self, place: Place) {
        self.selection = Some(Selection::of(place));
        self.reveal = Some(place);
    }

    /// Selects the cell of this row in the column the person is in.
    pub fn go_to_row(&mut self, row: u64) {
        let column = self
            .selection
            .map_or(self.view.columns.start, |selection| selection.cursor.column);
        self.go_to(Place { row, column });
    }

    /// Selects the topmost cell in sight of this column.
    pub fn go_to_column(&mut self, column: usize) {
        let row = self
            .selection
            .map_or(self.view.rows.start, |selection| selection.cursor.row);
        self.go_to(Place { row, column });
    }
}

/// What a person asked for in this frame.
#[derive(Debug, Default)]
pub struct GridResponse {
    /// Copy these cells.
    pub copy: Option<Selection>,
    /// The card of this column was pressed.
    pub column: Option<usize>,
    /// These bins of a column's histogram were chosen.
    pub bins: Option<(usize, std::ops::RangeInclusive<usize>)>,
    /// This one of a column's most frequent values was chosen.
    pub top: Option<(usize, usize)>,
}

/// Where the parts of the grid are.
struct Parts {
    body: Rect,
    header: Rect,
    numbers: Rect,
    /// Rows that fit, in rows.
    rows_seen: f64,
}

impl Grid<'_> {
    /// Draws the grid over all of the available space.
    pub fn show(&self, ui: &mut Ui, state: &mut GridState) -> GridResponse {
        let tokens = crate::theme::tokens(ui.ctx());
        if state.columns.len() != self.heads.len() {
            state.columns = Columns::new(self.heads.iter().map(Head::usual_width).collect());
        }
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        let parts = self.parts(ui, rect);
        let id = ui.scope_id().with(("grid", self.id));
        let furthest = Position::furthest(self.rows, parts.rows_seen);
        let widest = (state.columns.total() - f64::from(parts.body.width())).max(0.0);
        state.position = state.position.at_most(furthest);
        state.offset = state.offset.clamp(0.0, widest);
        ui.painter().rect_filled(rect, CornerRadius::ZERO, tokens.background);

        let mut response = GridResponse::default();
        let body = ui.interact(parts.body, id.with("body"), Sense::click_and_drag());
        let name = format!(
            "{} × {}",
            format::plural(self.rows, "row", "rows"),
            format::plural(self.heads.len() as u64, "column", "columns")
        );
        body.widget_info(|| WidgetInfo::labeled(Role::Table, true, format!("Grid of {name}")));
        Self::take_wheel(ui, rect, state, furthest, widest);
        self.take_keys(ui, &body, state, &parts, &mut response);
        self.take_pointer(ui, &body, state, &parts);
        if let Some(place) = state.reveal.take() {
            self.reveal(state, place, &parts, furthest, widest);
        }

        let seen = (parts.rows_seen + state.position.fraction()).ceil() as u64;
        let first = state.position.row();
        let right = state.offset + f64::from(parts.body.width());
        let view = View {
            rows: first..first.saturating_add(seen).min(self.rows),
            columns: state.columns.visible(state.offset, right),
        };
        if state.view != view {
            state.view = view;
            // What is missing there is asked for before the next frame, so there must be one.
            ui.ctx().request_repaint();
        }
        self.paint_body(ui, &tokens, state, &parts, id);
        Self::paint_numbers(ui, &tokens, state, &parts, id);
        self.header_ui(ui, &tokens, state, &parts, id, &mut response);
        self.tooltip_ui(&body, state, &parts);
        let edge = Stroke::new(1.0, tokens.border);
        ui.painter().hline(rect.x_range(), parts.header.bottom(), edge);
        ui.painter()
            .vline(parts.numbers.right(), rect.top()..=parts.body.bottom(), edge);

        if self.rows as f64 > parts.rows_seen {
            let bar = Rect::from_min_max(
                pos2(parts.body.right(), parts.body.top()),
                pos2(rect.right(), parts.body.bottom()),
            );
            let share = state.position.share(furthest);
            if let Some(share) = scrollbar_ui(
                ui,
                id.with("rows"),
                bar,
                true,
                share,
                parts.rows_seen / self.rows as f64,
            ) {
                state.position = Position::of_share(share, furthest);
                ui.ctx().request_repaint();
            }
        }
        if widest > 0.0 {
            let bar = Rect::from_min_max(
                pos2(parts.body.left(), parts.body.bottom()),
                pos2(parts.body.right(), rect.bottom()),
            );
            let seen = f64::from(parts.body.width()) / state.columns.total();
            if let Some(share) = scrollbar_ui(ui, id.with("columns"), bar, false, state.offset / widest, seen) {
                state.offset = share * widest;
                ui.ctx().request_repaint();
            }
        }
        response
    }

    fn parts(&self, ui: &Ui, rect: Rect) -> Parts {
        // Wide enough for the largest row number; digits of the font are equally wide.
        let digits = format::count(self.rows.max(999)).len();
        let digit = ui
            .painter()
            .layout_no_wrap("0".to_owned(), font::mono_label(), egui::Color32::PLACEHOLDER)
            .size()
            .x;
        let numbers = (digits as f32 * digit + 20.0).ceil();
        let body = Rect::from_min_max(
            pos2(rect.left() + numbers, rect.top() + HEADER),
            pos2(
                (rect.right() - THICKNESS).max(rect.left() + numbers),
                (rect.bottom() - THICKNESS).max(rect.top() + HEADER),
            ),
        );
        Parts {
            body,
            header: Rect::from_min_max(pos2(body.left(), rect.top()), pos2(body.right(), body.top())),
            numbers: Rect::from_min_max(pos2(rect.left(), body.top()), pos2(body.left(), body.bottom())),
            rows_seen: f64::from(body.height() / ROW),
        }
    }

    fn take_wheel(ui: &Ui, rect: Rect, state: &mut GridState, furthest: Position, widest: f64) {
        if !ui.rect_contains_pointer(rect) {
            return;
        }
        let delta = ui.input(egui::InputState::smooth_scroll_delta);
        if delta.y != 0.0 {
            state.position = state.position.moved(f64::from(-delta.y / ROW), furthest);
        }
        if delta.x != 0.0 {
            state.offset = (state.offset - f64::from(delta.x)).clamp(0.0, widest);
        }
    }

    fn take_keys(
        &self,
        ui: &Ui,
        body: &egui::Response,
        state: &mut GridState,
        parts: &Parts,
        response: &mut GridResponse,
    ) {
        let focused = ui.memory(egui::Memory::focused);
        if focused.is_some_and(|id| id != body.id) || ui.ctx().any_popup_open() {
            return;
        }
        let all = egui::EventFilter {
            tab: false,
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: false,
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(body.id, all));
        let page = (parts.rows_seen.floor() as u64).saturating_sub(1).max(1);
        let first = Place {
            row: state.position.row(),
            column: state.view.columns.start,
        };
        let keys = keyboard::read(ui, state.selection, first, page, self.rows, self.heads.len());
        if let Some(selection) = keys.to {
            state.selection = Some(selection);
            state.reveal = Some(selection.cursor);
        }
        if keys.copy {
            response.copy = state.selection;
        }
    }

    fn take_pointer(&self, ui: &Ui, body: &egui::Response, state: &mut GridState, parts: &Parts) {
        if body.clicked() || body.drag_started_by(PointerButton::Primary) {
            body.request_focus();
        }
        let pressed = body.is_pointer_button_down_on() && ui.input(|input| input.pointer.any_pressed());
        let dragged = body.dragged_by(PointerButton::Primary);
        if !pressed && !dragged {
            return;
        }
        let Some(place) = body
            .interact_pointer_pos()
            .and_then(|at| self.place_at(state, parts, at))
        else {
            return;
        };
        let extend = (dragged && !pressed) || ui.input(|input| input.modifiers.shift);
        state.selection = Some(state.selection.unwrap_or(Selection::of(place)).moved_to(place, extend));
    }

    fn reveal(&self, state: &mut GridState, place: Place, parts: &Parts, furthest: Position, widest: f64) {
        let row = place.row.min(self.rows.saturating_sub(1));
        let far = row
            < state
                .view
                .rows
                .start
                .saturating_sub(2 * state.view.rows.end.saturating_sub(state.view.rows.start))
            || row > state.view.rows.end + 2 * state.view.rows.end.saturating_sub(state.view.rows.start);
        state.position = if far && !state.view.rows.is_empty() {
            // From far away it comes to the middle, where one looks.
            Position::at(row).moved(-(parts.rows_seen / 2.0).floor(), furthest)
        } else {
            state.position.revealing(row, parts.rows_seen, furthest)
        };
        let width = f64::from(parts.body.width());
        let start = state.columns.start(place.column);
        let end = start + f64::from(state.columns.width(place.column));
        if start < state.offset {
            state.offset = start;
        } else if end > state.offset + width {
            state.offset = (end - width).min(start);
        }
        state.offset = state.offset.clamp(0.0, widest);
    }

    /// The cell under a point of the screen.
    fn place_at(&self, state: &GridState, parts: &Parts, at: egui::Pos2) -> Option<Place> {
        let column = state.columns.at(f64::from(at.x - parts.body.left()) + state.offset)?;
        let down = f64::from((at.y - parts.body.top()) / ROW) + state.position.fraction();
        let row = state.position.row().checked_add_signed(down.floor() as i64)?;
        (row < self.rows).then_some(Place { row, column })
    }

    fn row_top(state: &GridState, parts: &Parts, row: u64) -> f32 {
        // The difference is small, so points of 32 bits are exact enough for it.
        let from_first = (row - state.position.row()) as f64 - state.position.fraction();
        parts.body.top() + (from_first * f64::from(ROW)) as f32
    }

    fn column_left(state: &GridState, parts: &Parts, column: usize) -> f32 {
        parts.body.left() + (state.columns.start(column) - state.offset) as f32
    }

    fn paint_body(&self, ui: &Ui, tokens: &Tokens, state: &GridState, parts: &Parts, id: Id) {
        let painter = ui.painter().with_clip_rect(parts.body);
        let line = Stroke::new(1.0, crate::theme::mix(tokens.background, tokens.border, 0.6));
        // Only when something reads the window: a node a cell costs time.
        let is_read = ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_some();
        for row in state.view.rows.clone() {
            let top = Self::row_top(state, parts, row);
            painter.hline(parts.body.x_range(), top + ROW - 0.5, line);
            for column in state.view.columns.clone() {
                let left = Self::column_left(state, parts, column);
                let rect = Rect::from_min_size(pos2(left, top), vec2(state.columns.width(column), ROW));
                let place = Place { row, column };
                if state.selection.is_some_and(|selection| selection.contains(place)) {
                    painter.rect_filled(rect, CornerRadius::ZERO, tokens.selected);
                }
                let found = self.tiles.cell(row, column);
                match found {
                    Some(found) => drop(cell::paint(&painter, tokens, rect, found)),
                    None => cell::paint_skeleton(&painter, tokens, rect, row, column),
                }
                if is_read && let Some(found) = found {
                    let node = ui.interact(rect.intersect(parts.body), id.with((row, column)), Sense::hover());
                    node.widget_info(|| WidgetInfo::labeled(Role::Cell, true, cell::spoken(found)));
                }
            }
        }
        for column in state.view.columns.clone() {
            let right = Self::column_left(state, parts, column) + state.columns.width(column);
            let bottom = if self.rows as f64 > parts.rows_seen {
                parts.body.bottom()
            } else {
                parts.body.top() + self.rows as f32 * ROW
            };
            painter.vline(right - 0.5, parts.body.top()..=bottom, line);
        }
        if let Some(selection) = state
            .selection
            .filter(|selection| state.view.rows.contains(&selection.cursor.row))
        {
            let cursor = selection.cursor;
            let corner = pos2(
                Self::column_left(state, parts, cursor.column),
                Self::row_top(state, parts, cursor.row),
            );
            let rect = Rect::from_min_size(corner, vec2(state.columns.width(cursor.column), ROW));
            painter.rect_stroke(
                rect,
                CornerRadius::same(2),
                Stroke::new(1.5, tokens.accent),
                StrokeKind::Inside,
            );
        }
    }

    fn paint_numbers(ui: &Ui, tokens: &Tokens, state: &GridState, parts: &Parts, id: Id) {
        let painter = ui.painter().with_clip_rect(parts.numbers);
        painter.rect_filled(parts.numbers, CornerRadius::ZERO, tokens.panel);
        let is_read = ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_some();
        for row in state.view.rows.clone() {
            let top = Self::row_top(state, parts, row);
            let at = pos2(parts.numbers.right() - 10.0, top + ROW / 2.0);
            let chosen = state.selection.is_some_and(|selection| selection.rows().contains(&row));
            let ink = if chosen { tokens.text } else { tokens.text_secondary };
            let text = format::count(row + 1);
            if is_read {
                let rect = Rect::from_min_size(pos2(parts.numbers.left(), top), vec2(parts.numbers.width(), ROW));
                let node = ui.interact(rect.intersect(parts.numbers), id.with(("row", row)), Sense::hover());
                node.widget_info(|| WidgetInfo::labeled(Role::RowHeader, true, format!("Row {text}")));
            }
            painter.text(at, Align2::RIGHT_CENTER, text, font::mono_label(), ink);
        }
    }

    fn header_ui(
        &self,
        ui: &Ui,
        tokens: &Tokens,
        state: &mut GridState,
        parts: &Parts,
        id: Id,
        response: &mut GridResponse,
    ) {
        let whole = Rect::from_min_max(
            pos2(parts.numbers.left(), parts.header.top()),
            pos2(parts.header.right() + THICKNESS, parts.header.bottom()),
        );
        ui.painter().rect_filled(whole, CornerRadius::ZERO, tokens.panel);
        let painter = ui.painter().with_clip_rect(parts.header);
        let mut resized = None;
        for column in state.view.columns.clone() {
            let head = &self.heads[column];
            let left = Self::column_left(state, parts, column);
            let rect = Rect::from_min_size(
                pos2(left, parts.header.top()),
                vec2(state.columns.width(column), HEADER),
            );
            header::paint(&painter, tokens, rect, head, self.rows, self.profiling);
            painter.vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, tokens.border));
            let card = ui.interact(
                rect.intersect(parts.header),
                id.with(("head", column)),
                Sense::click_and_drag(),
            );
            card.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &head.name));
            Self::take_card(&card, head, rect, column, state, response);
            if let Some((_, first, last)) = state.brush.filter(|brush| brush.0 == column) {
                header::paint_brush(&painter, tokens, rect, head, (first, last));
            }
            card.on_hover_ui(|ui| header::tooltip_ui(ui, head, self.rows, self.profiling));
            let edge = Rect::from_center_size(pos2(rect.right(), rect.center().y), vec2(9.0, HEADER));
            if !edge.intersects(parts.header) {
                continue;
            }
            let handle = ui
                .interact(
                    edge.intersect(parts.header),
                    id.with(("edge", column)),
                    Sense::click_and_drag(),
                )
                .on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
            if handle.hovered() || handle.dragged() {
                painter.vline(rect.right() - 1.0, rect.y_range(), Stroke::new(2.0, tokens.accent));
            }
            if handle.double_clicked() {
                resized = Some((column, head.usual_width()));
            } else if let Some(pointer) = handle.interact_pointer_pos().filter(|_| handle.dragged()) {
                resized = Some((column, pointer.x - left));
            }
        }
        if let Some((column, width)) = resized {
            state.columns.resize(column, width);
            ui.ctx().request_repaint();
        }
    }

    /// A press on a card's chart chooses bins or a value, elsewhere on the card the column.
    fn take_card(
        card: &egui::Response,
        head: &Head,
        rect: Rect,
        column: usize,
        state: &mut GridState,
        response: &mut GridResponse,
    ) {
        let at = card.interact_pointer_pos();
        let spot = |anywhere| at.and_then(|at| header::spot(rect, head, at, anywhere));
        if card.drag_started_by(PointerButton::Primary)
            && let Some(Spot::Bin(bin)) = card
                .ctx
                .input(|input| input.pointer.press_origin())
                .and_then(|origin| header::spot(rect, head, origin, false))
        {
            state.brush = Some((column, bin, bin));
        }
        if let Some((brushed, first, _)) = state.brush.filter(|brush| brush.0 == column) {
            if let Some(Spot::Bin(bin)) = spot(true) {
                state.brush = Some((brushed, first, bin));
            }
            if card.drag_stopped() {
                if let Some((_, first, last)) = state.brush.take() {
                    response.bins = Some((column, first.min(last)..=first.max(last)));
                }
                return;
            }
        }
        if card.clicked() {
            match spot(false) {
                Some(Spot::Bin(bin)) => response.bins = Some((column, bin..=bin)),
                Some(Spot::Top(top)) => response.top = Some((column, top)),
                None => {
                    let row = state.view.rows.start;
                    state.selection = Some(Selection::of(Place { row, column }));
                    response.column = Some(column);
                }
            }
        }
    }

    /// The whole text of a cell that is cut.
    fn tooltip_ui(&self, body: &egui::Response, state: &GridState, parts: &Parts) {
        let Some(place) = body.hover_pos().and_then(|at| self.place_at(state, parts, at)) else {
            return;
        };
        let Some(Cell::Text(text) | Cell::Number(text)) = self.tiles.cell(place.row, place.column) else {
            return;
        };
        let room = state.columns.width(place.column) - 2.0 * cell::PADDING;
        let mut tip = body.clone();
        // A tooltip belongs to the cell and not to the whole grid: it closes when the pointer leaves the cell.
        tip.id = body.id.with((place.row, place.column));
        let painter = body.ctx.layer_painter(body.layer_id);
        let galley = cell::line(&painter, text, font::body(), egui::Color32::PLACEHOLDER, room);
        if galley.elided || text.contains('\n') {
            tip.on_hover_ui_at_pointer(|ui| {
                ui.set_max_width(480.0);
                let shown = text
                    .char_indices()
                    .nth(TOOLTIP_CHARS)
                    .map_or(&**text, |(at, _)| &text[..at]);
                ui.label(shown);
            });
        }
    }
}
