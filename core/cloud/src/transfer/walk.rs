//! Files of a folder of this machine, in the order in which buckets list keys.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use aloft_base::{Explain, Report, error::ErrorKind};

use super::files::LEFTOVER;
use crate::error::CloudError;

/// Something found below a folder.
#[derive(Debug)]
pub(super) struct Found {
    /// Below the folder, with `/`.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    File(Metadata),
    /// Not a thing that can be copied, and why.
    Odd(Report),
    /// It could not be read, and why.
    Unreadable(Report),
}

/// Goes through a folder. Memory holds the names of the folders on the way down, never all of them.
#[derive(Debug)]
pub(super) struct Walk {
    /// What is still to be looked at, each level sorted backwards.
    levels: Vec<Vec<Entry>>,
    /// The folders on the way down, as they really are; only those of links are compared.
    above: Vec<PathBuf>,
    follows_links: bool,
}

#[derive(Debug)]
struct Entry {
    name: String,
    path: PathBuf,
    what: Result<Kind, Report>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    LinkToFolder,
    File,
    Odd(&'static str),
}

impl Walk {
    /// Goes through a folder; `prefix` is put before each name.
    pub(super) fn new(folder: &Path, prefix: &str, follows_links: bool) -> Self {
        Self {
            levels: vec![vec![Entry {
                name: prefix.to_owned(),
                path: folder.to_owned(),
                what: Ok(Kind::Folder),
            }]],
            above: Vec::new(),
            follows_links,
        }
    }

    fn enter(&mut self, entry: &Entry, is_link: bool) -> Option<Found> {
        let real = std::fs::canonicalize(&entry.path);
        let real = match real {
            Ok(real) => real,
            Err(error) => return Some(unreadable(entry, error)),
        };
        // A link to a folder that is above it would never end.
        if is_link && self.above.contains(&real) {
            return Some(odd(entry, "it is a link to a folder that it is in"));
        }
        match list(entry, self.follows_links) {
            Ok(entries) => {
                self.levels.push(entries);
                self.above.push(real);
                None
            }
            Err(error) => Some(unreadable(entry, error)),
        }
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let level = self.levels.last_mut()?;
            let Some(entry) = level.pop() else {
                self.levels.pop();
                self.above.pop();
                continue;
            };
            let found = match &entry.what {
                Ok(Kind::Folder) => self.enter(&entry, false),
                Ok(Kind::LinkToFolder) => self.enter(&entry, true),
                Ok(Kind::Odd(why)) => Some(odd(&entry, why)),
                Err(report) => Some(Found {
                    name: entry.name.clone(),
                    path: entry.path.clone(),
                    what: What::Unreadable(report.clone()),
                }),
                Ok(Kind::File) => Some(match std::fs::metadata(&entry.path) {
                    Ok(metadata) => Found {
                        name: entry.name.clone(),
                        path: entry.path.clone(),
                        what: What::File(metadata),
                    },
                    Err(error) => unreadable(&entry, error),
                }),
            };
            if found.is_some() {
                return found;
            }
        }
    }
}

/// The entries of a folder, sorted backwards as keys are: a folder's name ends with `/`.
fn list(folder: &Entry, follows_links: bool) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(&folder.path)? {
        let entry = entry?;
        let path = entry.path();
        let Ok(own) = entry.file_name().into_string() else {
            entries.push(Entry {
                name: format!("{}{}", folder.name, entry.file_name().to_string_lossy()),
                path,
                what: Ok(Kind::Odd("its name is no text that a key can be")),
            });
            continue;
        };
        if own.ends_with(LEFTOVER) {
            continue;
        }
        let what = kind(&entry, follows_links).map_err(|error| report(&path, error));
        let is_folder = matches!(what, Ok(Kind::Folder | Kind::LinkToFolder));
        let end = if is_folder { "/" } else { "" };
        entries.push(Entry {
            name: format!("{}{own}{end}", folder.name),
            path,
            what,
        });
    }
    entries.sort_unstable_by(|one, two| two.name.cmp(&one.name));
    Ok(entries)
}

fn kind(entry: &std::fs::DirEntry, follows_links: bool) -> std::io::Result<Kind> {
    let own = entry.file_type()?;
    if own.is_file() {
        return Ok(Kind::File);
    }
    if own.is_dir() {
        return Ok(Kind::Folder);
    }
    if own.is_symlink() {
        if !follows_links {
            return Ok(Kind::Odd("it is a link"));
        }
        let target = std::fs::metadata(entry.path())?;
        if target.is_file() {
            return Ok(Kind::File);
        }
        if target.is_dir() {
            return Ok(Kind::LinkToFolder);
        }
    }
    Ok(Kind::Odd("it is neither a file nor a folder"))
}

fn odd(entry: &Entry, why: &str) -> Found {
    let message = format!("{} is left out: {why}", entry.path.display());
    Found {
        name: entry.name.clone(),
        path: entry.path.clone(),
        what: What::Odd(Report::new(ErrorKind::Unsupported, message, "")),
    }
}

fn unreadable(entry: &Entry, error: std::io::Error) -> Found {
    Found {
        name: entry.name.clone(),
        path: entry.path.clone(),
        what: What::Unreadable(report(&entry.path, error)),
    }
}

fn report(path: &Path, error: std::io::Error) -> Report {
    Report::of(&CloudError::io("read", path)(error) as &dyn Explain)
}

/// What a file's content was: its size and when it changed, to the nanosecond.
pub(super) fn stamp(metadata: &Metadata) -> String {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{}:{}", since.unwrap_or_default().as_nanos(), metadata.len())
}

/// When a file changed, in Unix milliseconds.
pub(super) fn modified_ms(metadata: &Metadata) -> Option<i64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(walk: Walk) -> Vec<String> {
        walk.map(|found| match found.what {
            What::File(_) => found.name,
            What::Odd(_) => format!("odd {}", found.name),
            What::Unreadable(_) => format!("unreadable {}", found.name),
        })
        .collect()
    }

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/x", "a.txt", "a-b/y", "b", "a/z/deep"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        std::fs::write(folder.path().join(format!("b{LEFTOVER}")), "half").unwrap();
        folder
    }

    #[test]
    fn files_come_in_the_order_of_keys() {
        let tree = tree();
        let found = names(Walk::new(tree.path(), "", true));
        let mut sorted = found.clone();
        sorted.sort();
        assert_eq!(found, sorted);
        assert_eq!(found, ["a-b/y", "a.txt", "a/x", "a/z/deep", "b"]);
        assert!(names(Walk::new(tree.path(), "data/", true))[0].starts_with("data/a-b"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let tree = tree();
        std::os::unix::fs::symlink(tree.path(), tree.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink(tree.path().join("a/z"), tree.path().join("side")).unwrap();
        std::os::unix::fs::symlink("/nowhere", tree.path().join("broken")).unwrap();
        let found = names(Walk::new(tree.path(), "", true));
        assert!(found.contains(&"side/deep".to_owned()), "{found:?}");
        assert!(found.contains(&"odd a/up/".to_owned()), "{found:?}");
        assert!(found.contains(&"unreadable broken".to_owned()), "{found:?}");
        let kept = names(Walk::new(tree.path(), "", false));
        assert!(kept.contains(&"odd side".to_owned()), "{kept:?}");
    }
}
