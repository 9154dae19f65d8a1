//! Copies of objects in the cache. Each content has a folder of its own, named after the
//! address and the `ETag`, so that a copy is used again for exactly as long as it is true.

use std::path::{Path, PathBuf};

use aloft_base::fs::write_atomic;
use aloft_base::remote::{Object, Reach, Remote};
use aloft_base::{ErrorKind, Report};
use serde::{Deserialize, Serialize};

use super::{BringProgress, of_copy};
use crate::Flow;
use crate::detect::Detected;
use crate::error::{DataError, Result};
use crate::index::read_json;
use crate::keep;

/// The copy of an address that was made last.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) path: PathBuf,
    bytes: u64,
    brought_ms: i64,
}

/// The object as a file of this machine.
pub(super) fn bring(
    reach: &dyn Reach,
    remote: &Remote,
    object: &Object,
    on: &mut dyn FnMut(BringProgress) -> Flow,
) -> Result<PathBuf> {
    let copies = reach.copies();
    let folder = copies.join(name_of(remote, Some(object)));
    let path = folder.join(file_name(&object.url));
    keep::hold(&folder)?;
    let is_here = std::fs::metadata(&path).is_ok_and(|meta| meta.len() == object.bytes);
    if !is_here {
        if keep::make_room(&copies, object.bytes) {
            forget_removed(&copies);
        }
        let part = folder.join(format!(".{}.part", aloft_base::id::new('p')));
        let mut stopped = false;
        let brought = reach.bring(remote, object, &part, &mut |bytes| {
            stopped = on(BringProgress {
                bytes,
                total_bytes: object.bytes,
            }) == Flow::Stop;
            !stopped
        });
        let kept = match brought {
            Ok(()) => std::fs::rename(&part, &path).map_err(DataError::io("write", &path)),
            Err(_) if stopped => Err(DataError::Stopped),
            Err(report) => Err(DataError::Elsewhere(report)),
        };
        if let Err(error) = kept {
            // Not there, or removed with the cache.
            drop(std::fs::remove_file(&part));
            return Err(error);
        }
    }
    let last = Last {
        path: path.clone(),
        bytes: object.bytes,
        brought_ms: aloft_base::time::now_ms(),
    };
    let bytes = serde_json::to_vec(&last)
        .map_err(std::io::Error::from)
        .map_err(DataError::io("write", &copies))?;
    write_atomic(&last_path(&copies, remote), &bytes)?;
    Ok(path)
}

/// The copy that was made last, when the bucket cannot be reached.
pub(super) fn last(reach: &dyn Reach, remote: &Remote, report: Report) -> Result<Detected> {
    let refuse = |report| Err(DataError::Elsewhere(report));
    if report.kind != ErrorKind::Unavailable {
        return refuse(report);
    }
    let Some(last) = read_json::<Last>(&last_path(&reach.copies(), remote))? else {
        return refuse(report);
    };
    if std::fs::metadata(&last.path).map_or(true, |meta| meta.len() != last.bytes) {
        return refuse(report);
    }
    if let Some(folder) = last.path.parent() {
        keep::hold(folder)?;
    }
    let mut detected = of_copy(remote, &last.path)?;
    let hours = (aloft_base::time::now_ms() - last.brought_ms).max(0) / 3_600_000;
    let age = match hours {
        0 => "less than an hour ago".to_owned(),
        1 => "an hour ago".to_owned(),
        2..48 => format!("{hours} hours ago"),
        _ => format!("{} days ago", hours / 24),
    };
    detected.notes.insert(
        0,
        format!(
            "The bucket cannot be reached, so this is the copy that was made {age}. ({})",
            report.message
        ),
    );
    Ok(detected)
}

/// Removes the notes about copies that are gone.
fn forget_removed(copies: &Path) {
    let entries = std::fs::read_dir(copies).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let is_note = path.extension().is_some_and(|ending| ending == "json");
        let note = is_note.then(|| read_json::<Last>(&path).ok().flatten());
        if note.flatten().is_some_and(|last| !last.path.exists()) {
            // Another process may have done so.
            drop(std::fs::remove_file(&path));
        }
    }
}

/// Names the content of a copy, whenever it was made; nothing for a file that is none.
pub(crate) fn identity(copy: &Path) -> Option<String> {
    Some(copy.parent()?.file_name()?.to_str()?.to_owned())
}

fn last_path(copies: &Path, remote: &Remote) -> PathBuf {
    copies.join(format!("{}.json", name_of(remote, None)))
}

fn name_of(remote: &Remote, object: Option<&Object>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{}\0{}", remote.connection.as_deref().unwrap_or_default(), remote.url).as_bytes());
    if let Some(object) = object {
        hasher.update(format!("\0{}\0{}", object.etag, object.bytes).as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The last part of an address, as a name that every file system takes.
fn file_name(url: &str) -> String {
    let name = url.rsplit('/').find(|part| !part.is_empty()).unwrap_or("object");
    let mut kept: String = name
        .chars()
        .map(|letter| {
            if letter.is_control() || "\\:*?\"<>|".contains(letter) {
                '_'
            } else {
                letter
            }
        })
        .collect();
    // From the front, so that the ending stays.
    while kept.len() > 120 {
        kept.remove(0);
    }
    if kept.trim_matches('.').is_empty() {
        "object".to_owned()
    } else {
        kept
    }
}
