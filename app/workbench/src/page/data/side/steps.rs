//! The list of steps: switched, moved, edited, removed; and the form for a new one.

use aloft_base::dataset::Dataset;
use aloft_data::{Column, StepEntry, to_python};
use egui::{Align, Layout, RichText, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, Button, check_ui, paragraph_ui, problem_ui, section_ui};

use super::super::{tab::Tab, table};
use super::StepForm;
use super::form::Verdict;

pub(super) fn steps_ui(tab: &mut Tab, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if tab.view.steps().is_empty() && tab.form.is_none() {
        paragraph_ui(
            ui,
            "Steps change what is shown, trained on and exported. The file itself is never touched, and every step can be taken back.",
        );
    }
    if let Some(report) = tab.view.report().cloned()
        && problem_ui(ui, "The steps cannot be done", &report, false, commands)
    {
        tab.view.undo(&row.id, commands);
    }
    let steps = tab.view.steps();
    let mut change = None;
    for (at, entry) in steps.iter().enumerate() {
        change = entry_ui(ui, ctx, at, entry, steps.len())
            .map(|change| (at, change))
            .or(change);
    }
    if let Some((at, change)) = change {
        let mut after = steps.to_vec();
        match change {
            Change::Toggle => after[at].enabled = !after[at].enabled,
            Change::Remove => drop(after.remove(at)),
            Change::Up => after.swap(at, at - 1),
            Change::Down => after.swap(at, at + 1),
            Change::Edit => tab.form = Some(StepForm::of_step(&after[at].step, at)),
        }
        // Steps that are the same as before change nothing.
        tab.view.set_steps(&row.id, after, commands);
    }
    ui.add_space(size::GAP);
    form_ui(tab, row, ui, commands);
    if tab.form.is_none() && !tab.view.steps().is_empty() {
        ui.add_space(size::GAP);
        python_ui(tab, row, ui, commands);
    }
}

/// What a person did with a step in the list.
enum Change {
    Toggle,
    Remove,
    Up,
    Down,
    Edit,
}

fn entry_ui(ui: &mut Ui, ctx: &AppContext<'_>, at: usize, entry: &StepEntry, count: usize) -> Option<Change> {
    let mut change = None;
    let number = at + 1;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.set_height(size::CONTROL_HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .add(Button::icon(icons::TRASH, &format!("Delete step {number}")))
                .clicked()
            {
                change = Some(Change::Remove);
            }
            let more = ui.add(Button::icon(icons::DOTS_THREE, &format!("Change step {number}")));
            egui::Popup::menu(&more).show(|ui| {
                let mut choice =
                    |ui: &mut Ui, text: &str, glyph: &'static str, why: Option<&'static str>, what: Change| {
                        if ui.add(Button::quiet(text).glyph(glyph).disabled(why)).clicked() {
                            change = Some(what);
                            ui.close();
                        }
                    };
                choice(ui, "Edit", icons::PENCIL_SIMPLE, None, Change::Edit);
                let why = (at == 0).then_some("It is the first step");
                choice(ui, "Move up", icons::CARET_UP, why, Change::Up);
                let why = (number == count).then_some("It is the last step");
                choice(ui, "Move down", icons::CARET_DOWN, why, Change::Down);
            });
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let mut enabled = entry.enabled;
                if check_ui(ui, "", &mut enabled)
                    .on_hover_text("Whether the step is done")
                    .changed()
                {
                    change = Some(Change::Toggle);
                }
                let words = entry.step.words();
                let ink = if entry.enabled {
                    ctx.tokens.text
                } else {
                    ctx.tokens.text_secondary
                };
                let learns = if entry.step.learns() {
                    "\nIt learns from all rows that are shown, also from those a model will be tested on."
                } else {
                    ""
                };
                widget::ellipsis_ui(ui, RichText::new(&words).color(ink), &format!("{words}{learns}"));
                if entry.step.learns() {
                    ui.label(
                        RichText::new(icons::STUDENT)
                            .font(font::icon(13.0))
                            .color(ctx.tokens.warning),
                    );
                }
            });
        });
    });
    change
}

fn form_ui(tab: &mut Tab, row: &Dataset, ui: &mut Ui, commands: &mut CommandSender) {
    let shown = columns_of(tab.shown());
    let Some(form) = &mut tab.form else {
        section_ui(ui, "Add a step");
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for (kind, text) in super::form::KINDS {
                if ui.add(Button::new(text)).clicked() {
                    tab.form = Some(StepForm::about(kind, "", tab.view.steps().len()));
                }
            }
        });
        return;
    };
    match form.form_ui(ui, &shown) {
        Verdict::Open(step) => tab.view.try_step(form.at, step),
        Verdict::Done(step) => {
            let mut steps = tab.view.steps().to_vec();
            if let Some(edited) = steps.get_mut(form.at) {
                edited.step = step;
            } else {
                steps.push(step.into());
            }
            tab.form = None;
            tab.view.try_step(0, None);
            tab.view.set_steps(&row.id, steps, commands);
        }
        Verdict::Cancelled => {
            tab.form = None;
            tab.view.try_step(0, None);
        }
    }
}

fn python_ui(tab: &Tab, row: &Dataset, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal_wrapped(|ui| {
        if ui
            .add(
                Button::new("Copy as Python")
                    .glyph(icons::CODE)
                    .tooltip("A program with polars that does the same"),
            )
            .clicked()
            && let Ok(source) = table::source_of(row)
        {
            let schema = columns_of(tab.whole());
            commands.send(ViewCommand::Copy(to_python(&source, &schema, tab.view.steps())));
        }
        if ui
            .add(
                Button::new("Export…")
                    .glyph(icons::EXPORT)
                    .tooltip("Write what the steps leave as CSV, Parquet, Arrow or JSON Lines"),
            )
            .clicked()
        {
            commands.send(crate::command::Ask::ExportDataset {
                dataset: row.id.clone(),
            });
        }
    });
}

fn columns_of(table: Option<&table::Table>) -> Vec<Column> {
    let heads = table.map(|table| table.heads.as_slice()).unwrap_or_default();
    heads
        .iter()
        .map(|head| Column {
            name: head.name.clone(),
            kind: head.kind,
        })
        .collect()
}
