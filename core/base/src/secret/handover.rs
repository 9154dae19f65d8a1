//! Secrets of this session for the processes it starts: through an inherited pipe, never as
//! an argument, in the environment or in a file.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use super::{Secrets, session};
use crate::redacted::Redacted;

/// Tells the `aloft` program that the first line on its standard input holds secrets.
pub const FLAG: &str = "--secrets-from-stdin";

/// The longest line that is taken.
const LONGEST: u64 = 16 << 20;

/// The session's secrets as the first line for the standard input of a child that is started with
/// [`FLAG`]; nothing where there are none.
pub fn hand_over() -> Option<Redacted<Vec<u8>>> {
    let all = session::all();
    if all.is_empty() {
        return None;
    }
    let plain: BTreeMap<&String, BTreeMap<&String, &String>> = all
        .iter()
        .map(|(connection, secrets)| {
            let secrets = secrets.iter().map(|(name, value)| (name, value.expose()));
            (connection, secrets.collect())
        })
        .collect();
    let mut line = serde_json::to_vec(&plain).ok()?;
    line.push(b'\n');
    Some(Redacted::new(line))
}

/// Reads one line of secrets and keeps them for this session. What follows the line stays unread.
pub fn take_over(input: &mut impl BufRead) -> io::Result<()> {
    let mut line = Vec::new();
    io::Read::take(input, LONGEST).read_until(b'\n', &mut line)?;
    let plain: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_slice(&line)
        .map_err(|_quotes_the_secret| io::Error::new(io::ErrorKind::InvalidData, "the line holds no secrets"))?;
    for (connection, secrets) in plain {
        let secrets: Secrets = secrets
            .into_iter()
            .map(|(name, value)| (name, Redacted::new(value)))
            .collect();
        session::put(&connection, secrets);
    }
    Ok(())
}
