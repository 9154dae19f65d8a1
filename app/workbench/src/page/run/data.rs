//! Whether the data that a run learned from is still what it was.

use std::path::Path;

use aloft_base::{Report, Workspace, dataset};
use aloft_data::{DataError, Source};

use crate::work::Answer;

/// What became of the data of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// The same is there, or nothing is known.
    Same,
    Changed,
    Gone,
}

/// Looks at what is there now. Called on a worker; what lies elsewhere is not asked for.
pub(super) fn since(workspace: &Workspace, path: &str, fingerprint: &str) -> Answer<Since> {
    let known = dataset::at(workspace, Path::new(path)).map_err(|error| Report::of(&error))?;
    let Some(row) = known else {
        return Ok(Since::Same);
    };
    let versions = dataset::versions(workspace, &row.id).map_err(|error| Report::of(&error))?;
    let Some(used) = versions
        .iter()
        .find(|version| version.fingerprint.as_deref() == Some(fingerprint))
    else {
        return Ok(Since::Same);
    };
    let now = match serde_json::from_value::<Source>(row.source) {
        Ok(source) if source.remote.is_none() => match source.key() {
            Ok(key) => key,
            Err(DataError::NoFile { .. }) => return Ok(Since::Gone),
            Err(error) => return Err(Report::of(&error)),
        },
        _ => row.key,
    };
    let same_content = |version: &&dataset::Version| version.fingerprint.as_deref() == Some(fingerprint);
    let is_same = used.key == now || versions.iter().filter(same_content).any(|version| version.key == now);
    Ok(if is_same { Since::Same } else { Since::Changed })
}
