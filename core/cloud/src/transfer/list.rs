//! What there is at a place: files of a folder or objects under a prefix, in the order of keys
//! and a batch at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aloft_base::transfer::State;
use aloft_base::{ErrorKind, Report};
use tokio::sync::mpsc;

use super::conflict::Facts;
use super::files::away;
use super::place::text_of;
use super::walk::{self, Walk, What};
use crate::address::Address;
use crate::error::{CloudError, Result};
use crate::store::{ListRequest, Object, Store};

/// How many files are told at once.
const BATCH: usize = 500;

/// A file or an object.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Below the place, with `/`; empty for the place itself.
    pub(super) name: String,
    /// As the journal keeps it.
    pub(super) text: String,
    pub(super) facts: Facts,
    pub(super) stamp: String,
    /// Why it cannot be moved.
    pub(super) trouble: Option<(State, Report)>,
}

pub(super) type Batches = mpsc::Receiver<Vec<Listed>>;

impl Listed {
    pub(super) fn file(name: String, path: &Path, what: What) -> Self {
        let mut listed = Self {
            name,
            text: path.to_string_lossy().into_owned(),
            facts: Facts::default(),
            stamp: String::new(),
            trouble: None,
        };
        match what {
            What::File(_) if path.to_str().is_none() => {
                let message = format!("{} is left out: its path is no text", path.display());
                let report = Report::new(ErrorKind::Unsupported, message, "Rename the file.");
                listed.trouble = Some((State::Failed, report));
            }
            What::File(metadata) => {
                listed.facts.bytes = metadata.len();
                listed.facts.modified_ms = walk::modified_ms(&metadata);
                listed.stamp = walk::stamp(&metadata);
            }
            What::Odd(report) => listed.trouble = Some((State::Skipped, report)),
            What::Unreadable(report) => listed.trouble = Some((State::Failed, report)),
        }
        listed
    }

    pub(super) fn object(name: String, scheme: &str, bucket: &str, object: Object) -> Self {
        Self {
            name,
            text: text_of(scheme, bucket, &object.key),
            stamp: stamp(&object.etag, object.modified_ms),
            facts: Facts {
                bytes: object.bytes,
                modified_ms: object.modified_ms,
                etag: object.etag,
            },
            trouble: None,
        }
    }
}

/// What an object's content was: its `ETag`, else when it changed.
pub(super) fn stamp(etag: &str, modified_ms: Option<i64>) -> String {
    if etag.is_empty() {
        format!("@{}", modified_ms.unwrap_or_default())
    } else {
        etag.to_owned()
    }
}

/// The `ETag` in a stamp.
pub(super) fn etag_of(stamp: &str) -> Option<String> {
    (!stamp.is_empty() && !stamp.starts_with('@')).then(|| stamp.to_owned())
}

/// Lists a folder; `prefix` stands before each name.
pub(super) async fn folder(
    folder: PathBuf,
    prefix: String,
    follows_links: bool,
    to: mpsc::Sender<Vec<Listed>>,
) -> Result<()> {
    away(move || {
        let mut batch = Vec::new();
        for found in Walk::new(&folder, &prefix, follows_links) {
            batch.push(Listed::file(found.name, &found.path, found.what));
            // Who does not listen any more has all it needs.
            if batch.len() >= BATCH && to.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
        drop(to.blocking_send(batch));
        Ok(())
    })
    .await
}

/// Lists the objects under a prefix; names are keys without their first `cut` bytes.
pub(super) async fn prefix(
    store: Arc<dyn Store>,
    scheme: String,
    bucket: String,
    prefix: String,
    cut: usize,
    to: mpsc::Sender<Vec<Listed>>,
) -> Result<()> {
    let mut request = ListRequest {
        bucket,
        prefix,
        ..ListRequest::default()
    };
    loop {
        let page = store.list(&request).await?;
        let batch = page.objects.into_iter().map(|object| {
            let name = object.key.get(cut..).unwrap_or_default().to_owned();
            Listed::object(name, &scheme, &request.bucket, object)
        });
        if to.send(batch.collect()).await.is_err() || page.token.is_none() {
            return Ok(());
        }
        request.token = page.token;
    }
}

/// One object.
pub(super) async fn object(store: &Arc<dyn Store>, scheme: &str, at: &Address, name: String) -> Result<Listed> {
    match store.details(at, None).await {
        Ok(details) => {
            let object = Object {
                key: at.key.clone(),
                bytes: details.bytes,
                modified_ms: details.modified_ms,
                etag: details.etag,
                storage_class: String::new(),
            };
            Ok(Listed::object(name, scheme, &at.bucket, object))
        }
        Err(error) if error.is_not_found() => Ok(Listed {
            name,
            text: text_of(scheme, &at.bucket, &at.key),
            facts: Facts::default(),
            stamp: String::new(),
            trouble: Some((State::Failed, Report::of(&error))),
        }),
        Err(error) => Err(error),
    }
}

/// One file or folder of this machine: what it is, and why it is not there.
pub(super) fn look(path: &Path) -> std::result::Result<std::fs::Metadata, Report> {
    std::fs::metadata(path).map_err(|error| Report::of(&CloudError::io("read", path)(error)))
}
