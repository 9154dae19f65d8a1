//! The fields of a step that is written.

use aloft_data::Column;
use egui::{Ui, vec2};
use egui_phosphor::regular as icons;

use crate::theme::size;
use crate::widget::{Button, combo_ui, label_ui, secondary_ui, section_ui, text_field_ui};

use super::form::{BINNINGS, FILLINGS, FUNCTIONS, JOINS, KEEPS, LIMITS, OPERATORS, StepForm, TYPES, Verdict};

const WIDTH: f32 = 300.0;

impl StepForm {
    /// Draws the form.
    pub(super) fn form_ui(&mut self, ui: &mut Ui, columns: &[Column]) -> Verdict {
        section_ui(ui, self.title());
        self.fields_ui(ui, columns);
        ui.add_space(size::GAP);
        let step = self.step(columns);
        let mut verdict = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            let why = step.as_ref().err().copied();
            if ui
                .add(Button::primary("Keep step").glyph(icons::CHECK).disabled(why))
                .clicked()
            {
                verdict = step.clone().ok().map(Verdict::Done);
            }
            if ui.add(Button::new("Cancel")).clicked() {
                verdict = Some(Verdict::Cancelled);
            }
        });
        match &step {
            Err(missing) => secondary_ui(ui, missing),
            Ok(_) => label_ui(ui, "The grid shows what it would do"),
        };
        verdict.unwrap_or_else(|| Verdict::Open(step.ok()))
    }

    fn fields_ui(&mut self, ui: &mut Ui, columns: &[Column]) {
        match self.kind.clone().as_str() {
            "filter" => {
                self.choice_ui(ui, "Condition", &OPERATORS);
                if self.choice + 1 == OPERATORS.len() {
                    field_ui(ui, "Expression", &mut self.text, "age >= 18 AND city = 'Rome'");
                } else {
                    self.column_ui(ui, "Column", columns);
                    if !matches!(self.choice, 7 | 8) {
                        field_ui(ui, "Value", &mut self.text, "");
                    }
                }
            }
            "select" | "drop" => self.columns_ui(ui, "Columns", columns),
            "drop_missing" => self.columns_ui(ui, "Where one of these is missing (none: any)", columns),
            "rename" => {
                self.column_ui(ui, "Column", columns);
                field_ui(ui, "New name", &mut self.text, "");
            }
            "cast" => {
                self.column_ui(ui, "Column", columns);
                self.choice_ui(ui, "Type", &TYPES.map(|(_, name)| name));
                secondary_ui(ui, "Values that cannot be of the type become missing");
            }
            "fill" => {
                self.column_ui(ui, "Column", columns);
                self.choice_ui(ui, "With", &FILLINGS);
                if self.choice == 0 {
                    field_ui(ui, "Value", &mut self.text, "");
                }
            }
            "deduplicate" => {
                self.columns_ui(ui, "The same in these (none: all)", columns);
                self.choice_ui(ui, "Of the same rows", &KEEPS.map(|(_, name)| name));
            }
            "derive" => {
                field_ui(ui, "Name", &mut self.text, "price per unit");
                field_ui(ui, "Expression in SQL", &mut self.second, "price / units");
            }
            "parse_dates" => {
                self.column_ui(ui, "Column", columns);
                self.choice_ui(ui, "As", &["Dates", "Dates and times"]);
                field_ui(ui, "Format", &mut self.text, "%d.%m.%Y, or empty");
            }
            "split_text" => {
                self.column_ui(ui, "Column", columns);
                field_ui(ui, "Separator", &mut self.text, ",");
                field_ui(ui, "New columns", &mut self.second, "first, rest");
            }
            "unfold" => {
                self.column_ui(ui, "Column of objects", columns);
                secondary_ui(ui, "Each of their fields becomes a column");
            }
            "explode" => {
                self.column_ui(ui, "Column of lists", columns);
                secondary_ui(ui, "Each of their elements becomes a row");
            }
            "bin" => {
                self.column_ui(ui, "Column", columns);
                self.choice_ui(ui, "Bins of", &BINNINGS);
                let (name, hint) = if self.choice == 2 {
                    ("Edges", "18, 30, 65")
                } else {
                    ("Number of bins", "10")
                };
                field_ui(ui, name, &mut self.low, hint);
                field_ui(ui, "New column", &mut self.text, "as the column, with “bin”");
            }
            "clip" => {
                self.column_ui(ui, "Column", columns);
                self.choice_ui(ui, "Limits are", &LIMITS);
                field_ui(ui, "Lower limit", &mut self.low, "0.01");
                field_ui(ui, "Upper limit", &mut self.high, "0.99");
            }
            "join" => {
                field_ui(ui, "Other file", &mut self.text, "/data/cities.csv");
                self.column_ui(ui, "Key here", columns);
                field_ui(ui, "Key there", &mut self.second, "the same name");
                self.choice_ui(ui, "Rows", &JOINS.map(|(_, name)| name));
            }
            "group" => {
                self.columns_ui(ui, "For each", columns);
                self.choice_ui(ui, "Measure", &FUNCTIONS.map(|(_, name)| name));
                self.column_ui(ui, "Of", columns);
                field_ui(ui, "New column", &mut self.text, "named by itself");
            }
            "pivot" => {
                self.column_ui(ui, "Its values become columns", columns);
                self.columns_ui(ui, "A row for each", columns);
                let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                name_ui(ui, "Values from", &mut self.second, &names);
                self.choice_ui(ui, "Measure", &FUNCTIONS.map(|(_, name)| name));
            }
            "unpivot" => {
                self.columns_ui(ui, "Turn these into rows", columns);
                field_ui(ui, "Column for their names", &mut self.text, "name");
                field_ui(ui, "Column for their values", &mut self.second, "value");
            }
            "sample" => {
                field_ui(ui, "Rows", &mut self.low, "1000, or 10 %");
                field_ui(ui, "Seed", &mut self.high, "0");
            }
            "balance" => {
                self.column_ui(ui, "Classes", columns);
                field_ui(ui, "Seed", &mut self.high, "0");
            }
            _ => {
                self.column_ui(ui, "Column", columns);
                self.choice_ui(ui, "Order", &["Ascending", "Descending"]);
            }
        }
    }

    fn column_ui(&mut self, ui: &mut Ui, name: &str, columns: &[Column]) {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        name_ui(ui, name, &mut self.column, &names);
    }

    fn choice_ui(&mut self, ui: &mut Ui, name: &str, choices: &[&str]) {
        label_ui(ui, name);
        let shown = choices.get(self.choice).copied().unwrap_or_default();
        combo_ui(ui, name, shown, WIDTH, |ui| {
            for (at, choice) in choices.iter().enumerate() {
                ui.selectable_value(&mut self.choice, at, *choice);
            }
        });
    }

    /// Columns that are ticked.
    fn columns_ui(&mut self, ui: &mut Ui, name: &str, columns: &[Column]) {
        label_ui(ui, name);
        let shown = match self.columns.as_slice() {
            [] => "None".to_owned(),
            [one] => one.clone(),
            several => format!("{} columns", several.len()),
        };
        combo_ui(ui, name, &shown, WIDTH, |ui| {
            for column in columns {
                let mut ticked = self.columns.contains(&column.name);
                if ui.checkbox(&mut ticked, &column.name).changed() {
                    if ticked {
                        self.columns.push(column.name.clone());
                    } else {
                        self.columns.retain(|name| *name != column.name);
                    }
                }
            }
        });
    }
}

fn name_ui(ui: &mut Ui, name: &str, chosen: &mut String, names: &[&str]) {
    label_ui(ui, name);
    let shown = if chosen.is_empty() {
        "Choose…".to_owned()
    } else {
        chosen.clone()
    };
    combo_ui(ui, name, &shown, WIDTH, |ui| {
        for candidate in names {
            ui.selectable_value(chosen, (*candidate).to_owned(), *candidate);
        }
    });
}

fn field_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str) {
    label_ui(ui, name);
    text_field_ui(ui, name, text, hint, WIDTH - 16.0);
}
