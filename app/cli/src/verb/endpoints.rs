//! `aloft endpoints`: what answers, how it is, and what it answers.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use aloft_base::endpoint::health::{self, State as Light};
use aloft_base::endpoint::{self, Check, Endpoint, External, Spec, token};
use aloft_base::time::to_rfc3339;
use aloft_base::{ErrorKind, Report, launch};
use aloft_serve::client::{Client, NoAnswer};
use aloft_serve::watch::{self, Prober};
use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::EndpointsVerb;
use crate::context::Context;
use crate::failure::refuse;
use crate::table::{Align, Table};
use crate::text::moment;

/// So many changes of health are printed.
const CHANGES: usize = 1000;
/// A test request may take so long.
const TEST_LIMIT: Duration = Duration::from_mins(1);
/// A server takes a new token within this time.
const TOKEN_LIMIT: Duration = Duration::from_secs(3);

pub(super) fn perform(context: &mut Context<'_>, verb: &EndpointsVerb) -> Result<u8> {
    match verb {
        EndpointsVerb::List => list(context)?,
        EndpointsVerb::Show { name } => show(context, name)?,
        EndpointsVerb::Start { name } => {
            let endpoint = find(context, name)?;
            let job = endpoint::start(&context.workspace, &endpoint.id)?;
            launch::spawn_job(&context.workspace, &job)?;
            launch::ensure_watch(&context.workspace)?;
            show(context, &endpoint.id)?;
        }
        EndpointsVerb::Stop { name } => {
            let endpoint = find(context, name)?;
            endpoint::stop(&context.workspace, &endpoint.id)?;
            show(context, &endpoint.id)?;
        }
        EndpointsVerb::Delete { name } => {
            let endpoint = find(context, name)?;
            endpoint::delete(&context.workspace, &endpoint.id)?;
            let words = format!("Deleted the endpoint '{}'\n", endpoint.name);
            context
                .output
                .answer(&json!({ "endpoint": endpoint.id, "deleted": true }), || words)?;
        }
        EndpointsVerb::Token { name } => new_token(context, name)?,
        EndpointsVerb::History { name } => history(context, name)?,
        EndpointsVerb::Probe { name } => return probe(context, name.as_deref()),
        EndpointsVerb::Add {
            name,
            url,
            open_inference,
            status,
            contains,
            latency_limit,
        } => {
            let check = match open_inference {
                Some(model) => Check::OpenInference { model: model.clone() },
                None => Check::Http {
                    status: *status,
                    contains: contains.clone(),
                },
            };
            let spec = Spec::External(External {
                url: url.clone(),
                check,
                latency_limit_ms: *latency_limit,
            });
            let endpoint = endpoint::create(&context.workspace, name, &spec)?;
            launch::ensure_watch(&context.workspace)?;
            show(context, &endpoint.id)?;
        }
        EndpointsVerb::Test { name } => test(context, name)?,
    }
    Ok(0)
}

/// The endpoint with this name or id.
pub(super) fn find(context: &Context<'_>, name: &str) -> Result<Endpoint> {
    if let Some(endpoint) = endpoint::find(&context.workspace, name)? {
        return Ok(endpoint);
    }
    refuse(Report::new(
        ErrorKind::NotFound,
        format!("There is no endpoint '{name}'"),
        "List them with: aloft endpoints list",
    ))
}

fn object(endpoint: &Endpoint) -> Value {
    let status = endpoint.status.as_ref().filter(|_| endpoint.is_active());
    json!({
        "endpoint": endpoint.id,
        "name": endpoint.name,
        "spec": endpoint.spec,
        "wanted": endpoint.wanted,
        "state": endpoint.state,
        "error": endpoint.error,
        "url": url(endpoint),
        "status": status,
        "health": endpoint.health.as_ref().map(|health| json!({
            "state": health.state,
            "reason": health.reason,
            "since": to_rfc3339(health.since_ms),
            "checked": to_rfc3339(health.checked_ms),
            "latency_ms": health.latency_ms,
            "restarts": health.restarts,
        })),
        "created": to_rfc3339(endpoint.created_ms),
    })
}

/// Where it answers, if it does.
fn url(endpoint: &Endpoint) -> Option<String> {
    match &endpoint.spec {
        Spec::External(external) => Some(external.url.clone()),
        Spec::Local(_) => endpoint
            .status
            .as_ref()
            .filter(|_| endpoint.is_active())
            .map(|status| status.url.clone()),
    }
}

fn list(context: &mut Context<'_>) -> Result<()> {
    let endpoints = endpoint::list(&context.workspace)?;
    let objects: Vec<Value> = endpoints.iter().map(object).collect();
    context.output.answer(&json!({ "endpoints": objects }), || {
        let mut table = Table::new(&[
            ("Endpoint", Align::Left),
            ("Serves", Align::Left),
            ("Health", Align::Left),
            ("Address", Align::Left),
            ("Why", Align::Left),
        ]);
        for endpoint in &endpoints {
            let serves = endpoint.spec.serving().map_or_else(
                || "external".to_owned(),
                |serving| format!("{}{}", serving.model, serving.version),
            );
            let (light, why) = endpoint.health.as_ref().map_or(("unknown", ""), |health| {
                (health.state.as_str(), health.reason.as_str())
            });
            table.row([
                endpoint.name.clone(),
                serves,
                light.to_owned(),
                url(endpoint).unwrap_or_default(),
                why.to_owned(),
            ]);
        }
        if table.is_empty() {
            return "No endpoints yet. Serve a model with: aloft serve MODEL\n".to_owned();
        }
        table.to_string()
    })
}

