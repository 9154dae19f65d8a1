//! Errors by meaning, the same across providers. No error holds a secret: addresses are
//! of buckets and keys, never signed URLs, and no header is ever quoted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aloft_base::{ErrorKind, Explain};

/// A result whose error is [`CloudError`].
pub type Result<T, E = CloudError> = std::result::Result<T, E>;

/// What a provider's refusal means, whatever code it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    NoBucket,
    NotFound,
    /// Signed in, but not allowed.
    PermissionDenied,
    /// The key, token or signature is not accepted.
    Unauthenticated,
    /// The sign-in was good and has ended.
    Expired,
    /// This machine's clock differs too much from the server's.
    ClockSkew,
    /// It exists already, or somebody else changes it now.
    Conflict,
    /// A condition of the request does not hold: the object is another one now.
    Changed,
    /// The unfinished upload is not known any more.
    NoUpload,
    /// The bucket is in another region.
    WrongRegion,
    /// The server found other bytes than were sent.
    Checksum,
    Invalid,
    Unsupported,
    Throttled,
    /// The server has trouble of its own; it may pass.
    Unavailable,
}

/// What a provider said when it refused.
#[derive(Debug)]
pub struct Refusal {
    pub meaning: Meaning,
    /// What was asked, as "list", "upload part 3 of".
    pub action: String,
    /// What it was asked of, as `s3://bucket/key`.
    pub on: String,
    /// HTTP status; 0 where no server was asked, as in a local folder.
    pub status: u16,
    /// The provider's own code, as `NoSuchKey`; empty when there is none.
    pub code: String,
    /// The provider's own words; may be empty.
    pub message: String,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
    /// The region of the bucket, where that is what was wrong.
    pub region: Option<String>,
    /// Whether it was asked before and no answer came: what is refused now may have been done then.
    pub is_repeated: bool,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let why = match self.meaning {
            Meaning::NoBucket => "there is no such bucket",
            Meaning::NotFound => "it is not there",
            Meaning::PermissionDenied => "this sign-in may not do that",
            Meaning::Unauthenticated => "the sign-in is not accepted",
            Meaning::Expired => "the sign-in has ended",
            Meaning::ClockSkew => "the clock of this machine differs too much from the server's",
            Meaning::Conflict => "it is there already, or being changed",
            Meaning::Changed => "it is another one than before",
            Meaning::NoUpload => "the unfinished upload is gone",
            Meaning::WrongRegion => "the bucket is in another region",
            Meaning::Checksum => "other bytes arrived than were sent",
            Meaning::Invalid => "the server does not accept the request",
            Meaning::Unsupported => "this server cannot do that",
            Meaning::Throttled => "the server asks to slow down",
            Meaning::Unavailable => "the server has trouble of its own",
        };
        write!(f, "Could not {} {}: {why}", self.action, self.on)?;
        if self.status == 0 {
            // A local folder has words, but no codes.
            return if self.message.is_empty() {
                Ok(())
            } else {
                write!(f, " ({})", self.message)
            };
        }
        match (self.code.is_empty(), self.message.is_empty()) {
            (true, true) => write!(f, " (HTTP {})", self.status),
            (false, true) => write!(f, " ({}, HTTP {})", self.code, self.status),
            (true, false) => write!(f, " (HTTP {}: {})", self.status, self.message),
            (false, false) => write!(f, " ({}: {})", self.code, self.message),
        }
    }
}

