//! Aliases: names such as `champion` that mean one version at a time, and what each ever meant.

use rusqlite::{OptionalExtension, Row, Transaction};
use serde::Serialize;

use super::{check_name, get, missing};
use crate::audit;
use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::time::now_ms;
use crate::workspace::Workspace;

/// One move of an alias. These are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AliasMove {
    pub seq: i64,
    pub model: String,
    pub alias: String,
    /// What it meant from then on; `None` when it was removed.
    pub number: Option<u32>,
    /// What it meant before.
    pub previous: Option<u32>,
    pub time_ms: i64,
    pub actor: String,
    pub reason: String,
}

/// Makes an alias mean a version.
///
/// # Errors
/// When the version is not there or deleted, or its files are gone.
pub fn move_alias(workspace: &Workspace, model: &str, alias: &str, number: u32, reason: &str) -> Result<()> {
    check_name("alias", alias)?;
    let version = get(workspace, model, number)?;
    let refuse = |why: &str| Error::Conflict {
        what: "version",
        id: format!("{model}:{number}"),
        why: why.to_owned(),
    };
    if !workspace.version_folder(&version.id).is_dir() {
        return Err(refuse("has lost its files"));
    }
    let moved = workspace.write("move an alias", |transaction| {
        let is_deleted: bool = transaction.query_row(
            "SELECT deleted_ms IS NOT NULL FROM version WHERE model = ?1 AND number = ?2",
            (model, number),
            |row| row.get(0),
        )?;
        if !is_deleted {
            set(transaction, model, alias, Some(number), &audit::actor(), reason)?;
            note(transaction, Topic::Model, model)?;
        }
        Ok(!is_deleted)
    })?;
    if moved {
        Ok(())
    } else {
        Err(refuse("is deleted: restore it first"))
    }
}

/// Takes an alias away. Its history stays.
pub fn remove_alias(workspace: &Workspace, model: &str, alias: &str, reason: &str) -> Result<()> {
    if number(workspace, model, alias)?.is_none() {
        return Err(missing("alias", &format!("{model}@{alias}")));
    }
    workspace.write("remove an alias", |transaction| {
        set(transaction, model, alias, None, &audit::actor(), reason)?;
        note(transaction, Topic::Model, model)
    })
}

/// Makes an alias mean what it meant before its last move, and answers that version.
///
/// # Errors
/// When it never meant anything else, or that version is deleted.
pub fn roll_back(workspace: &Workspace, model: &str, alias: &str) -> Result<u32> {
    let now = number(workspace, model, alias)?;
    let moves = history(workspace, model, Some(alias))?;
    // Moves that were rolled back themselves are stepped over: twice back is two versions back.
    let mut before: Vec<u32> = Vec::new();
    for step in moves.iter().rev() {
        match step.number {
            Some(number) if step.reason == ROLLED_BACK => {
                while before.len() > 1 && before.last() != Some(&number) {
                    before.pop();
                }
            }
            Some(number) if before.last() != Some(&number) => before.push(number),
            _ => {}
        }
    }
    if before.last().copied() == now {
        before.pop();
    }
    let previous = before.pop().ok_or_else(|| Error::Conflict {
        what: "alias",
        id: format!("{model}@{alias}"),
        why: "never meant another version, so there is nothing to go back to".to_owned(),
    })?;
    move_alias(workspace, model, alias, previous, ROLLED_BACK)?;
    Ok(previous)
}

/// The reason written for a roll-back.
const ROLLED_BACK: &str = "rolled back";

/// What one alias, or every alias, of a model ever meant, newest first.
pub fn history(workspace: &Workspace, model: &str, alias: Option<&str>) -> Result<Vec<AliasMove>> {
    let query = || -> rusqlite::Result<Vec<AliasMove>> {
        let mut statement = workspace.database().prepare_cached(
            "SELECT seq, model, alias, number, previous, time_ms, actor, reason FROM alias_move
             WHERE model = ?1 AND (?2 IS NULL OR alias = ?2) ORDER BY seq DESC",
        )?;
        statement.query_map((model, alias), read)?.collect()
    };
    query().map_err(Error::database("read the history of an alias"))
}

/// What an alias meant at a time.
pub fn version_at(workspace: &Workspace, model: &str, alias: &str, time_ms: i64) -> Result<Option<u32>> {
    let moves = history(workspace, model, Some(alias))?;
    let last = moves.into_iter().find(|step| step.time_ms <= time_ms);
    Ok(last.and_then(|step| step.number))
}

/// The version an alias means now.
pub(super) fn number(workspace: &Workspace, model: &str, alias: &str) -> Result<Option<u32>> {
    workspace
        .database()
        .prepare_cached("SELECT number FROM alias WHERE model = ?1 AND alias = ?2")
        .and_then(|mut statement| statement.query_row((model, alias), |row| row.get(0)).optional())
        .map_err(Error::database("read an alias"))
}

/// Moves or removes an alias, with its history and the audit entry.
pub(super) fn set(
    transaction: &Transaction<'_>,
    model: &str,
    alias: &str,
    number: Option<u32>,
    actor: &str,
    reason: &str,
) -> rusqlite::Result<()> {
    let previous: Option<u32> = transaction
        .query_row(
            "SELECT number FROM alias WHERE model = ?1 AND alias = ?2",
            (model, alias),
            |row| row.get(0),
        )
        .optional()?;
    if previous == number {
        return Ok(());
    }
    match number {
        Some(number) => transaction.execute(
            "INSERT INTO alias (model, alias, number) VALUES (?1, ?2, ?3)
             ON CONFLICT (model, alias) DO UPDATE SET number = excluded.number",
            (model, alias, number),
        )?,
        None => transaction.execute("DELETE FROM alias WHERE model = ?1 AND alias = ?2", (model, alias))?,
    };
    transaction.execute(
        "INSERT INTO alias_move (model, alias, number, previous, time_ms, actor, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (model, alias, number, previous, now_ms(), actor, reason),
    )?;
    let told = |number: Option<u32>| number.map_or_else(|| "nothing".to_owned(), |number| format!("version {number}"));
    let detail = format!("from {} to {}: {reason}", told(previous), told(number));
    audit::add(transaction, actor, "alias", &format!("{model}@{alias}"), &detail)
}

fn read(row: &Row<'_>) -> rusqlite::Result<AliasMove> {
    Ok(AliasMove {
        seq: row.get(0)?,
        model: row.get(1)?,
        alias: row.get(2)?,
        number: row.get(3)?,
        previous: row.get(4)?,
        time_ms: row.get(5)?,
        actor: row.get(6)?,
        reason: row.get(7)?,
    })
}
