//! The test form: a field for each column the version takes, and what the endpoint answered.

use aloft_base::endpoint::Endpoint;
use aloft_base::registry::Version;
use egui::{CornerRadius, Frame, Label, Margin, Rect, RichText, ScrollArea, Stroke, Ui, UiBuilder, pos2};
use egui_phosphor::regular as icons;
use serde_json::{Map, Value};

use crate::command::{CommandSender, ViewCommand};
use crate::comparison::text;
use crate::context::AppContext;
use crate::facts::{self, Feature};
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Button, Tone, combo_ui, pill_ui, problem_ui, text_field_ui};
use crate::work::{Fetch, Lane};

/// Width of the form.
const FORM: f32 = 420.0;
/// Width of the names.
const NAME: f32 = 168.0;
/// Columns with more categories than this are typed.
const CATEGORIES: usize = 60;

/// What the endpoint answered.
#[derive(Debug)]
struct Told {
    status: u64,
    latency_ms: Option<f64>,
    answer: String,
}

/// What was typed, and what came back.
#[derive(Default)]
pub(super) struct TestForm {
    /// The version the fields are made of, by id.
    version: String,
    fields: Vec<(Feature, String)>,
    /// The row and the endpoint to be asked, until it was.
    wanted: Option<(String, String)>,
    answer: Fetch<Told>,
}

impl TestForm {
    /// Makes the fields of a version, filled with its example. What was typed into the same columns stays.
    pub(super) fn fit(&mut self, version: &Version) {
        if self.version == version.id {
            return;
        }
        let before = std::mem::take(&mut self.fields);
        self.version.clone_from(&version.id);
        self.fields = facts::features(version)
            .into_iter()
            .map(|feature| {
                let typed = before
                    .iter()
                    .find(|(old, _)| old.name == feature.name && old.kind == feature.kind);
                let example = || match facts::example(version, &feature.name) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(value) => value.to_string(),
                };
                let value = typed.map_or_else(example, |(_, value)| value.clone());
                (feature, value)
            })
            .collect();
    }

    /// Sends what was asked for and takes in the answer.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.answer.poll();
        if self.answer.is_pending() {
            return;
        }
        let Some((name, rows)) = self.wanted.take() else { return };
        ctx.work.fetch_with(Lane::Requests, &mut self.answer, move |session| {
            let said = session.aloft(&["endpoints", "test", &name], Some(&rows))?;
            let answer = said.get("answer").unwrap_or(&said);
            Ok(Told {
                status: said.get("status").and_then(Value::as_u64).unwrap_or_default(),
                latency_ms: said.get("latency_ms").and_then(Value::as_f64),
                answer: match answer {
                    Value::String(text) => text.clone(),
                    answer => serde_json::to_string_pretty(answer).unwrap_or_default(),
                },
            })
        });
    }

    /// Draws the fields at the left, the answer at the right.
    pub(super) fn ui(
        &mut self,
        endpoint: &Endpoint,
        version: &Fetch<Version>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        if let Some(report) = version.report() {
            problem_ui(ui, "Could not read what it takes", report, false, commands);
            return;
        }
        if version.value().is_none() {
            widget::skeleton_rows_ui(ui, 6);
            return;
        }
        let whole = ui.available_rect_before_wrap();
        let left = Rect::from_min_max(whole.min, pos2(whole.left() + FORM, whole.bottom()));
        let right = Rect::from_min_max(pos2(left.right() + size::GAP_SECTION, whole.top()), whole.max);
        self.fields_ui(endpoint, &mut ui.new_child(UiBuilder::new().max_rect(left)));
        self.answer_ui(ctx, &mut ui.new_child(UiBuilder::new().max_rect(right)), commands);
        ui.advance_cursor_after_rect(whole);
    }

    fn fields_ui(&mut self, endpoint: &Endpoint, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let why_not = if !endpoint.is_active() {
                Some("It is not being served: start it first")
            } else if self.answer.is_pending() || self.wanted.is_some() {
                Some("It is being asked")
            } else {
                None
            };
            let button = Button::new("Send").glyph(icons::PAPER_PLANE_TILT).disabled(why_not);
            if ui.add(button.tooltip("Send this row as a request")).clicked() {
                self.wanted = Some((endpoint.name.clone(), self.rows().to_string()));
            }
            widget::secondary_ui(ui, "A row, filled with the version's example.");
        });
        ui.add_space(size::GAP);
        ScrollArea::vertical()
            .id_salt("fields")
            .auto_shrink(false)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                for (feature, value) in &mut self.fields {
                    ui.push_id(&feature.name, |ui| field_ui(feature, value, ui));
                }
            });
    }

    /// The request: one row by column name. An empty field is a missing value.
    fn rows(&self) -> Value {
        let row: Map<String, Value> = self
            .fields
            .iter()
            .map(|(feature, typed)| (feature.name.clone(), value(feature, typed)))
            .collect();
        Value::Array(vec![Value::Object(row)])
    }

    fn answer_ui(&self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        if let Some(report) = self.answer.report() {
            problem_ui(ui, "The request was not answered", report, false, commands);
            return;
        }
        let Some(told) = self.answer.value() else {
            widget::secondary_ui(ui, "The answer stands here, with its status and its time.");
            return;
        };
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL_HEIGHT);
            let (tone, glyph) = match told.status {
                200..300 => (Tone::Good, icons::CHECK_CIRCLE),
                400..500 => (Tone::Warning, icons::WARNING),
                _ => (Tone::Bad, icons::X_CIRCLE),
            };
            pill_ui(ui, tone, glyph, &format!("Status {}", told.status));
            if let Some(latency) = told.latency_ms {
                widget::mono_ui(ui, &format!("{} ms", format::short(latency)));
            }
            if ui.add(Button::icon(icons::COPY, "Copy answer")).clicked() {
                commands.send(ViewCommand::Copy(told.answer.clone()));
            }
        });
        ui.add_space(size::GAP);
        ScrollArea::both().id_salt("answer").auto_shrink(false).show(ui, |ui| {
            Frame::new()
                .fill(ctx.tokens.raised)
                .stroke(Stroke::new(1.0, ctx.tokens.border))
                .corner_radius(CornerRadius::same(size::RADIUS))
                .inner_margin(Margin::same(16))
                .show(ui, |ui| {
                    ui.set_min_width(ui.available_width());
                    let text = RichText::new(&told.answer).font(font::mono()).color(ctx.tokens.text);
                    ui.add(Label::new(text).selectable(true).extend());
                });
        });
    }
}

