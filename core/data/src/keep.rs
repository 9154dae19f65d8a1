//! How much of the cache is kept: what was used last, within a limit, and always what is in use.
//!
//! Each entry (the copy of an object, what was derived of a dataset, an answer) has a folder with a
//! file that says when it was used last, by its own time, and that every process which uses the
//! entry holds a shared lock on until it ends. What nobody holds may go.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aloft_base::fs::{create_folder, free_bytes};

use crate::error::{DataError, Result};

/// The name of the file of an entry that says when it was used last.
const READ: &str = ".read";
/// All copies of objects together take at most so many bytes.
const MOST_BYTES: u64 = 10 << 30;
/// They also take at most this part of what is free and theirs.
const SHARE: u64 = 4;
/// What was used so lately stays: whoever found it may be about to open it.
const YOUNG: Duration = Duration::from_mins(10);
/// The cache of a workspace is looked through at most so often.
const TIDY_EVERY: Duration = Duration::from_mins(1);

/// The entries that this process uses, each with its lock.
static HELD: Mutex<Option<HashMap<PathBuf, File>>> = Mutex::new(None);

/// Says that the entry of a folder is used from now on, and holds it until this process ends.
pub(crate) fn hold(folder: &Path) -> Result<()> {
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
        // Where files know no locks, the limit still goes by when each was used.
        let is_locked = file.lock_shared().is_ok();
        // Who removed the entry meanwhile removed this file before it let go of it.
        if is_locked && !path.exists() {
            continue;
        }
        // Some file systems keep no such time.
        drop(file.set_modified(SystemTime::now()));
        held.insert(folder.to_owned(), file);
        return Ok(());
    }
}

/// As [`hold`], for what is derived of a table; where nothing can be written it is used all the same.
pub(crate) fn hold_cache(folder: &Path) {
    if !folder.as_os_str().is_empty() {
        drop(hold(folder));
    }
}

/// Makes room for so many bytes of copies of objects that are about to come. Answers whether any
/// copy was removed.
pub(crate) fn make_room(copies: &Path, coming_bytes: u64) -> bool {
    let found = folders(copies);
    let kept: u64 = found.iter().map(|entry| entry.bytes).sum();
    let share = free_bytes(copies).map_or(u64::MAX, |free| (free + kept) / SHARE);
    let limit = MOST_BYTES.min(share).saturating_sub(coming_bytes);
    prune(found, limit, Duration::ZERO)
}

/// Removes from a workspace's cache what was derived of datasets and answered, what was used
/// longest ago first, until at most so many bytes are left. What is in use, or was within the last
/// ten minutes, stays. Copies of objects have a limit of their own.
///
/// Nothing is lost by it: what is missing is made again.
pub fn tidy_cache(cache: &Path, most_bytes: u64) {
    let mark = cache.join(".tidied");
    let age = std::fs::metadata(&mark).and_then(|meta| meta.modified());
    if age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < TIDY_EVERY)) {
        return;
    }
    // When it cannot be written it is looked through more often.
    drop(File::create(&mark));
    prune(all(cache), most_bytes, YOUNG);
}

/// Something in the cache, or what is left of it.
struct Entry {
    /// Where it is said when it was used last.
    folder: PathBuf,
    /// What belongs to it and is not in the folder.
    beside: Vec<PathBuf>,
    bytes: u64,
    read: SystemTime,
}

/// The entries of a workspace's cache, but for copies of objects.
fn all(cache: &Path) -> Vec<Entry> {
    let mut found = folders(&cache.join("datasets"));
    found.extend(answers(&cache.join("answers")));
    found
}

/// The entries that are a folder each.
fn folders(parent: &Path) -> Vec<Entry> {
    let folders = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry_of(entry.path(), vec![])).collect()
}

/// Answers: a file, a profile of the same name, and a folder for what is derived of it.
fn answers(parent: &Path) -> Vec<Entry> {
    let files = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let files = files.map(|file| file.path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "arrow"))
        .map(|path| entry_of(path.with_extension("cache"), vec![path.with_extension("json"), path]))
        .collect()
}

fn entry_of(folder: PathBuf, beside: Vec<PathBuf>) -> Entry {
    let inside = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let inside = inside.filter_map(|file| file.metadata().ok());
    let around = beside.iter().filter_map(|path| std::fs::metadata(path).ok());
    let (mut bytes, mut newest) = (0, SystemTime::UNIX_EPOCH);
    for meta in inside.chain(around) {
        bytes += meta.len();
        newest = newest.max(meta.modified().unwrap_or(newest));
    }
    let read = std::fs::metadata(folder.join(READ)).and_then(|meta| meta.modified());
    Entry {
        read: read.unwrap_or(newest),
        folder,
        beside,
        bytes,
    }
}

