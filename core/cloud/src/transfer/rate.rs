//! The cap on bytes a second, of all files together.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A bucket that fills with time; who moves bytes takes them from it, and waits when it is empty.
#[derive(Debug)]
pub(super) struct Cap {
    bytes_per_sec: f64,
    /// What is in the bucket, below nothing when it was overdrawn, and when that was so.
    level: Mutex<(f64, Instant)>,
}

impl Cap {
    pub(super) fn new(bytes_per_sec: u64) -> Self {
        let bytes_per_sec = bytes_per_sec.max(1) as f64;
        Self {
            bytes_per_sec,
            // A quarter of a second's worth, so that the beginning is no burst.
            level: Mutex::new((bytes_per_sec / 4.0, Instant::now())),
        }
    }

    /// Waits until so many bytes may move.
    pub(super) async fn take(&self, bytes: u64) {
        let pause = self.draw(bytes, Instant::now());
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes bytes out and answers how long to wait until the bucket is no longer overdrawn.
    fn draw(&self, bytes: u64, now: Instant) -> Duration {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.saturating_duration_since(level.1).as_secs_f64();
        let filled = (level.0 + since * self.bytes_per_sec).min(self.bytes_per_sec);
        *level = (filled - bytes as f64, now);
        Duration::from_secs_f64((-level.0 / self.bytes_per_sec).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overdrawn_is_waited_for() {
        let cap = Cap::new(1000);
        let now = Instant::now();
        assert_eq!(cap.draw(200, now), Duration::ZERO);
        let pause = cap.draw(2000, now).as_secs_f64();
        assert!((1.9..2.0).contains(&pause), "{pause}");
        // Two more wait for each other.
        assert!(cap.draw(1000, now).as_secs_f64() > 2.9);
    }

    #[test]
    fn a_long_rest_is_no_licence_for_a_flood() {
        let cap = Cap::new(1000);
        let later = Instant::now() + Duration::from_hours(1);
        assert_eq!(cap.draw(1000, later), Duration::ZERO);
        assert!(cap.draw(1000, later).as_secs_f64() > 0.9);
    }
}
