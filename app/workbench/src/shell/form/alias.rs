//! Letting an alias mean a version.

use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CHAMPION, CommandSender, ModelCommand};
use crate::context::AppContext;

use super::parts::{Step, dialog_ui, end_ui, field_ui, name_problem, remark_ui};

pub(in crate::shell) struct Form {
    model: String,
    number: u32,
    alias: String,
    reason: String,
}

impl Form {
    pub(super) fn new(model: String, number: u32, ctx: &AppContext<'_>) -> Self {
        // The champion is mostly meant, unless this version is it.
        let is_champion = crate::command::champion(ctx, &model) == Some(number);
        Self {
            alias: if is_champion {
                String::new()
            } else {
                CHAMPION.to_owned()
            },
            reason: String::new(),
            model,
            number,
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Move an alias to version {} of {}", self.number, self.model);
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            field_ui(ui, "Alias", "Alias to move", &mut self.alias, "champion, challenger, …");
            let alias = self.alias.trim().to_owned();
            let row = ctx.library.model(&self.model);
            let held = row.and_then(|row| row.model.aliases.iter().find(|(held, _)| *held == alias));
            let remark = match held {
                Some((_, number)) => format!("It means version {number} now. Endpoints that serve it follow at once."),
                None => "A new alias of this model.".to_owned(),
            };
            remark_ui(ui, &remark);
            field_ui(
                ui,
                "Why",
                "Reason of the move",
                &mut self.reason,
                "Kept in the alias's history",
            );
            let is_there = held.is_some_and(|(_, number)| *number == self.number);
            let problem = name_problem("alias", &alias)
                .or_else(|| is_there.then(|| format!("{alias} means version {} already", self.number)));
            match end_ui(ui, "Move", icons::TAG, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(ModelCommand::MoveAlias {
                        model: self.model.clone(),
                        alias,
                        number: self.number,
                        reason: self.reason.trim().to_owned(),
                    });
                    true
                }
            }
        })
    }
}
