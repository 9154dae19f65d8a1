//! How the secrets of a connection lie in the keychain: as JSON, in one entry or in several
//! where the system holds little in each.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};

use super::Secrets;
use super::error::SecretError;
use crate::redacted::Redacted;

/// Under this service all entries lie; the account is the connection's id.
pub(super) const SERVICE: &str = "aloft";

/// How many bytes one entry holds: Windows has 2,560.
pub(super) const MOST: usize = if cfg!(windows) { 2_500 } else { usize::MAX };

/// What a first entry begins with when others follow.
const SPLIT: &str = "aloft-split";

/// What became of an attempt: the keychain's own error, or content that is not ours.
#[derive(Debug)]
pub(super) enum Fault {
    Keychain(Error),
    Stored(&'static str),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Keychain(error)
    }
}

/// The text that is kept for secrets. Never logged, never printed.
fn text_of(secrets: &Secrets) -> String {
    let object: serde_json::Map<String, serde_json::Value> = secrets
        .iter()
        .map(|(name, value)| (name.clone(), value.expose().as_str().into()))
        .collect();
    serde_json::Value::Object(object).to_string()
}

fn secrets_of(text: &str) -> Result<Secrets, Fault> {
    let object: std::collections::BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_quotes_the_secret| Fault::Stored("it is no JSON object of texts"))?;
    Ok(object
        .into_iter()
        .map(|(name, value)| (name, Redacted::new(value)))
        .collect())
}

/// The secrets kept for a connection, if any.
pub(super) fn read(store: &Arc<CredentialStore>, connection: &str) -> Result<Option<Secrets>, Fault> {
    let Some(first) = text_in(store, connection)? else {
        return Ok(None);
    };
    let Some((count, tag, begin)) = split_head(&first) else {
        return secrets_of(&first).map(Some);
    };
    let mut whole = begin.to_owned();
    for nth in 2..=count {
        let part = text_in(store, &part_name(connection, nth))?;
        let part = part.as_deref().and_then(|part| part.strip_prefix(&format!("{tag}\n")));
        whole.push_str(part.ok_or(Fault::Stored("a part of it is missing"))?);
    }
    secrets_of(&whole).map(Some)
}

/// Keeps secrets for a connection. `most` is how many bytes one entry holds.
pub(super) fn write(
    store: &Arc<CredentialStore>,
    connection: &str,
    secrets: &Secrets,
    most: usize,
) -> Result<(), Fault> {
    let before = count_of(store, connection)?;
    let text = text_of(secrets);
    let mut count = 1;
    if text.len() <= most {
        entry(store, connection)?.set_secret(text.as_bytes())?;
    } else {
        // The tag ties the parts together: a write that was cut short never reads as a mixture.
        let tag = crate::id::new('p');
        let head = format!("{SPLIT} 999 {tag}\n").len();
        let parts = chunks(&text, most.saturating_sub(head).max(4));
        count = parts.len();
        for (nth, part) in parts.iter().enumerate().skip(1) {
            let name = part_name(connection, nth + 1);
            entry(store, &name)?.set_secret(format!("{tag}\n{part}").as_bytes())?;
        }
        let first = parts.first().copied().unwrap_or_default();
        entry(store, connection)?.set_secret(format!("{SPLIT} {count} {tag}\n{first}").as_bytes())?;
    }
    for nth in count + 1..=before {
        delete(store, &part_name(connection, nth))?;
    }
    Ok(())
}

/// Removes what is kept for a connection.
pub(super) fn remove(store: &Arc<CredentialStore>, connection: &str) -> Result<(), Fault> {
    let count = count_of(store, connection)?;
    for nth in 2..=count {
        delete(store, &part_name(connection, nth))?;
    }
    delete(store, connection)
}

/// Has the keychain unlock what it holds for a connection; answers whether it holds something.
pub(super) fn unlock(store: &Arc<CredentialStore>, connection: &str) -> Result<bool, Fault> {
    text_in(store, connection).map(|text| text.is_some())
}

