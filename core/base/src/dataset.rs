//! Datasets that were opened, and what is known of their columns.
//!
//! A dataset is a path; its `key` names the file's content and the options it is read
//! with, so what was learned of an older content is not shown for a newer one.

mod history;

use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::json;
use crate::time::now_ms;
use crate::workspace::Workspace;

pub use history::{Version, set_fingerprint, versions};

/// A dataset, as its row says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dataset {
    pub id: String,
    pub path: PathBuf,
    /// How the file is read: format and options, as `aloft-data` writes them.
    pub source: serde_json::Value,
    /// Names the content and the options; also the name of its folder in the cache.
    pub key: String,
    pub opened_ms: i64,
    /// Rows, once counted.
    pub rows: Option<u64>,
    /// Columns, once profiled.
    pub columns: Option<u64>,
    /// What a person should know about the file, one sentence each.
    pub warnings: Vec<String>,
    /// The steps that make it ready, as `aloft-data` writes them: a list.
    pub steps: serde_json::Value,
}

const COLUMNS: &str = "id, path, source, key, opened_ms, rows, columns, warnings, steps";

impl Workspace {
    /// Where what can be made again from a dataset is kept: its row index, its schema.
    pub fn dataset_cache(&self, key: &str) -> PathBuf {
        self.cache_folder().join("datasets").join(key)
    }

    /// Where the answer to a question is kept, under a name that says what was asked of what.
    pub fn answer_cache(&self, name: &str) -> PathBuf {
        self.cache_folder().join("answers").join(name)
    }
}

/// Remembers that a dataset was opened. What was known of it stays when its key is the same.
pub fn open(workspace: &Workspace, path: &Path, source: &serde_json::Value, key: &str) -> Result<Dataset> {
    let path_text = path.to_string_lossy().into_owned();
    let id = workspace.write("remember a dataset", |transaction| {
        let known: Option<(String, String)> = transaction
            .query_row("SELECT id, key FROM dataset WHERE path = ?1", [&path_text], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let id = if let Some((id, known_key)) = known {
            if known_key != key {
                transaction.execute("DELETE FROM column_profile WHERE dataset = ?1", [&id])?;
                transaction.execute(
                    "UPDATE dataset SET rows = NULL, columns = NULL, warnings = '[]' WHERE id = ?1",
                    [&id],
                )?;
            }
            transaction.execute(
                "UPDATE dataset SET source = ?2, key = ?3, opened_ms = ?4 WHERE id = ?1",
                (&id, source.to_string(), key, now_ms()),
            )?;
            id
        } else {
            let id = crate::id::new('d');
            transaction.execute(
                "INSERT INTO dataset (id, path, source, key, opened_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                (&id, &path_text, source.to_string(), key, now_ms()),
            )?;
            id
        };
        history::saw(transaction, &id, key)?;
        note(transaction, Topic::Dataset, &id)?;
        Ok(id)
    })?;
    get(workspace, &id)
}

/// The dataset with this id.
pub fn get(workspace: &Workspace, id: &str) -> Result<Dataset> {
    workspace
        .database()
        .prepare_cached(&format!("SELECT {COLUMNS} FROM dataset WHERE id = ?1"))
        .and_then(|mut statement| statement.query_row([id], read).optional())
        .map_err(Error::database("read a dataset"))?
        .ok_or_else(|| Error::Missing {
            what: "dataset",
            id: id.to_owned(),
        })
}

/// The dataset of a path, if it was ever opened.
pub fn at(workspace: &Workspace, path: &Path) -> Result<Option<Dataset>> {
    workspace
        .database()
        .prepare_cached(&format!("SELECT {COLUMNS} FROM dataset WHERE path = ?1"))
        .and_then(|mut statement| statement.query_row([path.to_string_lossy()], read).optional())
        .map_err(Error::database("read a dataset"))
}

/// The datasets opened last, newest first.
pub fn recent(workspace: &Workspace, limit: usize) -> Result<Vec<Dataset>> {
    let query = || -> rusqlite::Result<Vec<Dataset>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM dataset ORDER BY opened_ms DESC, id DESC LIMIT ?1"
        ))?;
        statement.query_map([limit as i64], read)?.collect()
    };
    query().map_err(Error::database("list the datasets"))
}

/// How a person said that the file at a path is read, as `aloft-data` writes it; nothing when they
/// left it to what is found in it.
pub fn said_reading(workspace: &Workspace, path: &Path) -> Result<Option<serde_json::Value>> {
    let kept = reading_path(workspace, path);
    match std::fs::read(&kept) {
        // A damaged file is as good as none.
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io("read", &kept)(source)),
    }
}

/// Keeps how a person said that the file at a path is read, or that it is left to what is found in it.
pub fn say_reading(workspace: &Workspace, path: &Path, reading: Option<&serde_json::Value>) -> Result<()> {
    let kept = reading_path(workspace, path);
    let Some(reading) = reading else {
        return match std::fs::remove_file(&kept) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", &kept)(source)),
            _ => Ok(()),
        };
    };
    crate::fs::create_folder(&workspace.folder().join("readings"))?;
    crate::fs::write_atomic(&kept, reading.to_string().as_bytes())
}

fn reading_path(workspace: &Workspace, path: &Path) -> PathBuf {
    let name = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    workspace
        .folder()
        .join("readings")
        .join(format!("{}.json", &name[..32]))
}

/// Takes a dataset off the list. The file itself is not touched.
pub fn forget(workspace: &Workspace, id: &str) -> Result<()> {
    workspace.write("forget a dataset", |transaction| {
        transaction.execute("DELETE FROM dataset WHERE id = ?1", [id])?;
        note(transaction, Topic::Dataset, id)
    })
}

