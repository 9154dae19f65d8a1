//! `aloft serve`: one endpoint, in this process, until it is stopped.

use std::path::{Path, PathBuf};

use aloft_base::endpoint::{self, RequestLog, Serving, Spec, Split, Status, Tls, token};
use aloft_base::registry::{self, Selector};
use aloft_base::{ErrorKind, Report, env};
use aloft_serve::FolderOptions;
use anyhow::Result;
use serde_json::json;

use crate::arguments::Serve;
use crate::context::Context;
use crate::failure::refuse;
use crate::output::Output;
use crate::signal::Stop;
use crate::work;

/// The label of the token that is told to the person; a new one replaces it.
pub(super) const TOKEN_LABEL: &str = "you";

pub(super) fn perform(context: &mut Context<'_>, wanted: &Serve) -> Result<u8> {
    let Some(reference) = &wanted.reference else {
        return refuse(Report::new(
            ErrorKind::Invalid,
            "There is no model to serve".to_owned(),
            "Name one: aloft serve MODEL. They are listed by: aloft models list",
        ));
    };
    let (model, version) = registry::parse_reference(reference)?;
    // What cannot be served is better said before there is an endpoint.
    registry::resolve(&context.workspace, &model, &version)?;
    let name = wanted.name.as_ref().unwrap_or(&model);
    let known = endpoint::find(&context.workspace, name)?;
    let serving = serving(
        wanted,
        &model,
        version,
        known.as_ref().and_then(|known| known.spec.serving()),
    )?;
    for other in [
        serving.split.as_ref().map(|split| &split.version),
        serving.shadow.as_ref(),
    ]
    .into_iter()
    .flatten()
    {
        registry::resolve(&context.workspace, &model, other)?;
    }
    let needs_token = serving.needs_token;
    let spec = Spec::Local(serving);
    let endpoint = match known {
        Some(known) => {
            if known.is_active() {
                return refuse(Report::new(
                    ErrorKind::Conflict,
                    format!("The endpoint '{name}' is served already"),
                    "Stop it with: aloft endpoints stop, or give this one another name with --name.",
                ));
            }
            endpoint::change(&context.workspace, &known.id, &spec)?;
            known
        }
        None => endpoint::create(&context.workspace, name, &spec)?,
    };
    let token = if needs_token {
        Some(token::make(&context.workspace, &endpoint.id, TOKEN_LABEL)?)
    } else {
        None
    };
    let job = endpoint::start(&context.workspace, &endpoint.id)?;
    let (id, name) = (endpoint.id, endpoint.name);
    work::serve(context, &job, &mut |output, status: &Status| {
        let version = status.versions.first().map(|served| served.number);
        let object = json!({
            "endpoint": id,
            "name": name,
            "url": status.url,
            "token": token.as_ref().map(token::Token::reveal),
            "pid": status.pid,
            "model": model,
            "version": version,
        });
        output.answer(&object, || {
            let token = token.as_ref().map_or_else(
                || "It answers whoever asks.".to_owned(),
                |token| format!("Token, told once: {}", token.reveal()),
            );
            let version = version.map_or_else(String::new, |version| format!(", version {version},"));
            format!(
                "Serving {model}{version} at {}\n{token}\nCtrl+C stops it.\n",
                status.url
            )
        })
    })?;
    Ok(0)
}

/// Where SageMaker puts the model into a container.
const CONTAINER_MODEL: &str = "/opt/ml/model";

/// The folder of a model that is served without a workspace: one that was named, or the one of a container.
pub(super) fn folder(wanted: &Serve) -> Option<PathBuf> {
    match &wanted.reference {
        Some(reference) => {
            let path = PathBuf::from(reference);
            let is_path = reference.contains(std::path::is_separator) || reference == ".";
            (is_path && path.is_dir()).then_some(path)
        }
        None => Some(PathBuf::from(CONTAINER_MODEL)).filter(|path| path.is_dir()),
    }
}

