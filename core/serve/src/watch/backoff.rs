//! How long to wait before something is started once more.

use std::time::{Duration, Instant};

/// The first wait; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// And none is longer.
const LONGEST: Duration = Duration::from_mins(1);
/// After so long without trouble the waits begin anew.
const SETTLED: Duration = Duration::from_mins(1);

/// Waits that double with each try.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
    next: Option<Instant>,
    up_since: Option<Instant>,
}

impl Backoff {
    /// Takes in whether it is up now.
    pub(super) fn saw(&mut self, is_up: bool) {
        self.saw_at(is_up, Instant::now());
    }

    fn saw_at(&mut self, is_up: bool, now: Instant) {
        if !is_up {
            self.up_since = None;
            return;
        }
        let since = *self.up_since.get_or_insert(now);
        if now.duration_since(since) >= SETTLED {
            self.tries = 0;
            self.next = None;
        }
    }

    /// Whether it has been up for long.
    pub(super) fn is_settled(&self) -> bool {
        self.tries == 0
    }

    /// Whether it may be tried now; if so, the wait for the next try begins.
    pub(super) fn may_try(&mut self) -> bool {
        self.may_try_at(Instant::now())
    }

    fn may_try_at(&mut self, now: Instant) -> bool {
        if self.next.is_some_and(|next| now < next) {
            return false;
        }
        let wait = FIRST.saturating_mul(1 << self.tries.min(10)).min(LONGEST);
        self.tries += 1;
        self.next = Some(now + wait);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_begin_anew_once_it_has_settled() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..10 {
            assert!(backoff.may_try_at(now));
            let begun = now;
            while !backoff.may_try_at(now) {
                now += Duration::from_millis(500);
            }
            // The last call was a try as well; take it back to measure one wait at a time.
            backoff.tries -= 1;
            waits.push(now.duration_since(begun));
            backoff.next = None;
        }
        assert_eq!(waits[..3], [1, 2, 4].map(|half| Duration::from_millis(half * 500)));
        assert_eq!(waits[9], LONGEST);
        backoff.saw_at(true, now);
        assert!(!backoff.is_settled());
        backoff.saw_at(true, now + SETTLED);
        assert!(backoff.is_settled() && backoff.may_try_at(now));
    }
}
