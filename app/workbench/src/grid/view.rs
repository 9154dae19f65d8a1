//! The grid as a whole: where its parts are, what is in sight, and what it answers.

use egui::{CornerRadius, Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

use crate::format;
use crate::theme::{font, size};

use super::body;
use super::columns::Columns;
use super::header::Head;
use super::heads;
use super::input;
use super::layout::Layout;
use super::menu::{self, CellAct, ColumnAct, Menu};
use super::position::Position;
use super::scrollbar::{THICKNESS, scrollbar_ui};
use super::selection::{Copied, CopyFormat, Place, Selection};
use super::tiles::{Tiles, View};

pub(super) const ROW: f32 = size::ROW_HEIGHT;
pub(super) const HEADER: f32 = size::HEADER_CARD_HEIGHT;

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
    pub(super) position: Position,
    /// How far the columns are scrolled, in points.
    pub(super) offset: f64,
    pub(super) columns: Columns,
    /// The table and the revision of the layout that `columns` are made of.
    arranged: Option<(String, usize, u64)>,
    pub(super) selection: Option<Selection>,
    /// A row and a column of the table to be brought into sight when the size is known.
    reveal: Option<(u64, Option<usize>)>,
    pub(super) view: View,
    /// Bins of a column's histogram that are being chosen: the slot, the first one and the last.
    pub(super) brush: Option<(usize, usize, usize)>,
    /// The column that is being moved, and the slot before which it would stand.
    pub(super) moving: Option<(usize, usize)>,
    pub(super) menu: Menu,
    /// Whether keys were for the grid in the last frame.
    pub(super) has_keys: bool,
}

impl GridState {
    /// The rows and columns that were drawn last.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The cell the person is at, by its row and its column in the table.
    pub fn cursor(&self) -> Option<(u64, usize)> {
        let cursor = self.selection?.cursor;
        (cursor.column < self.columns.len()).then(|| (cursor.row, self.columns.column(cursor.column)))
    }

    /// Selects a cell, by its row and its column in the table, and brings it into sight.
    pub fn go_to(&mut self, row: u64, column: usize) {
        let slot = self.columns.slot_of(column);
        self.selection = Some(Selection::of(Place {
            row,
            column: slot.unwrap_or_default(),
        }));
        self.reveal = Some((row, Some(column)));
    }

    /// Brings the cell the person is at into sight again, when there is less room for it now.
    pub fn show_cursor(&mut self) {
        if let Some((row, column)) = self.cursor() {
            self.reveal = Some((row, Some(column)));
        }
    }

    /// Selects the cell of this row in the column the person is in.
    pub fn go_to_row(&mut self, row: u64) {
        let slot = self.selection.map_or(0, |selection| selection.cursor.column);
        self.selection = Some(Selection::of(Place { row, column: slot }));
        self.reveal = Some((row, None));
    }

    /// Selects the topmost cell in sight of this column of the table.
    pub fn go_to_column(&mut self, column: usize) {
        let row = self
            .selection
            .map_or(self.view.rows.start, |selection| selection.cursor.row);
        self.go_to(row, column);
    }

    /// Takes in a table or a layout that changed. What is selected stays the same column.
    fn arrange(&mut self, grid: &Grid<'_>, layout: &Layout) {
        let is_same = self.arranged.as_ref().is_some_and(|(id, count, revision)| {
            id == grid.id && *count == grid.heads.len() && *revision == layout.revision()
        });
        if is_same {
            return;
        }
        let columns = layout.arrange(grid.heads);
        if self.arranged.is_some()
            && let Some(selection) = self.selection
        {
            let last = columns.len().saturating_sub(1);
            let moved = |place: Place| Place {
                column: columns
                    .slot_of(self.columns.column(place.column))
                    .unwrap_or(place.column.min(last)),
                ..place
            };
            let (anchor, cursor) = (moved(selection.anchor), moved(selection.cursor));
            let is_whole =
                anchor.column.abs_diff(cursor.column) == selection.anchor.column.abs_diff(selection.cursor.column);
            self.selection = Some(Selection {
                anchor: if is_whole { anchor } else { cursor },
                cursor,
            });
        }
        self.columns = columns;
        self.arranged = Some((grid.id.to_owned(), grid.heads.len(), layout.revision()));
    }

    /// The cells of the selection, by their columns in the table.
    pub(super) fn copied(&self) -> Option<Copied> {
        let selection = self.selection?;
        Some(Copied {
            rows: selection.rows(),
            columns: self.columns.columns_of(selection.columns()),
            format: CopyFormat::Tsv,
            with_names: false,
        })
    }
}