fn count_of(store: &Arc<CredentialStore>, connection: &str) -> Result<usize, Fault> {
    let first = text_in(store, connection)?;
    Ok(first.as_deref().and_then(split_head).map_or(1, |(count, ..)| count))
}

/// Number of parts, their tag, and what follows in the first.
fn split_head(text: &str) -> Option<(usize, &str, &str)> {
    let (head, rest) = text.split_once('\n')?;
    let mut words = head.split(' ');
    let is_ours = words.next()? == SPLIT;
    let count = words.next()?.parse().ok().filter(|count| (2..1000).contains(count))?;
    let tag = words.next()?;
    is_ours.then_some((count, tag, rest))
}

/// Pieces of at most so many bytes, none of which ends inside a letter: some keychains hold only UTF-8.
fn chunks(text: &str, most: usize) -> Vec<&str> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(rest.floor_char_boundary(most.min(rest.len())));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

fn part_name(connection: &str, nth: usize) -> String {
    format!("{connection}#{nth}")
}

fn entry(store: &Arc<CredentialStore>, account: &str) -> Result<Entry, Error> {
    Entry::new_in_store(store, SERVICE, account)
}

fn text_in(store: &Arc<CredentialStore>, account: &str) -> Result<Option<String>, Fault> {
    match entry(store, account)?.get_secret() {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_holds_the_secret| Fault::Stored("it is no text")),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn delete(store: &Arc<CredentialStore>, account: &str) -> Result<(), Fault> {
    match entry(store, account)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Fault {
    /// The error a caller is told.
    pub(super) fn told(self, connection: &str, action: &'static str) -> SecretError {
        match self {
            Self::Stored(why) => SecretError::Stored {
                connection: connection.to_owned(),
                why,
            },
            Self::Keychain(error) => super::chain::told(&error, action),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Arc<CredentialStore> {
        keyring_core::mock::Store::new().unwrap()
    }

    fn secrets(value: &str) -> Secrets {
        [("service_account_key".to_owned(), Redacted::new(value.to_owned()))].into()
    }

    #[test]
    fn long_secrets_are_kept_in_parts_and_leave_none_behind() {
        let store = store();
        let long = secrets(&"ключ🔑\n".repeat(900));
        write(&store, "c1", &long, 2_500).unwrap();
        let lengths: Vec<usize> = (2..=9)
            .filter_map(|nth| text_in(&store, &part_name("c1", nth)).unwrap())
            .map(|text| text.len())
            .collect();
        assert!(
            lengths.len() > 2 && lengths.iter().all(|length| *length <= 2_500),
            "{lengths:?}"
        );
        assert_eq!(read(&store, "c1").unwrap(), Some(long));
        write(&store, "c1", &secrets("short"), 2_500).unwrap();
        assert_eq!(read(&store, "c1").unwrap(), Some(secrets("short")));
        assert_eq!(text_in(&store, &part_name("c1", 2)).unwrap(), None);
        remove(&store, "c1").unwrap();
        assert_eq!(read(&store, "c1").unwrap(), None);
    }

    #[test]
    fn parts_of_different_writes_are_never_joined() {
        let store = store();
        write(&store, "c1", &secrets(&"a".repeat(5_000)), 2_500).unwrap();
        let older = text_in(&store, &part_name("c1", 2)).unwrap().unwrap();
        write(&store, "c1", &secrets(&"b".repeat(5_000)), 2_500).unwrap();
        entry(&store, &part_name("c1", 2))
            .unwrap()
            .set_secret(older.as_bytes())
            .unwrap();
        assert!(matches!(read(&store, "c1"), Err(Fault::Stored(why)) if why.contains("missing")));
    }

    #[test]
    fn what_is_not_ours_is_refused_without_quoting_it() {
        let store = store();
        entry(&store, "c1").unwrap().set_secret(b"hunter2").unwrap();
        let error = read(&store, "c1").unwrap_err().told("c1", "read it").to_string();
        assert!(error.contains("c1") && !error.contains("hunter2"), "{error}");
    }
}
