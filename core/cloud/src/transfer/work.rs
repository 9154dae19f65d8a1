//! One file on its way: what its row says, and what is known since.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aloft_base::transfer::{File, Mark, Part};

use super::list::{etag_of, stamp};
use super::place::{End, address_of};
use super::shared::Shared;
use super::walk;
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::store::Store;

/// One side of a copy.
#[derive(Clone, Debug)]
pub(super) enum Side {
    Disk(PathBuf),
    Store { store: Arc<dyn Store>, at: Address },
}

#[derive(Debug)]
pub(super) struct Work {
    pub(super) file: File,
    pub(super) source: Side,
    pub(super) target: Side,
    /// Parts that arrived; none are known before they are asked for.
    pub(super) parts: Option<Vec<Part>>,
    /// What this file has in the count of moved bytes.
    credit: u64,
}

impl Side {
    pub(super) fn new(end: Option<&End>, text: &str) -> Result<Self> {
        match end {
            Some(End::Store { store, .. }) => Ok(Self::Store {
                store: Arc::clone(store),
                at: address_of(text)?,
            }),
            _ => Ok(Self::Disk(PathBuf::from(text))),
        }
    }
}

impl Work {
    pub(super) fn new(shared: &Shared, file: File) -> Result<Self> {
        Ok(Self {
            source: Side::new(shared.source_end(file.origin), &file.source)?,
            target: Side::new(shared.ends.target.as_ref(), &file.target)?,
            parts: None,
            credit: file.moved,
            file,
        })
    }

    /// How many bytes of the file need not move again.
    pub(super) fn credited(&self) -> u64 {
        self.credit
    }

    /// Says that so many bytes of the file need not move again.
    pub(super) fn credit(&mut self, shared: &Shared, bytes: u64) {
        let moved = &shared.count.moved;
        moved.fetch_add(bytes, Ordering::Relaxed);
        moved.fetch_sub(self.credit, Ordering::Relaxed);
        self.credit = bytes;
    }

    pub(super) fn changed(&self) -> CloudError {
        CloudError::SourceChanged {
            on: self.file.source.clone(),
        }
    }

    /// The `ETag` that the source must have.
    pub(super) fn etag(&self) -> Option<String> {
        etag_of(&self.file.stamp)
    }

    /// The parts that arrived, as the journal knows them.
    pub(super) async fn known_parts(&mut self, shared: &Shared) -> Result<Vec<Part>> {
        match self.parts.take() {
            Some(parts) => Ok(parts),
            None if self.file.part_bytes.is_some() => shared.journal.parts(self.file.id).await,
            None => Ok(Vec::new()),
        }
    }

    /// Looks at the source anew and forgets what was moved of it. Aborts its upload.
    pub(super) async fn restart(&mut self, shared: &Shared) -> Result<()> {
        self.abort().await?;
        let (bytes, stamp) = match &self.source {
            Side::Disk(path) => {
                let metadata = std::fs::metadata(path).map_err(CloudError::io("read", path))?;
                (metadata.len(), walk::stamp(&metadata))
            }
            Side::Store { store, at } => {
                let details = store.details(at, None).await?;
                (details.bytes, stamp(&details.etag, details.modified_ms))
            }
        };
        let count = &shared.count.bytes;
        count.fetch_add(bytes, Ordering::Relaxed);
        count.fetch_sub(self.file.bytes, Ordering::Relaxed);
        self.credit(shared, 0);
        self.parts = None;
        self.file.bytes = bytes;
        self.file.stamp.clone_from(&stamp);
        self.file.part_bytes = None;
        shared.journal.mark(self.file.id, Mark::Restarted { bytes, stamp })
    }

    /// Forgets the unfinished upload or download, wherever it is.
    pub(super) async fn abort(&mut self) -> Result<()> {
        match &self.target {
            Side::Disk(path) => super::files::remove(&super::files::leftover_of(path)),
            Side::Store { store, at } => {
                if let Some(upload) = &self.file.upload {
                    store.abort_upload(at, upload).await?;
                }
                self.file.upload = None;
                Ok(())
            }
        }
    }
}

/// Whether an error means that the source is another one now.
pub(super) fn is_change(error: &CloudError) -> bool {
    matches!(error, CloudError::SourceChanged { .. }) || error.meaning() == Some(Meaning::Changed)
}
