//! The page for a person who opens the endpoint's address: what it predicts, from what, and how to ask.

use super::openapi::columns_wanted;
use super::state::Server;

pub(super) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

const STYLE: &str =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}
pre{padding:.8rem;overflow:auto;border:1px solid #8884;border-radius:.4rem}";

/// The page, whole in itself.
pub(super) fn html(server: &Server) -> String {
    let now = server.now();
    let signature = now.main.signature();
    let name = escaped(&server.name);
    let mut features = String::new();
    for feature in &signature.features {
        let categories: Vec<String> = feature.categories.iter().take(12).map(|text| escaped(text)).collect();
        let more = if feature.categories.len() > categories.len() {
            ", …"
        } else {
            ""
        };
        let (column, kind, values) = (escaped(&feature.name), feature.kind.label(), categories.join(", "));
        features.extend([
            "<tr><td>",
            &column,
            "</td><td>",
            kind,
            "</td><td>",
            &values,
            more,
            "</td></tr>",
        ]);
    }
    let body = serde_json::json!({ "rows": now.main.sample() }).to_string();
    let token = if now.tokens.is_some() {
        "\n  -H 'authorization: Bearer TOKEN' \\"
    } else {
        ""
    };
    let curl = format!(
        "curl ADDRESS/predict \\{token}\n  -H 'content-type: application/json' \\\n  -d '{}'",
        body.replace('\'', "'\\''")
    );
    let versions: Vec<String> = now.answering().map(|loaded| loaded.number.to_string()).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
         <h1>{name}</h1><p>Predicts <b>{target}</b> ({task}){classes}. Version {versions}.</p>\
         <h2>What it reads</h2><table><tr><th>Column</th><th>Type</th><th>Values</th></tr>{features}</table>\
         <p>A column that is left out or null is missing, and is treated as training learned.{steps}</p>\
         <h2>Ask it</h2><pre>{curl}</pre>\
         <p><a href=\"openapi.json\">openapi.json</a> · <a href=\"v2/models/{path}\">model</a> · \
         <a href=\"metrics\">metrics</a></p></body></html>\n",
        steps = if signature.steps.is_empty() {
            String::new()
        } else {
            format!(" {}", escaped(&columns_wanted(signature)))
        },
        target = escaped(&signature.target),
        task = signature.task.label(),
        classes = if signature.classes.is_empty() {
            String::new()
        } else {
            let classes: Vec<String> = signature.classes.iter().take(20).map(|text| escaped(text)).collect();
            format!(": {}", classes.join(", "))
        },
        versions = versions.join(" and "),
        path = name,
        curl = escaped(&curl),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
