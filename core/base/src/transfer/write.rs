//! Rows as files are listed and moved. Many are written in one transaction.

use rusqlite::{OptionalExtension, Transaction};

use super::read::{COLUMNS, read};
use super::{Action, File, Part, State};
use crate::change::{Topic, note};
use crate::error::{Error, Report, Result};
use crate::job::word;
use crate::workspace::Workspace;

/// A file that was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    pub action: Action,
    /// Which of the order's sources it came from.
    pub origin: usize,
    pub source: String,
    pub target: String,
    pub bytes: u64,
    pub stamp: String,
    /// Waiting, skipped or failed.
    pub state: State,
    /// Why it is skipped or failed.
    pub error: Option<Report>,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its upload was begun, or its download in ranges: then there is no name for it.
    Begun {
        upload: Option<String>,
        part_bytes: u64,
    },
    /// A part of it arrived.
    Part(Part),
    /// A part that was thought to have arrived did not.
    Lost {
        number: u32,
    },
    /// Its source is another one now, or its upload is gone: everything of it moves again.
    Restarted {
        bytes: u64,
        stamp: String,
    },
    Done,
    /// It did not work. What is left of it is only known where no [`Mark::Restarted`] came before.
    Failed(Report),
    /// It did not work now; the job ends and the file waits, with what it has.
    Waiting,
}

/// Says that the list of files is begun. Answers whether it was begun before, and ends what
/// an earlier process left in the middle: files that moved wait again.
pub fn start_plan(workspace: &Workspace, job: &str) -> Result<bool> {
    workspace.write("begin a transfer", |transaction| {
        let added = transaction.execute(
            "INSERT OR IGNORE INTO transfer_plan (job, is_whole) VALUES (?1, 0)",
            [job],
        )?;
        transaction.execute(
            "UPDATE transfer_file SET state = 'waiting' WHERE job = ?1 AND state = 'moving'",
            [job],
        )?;
        Ok(added == 0)
    })
}

/// Says that every file has its row.
pub fn finish_plan(workspace: &Workspace, job: &str, unchanged: u64) -> Result<()> {
    workspace.write("finish the plan of a transfer", |transaction| {
        transaction.execute(
            "UPDATE transfer_plan SET is_whole = 1, unchanged = ?2 WHERE job = ?1",
            (job, unchanged as i64),
        )?;
        note(transaction, Topic::Transfer, job)
    })
}

/// Adds files. Answers for each whether it is new: one that the same source of the order gave before is not.
pub fn add(workspace: &Workspace, job: &str, files: &[NewFile]) -> Result<Vec<bool>> {
    let errors = files
        .iter()
        .map(|file| file.error.as_ref().map(|report| stored(job, report)).transpose())
        .collect::<Result<Vec<_>>>()?;
    workspace.write("add files to a transfer", |transaction| {
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO transfer_file (job, action, origin, source, target, bytes, stamp, state, error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let mut answers = Vec::with_capacity(files.len());
        for (file, error) in files.iter().zip(&errors) {
            let added = insert.execute((
                job,
                word(&file.action),
                file.origin as i64,
                &file.source,
                &file.target,
                file.bytes as i64,
                &file.stamp,
                word(&file.state),
                error,
            ))?;
            answers.push(added > 0);
        }
        note(transaction, Topic::Transfer, job)?;
        Ok(answers)
    })
}

/// Takes the next waiting files for this process: they count as moving. Files that are to be
/// deleted are taken only where `deletes` says so.
pub fn take(workspace: &Workspace, job: &str, deletes: bool, limit: usize) -> Result<Vec<File>> {
    workspace.write("take files of a transfer", |transaction| {
        let mut statement = transaction.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM transfer_file
             WHERE job = ?1 AND state = 'waiting' AND (?2 OR action = 'copy') ORDER BY position, id LIMIT ?3"
        ))?;
        let mut files = statement
            .query_map((job, deletes, limit as i64), read)?
            .collect::<rusqlite::Result<Vec<File>>>()?;
        let mut update = transaction
            .prepare_cached("UPDATE transfer_file SET state = 'moving', attempts = attempts + 1 WHERE id = ?1")?;
        for file in &mut files {
            update.execute([file.id])?;
            file.state = State::Moving;
            file.attempts += 1;
        }
        if !files.is_empty() {
            note(transaction, Topic::Transfer, job)?;
        }
        Ok(files)
    })
}

/// Writes down what happened to files, in the order given.
pub fn record(workspace: &Workspace, job: &str, marks: &[(i64, Mark)]) -> Result<()> {
    if marks.is_empty() {
        return Ok(());
    }
    let reports = marks
        .iter()
        .map(|(_, mark)| match mark {
            Mark::Failed(report) => stored(job, report).map(Some),
            _ => Ok(None),
        })
        .collect::<Result<Vec<_>>>()?;
    workspace.write("write down how far a transfer is", |transaction| {
        for ((file, mark), report) in marks.iter().zip(&reports) {
            mark_one(transaction, *file, mark, report.as_deref())?;
        }
        note(transaction, Topic::Transfer, job)
    })
}

