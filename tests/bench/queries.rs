//! What do ten analytic questions cost? Ours is the whole process of `aloft query`, in a workspace that knows the file;
//! of the peers it is the query alone.

use std::path::Path;
use std::time::Instant;

use aloft_tests::program;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::data::wide_csv;
use crate::figures::{Figures, Peer, Samples};
use crate::peer;

/// How often each is asked.
const TIMES: usize = 5;

/// The questions by their names; the table is `t`.
const QUESTIONS: &str = include_str!("queries.json");

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let csv = wide_csv()?;
    let parquet = csv.with_extension("parquet");
    if !parquet.is_file() {
        peer::ask("to_parquet", 1, &[&csv.to_string_lossy(), &parquet.to_string_lossy()])?;
    }
    let folder = tempfile::tempdir()?;
    // Queries name a table by the stem of its file.
    let link = folder.path().join("t.parquet");
    std::os::unix::fs::symlink(&parquet, &link)?;
    let questions: Vec<(String, String)> = serde_json::from_str(QUESTIONS)?;
    let list = program::repository().join("tests/bench/queries.json");
    let theirs: Vec<Vec<Asked>> = ["duckdb_queries", "polars_queries"]
        .into_iter()
        .map(|task| ask_peer(task, &parquet, &list))
        .collect::<Result<_>>()?;
    for (nth, (name, sql)) in questions.iter().enumerate() {
        let mut seconds = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            let answer = program::answer(folder.path(), &["query", sql, &link.to_string_lossy()])?;
            seconds.push(began.elapsed().as_secs_f64());
            let rows = answer["rows"].as_array().context("no rows")?.len();
            for peer in &theirs {
                ensure!(
                    rows == peer[nth].rows,
                    "{name}: {rows} rows, {} said {}",
                    peer[nth].tool,
                    peer[nth].rows
                );
            }
        }
        let ours = Samples::on_all_cores(seconds);
        // The better of them is what counts.
        let best = theirs
            .iter()
            .map(|peer| &peer[nth])
            .min_by(|a, b| a.samples.median().total_cmp(&b.samples.median()))
            .context("no peer")?;
        let peer = Peer::Tool(best.tool.clone(), best.samples.clone());
        figures.add(
            &format!("query of 4.5 million rows: {name} (bar 1.1)"),
            "s",
            &ours,
            &peer,
        )?;
    }
    Ok(())
}

/// What a peer took for a question.
struct Asked {
    tool: String,
    samples: Samples,
    rows: usize,
}

fn ask_peer(task: &str, file: &Path, list: &Path) -> Result<Vec<Asked>> {
    let answer = peer::run(task, TIMES, &[&file.to_string_lossy(), &list.to_string_lossy()])?;
    let tool = answer["name"].as_str().context("the peer has no name")?;
    let questions = answer["questions"]
        .as_array()
        .context("the peer answered no questions")?;
    let asked = |question: &Value| -> Result<Asked> {
        Ok(Asked {
            tool: tool.to_owned(),
            samples: Samples::on_all_cores(serde_json::from_value(question["samples"].clone())?),
            rows: question["rows"].as_u64().context("no number of rows")? as usize,
        })
    };
    questions.iter().map(asked).collect()
}
