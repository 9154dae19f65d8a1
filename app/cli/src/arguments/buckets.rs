//! What can be typed about buckets.

use aloft_cloud::Encryption;
use aloft_cloud::transfer::Conflict;
use clap::{Args, ValueEnum};

/// An address or a path, and whose it is.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[arg(value_name = "URL")]
    #[arg(help = "s3://BUCKET/PREFIX, gs://…, az://… or a folder; without it the buckets of the connection")]
    pub(crate) url: Option<String>,
    /// Everything under the prefix, not only what is at its top
    #[arg(long, short)]
    pub(crate) recursive: bool,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

/// Which connection the addresses belong to.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// Name of a connection; by default the provider's standard environment and profiles
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Copy {
    #[arg(value_name = "URL", num_args = 2.., required = true)]
    #[arg(
        help = "What to copy, then where to: s3://BUCKET/KEY, gs://…, az://… or paths. A target that ends with / is a folder that the sources go into"
    )]
    pub(crate) places: Vec<String>,
    /// Sources are prefixes or folders with everything under them
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// What happens where a name is taken
    #[arg(long, value_enum, default_value = "replace")]
    pub(crate) conflict: OnConflict,
    #[command(flatten)]
    pub(crate) how: How,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// The folder or prefix that is copied
    pub(crate) source: String,
    /// The folder or prefix that becomes like it
    pub(crate) target: String,
    /// Delete what the source does not have
    #[arg(long)]
    pub(crate) delete: bool,
    #[command(flatten)]
    pub(crate) how: How,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// What to delete
    #[arg(value_name = "URL", required = true)]
    pub(crate) places: Vec<String>,
    /// Everything under the prefix
    #[arg(long, short)]
    pub(crate) recursive: bool,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

/// How data moves.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// How new objects are encrypted: bucket (as the bucket says), provider, kms or kms:KEY
    #[arg(long, value_name = "HOW", default_value = "bucket", value_parser = parse_encryption)]
    pub(crate) encryption: Encryption,
    /// Move at most so much a second, for example 10MB
    #[arg(long, value_name = "SIZE", value_parser = crate::limit::parse_bytes)]
    pub(crate) limit_rate: Option<u64>,
    /// At most so many requests at once; by default as many as go well
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parallel: Option<u16>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnConflict {
    Replace,
    Skip,
    /// The new one gets a name of its own
    KeepBoth,
    /// Replace only what is older
    Newer,
}

impl From<OnConflict> for Conflict {
    fn from(wanted: OnConflict) -> Self {
        match wanted {
            OnConflict::Replace => Self::Replace,
            OnConflict::Skip => Self::Skip,
            OnConflict::KeepBoth => Self::KeepBoth,
            OnConflict::Newer => Self::Newer,
        }
    }
}

fn parse_encryption(text: &str) -> Result<Encryption, String> {
    match text {
        "bucket" => Ok(Encryption::Bucket),
        "provider" => Ok(Encryption::Provider),
        "kms" => Ok(Encryption::Kms(String::new())),
        _ => match text.strip_prefix("kms:") {
            Some(key) if !key.is_empty() => Ok(Encryption::Kms(key.to_owned())),
            _ => Err(format!("'{text}' is none of bucket, provider, kms and kms:KEY")),
        },
    }
}
