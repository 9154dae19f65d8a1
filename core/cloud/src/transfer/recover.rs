//! Uploads that were begun and whose answer was lost: found by their key, and aborted. No part of
//! them was sent, because an upload is a row before its first part.

use std::sync::Arc;

use aloft_base::Workspace;
use aloft_base::transfer::{self, File};

use super::place::{End, address_of};
use super::shared::Shared;
use crate::address::Address;
use crate::error::Result;
use crate::store::{Ability, Store};

/// Servers tell whole seconds.
const ROUNDING_MS: i64 = 1000;

/// Aborts the uploads of one key that no transfer knows and that are not older than this one.
pub(super) async fn sweep(shared: &Shared, store: &Arc<dyn Store>, at: &Address) -> Result<usize> {
    let mut aborted = 0;
    for upload in candidates(store, at, shared.since_ms).await? {
        if !shared.journal.knows(upload.clone()).await? {
            store.abort_upload(at, &upload).await?;
            aborted += 1;
        }
    }
    Ok(aborted)
}

/// The unfinished uploads of exactly this key that were not begun before the transfer.
pub(super) async fn candidates(store: &Arc<dyn Store>, at: &Address, since_ms: i64) -> Result<Vec<String>> {
    if !store.can(Ability::PendingUploads) {
        return Ok(Vec::new());
    }
    let pending = store.pending_uploads(&at.bucket, &at.key).await?;
    let ours = pending
        .into_iter()
        .filter(|pending| pending.key == at.key && pending.started_ms.is_some_and(|ms| ms >= since_ms - ROUNDING_MS));
    Ok(ours.map(|pending| pending.upload).collect())
}

/// Does so for files whose upload an earlier process may have begun without writing it down.
pub(super) async fn sweep_all(shared: &Shared, files: Vec<File>) -> Result<usize> {
    let Some(End::Store { store, .. }) = &shared.ends.target else {
        return Ok(0);
    };
    let mut aborted = 0;
    for file in files.iter().filter(|file| !file.target.is_empty()) {
        aborted += sweep(shared, store, &address_of(&file.target)?).await?;
    }
    Ok(aborted)
}

/// The files whose upload may have been begun without a row.
pub(super) fn suspects(workspace: &Workspace, job: &str) -> Result<Vec<File>> {
    let mut suspects = Vec::new();
    let mut after = 0;
    loop {
        let page = transfer::begun(workspace, job, super::parts::AIM, after, 1000)?;
        let Some(last) = page.last() else { return Ok(suspects) };
        after = last.id;
        suspects.extend(page.into_iter().filter(|file| file.upload.is_none()));
    }
}
