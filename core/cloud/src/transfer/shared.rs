//! What everything that works on one transfer shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

use super::files::Folders;
use super::gate::Gate;
use super::journal::Journal;
use super::memory::Memory;
use super::place::{End, Ends};
use super::rate::Cap;
use super::{Order, Steer};
use crate::error::CloudError;
use crate::store::PutOptions;

/// Up to this size a file is small: many of them move at once.
pub(super) const SMALL: u64 = 1 << 20;

/// The origin of a file that is at the target and that no source has.
pub(super) const AT_TARGET: usize = u16::MAX as usize;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) order: Order,
    pub(super) ends: Ends,
    pub(super) journal: Journal,
    /// Requests of few bytes.
    pub(super) small: Arc<Gate>,
    /// Requests of many bytes.
    pub(super) large: Arc<Gate>,
    pub(super) memory: Arc<Memory>,
    pub(super) cap: Option<Cap>,
    pub(super) steer: watch::Receiver<Steer>,
    pub(super) count: Count,
    pub(super) folders: Folders,
    /// When the job was written down; no upload of ours is older.
    pub(super) since_ms: i64,
    /// Whether every file has its row.
    pub(super) is_planned: AtomicBool,
    /// Told when there are new rows, or no more to come.
    pub(super) news: Notify,
}

/// Numbers that change while it runs.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) files: AtomicU64,
    pub(super) done: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Bytes that need not move again.
    pub(super) moved: AtomicU64,
    /// Bytes that came or went now, also those that have to do so again.
    pub(super) traffic: AtomicU64,
}

impl Shared {
    /// The gate for requests of so many bytes.
    pub(super) fn gate(&self, bytes: u64) -> &Arc<Gate> {
        if bytes <= SMALL { &self.small } else { &self.large }
    }

    /// Where the source of a file is.
    pub(super) fn source_end(&self, origin: usize) -> Option<&End> {
        if origin == AT_TARGET {
            self.ends.target.as_ref()
        } else {
            self.ends.sources.get(origin)
        }
    }

    /// Waits while the transfer is paused.
    pub(super) async fn unpaused(&self) {
        let mut steer = self.steer.clone();
        // The other end lives as long as the transfer; that it is gone means that all ends.
        drop(steer.wait_for(|steer| *steer != Steer::Pause).await);
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.steer.borrow() == Steer::Stop
    }

    /// Bytes came or went.
    pub(super) async fn moved(&self, bytes: u64) {
        self.count.traffic.fetch_add(bytes, Ordering::Relaxed);
        if let Some(cap) = &self.cap {
            cap.take(bytes).await;
        }
    }

    /// How objects are written.
    pub(super) fn put_options(&self) -> PutOptions {
        PutOptions {
            encryption: self.order.encryption.clone(),
            ..PutOptions::default()
        }
    }

    /// Asks for less where the server had trouble.
    pub(super) fn heed(&self, error: &CloudError, bytes: u64) {
        if error.is_transient() && !matches!(error, CloudError::Damaged { .. }) {
            self.gate(bytes).slow_down();
        }
    }
}
