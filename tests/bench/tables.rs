//! What does a large table cost: its profile, and finding where its rows stand?

use std::time::Instant;

use aloft_data::Flow;
use aloft_tests::program;
use anyhow::{Result, ensure};

use crate::data::{large_csv, large_rows, medium_csv, medium_rows};
use crate::figures::{Figures, Samples};
use crate::{SAMPLES, peer};

/// A profile of every column of a file of 150 MB. Ours is the whole process of the command.
pub(crate) fn measure_profile(figures: &mut Figures) -> Result<()> {
    let file = medium_csv()?;
    let file = file.to_string_lossy();
    let mut seconds = Vec::new();
    for _ in 0..SAMPLES {
        // A new workspace: nothing is remembered.
        let folder = tempfile::tempdir()?;
        let began = Instant::now();
        let answer = program::answer(folder.path(), &["profile", &file])?;
        seconds.push(began.elapsed().as_secs_f64());
        ensure!(answer["rows"] == medium_rows(), "counted {}", answer["rows"]);
    }
    let ours = Samples::on_all_cores(seconds);
    for task in ["duckdb_summarize", "polars_statistics"] {
        let peer = peer::ask(task, SAMPLES, &[&file])?;
        figures.add("profile of a 150 MB CSV (aloft profile)", "s", &ours, &peer.into_peer())?;
    }
    Ok(())
}

/// Where the rows of a gigabyte stand.
pub(crate) fn measure_index(figures: &mut Figures) -> Result<()> {
    let file = large_csv()?;
    let source = aloft_data::detect(&file)?.source;
    let gigabytes = file.metadata()?.len() as f64 / 1e9;
    let mut seconds = Vec::new();
    for _ in 0..SAMPLES {
        let cache = tempfile::tempdir()?;
        let began = Instant::now();
        let index = aloft_data::build_index(&source, cache.path(), &mut |_| Flow::Continue)?;
        seconds.push(began.elapsed().as_secs_f64() / gigabytes);
        ensure!(index.rows == large_rows() as u64, "counted {}", index.rows);
    }
    let ours = Samples::on_all_cores(seconds);
    for task in ["line_count", "duckdb_count"] {
        let mut peer = peer::ask(task, SAMPLES, &[&file.to_string_lossy()])?;
        for sample in &mut peer.inside.values {
            *sample /= gigabytes;
        }
        figures.add("row index of a 1 GB CSV", "s/GB", &ours, &peer.into_peer())?;
    }
    Ok(())
}
