//! Registered models: immutable versions under a name, aliases that point at them, and
//! the whole history of every alias.
//!
//! The files of a version are written first, under an id of their own; the row that
//! makes them a version comes last. A crash in between leaves files that nobody
//! names, never half a version.

mod alias;
mod version;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::workspace::Workspace;

pub use alias::{AliasMove, history, move_alias, remove_alias, roll_back, version_at};
pub use version::{NewVersion, Version, add, delete, get, purge, restore, set_description, set_tags, sweep, versions};

/// A registered model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    pub name: String,
    pub description: String,
    pub created_ms: i64,
    /// How many versions it has, without deleted ones.
    pub versions: u32,
    /// The newest version that is not deleted; 0 when there is none.
    pub newest: u32,
    /// Each alias and the version it means now, sorted by alias.
    pub aliases: Vec<(String, u32)>,
}

/// Which version of a model is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// Whatever the alias means at that moment.
    Alias(String),
    Version(u32),
    /// The newest version.
    Newest,
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alias(alias) => write!(f, "@{alias}"),
            Self::Version(number) => write!(f, ":{number}"),
            Self::Newest => Ok(()),
        }
    }
}

/// Reads `penguins`, `penguins@champion` or `penguins:3`.
///
/// # Errors
/// When what stands after the colon is no version number, or a name is empty.
pub fn parse_reference(text: &str) -> Result<(String, Selector)> {
    let refuse = |why: &str| Error::Name {
        what: "model",
        name: text.to_owned(),
        why: why.to_owned(),
    };
    let (name, selector) = if let Some((name, alias)) = text.split_once('@') {
        check_name("alias", alias)?;
        (name, Selector::Alias(alias.to_owned()))
    } else if let Some((name, number)) = text.rsplit_once(':') {
        let number = number.parse().ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| refuse("has no version number after the colon"))?;
        (name, Selector::Version(number))
    } else {
        (text, Selector::Newest)
    };
    check_name("model", name)?;
    Ok((name.to_owned(), selector))
}

/// The version that a selector means now.
pub fn resolve(workspace: &Workspace, model: &str, selector: &Selector) -> Result<Version> {
    match selector {
        Selector::Version(number) => get(workspace, model, *number),
        Selector::Alias(alias) => {
            let number = alias::number(workspace, model, alias)?;
            let number = number.ok_or_else(|| missing("alias", &format!("{model}@{alias}")))?;
            get(workspace, model, number)
        }
        Selector::Newest => {
            let newest = model_named(workspace, model)?.newest;
            if newest == 0 {
                return Err(missing("version of the model", model));
            }
            get(workspace, model, newest)
        }
    }
}

/// All models, by name.
pub fn models(workspace: &Workspace) -> Result<Vec<Model>> {
    let query = || -> rusqlite::Result<Vec<Model>> {
        let mut statement = workspace.database().prepare_cached(
            "SELECT name, description, created_ms,
                 (SELECT count(*) FROM version WHERE model = name AND deleted_ms IS NULL),
                 (SELECT coalesce(max(number), 0) FROM version WHERE model = name AND deleted_ms IS NULL)
             FROM model ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Model {
                name: row.get(0)?,
                description: row.get(1)?,
                created_ms: row.get(2)?,
                versions: row.get(3)?,
                newest: row.get(4)?,
                aliases: Vec::new(),
            })
        })?;
        let mut models = rows.collect::<rusqlite::Result<Vec<Model>>>()?;
        let mut statement = workspace
            .database()
            .prepare_cached("SELECT alias, number FROM alias WHERE model = ?1 ORDER BY alias")?;
        for model in &mut models {
            let aliases = statement.query_map([&model.name], |row| Ok((row.get(0)?, row.get(1)?)))?;
            model.aliases = aliases.collect::<rusqlite::Result<_>>()?;
        }
        Ok(models)
    };
    query().map_err(Error::database("list the models"))
}

/// The model with this name.
pub fn model_named(workspace: &Workspace, name: &str) -> Result<Model> {
    let found = models(workspace)?.into_iter().find(|model| model.name == name);
    found.ok_or_else(|| missing("model", name))
}

/// Says what a model is for.
pub fn describe_model(workspace: &Workspace, name: &str, description: &str) -> Result<()> {
    let changed = workspace.write("describe a model", |transaction| {
        crate::change::note(transaction, crate::change::Topic::Model, name)?;
        transaction.execute("UPDATE model SET description = ?2 WHERE name = ?1", (name, description))
    })?;
    if changed == 0 {
        return Err(missing("model", name));
    }
    Ok(())
}

/// Names are parts of addresses and of command lines: letters, digits, dot, dash and underscore.
pub fn check_name(what: &'static str, name: &str) -> Result<()> {
    let refuse = |why: &str| {
        Err(Error::Name {
            what,
            name: name.to_owned(),
            why: why.to_owned(),
        })
    };
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    if name.is_empty() {
        return refuse("is empty");
    }
    if name.chars().count() > 100 {
        return refuse("is longer than 100 letters");
    }
    if !name.chars().all(allowed) || !name.starts_with(char::is_alphanumeric) {
        return refuse("may have letters, digits, '.', '-' and '_', and starts with a letter or digit");
    }
    Ok(())
}

pub(crate) fn missing(what: &'static str, id: &str) -> Error {
    Error::Missing {
        what,
        id: id.to_owned(),
    }
}
