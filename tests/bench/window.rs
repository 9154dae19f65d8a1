//! The real window, from outside: how soon does it show, what does it cost at rest, and what does a gigabyte do to it?

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aloft_tests::desktop::Desktop;
use aloft_tests::driver::{like, named};
use aloft_tests::process;
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::SAMPLES;
use crate::data::{large_csv, large_rows, row_name};
use crate::figures::{Figures, Peer, Samples, say};
use crate::peer;

const MEGABYTE: f64 = 1_000_000.0;
/// How long a window is watched at rest.
const REST: Duration = Duration::from_secs(5);
/// What cannot be told from nothing: one tick of the system's clock while it is watched, in percent of a core.
const NOTHING_PERCENT: f64 = 0.2;

/// First frame, processor time and memory of a window on an empty workspace.
pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let (mut first_frame, mut memory, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        // A black screen and an empty workspace each time.
        let desktop = Desktop::start()?;
        let began = Instant::now();
        let window = Window::start(&desktop, &desktop.folder().join("workspace"))?;
        first_frame.push(first_light(&desktop, began)?);
        window.find(&named("Home"))?;
        // What it does once after its start is over by then.
        std::thread::sleep(Duration::from_secs(3));
        let before = busy_secs(window.pid())?;
        std::thread::sleep(REST);
        let busy: f64 = busy_secs(window.pid())?
            .into_iter()
            .map(|(thread, secs)| secs - before.get(&thread).copied().unwrap_or_default())
            .sum();
        idle.push(100.0 * busy / REST.as_secs_f64());
        memory.push(window.memory_bytes().context("the window has ended")? as f64 / MEGABYTE);
    }
    let first_frame = Samples::on_all_cores(first_frame);
    figures.add("window: first frame, llvmpipe", "s", &first_frame, &Peer::Bar(0.4))?;
    if let Some(peer) = other_window()? {
        figures.add("window: first frame beside another toolkit", "s", &first_frame, &peer)?;
    }
    let bar = Peer::BarThat(NOTHING_PERCENT, "bar: none (one clock tick of 10 ms in 5 s)");
    figures.add(
        "window: processor at rest",
        "% of a core",
        &Samples::on_all_cores(idle),
        &bar,
    )?;
    figures.add(
        "window: memory, empty workspace",
        "MB",
        &Samples::on_all_cores(memory),
        &Peer::Bar(180.0),
    )
}

/// Seconds until the screen is no longer black.
fn first_light(desktop: &Desktop, began: Instant) -> Result<f64> {
    desktop.driver().ask(&json!({"do": "first_frame"}))?;
    Ok(began.elapsed().as_secs_f64())
}

/// How long a window of Tk takes to show, with the start of its Python, on the same kind of screen.
fn other_window() -> Result<Option<Peer>> {
    let has_tk = Command::new(peer::python()?)
        .args(["-c", "import tkinter"])
        .stderr(Stdio::null())
        .status()?;
    if !has_tk.success() {
        say("The window of another toolkit is not measured: this Python has no tkinter (package python3-tk).")?;
        return Ok(None);
    }
    let words = peer::command("window", 1, &[])?;
    let mut values = Vec::new();
    for _ in 0..SAMPLES {
        let desktop = Desktop::start()?;
        let began = Instant::now();
        let mut child = desktop.command(&words[0]).args(&words[1..]).spawn()?;
        let shown = first_light(&desktop, began);
        child.kill()?;
        child.wait()?;
        values.push(shown?);
    }
    Ok(Some(Peer::Tool(
        "Tk window of Python".to_owned(),
        Samples::on_all_cores(values),
    )))
}

/// The processor time of each thread of a process so far, in seconds. Finer than the ticks of `stat`.
fn busy_secs(pid: u32) -> Result<BTreeMap<String, f64>> {
    let mut threads = BTreeMap::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/task")).context("the window has ended")? {
        let entry = entry?;
        // A thread that ended meanwhile has no figures any more.
        let Ok(text) = std::fs::read_to_string(entry.path().join("schedstat")) else {
            continue;
        };
        let nanoseconds: f64 = text.split_whitespace().next().unwrap_or_default().parse()?;
        threads.insert(entry.file_name().to_string_lossy().into_owned(), nanoseconds / 1e9);
    }
    ensure!(
        !threads.is_empty(),
        "the system does not tell the processor time of threads"
    );
    Ok(threads)
}

/// A CSV file of one gigabyte: until its first rows can be read on the screen, and the window's memory.
pub(crate) fn measure_large(figures: &mut Figures) -> Result<()> {
    let file = large_csv()?;
    let (mut first_rows, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let desktop = Desktop::start()?;
        let workspace = desktop.folder().join("workspace");
        let began = Instant::now();
        // The start of the program counts, too.
        let window = Window::start_with(&desktop, &workspace, &[&file])?;
        window.find(&named(row_name(0)).within_secs(60.0))?;
        first_rows.push(began.elapsed().as_secs_f64());
        // The profile job counts the rows meanwhile; then the far end of the file is looked at, and the middle.
        let all = format!("^Grid of {} rows", aloft_workbench::format::count(large_rows() as u64));
        window.find(&like(all).within_secs(120.0))?;
        window.key("ctrl+Down")?;
        window.find(&named(row_name(large_rows() - 1)))?;
        for _ in 0..20 {
            window.key("Prior")?;
        }
        window.key("ctrl+Up")?;
        window.find(&named(row_name(0)))?;
        memory.push(process::peak_memory_bytes(window.pid()).context("the window has ended")? as f64 / MEGABYTE);
    }
    let first_rows = Samples::on_all_cores(first_rows);
    figures.add(
        "1 GB CSV: first rows on screen, with start",
        "s",
        &first_rows,
        &Peer::Bar(1.0),
    )?;
    let file = file.to_string_lossy();
    let (mut seconds, mut name) = (Vec::new(), String::new());
    for _ in 0..SAMPLES {
        let answer = peer::ask("duckdb_first_rows", 1, &[&file])?;
        seconds.push(answer.process_secs);
        name = answer.name;
    }
    let peer = Peer::Tool(name, Samples::on_all_cores(seconds));
    figures.add("1 GB CSV: first rows beside a query", "s", &first_rows, &peer)?;
    let memory = Samples::on_all_cores(memory);
    figures.add("1 GB CSV: peak memory of the window", "MB", &memory, &Peer::Bar(300.0))
}
