//! Versions: what was registered, once and for ever.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::{check_name, missing};
use crate::audit;
use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::json;
use crate::time::now_ms;
use crate::workspace::Workspace;

/// A version to be registered, whose files are already in [`Workspace::version_folder`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewVersion {
    /// Names the folder of its files; from [`crate::id::new`]`('m')`.
    pub id: String,
    pub model: String,
    /// The run it comes from, when it was trained here.
    pub run: Option<String>,
    pub description: String,
    pub tags: BTreeMap<String, String>,
    /// `signature`, `metrics`, `lineage`, `environment`, `example`, as JSON objects.
    pub facts: serde_json::Value,
    /// Names the content of all its files.
    pub digest: String,
    pub bytes: u64,
    /// An alias that is to mean this version at once.
    pub alias: Option<String>,
}

/// A version, as its row says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    pub id: String,
    pub model: String,
    /// From 1, in the order of registration; never given twice.
    pub number: u32,
    pub run: Option<String>,
    pub description: String,
    pub tags: BTreeMap<String, String>,
    pub facts: serde_json::Value,
    pub digest: String,
    pub bytes: u64,
    pub created_ms: i64,
    /// When it was deleted; it can be restored until it is purged.
    pub deleted_ms: Option<i64>,
    /// The aliases that mean it now.
    pub aliases: Vec<String>,
}

const SELECT: &str = "SELECT id, model, number, run, description, tags, facts, digest, bytes, created_ms, deleted_ms,
    (SELECT group_concat(alias, ' ') FROM (SELECT alias FROM alias
        WHERE alias.model = version.model AND alias.number = version.number ORDER BY alias)) FROM version";

/// Makes files a version, with the next number of its model, and moves the alias if one was asked for.
pub fn add(workspace: &Workspace, new: &NewVersion) -> Result<Version> {
    check_name("model", &new.model)?;
    if let Some(alias) = &new.alias {
        check_name("alias", alias)?;
    }
    let actor = audit::actor();
    let tags = serde_json::to_string(&new.tags).map_err(|source| Error::Stored {
        what: "tags",
        id: new.model.clone(),
        source,
    })?;
    let number = workspace.write("register a model", |transaction| {
        let now = now_ms();
        transaction.execute(
            "INSERT OR IGNORE INTO model (name, created_ms) VALUES (?1, ?2)",
            (&new.model, now),
        )?;
        let number: u32 = transaction.query_row(
            "SELECT coalesce(max(number), 0) + 1 FROM version WHERE model = ?1",
            [&new.model],
            |row| row.get(0),
        )?;
        transaction.execute(
            "INSERT INTO version (id, model, number, run, description, tags, facts, digest, bytes, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                &new.id,
                &new.model,
                number,
                &new.run,
                &new.description,
                &tags,
                new.facts.to_string(),
                &new.digest,
                new.bytes as i64,
                now,
            ),
        )?;
        let subject = format!("{}:{number}", new.model);
        audit::add(transaction, &actor, "register", &subject, &new.digest)?;
        if let Some(alias) = &new.alias {
            super::alias::set(transaction, &new.model, alias, Some(number), &actor, "registered")?;
        }
        note(transaction, Topic::Model, &new.model)?;
        Ok(number)
    })?;
    get(workspace, &new.model, number)
}

/// A version by its number, deleted or not.
pub fn get(workspace: &Workspace, model: &str, number: u32) -> Result<Version> {
    workspace
        .database()
        .prepare_cached(&format!("{SELECT} WHERE model = ?1 AND number = ?2"))
        .and_then(|mut statement| statement.query_row((model, number), read).optional())
        .map_err(Error::database("read a version"))?
        .ok_or_else(|| missing("version", &format!("{model}:{number}")))
}

/// All versions of a model, newest first, deleted ones too.
pub fn versions(workspace: &Workspace, model: &str) -> Result<Vec<Version>> {
    let query = || -> rusqlite::Result<Vec<Version>> {
        let mut statement = workspace
            .database()
            .prepare_cached(&format!("{SELECT} WHERE model = ?1 ORDER BY number DESC"))?;
        statement.query_map([model], read)?.collect()
    };
    query().map_err(Error::database("list the versions"))
}

