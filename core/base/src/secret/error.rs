//! What can be the matter with the keychain, in words.

use crate::error::{Error, ErrorKind, Explain};

/// How the keychain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Secrets can be read and kept.
    Ready,
    /// Somebody has to unlock it first.
    Locked,
    /// This machine or this session has none.
    Absent,
    /// A person or a rule of the system refused.
    Denied,
    /// It did not answer in time.
    Slow,
}

impl State {
    /// One word for it, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Locked => "locked",
            Self::Absent => "absent",
            Self::Denied => "denied",
            Self::Slow => "slow",
        }
    }

    /// What it means, as a sentence without its full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Ready => "The keychain is open",
            Self::Locked => "The keychain is locked",
            Self::Absent => "There is no keychain here",
            Self::Denied => "The keychain refused",
            Self::Slow => "The keychain does not answer",
        }
    }

    /// What a person can do about it; empty when nothing has to be done.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Ready => "",
            Self::Locked => {
                "Unlock it: answer the desktop when it asks, or sign in to the desktop again. Then try again."
            }
            Self::Absent if cfg!(any(windows, target_os = "macos")) => {
                "Sign in to the desktop as yourself, then try again."
            }
            Self::Absent => {
                "Start a service that keeps passwords, such as GNOME Keyring or KWallet, in this session. Then try again."
            }
            Self::Denied => "Allow Aloft to use it, then try again.",
            Self::Slow => "Look whether the desktop asks for a password, then try again.",
        }
    }
}

/// What can go wrong with secrets. It never holds one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The keychain cannot be used now.
    #[error("Could not {action}: {}{}", state.sentence(), in_brackets(why))]
    Keychain {
        state: State,
        /// As "keep the secrets of the connection".
        action: &'static str,
        /// The system's own words; may be empty.
        why: String,
    },

    /// What the keychain holds for a connection is not what Aloft wrote.
    #[error("What the keychain holds for the connection '{connection}' cannot be read: {why}")]
    Stored { connection: String, why: &'static str },

    /// A secret that the way to sign in needs was not given.
    #[error("This way to sign in needs {what}")]
    Needed { what: &'static str },

    #[error(transparent)]
    Workspace(#[from] Error),
}

impl SecretError {
    /// How the keychain is, when that is what is the matter.
    pub fn state(&self) -> Option<State> {
        match self {
            Self::Keychain { state, .. } => Some(*state),
            _ => None,
        }
    }
}

fn in_brackets(why: &str) -> String {
    if why.is_empty() {
        String::new()
    } else {
        format!(" ({why})")
    }
}

impl Explain for SecretError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Keychain { state, .. } => match state {
                State::Locked | State::Denied => ErrorKind::PermissionDenied,
                State::Absent => ErrorKind::Unsupported,
                State::Ready | State::Slow => ErrorKind::Unavailable,
            },
            Self::Stored { .. } => ErrorKind::Corrupt,
            Self::Needed { .. } => ErrorKind::Invalid,
            Self::Workspace(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Keychain { state, .. } => Some(state.hint().to_owned()).filter(|hint| !hint.is_empty()),
            Self::Stored { .. } => Some("Enter the secrets of the connection again.".to_owned()),
            Self::Needed { .. } => None,
            Self::Workspace(error) => error.hint(),
        }
    }
}