/// One column: its name, and a list or a field for its value.
fn field_ui(feature: &Feature, typed: &mut String, ui: &mut Ui) {
    let tokens = crate::theme::tokens(ui.ctx());
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(
            egui::vec2(NAME, size::CONTROL_HEIGHT),
            egui::Layout::left_to_right(egui::Align::Center),
            |ui| {
                ui.set_width(NAME);
                let name = RichText::new(&feature.name).color(tokens.text_secondary);
                widget::ellipsis_ui(ui, name, &feature.name)
                    .on_hover_text(format!("{}: {}", feature.name, feature.kind));
            },
        );
        let says = format!("Value of {}", feature.name);
        let choices: Vec<String> = match feature.kind.as_str() {
            "boolean" => vec!["true".to_owned(), "false".to_owned()],
            "category" if feature.categories.len() <= CATEGORIES => {
                feature.categories.iter().map(|value| text(Some(value))).collect()
            }
            _ => Vec::new(),
        };
        if choices.is_empty() {
            text_field_ui(ui, &says, typed, hint(&feature.kind), 196.0);
            return;
        }
        let shown = if typed.is_empty() {
            "missing".to_owned()
        } else {
            typed.clone()
        };
        combo_ui(ui, &says, &shown, 196.0, |ui| {
            for choice in choices {
                ui.selectable_value(typed, choice.clone(), choice);
            }
            ui.selectable_value(typed, String::new(), "missing");
        });
    });
}

fn hint(kind: &str) -> &'static str {
    match kind {
        "number" => "a number",
        "date" => "2026-05-03",
        "datetime" => "2026-05-03T09:12:30",
        "time" => "09:12:30",
        "duration" => "1h 30m",
        _ => "missing",
    }
}

/// What was typed, as JSON. A number that is none is sent as it is: the endpoint says what it expects.
fn value(feature: &Feature, typed: &str) -> Value {
    let typed = typed.trim();
    if typed.is_empty() {
        return Value::Null;
    }
    let parsed = || serde_json::from_str::<Value>(typed).ok();
    match feature.kind.as_str() {
        "number" => parsed().filter(Value::is_number),
        "boolean" => parsed().filter(Value::is_boolean),
        // A category may be a number or a truth value in the data: then it is sent as that.
        "category" => feature
            .categories
            .iter()
            .find(|value| text(Some(value)) == typed)
            .cloned(),
        _ => None,
    }
    .unwrap_or_else(|| Value::String(typed.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sent_as_what_their_columns_are() {
        let feature = |kind: &str, categories: Value| Feature {
            name: "x".into(),
            kind: kind.into(),
            categories: categories.as_array().cloned().unwrap_or_default(),
        };
        assert_eq!(
            value(&feature("number", Value::Null), " 39.1 "),
            serde_json::json!(39.1)
        );
        assert_eq!(value(&feature("number", Value::Null), ""), Value::Null);
        assert_eq!(
            value(&feature("number", Value::Null), "many"),
            serde_json::json!("many")
        );
        assert_eq!(value(&feature("boolean", Value::Null), "true"), serde_json::json!(true));
        let year = feature("category", serde_json::json!([2007, 2008]));
        assert_eq!(value(&year, "2008"), serde_json::json!(2008));
        assert_eq!(
            value(&feature("date", Value::Null), "2026-05-03"),
            serde_json::json!("2026-05-03")
        );
    }
}