/// Removes what was used longest ago until no more than `limit` bytes are left, or all that is
/// left is in use or young. What cannot be removed stays: it is tried again the next time.
/// Answers whether anything was removed.
fn prune(mut found: Vec<Entry>, limit: u64, young: Duration) -> bool {
    let mut kept: u64 = found.iter().map(|entry| entry.bytes).sum();
    found.sort_by_key(|entry| entry.read);
    let mut has_removed = false;
    for entry in found {
        let is_young = entry.read.elapsed().is_ok_and(|age| age < young);
        if kept <= limit || is_young {
            break;
        }
        if remove(&entry) {
            kept -= entry.bytes;
            has_removed = true;
        }
    }
    has_removed
}

/// Removes an entry that nobody uses.
fn remove(entry: &Entry) -> bool {
    let folder = &entry.folder;
    if HELD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .is_some_and(|held| held.contains_key(folder))
    {
        return false;
    }
    let path = folder.join(READ);
    if create_folder(folder).is_err() {
        return false;
    }
    let Ok(file) = OpenOptions::new().create(true).truncate(false).write(true).open(&path) else {
        return false;
    };
    if file.try_lock().is_err() {
        return false;
    }
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let others = files.map(|file| file.path()).filter(|found| *found != path);
    let others: Vec<PathBuf> = others
        .chain(entry.beside.iter().filter(|path| path.exists()).cloned())
        .collect();
    let are_gone = others.iter().all(|other| std::fs::remove_file(other).is_ok());
    // Last, and still locked: who waits for it finds that it is gone.
    are_gone && std::fs::remove_file(&path).is_ok() && std::fs::remove_dir(folder).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut names: Vec<String> = folders(copies)
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
        prune(folders(copies), 4000, Duration::ZERO);
        assert_eq!(left(copies).len(), 4);
        prune(folders(copies), 2000, Duration::ZERO);
        assert_eq!(left(copies), ["new", "old"]);
        prune(folders(copies), 0, Duration::ZERO);
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
        prune(folders(copies), 0, Duration::ZERO);
        assert_eq!(left(copies), ["ours", "theirs"]);
        drop(other);
        prune(folders(copies), 0, Duration::ZERO);
        assert_eq!(left(copies), ["ours"]);
        assert!(ours.join("table.csv").exists());
    }

    #[test]
    fn reading_makes_a_copy_new_again() {
        let folder = tempfile::tempdir().unwrap();
        let copies = folder.path();
        let old = copy(copies, "old", 10, 30);
        let before = folders(copies)[0].read;
        hold(&old).unwrap();
        assert!(folders(copies)[0].read > before);
    }

    #[test]
    fn answers_and_what_was_derived_go_together_by_age_and_the_young_stay() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path();
        copy(&cache.join("datasets"), "old", 1000, 30);
        copy(&cache.join("datasets"), "new", 1000, 2);
        copy(&cache.join("datasets"), "young", 1000, 0);
        let answers = cache.join("answers");
        std::fs::create_dir_all(answers.join("a.cache")).unwrap();
        for name in ["a.arrow", "a.json", "a.cache/findings.json"] {
            std::fs::write(answers.join(name), [7; 500]).unwrap();
        }
        let read = File::create(answers.join("a.cache").join(READ)).unwrap();
        read.set_modified(SystemTime::now() - Duration::from_hours(9)).unwrap();
        // One that was never opened, and is as old as its file.
        let bare = File::create(answers.join("b.arrow")).unwrap();
        bare.set_modified(SystemTime::now() - Duration::from_hours(20)).unwrap();

        let names = |cache: &Path| {
            let mut names: Vec<String> = all(cache)
                .iter()
                .map(|entry| entry.folder.file_name().unwrap().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(cache), ["a.cache", "b.cache", "new", "old", "young"]);
        tidy_cache(cache, 3500);
        assert_eq!(names(cache), ["a.cache", "b.cache", "new", "young"]);
        tidy_cache(cache, 0);
        assert_eq!(names(cache).len(), 4, "it was tidied just now");
        prune(all(cache), 2000, YOUNG);
        assert_eq!(names(cache), ["new", "young"]);
        assert_eq!(std::fs::read_dir(&answers).unwrap().count(), 0);
        prune(all(cache), 0, YOUNG);
        assert_eq!(names(cache), ["young"]);
    }
}
