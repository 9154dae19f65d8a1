//! The workspace: a folder with two databases, a cache and the files of runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Error, Result};
use crate::{fs, schema};

/// How long a write waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// An open workspace. Cheap to open again: give each thread its own.
///
/// Several processes may hold the same workspace and write at once.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    database: Connection,
    journal: Journal,
}

/// How SQLite keeps its journal here. Write-ahead logging does not work on network file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Readers never wait for a writer.
    WriteAhead,
    /// Slower: the file system does not allow write-ahead logging.
    Rollback,
}

impl Workspace {
    /// Opens the workspace in a folder, and creates it when it is not there.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        for part in ["cache", "jobs", "models", "runs"] {
            fs::create_folder(&folder.join(part))?;
        }
        // Absolute, since children are started in other folders.
        let folder = std::path::absolute(&folder).map_err(Error::io("find", &folder))?;
        let (database, journal) = open_database(&folder.join("aloft.db"), schema::WORKSPACE)?;
        Ok(Self {
            folder,
            database,
            journal,
        })
    }

    /// Opens the same workspace once more, for another thread.
    pub fn reopen(&self) -> Result<Self> {
        Self::open(&self.folder)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn journal(&self) -> Journal {
        self.journal
    }

    /// The cache: whatever can be made again.
    pub fn cache_folder(&self) -> PathBuf {
        self.folder.join("cache")
    }

    /// The files of a run: recipe, checkpoints, model, result.
    pub fn run_folder(&self, run: &str) -> PathBuf {
        self.folder.join("runs").join(run)
    }

    /// The files of a registered version, by its id.
    pub fn version_folder(&self, id: &str) -> PathBuf {
        self.folder.join("models").join(id)
    }

    /// The logged requests of an endpoint.
    pub fn request_log_folder(&self, endpoint: &str) -> PathBuf {
        self.folder.join("requests").join(endpoint)
    }

    /// The lock that a job's process holds for as long as it lives.
    pub fn job_lock(&self, job: &str) -> PathBuf {
        self.folder.join("jobs").join(format!("{job}.lock"))
    }

    pub(crate) fn metrics_path(&self) -> PathBuf {
        self.folder.join("metrics.db")
    }

    pub(crate) fn database(&self) -> &Connection {
        &self.database
    }

    /// Runs a write. `BEGIN IMMEDIATE`, because a read that turns into a write fails
    /// at once when another process wrote in between, whatever the time-out.
    pub(crate) fn write<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        immediate(&self.database, action, work)
    }
}

/// Runs `work` in one immediate transaction.
pub(crate) fn immediate<T>(
    connection: &Connection,
    action: &'static str,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> Result<T> {
    let run = || {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let answer = work(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    };
    run().map_err(Error::database(action))
}

/// Opens a database with the pragmas that every connection of Aloft has.
pub(crate) fn open_database(path: &Path, migrations: &[&str]) -> Result<(Connection, Journal)> {
    let prepare = || -> rusqlite::Result<(Connection, Journal)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Read first: a newer or damaged database must not be written to, not even its journal mode.
        connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
        Ok((connection, Journal::Rollback))
    };
    let (mut connection, mut journal) = prepare().map_err(|source| damaged_or(path, "open", source))?;
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|source| damaged_or(path, "read the version", source))?;
    if version > migrations.len() as i64 {
        return Err(Error::DatabaseNewer {
            path: path.to_owned(),
            found: version,
            known: migrations.len() as i64,
        });
    }
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|source| damaged_or(path, "open", source))?;
    if mode.eq_ignore_ascii_case("wal") {
        journal = Journal::WriteAhead;
    }
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        .map_err(|source| damaged_or(path, "open", source))?;
    schema::migrate(&mut connection, path, migrations).map_err(|error| match error {
        Error::Database { action, source } => damaged_or(path, action, source),
        other => other,
    })?;
    Ok((connection, journal))
}

fn damaged_or(path: &Path, action: &'static str, source: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    match source.sqlite_error_code() {
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => Error::DatabaseCorrupt {
            path: path.to_owned(),
            source,
        },
        _ => Error::Database { action, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Explain};

    #[test]
    fn a_new_folder_becomes_a_workspace_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = Workspace::open(folder.path().join("w")).unwrap();
        assert_eq!(first.journal(), Journal::WriteAhead);
        let second = first.reopen().unwrap();
        assert_eq!(first.folder(), second.folder());
    }

    #[test]
    fn a_newer_database_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aloft.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE future (x); PRAGMA user_version = 999;")
            .unwrap();
        drop(connection);
        let before = std::fs::read(&path).unwrap();
        let error = Workspace::open(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("newer Aloft"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_damaged_database_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aloft.db");
        std::fs::write(&path, b"this is no database, whatever its name says".repeat(100)).unwrap();
        let error = Workspace::open(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.hint().unwrap().contains("backup"));
        assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
    }
}
