//! Tables that lie elsewhere. Columnar files are read where they are; a text is brought
//! whole into the cache first, since the grid jumps to any of its rows.

mod copy;
mod credential;
mod parts;

use std::path::{Path, PathBuf};

use aloft_base::Report;
use aloft_base::remote::{Found, Object, Reach, Remote, is_url, reach};
use aloft_base::text::thousands;

use crate::Flow;
use crate::detect::{Detected, columnar, detect};
use crate::error::{DataError, Result};
use crate::source::{Format, Source};

pub(crate) use copy::identity;
pub(crate) use parts::{Parts, parts};

/// How much of an object has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BringProgress {
    pub bytes: u64,
    pub total_bytes: u64,
}

/// Finds out what is at an address and makes it readable: a text is brought here first,
/// unless a copy of the very same object is here already.
///
/// # Errors
/// [`DataError::Stopped`] when `on` answers [`Flow::Stop`]; else why it cannot be opened.
pub fn open_remote(remote: &Remote, on: &mut dyn FnMut(BringProgress) -> Flow) -> Result<Detected> {
    let reach = reach().map_err(DataError::Elsewhere)?;
    let found = match reach.find(remote) {
        Ok(found) => found,
        Err(report) => return copy::last(&*reach, remote, report),
    };
    if found.folder.is_some() {
        return in_place(&*reach, remote, &found);
    }
    let Some(object) = found.objects.first() else {
        return Err(nothing(&remote.url));
    };
    if object.bytes == 0 {
        return Err(DataError::Empty {
            path: remote.url.clone().into(),
        });
    }
    if columnar(&first_bytes(&*reach, remote, object)?).is_some() && parts::is_plain(&object.url) {
        return in_place(&*reach, remote, &found);
    }
    let path = copy::bring(&*reach, remote, object, on)?;
    of_copy(remote, &path)
}

/// Finds out anew what a source is: whether its options are still those that its content suggests,
/// and for one that lies elsewhere whether it changed.
///
/// # Errors
/// As [`detect`] and [`open_remote`].
pub fn examine(source: &Source, on: &mut dyn FnMut(BringProgress) -> Flow) -> Result<Detected> {
    match &source.remote {
        Some(remote) => open_remote(remote, on),
        None => detect(&source.path),
    }
}

/// Finds out what a file, a folder or an address is.
///
/// # Errors
/// As [`detect`] and [`open_remote`].
pub fn detect_anywhere(
    path: &Path,
    connection: Option<&str>,
    on: &mut dyn FnMut(BringProgress) -> Flow,
) -> Result<Detected> {
    match path.to_str().filter(|text| is_url(text)) {
        Some(url) => open_remote(
            &Remote {
                url: url.to_owned(),
                connection: connection.map(str::to_owned),
            },
            on,
        ),
        None => detect(path),
    }
}

/// A table of several files of this machine: a folder of them, or a pattern.
pub(crate) fn detect_local(path: &Path) -> Option<Result<Detected>> {
    let several = match parts::of_folder(path)? {
        Ok(several) => several,
        Err(error) => return Some(Err(error)),
    };
    Some(Ok(Detected {
        source: Source {
            path: path.to_owned(),
            format: several.format,
            csv: None,
            remote: None,
        },
        notes: notes(&several, "read as one table"),
    }))
}

fn in_place(reach: &dyn Reach, remote: &Remote, found: &Found) -> Result<Detected> {
    let parts = parts::remember(remote, found)?;
    let first = &parts.objects[0];
    let format = columnar(&first_bytes(reach, remote, first)?);
    if format != Some(parts.format) && found.folder.is_some() {
        return Err(DataError::NotATable {
            path: first.url.clone().into(),
            what: format!("it is named as {} and is none", parts.format),
            hint: "Remove it from the folder, or name the files with a pattern.",
        });
    }
    Ok(Detected {
        source: Source {
            path: PathBuf::from(&remote.url),
            format: format.unwrap_or(parts.format),
            csv: None,
            remote: Some(remote.clone()),
        },
        notes: notes(&parts, "read where they are"),
    })
}

fn notes(parts: &Parts, how: &str) -> Vec<String> {
    let mut notes = vec![];
    if parts.objects.len() > 1 {
        let files = thousands(parts.objects.len() as u64);
        notes.push(format!("{files} files are {how}."));
    }
    if parts.is_hive {
        notes.push("Names of folders, as in year=2024, are columns.".to_owned());
    }
    notes
}

/// What the copy of an object is.
fn of_copy(remote: &Remote, path: &Path) -> Result<Detected> {
    let mut detected = detect(path).map_err(|error| renamed(error, path, &remote.url))?;
    detected.source.remote = Some(remote.clone());
    Ok(detected)
}

/// An error about a copy is told as one about the object.
fn renamed(mut error: DataError, copy: &Path, url: &str) -> DataError {
    if let DataError::NotATable { path, .. }
    | DataError::Empty { path }
    | DataError::BadLine { path, .. }
    | DataError::Damaged { path, .. } = &mut error
        && path == copy
    {
        *path = url.into();
    }
    error
}

fn first_bytes(reach: &dyn Reach, remote: &Remote, object: &Object) -> Result<Vec<u8>> {
    let read = reach
        .open(remote, object)
        .and_then(|mut source| source.read(0..object.bytes.min(16)));
    read.map_err(DataError::Elsewhere)
}

fn nothing(url: &str) -> DataError {
    let message = format!("There is nothing at {url}");
    DataError::Elsewhere(Report::new(
        aloft_base::ErrorKind::NotFound,
        message,
        "Check the address; a folder ends with a slash.",
    ))
}

/// A source that is not known yet, for a row that says what is being opened.
pub fn unopened(remote: &Remote) -> Source {
    Source {
        path: PathBuf::from(&remote.url),
        format: parts::format_of_name(&remote.url).unwrap_or(Format::Csv),
        csv: None,
        remote: Some(remote.clone()),
    }
}
