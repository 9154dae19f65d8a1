//! The keys of commands: which are pressed, and that no two commands share them.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Command, Describe, ViewCommand};

/// Ctrl (⌘ on a Mac) and a key.
pub(super) const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// Ctrl (⌘ on a Mac), Shift and a key.
pub(super) const fn command_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

/// A key alone.
pub(super) const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

/// The commands whose keys were pressed in this frame; the keys are used up.
pub(crate) fn pressed(ctx: &egui::Context) -> Vec<Command> {
    // A shortcut with more modifiers must be asked for first: Ctrl+Shift+T also holds Ctrl+T.
    let mut bound: Vec<(KeyboardShortcut, Command)> = Command::fixed()
        .into_iter()
        .filter_map(|command| command.shortcut().map(|keys| (keys, command)))
        .collect();
    // The plus is a shifted equals sign on many keyboards.
    bound.push((command(Key::Equals), ViewCommand::ZoomIn.into()));
    bound.sort_by_key(|(keys, _)| std::cmp::Reverse(u8::from(keys.modifiers.shift) + u8::from(keys.modifiers.alt)));
    ctx.input_mut(|input| {
        bound
            .into_iter()
            .filter_map(|(keys, command)| input.consume_shortcut(&keys).then_some(command))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let bound: Vec<(KeyboardShortcut, Command)> = Command::fixed()
            .into_iter()
            .filter_map(|command| command.shortcut().map(|keys| (keys, command)))
            .collect();
        assert!(bound.len() > 12, "the shortcuts of the window are missing: {bound:?}");
        for (position, (keys, command)) in bound.iter().enumerate() {
            for (other_keys, other) in &bound[position + 1..] {
                assert_ne!(keys, other_keys, "{command:?} and {other:?} share their shortcut");
            }
        }
    }

    #[test]
    fn no_shortcut_takes_a_key_that_types_or_edits_text() {
        let editing = [Key::A, Key::C, Key::V, Key::X, Key::Z, Key::Y].map(command);
        for command in Command::fixed() {
            let Some(keys) = command.shortcut() else { continue };
            assert!(!editing.contains(&keys), "{command:?} takes an editing shortcut");
            let types = keys.modifiers.is_none() && keys.logical_key != Key::F1;
            assert!(!types, "{command:?} takes a plain key");
        }
    }

    #[test]
    fn pressing_the_keys_gives_the_command_once() {
        let ctx = egui::Context::default();
        let mut input = egui::RawInput::default();
        input.events.push(egui::Event::Key {
            key: Key::K,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::COMMAND.plus(Modifiers::CTRL),
        });
        let mut commands = Vec::new();
        let output = ctx.run_ui(input, |ui| commands.extend(pressed(ui.ctx())));
        output.drop_without_applying_deltas();
        assert_eq!(commands, [super::super::ViewCommand::OpenPalette.into()]);
    }
}
