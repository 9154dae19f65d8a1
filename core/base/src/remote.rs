//! Files that lie elsewhere: what whoever reads tables needs to know of them, and who fetches them.
//!
//! Reading tables and talking to buckets are two crates that do not know each other; the
//! program puts a [`Reach`] in place when it starts, and this is all they share.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Report};
use crate::redacted::Redacted;

/// An address in a bucket, and how to sign in there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Of an object; of a folder, with a trailing `/`; or a pattern, as `s3://bucket/a/*.parquet`.
    pub url: String,
    /// Name or id of a connection; the provider's own environment when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// An object as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub url: String,
    pub bytes: u64,
    /// Another content has another one.
    pub etag: String,
}

/// What is at an address.
#[derive(Clone, Debug)]
pub struct Found {
    /// In the order of their addresses.
    pub objects: Vec<Object>,
    /// The folder they are in, with its trailing `/`; nothing when the address is of one object.
    pub folder: Option<String>,
    /// Whether the address is a pattern that each of them matches.
    pub is_pattern: bool,
    /// What a reader of its own needs to reach them: names and values. Nothing that signs is in it.
    pub options: Vec<(String, Redacted<String>)>,
    /// Whether its requests are signed with what [`Reach::credential`] answers.
    pub is_signed: bool,
}

/// What a reader of its own signs its requests with.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The keys of AWS and of servers like it.
    Keys {
        access_key_id: String,
        secret_access_key: Redacted<String>,
        session_token: Option<Redacted<String>>,
    },
    /// The names and values of a shared access signature of Azure.
    SharedAccess(Vec<(String, Redacted<String>)>),
    /// A token of Google; an empty one where nobody asks for it.
    Bearer(Redacted<String>),
}

/// Something whose bytes can be read anywhere, each read being costly.
pub trait ReadRange: Send + Sync {
    /// How many bytes there are.
    fn bytes(&self) -> u64;

    /// Reads exactly these bytes.
    ///
    /// # Errors
    /// In the words a person is told.
    fn read(&mut self, range: Range<u64>) -> Result<Vec<u8>, Report>;

    /// Reads several ranges; who can reads them at the same time.
    ///
    /// # Errors
    /// As [`ReadRange::read`].
    fn read_all(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>, Report> {
        ranges.iter().map(|range| self.read(range.clone())).collect()
    }
}

/// Who fetches what lies elsewhere. Every method waits for the network.
pub trait Reach: Send + Sync {
    /// What is at an address now.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when nothing is there; else why that cannot be known.
    fn find(&self, remote: &Remote) -> Result<Found, Report>;

    /// Opens an object to read parts of it.
    ///
    /// # Errors
    /// When there is no way to it.
    fn open(&self, remote: &Remote, object: &Object) -> Result<Box<dyn ReadRange>, Report>;

    /// Brings an object whole into a file, which must not be there. `on` is told how many bytes
    /// have arrived, and answers whether to go on.
    ///
    /// # Errors
    /// [`ErrorKind::Stopped`] when `on` said so; [`ErrorKind::Conflict`] when the object is another one now.
    fn bring(&self, remote: &Remote, object: &Object, to: &Path, on: &mut dyn FnMut(u64) -> bool)
    -> Result<(), Report>;

    /// What a reader of its own signs its next requests with. It serves for some minutes at least, and is
    /// asked for again after one.
    ///
    /// # Errors
    /// When nobody can sign in there any more.
    fn credential(&self, remote: &Remote) -> Result<Credential, Report>;

    /// The folder where copies are kept.
    fn copies(&self) -> PathBuf;
}

static REACH: Mutex<Option<Arc<dyn Reach>>> = Mutex::new(None);

/// Says who fetches from now on.
pub fn install(reach: Arc<dyn Reach>) {
    *REACH.lock().unwrap_or_else(PoisonError::into_inner) = Some(reach);
}

/// Who fetches.
///
/// # Errors
/// When this program cannot reach buckets.
pub fn reach() -> Result<Arc<dyn Reach>, Report> {
    let reach = REACH.lock().unwrap_or_else(PoisonError::into_inner).clone();
    reach.ok_or_else(|| {
        Report::new(
            ErrorKind::Unsupported,
            "This program cannot read from buckets",
            "Copy the file to this machine and open it here.",
        )
    })
}

/// Whether a text is an address of something elsewhere and not a path of this machine.
pub fn is_url(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, _)| scheme.len() > 1 && scheme.bytes().all(|letter| letter.is_ascii_alphanumeric()))
}

/// Where the pattern in a path begins to vary: the length of the folder before it, with its
/// trailing `/`. Nothing when the path is none. `*` stands for anything within a folder, `**`
/// for anything, `?` for one letter.
pub fn pattern_folder(path: &str) -> Option<usize> {
    let first = path.find(['*', '?'])?;
    Some(path[..first].rfind('/').map_or(0, |slash| slash + 1))
}

/// Whether a path matches a pattern.
pub fn matches_pattern(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.as_bytes(), path.as_bytes());
    // The places in the pattern that the letters so far lead to.
    let mut places = vec![false; pattern.len() + 1];
    reach_place(pattern, 0, &mut places);
    for letter in path {
        let mut next = vec![false; pattern.len() + 1];
        for (at, _) in places.iter().enumerate().filter(|(_, here)| **here) {
            match pattern.get(at) {
                Some(b'*') if *letter != b'/' || is_double(pattern, at) => reach_place(pattern, at, &mut next),
                Some(b'?') if *letter != b'/' => reach_place(pattern, at + 1, &mut next),
                Some(known) if known == letter && *known != b'*' => reach_place(pattern, at + 1, &mut next),
                _ => {}
            }
        }
        places = next;
    }
    places[pattern.len()]
}

/// Notes a place, and those after it that need no letter.
fn reach_place(pattern: &[u8], at: usize, places: &mut [bool]) {
    let mut at = at;
    places[at] = true;
    while pattern.get(at) == Some(&b'*') {
        at += 1;
        places[at] = true;
        // `**/` stands for no folder, too.
        if is_double(pattern, at - 1) && pattern.get(at) == Some(&b'/') {
            reach_place(pattern, at + 1, places);
        }
    }
}

/// Whether the star at a place is one of two.
fn is_double(pattern: &[u8], at: usize) -> bool {
    pattern.get(at + 1) == Some(&b'*') || (at > 0 && pattern[at - 1] == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say() {
        for (pattern, path, expected) in [
            ("a/*.parquet", "a/b.parquet", true),
            ("a/*.parquet", "a/b/c.parquet", false),
            ("a/**", "a/b/c.parquet", true),
            ("a/**/*.parquet", "a/c.parquet", true),
            ("a/**/*.parquet", "a/b/d/c.parquet", true),
            ("a/**/*.parquet", "ab/c.parquet", false),
            ("a/year=*/?.pq", "a/year=2024/x.pq", true),
            ("a/year=*/?.pq", "a/year=2024/xy.pq", false),
            ("*", "", true),
        ] {
            assert_eq!(matches_pattern(pattern, path), expected, "{pattern} {path}");
        }
        assert_eq!(pattern_folder("a/b/c*/d"), Some(4));
        assert_eq!(pattern_folder("*.csv"), Some(0));
        assert_eq!(pattern_folder("a/b"), None);
    }

    #[test]
    fn addresses_are_told_from_paths() {
        for (text, expected) in [
            ("s3://b/k", true),
            ("https://x", true),
            ("a/b", false),
            ("C:\\a", false),
            ("://", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }
}