fn mark_one(transaction: &Transaction<'_>, file: i64, mark: &Mark, report: Option<&str>) -> rusqlite::Result<()> {
    match mark {
        Mark::Begun { upload, part_bytes } => {
            forget_parts(transaction, file)?;
            transaction
                .prepare_cached("UPDATE transfer_file SET upload = ?2, part_bytes = ?3, moved = 0 WHERE id = ?1")?
                .execute((file, upload, *part_bytes as i64))?;
        }
        Mark::Part(part) => {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO transfer_part (file, number, bytes, tag, checksum) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((file, part.number, part.bytes as i64, &part.tag, &part.checksum))?;
            sum_parts(transaction, file)?;
        }
        Mark::Lost { number } => {
            transaction
                .prepare_cached("DELETE FROM transfer_part WHERE file = ?1 AND number = ?2")?
                .execute((file, number))?;
            sum_parts(transaction, file)?;
        }
        Mark::Restarted { bytes, stamp } => {
            forget_parts(transaction, file)?;
            transaction
                .prepare_cached(
                    "UPDATE transfer_file SET bytes = ?2, stamp = ?3, upload = NULL, part_bytes = NULL, moved = 0 WHERE id = ?1",
                )?
                .execute((file, *bytes as i64, stamp))?;
        }
        Mark::Done => {
            // Small files have no parts; asking costs more than knowing.
            let parts = transaction
                .prepare_cached(
                    "UPDATE transfer_file SET state = 'done', moved = bytes, upload = NULL, error = NULL WHERE id = ?1
                     RETURNING part_bytes IS NOT NULL",
                )?
                .query_row([file], |row| row.get(0))
                .optional()?;
            if parts == Some(true) {
                forget_parts(transaction, file)?;
            }
        }
        Mark::Failed(_) => {
            transaction
                .prepare_cached("UPDATE transfer_file SET state = 'failed', error = ?2 WHERE id = ?1")?
                .execute((file, report))?;
        }
        Mark::Waiting => {
            transaction
                .prepare_cached("UPDATE transfer_file SET state = 'waiting' WHERE id = ?1 AND state = 'moving'")?
                .execute([file])?;
        }
    }
    Ok(())
}

fn forget_parts(transaction: &Transaction<'_>, file: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM transfer_part WHERE file = ?1")?
        .execute([file])?;
    Ok(())
}

fn sum_parts(transaction: &Transaction<'_>, file: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE transfer_file SET moved = (SELECT coalesce(sum(bytes), 0) FROM transfer_part WHERE file = ?1) WHERE id = ?1",
        )?
        .execute([file])?;
    Ok(())
}

/// Puts every file that moves back among those that wait: the process that moved them ends.
pub fn put_back(workspace: &Workspace, job: &str) -> Result<()> {
    workspace.write("end a transfer", |transaction| {
        transaction.execute(
            "UPDATE transfer_file SET state = 'waiting' WHERE job = ?1 AND state = 'moving'",
            [job],
        )?;
        note(transaction, Topic::Transfer, job)
    })
}

/// Lets the files that failed wait again. Answers how many there were.
pub fn retry_failed(workspace: &Workspace, job: &str) -> Result<usize> {
    workspace.write("try files again", |transaction| {
        let changed = transaction.execute(
            "UPDATE transfer_file SET state = 'waiting', error = NULL WHERE job = ?1 AND state = 'failed'",
            [job],
        )?;
        if changed > 0 {
            note(transaction, Topic::Transfer, job)?;
        }
        Ok(changed)
    })
}

/// Lets these files move before all others that wait, in this order.
pub fn prioritise(workspace: &Workspace, job: &str, files: &[i64]) -> Result<()> {
    workspace.write("order the files of a transfer", |transaction| {
        let first: i64 = transaction.query_row(
            "SELECT coalesce(min(position), 0) FROM transfer_file WHERE job = ?1",
            [job],
            |row| row.get(0),
        )?;
        let mut update =
            transaction.prepare_cached("UPDATE transfer_file SET position = ?3 WHERE id = ?2 AND job = ?1")?;
        for (place, file) in files.iter().enumerate() {
            update.execute((job, file, first - (files.len() - place) as i64))?;
        }
        note(transaction, Topic::Transfer, job)
    })
}

fn stored(job: &str, report: &Report) -> Result<String> {
    serde_json::to_string(report).map_err(|source| Error::Stored {
        what: "error of a file",
        id: job.to_owned(),
        source,
    })
}
