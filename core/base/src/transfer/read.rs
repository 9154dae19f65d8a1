//! What the journal knows of a transfer.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::{File, Part, Plan, State};
use crate::error::{Error, Result};
use crate::job::{json, parse};
use crate::registry::missing;
use crate::workspace::Workspace;

pub(super) const COLUMNS: &str =
    "id, action, origin, source, target, bytes, stamp, state, moved, attempts, upload, part_bytes, error";

/// Which files are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those whose source or target has this text in it, whatever its case.
    pub text: String,
}

/// A transfer in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Files that have a row.
    pub files: u64,
    pub waiting: u64,
    pub moving: u64,
    pub done: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Bytes of all files but the skipped ones.
    pub bytes: u64,
    /// Bytes that need not move again.
    pub moved: u64,
    /// How far the list of files is.
    pub plan: Plan,
}

/// The numbers of a transfer.
pub fn totals(workspace: &Workspace, job: &str) -> Result<Totals> {
    let mut totals = Totals {
        plan: plan(workspace, job)?.unwrap_or_default(),
        ..Totals::default()
    };
    let query = || -> rusqlite::Result<Vec<(State, u64, u64, u64)>> {
        let mut statement = workspace.database().prepare_cached(
            "SELECT state, count(*), sum(bytes), sum(iif(state = 'done', bytes, moved))
             FROM transfer_file WHERE job = ?1 GROUP BY state",
        )?;
        let rows = statement.query_map([job], |row| {
            Ok((parse(row, 0)?, unsigned(row, 1)?, unsigned(row, 2)?, unsigned(row, 3)?))
        })?;
        rows.collect()
    };
    for (state, files, bytes, moved) in query().map_err(Error::database("count the files of a transfer"))? {
        totals.files += files;
        match state {
            State::Waiting => totals.waiting = files,
            State::Moving => totals.moving = files,
            State::Done => totals.done = files,
            State::Skipped => totals.skipped = files,
            State::Failed => totals.failed = files,
        }
        if state != State::Skipped {
            totals.bytes += bytes;
            totals.moved += moved;
        }
    }
    Ok(totals)
}

/// How far the list of files is; nothing when it was not begun.
pub fn plan(workspace: &Workspace, job: &str) -> Result<Option<Plan>> {
    workspace
        .database()
        .prepare_cached("SELECT is_whole, unchanged FROM transfer_plan WHERE job = ?1")
        .and_then(|mut statement| {
            let plan = |row: &Row<'_>| {
                Ok(Plan {
                    is_whole: row.get(0)?,
                    unchanged: unsigned(row, 1)?,
                })
            };
            statement.query_row([job], plan).optional()
        })
        .map_err(Error::database("read the plan of a transfer"))
}

/// Some files of a transfer, in the order in which they move.
pub fn files(workspace: &Workspace, job: &str, filter: &Filter, offset: usize, limit: usize) -> Result<Vec<File>> {
    let query = || -> rusqlite::Result<Vec<File>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM transfer_file
             WHERE job = ?1 AND (?2 IS NULL OR state = ?2)
                 AND (?3 = '' OR instr(lower(source), ?3) > 0 OR instr(lower(target), ?3) > 0)
             ORDER BY position, id LIMIT ?4 OFFSET ?5"
        ))?;
        let state = filter.state.map(|state| crate::job::word(&state));
        let found = statement.query_map(
            (job, state, filter.text.to_lowercase(), limit as i64, offset as i64),
            read,
        )?;
        found.collect()
    };
    query().map_err(Error::database("list the files of a transfer"))
}

/// One file of a transfer.
pub fn file(workspace: &Workspace, id: i64) -> Result<File> {
    workspace
        .database()
        .prepare_cached(&format!("SELECT {COLUMNS} FROM transfer_file WHERE id = ?1"))
        .and_then(|mut statement| statement.query_row([id], read).optional())
        .map_err(Error::database("read a file of a transfer"))?
        .ok_or_else(|| missing("file of a transfer", &id.to_string()))
}

/// The parts of a file that arrived, by number.
pub fn parts(workspace: &Workspace, file: i64) -> Result<Vec<Part>> {
    let query = || -> rusqlite::Result<Vec<Part>> {
        let mut statement = workspace
            .database()
            .prepare_cached("SELECT number, bytes, tag, checksum FROM transfer_part WHERE file = ?1 ORDER BY number")?;
        let parts = statement.query_map([file], |row| {
            Ok(Part {
                number: row.get(0)?,
                bytes: unsigned(row, 1)?,
                tag: row.get(2)?,
                checksum: row.get(3)?,
            })
        })?;
        parts.collect()
    };
    query().map_err(Error::database("list the parts of a file"))
}

/// The files of a transfer that have an unfinished upload.
pub fn unfinished_uploads(workspace: &Workspace, job: &str) -> Result<Vec<File>> {
    let query = || -> rusqlite::Result<Vec<File>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM transfer_file
             WHERE job = ?1 AND state != 'done' AND upload IS NOT NULL ORDER BY id"
        ))?;
        let found = statement.query_map([job], read)?;
        found.collect()
    };
    query().map_err(Error::database("list the unfinished uploads"))
}

/// The files of a transfer that are not done and are at least so large and were begun, after
/// this id, by id.
pub fn begun(workspace: &Workspace, job: &str, bytes: u64, after: i64, limit: usize) -> Result<Vec<File>> {
    let query = || -> rusqlite::Result<Vec<File>> {
        let mut statement = workspace.database().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM transfer_file
             WHERE job = ?1 AND id > ?2 AND state NOT IN ('done', 'skipped') AND attempts > 0 AND bytes >= ?3
             ORDER BY id LIMIT ?4"
        ))?;
        let found = statement.query_map((job, after, bytes as i64, limit as i64), read)?;
        found.collect()
    };
    query().map_err(Error::database("list the unfinished files"))
}

/// Whether some file of any transfer has this upload.
pub fn knows(workspace: &Workspace, upload: &str) -> Result<bool> {
    workspace
        .database()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM transfer_file WHERE upload = ?1)")
        .and_then(|mut statement| statement.query_row([upload], |row| row.get(0)))
        .map_err(Error::database("look for an upload"))
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<File> {
    Ok(File {
        id: row.get(0)?,
        action: parse(row, 1)?,
        origin: unsigned(row, 2)? as usize,
        source: row.get(3)?,
        target: row.get(4)?,
        bytes: unsigned(row, 5)?,
        stamp: row.get(6)?,
        state: parse(row, 7)?,
        moved: unsigned(row, 8)?,
        attempts: row.get(9)?,
        upload: row.get(10)?,
        part_bytes: row.get::<_, Option<i64>>(11)?.map(i64::unsigned_abs),
        error: json(row, 12)?,
    })
}

/// Sizes and counts are never below nothing; SQLite has no unsigned numbers.
fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(index)?.unsigned_abs())
}
