//! Buffers for bytes on their way, used again and again, and never more of them than fit.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All buffers together, in bytes.
const ALL: usize = 48 << 20;
/// Memory is counted in pieces of this size.
const PIECE: usize = 64 << 10;
/// Smaller buffers are not worth keeping.
const KEEP_FROM: usize = 1 << 20;

/// The memory that a transfer may use for bytes on their way.
#[derive(Debug)]
pub(super) struct Memory {
    pieces: Arc<Semaphore>,
    spare: Mutex<Vec<Vec<u8>>>,
}

/// A buffer; goes back when it is dropped.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    length: usize,
    home: Arc<Memory>,
    _pieces: Option<OwnedSemaphorePermit>,
}

impl Memory {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            pieces: Arc::new(Semaphore::new(ALL / PIECE)),
            spare: Mutex::default(),
        })
    }

    /// Waits for a buffer of this length. What is in it is of no meaning. A length above all
    /// there is waits for everything.
    pub(super) async fn buffer(self: &Arc<Self>, length: usize) -> Buffer {
        let pieces = length.div_ceil(PIECE).clamp(1, ALL / PIECE) as u32;
        // The semaphore is never closed.
        let permit = Arc::clone(&self.pieces).acquire_many_owned(pieces).await.ok();
        let spare = if length >= KEEP_FROM { self.spare().pop() } else { None };
        let mut bytes = spare.unwrap_or_default();
        if bytes.len() < length {
            // Not resized: that would copy what is of no meaning.
            bytes = vec![0; length];
        }
        Buffer {
            bytes,
            length,
            home: Arc::clone(self),
            _pieces: permit,
        }
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    pub(super) fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }

    /// The bytes to send; the buffer goes back when the last of them is dropped.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.len() < KEEP_FROM {
            return;
        }
        let mut spare = self.home.spare();
        let kept: usize = spare.iter().map(Vec::len).sum();
        if kept + bytes.len() <= ALL {
            spare.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn buffers_are_used_again_and_have_an_end() {
        let memory = Memory::new();
        let mut first = memory.buffer(8 << 20).await;
        first.as_mut()[0] = 7;
        let at = first.as_ref().as_ptr();
        drop(first.into_bytes());
        let mut held = vec![memory.buffer(8 << 20).await];
        assert_eq!(held[0].as_ref().as_ptr(), at);
        for _ in 1..6 {
            held.push(memory.buffer(8 << 20).await);
        }
        assert_eq!(memory.pieces.available_permits(), 0);
        held.clear();
        assert_eq!(memory.buffer(1 << 30).await.as_ref().len(), 1 << 30);
    }
}
