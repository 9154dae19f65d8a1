//! How to ask an endpoint from a program.

use aloft_base::endpoint::Endpoint;
use aloft_base::registry::Version;
use egui::{CornerRadius, Frame, Id, Label, Margin, RichText, ScrollArea, Stroke, Ui};
use egui_phosphor::regular as icons;
use serde_json::Value;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::light;
use crate::theme::{font, size};
use crate::widget::{self, Button, segmented_ui};

use super::example;

/// A language a snippet is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Language {
    #[default]
    Curl,
    Python,
    JavaScript,
}

/// Draws the choice of language and the snippet.
pub(super) fn snippets_ui(
    endpoint: &Endpoint,
    version: Option<&Version>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let Some(url) = light::url(endpoint) else {
        widget::secondary_ui(ui, "It has no address yet: start it, and its snippets stand here.");
        return;
    };
    let Some(version) = version else {
        widget::skeleton_rows_ui(ui, 6);
        return;
    };
    let needs_token = endpoint.spec.serving().is_some_and(|serving| serving.needs_token);
    let id = Id::unique("snippet language");
    let mut language = ui.ctx().data(|data| data.get_temp::<Language>(id)).unwrap_or_default();
    let text = snippet(language, url, &example::row(version), needs_token);
    ui.horizontal(|ui| {
        let choices = [
            (Language::Curl, "curl"),
            (Language::Python, "Python"),
            (Language::JavaScript, "JavaScript"),
        ];
        if segmented_ui(ui, &mut language, &choices) {
            ui.ctx().data_mut(|data| data.insert_temp(id, language));
        }
        if ui.add(Button::new("Copy snippet").glyph(icons::COPY)).clicked() {
            commands.send(ViewCommand::Copy(text.clone()));
        }
        if needs_token {
            widget::secondary_ui(ui, "The token is in $ALOFT_TOKEN; New token makes another one.");
        }
    });
    ui.add_space(size::GAP);
    ScrollArea::both().auto_shrink(false).id_salt("snippet").show(ui, |ui| {
        Frame::new()
            .fill(ctx.tokens.raised)
            .stroke(Stroke::new(1.0, ctx.tokens.border))
            .corner_radius(CornerRadius::same(size::RADIUS))
            .inner_margin(Margin::same(16))
            .show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                let text = RichText::new(&text).font(font::mono()).color(ctx.tokens.text);
                ui.add(Label::new(text).selectable(true).extend());
            });
    });
}

fn snippet(language: Language, url: &str, row: &Value, needs_token: bool) -> String {
    let body = serde_json::json!({ "rows": [row] });
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    match language {
        Language::Curl => {
            let token = if needs_token {
                "  -H \"Authorization: Bearer $ALOFT_TOKEN\" \\\n"
            } else {
                ""
            };
            // A quote within quotes of the shell ends them, is written, and opens them again.
            let body = pretty.replace('\'', "'\\''");
            format!("curl -s {url}/predict \\\n{token}  -H 'Content-Type: application/json' \\\n  -d '{body}'\n")
        }
        Language::Python => {
            let token = if needs_token {
                "        \"Authorization\": \"Bearer \" + os.environ[\"ALOFT_TOKEN\"],\n"
            } else {
                ""
            };
            let import = if needs_token { "import os\n" } else { "" };
            // JSON within a raw string, so that true, false and null stay what they are.
            let body = pretty.replace("'''", "\\u0027\\u0027\\u0027");
            format!(
                "import json\n{import}import urllib.request\n\nbody = json.loads(r'''{body}''')\nrequest = urllib.request.Request(\n    \"{url}/predict\",\n    data=json.dumps(body).encode(),\n    headers={{\n        \"Content-Type\": \"application/json\",\n{token}    }},\n)\nwith urllib.request.urlopen(request) as answer:\n    print(json.load(answer))\n"
            )
        }
        Language::JavaScript => {
            let token = if needs_token {
                "    \"Authorization\": `Bearer ${process.env.ALOFT_TOKEN}`,\n"
            } else {
                ""
            };
            format!(
                "const body = {pretty};\n\nconst answer = await fetch(\"{url}/predict\", {{\n  method: \"POST\",\n  headers: {{\n    \"Content-Type\": \"application/json\",\n{token}  }},\n  body: JSON.stringify(body),\n}});\nconsole.log(await answer.json());\n"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_names_the_address_the_row_and_where_the_token_is() {
        let row = serde_json::json!({"island": "it's Biscoe", "bill_length_mm": 39.1});
        for language in [Language::Curl, Language::Python, Language::JavaScript] {
            let text = snippet(language, "http://127.0.0.1:8080", &row, true);
            assert!(text.contains("http://127.0.0.1:8080/predict"), "{text}");
            assert!(text.contains("39.1") && text.contains("ALOFT_TOKEN"), "{text}");
            assert!(!snippet(language, "http://x", &row, false).contains("ALOFT_TOKEN"));
        }
        assert!(snippet(Language::Curl, "u", &row, true).contains("it'\\''s"));
    }
}
