//! `aloft models`: register versions, move aliases, compare, exchange.

mod compare;
mod exchange;
mod register;

use std::collections::BTreeMap;

use aloft_base::audit::{self, Chain};
use aloft_base::registry::{self, AliasMove, Selector, Version};
use aloft_base::time::to_rfc3339;
use aloft_base::{ErrorKind, Report};
use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::ModelsVerb;
use crate::context::Context;
use crate::failure::refuse;
use crate::table::{Align, Table, pairs};
use crate::text::{bytes, moment};

/// So many entries of the audit log are printed.
const ENTRIES: usize = 1000;

pub(super) fn perform(context: &mut Context<'_>, verb: &ModelsVerb) -> Result<u8> {
    match verb {
        ModelsVerb::Register {
            run,
            name,
            alias,
            description,
            tags,
        } => {
            let tags: BTreeMap<String, String> = tags.iter().cloned().collect();
            register::perform(context, run, name, alias.as_deref(), description, tags)
        }
        ModelsVerb::List => list(context),
        ModelsVerb::Show { reference } => show(context, reference),
        ModelsVerb::Alias {
            model,
            alias,
            version,
            reason,
            ..
        } => alias_to(context, model, alias, *version, reason),
        ModelsVerb::Rollback { model, alias } => roll_back(context, model, alias),
        ModelsVerb::History { model, alias, at } => history(context, model, alias.as_deref(), at.as_deref()),
        ModelsVerb::Compare { first, second, file } => compare::perform(context, first, second, file.as_deref()),
        ModelsVerb::Export { reference, out } => exchange::export(context, reference, out),
        ModelsVerb::Import { file, name, alias } => exchange::import(context, file, name.as_deref(), alias.as_deref()),
        ModelsVerb::Delete { reference } => {
            let version = exact(context, reference)?;
            registry::delete(&context.workspace, &version.model, version.number)?;
            say(
                context,
                &version,
                "Deleted",
                "It can be restored with: aloft models restore",
            )
        }
        ModelsVerb::Restore { reference } => {
            let version = exact(context, reference)?;
            registry::restore(&context.workspace, &version.model, version.number)?;
            say(context, &version, "Restored", "")
        }
        ModelsVerb::Audit => print_audit(context),
    }?;
    Ok(0)
}

/// The version that a reference means now.
pub(super) fn version(context: &Context<'_>, reference: &str) -> Result<Version> {
    let (model, selector) = registry::parse_reference(reference)?;
    Ok(registry::resolve(&context.workspace, &model, &selector)?)
}

/// The version with this very number: what cannot be guessed must be said.
fn exact(context: &Context<'_>, reference: &str) -> Result<Version> {
    let (model, selector) = registry::parse_reference(reference)?;
    match selector {
        Selector::Version(number) => Ok(registry::get(&context.workspace, &model, number)?),
        _ => refuse(Report::new(
            ErrorKind::Invalid,
            format!("'{reference}' does not say which version"),
            format!("Name it by its number, for example {model}:1"),
        )),
    }
}

fn list(context: &mut Context<'_>) -> Result<()> {
    let models = registry::models(&context.workspace)?;
    let objects: Vec<Value> = models
        .iter()
        .map(|model| {
            let aliases = model.aliases.iter();
            json!({
                "name": model.name,
                "description": model.description,
                "versions": model.versions,
                "newest": model.newest,
                "aliases": aliases.map(|(alias, version)| json!({ "alias": alias, "version": version })).collect::<Vec<_>>(),
                "created": to_rfc3339(model.created_ms),
            })
        })
        .collect();
    context.output.answer(&json!({ "models": objects }), || {
        let mut table = Table::new(&[
            ("Model", Align::Left),
            ("Versions", Align::Right),
            ("Newest", Align::Right),
            ("Aliases", Align::Left),
        ]);
        for model in &models {
            let aliases = model
                .aliases
                .iter()
                .map(|(alias, version)| format!("{alias} → {version}"));
            table.row([
                model.name.clone(),
                model.versions.to_string(),
                model.newest.to_string(),
                aliases.collect::<Vec<_>>().join(", "),
            ]);
        }
        if table.is_empty() {
            return "No models yet. Register one with: aloft models register RUN --name NAME\n".to_owned();
        }
        table.to_string()
    })
}

/// A version as JSON.
pub(super) fn object(context: &Context<'_>, version: &Version) -> Value {
    let folder = context.workspace.version_folder(&version.id);
    json!({
        "model": version.model,
        "version": version.number,
        "id": version.id,
        "run": version.run,
        "description": version.description,
        "tags": version.tags,
        "facts": version.facts,
        "digest": version.digest,
        "bytes": version.bytes,
        "created": to_rfc3339(version.created_ms),
        "deleted": version.deleted_ms.map(to_rfc3339),
        "aliases": version.aliases,
        "folder": folder,
    })
}

