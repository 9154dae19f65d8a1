//! The recipe as TOML: shown, edited, checked as one types, saved and loaded.

use std::path::{Path, PathBuf};

use aloft_base::{Report, fs};
use aloft_train::Recipe;
use egui::{ScrollArea, TextEdit, Ui};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, Button, Tone, problem_ui};
use crate::work::Answer;

use super::draft::Draft;

/// What a person wants done with the file that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileWish {
    Save,
    Load,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) enum FileDone {
    Saved(PathBuf),
    Loaded(PathBuf, Box<Recipe>),
}

/// The text and the file. Answers whether the text was changed, and what is to be done with the file.
pub(super) fn text_ui(
    draft: &mut Draft,
    path: &mut String,
    done: Option<&FileDone>,
    failed: Option<&Report>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> (bool, Option<FileWish>) {
    let mut wish = None;
    ui.horizontal(|ui| {
        let width = ui.available_width() - 190.0;
        widget::text_field_ui(ui, "Recipe file", path, "/data/recipe.toml", width.max(100.0));
        let empty = path.trim().is_empty().then_some("Name a file first");
        let unsaved = if draft.problem.is_some() {
            Some("The text is not a recipe yet")
        } else {
            empty
        };
        let save = Button::new("Save")
            .glyph(icons::FLOPPY_DISK)
            .disabled(unsaved)
            .tooltip("Write the recipe to this file; `aloft run` does the same");
        if ui.add(save).clicked() {
            wish = Some(FileWish::Save);
        }
        let load = Button::new("Load")
            .glyph(icons::FOLDER_OPEN)
            .disabled(empty)
            .tooltip("Replace this recipe by the one in the file");
        if ui.add(load).clicked() {
            wish = Some(FileWish::Load);
        }
    });
    if let Some(report) = failed {
        problem_ui(ui, "Could not use the recipe file", report, false, commands);
    } else if let Some(done) = done {
        let text = match done {
            FileDone::Saved(path) => format!("Saved to {}", path.display()),
            FileDone::Loaded(path, _) => format!("Loaded from {}", path.display()),
        };
        widget::label_ui(ui, &text);
    }
    match &draft.problem {
        Some(report) => drop(problem_ui(ui, "This is not a recipe yet", report, false, commands)),
        None => drop(widget::pill_ui(ui, Tone::Good, icons::CHECK_CIRCLE, "Valid recipe")),
    }
    let mut changed = false;
    let tokens = ctx.tokens;
    egui::Frame::new()
        .fill(tokens.field)
        .stroke(egui::Stroke::new(1.0, tokens.border))
        .corner_radius(size::RADIUS)
        .inner_margin(egui::Margin::same(8))
        .show(ui, |ui| {
            ScrollArea::vertical()
                .id_salt("recipe text")
                .auto_shrink(false)
                .show(ui, |ui| {
                    // An id of its own: what stands above comes and goes while one types.
                    let edit = TextEdit::multiline(&mut draft.text)
                        .id(egui::Id::unique("recipe as TOML"))
                        .font(font::mono())
                        .frame(egui::Frame::NONE)
                        .desired_width(f32::INFINITY)
                        .desired_rows(24)
                        .lock_focus(true);
                    let response = ui.add(edit);
                    response
                        .ctx
                        .accesskit_node_builder(response.id, |node| node.set_label("Recipe as TOML"));
                    changed = response.changed();
                });
        });
    (changed, wish)
}

/// Writes the recipe to a file. Called on a worker.
pub(super) fn save(path: &Path, text: &str) -> Answer<FileDone> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    fs::write_atomic(&path, text.as_bytes()).map_err(|error| Report::of(&error))?;
    Ok(FileDone::Saved(path))
}

/// Reads a recipe from a file. Called on a worker.
pub(super) fn load(path: &Path) -> Answer<FileDone> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let bytes = fs::read(&path).map_err(|error| Report::of(&error))?;
    let mut recipe = Recipe::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| Report::of(&error))?;
    if let Some(folder) = path.parent() {
        recipe.resolve(folder);
    }
    Ok(FileDone::Loaded(path, Box::new(recipe)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_that_was_saved_is_loaded_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.recipe.toml");
        let draft = super::super::draft::tests::draft();
        save(&path, &draft.text).unwrap();
        let FileDone::Loaded(_, recipe) = load(&path).unwrap() else {
            panic!("it was loaded")
        };
        assert_eq!(*recipe, draft.recipe);
        std::fs::write(&path, "version = 1\nepochs = 3\n").unwrap();
        assert!(load(&path).unwrap_err().message.contains("epochs"));
        assert!(load(&folder.path().join("none.toml")).is_err());
    }
}
