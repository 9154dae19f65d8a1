//! Short ids that sort by the time they were made.

use std::sync::atomic::{AtomicU64, Ordering};

/// Crockford's base 32: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

static LAST: AtomicU64 = AtomicU64::new(0);

/// A new id: a letter for its kind, nine characters of milliseconds since 1970 and
/// four that tell apart what several processes make in the same millisecond.
pub fn new(kind: char) -> String {
    let now_ms = crate::time::now_ms().unsigned_abs();
    let entropy = u64::from(std::process::id()).wrapping_mul(0x9e37_79b9) ^ u64::from(subsecond_nanos());
    let wanted = (now_ms << 20) | (entropy & 0xf_ffff);
    // Ids of one process never repeat and never go back, whatever the clock does.
    let mut unique = wanted;
    let _previous = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
        unique = wanted.max(last + 1);
        Some(unique)
    });
    let mut text = String::with_capacity(14);
    text.push(kind);
    for position in (0..13).rev() {
        text.push(char::from(ALPHABET[(unique >> (5 * position) & 31) as usize]));
    }
    text
}

fn subsecond_nanos() -> u32 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_unique_and_sort_by_time() {
        let ids: Vec<String> = (0..1000).map(|_| super::new('r')).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.len() == 14 && id.starts_with('r')));
    }
}