fn show(context: &mut Context<'_>, reference: &str) -> Result<()> {
    let version = version(context, reference)?;
    let folder = context.workspace.version_folder(&version.id);
    let mut shown = object(context, &version);
    let verified = aloft_train::verify(&folder);
    shown["verified"] = json!(verified.as_ref().is_ok_and(|digest| *digest == version.digest));
    context.output.answer(&shown, || {
        let files = match &verified {
            Ok(digest) if *digest == version.digest => "whole".to_owned(),
            Ok(_) => "not those that were registered".to_owned(),
            Err(error) => error.to_string(),
        };
        let lines = [
            ("Model", version.model.clone()),
            ("Version", version.number.to_string()),
            ("Aliases", version.aliases.join(", ")),
            ("Description", version.description.clone()),
            ("Run", version.run.clone().unwrap_or_default()),
            ("Registered", moment(version.created_ms)),
            ("Size", bytes(version.bytes)),
            ("Digest", version.digest.clone()),
            ("Files", files),
            ("Folder", folder.display().to_string()),
        ];
        pairs(&lines.map(|(name, value)| (name, value)))
    })
}

fn alias_to(context: &mut Context<'_>, model: &str, alias: &str, version: Option<u32>, reason: &str) -> Result<()> {
    match version {
        Some(version) => registry::move_alias(&context.workspace, model, alias, version, reason)?,
        None => registry::remove_alias(&context.workspace, model, alias, reason)?,
    }
    tell_alias(context, model, alias)
}

fn roll_back(context: &mut Context<'_>, model: &str, alias: &str) -> Result<()> {
    registry::roll_back(&context.workspace, model, alias)?;
    tell_alias(context, model, alias)
}

fn tell_alias(context: &mut Context<'_>, model: &str, alias: &str) -> Result<()> {
    let moves = registry::history(&context.workspace, model, Some(alias))?;
    let (now, previous) = moves.first().map_or((None, None), |last| (last.number, last.previous));
    let object = json!({ "model": model, "alias": alias, "version": now, "previous": previous });
    context.output.answer(&object, || match now {
        Some(number) => format!("{model}@{alias} is version {number}\n"),
        None => format!("{model}@{alias} is no more\n"),
    })
}

fn history(context: &mut Context<'_>, model: &str, alias: Option<&str>, at: Option<&str>) -> Result<()> {
    registry::model_named(&context.workspace, model)?;
    if let (Some(alias), Some(at)) = (alias, at) {
        let time_ms = parse_time(at)?;
        let version = registry::version_at(&context.workspace, model, alias, time_ms)?;
        let object = json!({ "model": model, "alias": alias, "at": to_rfc3339(time_ms), "version": version });
        return context.output.answer(&object, || match version {
            Some(version) => format!("{model}@{alias} was version {version} at {}\n", moment(time_ms)),
            None => format!("{model}@{alias} meant nothing at {}\n", moment(time_ms)),
        });
    }
    let moves = registry::history(&context.workspace, model, alias)?;
    context.output.answer(&json!({ "moves": moves }), || {
        let mut table = Table::new(&[
            ("When", Align::Left),
            ("Who", Align::Left),
            ("Alias", Align::Left),
            ("From", Align::Right),
            ("To", Align::Right),
            ("Why", Align::Left),
        ]);
        for step in &moves {
            table.row(cells(step));
        }
        if table.is_empty() {
            "No alias was ever set.\n".to_owned()
        } else {
            table.to_string()
        }
    })
}

fn cells(step: &AliasMove) -> [String; 6] {
    let number = |number: Option<u32>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
    [
        moment(step.time_ms),
        step.actor.clone(),
        step.alias.clone(),
        number(step.previous),
        number(step.number),
        step.reason.clone(),
    ]
}

/// A moment, or the end of a day in this machine's time zone.
fn parse_time(text: &str) -> Result<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let end = text.parse::<jiff::civil::Date>().ok().and_then(|day| {
        let end = day.at(23, 59, 59, 999_000_000);
        Some(
            end.to_zoned(jiff::tz::TimeZone::system())
                .ok()?
                .timestamp()
                .as_millisecond(),
        )
    });
    end.map_or_else(
        || {
            refuse(Report::new(
                ErrorKind::Invalid,
                format!("'{text}' is no time"),
                "Write a day as 2026-05-03, which means its end, or a moment as 2026-05-03T09:12:00Z.",
            ))
        },
        Ok,
    )
}

fn say(context: &mut Context<'_>, version: &Version, what: &str, hint: &str) -> Result<()> {
    let version = registry::get(&context.workspace, &version.model, version.number)?;
    let object = object(context, &version);
    let (model, number) = (version.model, version.number);
    context.output.answer(&object, || {
        let hint = if hint.is_empty() {
            String::new()
        } else {
            format!("{hint} {model}:{number}\n")
        };
        format!("{what} version {number} of {model}\n{hint}")
    })
}

fn print_audit(context: &mut Context<'_>) -> Result<()> {
    let entries = audit::list(&context.workspace, ENTRIES)?;
    let chain = audit::verify(&context.workspace)?;
    context
        .output
        .answer(&json!({ "entries": entries, "chain": chain }), || {
            let mut table = Table::new(&[
                ("When", Align::Left),
                ("Who", Align::Left),
                ("What", Align::Left),
                ("On", Align::Left),
                ("", Align::Left),
            ]);
            for entry in &entries {
                table.row([
                    moment(entry.time_ms),
                    entry.actor.clone(),
                    entry.action.clone(),
                    entry.subject.clone(),
                    entry.detail.clone(),
                ]);
            }
            let chain = match chain {
                Chain::Whole { entries } => {
                    format!("The record is whole: {entries} entries, each with the hash of the one before.\n")
                }
                Chain::Broken { seq } => {
                    format!("The record was changed: entry {seq}, or one before it, is not what was written.\n")
                }
            };
            format!("{table}\n{chain}")
        })
}
