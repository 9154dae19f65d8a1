//! Who did what to models and endpoints, as a chain: each entry's hash covers the entry
//! before it, so that an entry that was edited or removed later shows.

use rusqlite::{OptionalExtension, Transaction};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::time::now_ms;
use crate::workspace::Workspace;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub seq: i64,
    pub time_ms: i64,
    /// Who: the name of the user of this machine, or the part of Aloft that acted by itself.
    pub actor: String,
    /// `register`, `alias`, `delete`, `restore`, `import`, `export`, `serve`, …
    pub action: String,
    /// On what, for example `penguins:3` or `penguins@champion`.
    pub subject: String,
    pub detail: String,
    /// blake3 of the entry before it and of this one, in hexadecimal.
    pub hash: String,
}

/// Whether the chain holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Chain {
    Whole {
        entries: u64,
    },
    /// The entry with this number, or one before it, is not what was written.
    Broken {
        seq: i64,
    },
}

/// Adds an entry in the transaction of the act itself.
pub(crate) fn add(
    transaction: &Transaction<'_>,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> rusqlite::Result<()> {
    let last: Option<(i64, String)> = transaction
        .query_row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let (seq, before) = last.map_or((1, String::new()), |(seq, hash)| (seq + 1, hash));
    let mut entry = Entry {
        seq,
        time_ms: now_ms(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        hash: String::new(),
    };
    entry.hash = hash(&before, &entry);
    transaction.execute(
        "INSERT INTO audit (seq, time_ms, actor, action, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            seq,
            entry.time_ms,
            &entry.actor,
            &entry.action,
            &entry.subject,
            &entry.detail,
            &entry.hash,
        ),
    )?;
    Ok(())
}

/// Adds an entry about something that left no row of its own, such as an export.
pub fn record(workspace: &Workspace, action: &str, subject: &str, detail: &str) -> Result<()> {
    workspace.write("write the audit log", |transaction| {
        add(transaction, &actor(), action, subject, detail)
    })
}

/// The newest entries, newest first.
pub fn list(workspace: &Workspace, limit: usize) -> Result<Vec<Entry>> {
    select(workspace, "ORDER BY seq DESC LIMIT ?1", limit as i64)
}

/// Computes the whole chain anew.
pub fn verify(workspace: &Workspace) -> Result<Chain> {
    let entries = select(workspace, "ORDER BY seq LIMIT ?1", i64::MAX)?;
    let mut before = String::new();
    for (entry, seq) in entries.iter().zip(1..) {
        if entry.seq != seq || entry.hash != hash(&before, entry) {
            return Ok(Chain::Broken { seq });
        }
        before.clone_from(&entry.hash);
    }
    Ok(Chain::Whole {
        entries: entries.len() as u64,
    })
}

/// Who acts: the user of this machine.
pub fn actor() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn select(workspace: &Workspace, tail: &str, limit: i64) -> Result<Vec<Entry>> {
    let query = || -> rusqlite::Result<Vec<Entry>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT seq, time_ms, actor, action, subject, detail, hash FROM audit {tail}"
        ))?;
        let entries = statement.query_map([limit], |row| {
            Ok(Entry {
                seq: row.get(0)?,
                time_ms: row.get(1)?,
                actor: row.get(2)?,
                action: row.get(3)?,
                subject: row.get(4)?,
                detail: row.get(5)?,
                hash: row.get(6)?,
            })
        })?;
        entries.collect()
    };
    query().map_err(Error::database("read the audit log"))
}

fn hash(before: &str, entry: &Entry) -> String {
    let mut hasher = blake3::Hasher::new();
    let (seq, time) = (entry.seq.to_string(), entry.time_ms.to_string());
    let parts = [
        before,
        &seq,
        &time,
        &entry.actor,
        &entry.action,
        &entry.subject,
        &entry.detail,
    ];
    for part in parts {
        // With its length, so that no two entries are the same text joined differently.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_or_removed_entry_breaks_the_chain() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        for number in 1..=4 {
            record(&workspace, "register", &format!("penguins:{number}"), "").unwrap();
        }
        assert_eq!(verify(&workspace).unwrap(), Chain::Whole { entries: 4 });
        let database = workspace.database();
        let edit = "UPDATE audit SET subject = 'penguins:9' WHERE seq = 2";
        database.execute(edit, []).unwrap();
        assert_eq!(verify(&workspace).unwrap(), Chain::Broken { seq: 2 });
        let undo = "UPDATE audit SET subject = 'penguins:2' WHERE seq = 2";
        database.execute(undo, []).unwrap();
        assert_eq!(verify(&workspace).unwrap(), Chain::Whole { entries: 4 });
        database.execute("DELETE FROM audit WHERE seq = 3", []).unwrap();
        assert_eq!(verify(&workspace).unwrap(), Chain::Broken { seq: 3 });
    }
}
