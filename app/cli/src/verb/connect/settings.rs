//! From what was typed to a connection's spec and secrets.

use std::io::Read;
use std::path::Path;

use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::secret::{self, SecretError, Secrets};
use aloft_base::{Error, ErrorKind, Redacted, Report};
use anyhow::Result;

use crate::arguments::connect::{Settings, Way};
use crate::failure::{refuse, report_of};
use crate::output::Output;
use crate::prompt;

/// The longest text that is taken from standard input.
const LONGEST: u64 = 1 << 20;

/// What came on standard input.
pub(super) struct Given {
    text: Redacted<String>,
    /// The id of an access key that came with its secret.
    access_key_id: Option<String>,
    secrets: Option<Secrets>,
}

/// Reads what is given on standard input, if it is to be read.
pub(super) fn given(output: &mut Output, wanted: &Settings) -> Result<Option<Given>> {
    if !wanted.secret_stdin {
        return Ok(None);
    }
    if prompt::can_ask() {
        output.note("Reading secrets from standard input; end with Ctrl+D");
    }
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(Error::io("read", Path::new("stdin")))?;
    let keys = aloft_cloud::credentials::parse_pasted(&text);
    let secrets = keys.as_ref().map(|keys| {
        let token = keys
            .session_token
            .clone()
            .map(|token| ("session_token".to_owned(), token));
        let key = ("secret_access_key".to_owned(), keys.secret_access_key.clone());
        [key].into_iter().chain(token).collect()
    });
    Ok(Some(Given {
        text: Redacted::new(text),
        access_key_id: keys.map(|keys| keys.access_key_id),
        secrets,
    }))
}

/// Sets what was typed.
pub(super) fn apply(spec: &mut Spec, wanted: &Settings, given: Option<&mut Given>) -> Result<()> {
    let set = |field: &mut Option<String>, value: &Option<String>| {
        if let Some(value) = value {
            *field = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        }
    };
    set(&mut spec.endpoint, &wanted.endpoint);
    set(&mut spec.region, &wanted.region);
    set(&mut spec.ca_file, &wanted.ca_file);
    set(&mut spec.account, &wanted.account);
    set(&mut spec.project, &wanted.project);
    if let Some(root) = &wanted.root {
        let root = std::path::absolute(root).map_err(Error::io("find", root))?;
        spec.root = Some(root.to_string_lossy().into_owned());
    }
    spec.path_style = wanted.path_style.unwrap_or(spec.path_style);
    spec.allow_http = wanted.allow_http.unwrap_or(spec.allow_http);
    if !wanted.buckets.is_empty() {
        spec.buckets.clone_from(&wanted.buckets);
    }
    if let Some(sign_in) = sign_in(spec, wanted, given)? {
        spec.sign_in = sign_in;
    }
    let missing = match spec.provider {
        Provider::S3Compatible if spec.endpoint.is_none() => Some("--endpoint URL"),
        Provider::Azure if spec.account.is_none() => Some("--account A"),
        Provider::Local if spec.root.is_none() => Some("--root DIR"),
        _ => None,
    };
    match missing {
        None => Ok(()),
        Some(missing) => needs(&format!("A connection to {}", spec.provider.label()), missing),
    }
}

