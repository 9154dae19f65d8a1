//! From buckets and keys to paths that stay below the connection's folder.
//!
//! A key is a path whose parts are ordinary names. What would mean something else to the file
//! system (`..`, `a//b`, a drive) is refused, and links are not followed out of a bucket: a link
//! to a folder is not entered at all, a link to a file is one as long as the file is in the bucket.

use std::fs::Metadata;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use super::At;
use crate::error::{CloudError, Meaning, Result};

/// Names that begin so are Aloft's own: unfinished uploads and files being written.
pub(super) const OWN: &str = ".aloft-";

/// A bucket that is there: a folder directly below the connection's.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    /// The folder of a bucket.
    pub(super) fn of(root: &Path, bucket: &str, action: &'static str) -> Result<Self> {
        check_part(bucket).map_err(|why| CloudError::Key {
            key: bucket.to_owned(),
            why,
        })?;
        let path = root.join(bucket);
        let at = At::new(action, &path);
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => Ok(Self { path }),
            Ok(_) => Err(at.refused(Meaning::NoBucket, "it is not a folder")),
            Err(error) if error.kind() == Io::NotFound => Err(at.refused(Meaning::NoBucket, "")),
            Err(error) => Err(at.failed(error)),
        }
    }

    /// The path of a key, which may not be there yet. A key that ends in `/` is a folder.
    pub(super) fn path_of(&self, key: &str) -> Result<PathBuf> {
        let refuse = |why| CloudError::Key {
            key: key.to_owned(),
            why,
        };
        let mut path = self.path.clone();
        let parts: Vec<&str> = key.strip_suffix('/').unwrap_or(key).split('/').collect();
        for (index, part) in parts.iter().enumerate() {
            check_part(part).map_err(refuse)?;
            path.push(part);
            if index + 1 < parts.len() && path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                return Err(refuse("a link to a folder is on its way, and links are not followed"));
            }
        }
        Ok(path)
    }

    /// What is at the path of a key: a file, or the folder a key with a trailing `/` names.
    pub(super) fn look(&self, key: &str, action: &'static str) -> Result<(PathBuf, Metadata)> {
        let path = self.path_of(key)?;
        let at = At::new(action, &path);
        let metadata = at.done(path.symlink_metadata())?;
        let metadata = if metadata.is_symlink() {
            self.through_link(&path)
                .ok_or_else(|| at.refused(Meaning::NotFound, "it is a link out of the bucket"))?
        } else {
            metadata
        };
        match (key.ends_with('/'), metadata.is_dir(), metadata.is_file()) {
            (true, true, _) | (false, _, true) => Ok((path, metadata)),
            (false, true, _) => Err(at.refused(Meaning::NotFound, "it is a folder")),
            (true, ..) => Err(at.refused(Meaning::NotFound, "it is not a folder")),
            _ => Err(at.refused(Meaning::NotFound, "it is not an ordinary file")),
        }
    }

    /// The file of this bucket that a link leads to.
    pub(super) fn through_link(&self, link: &Path) -> Option<Metadata> {
        let bucket = self.path.canonicalize().ok()?;
        let target = link.canonicalize().ok().filter(|target| target.starts_with(&bucket))?;
        target.metadata().ok().filter(Metadata::is_file)
    }
}

/// Whether a name can be that of a file or a folder, and is not one of Aloft's own.
pub(super) fn check_part(part: &str) -> Result<(), &'static str> {
    if part.is_empty() {
        return Err("a folder on a disk has a name, and a part of it is empty");
    }
    if part == "." || part == ".." {
        return Err("on a disk '.' and '..' mean folders");
    }
    if part.contains(['/', '\0']) {
        return Err("it has a character that no file can have");
    }
    if part.starts_with(OWN) {
        return Err("names that begin with '.aloft-' are kept for unfinished uploads");
    }
    if part.len() > 255 {
        return Err("a name on a disk has at most 255 bytes");
    }
    if cfg!(windows) && (part.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) || part.ends_with(['.', ' '])) {
        return Err("it has a character that no file of Windows can have");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("b")).unwrap();
        let folder = Folder::of(root.path(), "b", "open").unwrap();
        (root, folder)
    }

    #[test]
    fn no_key_leads_out_of_its_bucket() {
        let (_root, folder) = folder();
        for key in [
            "",
            "/",
            "..",
            "../x",
            "a/../../x",
            "./x",
            "a//b",
            "/etc/passwd",
            "a/",
            "a//",
            "nul\0",
            ".aloft-uploads/x",
            "a/.aloft-1.part",
        ] {
            let path = folder.path_of(key);
            assert_eq!(path.is_ok(), key == "a/", "{key:?}: {path:?}");
        }
        assert_eq!(folder.path_of("a/ b/ü.csv").unwrap(), folder.path.join("a/ b/ü.csv"));
        for bucket in ["..", ".", "", "a/b", ".aloft-x"] {
            assert!(Folder::of(folder.path.as_path(), bucket, "open").is_err(), "{bucket:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out_of_the_bucket() {
        use std::os::unix::fs::symlink;
        let (root, folder) = folder();
        std::fs::write(root.path().join("secret"), "x").unwrap();
        std::fs::write(folder.path.join("own"), "own").unwrap();
        symlink(root.path().join("secret"), folder.path.join("out")).unwrap();
        symlink(folder.path.join("own"), folder.path.join("in")).unwrap();
        symlink(root.path(), folder.path.join("up")).unwrap();
        symlink(root.path(), root.path().join("linked")).unwrap();
        assert_eq!(
            folder.look("out", "read").unwrap_err().meaning(),
            Some(Meaning::NotFound)
        );
        assert_eq!(folder.look("in", "read").unwrap().1.len(), 3);
        assert!(folder.path_of("up/secret").unwrap_err().to_string().contains("link"));
        assert_eq!(
            Folder::of(root.path(), "linked", "open").unwrap_err().meaning(),
            Some(Meaning::NoBucket)
        );
    }
}
