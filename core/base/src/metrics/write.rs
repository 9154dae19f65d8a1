//! Writing points. One process writes the points of a run; many may read them meanwhile.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::chunk::{Point, Summary, pack_points, pack_summaries, unpack_points};
use super::{CHUNK, GROUP};
use crate::change;
use crate::error::{Error, Result};
use crate::schema;
use crate::workspace::{Workspace, immediate, open_database};

/// Writes the points of one run.
#[derive(Debug)]
pub struct Writer {
    database: Connection,
    run: String,
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Copy, Debug)]
struct Series {
    id: i64,
    /// The number of the next point.
    next: i64,
    /// The number of the first point that is not in a chunk.
    live: i64,
}

impl Writer {
    pub fn open(workspace: &Workspace, run: &str) -> Result<Self> {
        let (database, _) = open_database(&workspace.metrics_path(), schema::METRICS)?;
        // On the disk before a checkpoint may follow: a power cut must not leave a gap behind it.
        database
            .execute_batch("PRAGMA synchronous = FULL")
            .map_err(Error::database("open the metrics"))?;
        Ok(Self {
            database,
            run: run.to_owned(),
            series: BTreeMap::new(),
        })
    }

    /// Adds points of several series in one transaction and tells the watchers.
    /// Give it a batch a few times a second: a transaction costs more than a point.
    pub fn append(&mut self, workspace: &Workspace, points: &[(&str, Point)]) -> Result<()> {
        if points.is_empty() {
            return Ok(());
        }
        let (run, known) = (&self.run, &mut self.series);
        let written = immediate(&self.database, "write metric points", |transaction| {
            for (name, point) in points {
                let series = find(transaction, known, run, name)?;
                insert(transaction, series, *point)?;
            }
            for series in known.values_mut() {
                while series.next - series.live >= 2 * CHUNK as i64 {
                    compact(transaction, series)?;
                }
            }
            Ok(())
        });
        if written.is_err() {
            // What was rolled back must be counted anew.
            self.series.clear();
        }
        written?;
        change::note_metrics(workspace, &self.run)
    }

    /// Forgets every point after a step, as a run that resumes from that step makes them again.
    pub fn truncate_after(&mut self, workspace: &Workspace, step: i64) -> Result<()> {
        self.series.clear();
        let run = &self.run;
        immediate(&self.database, "take back metric points", |transaction| {
            let ids: Vec<i64> = transaction
                .prepare("SELECT id FROM series WHERE run = ?1")?
                .query_map([run], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for id in ids {
                truncate_series(transaction, id, step)?;
            }
            Ok(())
        })?;
        change::note_metrics(workspace, &self.run)
    }
}

fn find<'a>(
    transaction: &Transaction<'_>,
    known: &'a mut BTreeMap<String, Series>,
    run: &str,
    name: &str,
) -> rusqlite::Result<&'a mut Series> {
    if !known.contains_key(name) {
        transaction.execute("INSERT OR IGNORE INTO series (run, name) VALUES (?1, ?2)", (run, name))?;
        let id: i64 = transaction.query_row(
            "SELECT id FROM series WHERE run = ?1 AND name = ?2",
            (run, name),
            |row| row.get(0),
        )?;
        let newest_chunk: Option<i64> =
            transaction.query_row("SELECT max(first) FROM chunk WHERE series = ?1", [id], |row| row.get(0))?;
        let newest_point: Option<i64> =
            transaction.query_row("SELECT max(seq) FROM point WHERE series = ?1", [id], |row| row.get(0))?;
        let live = newest_chunk.map_or(0, |first| first + CHUNK as i64);
        let next = newest_point.map_or(live, |seq| seq + 1);
        known.insert(name.to_owned(), Series { id, next, live });
    }
    known.get_mut(name).ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn insert(transaction: &Transaction<'_>, series: &mut Series, point: Point) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO point (series, seq, step, time_ms, bits) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((
            series.id,
            series.next,
            point.step,
            point.time_ms,
            point.value.to_bits().cast_signed(),
        ))?;
    series.next += 1;
    Ok(())
}

/// Turns the oldest live points of a series into a chunk.
fn compact(transaction: &Transaction<'_>, series: &mut Series) -> rusqlite::Result<()> {
    let end = series.live + CHUNK as i64;
    let points: Vec<Point> = transaction
        .prepare_cached(
            "SELECT step, time_ms, bits FROM point WHERE series = ?1 AND seq >= ?2 AND seq < ?3 ORDER BY seq",
        )?
        .query_map((series.id, series.live, end), read_point)?
        .collect::<rusqlite::Result<_>>()?;
    let groups: Vec<Summary> = points.chunks(GROUP).filter_map(Summary::of).collect();
    if let Some(total) = groups.iter().copied().reduce(Summary::then) {
        transaction.execute(
            "INSERT INTO chunk (series, first, step_min, step_max, total, summary, points)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                series.id,
                series.live,
                total.step_min,
                total.step_max,
                pack_summaries(&[total]),
                pack_summaries(&groups),
                pack_points(&points),
            ),
        )?;
        transaction.execute("DELETE FROM point WHERE series = ?1 AND seq < ?2", (series.id, end))?;
    }
    series.live = end;
    Ok(())
}

fn truncate_series(transaction: &Transaction<'_>, id: i64, step: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM point WHERE series = ?1 AND step > ?2", (id, step))?;
    // Chunks from the first one that reaches past the step become live points again, less what is forgotten.
    let first: Option<i64> = transaction
        .query_row(
            "SELECT min(first) FROM chunk WHERE series = ?1 AND step_max > ?2",
            (id, step),
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let Some(first) = first else { return Ok(()) };
    let blobs: Vec<Vec<u8>> = transaction
        .prepare("SELECT points FROM chunk WHERE series = ?1 AND first >= ?2 ORDER BY first")?
        .query_map((id, first), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let live: Vec<Point> = transaction
        .prepare("SELECT step, time_ms, bits FROM point WHERE series = ?1 ORDER BY seq")?
        .query_map([id], read_point)?
        .collect::<rusqlite::Result<_>>()?;
    let mut kept = Vec::new();
    for blob in &blobs {
        kept.extend(unpack_points(blob).ok_or(rusqlite::Error::InvalidQuery)?);
    }
    kept.retain(|point| point.step <= step);
    kept.extend(live);
    transaction.execute("DELETE FROM chunk WHERE series = ?1 AND first >= ?2", (id, first))?;
    transaction.execute("DELETE FROM point WHERE series = ?1", [id])?;
    let mut series = Series {
        id,
        next: first,
        live: first,
    };
    for point in kept {
        insert(transaction, &mut series, point)?;
    }
    Ok(())
}

pub(super) fn read_point(row: &rusqlite::Row<'_>) -> rusqlite::Result<Point> {
    let bits: i64 = row.get(2)?;
    Ok(Point {
        step: row.get(0)?,
        time_ms: row.get(1)?,
        value: f64::from_bits(bits.cast_unsigned()),
    })
}
