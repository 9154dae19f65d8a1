//! Writing files that are whole or not there, copying and deleting.

use std::fs::File;
use std::io::{ErrorKind as Io, Write};
use std::path::{Path, PathBuf};

use super::path::{Folder, OWN};
use super::{At, etag};
use crate::error::{CloudError, Meaning, Result};
use crate::store::Written;

/// How often the folders of a file are made anew when somebody removes them meanwhile.
const ATTEMPTS: u32 = 5;

/// Writes a file under a temporary name beside it, and gives it its own once it is whole.
pub(super) fn file(folder: &Folder, key: &str, body: &[u8], only_new: bool) -> Result<Written> {
    let path = folder.path_of(key)?;
    let at = At::new("write", &path);
    if key.ends_with('/') {
        return marker(&at, body, only_new);
    }
    at.check_free(only_new)?;
    let temporary = temporary(&path);
    let result = (|| {
        let mut file = in_folder(&at, || File::create_new(&temporary))?;
        at.done(file.write_all(body))?;
        at.done(place(&temporary, &path, only_new))?;
        Ok(Written {
            etag: etag(&at.done(file.metadata())?),
            version: None,
        })
    })();
    remove_leftover(result, &temporary)
}

/// A folder, for a key that ends in `/`.
fn marker(at: &At, body: &[u8], only_new: bool) -> Result<Written> {
    if !body.is_empty() {
        return Err(at.refused(
            Meaning::Invalid,
            "a key that ends in '/' is a folder here, which holds no bytes",
        ));
    }
    if only_new && at.path.exists() {
        return Err(at.refused(Meaning::Conflict, ""));
    }
    at.done(std::fs::create_dir_all(&at.path))?;
    Ok(Written {
        etag: etag(&at.done(at.path.metadata())?),
        version: None,
    })
}

/// Copies a file with the system's own means, which may share the blocks of the disk.
pub(super) fn copy(source: &Path, folder: &Folder, key: &str, only_new: bool) -> Result<Written> {
    let path = folder.path_of(key)?;
    let at = At::new("copy to", &path);
    if key.ends_with('/') {
        return marker(&at, b"", only_new);
    }
    at.check_free(only_new)?;
    let temporary = temporary(&path);
    let result = (|| {
        in_folder(&at, || std::fs::copy(source, &temporary))?;
        at.done(place(&temporary, &path, only_new))?;
        Ok(Written {
            etag: etag(&at.done(path.metadata())?),
            version: None,
        })
    })();
    remove_leftover(result, &temporary)
}

/// Gives a whole file its place, also from another disk.
pub(super) fn settle(whole: &Path, path: &Path, only_new: bool) -> Result<Written> {
    let at = At::new("write", path);
    at.check_free(only_new)?;
    match in_folder(&at, || place(whole, path, only_new)) {
        Err(CloudError::Io { source, .. }) if source.kind() == Io::CrossesDevices => {
            let temporary = temporary(path);
            let copied = (|| {
                at.done(std::fs::copy(whole, &temporary))?;
                at.done(place(&temporary, path, only_new))
            })();
            remove_leftover(copied, &temporary)?;
        }
        other => other?,
    }
    Ok(Written {
        etag: etag(&at.done(path.metadata())?),
        version: None,
    })
}

/// Deletes a file, a link or an empty folder, and the folders above that this leaves empty:
/// in a bucket there are no empty ones but those that were made as such. Not there is as good.
pub(super) fn delete(folder: &Folder, key: &str) -> Result<()> {
    let path = folder.path_of(key)?;
    let at = At::new("delete", &path);
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() && key.ends_with('/') => match std::fs::remove_dir(&path) {
            // The folder stays for what is in it, as a prefix does.
            Err(error) if error.kind() == Io::DirectoryNotEmpty => return Ok(()),
            other => other,
        },
        Ok(metadata) if metadata.is_dir() || key.ends_with('/') => return Ok(()),
        Ok(_) => std::fs::remove_file(&path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => return Ok(()),
        other => at.done(other)?,
    }
    let mut above = path.parent();
    while let Some(parent) = above.filter(|parent| *parent != folder.path) {
        if std::fs::remove_dir(parent).is_err() {
            break;
        }
        above = parent.parent();
    }
    Ok(())
}

/// Does something that needs the folder of a path, which is made where it is missing.
fn in_folder<T>(at: &At, work: impl Fn() -> std::io::Result<T>) -> Result<T> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match work() {
            Err(error) if error.kind() == Io::NotFound && attempt < ATTEMPTS => {
                if let Some(parent) = at.path.parent() {
                    at.done(std::fs::create_dir_all(parent))?;
                }
            }
            other => return at.done(other),
        }
    }
}

/// Renames; or fails where the name is taken, however many try at once.
fn place(whole: &Path, path: &Path, only_new: bool) -> std::io::Result<()> {
    if !only_new {
        return std::fs::rename(whole, path);
    }
    match std::fs::hard_link(whole, path) {
        Ok(()) => std::fs::remove_file(whole),
        // A file system without links has no better way.
        Err(error) if matches!(error.kind(), Io::Unsupported | Io::PermissionDenied) && !path.exists() => {
            std::fs::rename(whole, path)
        }
        Err(error) => Err(error),
    }
}

/// A name of Aloft's own in the folder of a path.
fn temporary(path: &Path) -> PathBuf {
    path.with_file_name(format!("{OWN}{}.part", aloft_base::id::new('w')))
}

/// The temporary file is of no use once writing failed.
fn remove_leftover<T>(result: Result<T>, temporary: &Path) -> Result<T> {
    if result.is_err() {
        drop(std::fs::remove_file(temporary));
    }
    result
}