/// Serves a model folder, as in a container. A token is asked for when the environment holds one.
pub(super) fn without_workspace(output: &mut Output, stop: &Stop, wanted: &Serve, folder: &Path) -> Result<u8> {
    let folder = found_in(folder);
    let name = wanted.name.clone().unwrap_or_else(|| "model".to_owned());
    let mut options = FolderOptions::new(&name);
    let in_container = wanted.reference.is_none();
    if !in_container {
        options.host.clone_from(&wanted.host);
    }
    if let Some(port) = wanted.port {
        options.port = port;
    }
    options.token = std::env::var(env::ALOFT_TOKEN)
        .ok()
        .filter(|token| !token.is_empty() && !wanted.no_token)
        .map(token::Token::given);
    options.tls = tls(wanted);
    let needs_token = options.token.is_some();
    let mut told = Ok(());
    aloft_serve::serve_folder(&folder, options, stop.flag(), &mut |status| {
        let object = json!({
            "endpoint": null,
            "name": name,
            "url": status.url,
            "token": null,
            "needs_token": needs_token,
            "pid": status.pid,
            "model": name,
            "version": 1,
        });
        told = output.answer(&object, || format!("Serving {} at {}\n", folder.display(), status.url));
    })?;
    told?;
    Ok(0)
}

/// The folder itself, or the one inside it that holds the model: an unpacked archive has one more level.
fn found_in(folder: &Path) -> PathBuf {
    const SIGNATURE: &str = "signature.json";
    if folder.join(SIGNATURE).is_file() {
        return folder.to_owned();
    }
    let inside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut inside = inside.map(|entry| entry.path());
    inside
        .find(|path| path.join(SIGNATURE).is_file())
        .unwrap_or_else(|| folder.to_owned())
}

fn tls(wanted: &Serve) -> Option<Tls> {
    match (&wanted.tls_cert, &wanted.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls {
            certificate: absolute(certificate),
            key: absolute(key),
        }),
        _ => None,
    }
}

/// What is wanted; what was not said stays as it is for a known endpoint.
fn serving(wanted: &Serve, model: &str, version: Selector, known: Option<&Serving>) -> Result<Serving> {
    let split = wanted.split.as_deref().map(parse_split).transpose()?;
    let shadow = wanted.shadow.as_deref().map(parse_selector).transpose()?;
    let log = wanted.log_requests.map(|share| RequestLog {
        share,
        hide: wanted.hide.clone(),
    });
    let before = known.cloned().unwrap_or_default();
    Ok(Serving {
        model: model.to_owned(),
        version,
        split,
        shadow,
        host: wanted.host.clone(),
        port: wanted.port.unwrap_or(before.port),
        keep_up: wanted.keep_up,
        needs_token: !wanted.no_token,
        tls: tls(wanted),
        log,
        ..before
    })
}

fn absolute(path: &Path) -> String {
    let path: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

/// `challenger=0.1` or `3=0.5`
fn parse_split(text: &str) -> Result<Split> {
    let parsed = text.rsplit_once('=').and_then(|(version, share)| {
        let share: f64 = share.trim().parse().ok()?;
        (0.0..=1.0).contains(&share).then_some((version, share))
    });
    match parsed {
        Some((version, share)) => Ok(Split {
            version: parse_selector(version)?,
            share,
        }),
        None => refuse(Report::new(
            ErrorKind::Invalid,
            format!("'{text}' is no split"),
            "Write a version or alias and a share from 0 to 1, for example challenger=0.1",
        )),
    }
}

/// A version's number, or an alias.
fn parse_selector(text: &str) -> Result<Selector> {
    let text = text.trim().trim_start_matches(['@', ':']);
    if let Ok(number) = text.parse() {
        return Ok(Selector::Version(number));
    }
    registry::check_name("alias", text)?;
    Ok(Selector::Alias(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_names_a_version_and_a_share() {
        let split = parse_split("challenger=0.1").unwrap();
        assert_eq!(
            (split.version, split.share),
            (Selector::Alias("challenger".into()), 0.1)
        );
        assert_eq!(parse_split(":3=1").unwrap().version, Selector::Version(3));
        for bad in ["3", "3=2", "=0.5", "a b=0.5", "3=x"] {
            assert!(parse_split(bad).is_err(), "{bad}");
        }
    }
}
