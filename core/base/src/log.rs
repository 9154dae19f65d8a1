//! What jobs say, line by line.

use serde::{Deserialize, Serialize};

use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::{parse, word};
use crate::time::now_ms;
use crate::workspace::Workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// One line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Grows with every line of the workspace.
    pub seq: i64,
    pub job: String,
    pub time_ms: i64,
    pub level: Level,
    pub text: String,
}

/// Adds a line to a job's log.
pub fn add(workspace: &Workspace, job: &str, level: Level, text: &str) -> Result<()> {
    workspace.write("write the log", |transaction| {
        transaction.execute(
            "INSERT INTO log (job, time_ms, level, text) VALUES (?1, ?2, ?3, ?4)",
            (job, now_ms(), word(&level), text),
        )?;
        note(transaction, Topic::Log, job)
    })
}

/// The last lines of one job, or of all jobs, oldest first.
pub fn tail(workspace: &Workspace, job: Option<&str>, limit: usize) -> Result<Vec<Line>> {
    let query = || -> rusqlite::Result<Vec<Line>> {
        let mut statement = workspace.database().prepare_cached(
            "SELECT seq, job, time_ms, level, text FROM log
             WHERE ?1 IS NULL OR job = ?1 ORDER BY seq DESC LIMIT ?2",
        )?;
        let lines = statement.query_map((job, limit as i64), |row| {
            Ok(Line {
                seq: row.get(0)?,
                job: row.get(1)?,
                time_ms: row.get(2)?,
                level: parse(row, 3)?,
                text: row.get(4)?,
            })
        })?;
        lines.collect()
    };
    let mut lines = query().map_err(Error::database("read the log"))?;
    lines.reverse();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job;

    #[test]
    fn the_tail_is_the_newest_lines_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let id = job::create(&workspace, job::Kind::Train, "r", &serde_json::Value::Null).unwrap();
        for line in 0..5 {
            add(&workspace, &id, Level::Info, &format!("line {line}")).unwrap();
        }
        let texts: Vec<String> = tail(&workspace, Some(&id), 2)
            .unwrap()
            .into_iter()
            .map(|line| line.text)
            .collect();
        assert_eq!(texts, ["line 3", "line 4"]);
        assert!(tail(&workspace, Some("other"), 9).unwrap().is_empty());
    }
}
