//! The secrets of connections: in the keychain of the operating system, or in the memory of
//! this process when a person chose so. Nowhere else: no file, no database, no argument.

mod chain;
mod entry;
mod error;
mod handover;
mod lock;
mod names;
mod platform;
mod session;
#[cfg(test)]
mod tests;
mod together;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use crate::connection::SignIn;
use crate::redacted::Redacted;

pub use chain::Keychain;
pub use error::{SecretError, State};
pub use handover::{FLAG, hand_over, take_over};
pub use names::{Field, fields};
pub use session::revision;
pub use together::{Left, add, change, forget};

/// The secrets of a connection, by the names [`fields`] gives them.
pub type Secrets = BTreeMap<String, Redacted<String>>;

/// A result whose error is [`SecretError`].
pub type Result<T, E = SecretError> = std::result::Result<T, E>;

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// In the keychain of the operating system.
    #[default]
    Keychain,
    /// In the memory of this process and of those it starts, until they end.
    Session,
}

impl Keep {
    /// As it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::Session => "session",
        }
    }
}

/// How long a caller waits for the keychain.
const PATIENCE: Duration = Duration::from_secs(8);

/// The keychain of this process.
static KEYCHAIN: LazyLock<Keychain> = LazyLock::new(|| Keychain::start(platform::connect, lock::look, PATIENCE));

/// How the keychain is. Asks no person for anything; answers within eight seconds.
pub fn state() -> State {
    KEYCHAIN.state()
}

/// The secrets of a connection; none when it has none. May have the desktop ask for the keychain's password.
pub fn read(connection: &str) -> Result<Secrets> {
    if let Some(secrets) = session::get(connection) {
        return Ok(secrets);
    }
    Ok(KEYCHAIN.read(connection)?.unwrap_or_default())
}

/// As [`read`], for a connection that signs in this way: the keychain is not asked where the way has no secrets, and
/// a way that can do without them has none where there is no keychain.
pub fn read_for(connection: &str, sign_in: &SignIn) -> Result<Secrets> {
    let fields = fields(sign_in);
    if fields.is_empty() {
        return Ok(Secrets::new());
    }
    match read(connection) {
        Err(error) if error.state() == Some(State::Absent) && !fields.iter().any(|field| field.is_needed) => {
            Ok(Secrets::new())
        }
        read => read,
    }
}

/// Where the secrets of a connection are, when it is known without asking the keychain.
pub fn is_in_session(connection: &str) -> bool {
    session::get(connection).is_some()
}

/// Keeps the secrets of a connection instead of those it had.
pub fn store(connection: &str, secrets: &Secrets, keep: Keep) -> Result<()> {
    match keep {
        Keep::Keychain => {
            KEYCHAIN.store(connection, secrets)?;
            session::remove(connection);
        }
        Keep::Session => {
            session::put(connection, secrets.clone());
            // What an open keychain holds is the old one. One that is not open is not asked to be opened for this:
            // the session's secrets come first for as long as they are there.
            if KEYCHAIN.state() == State::Ready {
                KEYCHAIN.remove(connection)?;
            }
        }
    }
    session::note(connection);
    Ok(())
}

/// Removes the secrets of a connection, wherever they are.
pub fn remove(connection: &str) -> Result<()> {
    let in_session = session::remove(connection);
    session::note(connection);
    match KEYCHAIN.remove(connection) {
        // Without a keychain they were nowhere else.
        Err(error) if in_session && error.state() == Some(State::Absent) => Ok(()),
        removed => removed,
    }
}
