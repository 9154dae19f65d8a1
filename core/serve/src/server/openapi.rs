//! What the endpoint answers, described as `OpenAPI` 3.1 for the model it serves.

use aloft_data::{FeatureInfo, FeatureKind, Task};
use aloft_train::ModelSignature;
use serde_json::{Map, Value, json};

use super::failure::Kind;
use super::state::Server;

/// The document of `GET /openapi.json`.
pub(super) fn document(server: &Server) -> Value {
    let now = server.now();
    let signature = now.main.signature();
    let name = &server.name;
    let predicts = |summary: &str, content: Value, answer: Value| {
        let mut responses = Map::new();
        responses.insert(
            "200".into(),
            json!({ "description": "The predictions, in the order of the rows", "content": answer }),
        );
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Internal) {
            let error = json!({ "$ref": "#/components/schemas/Error" });
            responses.insert(
                kind.status().to_string(),
                json!({ "description": kind.as_str(), "content": { "application/json": { "schema": error } } }),
            );
        }
        json!({ "post": {
            "summary": summary,
            "requestBody": { "required": true, "content": content },
            "responses": responses,
            "security": if now.tokens.is_some() { json!([{ "token": [] }]) } else { json!([]) },
        } })
    };
    let tells = |summary: &str, content_type: &str| {
        let mut content = Map::new();
        content.insert(content_type.to_owned(), json!({}));
        json!({ "get": { "summary": summary, "responses": { "200": { "description": summary, "content": content } } } })
    };
    let json_of =
        |name: &str| json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
    let mut rows = json_of("Rows");
    rows["application/json"]["example"] = json!({ "rows": now.main.sample() });
    let mut rows_or_csv = rows.clone();
    rows_or_csv["text/csv"] = json!({ "schema": { "type": "string" } });
    let infer = || {
        predicts(
            "Open Inference Protocol: inference",
            json_of("InferRequest"),
            json_of("InferResponse"),
        )
    };
    let model = format!("/v2/models/{name}");
    let mut paths = Map::new();
    for (path, item) in [
        (
            "/predict".to_owned(),
            predicts("Predict rows given by column name", rows, json_of("Predictions")),
        ),
        (
            "/invocations".to_owned(),
            predicts("Predict, as SageMaker asks", rows_or_csv, json_of("Predictions")),
        ),
        (format!("{model}/infer"), infer()),
        (format!("{model}/versions/{}/infer", now.main.number), infer()),
        ("/v2".to_owned(), tells("The server", "application/json")),
        (
            "/v2/health/live".to_owned(),
            tells("Whether it lives", "application/json"),
        ),
        (
            "/v2/health/ready".to_owned(),
            tells("Whether it is ready", "application/json"),
        ),
        (model.clone(), tells("The model", "application/json")),
        (
            format!("{model}/ready"),
            tells("Whether the model is ready", "application/json"),
        ),
        (
            "/ping".to_owned(),
            tells("Whether it is healthy, as SageMaker asks", "application/json"),
        ),
        ("/metrics".to_owned(), tells("Counts for Prometheus", "text/plain")),
        ("/openapi.json".to_owned(), tells("This document", "application/json")),
        ("/".to_owned(), tells("A page for people", "text/html")),
    ] {
        paths.insert(path, item);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": now.main.number.to_string(),
            "description": description(signature),
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(signature),
        },
    })
}

/// What it predicts, and what of the columns the caller has to see to.
fn description(signature: &ModelSignature) -> String {
    let predicts = format!("Predicts '{}' ({}).", signature.target, signature.task.label());
    if signature.steps.is_empty() {
        return predicts;
    }
    format!("{predicts} {}", columns_wanted(signature))
}

/// Says which columns a model with steps wants.
pub(super) fn columns_wanted(signature: &ModelSignature) -> String {
    format!(
        "The columns are wanted as these steps leave them: {}. A whole raw file is brought through them by 'aloft \
         predict'.",
        signature.steps.join("; ")
    )
}

fn schemas(signature: &ModelSignature) -> Value {
    let properties: Map<String, Value> = signature
        .features
        .iter()
        .map(|feature| (feature.name.clone(), property(feature)))
        .collect();
    let answer = if signature.task == Task::Regression {
        json!({ "type": "object", "required": ["prediction"], "properties": { "prediction": { "type": ["number", "null"] } } })
    } else {
        json!({ "type": "object", "required": ["prediction", "probabilities"], "properties": {
            "prediction": { "enum": signature.classes },
            "probabilities": { "type": "object", "additionalProperties": { "type": "number" } },
        } })
    };
    let tensor = json!({ "type": "object", "required": ["name", "shape", "datatype", "data"], "properties": {
        "name": { "type": "string" },
        "shape": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
        "datatype": { "enum": ["FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL", "BYTES"] },
        "data": { "type": "array" },
        "parameters": { "type": "object" },
    } });
    json!({
        "Row": { "type": "object", "minProperties": 1, "properties": properties,
                 "description": "A column that is left out or null is missing, and treated as training learned." },
        "Rows": { "type": "object", "required": ["rows"],
                  "properties": { "rows": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Row" } } } },
        "Predictions": { "type": "object", "required": ["predictions", "model", "version", "warnings"], "properties": {
            "predictions": { "type": "array", "items": answer },
            "model": { "type": "string" },
            "version": { "type": "integer" },
            "warnings": { "type": "array", "items": { "type": "string" } },
        } },
        "Tensor": tensor,
        "InferRequest": { "type": "object", "required": ["inputs"], "properties": {
            "id": { "type": "string" },
            "parameters": { "type": "object" },
            "inputs": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Tensor" } },
            "outputs": { "type": "array", "items": { "type": "object", "required": ["name"],
                "properties": { "name": { "enum": ["prediction", "probabilities"] } } } },
        } },
        "InferResponse": { "type": "object", "required": ["model_name", "outputs"], "properties": {
            "model_name": { "type": "string" },
            "model_version": { "type": "string" },
            "id": { "type": "string" },
            "outputs": { "type": "array", "items": { "$ref": "#/components/schemas/Tensor" } },
        } },
        "Error": { "type": "object", "required": ["error"], "properties": { "error": {
            "description": "A text at the addresses of the Open Inference Protocol, else an object.",
            "type": ["string", "object"],
            "properties": { "kind": { "type": "string" }, "message": { "type": "string" }, "hint": { "type": "string" },
                "field": { "type": "object", "properties": { "row": { "type": "integer" }, "column": { "type": "string" },
                    "expected": { "type": "string" }, "found": { "type": "string" } } } },
        } } },
    })
}

fn property(feature: &FeatureInfo) -> Value {
    match feature.kind {
        FeatureKind::Number => json!({ "type": ["number", "null"] }),
        FeatureKind::Boolean => json!({ "type": ["boolean", "null"] }),
        FeatureKind::Category => json!({
            "type": ["string", "number", "boolean", "null"],
            "examples": feature.categories.iter().take(10).collect::<Vec<_>>(),
        }),
        FeatureKind::Date => json!({ "type": ["string", "null"], "format": "date" }),
        FeatureKind::Datetime => json!({ "type": ["string", "null"], "format": "date-time" }),
        FeatureKind::Time => json!({ "type": ["string", "null"], "format": "time" }),
        FeatureKind::Duration => json!({ "type": ["string", "null"], "format": "duration" }),
    }
}