fn show(context: &mut Context<'_>, name: &str) -> Result<()> {
    let endpoint = find(context, name)?;
    let mut shown = object(&endpoint);
    shown["failures"] = json!(health::failures(&context.workspace, &endpoint.id)?);
    context.output.answer(&shown, || {
        let state = endpoint.state.map_or("external", aloft_base::job::State::as_str);
        let health = endpoint.health.as_ref();
        let light = health.map_or("not looked at yet", |health| health.state.as_str());
        let why = health.map_or(String::new(), |health| format!(" ({})", health.reason));
        let address = url(&endpoint).unwrap_or_else(|| "no address".to_owned());
        format!("{}: {state}, {light}{why}, {address}\n", endpoint.name)
    })
}

fn new_token(context: &mut Context<'_>, name: &str) -> Result<()> {
    let endpoint = find(context, name)?;
    let token = token::make(&context.workspace, &endpoint.id, super::serve::TOKEN_LABEL)?;
    let object = json!({ "endpoint": endpoint.id, "name": endpoint.name, "token": token.reveal() });
    context.output.answer(&object, || {
        format!(
            "{}\nThis is told once: the workspace keeps only its hash.\n",
            token.reveal()
        )
    })
}

fn history(context: &mut Context<'_>, name: &str) -> Result<()> {
    let endpoint = find(context, name)?;
    let changes = health::history(&context.workspace, &endpoint.id, CHANGES)?;
    context.output.answer(&json!({ "changes": changes }), || {
        let mut table = Table::new(&[
            ("When", Align::Left),
            ("From", Align::Left),
            ("To", Align::Left),
            ("Why", Align::Left),
        ]);
        for change in &changes {
            table.row([
                moment(change.time_ms),
                change.before.as_str().to_owned(),
                change.after.as_str().to_owned(),
                change.reason.clone(),
            ]);
        }
        table.to_string()
    })
}

/// Looks at endpoints now. Exits with 1 when one that is wanted does not answer.
fn probe(context: &mut Context<'_>, name: Option<&str>) -> Result<u8> {
    let endpoints = match name {
        Some(name) => vec![find(context, name)?],
        None => endpoint::list(&context.workspace)?,
    };
    let mut found = Vec::new();
    for endpoint in &endpoints {
        let finding = Prober::default().look(&context.workspace, endpoint)?;
        found.push((endpoint, finding));
    }
    let objects: Vec<Value> = found
        .iter()
        .map(|(endpoint, finding)| {
            json!({
                "name": endpoint.name,
                "state": finding.state,
                "reason": finding.reason,
                "latency_ms": finding.latency_ms,
            })
        })
        .collect();
    context.output.answer(&json!({ "endpoints": objects }), || {
        let line = |(endpoint, finding): &(&Endpoint, watch::Finding)| {
            format!("{}: {} ({})\n", endpoint.name, finding.state.as_str(), finding.reason)
        };
        found.iter().map(line).collect()
    })?;
    Ok(u8::from(found.iter().any(|(_, finding)| finding.state == Light::Down)))
}

/// Sends rows with a token of its own and answers what came back.
fn test(context: &mut Context<'_>, name: &str) -> Result<()> {
    let endpoint = find(context, name)?;
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(aloft_base::Error::io("read", Path::new("stdin")))?;
    let rows: Value = match serde_json::from_str(&text) {
        Ok(rows) => rows,
        Err(error) => {
            return refuse(Report::new(
                ErrorKind::Invalid,
                format!("Standard input is no JSON: {error}"),
                "Give it an array of objects, one a row.",
            ));
        }
    };
    let (Some(serving), Some(url)) = (endpoint.spec.serving(), url(&endpoint)) else {
        return refuse(Report::new(
            ErrorKind::Unavailable,
            format!("The endpoint '{}' does not serve now", endpoint.name),
            "Start it first, with: aloft endpoints start",
        ));
    };
    let client = Client::new(TEST_LIMIT, serving.tls.as_ref().map(|tls| tls.certificate.as_str()))?;
    let token = if serving.needs_token {
        Some(token::make(&context.workspace, &endpoint.id, "test form")?)
    } else {
        None
    };
    let url = format!("{url}/predict");
    let no_answer = |error: NoAnswer| {
        refuse(Report::new(
            ErrorKind::Unavailable,
            format!("The endpoint '{}' did not answer: {error}", endpoint.name),
            "Look at its health with: aloft endpoints list",
        ))
    };
    let body = json!({ "rows": rows });
    // The server reads a new token a moment after it was made.
    let begun = std::time::Instant::now();
    while token.is_some() && begun.elapsed() < TOKEN_LIMIT {
        match client.post(&url, token.as_ref(), &json!({ "rows": [] }), true) {
            Ok(answer) if answer.status == 401 => std::thread::sleep(Duration::from_millis(20)),
            Ok(_) => break,
            Err(error) => return no_answer(error),
        }
    }
    let answer = match client.post(&url, token.as_ref(), &body, false) {
        Ok(answer) => answer,
        Err(error) => return no_answer(error),
    };
    let object = json!({
        "status": answer.status,
        "latency_ms": answer.latency_ms,
        "version": answer.version,
        "answer": answer.json(),
    });
    context.output.answer(&object, || {
        format!(
            "{} in {:.1} ms\n{}\n",
            answer.status,
            answer.latency_ms,
            String::from_utf8_lossy(&answer.body)
        )
    })
}
