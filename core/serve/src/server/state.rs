//! What a server is at one moment, and what all its threads share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError, RwLock};

use aloft_base::endpoint::{Limits, RequestLog, Role, Served};
use tokio::sync::Semaphore;

use super::Vertex;
use super::book::Entry;
use super::loaded::Loaded;
use super::metrics::Metrics;
use super::request_log::Kept;
use super::shadow::Asked;

/// What is served now. Replaced as a whole, so that each request sees one state.
#[derive(Debug)]
pub(super) struct Now {
    pub(super) main: Arc<Loaded>,
    /// Another version, and the share of the requests that it answers.
    pub(super) split: Option<(Arc<Loaded>, f64)>,
    pub(super) shadow: Option<Arc<Loaded>>,
    /// The hashes of the tokens, one of which a request needs; `None` when it needs none.
    pub(super) tokens: Option<Vec<blake3::Hash>>,
    /// Whether failures are written down with the values of their requests.
    pub(super) keep_values: bool,
    pub(super) log: Option<RequestLog>,
}

impl Now {
    /// The versions, as a status tells them.
    pub(super) fn served(&self) -> Vec<Served> {
        let of = |loaded: &Arc<Loaded>, role, share| Served {
            role,
            number: loaded.number,
            share,
            since_ms: loaded.since_ms,
        };
        let share = self.split.as_ref().map_or(0.0, |(_, share)| *share);
        let mut served = vec![of(&self.main, Role::Main, 1.0 - share)];
        served.extend(self.split.as_ref().map(|(split, share)| of(split, Role::Split, *share)));
        served.extend(self.shadow.as_ref().map(|shadow| of(shadow, Role::Shadow, 0.0)));
        served
    }

    /// The versions that answer.
    pub(super) fn answering(&self) -> impl Iterator<Item = &Arc<Loaded>> {
        std::iter::once(&self.main).chain(self.split.as_ref().map(|(split, _)| split))
    }

    /// Whether a request's `Authorization` header lets it in. Takes as long for a wrong token as for a right one.
    pub(super) fn lets_in(&self, header: Option<&[u8]>) -> bool {
        let Some(tokens) = &self.tokens else { return true };
        let Some(token) = header.and_then(bearer) else {
            return false;
        };
        let hash = blake3::hash(token);
        // Comparing hashes takes the same time whatever they are; all of them are compared.
        tokens.iter().filter(|known| **known == hash).count() > 0
    }
}

/// The token of `Bearer TOKEN`.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// What the threads of a server share.
#[derive(Debug)]
pub(super) struct Server {
    /// The name of the model.
    pub(super) name: String,
    pub(super) limits: Limits,
    pub(super) vertex: Option<Vertex>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) started_ms: i64,
    /// One for each request that is worked on.
    pub(super) places: Arc<Semaphore>,
    /// Requests that wait for a place.
    pub(super) waiting: AtomicUsize,
    /// Takes what is written down; nobody waits for it.
    pub(super) book: SyncSender<Entry>,
    /// Takes what the shadow is asked too.
    pub(super) shadow: SyncSender<Asked>,
    /// Takes the requests that are to be kept.
    pub(super) log: SyncSender<Option<Kept>>,
    now: RwLock<Arc<Now>>,
    turn: AtomicU64,
    sample: AtomicU64,
}

impl Server {
    #[expect(clippy::too_many_arguments, reason = "each is a part, made in one place")]
    pub(super) fn new(
        name: String,
        limits: Limits,
        vertex: Option<Vertex>,
        metrics: Metrics,
        book: SyncSender<Entry>,
        shadow: SyncSender<Asked>,
        log: SyncSender<Option<Kept>>,
        now: Now,
    ) -> Self {
        Self {
            name,
            places: Arc::new(Semaphore::new(limits.concurrency.max(1) as usize)),
            limits,
            vertex,
            metrics: Arc::new(metrics),
            started_ms: aloft_base::time::now_ms(),
            waiting: AtomicUsize::new(0),
            book,
            shadow,
            log,
            now: RwLock::new(Arc::new(now)),
            turn: AtomicU64::new(0),
            sample: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn now(&self) -> Arc<Now> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves something else from the next request on; those under way end with what they have.
    pub(super) fn replace(&self, now: Now) {
        let before = std::mem::replace(
            &mut *self.now.write().unwrap_or_else(PoisonError::into_inner),
            Arc::new(now),
        );
        self.metrics.swaps.fetch_add(1, Ordering::Relaxed);
        // Whoever holds it last frees the old model, which is not done under the lock.
        drop(before);
    }

    /// The version whose turn it is. Of any so many requests in a row the split answers its share.
    #[inline]
    pub(super) fn next<'n>(&self, now: &'n Now) -> &'n Arc<Loaded> {
        let Some((split, share)) = &now.split else {
            return &now.main;
        };
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if is_chosen(turn, *share) { split } else { &now.main }
    }

    /// Whether this is one of a share of all requests.
    pub(super) fn is_sampled(&self, share: f64) -> bool {
        share >= 1.0 || share > 0.0 && is_chosen(self.sample.fetch_add(1, Ordering::Relaxed), share)
    }
}

/// Steps of the golden ratio fall evenly into a share, however few there are.
fn is_chosen(turn: u64, share: f64) -> bool {
    let place = (turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
    place < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_kept_over_few_requests() {
        for share in [0.0, 0.1, 0.5, 0.9, 1.0] {
            for start in [0, 1000, 77_777] {
                let chosen = (start..start + 200).filter(|turn| is_chosen(*turn, share)).count();
                assert!((chosen as f64 - 200.0 * share).abs() <= 3.0, "{share}: {chosen}");
            }
        }
    }

    #[test]
    fn only_a_bearer_is_read() {
        assert_eq!(bearer(b"Bearer abc"), Some(b"abc".as_slice()));
        assert_eq!(bearer(b"bearer  abc "), Some(b"abc".as_slice()));
        for wrong in [b"Basic abc".as_slice(), b"abc", b"", b"Bearer"] {
            assert_eq!(bearer(wrong), None);
        }
    }
}
