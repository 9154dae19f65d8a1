//! How much of the copies is kept: the ones read last, within a limit, and always those in use.
//!
//! Each copy has a file that says when it was read last, by its own time, and that every process
//! which reads the copy holds a shared lock on until it ends. What nobody holds may go.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aloft_base::fs::{create_folder, free_bytes};

use crate::error::{DataError, Result};
use crate::index::read_json;

/// The name of the file of a copy that says when it was read last.
const READ: &str = ".read";
/// All copies together take at most so many bytes.
const MOST_BYTES: u64 = 10 << 30;
/// They also take at most this part of what is free and theirs.
const SHARE: u64 = 4;

/// The copies that this process reads, each with its lock.
static HELD: Mutex<Option<HashMap<PathBuf, File>>> = Mutex::new(None);

/// Says that the copy in a folder is read from now on, and holds it until this process ends.
pub(super) fn hold(folder: &Path) -> Result<()> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let held = held.get_or_insert_default();
    let path = folder.join(READ);
    loop {
        create_folder(folder)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(DataError::io("write", &path))?;
        // Where files know no locks, the limit still goes by when each was read.
        let is_locked = file.lock_shared().is_ok();
        // Who removed the copy meanwhile removed this file before it let go of it.
        if is_locked && !path.exists() {
            continue;
        }
        // Some file systems keep no such time.
        drop(file.set_modified(SystemTime::now()));
        held.insert(folder.to_owned(), file);
        return Ok(());
    }
}

/// Makes room for so many bytes that are about to come.
pub(super) fn make_room(copies: &Path, coming_bytes: u64) {
    let found = all(copies);
    let kept: u64 = found.iter().map(|copy| copy.bytes).sum();
    let share = free_bytes(copies).map_or(u64::MAX, |free| (free + kept) / SHARE);
    let limit = MOST_BYTES.min(share).saturating_sub(coming_bytes);
    prune(copies, found, limit);
}

/// A copy, or what is left of one.
struct Copy {
    folder: PathBuf,
    bytes: u64,
    read: SystemTime,
}

fn all(copies: &Path) -> Vec<Copy> {
    let folders = std::fs::read_dir(copies).into_iter().flatten().flatten();
    let folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders
        .map(|entry| {
            let folder = entry.path();
            let (mut bytes, mut newest) = (0, SystemTime::UNIX_EPOCH);
            for meta in std::fs::read_dir(&folder)
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|file| file.metadata().ok())
            {
                bytes += meta.len();
                newest = newest.max(meta.modified().unwrap_or(newest));
            }
            let read = std::fs::metadata(folder.join(READ)).and_then(|meta| meta.modified());
            Copy {
                read: read.unwrap_or(newest),
                folder,
                bytes,
            }
        })
        .collect()
}

/// Removes what was read longest ago until no more than `limit` bytes are left, or all that is
/// left is in use. What cannot be removed stays: it is tried again the next time.
fn prune(copies: &Path, mut found: Vec<Copy>, limit: u64) {
    let mut kept: u64 = found.iter().map(|copy| copy.bytes).sum();
    found.sort_by_key(|copy| copy.read);
    let mut has_removed = false;
    for copy in found {
        if kept <= limit {
            break;
        }
        if remove(&copy.folder) {
            kept -= copy.bytes;
            has_removed = true;
        }
    }
    if has_removed {
        forget_removed(copies);
    }
}

/// Removes a copy that nobody reads.
fn remove(folder: &Path) -> bool {
    if HELD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .is_some_and(|held| held.contains_key(folder))
    {
        return false;
    }
    let path = folder.join(READ);
    let Ok(file) = OpenOptions::new().create(true).truncate(false).write(true).open(&path) else {
        return false;
    };
    if file.try_lock().is_err() {
        return false;
    }
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let others: Vec<PathBuf> = files.map(|entry| entry.path()).filter(|found| *found != path).collect();
    let are_gone = others.iter().all(|other| std::fs::remove_file(other).is_ok());
    // Last, and still locked: who waits for it finds that it is gone.
    are_gone && std::fs::remove_file(&path).is_ok() && std::fs::remove_dir(folder).is_ok()
}

/// Removes the notes about copies that are gone.
fn forget_removed(copies: &Path) {
    let entries = std::fs::read_dir(copies).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let is_note = path.extension().is_some_and(|ending| ending == "json");
        let note = is_note.then(|| read_json::<super::copy::Last>(&path).ok().flatten());
        if note.flatten().is_some_and(|last| !last.path.exists()) {
            // Another process may have done so.
            drop(std::fs::remove_file(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A copy of so many bytes that was read so many hours ago, and the file of its last reading.
    fn copy(copies: &Path, name: &str, bytes: usize, hours: u64) -> PathBuf {
        let folder = copies.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("table.csv"), vec![7; bytes]).unwrap();
        let read = File::create(folder.join(READ)).unwrap();
        let ago = Duration::from_secs(hours * 3600);
        read.set_modified(SystemTime::now() - ago).unwrap();
        folder
    }

    fn left(copies: &Path) -> Vec<String> {
        let mut names: Vec<String> = all(copies)
            .iter()
            .map(|copy| copy.folder.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_read_longest_ago_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let copies = folder.path();
        for (name, hours) in [("new", 1), ("old", 9), ("older", 20), ("oldest", 30)] {
            copy(copies, name, 1000, hours);
        }
        prune(copies, all(copies), 4000);
        assert_eq!(left(copies).len(), 4);
        prune(copies, all(copies), 2000);
        assert_eq!(left(copies), ["new", "old"]);
        prune(copies, all(copies), 0);
        assert!(left(copies).is_empty());
    }

    #[test]
    fn what_is_in_use_stays_whoever_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let copies = folder.path();
        let ours = copy(copies, "ours", 1000, 30);
        let theirs = copy(copies, "theirs", 1000, 20);
        copy(copies, "nobody's", 1000, 1);
        hold(&ours).unwrap();
        // As another process does: a lock belongs to the opened file.
        let other = File::open(theirs.join(READ)).unwrap();
        other.lock_shared().unwrap();
        prune(copies, all(copies), 0);
        assert_eq!(left(copies), ["ours", "theirs"]);
        drop(other);
        prune(copies, all(copies), 0);
        assert_eq!(left(copies), ["ours"]);
        assert!(ours.join("table.csv").exists());
    }

    #[test]
    fn reading_makes_a_copy_new_again() {
        let folder = tempfile::tempdir().unwrap();
        let copies = folder.path();
        let old = copy(copies, "old", 10, 30);
        let before = all(copies)[0].read;
        hold(&old).unwrap();
        assert!(all(copies)[0].read > before);
    }
}
