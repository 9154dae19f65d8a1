//! What keys do in the table.

use egui::{Event, Ui};

/// A step through the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Down,
    Up,
    PageDown,
    PageUp,
    Home,
    End,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Move(Step),
    All,
    Open,
    /// To the place above.
    Up,
    Delete,
    Rename,
    Clear,
}

impl Step {
    /// The row it leads to. Without a row to begin at, the first step leads to one in sight.
    pub(super) fn from(self, here: Option<usize>, page: usize, last: usize, top: usize) -> usize {
        let to = match (self, here) {
            (Self::Home, _) => 0,
            (Self::End, _) => last,
            (_, None) => top,
            (Self::Down, Some(row)) => row + 1,
            (Self::Up, Some(row)) => row.saturating_sub(1),
            (Self::PageDown, Some(row)) => row + page,
            (Self::PageUp, Some(row)) => row.saturating_sub(page),
        };
        to.min(last)
    }
}

/// The keys of this frame, each with whether Shift was held.
pub(super) fn pressed(ui: &Ui) -> Vec<(Key, bool)> {
    ui.input(|input| {
        let keys = input.events.iter().filter_map(|event| {
            let Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } = event
            else {
                return None;
            };
            let plain = !modifiers.command && !modifiers.alt;
            let key = match key {
                egui::Key::A if modifiers.command => Key::All,
                egui::Key::ArrowUp if modifiers.alt => Key::Up,
                egui::Key::ArrowDown if plain => Key::Move(Step::Down),
                egui::Key::ArrowUp if plain => Key::Move(Step::Up),
                egui::Key::PageDown if plain => Key::Move(Step::PageDown),
                egui::Key::PageUp if plain => Key::Move(Step::PageUp),
                egui::Key::Home if plain => Key::Move(Step::Home),
                egui::Key::End if plain => Key::Move(Step::End),
                egui::Key::Enter if plain => Key::Open,
                egui::Key::Backspace if plain => Key::Up,
                egui::Key::Delete if plain => Key::Delete,
                egui::Key::F2 if plain => Key::Rename,
                egui::Key::Escape if plain => Key::Clear,
                _ => return None,
            };
            Some((key, modifiers.shift))
        });
        keys.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_inside_and_begin_where_one_looks() {
        assert_eq!(Step::Down.from(None, 20, 99, 40), 40);
        assert_eq!(Step::PageDown.from(Some(90), 20, 99, 0), 99);
        assert_eq!(Step::PageUp.from(Some(5), 20, 99, 0), 0);
        assert_eq!(Step::End.from(None, 20, 99, 0), 99);
    }
}
