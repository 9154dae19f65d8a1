//! `aloft connect sign-in`: IAM Identity Center by its device flow.

use aloft_base::connection::{self, SignIn};
use aloft_base::secret::{self, Keep, Secrets};
use aloft_base::time::to_rfc3339;
use aloft_base::{ErrorKind, Report};
use aloft_cloud::Session;
use aloft_cloud::credentials::{begin_device_sign_in, finish_device_sign_in};
use anyhow::Result;
use serde_json::json;

use crate::context::Context;
use crate::failure::refuse;
use crate::text::moment;

/// Says where the person confirms a code, waits until that is done, and keeps the token in the keychain.
pub(super) fn perform(context: &mut Context<'_>, name: &str) -> Result<()> {
    let connection = connection::named(&context.workspace, name)?;
    let SignIn::IdentityCenter {
        start_url, sso_region, ..
    } = &connection.spec.sign_in
    else {
        return refuse(Report::new(
            ErrorKind::Invalid,
            format!("The connection '{name}' does not sign in by IAM Identity Center"),
            "Its way to sign in needs nothing to be confirmed; see: aloft connect list.",
        ));
    };
    let session = Session::start(1)?;
    let waiting = session.wait(begin_device_sign_in(start_url, sso_region))?;
    context.output.note(&format!(
        "Open {} and confirm the code {} within {} minutes",
        waiting.url,
        waiting.user_code,
        waiting.expires_secs / 60
    ));
    let token = session.wait(finish_device_sign_in(&waiting))?;
    let secrets = Secrets::from([("access_token".to_owned(), token.access_token)]);
    secret::change(
        &context.workspace,
        &connection.id,
        &connection.name,
        &connection.spec,
        Some(&secrets),
        Keep::Keychain,
    )?;
    let expires = token.expires_ms;
    let object = json!({ "connection": connection.name, "expires": to_rfc3339(expires) });
    context
        .output
        .answer(&object, || format!("Signed in until {}\n", moment(expires)))
}
