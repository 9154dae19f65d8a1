//! Which path is answered by what.

use std::sync::Arc;
use std::time::Instant;

use aloft_data::{FeatureKind, Task};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, header};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::answer::{Target, check_model, predict, refusal, version_named};
use super::failure::{Failure, Kind};
use super::loaded::Loaded;
use super::metrics::Door;
use super::state::Server;
use super::tensors::{PREDICTION, PROBABILITIES};
use super::{openapi, page, prometheus};

const JSON: &str = "application/json";

/// The table of all routes.
pub(super) fn routes(server: &Arc<Server>) -> Router {
    let ask = |door: Door| {
        let server = Arc::clone(server);
        post(move |request: Request<Body>| {
            let target = target(request.uri().path());
            predict(server, door, target, request)
        })
    };
    let tell = |door: Door, told: fn(&Server, &Target) -> Told| {
        let server = Arc::clone(server);
        get(move |request: Request<Body>| {
            let response = answered(&server, door, &request, told);
            std::future::ready(response)
        })
    };
    let missing = {
        let server = Arc::clone(server);
        move |request: Request<Body>| other(server, request)
    };
    let wrong_method = {
        let server = Arc::clone(server);
        move |request: Request<Body>| {
            let path = request.uri().path();
            let failure = Failure::new(
                Kind::Method,
                format!("{} is not what this address takes", short(request.method().as_str())),
                "GET /openapi.json lists what each address takes.",
            );
            std::future::ready(refused(&server, &failure, path.starts_with("/v2"), Instant::now()))
        }
    };
    Router::new()
        .route("/predict", ask(Door::Predict))
        .route("/invocations", ask(Door::Invocations))
        .route("/v2/models/{model}/infer", ask(Door::Infer))
        .route("/v2/models/{model}/versions/{version}/infer", ask(Door::Infer))
        .route("/v2", tell(Door::Metadata, server_metadata))
        .route("/v2/", tell(Door::Metadata, server_metadata))
        .route(
            "/v2/health/live",
            tell(Door::Health, |_, _| json_told(&json!({ "live": true }))),
        )
        .route(
            "/v2/health/ready",
            tell(Door::Health, |_, _| json_told(&json!({ "ready": true }))),
        )
        .route("/v2/models/{model}", tell(Door::Metadata, model_metadata))
        .route(
            "/v2/models/{model}/versions/{version}",
            tell(Door::Metadata, model_metadata),
        )
        .route("/v2/models/{model}/ready", tell(Door::Health, model_ready))
        .route(
            "/v2/models/{model}/versions/{version}/ready",
            tell(Door::Health, model_ready),
        )
        .route("/ping", tell(Door::Health, |_, _| json_told(&json!({}))))
        .route(
            "/metrics",
            tell(Door::Metrics, |server, _| {
                Ok((prometheus::CONTENT_TYPE, prometheus::text(server)))
            }),
        )
        .route(
            "/openapi.json",
            tell(Door::Page, |server, _| json_told(&openapi::document(server))),
        )
        .route(
            "/",
            tell(Door::Page, |server, _| Ok((page::CONTENT_TYPE, page::html(server)))),
        )
        .method_not_allowed_fallback(wrong_method)
        .fallback(missing)
}

/// A content type and a body.
type Told = Result<(&'static str, String), Failure>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "what every address that tells something answers"
)]
fn json_told(value: &Value) -> Told {
    Ok((JSON, value.to_string()))
}

fn answered(
    server: &Server,
    door: Door,
    request: &Request<Body>,
    told: fn(&Server, &Target) -> Told,
) -> Response<Body> {
    let (started, path) = (Instant::now(), request.uri().path());
    match told(server, &target(path)) {
        Ok((content_type, text)) => {
            server.metrics.none.add_request(door, 200, started.elapsed());
            let mut response = Response::new(Body::from(text));
            let value = HeaderValue::from_static(content_type);
            response.headers_mut().insert(header::CONTENT_TYPE, value);
            response
        }
        Err(failure) => refused(server, &failure, path.starts_with("/v2"), started),
    }
}

