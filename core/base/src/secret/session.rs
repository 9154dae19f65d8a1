//! Secrets in the memory of this process, until it ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Secrets;

#[derive(Default)]
struct Memory {
    secrets: BTreeMap<String, Secrets>,
    /// Counts how often the secrets of a connection changed here.
    revisions: BTreeMap<String, u64>,
}

static MEMORY: Mutex<Memory> = Mutex::new(Memory {
    secrets: BTreeMap::new(),
    revisions: BTreeMap::new(),
});

fn memory() -> MutexGuard<'static, Memory> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn get(connection: &str) -> Option<Secrets> {
    memory().secrets.get(connection).cloned()
}

pub(super) fn put(connection: &str, secrets: Secrets) {
    memory().secrets.insert(connection.to_owned(), secrets);
}

/// Answers whether there were any.
pub(super) fn remove(connection: &str) -> bool {
    memory().secrets.remove(connection).is_some()
}

pub(super) fn all() -> BTreeMap<String, Secrets> {
    memory().secrets.clone()
}

/// Notes that the secrets of a connection changed.
pub(super) fn note(connection: &str) {
    *memory().revisions.entry(connection.to_owned()).or_default() += 1;
}

/// Grows whenever this process keeps or removes secrets of a connection: what was opened with
/// the old ones is then to be opened anew.
pub fn revision(connection: &str) -> u64 {
    memory().revisions.get(connection).copied().unwrap_or(0)
}
