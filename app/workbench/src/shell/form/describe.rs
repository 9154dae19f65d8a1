//! Saying what a model is for, or what a version is and how it is tagged.

use std::collections::BTreeMap;

use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ModelCommand};
use crate::context::AppContext;

use super::parts::{Step, dialog_ui, end_ui, field_ui, remark_ui};

pub(in crate::shell) struct Form {
    model: String,
    /// `None` for the model itself.
    number: Option<u32>,
    description: String,
    tags: String,
}

impl Form {
    pub(super) fn model(model: String, ctx: &AppContext<'_>) -> Self {
        let row = ctx.library.model(&model);
        Self {
            description: row.map_or_else(String::new, |row| row.model.description.clone()),
            model,
            number: None,
            tags: String::new(),
        }
    }

    pub(super) fn version(model: String, number: u32, description: String, tags: &BTreeMap<String, String>) -> Self {
        let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Self {
            model,
            number: Some(number),
            description,
            tags: tags.join(", "),
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = match self.number {
            Some(number) => format!("Version {number} of {}", self.model),
            None => format!("What {} is for", self.model),
        };
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            field_ui(ui, "Description", "Description", &mut self.description, "A sentence");
            let mut problem = None;
            if self.number.is_some() {
                field_ui(ui, "Tags", "Tags", &mut self.tags, "team=birds, season=2026");
                remark_ui(ui, "Names and values, separated by commas.");
                problem = parse(&self.tags).err();
            }
            match end_ui(ui, "Save", icons::CHECK, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    let (model, description) = (self.model.clone(), self.description.trim().to_owned());
                    commands.send(match self.number {
                        None => ModelCommand::DescribeModel { model, description },
                        Some(number) => ModelCommand::Describe {
                            model,
                            number,
                            description,
                            tags: parse(&self.tags).unwrap_or_default(),
                        },
                    });
                    true
                }
            }
        })
    }
}

/// Reads `key=value, key=value`; a word alone is a tag without a value.
fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut tags = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let key = key.trim();
        if key.is_empty() {
            return Err(format!("The tag “{part}” has no name"));
        }
        tags.insert(key.to_owned(), value.trim().to_owned());
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn tags_are_read_as_they_are_typed() {
        let tags = parse(" team = birds, reviewed ,").unwrap();
        assert_eq!((tags["team"].as_str(), tags["reviewed"].as_str()), ("birds", ""));
        assert!(parse("=x").unwrap_err().contains("no name"));
    }
}
