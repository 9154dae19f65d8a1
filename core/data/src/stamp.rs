//! Whether a file is still the one that was opened.

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::error::{DataError, Result};
use crate::remote;
use crate::source::Source;

/// A file's size and time of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970, 0 where the file system does not say.
    pub(crate) modified_ns: u64,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(DataError::io("read", path))?;
        if meta.is_dir() {
            return Err(DataError::Folder { path: path.to_owned() });
        }
        let modified = meta
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified_ns = modified.map_or(0, |since| since.as_nanos() as u64);
        Ok(Self {
            bytes: meta.len(),
            modified_ns,
        })
    }

    /// The stamp of a source, which may be of many files.
    pub(crate) fn of_source(source: &Source) -> Result<Self> {
        match remote::parts(source)? {
            Some(parts) => Ok(parts.stamp()),
            None => Self::of(&source.path),
        }
    }

    /// Fails when a source is gone or no longer the same.
    pub(crate) fn verify_source(&self, source: &Source) -> Result<()> {
        match remote::parts(source)? {
            Some(parts) if parts.stamp() == *self => Ok(()),
            Some(_) => Err(DataError::Changed {
                path: source.path.clone(),
            }),
            None => self.verify(&source.path),
        }
    }

    /// Fails when the file is gone or no longer the same.
    pub(crate) fn verify(&self, path: &Path) -> Result<()> {
        match Self::of(path) {
            Ok(now) if now == *self => Ok(()),
            Ok(_) => Err(DataError::Changed { path: path.to_owned() }),
            Err(DataError::NoFile { path }) => Err(DataError::Vanished { path }),
            Err(error) => Err(error),
        }
    }
}
