//! Questions from before: those that were asked, and those that have a name.

use egui::{Popup, PopupCloseBehavior, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::widget::{Button, label_ui, secondary_ui, text_field_ui};

use super::Console;
use super::ask::Change;

const WIDTH: f32 = 480.0;
const HEIGHT: f32 = 280.0;
/// So much of a question is shown in one line.
const LINE: usize = 70;

/// The questions that were asked, newest first.
pub(super) fn earlier_ui(console: &mut Console, ui: &mut Ui) {
    let is_empty = console
        .questions
        .value()
        .is_none_or(|questions| questions.asked.is_empty());
    let earlier = ui.add(
        Button::quiet("Earlier")
            .trailing(icons::CARET_DOWN)
            .disabled(is_empty.then_some("Nothing was asked yet")),
    );
    Popup::menu(&earlier).show(|ui| {
        ui.set_max_width(WIDTH);
        ScrollArea::vertical().max_height(HEIGHT).show(ui, |ui| {
            let asked = console.questions.value().map(|questions| questions.asked.as_slice());
            for sql in asked.unwrap_or_default() {
                if ui.add(Button::quiet(&one_line(sql))).clicked() {
                    console.sql.clone_from(sql);
                    ui.close();
                }
            }
        });
    });
}

/// The questions that have a name, and a field to give one to what is written.
pub(super) fn saved_ui(console: &mut Console, ui: &mut Ui) {
    let saved = ui.add(
        Button::quiet("Saved")
            .glyph(icons::BOOKMARK_SIMPLE)
            .trailing(icons::CARET_DOWN),
    );
    let menu = Popup::menu(&saved).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| {
        ui.set_max_width(WIDTH);
        ui.horizontal(|ui| {
            text_field_ui(
                ui,
                "Name of the question",
                &mut console.name,
                "A name for what is written",
                260.0,
            );
            let name = console.name.trim().to_owned();
            let sql = console.sql.trim().to_owned();
            let why = match (sql.is_empty(), name.is_empty()) {
                (true, _) => Some("Write a question first"),
                (false, true) => Some("Give it a name first"),
                (false, false) => None,
            };
            if ui.add(Button::new("Save question").disabled(why)).clicked() {
                console.to_keep.push(Change::Save { name, sql });
                console.name.clear();
            }
        });
        let Some(questions) = console.questions.value() else {
            return;
        };
        if questions.saved.is_empty() {
            secondary_ui(ui, "No question was saved yet.");
            return;
        }
        ScrollArea::vertical().max_height(HEIGHT).show(ui, |ui| {
            for (name, sql) in &questions.saved {
                ui.horizontal(|ui| {
                    if ui
                        .add(Button::icon(icons::TRASH, &format!("Forget question {name}")))
                        .clicked()
                    {
                        console.to_keep.push(Change::Forget { name: name.clone() });
                    }
                    if ui.add(Button::quiet(name).tooltip(sql.clone())).clicked() {
                        console.sql.clone_from(sql);
                        ui.close();
                    }
                    label_ui(ui, &one_line(sql));
                });
            }
        });
    });
}

/// The beginning of a question in one line.
fn one_line(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LINE).collect()
}
