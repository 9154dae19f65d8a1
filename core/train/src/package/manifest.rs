//! What a package must contain, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::to_json;
use crate::error::{Result, TrainError};

pub(super) const MANIFEST: &str = "manifest.json";
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    /// Every file of the package but the manifest, by name.
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    bytes: u64,
    blake3: String,
}

impl Entry {
    fn of(content: &[u8]) -> Self {
        Self {
            bytes: content.len() as u64,
            blake3: blake3::hash(content).to_hex().to_string(),
        }
    }
}

/// Writes the manifest of these files.
pub(super) fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<()> {
    let entry = |(name, content): &(&str, Vec<u8>)| ((*name).to_owned(), Entry::of(content));
    let manifest = Manifest {
        version: VERSION,
        files: files.iter().map(entry).collect(),
    };
    aloft_base::fs::write_atomic(&folder.join(MANIFEST), &to_json("the manifest", &manifest)?)?;
    Ok(())
}

/// Whether a folder is a package and not just a run's model.
pub(crate) fn is_package(folder: &Path) -> bool {
    folder.join(MANIFEST).exists()
}

/// Checks every file of a package against its manifest, and that there are no others.
/// Returns the digest: whoever keeps it can tell that the manifest is the same too.
///
/// # Errors
/// When a file is changed, missing or not in the manifest; the error names it.
pub fn verify(folder: &Path) -> Result<String> {
    let damaged = |what: String| TrainError::package(folder, what);
    let (manifest, digest) = read(folder)?;
    for (name, expected) in &manifest.files {
        if !is_plain_name(name) {
            return Err(damaged(format!(
                "{MANIFEST} names '{name}', which is no plain file name"
            )));
        }
        let path = folder.join(name);
        let kind = std::fs::symlink_metadata(&path).map(|data| data.file_type());
        match kind {
            Ok(kind) if kind.is_file() => {}
            Ok(_) => return Err(damaged(format!("{name} is not a file"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged(format!("{name} is missing")));
            }
            Err(error) => return Err(aloft_base::Error::io("read", &path)(error).into()),
        }
        let found = Entry::of(&aloft_base::fs::read(&path)?);
        if found != *expected {
            return Err(damaged(format!(
                "{name} is not what {MANIFEST} says: its content has changed"
            )));
        }
    }
    let failed = |error| TrainError::from(aloft_base::Error::io("read", folder)(error));
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let known = name
            .to_str()
            .is_some_and(|name| name == MANIFEST || manifest.files.contains_key(name));
        if !known {
            return Err(damaged(format!("{} is not in {MANIFEST}", name.display())));
        }
    }
    Ok(digest)
}

/// How large all files of a package are together.
pub(super) fn bytes(folder: &Path) -> Result<u64> {
    let manifest = aloft_base::fs::read(&folder.join(MANIFEST))?.len() as u64;
    Ok(manifest + read(folder)?.0.files.values().map(|entry| entry.bytes).sum::<u64>())
}

/// The names of the files of a package, the manifest last.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<String> = read(folder)?.0.files.into_keys().collect();
    names.push(MANIFEST.to_owned());
    Ok(names)
}

fn read(folder: &Path) -> Result<(Manifest, String)> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Err(TrainError::package(folder, format!("{MANIFEST} is missing")));
    }
    let bytes = aloft_base::fs::read(&path)?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| TrainError::package(folder, format!("{MANIFEST}: {error}")))?;
    if manifest.version > VERSION {
        return Err(TrainError::Newer {
            what: "model package",
            path: folder.to_owned(),
            found: manifest.version,
            known: VERSION,
        });
    }
    Ok((manifest, blake3::hash(&bytes).to_hex().to_string()))
}

/// A name that stays in its folder on every system.
pub(super) fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.bytes().all(plain)
}
