//! Names in URLs: every byte that is not plainly itself is percent-encoded, so that no server
//! and nobody on the way takes it for something else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As [`RESERVED`], but `/` stays.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A name as one segment of a path, or as a value of a query: `/` is encoded too.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).to_string()
}

/// A name whose `/` are those of the path.
pub(crate) fn path(name: &str) -> String {
    utf8_percent_encode(name, RESERVED_IN_PATH).to_string()
}

/// A query of names and values.
pub(crate) fn query(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", segment(value)))
        .collect();
    pairs.join("&")
}

/// The names and values of a query, before their encoding.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.trim_start_matches('?').split('&');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_unreserved_is_encoded() {
        assert_eq!(segment("a/ü +%.~_-"), "a%2F%C3%BC%20%2B%25.~_-");
        assert_eq!(path("a//b c"), "a//b%20c");
        assert_eq!(query(&[("a", "1&2".into()), ("b", String::new())]), "a=1%262&b=");
        let back = [("a".to_owned(), "1&2".to_owned()), ("b".to_owned(), String::new())];
        assert_eq!(pairs("?a=1%262&b="), back);
    }
}
