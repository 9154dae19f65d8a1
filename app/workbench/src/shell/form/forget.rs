//! Whether a connection is to be removed.

use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ConnectionCommand};
use crate::context::AppContext;
use crate::widget;

use super::parts::{Step, dialog_ui, end_danger_ui};

pub(in crate::shell) struct Form {
    id: String,
    name: String,
    has_secrets: bool,
}

impl Form {
    pub(super) fn new(id: String, ctx: &AppContext<'_>) -> Self {
        let connection = ctx.library.connection(&id);
        Self {
            name: connection.map_or_else(|| id.clone(), |connection| connection.name.clone()),
            has_secrets: connection
                .is_some_and(|connection| !aloft_base::secret::fields(&connection.spec.sign_in).is_empty()),
            id,
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Remove {}", self.name);
        dialog_ui(ctx, egui_ctx, &title, 440.0, |ui| {
            let secrets = if self.has_secrets {
                " Its secrets are removed from the keychain as well; they cannot be brought back from here."
            } else {
                ""
            };
            let text =
                format!("Aloft forgets this connection. Its buckets and what is in them stay as they are.{secrets}");
            widget::paragraph_ui(ui, &text);
            match end_danger_ui(ui, "Remove connection", icons::TRASH, None) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(ConnectionCommand::Remove(self.id.clone()));
                    true
                }
            }
        })
    }
}
