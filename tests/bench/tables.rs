//! What does a large table cost: its profile, and finding where its rows stand?

use std::path::Path;
use std::time::{Duration, Instant};

use aloft_data::Flow;
use aloft_tests::terminal::Terminal;
use aloft_tests::{process, program};
use anyhow::{Result, ensure};

use crate::data::{large_csv, large_rows, medium_csv, medium_rows, wide_csv, wide_rows};
use crate::figures::{Figures, Peer, Samples};
use crate::{SAMPLES, peer};

/// How many samples there are of a profile of one gigabyte.
const EXPLORED: usize = 3;

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

/// A profile of a table of one gigabyte and twenty columns, as CSV and as Parquet. Ours is the whole process of the
/// command, with its findings and its index of rows; of the peers it is the query alone.
pub(crate) fn measure_explore(figures: &mut Figures) -> Result<()> {
    let csv = wide_csv()?;
    let parquet = csv.with_extension("parquet");
    let [csv, parquet] = [csv, parquet].map(|path| path.to_string_lossy().into_owned());
    if !Path::new(&parquet).is_file() {
        peer::ask("to_parquet", 1, &[&csv, &parquet])?;
    }
    for (kind, file) in [("CSV", &csv), ("Parquet", &parquet)] {
        let (mut seconds, mut memory) = (Vec::new(), 0);
        for _ in 0..EXPLORED {
            let terminal = Terminal::open()?;
            let began = Instant::now();
            // Without a limit the process that is started is the one that works, and its memory can be read.
            let mut running = terminal.start(&["profile", file, "--memory-limit", "none"])?;
            while !running.is_over()? {
                memory = memory.max(process::peak_memory_bytes(running.pid()).unwrap_or(0));
                std::thread::sleep(Duration::from_millis(10));
            }
            let answer = running.said()?.answer()?;
            seconds.push(began.elapsed().as_secs_f64());
            ensure!(answer["rows"] == wide_rows(), "counted {}", answer["rows"]);
        }
        let ours = Samples::on_all_cores(seconds);
        let own_memory = Samples::on_all_cores(vec![memory as f64 / 1e6]);
        let name = format!("profile of 1 GB of 20 columns, {kind} (bar 0.9)");
        let memory_name = format!("profile of 1 GB of 20 columns, {kind}: peak memory");
        figures.add(&memory_name, "MB", &own_memory, &Peer::Bar(500.0))?;
        for task in ["duckdb_profile", "polars_profile"] {
            let peer = peer::ask(task, EXPLORED, &[file])?;
            if let Some(megabytes) = peer.peak_megabytes {
                let theirs = Peer::Tool(peer.name.clone(), Samples::on_all_cores(vec![megabytes]));
                figures.add(&memory_name, "MB", &own_memory, &theirs)?;
            }
            figures.add(&name, "s", &ours, &peer.into_peer())?;
        }
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