/// Hides a version; [`restore`] brings it back.
///
/// # Errors
/// When an alias means it or an endpoint serves it.
pub fn delete(workspace: &Workspace, model: &str, number: u32) -> Result<()> {
    let version = get(workspace, model, number)?;
    let refuse = |why: String| Error::Conflict {
        what: "version",
        id: format!("{model}:{number}"),
        why,
    };
    if version.deleted_ms.is_some() {
        return Err(refuse("is deleted already".to_owned()));
    }
    if let Some(endpoint) = crate::endpoint::serving(workspace, model, number)? {
        return Err(refuse(format!(
            "is served by the endpoint '{endpoint}': stop that first"
        )));
    }
    let deleted = workspace.write("delete a version", |transaction| {
        // In the same transaction as the delete, so that no alias can move onto it in between.
        let alias: Option<String> = transaction
            .query_row(
                "SELECT alias FROM alias WHERE model = ?1 AND number = ?2",
                (model, number),
                |row| row.get(0),
            )
            .optional()?;
        if alias.is_none() {
            transaction.execute(
                "UPDATE version SET deleted_ms = ?3 WHERE model = ?1 AND number = ?2",
                (model, number, now_ms()),
            )?;
            let subject = format!("{model}:{number}");
            audit::add(transaction, &audit::actor(), "delete", &subject, "")?;
            note(transaction, Topic::Model, model)?;
        }
        Ok(alias)
    })?;
    match deleted {
        None => Ok(()),
        Some(alias) => Err(refuse(format!("is '{alias}': move or remove that alias first"))),
    }
}

/// Brings a deleted version back.
pub fn restore(workspace: &Workspace, model: &str, number: u32) -> Result<()> {
    let version = get(workspace, model, number)?;
    if !workspace.version_folder(&version.id).is_dir() {
        return Err(missing("file of the version", &format!("{model}:{number}")));
    }
    update(
        workspace,
        model,
        number,
        "restore",
        "UPDATE version SET deleted_ms = NULL WHERE model = ?1 AND number = ?2 AND ?3 = ''",
        "",
    )
}

/// Removes the files of versions that were deleted before a time. Their rows stay, so that
/// their numbers and their history do. Answers how many it were.
pub fn purge(workspace: &Workspace, before_ms: i64) -> Result<usize> {
    let query = || -> rusqlite::Result<Vec<String>> {
        let mut statement = workspace
            .database()
            .prepare_cached("SELECT id FROM version WHERE deleted_ms < ?1")?;
        statement.query_map([before_ms], |row| row.get(0))?.collect()
    };
    let mut purged = 0;
    for id in query().map_err(Error::database("list deleted versions"))? {
        let folder = workspace.version_folder(&id);
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
            purged += 1;
        }
    }
    Ok(purged)
}

/// Removes what a killed registration left: folders that no row names and that nobody wrote to for an hour.
pub fn sweep(workspace: &Workspace) -> Result<usize> {
    let query = || -> rusqlite::Result<BTreeSet<String>> {
        let mut statement = workspace.database().prepare_cached("SELECT id FROM version")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let known = query().map_err(Error::database("list the versions"))?;
    let models = workspace.folder().join("models");
    let mut removed = 0;
    for entry in std::fs::read_dir(&models).map_err(Error::io("list", &models))? {
        let entry = entry.map_err(Error::io("list", &models))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let touched = entry.metadata().and_then(|metadata| metadata.modified());
        let age = touched.ok().and_then(|time| time.elapsed().ok());
        let is_old = age.is_some_and(|age| age.as_secs() > 3600);
        if !known.contains(&name) && is_old && path.is_dir() {
            std::fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Says what a version is. Its files stay as they are.
pub fn set_description(workspace: &Workspace, model: &str, number: u32, description: &str) -> Result<()> {
    let statement = "UPDATE version SET description = ?3 WHERE model = ?1 AND number = ?2";
    update(workspace, model, number, "describe", statement, description)
}

/// Replaces the tags of a version.
pub fn set_tags(workspace: &Workspace, model: &str, number: u32, tags: &BTreeMap<String, String>) -> Result<()> {
    let text = serde_json::to_string(tags).map_err(|source| Error::Stored {
        what: "tags",
        id: format!("{model}:{number}"),
        source,
    })?;
    let statement = "UPDATE version SET tags = ?3 WHERE model = ?1 AND number = ?2";
    update(workspace, model, number, "tag", statement, &text)
}

fn update(
    workspace: &Workspace,
    model: &str,
    number: u32,
    action: &'static str,
    statement: &str,
    value: &str,
) -> Result<()> {
    let changed = workspace.write("change a version", |transaction| {
        let changed = transaction.execute(statement, (model, number, value))?;
        if changed > 0 {
            let subject = format!("{model}:{number}");
            audit::add(transaction, &audit::actor(), action, &subject, value)?;
            note(transaction, Topic::Model, model)?;
        }
        Ok(changed)
    })?;
    if changed == 0 {
        return Err(missing("version", &format!("{model}:{number}")));
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Version> {
    let bytes: i64 = row.get(8)?;
    let aliases: Option<String> = row.get(11)?;
    Ok(Version {
        id: row.get(0)?,
        model: row.get(1)?,
        number: row.get(2)?,
        run: row.get(3)?,
        description: row.get(4)?,
        tags: json(row, 5)?.unwrap_or_default(),
        facts: json(row, 6)?.unwrap_or_default(),
        digest: row.get(7)?,
        bytes: bytes.unsigned_abs(),
        created_ms: row.get(9)?,
        deleted_ms: row.get(10)?,
        aliases: aliases
            .iter()
            .flat_map(|names| names.split(' '))
            .map(str::to_owned)
            .collect(),
    })
}
