//! Reading curves at the level that fits the screen.

use rusqlite::{Connection, OptionalExtension};
use std::ops::RangeInclusive;

use super::chunk::{Point, Summary, unpack_points, unpack_summaries};
use super::write::read_point;
use super::{CHUNK, GROUP};
use crate::error::{Error, Result};
use crate::schema;
use crate::workspace::{Workspace, open_database};

/// Reads the points of any run.
#[derive(Debug)]
pub struct Reader {
    database: Connection,
}

/// A series, or the part of it that was asked for, in the order it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Each stands for one point (`points_each` is 1) or for a stretch of them.
    pub parts: Vec<Summary>,
    /// How many raw points each part stands for; the last may stand for fewer.
    pub points_each: usize,
}

impl Curve {
    /// Whether every part is one raw point.
    pub fn is_exact(&self) -> bool {
        self.points_each <= 1
    }
}

impl Reader {
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let (database, _) = open_database(&workspace.metrics_path(), schema::METRICS)?;
        Ok(Self { database })
    }

    /// The names of a run's series, sorted.
    pub fn series(&self, run: &str) -> Result<Vec<String>> {
        let query = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self
                .database
                .prepare_cached("SELECT name FROM series WHERE run = ?1 ORDER BY name")?;
            statement.query_map([run], |row| row.get(0))?.collect()
        };
        query().map_err(Error::database("list the metrics"))
    }

    /// Every raw point of a series; empty when there is no such series.
    pub fn points(&self, run: &str, name: &str) -> Result<Vec<Point>> {
        let Some(series) = self.find(run, name)? else {
            return Ok(Vec::new());
        };
        let action = "read metric points";
        // One read transaction, so that no point is compacted from one table into the other in between.
        let snapshot = self.database.unchecked_transaction().map_err(Error::database(action))?;
        let mut points = self.raw(series, None).map_err(Error::database(action))?;
        points.extend(self.live(series).map_err(Error::database(action))?);
        drop(snapshot);
        Ok(points)
    }

    /// A series between two steps (all of it when `steps` is `None`), in about `budget`
    /// parts or fewer where a coarser level exists: raw points when they fit, else
    /// summaries of 64, else of 4,096 points.
    pub fn curve(&self, run: &str, name: &str, steps: Option<RangeInclusive<i64>>, budget: usize) -> Result<Curve> {
        let Some(series) = self.find(run, name)? else {
            return Ok(Curve::default());
        };
        let range = steps.unwrap_or(i64::MIN..=i64::MAX);
        let read = || -> rusqlite::Result<Curve> {
            let snapshot = self.database.unchecked_transaction()?;
            let chunks = self.chunks_in(series, &range)?;
            let live: Vec<Point> = self
                .live(series)?
                .into_iter()
                .filter(|point| range.contains(&point.step))
                .collect();
            let total = chunks * CHUNK + live.len();
            let curve = if total <= budget {
                let mut points = self.raw(series, Some(&range))?;
                points.extend(live);
                Curve {
                    parts: points.into_iter().map(Summary::of_point).collect(),
                    points_each: 1,
                }
            } else {
                let each = if total / GROUP <= budget { GROUP } else { CHUNK };
                let mut parts = self.summaries(series, &range, each)?;
                parts.extend(live.chunks(each).filter_map(Summary::of));
                Curve {
                    parts,
                    points_each: each,
                }
            };
            drop(snapshot);
            Ok(curve)
        };
        read().map_err(Error::database("read a curve"))
    }

    fn find(&self, run: &str, name: &str) -> Result<Option<i64>> {
        self.database
            .prepare_cached("SELECT id FROM series WHERE run = ?1 AND name = ?2")
            .and_then(|mut statement| statement.query_row((run, name), |row| row.get(0)).optional())
            .map_err(Error::database("find a metric"))
    }

    fn chunks_in(&self, series: i64, range: &RangeInclusive<i64>) -> rusqlite::Result<usize> {
        self.database
            .prepare_cached("SELECT count(*) FROM chunk WHERE series = ?1 AND step_max >= ?2 AND step_min <= ?3")?
            .query_row((series, range.start(), range.end()), |row| row.get::<_, i64>(0))
            .map(|count| count as usize)
    }

    fn raw(&self, series: i64, range: Option<&RangeInclusive<i64>>) -> rusqlite::Result<Vec<Point>> {
        let everything = i64::MIN..=i64::MAX;
        let range = range.unwrap_or(&everything);
        let mut statement = self.database.prepare_cached(
            "SELECT points FROM chunk WHERE series = ?1 AND step_max >= ?2 AND step_min <= ?3 ORDER BY first",
        )?;
        let mut rows = statement.query((series, range.start(), range.end()))?;
        let mut points = Vec::new();
        while let Some(row) = rows.next()? {
            let unpacked = unpack_points(row.get_ref(0)?.as_blob()?).ok_or(rusqlite::Error::InvalidQuery)?;
            points.extend(unpacked.into_iter().filter(|point| range.contains(&point.step)));
        }
        Ok(points)
    }

    fn summaries(&self, series: i64, range: &RangeInclusive<i64>, each: usize) -> rusqlite::Result<Vec<Summary>> {
        let column = if each == GROUP { "summary" } else { "total" };
        let mut statement = self.database.prepare_cached(&format!(
            "SELECT {column} FROM chunk WHERE series = ?1 AND step_max >= ?2 AND step_min <= ?3 ORDER BY first"
        ))?;
        let mut rows = statement.query((series, range.start(), range.end()))?;
        let mut parts = Vec::new();
        while let Some(row) = rows.next()? {
            let unpacked = unpack_summaries(row.get_ref(0)?.as_blob()?).ok_or(rusqlite::Error::InvalidQuery)?;
            parts.extend(
                unpacked
                    .into_iter()
                    .filter(|part| part.step_max >= *range.start() && part.step_min <= *range.end()),
            );
        }
        Ok(parts)
    }

    fn live(&self, series: i64) -> rusqlite::Result<Vec<Point>> {
        self.database
            .prepare_cached("SELECT step, time_ms, bits FROM point WHERE series = ?1 ORDER BY seq")?
            .query_map([series], read_point)?
            .collect()
    }
}
