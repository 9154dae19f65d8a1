//! The secrets of connections.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::redacted::Redacted;

/// The secrets of a connection, by the names [`crate::connection::SignIn`] gives them.
pub type Secrets = BTreeMap<String, Redacted<String>>;

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In the keychain of the operating system.
    Keychain,
    /// In the memory of this process, until it ends.
    Session,
}

static SESSION: Mutex<BTreeMap<String, Secrets>> = Mutex::new(BTreeMap::new());

/// The secrets of a connection; none when it has none.
pub fn read(connection: &str) -> Result<Secrets> {
    let session = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(session.get(connection).cloned().unwrap_or_default())
}

/// Keeps the secrets of a connection instead of those it had.
pub fn store(connection: &str, secrets: &Secrets, _keep: Keep) -> Result<()> {
    let mut session = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    session.insert(connection.to_owned(), secrets.clone());
    Ok(())
}

/// Removes the secrets of a connection, wherever they are.
pub fn remove(connection: &str) -> Result<()> {
    SESSION
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(connection);
    Ok(())
}
