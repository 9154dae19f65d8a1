//! Errors by meaning, and how they are told to a person.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it was, whatever failed. The command line's exit code,
/// the JSON `kind` and the icon in the window all follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The thing asked for does not exist.
    NotFound,
    /// Nobody is signed in, or the sign-in has ended.
    Unauthenticated,
    /// It exists, but this person may not read or write it.
    PermissionDenied,
    /// Somebody else holds it, or it is in a state that does not allow this.
    Conflict,
    /// The input (a file, a recipe, an argument) is not what it should be.
    Invalid,
    /// The input is well formed, but Aloft cannot work with it.
    Unsupported,
    /// Stored data fails its checks.
    Corrupt,
    /// No space is left on the device.
    NoSpace,
    /// It may work later: busy, or a process went away.
    Unavailable,
    /// A person asked for it to stop.
    Stopped,
    /// A fault of Aloft's own.
    Internal,
}

impl ErrorKind {
    /// Whether the input is at fault, so that the same call cannot succeed.
    pub fn is_bad_input(self) -> bool {
        matches!(self, Self::NotFound | Self::Invalid | Self::Unsupported)
    }

    /// The kind as it stands in JSON, for example `not_found`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::Corrupt => "corrupt",
            Self::NoSpace => "no_space",
            Self::Unavailable => "unavailable",
            Self::Stopped => "stopped",
            Self::Internal => "internal",
        }
    }

    /// The kind of an input/output error.
    pub fn of_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        match error.kind() {
            Io::NotFound => Self::NotFound,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => Self::PermissionDenied,
            Io::StorageFull | Io::QuotaExceeded => Self::NoSpace,
            Io::AlreadyExists => Self::Conflict,
            Io::InvalidData | Io::UnexpectedEof => Self::Corrupt,
            Io::IsADirectory | Io::NotADirectory => Self::Invalid,
            _ => Self::Unavailable,
        }
    }
}

/// An error that can say what kind it is and what to do next.
pub trait Explain: std::error::Error {
    /// What kind of failure it was.
    fn kind(&self) -> ErrorKind;

    /// The next step a person can take, if there is one.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// An error as it is stored in a job's row, printed as JSON and shown in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub kind: ErrorKind,
    /// What failed, on what, and why, as one or two sentences.
    pub message: String,
    /// What to do next; empty when nothing useful can be said.
    pub hint: String,
}

impl Report {
    pub fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The report of an error, its sources joined into the message.
    pub fn of(error: &(impl Explain + ?Sized)) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            source = cause.source();
        }
        Self {
            kind: error.kind(),
            message,
            hint: error.hint().unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, " {}", self.hint)?;
        }
        Ok(())
    }
}

/// What can go wrong with the workspace and what it holds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("Could not {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    #[error("The workspace database {} is damaged", path.display())]
    DatabaseCorrupt { path: PathBuf, source: rusqlite::Error },

    #[error("The workspace {} was written by a newer Aloft (database version {found}, this one knows {known})", path.display())]
    DatabaseNewer { path: PathBuf, found: i64, known: i64 },

    #[error("Could not {action} in the workspace database")]
    Database {
        action: &'static str,
        source: rusqlite::Error,
    },

    #[error("There is no {what} '{id}' in this workspace")]
    Missing { what: &'static str, id: String },

    #[error("{what} '{id}' {why}")]
    Conflict {
        what: &'static str,
        id: String,
        why: String,
    },

    #[error("The {what} '{name}' {why}")]
    Name {
        what: &'static str,
        name: String,
        why: String,
    },

    #[error("The {what} stored for '{id}' cannot be read")]
    Stored {
        what: &'static str,
        id: String,
        source: serde_json::Error,
    },

    #[error("Could not find the aloft program that runs jobs (looked at {})", looked_at.display())]
    NoProgram { looked_at: PathBuf },
}

impl Error {
    /// Names the action and the path of an input/output error.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// Names the action of a database error.
    pub(crate) fn database(action: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Database { action, source }
    }
}

impl Explain for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } => ErrorKind::of_io(source),
            Self::DatabaseCorrupt { .. } | Self::Stored { .. } => ErrorKind::Corrupt,
            Self::DatabaseNewer { .. } => ErrorKind::Unsupported,
            Self::Database { source, .. } => kind_of_database(source),
            Self::Missing { .. } | Self::NoProgram { .. } => ErrorKind::NotFound,
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Name { .. } => ErrorKind::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::DatabaseCorrupt { path, .. } => format!(
                "Nothing was changed. Restore {} from a backup, or move it away and Aloft starts a new one; recipes, checkpoints and models are files and stay.",
                path.display()
            ),
            Self::DatabaseNewer { .. } => {
                "Nothing was changed. Update Aloft, or open another workspace with --workspace.".to_owned()
            }
            Self::NoProgram { .. } => {
                format!(
                    "Build it with 'make build', or name it in {}.",
                    crate::env::ALOFT_PROGRAM
                )
            }
            _ => return hint_of_kind(self.kind()),
        };
        Some(hint)
    }
}

/// What a person can do about a failure of this kind, when nothing more is known.
pub fn hint_of_kind(kind: ErrorKind) -> Option<String> {
    let hint = match kind {
        ErrorKind::NotFound => "Check the name and try again.",
        ErrorKind::PermissionDenied => "Check the permissions of the file or folder, or choose another one.",
        ErrorKind::Unauthenticated => "Sign in again.",
        ErrorKind::NoSpace => "Free some space on that disk and try again; what was saved before is intact.",
        ErrorKind::Unavailable => "Try again in a moment.",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn kind_of_database(error: &rusqlite::Error) -> ErrorKind {
    use rusqlite::ErrorCode as Code;
    // On a full disk the first thing that fails is the memory that processes share, in a file of its own.
    if error.sqlite_error().map(|error| error.extended_code) == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return ErrorKind::NoSpace;
    }
    match error.sqlite_error_code() {
        Some(Code::DiskFull) => ErrorKind::NoSpace,
        Some(Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied) => ErrorKind::PermissionDenied,
        Some(Code::DatabaseBusy | Code::DatabaseLocked | Code::SystemIoFailure) => ErrorKind::Unavailable,
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => ErrorKind::Corrupt,
        Some(Code::ConstraintViolation) => ErrorKind::Conflict,
        _ => ErrorKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_joins_the_causes_and_keeps_the_next_step() {
        let error = Error::Io {
            action: "write",
            path: "/data/run.toml".into(),
            source: std::io::Error::from(std::io::ErrorKind::StorageFull),
        };
        let report = Report::of(&error);
        assert_eq!(report.kind, ErrorKind::NoSpace);
        assert!(
            report.message.starts_with("Could not write /data/run.toml: "),
            "{}",
            report.message
        );
        assert!(report.hint.contains("Free some space"));
    }

    #[test]
    fn kinds_are_written_as_they_are_named() {
        for kind in [ErrorKind::NotFound, ErrorKind::NoSpace, ErrorKind::Internal] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
