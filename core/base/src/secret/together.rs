//! A connection and its secrets, kept and removed as one.

use super::{Keep, Result, SecretError, Secrets, State, fields};
use crate::connection::{self, Connection, Spec};
use crate::workspace::Workspace;

/// What became of the secrets of a connection that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It had none.
    None,
    Removed,
    /// There is no keychain here now; one that was here before may still hold them.
    Unknown,
}

/// Remembers a connection and keeps its secrets. When they cannot be kept, neither is the connection.
pub fn add(workspace: &Workspace, name: &str, spec: &Spec, secrets: &Secrets, keep: Keep) -> Result<Connection> {
    need(spec, secrets)?;
    let connection = connection::add(workspace, name, spec)?;
    if secrets.is_empty() {
        return Ok(connection);
    }
    match super::store(&connection.id, secrets, keep) {
        Ok(()) => Ok(connection),
        Err(error) => {
            connection::remove(workspace, &connection.id)?;
            Err(error)
        }
    }
}

/// Changes a connection. Secrets that are given replace those that were kept; without any, those stay,
/// but for a way to sign in that has none.
pub fn change(
    workspace: &Workspace,
    id: &str,
    name: &str,
    spec: &Spec,
    secrets: Option<&Secrets>,
    keep: Keep,
) -> Result<Connection> {
    let before = connection::get(workspace, id)?;
    let had_secrets = !fields(&before.spec.sign_in).is_empty();
    let has_secrets = !fields(&spec.sign_in).is_empty();
    let is_same_way = std::mem::discriminant(&before.spec.sign_in) == std::mem::discriminant(&spec.sign_in);
    match secrets {
        Some(secrets) => need(spec, secrets)?,
        None if has_secrets && !is_same_way => need(spec, &Secrets::new())?,
        None => {}
    }
    let changed = connection::change(workspace, id, name, spec)?;
    let kept = match secrets.filter(|secrets| !secrets.is_empty()) {
        Some(secrets) => super::store(id, secrets, keep),
        None if had_secrets && !(is_same_way && has_secrets) => super::remove(id),
        None => Ok(()),
    };
    match kept {
        Ok(()) => Ok(changed),
        Err(error) => {
            connection::change(workspace, id, &before.name, &before.spec)?;
            Err(error)
        }
    }
}

/// Forgets a connection and removes its secrets. When those cannot be removed the connection stays, so that
/// no secret is left that nobody knows of.
pub fn forget(workspace: &Workspace, id: &str) -> Result<Left> {
    let connection = connection::get(workspace, id)?;
    let left = if fields(&connection.spec.sign_in).is_empty() {
        Left::None
    } else {
        match super::remove(id) {
            Ok(()) => Left::Removed,
            Err(error) if error.state() == Some(State::Absent) => Left::Unknown,
            Err(error) => return Err(error),
        }
    };
    connection::remove(workspace, id)?;
    Ok(left)
}

fn need(spec: &Spec, secrets: &Secrets) -> Result<()> {
    let missing = fields(&spec.sign_in)
        .iter()
        .find(|field| field.is_needed && secrets.get(field.name).is_none_or(|value| value.expose().is_empty()));
    match missing {
        None => Ok(()),
        Some(field) => Err(SecretError::Needed { what: field.label }),
    }
}
