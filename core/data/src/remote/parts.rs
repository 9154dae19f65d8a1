//! The files that make up one table: a folder, a pattern, or one object that is read where it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use aloft_base::Redacted;
use aloft_base::remote::{Found, Object, Remote, matches_pattern, pattern_folder, reach};

use polars::io::cloud::credential_provider::PlCredentialProvider;

use super::nothing;
use crate::error::{DataError, Result};
use crate::source::{Format, Source};
use crate::stamp::Stamp;

/// What was found at an address is taken as true for so long, so that turning pages asks
/// the server for bytes and not for lists.
const FRESH: Duration = Duration::from_secs(20);
/// A table has at most so many files.
const MOST_FILES: usize = 100_000;

/// Files that are one table.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) objects: Vec<Object>,
    pub(crate) format: Format,
    /// How long the part of their addresses is that names the folder.
    pub(crate) folder_bytes: usize,
    /// Whether names of folders between it and the files are columns.
    pub(crate) is_hive: bool,
    /// Names that stand above the folder as those of columns do, and are none.
    pub(crate) outer_keys: Vec<String>,
    /// What polars needs to reach them.
    pub(crate) options: Vec<(String, Redacted<String>)>,
    /// What it signs with; nothing for files of this machine and where nothing is signed.
    pub(crate) signs: Option<PlCredentialProvider>,
}

impl Parts {
    /// Size and identity of all files together.
    pub(crate) fn stamp(&self) -> Stamp {
        let hash = blake3::Hash::as_bytes(&self.hash())[..8].try_into().unwrap_or_default();
        Stamp {
            bytes: self.objects.iter().map(|object| object.bytes).sum(),
            modified_ns: u64::from_le_bytes(hash),
        }
    }

    /// Follows from the addresses, sizes and `ETag`s of all files.
    pub(crate) fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for object in &self.objects {
            hasher.update(format!("{}\0{}\0{}\n", object.url, object.bytes, object.etag).as_bytes());
        }
        hasher.finalize()
    }
}

/// What was found at addresses, and when.
type Known = HashMap<Remote, (Instant, Arc<Parts>)>;

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// The files of a source, when it is more than one file of this machine.
pub(crate) fn parts(source: &Source) -> Result<Option<Arc<Parts>>> {
    if source.format.is_text() {
        return Ok(None);
    }
    let Some(remote) = source.remote.as_ref() else {
        return of_folder(&source.path).transpose().map(|parts| parts.map(Arc::new));
    };
    // Brought here since nothing but a copy can be read.
    if source.path != Path::new(&remote.url) {
        return Ok(None);
    }
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((since, parts)) = known.as_ref().and_then(|known| known.get(remote))
        && since.elapsed() < FRESH
    {
        return Ok(Some(Arc::clone(parts)));
    }
    drop(known);
    let found = reach().and_then(|reach| reach.find(remote));
    remember(remote, &found.map_err(DataError::Elsewhere)?).map(Some)
}

/// Takes what was found as true for a while.
pub(super) fn remember(remote: &Remote, found: &Found) -> Result<Arc<Parts>> {
    let parts = Arc::new(of_found(remote, found)?);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    known.retain(|_, (since, _)| since.elapsed() < FRESH);
    known.insert(remote.clone(), (Instant::now(), Arc::clone(&parts)));
    Ok(parts)
}

fn of_found(remote: &Remote, found: &Found) -> Result<Parts> {
    let mut parts = choose(
        found.objects.clone(),
        found.folder.as_deref(),
        found.is_pattern,
        Path::new(&remote.url),
    )?;
    if let Some(odd) = parts.objects.iter().find(|object| !is_plain(&object.url)) {
        return Err(DataError::NotATable {
            path: odd.url.clone().into(),
            what: "a file with such a name cannot be read where it is".to_owned(),
            hint: "Open it alone, or rename it.",
        });
    }
    parts.options.clone_from(&found.options);
    if found.is_signed {
        let reach = reach().map_err(DataError::Elsewhere)?;
        parts.signs = Some(super::credential::provider(&reach, remote));
    }
    Ok(parts)
}

