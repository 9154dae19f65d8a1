//! Tokens of endpoints. A token is told once, when it is made; the workspace keeps only its
//! hash, so that nothing that is written could be used to ask an endpoint.

use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::time::now_ms;
use crate::workspace::Workspace;

/// A token, never shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A token that somebody else made, for example one given to a container.
    pub fn given(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be sent or told once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> String {
        blake3::hash(self.0.as_bytes()).to_hex().to_string()
    }
}

/// Makes a token for an endpoint. One with the same label is replaced.
///
/// # Errors
/// When the system gives no random numbers, or the workspace cannot be written.
pub fn make(workspace: &Workspace, endpoint: &str, label: &str) -> Result<Token> {
    let mut bytes = [0_u8; 24];
    fill_random(&mut bytes)?;
    let mut text = String::from("aloft_");
    for half in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.extend(char::from_digit(u32::from(half), 16));
    }
    let token = Token(text);
    workspace.write("make a token", |transaction| {
        transaction.execute(
            "DELETE FROM endpoint_token WHERE endpoint = ?1 AND label = ?2",
            (endpoint, label),
        )?;
        transaction.execute(
            "INSERT INTO endpoint_token (hash, endpoint, label, created_ms) VALUES (?1, ?2, ?3, ?4)",
            (token.hash(), endpoint, label, now_ms()),
        )?;
        note(transaction, Topic::Endpoint, endpoint)
    })?;
    Ok(token)
}

/// The hashes of the tokens that an endpoint takes.
pub fn hashes(workspace: &Workspace, endpoint: &str) -> Result<Vec<String>> {
    let query = || -> rusqlite::Result<Vec<String>> {
        let mut statement = workspace
            .database()
            .prepare_cached("SELECT hash FROM endpoint_token WHERE endpoint = ?1")?;
        statement.query_map([endpoint], |row| row.get(0))?.collect()
    };
    query().map_err(Error::database("read the tokens of an endpoint"))
}

#[cfg(unix)]
fn fill_random(bytes: &mut [u8]) -> Result<()> {
    use std::io::Read;
    let path = std::path::Path::new("/dev/urandom");
    let mut file = std::fs::File::open(path).map_err(Error::io("open", path))?;
    file.read_exact(bytes).map_err(Error::io("read", path))
}

/// Each hasher of the standard library starts from the system's random numbers.
#[cfg(not(unix))]
fn fill_random(bytes: &mut [u8]) -> Result<()> {
    use std::hash::{BuildHasher, Hasher};
    for part in bytes.chunks_mut(8) {
        let word = std::collections::hash_map::RandomState::new().build_hasher().finish();
        part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
    }
    Ok(())
}
