//! How often and how long to try again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::CloudError;

/// How patient requests are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Attempts in all.
    pub(crate) attempts: u32,
    /// The pause before the second attempt; doubled for each one after it.
    pub(crate) first_pause: Duration,
    /// The longest pause, whatever the server asks for.
    pub(crate) longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// How long to wait after this attempt failed; nothing when it is to be given up.
    ///
    /// The pause is drawn between half and all of what it could be, so that many who were
    /// refused at once do not come back at once.
    pub(crate) fn pause(self, attempt: u32, error: &CloudError) -> Option<Duration> {
        if attempt >= self.attempts || !error.is_transient() {
            return None;
        }
        let doubled = self.first_pause * 2_u32.saturating_pow(attempt - 1);
        let pause = doubled.min(self.longest_pause);
        let drawn = pause / 2 + pause.mul_f64(fraction() / 2.0);
        Some(match error.retry_after() {
            Some(asked) => drawn.max(asked.min(self.longest_pause)),
            None => drawn,
        })
    }
}

/// A number from 0 to 1, another one each time. Quality does not matter here.
fn fraction() -> f64 {
    static STATE: AtomicU64 = AtomicU64::new(0x9E37_79B9_7F4A_7C15);
    let mut x = STATE.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Meaning, Refusal};

    fn refused(meaning: Meaning, retry_after: Option<Duration>) -> CloudError {
        CloudError::Refused(Box::new(Refusal {
            meaning,
            action: "list".into(),
            on: "s3://b/".into(),
            status: 503,
            code: "SlowDown".into(),
            message: String::new(),
            retry_after,
            region: None,
            is_repeated: false,
        }))
    }

    #[test]
    fn pauses_grow_and_end() {
        let patience = Patience::default();
        let error = refused(Meaning::Throttled, None);
        let pauses: Vec<_> = (1..6).map_while(|attempt| patience.pause(attempt, &error)).collect();
        assert_eq!(pauses.len(), 4);
        for (attempt, pause) in pauses.iter().enumerate() {
            let most = patience.first_pause * 2_u32.pow(attempt as u32);
            assert!(*pause >= most / 2 && *pause <= most, "{pause:?}");
        }
    }

    #[test]
    fn what_the_server_asks_is_respected_and_what_cannot_help_is_not_tried() {
        let patience = Patience::default();
        let asked = refused(Meaning::Throttled, Some(Duration::from_secs(3)));
        assert_eq!(patience.pause(1, &asked), Some(Duration::from_secs(3)));
        assert_eq!(patience.pause(1, &refused(Meaning::PermissionDenied, None)), None);
        assert_eq!(patience.pause(patience.attempts, &asked), None);
    }
}
