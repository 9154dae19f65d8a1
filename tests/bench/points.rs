//! What do metric points cost: writing them as a run does, and reading a curve?

use std::path::Path;
use std::time::Instant;

use aloft_base::Workspace;
use aloft_base::metrics::{Point, Reader, Writer};
use anyhow::{Result, ensure};

use crate::figures::{Figures, Peer, Samples};
use crate::{SAMPLES, peer};

/// Steps of the run; each has a loss and a learning rate.
const STEPS: i64 = 100_000;
/// Steps in a transaction, as of a run that makes a thousand steps a second and writes ten times a second.
const BATCH: i64 = 100;
/// Parts of a curve that is drawn: two for each pixel of a wide plot.
const BUDGET: usize = 2_000;
const RUN: &str = "r-bench";

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let mut written = Vec::new();
    for _ in 0..SAMPLES {
        let folder = tempfile::tempdir()?;
        let began = Instant::now();
        write(folder.path())?;
        written.push(began.elapsed().as_secs_f64());
    }
    let sizes = [STEPS.to_string(), BATCH.to_string()];
    let arguments = [sizes[0].as_str(), sizes[1].as_str()];
    let name = "metrics: write 200,000 points, 200 a transaction";
    let peer = peer::ask("points_write", SAMPLES, &arguments)?;
    figures.add(name, "s", &Samples::on_one_thread(written), &peer.into_peer())?;

    let folder = tempfile::tempdir()?;
    write(folder.path())?;
    let workspace = Workspace::open(folder.path())?;
    let peer = peer::ask("points_read", 4 * SAMPLES, &arguments)?;
    let milliseconds = |values: &[f64]| Samples::on_one_thread(values.iter().map(|secs| secs * 1000.0).collect());
    let peer = Peer::Tool(peer.name, milliseconds(&peer.inside.values));
    let (mut curve, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..4 * SAMPLES {
        let reader = Reader::open(&workspace)?;
        let began = Instant::now();
        let parts = reader.curve(RUN, "train/loss", None, BUDGET)?;
        curve.push(began.elapsed().as_secs_f64());
        let counted: u64 = parts.parts.iter().map(|part| part.count).sum();
        ensure!(
            counted == STEPS as u64 && parts.parts.len() <= 2 * BUDGET,
            "the curve stands for {counted} points"
        );
        let began = Instant::now();
        let points = reader.points(RUN, "train/loss")?;
        raw.push(began.elapsed().as_secs_f64());
        ensure!(points.len() == STEPS as usize, "there are {} points", points.len());
    }
    figures.add(
        "metrics: read a curve of 100,000 points to draw",
        "ms",
        &milliseconds(&curve),
        &peer,
    )?;
    figures.add("metrics: read all of 100,000 points", "ms", &milliseconds(&raw), &peer)
}

/// Writes the points of a run into a new workspace.
fn write(folder: &Path) -> Result<()> {
    let workspace = Workspace::open(folder)?;
    let mut writer = Writer::open(&workspace, RUN)?;
    let mut points = Vec::new();
    for first in (1..=STEPS).step_by(BATCH as usize) {
        points.clear();
        for step in first..first + BATCH {
            let time_ms = 1_700_000_000_000 + step;
            points.push((
                "train/loss",
                Point {
                    step,
                    time_ms,
                    value: 1.0 / step as f64,
                },
            ));
            points.push((
                "learning_rate",
                Point {
                    step,
                    time_ms,
                    value: 0.001,
                },
            ));
        }
        writer.append(&workspace, &points)?;
    }
    Ok(())
}
