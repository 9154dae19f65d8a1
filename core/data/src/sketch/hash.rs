//! Quick hashes of values: not for secrets, and good enough to count by.

/// Mixes the bits of a word, each into all of them (Stafford's thirteenth mixer, 2011).
pub(crate) fn of_word(word: u64) -> u64 {
    let mut word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A quick hash after wyhash: eight bytes at a time, mixed by a wide product.
pub(crate) fn of_bytes(text: &[u8]) -> u64 {
    const MIX: u64 = 0xa076_1d64_78bd_642f;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product >> 64) as u64 ^ product as u64
    };
    let mut state = fold(text.len() as u64 ^ MIX, 0xe703_7ed1_a0b4_28db);
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), MIX);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    fold(state ^ u64::from_le_bytes(last), 0x8ebc_6af0_9c88_c6e3)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_and_texts_that_are_alike_have_hashes_that_are_not() {
        let words: HashSet<u64> = (0..100_000).map(of_word).collect();
        assert_eq!(words.len(), 100_000);
        let texts: HashSet<u64> = (0..100_000).map(|n| of_bytes(format!("id {n}").as_bytes())).collect();
        assert_eq!(texts.len(), 100_000);
        // Each bit of a hash is set in about half of them.
        for bit in 0..64 {
            let set = (0..10_000).filter(|n| of_word(*n) >> bit & 1 == 1).count();
            assert!((4700..5300).contains(&set), "bit {bit} is set {set} times");
        }
    }

    #[test]
    fn zeros_at_the_end_of_a_text_count() {
        assert_ne!(of_bytes(b"a"), of_bytes(b"a\0"));
        assert_ne!(of_bytes(b""), of_bytes(b"\0"));
    }
}