/// What a person asked for in this frame. Columns are those of the table.
#[derive(Debug, Default)]
pub struct GridResponse {
    /// Copy these cells.
    pub copy: Option<Copied>,
    /// The card of this column was pressed.
    pub column: Option<usize>,
    /// These bins of a column's histogram were chosen.
    pub bins: Option<(usize, std::ops::RangeInclusive<usize>)>,
    /// This one of a column's most frequent values was chosen.
    pub top: Option<(usize, usize)>,
    /// Show the cell the person is at at length.
    pub open: bool,
    /// What was chosen in the menu of a column.
    pub column_act: Option<(usize, ColumnAct)>,
    /// What was chosen in the menu of a cell.
    pub cell_act: Option<CellAct>,
}

/// Where the parts of the grid are.
pub(super) struct Parts {
    pub(super) id: Id,
    pub(super) body: Rect,
    pub(super) header: Rect,
    pub(super) numbers: Rect,
    /// Rows that fit, in rows.
    pub(super) rows_seen: f64,
    /// How many slots are frozen, and how wide they are together.
    pub(super) frozen: usize,
    pub(super) frozen_width: f64,
}

impl Parts {
    /// Where a slot begins on the screen.
    pub(super) fn left(&self, state: &GridState, slot: usize) -> f32 {
        let scrolled = if slot < self.frozen { 0.0 } else { state.offset };
        self.body.left() + (state.columns.start(slot) - scrolled) as f32
    }

    /// Where a row begins on the screen.
    pub(super) fn top(&self, state: &GridState, row: u64) -> f32 {
        // The difference is small, so points of 32 bits are exact enough for it.
        let from_first = (row - state.position.row()) as f64 - state.position.fraction();
        self.body.top() + (from_first * f64::from(ROW)) as f32
    }

    /// The slot at this distance from the left of the screen.
    pub(super) fn slot_at(&self, state: &GridState, x: f32) -> Option<usize> {
        let along = f64::from(x - self.body.left());
        let scrolled = if along < self.frozen_width { 0.0 } else { state.offset };
        state.columns.at(along + scrolled)
    }

    /// Slots that are drawn: those that scroll, then the frozen ones, each with the part of `rect` they may use.
    pub(super) fn groups(&self, state: &GridState, rect: Rect) -> [(std::ops::Range<usize>, Rect); 2] {
        let edge = rect.left() + self.frozen_width as f32;
        let left = self.frozen_width + state.offset;
        let right = state.offset + f64::from(self.body.width());
        let scrolled = state.columns.visible(left, right);
        [
            (
                scrolled.start.max(self.frozen)..scrolled.end.max(self.frozen),
                rect.with_min_x(edge),
            ),
            (0..self.frozen, rect.with_max_x(edge.min(rect.right()))),
        ]
    }
}

