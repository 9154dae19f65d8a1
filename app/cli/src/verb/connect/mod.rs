//! `aloft connect`: where buckets are, how to sign in, and whether that works.

mod settings;
mod sign_in;

use aloft_base::connection::{self, Connection, Spec};
use aloft_base::secret::{self, Keep, Left, Secrets};
use aloft_base::{ErrorKind, Explain, Report};
use aloft_cloud::{CheckState, Session};
use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::connect::{ConnectVerb, Settings};
use crate::context::Context;
use crate::failure::{refuse, report_of};
use crate::table::{Align, Table};

pub(super) fn perform(context: &mut Context<'_>, verb: &ConnectVerb) -> Result<u8> {
    match verb {
        ConnectVerb::Add { name, kind, settings } => add(context, name, Spec::new((*kind).into()), settings)?,
        ConnectVerb::Change {
            name,
            rename,
            new_secret,
            settings,
        } => change(context, name, rename.as_deref(), *new_secret, settings)?,
        ConnectVerb::List => list(context)?,
        ConnectVerb::Test { name, bucket } => return test(context, name, bucket.as_deref()),
        ConnectVerb::Remove { name, leave_secret } => remove(context, name, *leave_secret)?,
        ConnectVerb::Profiles => profiles(context)?,
        ConnectVerb::SignIn { name } => sign_in::perform(context, name)?,
    }
    Ok(0)
}

/// A connection as it stands in JSON.
fn object(connection: &Connection) -> Value {
    json!({ "id": connection.id, "name": connection.name, "spec": connection.spec })
}

fn add(context: &mut Context<'_>, name: &str, mut spec: Spec, wanted: &Settings) -> Result<()> {
    let mut given = settings::given(context.output, wanted)?;
    settings::apply(&mut spec, wanted, given.as_mut())?;
    let secrets = settings::secrets(context.output, &spec.sign_in, wanted, given, true)?.unwrap_or_default();
    let connection = secret::add(&context.workspace, name, &spec, &secrets, Keep::Keychain)?;
    answer(context, &connection, "Connected", secrets.is_empty())
}

fn change(
    context: &mut Context<'_>,
    name: &str,
    rename: Option<&str>,
    new_secret: bool,
    wanted: &Settings,
) -> Result<()> {
    let before = connection::named(&context.workspace, name)?;
    let mut spec = before.spec.clone();
    let mut given = settings::given(context.output, wanted)?;
    settings::apply(&mut spec, wanted, given.as_mut())?;
    let is_other_way = std::mem::discriminant(&spec.sign_in) != std::mem::discriminant(&before.spec.sign_in);
    let must_ask = new_secret || is_other_way;
    let secrets: Option<Secrets> = settings::secrets(context.output, &spec.sign_in, wanted, given, must_ask)?;
    let connection = secret::change(
        &context.workspace,
        &before.id,
        rename.unwrap_or(&before.name),
        &spec,
        secrets.as_ref(),
        Keep::Keychain,
    )?;
    let nothing_kept = secrets.is_none_or(|secrets| secrets.is_empty());
    answer(context, &connection, "Changed", nothing_kept)
}

fn answer(context: &mut Context<'_>, connection: &Connection, did: &str, nothing_kept: bool) -> Result<()> {
    let kept = Keep::Keychain.as_str();
    context
        .output
        .answer(&json!({ "connection": object(connection), "kept": kept }), || {
            let secrets = if nothing_kept {
                ""
            } else {
                "; its secrets are in the keychain"
            };
            format!(
                "{did} '{}'{secrets}\nTry it with: aloft connect test '{}'\n",
                connection.name, connection.name
            )
        })
}