/// What can go wrong with buckets.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The provider answered, and said no.
    #[error("{0}")]
    Refused(Box<Refusal>),

    /// The provider could not be reached, or the connection broke.
    #[error("Could not {action} {on}: {why}")]
    Network {
        action: String,
        on: String,
        /// What happened, in plain words.
        why: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },

    /// The provider's answer is not what its protocol says.
    #[error("Could not {action} {on}: the server's answer makes no sense ({why})")]
    Answer { action: String, on: String, why: String },

    #[error("Could not {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    #[error("'{text}' is not an address: {why}")]
    Address { text: String, why: &'static str },

    /// The storage cannot hold anything under this key.
    #[error("The key '{key}' cannot be used here: {why}")]
    Key { key: String, why: &'static str },

    /// The connection's own settings are at fault.
    #[error("{message}")]
    Settings { message: String, hint: String },

    #[error("Could not sign in to {on}: {why}")]
    SignIn { on: String, why: String, hint: String },

    #[error("{what} is not something {provider} can do here")]
    Unsupported { what: &'static str, provider: &'static str },

    /// The bytes that arrived are not those that were promised.
    #[error("{on} did not arrive whole: {why}")]
    Damaged { on: String, why: String },

    /// The source is not what it was when the transfer began.
    #[error("{on} changed while it was being copied")]
    SourceChanged { on: String },

    #[error("It was stopped as asked")]
    Stopped,

    /// The secrets of the connection cannot be had.
    #[error(transparent)]
    Secret(#[from] aloft_base::secret::SecretError),

    #[error(transparent)]
    Workspace(#[from] aloft_base::Error),
}

impl CloudError {
    /// Names the action and the path of an input/output error.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// What a provider's refusal means; nothing when it was another kind of failure.
    pub fn meaning(&self) -> Option<Meaning> {
        match self {
            Self::Refused(refusal) => Some(refusal.meaning),
            _ => None,
        }
    }

    /// Whether the thing asked for is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
            _ => matches!(self.meaning(), Some(Meaning::NotFound | Meaning::NoBucket)),
        }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Answer { .. } | Self::Damaged { .. } => true,
            Self::Refused(refusal) => matches!(
                refusal.meaning,
                Meaning::Throttled | Meaning::Unavailable | Meaning::Checksum
            ),
            _ => false,
        }
    }

    /// How long the provider asks to wait before the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }
}

impl Explain for CloudError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(refusal) => match refusal.meaning {
                Meaning::NoBucket | Meaning::NotFound | Meaning::NoUpload => ErrorKind::NotFound,
                Meaning::PermissionDenied => ErrorKind::PermissionDenied,
                Meaning::Unauthenticated | Meaning::Expired | Meaning::ClockSkew => ErrorKind::Unauthenticated,
                Meaning::Conflict | Meaning::Changed => ErrorKind::Conflict,
                Meaning::Checksum => ErrorKind::Corrupt,
                Meaning::Invalid | Meaning::WrongRegion => ErrorKind::Invalid,
                Meaning::Unsupported => ErrorKind::Unsupported,
                Meaning::Throttled | Meaning::Unavailable => ErrorKind::Unavailable,
            },
            Self::Network { .. } | Self::Answer { .. } => ErrorKind::Unavailable,
            Self::Io { source, .. } => ErrorKind::of_io(source),
            Self::Address { .. } | Self::Key { .. } | Self::Settings { .. } => ErrorKind::Invalid,
            Self::SignIn { .. } => ErrorKind::Unauthenticated,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::Damaged { .. } => ErrorKind::Corrupt,
            Self::SourceChanged { .. } => ErrorKind::Conflict,
            Self::Stopped => ErrorKind::Stopped,
            Self::Secret(error) => error.kind(),
            Self::Workspace(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused(refusal) => match refusal.meaning {
                Meaning::NoBucket => "Check the name of the bucket, and that the connection is the right one.",
                Meaning::NotFound => "Refresh the list: somebody may have removed it.",
                Meaning::PermissionDenied => {
                    "Ask who looks after the bucket for this permission, or use another connection."
                }
                Meaning::Unauthenticated => "Check the keys of this connection.",
                Meaning::Expired => "Sign in again, or paste new keys into the connection.",
                Meaning::ClockSkew => "Set the clock of this machine, then try again.",
                Meaning::Conflict => "Choose another name, or what to do when the name is taken.",
                Meaning::Changed => "Refresh the list and try again.",
                Meaning::NoUpload => "Start the upload again.",
                Meaning::WrongRegion => "Set the region of the connection.",
                Meaning::Checksum => "Try again; if it happens again, check the disk and the network.",
                Meaning::Unsupported => "Use another server, or do without.",
                Meaning::Throttled | Meaning::Unavailable => "Try again in a moment.",
                Meaning::Invalid => return None,
            }
            .to_owned(),
            Self::Network { .. } => "Check the network and the address of the connection, then try again.".to_owned(),
            Self::Address { .. } => {
                "Addresses look like s3://bucket/key, gs://bucket/key, az://container/key, or a path.".to_owned()
            }
            Self::Key { .. } => "Choose another name.".to_owned(),
            Self::Settings { hint, .. } | Self::SignIn { hint, .. } => hint.clone(),
            Self::SourceChanged { .. } => "It is copied anew.".to_owned(),
            Self::Secret(error) => return error.hint(),
            Self::Workspace(error) => return error.hint(),
            _ => return aloft_base::error::hint_of_kind(self.kind()),
        };
        (!hint.is_empty()).then_some(hint)
    }
}