/// Says how many rows there are.
pub fn set_rows(workspace: &Workspace, id: &str, rows: u64) -> Result<()> {
    workspace.write("write the number of rows", |transaction| {
        transaction.execute("UPDATE dataset SET rows = ?2 WHERE id = ?1", (id, rows as i64))?;
        history::counted(transaction, id, rows)?;
        note(transaction, Topic::Dataset, id)
    })
}

/// Stores the profiles of some columns: position and profile, as `aloft-data` writes it.
pub fn set_profiles(workspace: &Workspace, id: &str, profiles: &[(usize, serde_json::Value)]) -> Result<()> {
    workspace.write("write column profiles", |transaction| {
        let mut statement = transaction
            .prepare_cached("INSERT OR REPLACE INTO column_profile (dataset, position, profile) VALUES (?1, ?2, ?3)")?;
        for (position, profile) in profiles {
            statement.execute((id, *position as i64, profile.to_string()))?;
        }
        note(transaction, Topic::Dataset, id)
    })
}

/// Says that the profile is whole: so many columns, and these warnings.
pub fn set_profiled(workspace: &Workspace, id: &str, columns: u64, warnings: &[String]) -> Result<()> {
    let warnings = serde_json::Value::from(warnings).to_string();
    workspace.write("write a profile", |transaction| {
        transaction.execute(
            "UPDATE dataset SET columns = ?2, warnings = ?3 WHERE id = ?1",
            (id, columns as i64, warnings),
        )?;
        history::profiled(transaction, id)?;
        note(transaction, Topic::Dataset, id)
    })
}

/// Replaces the steps that make a dataset ready. They stay when its content changes.
pub fn set_steps(workspace: &Workspace, id: &str, steps: &serde_json::Value) -> Result<()> {
    workspace.write("write the steps of a dataset", |transaction| {
        transaction.execute("UPDATE dataset SET steps = ?2 WHERE id = ?1", (id, steps.to_string()))?;
        note(transaction, Topic::Dataset, id)
    })
}

/// The column profiles that are there so far, by position.
pub fn profiles(workspace: &Workspace, id: &str) -> Result<Vec<(usize, serde_json::Value)>> {
    let query = || -> rusqlite::Result<Vec<(usize, serde_json::Value)>> {
        let mut statement = workspace
            .database()
            .prepare_cached("SELECT position, profile FROM column_profile WHERE dataset = ?1 ORDER BY position")?;
        let rows = statement.query_map([id], |row| {
            Ok((row.get::<_, i64>(0)? as usize, json(row, 1)?.unwrap_or_default()))
        })?;
        rows.collect()
    };
    query().map_err(Error::database("read column profiles"))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Dataset> {
    Ok(Dataset {
        id: row.get(0)?,
        path: PathBuf::from(row.get::<_, String>(1)?),
        source: json(row, 2)?.unwrap_or_default(),
        key: row.get(3)?,
        opened_ms: row.get(4)?,
        rows: row.get::<_, Option<i64>>(5)?.map(|rows| rows as u64),
        columns: row.get::<_, Option<i64>>(6)?.map(|columns| columns as u64),
        warnings: json(row, 7)?.unwrap_or_default(),
        steps: json(row, 8)?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_person_said_of_a_file_is_kept_by_its_path_until_it_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let (one, other) = (Path::new("/data/a.csv"), Path::new("s3://bucket/a.csv"));
        assert_eq!(said_reading(&workspace, one).unwrap(), None);
        say_reading(&workspace, one, Some(&json!({"delimiter": ";"}))).unwrap();
        assert_eq!(said_reading(&workspace, one).unwrap(), Some(json!({"delimiter": ";"})));
        assert_eq!(said_reading(&workspace, other).unwrap(), None);
        say_reading(&workspace, one, None).unwrap();
        say_reading(&workspace, one, None).unwrap();
        assert_eq!(said_reading(&workspace, one).unwrap(), None);
    }

    #[test]
    fn what_is_known_stays_for_the_same_content_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let path = Path::new("/data/a.csv");
        let first = open(&workspace, path, &json!({"format": "csv"}), "k1").unwrap();
        set_rows(&workspace, &first.id, 12).unwrap();
        set_profiles(
            &workspace,
            &first.id,
            &[(1, json!({"name": "b"})), (0, json!({"name": "a"}))],
        )
        .unwrap();
        set_profiled(&workspace, &first.id, 2, &["odd".into()]).unwrap();

        let again = open(&workspace, path, &json!({"format": "csv"}), "k1").unwrap();
        assert_eq!(
            (again.id.as_str(), again.rows, again.columns),
            (first.id.as_str(), Some(12), Some(2))
        );
        assert_eq!(again.warnings, ["odd"]);
        assert_eq!(profiles(&workspace, &first.id).unwrap()[0], (0, json!({"name": "a"})));

        set_steps(&workspace, &first.id, &json!([{"step": "drop", "columns": ["a"]}])).unwrap();
        let changed = open(&workspace, path, &json!({"format": "csv"}), "k2").unwrap();
        assert_eq!(changed.steps[0]["step"], "drop", "steps are a person's work and stay");
        assert_eq!((changed.rows, changed.columns), (None, None));
        assert!(profiles(&workspace, &first.id).unwrap().is_empty());
        assert_eq!(recent(&workspace, 10).unwrap().len(), 1);
        assert_eq!(at(&workspace, path).unwrap().unwrap().id, first.id);
        assert_eq!(at(&workspace, Path::new("/data/b.csv")).unwrap(), None);
        forget(&workspace, &first.id).unwrap();
        assert!(recent(&workspace, 10).unwrap().is_empty());
    }
}