/// What is at none of our addresses: Vertex AI's, which are known only at run time, or nothing.
async fn other(server: Arc<Server>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    if let Some(vertex) = &server.vertex {
        if path == vertex.predict && request.method() == Method::POST {
            return predict(Arc::clone(&server), Door::Vertex, Target::default(), request).await;
        }
        if path == vertex.health && request.method() == Method::GET {
            return answered(&server, Door::Health, &request, |_, _| json_told(&json!({})));
        }
    }
    let failure = Failure::new(
        Kind::NotFound,
        format!("There is nothing at '{}'", short(path)),
        "GET /openapi.json lists what is.",
    );
    refused(&server, &failure, path.starts_with("/v2"), Instant::now())
}

fn refused(server: &Server, failure: &Failure, is_protocol: bool, started: Instant) -> Response<Body> {
    server
        .metrics
        .none
        .add_request(Door::Other, failure.kind().status(), started.elapsed());
    server.metrics.add_error(failure.kind());
    refusal(failure, is_protocol)
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

/// The model and version in `/v2/models/M/versions/V/…`.
fn target(path: &str) -> Target {
    let mut target = Target::default();
    let Some(rest) = path.strip_prefix("/v2/models/") else {
        return target;
    };
    let mut parts = rest.split('/');
    target.model = parts.next().map(decoded);
    if parts.next() == Some("versions") {
        target.version = parts.next().map(decoded);
    }
    target
}

/// A part of a path without its percent signs.
fn decoded(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = part.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn server_metadata(_: &Server, _: &Target) -> Told {
    json_told(&json!({ "name": "aloft", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

fn model_ready(server: &Server, target: &Target) -> Told {
    check_model(server, target)?;
    if let Some(version) = &target.version {
        version_named(&server.now(), version)?;
    }
    json_told(&json!({ "name": server.name, "ready": true }))
}

fn model_metadata(server: &Server, target: &Target) -> Told {
    check_model(server, target)?;
    let now = server.now();
    let loaded = match &target.version {
        Some(version) => version_named(&now, version)?,
        None => &now.main,
    };
    let versions: Vec<String> = now.answering().map(|loaded| loaded.number.to_string()).collect();
    json_told(&json!({
        "name": server.name,
        "versions": versions,
        "platform": "aloft",
        "inputs": inputs(loaded),
        "outputs": outputs(loaded),
    }))
}

fn inputs(loaded: &Loaded) -> Vec<Value> {
    let features = loaded.signature().features.iter();
    features
        .map(|feature| {
            let datatype = match feature.kind {
                FeatureKind::Number => "FP64",
                FeatureKind::Boolean => "BOOL",
                _ => "BYTES",
            };
            json!({ "name": feature.name, "datatype": datatype, "shape": [-1] })
        })
        .collect()
}

fn outputs(loaded: &Loaded) -> Vec<Value> {
    let signature = loaded.signature();
    if signature.task == Task::Regression {
        return vec![json!({ "name": PREDICTION, "datatype": "FP32", "shape": [-1] })];
    }
    vec![
        json!({ "name": PREDICTION, "datatype": "BYTES", "shape": [-1] }),
        json!({ "name": PROBABILITIES, "datatype": "FP32", "shape": [-1, signature.classes.len()] }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_model_and_a_version() {
        let of = |model: &str, version: Option<&str>| Target {
            model: Some(model.to_owned()),
            version: version.map(str::to_owned),
        };
        assert_eq!(target("/v2/models/m/infer"), of("m", None));
        assert_eq!(target("/v2/models/m/versions/3/infer"), of("m", Some("3")));
        assert_eq!(target("/v2/models/bl%C3%BCte%2/ready"), of("blüte%2", None));
        assert_eq!(target("/predict"), Target::default());
    }
}
