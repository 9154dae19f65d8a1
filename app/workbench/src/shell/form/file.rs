//! Files of a model: where a version is written to, read from, and which rows it is asked about.

use std::path::{Path, PathBuf};

use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ModelCommand};
use crate::context::AppContext;

use super::parts::{Step, dialog_ui, end_ui, field_ui, name_problem, remark_ui};

/// What is done with the file.
enum Purpose {
    Export { model: String, number: u32 },
    Import,
    Predict { model: String, number: u32 },
}

pub(in crate::shell) struct Form {
    purpose: Purpose,
    path: String,
    /// The second line: where predictions go, or the name of what is imported.
    second: String,
    alias: String,
}

impl Form {
    pub(super) fn export(model: String, number: u32) -> Self {
        let path = home().join(format!("{model}-{number}.aloft")).display().to_string();
        Self::new(Purpose::Export { model, number }, path)
    }

    pub(super) fn import() -> Self {
        Self::new(Purpose::Import, String::new())
    }

    pub(super) fn predict(model: String, number: u32) -> Self {
        Self::new(Purpose::Predict { model, number }, String::new())
    }

    fn new(purpose: Purpose, path: String) -> Self {
        Self {
            purpose,
            path,
            second: String::new(),
            alias: String::new(),
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let (title, action, glyph) = match &self.purpose {
            Purpose::Export { model, number } => {
                (format!("Export version {number} of {model}"), "Export", icons::EXPORT)
            }
            Purpose::Import => ("Import a model".to_owned(), "Import", icons::DOWNLOAD_SIMPLE),
            Purpose::Predict { model, number } => (
                format!("Predict a file with version {number} of {model}"),
                "Predict",
                icons::LIGHTNING,
            ),
        };
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            let mut problem = None;
            match &self.purpose {
                Purpose::Export { .. } => {
                    field_ui(ui, "File", "File to write", &mut self.path, "/home/me/model.aloft");
                    remark_ui(ui, "Weights, recipe, signature and card in one file.");
                }
                Purpose::Import => {
                    field_ui(ui, "File", "File to import", &mut self.path, "/home/me/model.aloft");
                    field_ui(ui, "Name", "Name of the model", &mut self.second, "as in the file");
                    field_ui(ui, "Alias", "Alias of the version", &mut self.alias, "none");
                    let typed = |what, text: &str| (!text.trim().is_empty()).then(|| name_problem(what, text.trim()));
                    problem = typed("model", &self.second)
                        .flatten()
                        .or_else(|| typed("alias", &self.alias).flatten());
                }
                Purpose::Predict { .. } => {
                    field_ui(ui, "Rows", "File with the rows", &mut self.path, "/data/new.csv");
                    let beside = beside(self.path.trim());
                    field_ui(ui, "Write to", "File for the predictions", &mut self.second, &beside);
                    remark_ui(
                        ui,
                        "The rows as they are, in their order, with the prediction and its probabilities.",
                    );
                }
            }
            let problem = problem.or_else(|| self.path.trim().is_empty().then(|| "Name a file".to_owned()));
            match end_ui(ui, action, glyph, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(self.command());
                    true
                }
            }
        })
    }

    fn command(&self) -> ModelCommand {
        let path = PathBuf::from(self.path.trim());
        let typed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        match &self.purpose {
            Purpose::Export { model, number } => ModelCommand::Export {
                model: model.clone(),
                number: *number,
                path,
            },
            Purpose::Import => ModelCommand::Import {
                path,
                name: typed(&self.second),
                alias: typed(&self.alias),
            },
            Purpose::Predict { model, number } => ModelCommand::Predict {
                model: model.clone(),
                number: *number,
                out: typed(&self.second).unwrap_or_else(|| beside(self.path.trim())).into(),
                file: path,
            },
        }
    }
}

/// Predictions go beside their rows unless another place is named.
fn beside(path: &str) -> String {
    let path = Path::new(path);
    let Some(stem) = path.file_stem() else {
        return "beside it".to_owned();
    };
    let ending = path
        .extension()
        .map_or_else(|| "csv".into(), |ending| ending.to_string_lossy());
    let name = format!("{} predicted.{ending}", stem.to_string_lossy());
    path.with_file_name(name).display().to_string()
}

pub(super) fn home() -> PathBuf {
    ["HOME", "USERPROFILE"]
        .iter()
        .find_map(|name| aloft_base::env::path(name))
        .unwrap_or_else(std::env::temp_dir)
}
