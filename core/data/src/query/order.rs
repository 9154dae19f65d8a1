//! A question as a job's row keeps it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Answer, Output, Query, QueryProgress, answer};
use crate::Flow;
use crate::error::{DataError, Result};
use crate::frame::Cached;
use crate::index::write_json;
use crate::recipe_rows::{RowsOrder, RowsPlace};
use crate::relation::relate;
use crate::source::{Format, Source};
use crate::split::SplitSpec;
use crate::split::report::{Suspects, split_report};
use crate::step::{self, StepEntry};
use crate::target::Task;

/// What is asked of which tables, and where the answer goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryOrder {
    /// By the names that the question uses. Steps are done to the first.
    pub tables: Vec<NamedSource>,
    pub ask: Ask,
    /// The file, or the folder of a partitioned table, that the answer is written to.
    pub out: PathBuf,
    /// Where the first rows go before all are there, when the table is large and the steps allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<PathBuf>,
    pub format: Format,
    /// Columns whose values name the folders of a partitioned table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
    /// Whether it can be made again, as what the grid shows; else it must be on the disk.
    #[serde(default)]
    pub scratch: bool,
    /// Whether the columns of the answer are profiled too, into a `.json` file beside it.
    #[serde(default)]
    pub profile: bool,
}

/// A source and its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedSource {
    pub name: String,
    pub source: Source,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// One `SELECT`.
    Sql(String),
    Steps(Vec<StepEntry>),
    /// What the columns of the first table have to do with this one of them; the answer is
    /// the JSON of [`crate::Relations`].
    Relate(String),
    /// What a split comes to; the answer is a [`SplitReport`](crate::SplitReport) as JSON.
    Split(Box<SplitQuestion>),
}

/// What of a recipe decides about its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitQuestion {
    pub steps: Vec<StepEntry>,
    pub split: SplitSpec,
    pub target: String,
    pub task: Task,
    pub features: Vec<String>,
    pub suspects: Suspects,
}

impl Ask {
    /// A name for the question to tables with these [keys](Source::key): that of its answer
    /// in a cache.
    #[must_use]
    pub fn name(&self, keys: &[&str]) -> String {
        let mut hasher = blake3::Hasher::new();
        for key in keys {
            hasher.update(key.as_bytes());
            hasher.update(b"\0");
        }
        // Both kinds of question can always be written.
        hasher.update(serde_json::to_string(self).unwrap_or_default().as_bytes());
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// Where what is derived of a source is kept.
pub(super) type FindCache<'a> = dyn Fn(&Source) -> Result<PathBuf> + 'a;

impl NamedSource {
    /// A table that no question names.
    #[must_use]
    pub fn table(source: Source) -> Self {
        Self {
            name: "table".to_owned(),
            source,
        }
    }
}

impl QueryOrder {
    /// A question whose answer is for this program to read on, and can be made again.
    #[must_use]
    pub fn scratch(tables: Vec<NamedSource>, ask: Ask, out: PathBuf) -> Self {
        let output = Output::scratch();
        Self {
            tables,
            ask,
            out,
            head: None,
            format: output.format,
            partition_by: output.partition_by,
            scratch: !output.durable,
            profile: false,
        }
    }

    /// Answers it. `find` says what a file that a step joins is, `cache` where what is
    /// derived of a source is kept.
    ///
    /// # Errors
    /// As [`answer`] and [`step::prepare`].
    pub fn perform(
        &self,
        find: &dyn Fn(&Path) -> Result<Source>,
        cache: &FindCache<'_>,
        on: &mut dyn FnMut(QueryProgress) -> Flow,
    ) -> Result<Answer> {
        let cached = |source: Source| -> Result<Cached> {
            let cache = cache(&source)?;
            Ok(Cached { source, cache })
        };
        let mut tables = Vec::with_capacity(self.tables.len());
        for NamedSource { name, source } in &self.tables {
            tables.push((name.clone(), cached(source.clone())?));
        }
        let output = Output {
            format: self.format,
            partition_by: self.partition_by.clone(),
            durable: !self.scratch,
        };
        match &self.ask {
            Ask::Sql(sql) => {
                let sql = sql.clone();
                answer(&Query { tables, sql }, &self.out, &output, on)
            }
            Ask::Steps(steps) => {
                let find = |path: &Path| cached(find(path)?);
                let table = first(&tables)?;
                match &self.head {
                    Some(head) => step::prepare_after_head(table, steps, &find, [head, &self.out], &output, on),
                    None => step::prepare(table, steps, &find, &self.out, &output, on),
                }
            }
            Ask::Relate(target) => {
                let table = first(&tables)?;
                let related = relate(&table.source, &table.cache, target)?;
                write_json(&self.out, &related)?;
                Ok(Answer {
                    rows: related.columns.len() as u64,
                    schema: vec![],
                })
            }
            Ask::Split(question) => {
                let find = |path: &Path| cached(find(path)?);
                question.answer(first(&tables)?, &find, &self.out, on)
            }
        }
    }
}

fn first(tables: &[(String, Cached)]) -> Result<&Cached> {
    tables.first().map(|(_, table)| table).ok_or_else(|| DataError::Query {
        what: "The job names no table".to_owned(),
        hint: String::new(),
    })
}

impl SplitQuestion {
    /// Makes the parts and writes what they come to; the rows themselves are not kept.
    fn answer(
        &self,
        table: &Cached,
        find: &step::FindTable<'_>,
        out: &Path,
        on: &mut dyn FnMut(QueryProgress) -> Flow,
    ) -> Result<Answer> {
        let beside = self.suspects.columns();
        let order = RowsOrder {
            steps: &self.steps,
            split: &self.split,
            target: &self.target,
            task: self.task,
            features: &self.features,
            beside: &beside,
        };
        let folder =
            tempfile::tempdir_in(out.parent().unwrap_or(Path::new("."))).map_err(DataError::io("write", out))?;
        let place = RowsPlace {
            rows: &folder.path().join("rows.arrow"),
            steps: &folder.path().join("steps.json"),
        };
        let rows = order.load(table, find, place, on)?;
        let report = split_report(&rows, &self.split, &self.suspects, &mut || {
            on(QueryProgress {
                fraction: None,
                what: "Comparing the parts",
            })
        })?;
        let json = serde_json::to_vec_pretty(&report).map_err(DataError::BadPreparation)?;
        aloft_base::fs::write_atomic(out, &json)?;
        Ok(Answer {
            rows: rows.table.rows() as u64,
            schema: rows.table.schema().clone(),
        })
    }
}

/// A name for each of some files, as queries use it: the stem of the file, with a number
/// where several have the same.
#[must_use]
pub fn table_names(places: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(places.len());
    for place in places {
        let text = place.to_string_lossy();
        let last = text.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or("table");
        let stem = match last.find('.') {
            Some(at) if at > 0 => &last[..at],
            _ => last,
        };
        let stem = if stem.is_empty() || stem.contains('*') {
            "table"
        } else {
            stem
        };
        let mut name = stem.to_owned();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{stem}_{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_by_the_stems_of_their_files() {
        let places = [
            "/a/people.csv",
            "b/people.parquet",
            "s3://data/2024/*.parquet",
            "x/.hidden",
            "t.csv.gz",
        ];
        let names = table_names(&places.map(PathBuf::from));
        assert_eq!(names, ["people", "people_2", "table", ".hidden", "t"]);
    }
}