fn list(context: &mut Context<'_>) -> Result<()> {
    let connections = connection::list(&context.workspace)?;
    let objects: Vec<Value> = connections.iter().map(object).collect();
    context.output.answer(&json!({ "connections": objects }), || {
        let mut table = Table::new(&[
            ("Name", Align::Left),
            ("Kind", Align::Left),
            ("Where", Align::Left),
            ("Sign in", Align::Left),
        ]);
        for connection in &connections {
            table.row([
                connection.name.clone(),
                connection.spec.provider.label().to_owned(),
                connection.spec.place(),
                connection.spec.sign_in.in_words(),
            ]);
        }
        if table.is_empty() {
            "No connections yet: make one with aloft connect add.\n".to_owned()
        } else {
            table.to_string()
        }
    })
}

/// Answers the exit code: 1 when something does not work.
fn test(context: &mut Context<'_>, name: &str, bucket: Option<&str>) -> Result<u8> {
    let connection = connection::named(&context.workspace, name)?;
    let session = Session::start(1)?;
    let store = session.store(&connection)?;
    let is_json = context.output.is_json();
    let (sender, lines) = std::sync::mpsc::sync_channel(aloft_cloud::CheckStep::ALL.len());
    let known = connection.spec.buckets.clone();
    let bucket = bucket.map(str::to_owned);
    let trial = session.spawn(async move {
        let mut told = |line: &aloft_cloud::Check| drop(sender.send(line.clone()));
        aloft_cloud::check(&*store, bucket.as_deref(), &known, &mut told).await
    });
    for line in lines {
        if !is_json {
            context.output.note(&format!("{}…", line.step.label()));
        }
    }
    let checks = session.wait(trial)?;
    let has_failed = checks.iter().any(|line| line.state == CheckState::Failed);
    context.output.answer(&json!({ "checks": checks }), || {
        let mut table = Table::new(&[("Step", Align::Left), ("", Align::Left), ("", Align::Left)]);
        for line in &checks {
            let state = match line.state {
                CheckState::Ok => "works",
                CheckState::Failed => "FAILED",
                CheckState::Skipped => "skipped",
            };
            table.row([line.step.label().to_owned(), state.to_owned(), line.words.clone()]);
        }
        table.to_string()
    })?;
    Ok(u8::from(has_failed))
}

fn remove(context: &mut Context<'_>, name: &str, leave_secret: bool) -> Result<()> {
    let connection = connection::named(&context.workspace, name)?;
    let left = match secret::forget(&context.workspace, &connection.id) {
        Ok(left) => left,
        Err(error) if leave_secret && error.kind() != ErrorKind::NotFound => {
            connection::remove(&context.workspace, &connection.id)?;
            Left::Unknown
        }
        Err(error) => {
            let report = report_of(&error.into());
            let all_the_same = "To forget the connection all the same, add --leave-secret.";
            let hint = format!("{} {all_the_same}", report.hint);
            return refuse(Report::new(report.kind, report.message, hint.trim()));
        }
    };
    let (word, words) = match left {
        Left::None => ("none", ""),
        Left::Removed => ("removed", " and its secrets"),
        Left::Unknown => ("left", "; the keychain may still hold its secrets"),
    };
    let object = json!({ "connection": connection.id, "removed": true, "secret": word });
    context
        .output
        .answer(&object, || format!("Removed '{}'{words}\n", connection.name))
}

fn profiles(context: &mut Context<'_>) -> Result<()> {
    let found = aloft_cloud::credentials::profiles();
    let objects: Vec<Value> = found
        .iter()
        .map(|profile| json!({ "name": profile.name, "how": profile.kind.label(), "region": profile.region }))
        .collect();
    context.output.answer(&json!({ "profiles": objects }), || {
        let mut table = Table::new(&[
            ("Profile", Align::Left),
            ("Signs in with", Align::Left),
            ("Region", Align::Left),
        ]);
        for profile in &found {
            table.row([
                profile.name.clone(),
                profile.kind.label().to_owned(),
                profile.region.clone().unwrap_or_default(),
            ]);
        }
        if table.is_empty() {
            "There are no AWS profiles on this machine.\n".to_owned()
        } else {
            table.to_string()
        }
    })
}
