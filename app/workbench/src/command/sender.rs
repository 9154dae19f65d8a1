//! How views say what is to be done.

use super::Command;

/// Collects the commands of a frame; they are applied when all views are drawn.
#[derive(Debug, Default)]
pub struct CommandSender {
    commands: Vec<Command>,
    primary: Option<Command>,
}

impl CommandSender {
    /// Asks for something to be done after this frame.
    pub fn send(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }

    /// Names the page's primary action, which Ctrl+Enter does. Called in each frame by the page that is shown.
    pub fn offer_primary(&mut self, command: impl Into<Command>) {
        self.primary = Some(command.into());
    }

    /// What was asked for since the last call, in order.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// The primary action the page named.
    pub(crate) fn take_primary(&mut self) -> Option<Command> {
        self.primary.take()
    }
}
