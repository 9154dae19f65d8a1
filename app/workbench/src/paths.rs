//! Paths in text that a person pasted.

use std::path::PathBuf;

/// The paths in a text that was pasted: one a line, quoted or not, also as `file://` addresses.
/// Text that is no path gives none.
pub(crate) fn paths_in(text: &str) -> Vec<PathBuf> {
    text.lines().filter_map(path_in).collect()
}

fn path_in(line: &str) -> Option<PathBuf> {
    let line = line.trim().trim_matches(['"', '\'']);
    let path = match line.strip_prefix("file://") {
        Some(rest) => PathBuf::from(percent_decoded(rest)),
        None => match line.strip_prefix("~/") {
            Some(rest) => aloft_base::env::path("HOME")?.join(rest),
            None => PathBuf::from(line),
        },
    };
    path.is_absolute().then_some(path)
}

/// Undoes `%20` and the like.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_paths_are_found_in_every_form() {
        assert_eq!(
            paths_in("/data/a b.csv\n'/data/c.csv'\n"),
            [PathBuf::from("/data/a b.csv"), "/data/c.csv".into()]
        );
        assert_eq!(
            paths_in("file:///data/with%20space%C3%A9.csv"),
            [PathBuf::from("/data/with spaceé.csv")]
        );
        assert_eq!(paths_in("file:///data/100%"), [PathBuf::from("/data/100%")]);
        assert!(paths_in("learning rate 0.1").is_empty());
    }
}
