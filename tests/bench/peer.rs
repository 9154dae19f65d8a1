//! How is another tool measured? `peers.py` does its work and answers with a line of JSON.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use aloft_tests::program;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::figures::{Peer, Samples, cores};

/// What a peer answered.
pub(crate) struct Answer {
    /// With its version.
    pub(crate) name: String,
    /// What it measured itself, without the start of its process.
    pub(crate) inside: Samples,
    /// How good its result was, where that is known.
    pub(crate) score: Option<f64>,
    /// The most memory it held, where it tells.
    pub(crate) peak_megabytes: Option<f64>,
    /// The whole process, in seconds.
    pub(crate) process_secs: f64,
}

impl Answer {
    pub(crate) fn into_peer(self) -> Peer {
        Peer::Tool(self.name, self.inside)
    }
}

/// The Python that has the peers.
pub(crate) fn python() -> Result<PathBuf> {
    Ok(std::env::var_os("ALOFT_PYTHON")
        .context("ALOFT_PYTHON is not set: run `make bench`")?
        .into())
}

/// `peers.py TASK TIMES ARGUMENTS…` as a command.
pub(crate) fn command(task: &str, times: usize, arguments: &[&str]) -> Result<Vec<String>> {
    let script = program::repository().join("tests/bench/peers.py");
    let own = [
        python()?.to_string_lossy().into_owned(),
        script.to_string_lossy().into_owned(),
    ];
    let task = [task.to_owned(), times.to_string()];
    Ok(own
        .into_iter()
        .chain(task)
        .chain(arguments.iter().map(|argument| (*argument).to_owned()))
        .collect())
}

/// Runs a task of `peers.py` on as many threads as there are cores; its answer as it stands.
pub(crate) fn run(task: &str, times: usize, arguments: &[&str]) -> Result<Value> {
    let words = command(task, times, arguments)?;
    let threads = cores().to_string();
    let output = Command::new(&words[0])
        .args(&words[1..])
        .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"].map(|name| (name, &threads)))
        // The peer chooses its own kernels.
        .env_remove("OPENBLAS_CORETYPE")
        .env_remove("OPENBLAS_L2_SIZE")
        .output()?;
    ensure!(
        output.status.success(),
        "peers.py {task} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs a task that is measured in one figure.
pub(crate) fn ask(task: &str, times: usize, arguments: &[&str]) -> Result<Answer> {
    let began = Instant::now();
    let answer = run(task, times, arguments)?;
    let process_secs = began.elapsed().as_secs_f64();
    let values: Vec<f64> = serde_json::from_value(answer["samples"].clone())?;
    let threads = answer["threads"].as_u64().context("the peer names no threads")? as usize;
    Ok(Answer {
        name: answer["name"].as_str().context("the peer has no name")?.to_owned(),
        inside: Samples { values, threads },
        score: answer["score"].as_f64(),
        peak_megabytes: answer["peak_megabytes"].as_f64(),
        process_secs,
    })
}
