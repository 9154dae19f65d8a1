//! Serving a registered model: which version, at which address, kept up or not.

use aloft_base::endpoint::Serving;
use aloft_base::registry::{Model, Selector};
use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CHAMPION, CommandSender, EndpointCommand};
use crate::context::AppContext;
use crate::light::reference;
use crate::widget::{check_ui, combo_ui, text_field_ui};

use super::parts::{FIELD, Step, dialog_ui, end_ui, field_ui, name_problem, remark_ui, row_ui};

pub(in crate::shell) struct Form {
    name: String,
    /// Whether a person typed the name; until then it follows the model.
    named: bool,
    model: String,
    version: Selector,
    port: String,
    needs_token: bool,
    keep_up: bool,
}

impl Form {
    pub(super) fn new(model: Option<String>, version: Option<Selector>, ctx: &AppContext<'_>) -> Self {
        let mut servable = ctx.library.models().iter().filter(|row| row.model.versions > 0);
        let row = match &model {
            Some(name) => ctx.library.model(name),
            None => servable.next(),
        };
        let model = row.map_or_else(|| model.unwrap_or_default(), |row| row.model.name.clone());
        let version = version
            .or_else(|| row.map(|row| usual(&row.model)))
            .unwrap_or(Selector::Newest);
        Self {
            name: free_name(&model, ctx),
            named: false,
            model,
            version,
            port: String::new(),
            needs_token: true,
            keep_up: true,
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        dialog_ui(ctx, egui_ctx, "New endpoint", 460.0, |ui| {
            row_ui(ui, "Model", |ui| {
                let before = self.model.clone();
                combo_ui(ui, "Model to serve", &shortened(&before), FIELD, |ui| {
                    for row in ctx.library.models().iter().filter(|row| row.model.versions > 0) {
                        ui.selectable_value(&mut self.model, row.model.name.clone(), &row.model.name);
                    }
                });
                if self.model != before {
                    let row = ctx.library.model(&self.model);
                    self.version = row.map_or(Selector::Newest, |row| usual(&row.model));
                    if !self.named {
                        self.name = free_name(&self.model, ctx);
                    }
                }
            });
            row_ui(ui, "Version", |ui| {
                let row = ctx.library.model(&self.model);
                let shown = words(&self.version, row.map(|row| &row.model));
                combo_ui(ui, "Version to serve", &shown, FIELD, |ui| {
                    for choice in row.map(|row| choices(&row.model)).unwrap_or_default() {
                        let words = words(&choice, row.map(|row| &row.model));
                        ui.selectable_value(&mut self.version, choice, words);
                    }
                });
            });
            if let Selector::Alias(alias) = &self.version {
                remark_ui(
                    ui,
                    &format!("It follows {alias}: when that moves, the new version takes over."),
                );
            }
            if field_ui(
                ui,
                "Name",
                "Name of the endpoint",
                &mut self.name,
                "for example penguins",
            )
            .changed()
            {
                self.named = true;
            }
            row_ui(ui, "Port", |ui| {
                text_field_ui(ui, "Port of the endpoint", &mut self.port, "auto", 84.0);
                crate::widget::secondary_ui(ui, "on this machine alone, 127.0.0.1");
            });
            row_ui(ui, "Access", |ui| {
                check_ui(ui, "Requests need a token", &mut self.needs_token)
            });
            row_ui(ui, "Process", |ui| {
                check_ui(ui, "Keep it up", &mut self.keep_up).on_hover_text("Started again when its process is gone");
            });
            let problem = self.problem(ctx);
            match end_ui(ui, "Start endpoint", icons::PLAY, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(EndpointCommand::Create {
                        name: self.name.trim().to_owned(),
                        serving: Box::new(Serving {
                            model: self.model.clone(),
                            version: self.version.clone(),
                            port: port(&self.port).unwrap_or(0),
                            needs_token: self.needs_token,
                            keep_up: self.keep_up,
                            ..Serving::default()
                        }),
                    });
                    true
                }
            }
        })
    }

    fn problem(&self, ctx: &AppContext<'_>) -> Option<String> {
        let name = self.name.trim();
        if ctx.library.model(&self.model).is_none_or(|row| row.model.versions == 0) {
            return Some("Choose a model that has a version".to_owned());
        }
        if let Some(problem) = name_problem("endpoint", name) {
            return Some(problem);
        }
        if ctx.library.endpoints().iter().any(|endpoint| endpoint.name == name) {
            return Some(format!("An endpoint {name} exists already"));
        }
        port(&self.port)
            .is_none()
            .then(|| "The port is a number from 1 to 65535".to_owned())
    }
}

/// The champion where there is one, else any alias, else the newest version.
fn usual(model: &Model) -> Selector {
    let champion = model.aliases.iter().find(|(alias, _)| alias == CHAMPION);
    let alias = champion.or(model.aliases.first());
    alias.map_or(Selector::Newest, |(alias, _)| Selector::Alias(alias.clone()))
}

/// What can be served: aliases, the newest, and the last versions by number.
fn choices(model: &Model) -> Vec<Selector> {
    let aliases = model.aliases.iter().map(|(alias, _)| Selector::Alias(alias.clone()));
    let numbers = (1..=model.newest).rev().take(50).map(Selector::Version);
    aliases.chain([Selector::Newest]).chain(numbers).collect()
}

fn words(choice: &Selector, model: Option<&Model>) -> String {
    match choice {
        Selector::Alias(alias) => {
            let number = model.and_then(|model| model.aliases.iter().find(|(held, _)| held == alias));
            number.map_or_else(
                || format!("@{alias}"),
                |(_, number)| format!("@{alias} (version {number} now)"),
            )
        }
        Selector::Version(number) => format!("Version {number}"),
        Selector::Newest => "Always the newest".to_owned(),
    }
}

/// The model's name, with a number when an endpoint has it already.
fn free_name(model: &str, ctx: &AppContext<'_>) -> String {
    let taken = |name: &str| ctx.library.endpoints().iter().any(|endpoint| endpoint.name == name);
    if !taken(model) {
        return model.to_owned();
    }
    (2..1000)
        .map(|nth| format!("{model}-{nth}"))
        .find(|name| !taken(name))
        .unwrap_or_else(|| reference(model, &Selector::Newest))
}

/// An empty field takes a free port.
fn port(text: &str) -> Option<u16> {
    let text = text.trim();
    if text.is_empty() || text == "auto" {
        return Some(0);
    }
    text.parse().ok().filter(|port| *port > 0)
}

/// A name that fits its list; the whole of it is in the field below.
fn shortened(name: &str) -> String {
    const MOST: usize = 36;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let start: String = name.chars().take(MOST - 1).collect();
    format!("{start}…")
}
