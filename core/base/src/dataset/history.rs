//! The contents that a dataset was seen with, so that what a run used can be told from what
//! is there now.

use std::path::Path;

use rusqlite::{Row, Transaction};
use serde::Serialize;

use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::json;
use crate::time::now_ms;
use crate::workspace::Workspace;

/// A content that a dataset was seen with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Names the content and how it was read.
    pub key: String,
    /// When it was seen first.
    pub seen_ms: i64,
    /// When it was opened last.
    pub opened_ms: i64,
    /// Rows, once counted.
    pub rows: Option<u64>,
    /// Name and type of each column, once profiled.
    pub schema: Option<Vec<(String, String)>>,
    /// Names the bytes of the content, once a run has read them.
    pub fingerprint: Option<String>,
}

/// The contents that a dataset was seen with; the one opened last comes first.
pub fn versions(workspace: &Workspace, dataset: &str) -> Result<Vec<Version>> {
    let query = || -> rusqlite::Result<Vec<Version>> {
        let mut statement = workspace.database().prepare_cached(
            "SELECT key, seen_ms, opened_ms, rows, schema, fingerprint FROM dataset_version
             WHERE dataset = ?1 ORDER BY opened_ms DESC, seen_ms DESC, key",
        )?;
        statement.query_map([dataset], read)?.collect()
    };
    query().map_err(Error::database("list the versions of a dataset"))
}

/// Says what the content is named that was read from `path` while its key was `key`. A path
/// that is no dataset, or was not seen with this key, has nothing to be said of.
pub fn set_fingerprint(workspace: &Workspace, path: &Path, key: &str, fingerprint: &str) -> Result<()> {
    workspace.write("write the fingerprint of a dataset", |transaction| {
        let path = path.to_string_lossy();
        let mut statement = transaction.prepare_cached(
            "UPDATE dataset_version SET fingerprint = ?3
             WHERE key = ?2 AND dataset = (SELECT id FROM dataset WHERE path = ?1) RETURNING dataset",
        )?;
        let written = statement.query_map((&path, key, fingerprint), |row| row.get::<_, String>(0))?;
        let written: Vec<String> = written.collect::<rusqlite::Result<_>>()?;
        for id in written {
            note(transaction, Topic::Dataset, &id)?;
        }
        Ok(())
    })
}

/// Remembers that a dataset was opened with this content. An empty key says that nobody has looked yet.
pub(super) fn saw(transaction: &Transaction<'_>, dataset: &str, key: &str) -> rusqlite::Result<()> {
    if key.is_empty() {
        return Ok(());
    }
    transaction.execute(
        "INSERT INTO dataset_version (dataset, key, seen_ms, opened_ms) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT (dataset, key) DO UPDATE SET opened_ms = excluded.opened_ms",
        (dataset, key, now_ms()),
    )?;
    Ok(())
}

/// The content that is there now has so many rows.
pub(super) fn counted(transaction: &Transaction<'_>, dataset: &str, rows: u64) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE dataset_version SET rows = ?2
         WHERE dataset = ?1 AND key = (SELECT key FROM dataset WHERE id = ?1)",
        (dataset, rows as i64),
    )?;
    Ok(())
}

/// The profile of the content that is there now is whole: its columns are known.
pub(super) fn profiled(transaction: &Transaction<'_>, dataset: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE dataset_version SET schema = (
             SELECT json_group_array(json_array(profile ->> '$.name', profile ->> '$.type'))
             FROM (SELECT profile FROM column_profile WHERE dataset = ?1 ORDER BY position))
         WHERE dataset = ?1 AND key = (SELECT key FROM dataset WHERE id = ?1)",
        [dataset],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        key: row.get(0)?,
        seen_ms: row.get(1)?,
        opened_ms: row.get(2)?,
        rows: row.get::<_, Option<i64>>(3)?.map(|rows| rows as u64),
        schema: json(row, 4)?,
        fingerprint: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{forget, open, set_profiled, set_profiles, set_rows};
    use serde_json::json;

    #[test]
    fn each_content_is_remembered_with_what_was_learned_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let path = Path::new("/data/a.csv");
        let source = json!({"format": "csv"});
        let id = open(&workspace, path, &source, "k1").unwrap().id;
        set_rows(&workspace, &id, 12).unwrap();
        let profiles = [
            (1, json!({"name": "b", "type": "string"})),
            (0, json!({"name": "a", "type": "integer"})),
        ];
        set_profiles(&workspace, &id, &profiles).unwrap();
        set_profiled(&workspace, &id, 2, &[]).unwrap();
        set_fingerprint(&workspace, path, "k1", "f1").unwrap();
        set_fingerprint(&workspace, path, "k9", "f9").unwrap();
        set_fingerprint(&workspace, Path::new("/data/other.csv"), "k1", "f9").unwrap();

        open(&workspace, path, &source, "k2").unwrap();
        set_rows(&workspace, &id, 13).unwrap();
        let known = versions(&workspace, &id).unwrap();
        let old = known.iter().find(|version| version.key == "k1").unwrap();
        assert_eq!((old.rows, old.fingerprint.as_deref()), (Some(12), Some("f1")));
        let names = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        assert_eq!(
            old.schema.as_deref(),
            Some(&[names("a", "integer"), names("b", "string")][..])
        );
        let new = known.iter().find(|version| version.key == "k2").unwrap();
        assert_eq!((new.rows, &new.schema, &new.fingerprint), (Some(13), &None, &None));
        assert_eq!(known.len(), 2);

        // What comes back is known again.
        open(&workspace, path, &source, "k1").unwrap();
        assert_eq!(versions(&workspace, &id).unwrap().len(), 2);
        open(&workspace, path, &source, "").unwrap();
        assert_eq!(versions(&workspace, &id).unwrap().len(), 2);
        forget(&workspace, &id).unwrap();
        assert!(versions(&workspace, &id).unwrap().is_empty());
    }
}