impl Grid<'_> {
    /// Draws the grid over all of the available space.
    pub fn show(&self, ui: &mut Ui, state: &mut GridState, layout: &mut Layout) -> GridResponse {
        let tokens = crate::theme::tokens(ui.ctx());
        if let Some((_, Some(column))) = state.reveal
            && let Some(head) = self.heads.get(column)
            && layout.is_hidden(&head.name)
        {
            layout.set_hidden(&head.name, false);
        }
        state.arrange(self, layout);
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        let parts = self.parts(ui, rect, state);
        let furthest = Position::furthest(self.rows, parts.rows_seen);
        let widest = (state.columns.total() - f64::from(parts.body.width())).max(0.0);
        state.position = state.position.at_most(furthest);
        state.offset = state.offset.clamp(0.0, widest);
        ui.painter().rect_filled(rect, CornerRadius::ZERO, tokens.background);

        let mut response = GridResponse::default();
        let body = ui.interact(parts.body, parts.id.with("body"), Sense::click_and_drag());
        let name = format!(
            "{} × {}",
            format::plural(self.rows, "row", "rows"),
            format::plural(self.heads.len() as u64, "column", "columns")
        );
        body.widget_info(|| WidgetInfo::labeled(Role::Table, true, format!("Grid of {name}")));
        input::take_wheel(ui, rect, state, furthest, widest);
        if let Some((row, column)) = input::take_keys(self, ui, &body, state, layout, &parts, &mut response) {
            state.reveal = Some((row, Some(column)));
        }
        input::take_pointer(self, ui, &body, state, &parts, &mut response);
        if let Some((row, column)) = state.reveal.take() {
            self.reveal(state, row, column, &parts, furthest, widest);
        }
        Self::see(self.rows, ui, state, &parts);
        body::paint(self, ui, &tokens, state, &parts);
        body::paint_numbers(ui, &tokens, state, &parts);
        heads::heads_ui(self, ui, &tokens, state, layout, &parts, &mut response);
        body::tooltip_ui(self, &body, state, &parts);
        menu::menu_ui(self, ui, &body, state, layout, &mut response);
        let edge = Stroke::new(1.0, tokens.border);
        ui.painter().hline(rect.x_range(), parts.header.bottom(), edge);
        ui.painter()
            .vline(parts.numbers.right(), rect.top()..=parts.body.bottom(), edge);
        if parts.frozen > 0 {
            let x = parts.body.left() + parts.frozen_width as f32;
            ui.painter().vline(
                x,
                rect.top()..=parts.body.bottom(),
                Stroke::new(2.0, tokens.border_strong),
            );
        }
        self.scrollbars_ui(ui, state, &parts, rect, furthest, widest);
        response
    }

    fn parts(&self, ui: &Ui, rect: Rect, state: &GridState) -> Parts {
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
        let frozen = state.columns.frozen_within(f64::from(body.width()));
        Parts {
            id: ui.scope_id().with(("grid", self.id)),
            body,
            header: Rect::from_min_max(pos2(body.left(), rect.top()), pos2(body.right(), body.top())),
            numbers: Rect::from_min_max(pos2(rect.left(), body.top()), pos2(body.left(), body.bottom())),
            rows_seen: f64::from(body.height() / ROW),
            frozen,
            frozen_width: state.columns.start(frozen),
        }
    }

    /// Notes which rows and columns are in sight.
    fn see(rows: u64, ui: &Ui, state: &mut GridState, parts: &Parts) {
        let seen = (parts.rows_seen + state.position.fraction()).ceil() as u64;
        let first = state.position.row();
        let [(scrolled, _), (frozen, _)] = parts.groups(state, parts.body);
        let view = View {
            rows: first..first.saturating_add(seen).min(rows),
            columns: frozen.chain(scrolled).map(|slot| state.columns.column(slot)).collect(),
        };
        if state.view != view {
            state.view = view;
            // What is missing there is asked for before the next frame, so there must be one.
            ui.ctx().request_repaint();
        }
    }

    fn reveal(
        &self,
        state: &mut GridState,
        row: u64,
        column: Option<usize>,
        parts: &Parts,
        furthest: Position,
        widest: f64,
    ) {
        let row = row.min(self.rows.saturating_sub(1));
        let seen = state.view.rows.end.saturating_sub(state.view.rows.start);
        let far = row < state.view.rows.start.saturating_sub(2 * seen) || row > state.view.rows.end + 2 * seen;
        state.position = if far && !state.view.rows.is_empty() {
            // From far away it comes to the middle, where one looks.
            Position::at(row).moved(-(parts.rows_seen / 2.0).floor(), furthest)
        } else {
            state.position.revealing(row, parts.rows_seen, furthest)
        };
        let slot = match column {
            Some(column) => state.columns.slot_of(column),
            None => state.selection.map(|selection| selection.cursor.column),
        };
        let Some(slot) = slot else { return };
        if let Some(selection) = &mut state.selection
            && selection.cells() == 1
        {
            // A hidden column has a slot only now.
            *selection = Selection::of(Place { row, column: slot });
        }
        if slot < parts.frozen {
            return;
        }
        let start = state.columns.start(slot) - parts.frozen_width;
        let end = state.columns.start(slot) + f64::from(state.columns.width(slot));
        let width = f64::from(parts.body.width());
        if start < state.offset {
            state.offset = start;
        } else if end > state.offset + width {
            state.offset = (end - width).min(start);
        }
        state.offset = state.offset.clamp(0.0, widest);
    }

    fn scrollbars_ui(
        &self,
        ui: &Ui,
        state: &mut GridState,
        parts: &Parts,
        rect: Rect,
        furthest: Position,
        widest: f64,
    ) {
        if self.rows as f64 > parts.rows_seen {
            let bar = Rect::from_min_max(
                pos2(parts.body.right(), parts.body.top()),
                pos2(rect.right(), parts.body.bottom()),
            );
            let share = state.position.share(furthest);
            let seen = parts.rows_seen / self.rows as f64;
            if let Some(share) = scrollbar_ui(ui, parts.id.with("rows"), bar, true, share, seen) {
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
            if let Some(share) = scrollbar_ui(ui, parts.id.with("columns"), bar, false, state.offset / widest, seen) {
                state.offset = share * widest;
                ui.ctx().request_repaint();
            }
        }
    }

    /// The cell under a point of the screen.
    pub(super) fn place_at(&self, state: &GridState, parts: &Parts, at: egui::Pos2) -> Option<Place> {
        let column = parts.slot_at(state, at.x)?;
        let down = f64::from((at.y - parts.body.top()) / ROW) + state.position.fraction();
        let row = state.position.row().checked_add_signed(down.floor() as i64)?;
        (row < self.rows).then_some(Place { row, column })
    }
}
