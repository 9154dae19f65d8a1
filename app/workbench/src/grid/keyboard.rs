//! What keys do in the grid.

use egui::{Event, Key, Ui};

use super::selection::{Place, Selection};

/// What the keys of this frame ask for.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The cell to go to.
    pub to: Option<Selection>,
    /// Copy the cells, and whether with the names of the columns above.
    pub copy: Option<bool>,
    /// Show the cell at length.
    pub open: bool,
    /// Show what can be done with the cell.
    pub menu: bool,
    /// Move the column by a slot: to the left when negative.
    pub shift: i8,
}

/// Reads the keys. `rows` and `columns` are those of the table, `page` the rows that are seen,
/// `first` the cell to begin at while none is selected.
pub(super) fn read(ui: &Ui, selection: Option<Selection>, first: Place, page: u64, rows: u64, columns: usize) -> Keys {
    let mut keys = Keys::default();
    if rows == 0 || columns == 0 {
        return keys;
    }
    let last = Place {
        row: rows - 1,
        column: columns - 1,
    };
    ui.input(|input| {
        for event in &input.events {
            match event {
                Event::Copy => keys.copy = selection.map(|_| input.modifiers.shift),
                Event::Key {
                    key: key @ (Key::PageUp | Key::PageDown),
                    pressed: true,
                    modifiers,
                    ..
                } if modifiers.alt && !modifiers.command => {
                    keys.shift = if *key == Key::PageUp { -1 } else { 1 };
                }
                Event::Key {
                    key: Key::Enter | Key::Space,
                    pressed: true,
                    modifiers,
                    ..
                } if modifiers.is_none() => keys.open = selection.is_some(),
                Event::Key {
                    key: Key::F10,
                    pressed: true,
                    modifiers,
                    ..
                } if modifiers.shift_only() => keys.menu = selection.is_some(),
                Event::Key {
                    key,
                    pressed: true,
                    modifiers,
                    ..
                } if !modifiers.alt => {
                    let current = keys.to.or(selection);
                    let at = current.map_or(first, |selection| selection.cursor);
                    // The first arrow selects a cell that is in sight, the next ones move from there.
                    let step = u64::from(current.is_some());
                    let ends = modifiers.command;
                    let to = match key {
                        Key::ArrowUp if ends => Place { row: 0, ..at },
                        Key::ArrowDown if ends => Place { row: last.row, ..at },
                        Key::ArrowLeft if ends => Place { column: 0, ..at },
                        Key::ArrowRight if ends => Place {
                            column: last.column,
                            ..at
                        },
                        Key::ArrowUp => Place {
                            row: at.row.saturating_sub(step),
                            ..at
                        },
                        Key::ArrowDown => Place {
                            row: at.row.saturating_add(step),
                            ..at
                        },
                        Key::ArrowLeft => Place {
                            column: at.column.saturating_sub(step as usize),
                            ..at
                        },
                        Key::ArrowRight => Place {
                            column: at.column + step as usize,
                            ..at
                        },
                        Key::PageUp => Place {
                            row: at.row.saturating_sub(page),
                            ..at
                        },
                        Key::PageDown => Place {
                            row: at.row.saturating_add(page),
                            ..at
                        },
                        Key::Home if ends => Place::default(),
                        Key::End if ends => last,
                        Key::Home => Place { column: 0, ..at },
                        Key::End => Place {
                            column: last.column,
                            ..at
                        },
                        _ => continue,
                    };
                    let to = Place {
                        row: to.row.min(last.row),
                        column: to.column.min(last.column),
                    };
                    keys.to = Some(current.unwrap_or(Selection::of(to)).moved_to(to, modifiers.shift));
                }
                _ => {}
            }
        }
    });
    keys
}
