//! What can go wrong when an endpoint is served.

use std::path::PathBuf;

use aloft_base::error::hint_of_kind;
use aloft_base::{ErrorKind, Explain};
use aloft_train::TrainError;

/// Why an endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    #[error(transparent)]
    Base(#[from] aloft_base::Error),

    #[error(transparent)]
    Train(#[from] TrainError),

    #[error("The endpoint '{endpoint}' is an external address, which is only watched")]
    External { endpoint: String },

    /// The version answers its example otherwise than when it was registered.
    #[error("{model} does not answer its example as it did when it was registered: {why}")]
    Example { model: String, why: String },

    /// The files agree with each other, but are not those that were registered.
    #[error("The files of {model} are not those that were registered")]
    Replaced { model: String },

    #[error("{model} is deleted")]
    Deleted { model: String },

    #[error("Port {port} of {host} is taken by another program")]
    PortTaken { host: String, port: u16 },

    #[error("Could not listen at {host}, port {port}")]
    Listen {
        host: String,
        port: u16,
        source: std::io::Error,
    },

    #[error("The {what} in {} cannot be used: {why}", path.display())]
    Tls {
        what: &'static str,
        path: PathBuf,
        why: String,
    },

    #[error("Could not {action}")]
    Start {
        action: &'static str,
        source: std::io::Error,
    },
}

impl Explain for ServeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Base(error) => error.kind(),
            Self::Train(error) => error.kind(),
            Self::External { .. } => ErrorKind::Unsupported,
            Self::Example { .. } | Self::Replaced { .. } => ErrorKind::Corrupt,
            Self::Deleted { .. } | Self::PortTaken { .. } => ErrorKind::Conflict,
            Self::Tls { .. } => ErrorKind::Invalid,
            Self::Listen { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                std::io::ErrorKind::AddrNotAvailable | std::io::ErrorKind::InvalidInput => ErrorKind::Invalid,
                _ => ErrorKind::Unavailable,
            },
            Self::Start { source, .. } => ErrorKind::of_io(source),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Base(error) => return error.hint(),
            Self::Train(error) => return error.hint(),
            Self::PortTaken { port, .. } => {
                format!("Choose another port than {port}, or 0 for a free one, or stop what listens there.")
            }
            Self::Example { .. } | Self::Replaced { .. } => {
                "Serve another version, or register the run again.".to_owned()
            }
            Self::Deleted { .. } => "Restore it, or serve another version.".to_owned(),
            Self::Listen { host, .. } => format!("Check that '{host}' is an address of this machine."),
            Self::Tls { .. } => "Give a certificate and its key as PEM files.".to_owned(),
            _ => return hint_of_kind(self.kind()),
        };
        Some(hint)
    }
}
