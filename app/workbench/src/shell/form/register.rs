//! Registering a run's model: its name, an alias, what it is for.

use std::path::Path;

use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CHAMPION, CommandSender, ModelCommand};
use crate::context::AppContext;

use super::parts::{Step, dialog_ui, end_ui, field_ui, name_problem, remark_ui, usable_name};

pub(in crate::shell) struct Form {
    run: String,
    title: String,
    name: String,
    alias: String,
    description: String,
}

impl Form {
    /// Named after the data; the first version of a name is suggested as its champion.
    pub(super) fn new(run: String, ctx: &AppContext<'_>) -> Self {
        let row = ctx.library.run(&run);
        let stem = row.and_then(|run| Path::new(&run.dataset).file_stem());
        let name = usable_name(&stem.map_or_else(|| "model".into(), |stem| stem.to_string_lossy()));
        let has_champion = crate::command::champion(ctx, &name).is_some();
        Self {
            title: row.map_or_else(
                || "Register model".to_owned(),
                |run| format!("Register the model of {}", run.name),
            ),
            run,
            name,
            alias: if has_champion {
                String::new()
            } else {
                CHAMPION.to_owned()
            },
            description: String::new(),
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = self.title.clone();
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            field_ui(ui, "Name", "Name of the model", &mut self.name, "for example penguins");
            let name = self.name.trim().to_owned();
            let next = ctx.library.model(&name).map_or(1, |row| row.model.newest + 1);
            let known = if next > 1 {
                format!("{name} exists: this becomes its next version.")
            } else {
                "A new model: this is its version 1.".to_owned()
            };
            remark_ui(ui, &known);
            field_ui(ui, "Alias", "Alias of the version", &mut self.alias, "none");
            let alias = self.alias.trim().to_owned();
            let held = ctx.library.model(&name).and_then(|row| {
                let mut aliases = row.model.aliases.iter();
                aliases.find(|(held, _)| *held == alias).map(|(_, number)| *number)
            });
            if let Some(number) = held {
                remark_ui(ui, &format!("{alias} moves from version {number} to this one."));
            }
            field_ui(
                ui,
                "Description",
                "Description of the version",
                &mut self.description,
                "What is special about it",
            );
            let problem = name_problem("model", &name)
                .or_else(|| (!alias.is_empty()).then(|| name_problem("alias", &alias)).flatten());
            match end_ui(ui, "Register", icons::CUBE, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(ModelCommand::Register {
                        run: self.run.clone(),
                        name,
                        alias: Some(alias).filter(|alias| !alias.is_empty()),
                        description: self.description.trim().to_owned(),
                    });
                    true
                }
            }
        })
    }
}