/// The way to sign in that was typed; nothing when none was.
fn sign_in(spec: &Spec, wanted: &Settings, given: Option<&mut Given>) -> Result<Option<SignIn>> {
    let pasted = given.and_then(|given| given.access_key_id.take());
    let implied = if wanted.role_arn.is_some() {
        Some(Way::Role)
    } else if wanted.access_key_id.is_some() || pasted.is_some() {
        Some(Way::Keys)
    } else if wanted.profile.is_some() {
        Some(Way::Profile)
    } else if wanted.command.is_some() {
        Some(Way::Process)
    } else if wanted.key_file.is_some() {
        Some(Way::ServiceAccount)
    } else if wanted.start_url.is_some() {
        Some(Way::IdentityCenter)
    } else if spec.provider == Provider::Local {
        Some(Way::Anonymous)
    } else {
        None
    };
    let Some(way) = wanted.sign_in.or(implied) else {
        return Ok(None);
    };
    let must = |value: &Option<String>, flag: &str| match value {
        Some(value) => Ok(value.trim().to_owned()),
        None => needs("This way to sign in", flag),
    };
    Ok(Some(match way {
        Way::Default => SignIn::Default,
        Way::Profile => SignIn::Profile {
            name: must(&wanted.profile, "--profile NAME")?,
        },
        Way::Keys => SignIn::Keys {
            access_key_id: must(&wanted.access_key_id.clone().or(pasted), "--access-key-id ID")?,
        },
        Way::Process => SignIn::Process {
            command: must(&wanted.command, "--command LINE")?,
        },
        Way::Role => SignIn::Role {
            role_arn: must(&wanted.role_arn, "--role-arn ARN")?,
            profile: wanted.profile.clone(),
            external_id: wanted.external_id.clone(),
            mfa_serial: wanted.mfa_serial.clone(),
        },
        Way::Environment => SignIn::Environment,
        Way::Instance => SignIn::InstanceMetadata,
        Way::IdentityCenter => SignIn::IdentityCenter {
            start_url: must(&wanted.start_url, "--start-url URL")?,
            sso_region: must(&wanted.sso_region, "--sso-region R")?,
            account_id: must(&wanted.account_id, "--account-id N")?,
            role_name: must(&wanted.role_name, "--role-name NAME")?,
        },
        Way::ServiceAccount => SignIn::ServiceAccount,
        Way::AccountKey => SignIn::AccountKey,
        Way::Sas => SignIn::Sas,
        Way::Anonymous => SignIn::Anonymous,
    }))
}

/// The secrets of this way to sign in: from a file, from standard input, or asked for where `must_ask`.
/// Nothing when those that are kept are to stay.
pub(super) fn secrets(
    output: &mut Output,
    sign_in: &SignIn,
    wanted: &Settings,
    given: Option<Given>,
    must_ask: bool,
) -> Result<Option<Secrets>> {
    let fields = secret::fields(sign_in);
    let Some(first) = fields.first() else {
        return Ok(None);
    };
    if let (SignIn::ServiceAccount, Some(file)) = (sign_in, &wanted.key_file) {
        let text = std::fs::read_to_string(file).map_err(Error::io("read the key file", file))?;
        return Ok(Some([(first.name.to_owned(), Redacted::new(text))].into()));
    }
    if let Some(given) = given {
        return of_text(fields, given).map(Some);
    }
    if !must_ask || !fields.iter().any(|field| field.is_needed) {
        return Ok(None);
    }
    if !prompt::can_ask() {
        let report = report_of(&SecretError::Needed { what: first.label }.into());
        let hint = "Give it on standard input with --secret-stdin, or run this at a terminal.";
        return refuse(Report::new(report.kind, report.message, hint));
    }
    let mut secrets = Secrets::new();
    for field in fields {
        let what = if field.is_needed {
            field.label.to_owned()
        } else {
            format!("{}, or nothing", field.label)
        };
        let value = prompt::secret(output, &what)?;
        if !value.expose().is_empty() {
            secrets.insert(field.name.to_owned(), value);
        }
    }
    Ok(Some(secrets))
}

/// The secrets that a text holds: keys as AWS shows them, a JSON object of our names, or the one secret.
fn of_text(fields: &[secret::Field], given: Given) -> Result<Secrets> {
    let knows = |name: &str| fields.iter().any(|field| field.name == name);
    if let Some(secrets) = given.secrets
        && secrets.keys().all(|name| knows(name))
    {
        return Ok(secrets);
    }
    let text = given.text.expose().trim();
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(text).ok();
    if let Some(object) = object.filter(|object| !object.is_empty() && object.keys().all(|name| knows(name))) {
        let text = |value: serde_json::Value| value.as_str().map(|text| Redacted::new(text.to_owned()));
        return Ok(object
            .into_iter()
            .filter_map(|(name, value)| Some((name, text(value)?)))
            .collect());
    }
    let mut needed = fields.iter().filter(|field| field.is_needed);
    match (needed.next(), needed.next()) {
        (Some(field), None) if !text.is_empty() => Ok([(field.name.to_owned(), Redacted::new(text.to_owned()))].into()),
        _ => {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let message = "Standard input holds no secrets of this way to sign in".to_owned();
            let hint = format!("Give a JSON object with: {}.", names.join(", "));
            refuse(Report::new(ErrorKind::Invalid, message, hint))
        }
    }
}

fn needs<T>(what: &str, flag: &str) -> Result<T> {
    refuse(Report::new(
        ErrorKind::Invalid,
        format!("{what} needs {flag}"),
        "See aloft connect add --help.",
    ))
}
