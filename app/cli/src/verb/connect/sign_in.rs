//! `aloft connect sign-in`: what a person has to confirm, by IAM Identity Center's device flow or with the code of a device.

use std::io::BufRead as _;

use aloft_base::connection::{self, Connection, SignIn};
use aloft_base::secret::{self, Keep, Secrets};
use aloft_base::time::to_rfc3339;
use aloft_base::{ErrorKind, Redacted, Report};
use aloft_cloud::Session;
use aloft_cloud::credentials::{begin_device_sign_in, finish_device_sign_in, take_role};
use anyhow::Result;
use serde_json::json;

use crate::context::Context;
use crate::failure::refuse;
use crate::prompt;
use crate::text::moment;

/// What came of a sign-in: the secret to keep, and until when it serves, in Unix milliseconds.
struct Signed {
    name: &'static str,
    secret: Redacted<String>,
    expires_ms: Option<i64>,
}

/// Asks for what has to be confirmed, waits until it is, and keeps what came of it in the keychain.
pub(super) fn perform(context: &mut Context<'_>, name: &str) -> Result<()> {
    let connection = connection::named(&context.workspace, name)?;
    let signed = match &connection.spec.sign_in {
        SignIn::IdentityCenter {
            start_url, sso_region, ..
        } => by_device_flow(context, start_url, sso_region)?,
        SignIn::Role {
            mfa_serial: Some(serial),
            ..
        } => by_code(context, &connection, serial)?,
        _ => {
            return refuse(Report::new(
                ErrorKind::Invalid,
                format!("The connection '{name}' signs in by itself"),
                "Its way to sign in needs nothing to be confirmed; see: aloft connect list.",
            ));
        }
    };
    let secrets = Secrets::from([(signed.name.to_owned(), signed.secret)]);
    secret::change(
        &context.workspace,
        &connection.id,
        &connection.name,
        &connection.spec,
        Some(&secrets),
        Keep::Keychain,
    )?;
    let expires = signed.expires_ms;
    let object = json!({ "connection": connection.name, "expires": expires.map(to_rfc3339) });
    context.output.answer(&object, || match expires {
        Some(then) => format!("Signed in until {}\n", moment(then)),
        None => "Signed in\n".to_owned(),
    })
}

/// Says where the person confirms a code, and waits until that is done.
fn by_device_flow(context: &mut Context<'_>, start_url: &str, sso_region: &str) -> Result<Signed> {
    let session = Session::start(1)?;
    let waiting = session.wait(begin_device_sign_in(start_url, sso_region))?;
    context.output.note(&format!(
        "Open {} and confirm the code {} within {} minutes",
        waiting.url,
        waiting.user_code,
        waiting.expires_secs / 60
    ));
    let token = session.wait(finish_device_sign_in(&waiting))?;
    Ok(Signed {
        name: "access_token",
        secret: token.access_token,
        expires_ms: Some(token.expires_ms),
    })
}

/// Takes the role with the code that its device shows: typed at the terminal, else the line on standard input.
fn by_code(context: &mut Context<'_>, connection: &Connection, serial: &str) -> Result<Signed> {
    let code = if prompt::can_ask() {
        prompt::secret(context.output, &format!("the code that the device {serial} shows"))?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Redacted::new(line.trim().to_owned())
    };
    if code.expose().is_empty() {
        return refuse(Report::new(
            ErrorKind::Invalid,
            format!("No code of the device {serial} was given"),
            "Run this at a terminal, or give the code on standard input.",
        ));
    }
    let taken = Session::start(1)?.wait(take_role(&connection.name, &connection.spec, &code))?;
    Ok(Signed {
        name: "role_keys",
        secret: taken.role_keys,
        expires_ms: taken.expires_ms,
    })
}