/// Files that are one table, of those that lie in a folder.
fn choose(mut objects: Vec<Object>, folder: Option<&str>, is_pattern: bool, at: &Path) -> Result<Parts> {
    let Some(folder) = folder else {
        let object = objects.first().ok_or_else(|| nothing(&at.to_string_lossy()))?;
        return Ok(Parts {
            format: format_of_name(&object.url).unwrap_or(Format::Parquet),
            objects,
            folder_bytes: 0,
            is_hive: false,
            outer_keys: vec![],
            options: vec![],
            signs: None,
        });
    };
    let refuse = |what: String, hint| DataError::NotATable {
        path: at.to_owned(),
        what,
        hint,
    };
    let seen = objects.len();
    // Marks of a finished job, checksums and logs stand beside the files.
    let is_hidden = |object: &Object| {
        let inside = object.url.get(folder.len()..).unwrap_or_default();
        inside.split('/').any(|name| name.starts_with(['_', '.'])) || object.bytes == 0
    };
    objects.retain(|object| !is_hidden(object));
    let named = objects.iter().find_map(|object| format_of_name(&object.url));
    if !is_pattern {
        objects.retain(|object| format_of_name(&object.url).is_some());
    }
    let Some(format) = named else {
        let what = if seen == 0 {
            return Err(nothing(&at.to_string_lossy()));
        } else {
            format!("of its {seen} files none is Parquet or Arrow IPC")
        };
        return Err(refuse(what, "Open one of its files instead."));
    };
    if objects
        .iter()
        .any(|object| format_of_name(&object.url).is_some_and(|other| other != format))
    {
        let what = "it holds Parquet and Arrow IPC files".to_owned();
        return Err(refuse(
            what,
            "Name those of one kind with a pattern, as in folder/*.parquet.",
        ));
    }
    if objects.len() > MOST_FILES {
        let what = format!("it holds more than {MOST_FILES} files");
        return Err(refuse(what, "Open a folder inside of it."));
    }
    objects.sort_by(|a, b| a.url.cmp(&b.url));
    let inside = |object: &Object| keys(object.url.get(folder.len()..).unwrap_or_default());
    let is_hive = objects.iter().all(|object| !inside(object).is_empty());
    let mut outer_keys = if is_hive { keys(folder) } else { vec![] };
    outer_keys.retain(|key| !inside(&objects[0]).contains(key));
    Ok(Parts {
        objects,
        format,
        folder_bytes: folder.len(),
        is_hive,
        outer_keys,
        options: vec![],
        signs: None,
    })
}

/// The keys of the folders of a path that are named as `key=value`.
fn keys(path: &str) -> Vec<String> {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let keys = folders.split('/').filter_map(|name| name.split_once('='));
    keys.map(|(key, _)| key.to_owned())
        .filter(|key| !key.is_empty())
        .collect()
}

/// The files of a folder or pattern of this machine; nothing when the path is of one file.
pub(super) fn of_folder(path: &Path) -> Option<Result<Parts>> {
    if path.is_file() {
        return None;
    }
    let text = path.to_str()?;
    let (folder, pattern) = if path.is_dir() {
        (format!("{}/", text.trim_end_matches('/')), None)
    } else {
        (text[..pattern_folder(text)?].to_owned(), Some(text))
    };
    let mut objects = vec![];
    if let Err(error) = walk(Path::new(&folder), 0, &mut objects) {
        return Some(Err(DataError::io("read", Path::new(&folder))(error)));
    }
    if let Some(pattern) = pattern {
        objects.retain(|object| matches_pattern(pattern, &object.url));
    }
    let parts = choose(objects, Some(&folder), pattern.is_some(), path);
    Some(match parts {
        // A folder without tables is what it always was: no file.
        Err(DataError::NotATable { .. } | DataError::Elsewhere(_)) if pattern.is_none() => {
            Err(DataError::Folder { path: path.to_owned() })
        }
        Err(DataError::NotATable { .. } | DataError::Elsewhere(_)) => Err(DataError::NoFile { path: path.to_owned() }),
        other => other,
    })
}

fn walk(folder: &Path, depth: usize, objects: &mut Vec<Object>) -> std::io::Result<()> {
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    for entry in std::fs::read_dir(here)? {
        let entry = entry?;
        let path: PathBuf = folder.join(entry.file_name());
        let meta = std::fs::metadata(&path)?;
        if meta.is_dir() && depth < 16 {
            walk(&path, depth + 1, objects)?;
        } else if let Some(text) = path.to_str().filter(|_| meta.is_file())
            && objects.len() <= MOST_FILES
        {
            let since = meta
                .modified()
                .ok()
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            objects.push(Object {
                url: text.to_owned(),
                bytes: meta.len(),
                etag: since.map_or(0, |since| since.as_nanos()).to_string(),
            });
        }
    }
    Ok(())
}

/// The columnar format that a name promises.
pub(super) fn format_of_name(name: &str) -> Option<Format> {
    let name = name.rsplit('/').next()?.to_ascii_lowercase();
    match name.rsplit_once('.')?.1 {
        "parquet" | "pq" | "parq" => Some(Format::Parquet),
        "arrow" | "ipc" | "feather" => Some(Format::ArrowIpc),
        _ => None,
    }
}

/// Whether polars takes an address as it is: it knows no empty folder and no `..`, and some
/// characters mean something to it.
pub(super) fn is_plain(url: &str) -> bool {
    let key = url.split_once("://").map_or(url, |(_, rest)| rest);
    key.split('/').all(|name| !matches!(name, "" | "." | ".."))
        && !key.contains(|letter: char| letter.is_control() || "\\?*[]{}#%".contains(letter))
}
