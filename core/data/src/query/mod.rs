//! Questions to tables: SQL, or steps that prepare one. Polars plans and answers them,
//! the answer is written as it comes.

mod failure;
mod order;
mod output;
mod rows;
mod sql;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use polars::prelude::{Engine, IntoLazy as _};

use crate::Flow;
use crate::columnar;
use crate::error::{DataError, Result};
use crate::frame::{self, Cached, Lazy, ScanProgress};
use crate::schema::Schema;
use crate::source::{Format, Source};

pub use failure::quoted;
pub(crate) use failure::{careful, explain};
pub use order::{Ask, NamedSource, QueryOrder, SplitQuestion, table_names};
pub use output::Output;
pub use rows::{AnswerRows, read_rows};

/// A question to some tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The tables by the names that the question uses.
    pub tables: Vec<(String, Cached)>,
    /// One `SELECT`, as polars understands SQL.
    pub sql: String,
}

/// What an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub rows: u64,
    pub schema: Schema,
}

/// What a query tells while it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueryProgress {
    /// Of the reading, from 0 to 1, where that is known.
    pub fraction: Option<f64>,
    pub what: &'static str,
}

/// How often is asked whether to go on.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Answers a query into a file, whole or not at all.
///
/// Polars cannot be interrupted: when `on` answers [`Flow::Stop`] this returns at once and
/// leaves the work to its thread, which ends with the process. So large queries are for a
/// process of their own.
///
/// # Errors
/// When the question is not understood or asks for what is not there, a table cannot be
/// read, or the answer cannot be written; [`DataError::Stopped`] when `on` says so.
pub fn answer(query: &Query, out: &Path, output: &Output, on: &mut dyn FnMut(QueryProgress) -> Flow) -> Result<Answer> {
    let progress = ScanProgress::default();
    let frame = planned(query, !output.durable, &progress, on)?;
    write(frame, out, output, &progress, on)
}

/// How polars would answer, as its optimised plan: read from the bottom up.
///
/// # Errors
/// As [`answer`].
pub fn plan(query: &Query, on: &mut dyn FnMut(QueryProgress) -> Flow) -> Result<String> {
    let frame = planned(query, false, &ScanProgress::default(), on)?.frame;
    careful(|| frame.describe_optimized_plan()).map_err(|error| failure::explain(&error, &query.tables))
}

fn planned(
    query: &Query,
    again: bool,
    progress: &ScanProgress,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Lazy> {
    let mut frames = Vec::with_capacity(query.tables.len());
    let mut streams = true;
    for (name, table) in &query.tables {
        let read = lazy(table, again, progress, on)?;
        streams &= read.streams;
        frames.push((name.as_str(), read.frame));
    }
    let frame = sql::frame(&query.sql, frames).map_err(|error| failure::explain(&error, &query.tables))?;
    Ok(Lazy { frame, streams })
}

/// A table as a lazy frame; tells how far the reading of its types is.
pub(crate) fn lazy(
    table: &Cached,
    again: bool,
    progress: &ScanProgress,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Lazy> {
    frame::lazy(table, again, progress, &mut |read| {
        on(QueryProgress {
            fraction: Some(read.bytes as f64 / read.total_bytes.max(1) as f64),
            what: "Reading the file",
        })
        .check()
    })
}

/// Collects a frame into a file on a thread of its own, and asks meanwhile whether to go on.
pub(crate) fn write(
    lazy: Lazy,
    out: &Path,
    output: &Output,
    progress: &ScanProgress,
    on: &mut dyn FnMut(QueryProgress) -> Flow,
) -> Result<Answer> {
    let writing = output::Writing::new(out, output)?;
    let mut frame = lazy.frame;
    let schema = careful(|| frame.collect_schema()).map_err(|error| failure::explain(&error, &[]))?;
    let schema = columnar::columns_of(&schema);
    let way = writing.way()?;
    let streams = lazy.streams;
    let (sender, receiver) = sync_channel(1);
    std::thread::Builder::new()
        .name("query".to_owned())
        .spawn(move || {
            let answer = careful(|| {
                // What does not stream is gathered in memory, which only small texts are.
                let frame = if streams { frame } else { frame.collect()?.lazy() };
                way.sink(frame)?.collect_with_engine(Engine::Streaming)
            });
            // Nobody waits any more when the query was stopped.
            drop(sender.send(answer.map(drop)));
        })
        .map_err(DataError::io("start a thread to answer", out))?;
    let answered = loop {
        match receiver.recv_timeout(ASK_EVERY) {
            Ok(answered) => break answered,
            Err(RecvTimeoutError::Timeout) => {
                let fraction = Some(progress.fraction()).filter(|fraction| *fraction > 0.0);
                on(QueryProgress {
                    fraction,
                    what: "Answering",
                })
                .check()?;
            }
            Err(RecvTimeoutError::Disconnected) => return Err(DataError::Stopped),
        }
    };
    answered.map_err(|error| failure::explain(&error, &[]))?;
    let rows = writing.finish()?;
    Ok(Answer { rows, schema })
}

/// The source of an answer that was written as Arrow IPC.
#[must_use]
pub fn answer_source(path: &Path) -> Source {
    Source {
        path: path.to_owned(),
        format: Format::ArrowIpc,
        csv: None,
        remote: None,
    }
}
