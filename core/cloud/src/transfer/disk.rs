//! Copies a file of this machine to another.

use std::io;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::files::{self, away};
use super::shared::Shared;
use super::walk;
use super::work::Work;
use crate::error::{CloudError, Result};

/// Between pieces of this size it is looked whether the transfer is stopping.
const PIECE: u64 = 8 << 20;

pub(super) async fn copy(shared: &Arc<Shared>, work: &mut Work, from: &Path, to: &Path) -> Result<()> {
    shared.unpaused().await;
    let _pass = shared.gate(work.file.bytes).pass().await;
    shared.folders.make_for(to)?;
    let (from, to): (PathBuf, PathBuf) = (from.to_owned(), to.to_owned());
    let (stamp, name) = (work.file.stamp.clone(), work.file.source.clone());
    let also = Arc::clone(shared);
    let copied = away(move || {
        let changed = || CloudError::SourceChanged { on: name.clone() };
        let source = std::fs::File::open(&from).map_err(CloudError::io("read", &from))?;
        let look = || source.metadata().map_err(CloudError::io("read", &from));
        let before = look()?;
        if walk::stamp(&before) != stamp {
            return Err(changed());
        }
        let leftover = files::leftover_of(&to);
        let mut target = files::open(&leftover, true)?;
        let mut copied = 0;
        loop {
            // The system copies by itself where it can.
            let piece =
                io::copy(&mut (&source).take(PIECE), &mut target).map_err(CloudError::io("write", &leftover))?;
            copied += piece;
            also.count.traffic.fetch_add(piece, Ordering::Relaxed);
            if piece == 0 {
                break;
            }
            if also.is_stopping() {
                return Err(CloudError::Stopped);
            }
        }
        if walk::stamp(&look()?) != stamp || copied != before.len() {
            return Err(changed());
        }
        // Some file systems keep no such rights.
        drop(target.set_permissions(before.permissions()));
        files::publish(&target, &leftover, &to, walk::modified_ms(&before))?;
        Ok(copied)
    })
    .await?;
    work.credit(shared, copied);
    Ok(())
}
