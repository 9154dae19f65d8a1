//! Files of this machine that are being written: under another name until they are whole.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use crate::error::{CloudError, Result};

/// What the name of an unfinished file ends with.
pub(super) const LEFTOVER: &str = ".aloft-part";
/// The longest name of a file that every usual file system takes, in bytes.
const NAME_MAX: usize = 255;

/// The folders that are there, so that each is made once.
#[derive(Debug, Default)]
pub(super) struct Folders(Mutex<HashSet<PathBuf>>);

impl Folders {
    /// Makes the folder of a file.
    pub(super) fn make_for(&self, path: &Path) -> Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        let known = |set: &Mutex<HashSet<PathBuf>>| {
            let set = set.lock().unwrap_or_else(PoisonError::into_inner);
            set.contains(folder)
        };
        if known(&self.0) {
            return Ok(());
        }
        std::fs::create_dir_all(folder).map_err(CloudError::io("create the folder", folder))?;
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(folder.to_owned());
        Ok(())
    }
}

/// The name under which a file is written until it is whole.
pub(super) fn leftover_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut long = OsString::from(name);
    long.push(LEFTOVER);
    if long.len() > NAME_MAX {
        // Another name, and the same one each time.
        let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, name.as_encoded_bytes());
        long = format!("{sum:016x}{LEFTOVER}").into();
    }
    path.with_file_name(long)
}

/// Creates a file anew, or opens what is there of it.
pub(super) fn open(path: &Path, is_new: bool) -> Result<File> {
    File::options()
        .write(true)
        .read(true)
        .create(is_new)
        .truncate(is_new)
        .open(path)
        .map_err(CloudError::io("write", path))
}

/// Gives a whole file its own name, and the time of its source.
pub(super) fn publish(file: &File, leftover: &Path, path: &Path, modified_ms: Option<i64>) -> Result<()> {
    if let Some(time) = modified_ms.and_then(|ms| u64::try_from(ms).ok()) {
        let time = UNIX_EPOCH + Duration::from_millis(time);
        // Some file systems keep no such time; the file is whole all the same.
        drop(file.set_modified(time));
    }
    std::fs::rename(leftover, path).map_err(CloudError::io("write", path))
}

/// Waits until a file and its name are on the disk.
pub(super) fn flush(path: &Path) -> Result<()> {
    let file = File::open(path).map_err(CloudError::io("read", path))?;
    // Some file systems, and those that are mounted to be read only, have nothing to flush.
    drop(file.sync_all());
    #[cfg(unix)]
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        drop(folder.sync_all());
    }
    Ok(())
}

/// Removes a file, which may be gone already.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CloudError::io("delete", path)(error)),
        _ => Ok(()),
    }
}

/// Removes the folders below this one and itself, where they are empty.
pub(super) fn remove_empty(folder: &Path) {
    if let Ok(entries) = std::fs::read_dir(folder) {
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                remove_empty(&entry.path());
            }
        }
        // One that is not empty stays.
        drop(std::fs::remove_dir(folder));
    }
}

/// Does something that may wait for the disk, where that holds up nobody.
pub(super) async fn away<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_cancelled) => Err(CloudError::Stopped),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_has_an_unfinished_one_too() {
        let path = Path::new("/d").join("ü".repeat(127));
        let leftover = leftover_of(&path);
        assert!(leftover.file_name().unwrap().len() <= NAME_MAX);
        assert_eq!(leftover, leftover_of(&path));
        assert_ne!(leftover, leftover_of(&Path::new("/d").join("ö".repeat(127))));
        assert_eq!(leftover_of(Path::new("/d/a")), Path::new("/d/a.aloft-part"));
    }

    #[test]
    fn only_empty_folders_are_removed() {
        let top = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(top.path().join("x/empty/deeper")).unwrap();
        std::fs::create_dir_all(top.path().join("x/full")).unwrap();
        std::fs::write(top.path().join("x/full/f"), "1").unwrap();
        remove_empty(&top.path().join("x"));
        assert!(top.path().join("x/full/f").exists());
        assert!(!top.path().join("x/empty").exists());
    }
}
