//! How is the command line used inside a test, in a folder of its own?
//!
//! Whatever it prints, no output may show a panic, and with `--json` the last line is one object.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::process;
use crate::program::{aloft, sample};

/// How long anything may take before a test gives it up.
const PATIENCE: Duration = Duration::from_mins(2);

/// A folder with a workspace in it, and the command line.
#[derive(Debug)]
pub struct Terminal {
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Terminal {
    pub fn open() -> Result<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("aloft-terminal-").tempdir()?,
        })
    }

    /// In a folder inside of another, where there is room.
    pub fn open_in(folder: &Path) -> Result<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("aloft-terminal-").tempdir_in(folder)?,
        })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder().join("workspace")
    }

    /// Writes a file and answers its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<String> {
        let path = self.folder().join(name);
        std::fs::write(&path, content)?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// The command line with these arguments and this workspace.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Command> {
        let mut command = Command::new(aloft()?);
        command
            .args(arguments)
            .env("ALOFT_WORKSPACE", self.workspace())
            .env("HOME", self.folder())
            // As in a release: a debug build of polars keeps four groups at hand, and what it puts
            // aside for all others grows with the rows.
            .env("POLARS_HOT_TABLE_SIZE", "4096")
            .current_dir(self.folder())
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Runs it and waits for its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Said> {
        Said::of(self.command(arguments)?.output()?)
    }

    /// Runs it with `--json`.
    pub fn json<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Said> {
        Said::of(self.command(arguments)?.arg("--json").output()?)
    }

    /// What it answers with `--json` when it succeeds.
    pub fn answer<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Value> {
        self.json(arguments)?.answer()
    }

    /// Runs it with `--json`, and fails unless it is refused with this exit code and kind. Answers the error.
    pub fn refused<A: AsRef<OsStr>>(&self, arguments: &[A], code: i32, kind: &str) -> Result<Value> {
        self.json(arguments)?.refused(code, kind)
    }

    /// Starts it with `--json` in the background.
    pub fn start<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Running> {
        let mut command = self.command(arguments)?;
        command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Running {
            child: Some(command.spawn()?),
        })
    }

    /// The newest run.
    pub fn newest_run(&self) -> Result<Value> {
        let runs = self.answer(&["runs", "list"])?;
        runs["runs"].get(0).cloned().context("there are no runs")
    }

    /// The points of a metric of a run: step and the value's bits, in the order they were written.
    pub fn points(&self, run: &str, name: &str) -> Result<Vec<(i64, u64)>> {
        let answer = self.answer(&["runs", "metrics", run, name])?;
        let points = answer["points"].as_array().context("there are no points")?;
        let point = |point: &Value| Some((point[0].as_i64()?, point[2].as_f64()?.to_bits()));
        points
            .iter()
            .map(|value| point(value).with_context(|| format!("{value} is no point")))
            .collect()
    }

    /// The bytes of the weights of a finished run.
    pub fn weights(&self, run: &str) -> Result<Vec<u8>> {
        let path = self.workspace().join("runs").join(run).join("model/model.safetensors");
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

impl Said {
    pub fn of(output: Output) -> Result<Self> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).context("the output is not UTF-8");
        let said = Self {
            code: output.status.code(),
            stdout: text(output.stdout)?,
            stderr: text(output.stderr)?,
        };
        ensure!(
            !said.stdout.contains("panicked") && !said.stderr.contains("panicked"),
            "a panic was shown: {said:?}"
        );
        Ok(said)
    }

    /// The last line on stdout.
    pub fn object(&self) -> Result<Value> {
        let last = self.stdout.lines().last().unwrap_or_default();
        let object: Value =
            serde_json::from_str(last).with_context(|| format!("the last line is no JSON: {self:?}"))?;
        ensure!(object.is_object(), "the last line is no object: {last}");
        Ok(object)
    }

    /// What it answered; fails when it failed.
    pub fn answer(&self) -> Result<Value> {
        ensure!(self.code == Some(0), "it failed: {self:?}");
        self.object()
    }

    /// The error; fails unless it has this exit code and kind, and says what and why.
    pub fn refused(&self, code: i32, kind: &str) -> Result<Value> {
        let error = self.object()?["error"].clone();
        ensure!(
            self.code == Some(code),
            "the exit code is {:?} and not {code}: {self:?}",
            self.code
        );
        ensure!(
            error["kind"] == kind,
            "the kind is {} and not {kind}: {error}",
            error["kind"]
        );
        ensure!(
            error["message"].as_str().is_some_and(|text| text.len() > 10),
            "the message says nothing: {error}"
        );
        ensure!(error["hint"].is_string(), "there is no hint: {error}");
        Ok(error)
    }
}

/// A command line in the background; killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    pub fn signal(&self, name: &str) -> bool {
        process::signal(self.pid(), name)
    }

    pub fn is_over(&mut self) -> Result<bool> {
        let Some(child) = &mut self.child else { return Ok(true) };
        Ok(child.try_wait()?.is_some())
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Waits for its end.
    pub fn said(mut self) -> Result<Said> {
        let child = self.child.take().context("it was taken")?;
        Said::of(child.wait_with_output()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already; a zombie is taken either way.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !is_so()? {
        if Instant::now() > until {
            bail!("waited in vain until {what}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// A recipe that learns the digits with a small network, on one thread: about a second in a debug build
/// for forty epochs. It draws random numbers in every step and saves as often as it can.
pub fn digits_recipe(epochs: u32) -> Result<String> {
    let path = sample("digits.csv");
    let header = std::fs::read_to_string(&path)?;
    let path = path.to_string_lossy();
    let names: Vec<String> = header
        .lines()
        .next()
        .unwrap_or_default()
        .split(',')
        .filter(|name| *name != "digit")
        .map(|name| format!("{name:?}"))
        .collect();
    Ok(format!(
        r#"version = 1

[data]
path = {path:?}

[target]
column = "digit"
task = "multi_class"

[features]
include = [{}]

[split]
method = "stratified"
valid = 0.2
test = 0.2
seed = 7

[model]
kind = "mlp"
hidden = [32]
dropout = 0.1

[training]
epochs = {epochs}
batch_size = 16
schedule = "cosine"
seed = 7
checkpoint_secs = 0.02

[run]
threads = 1
"#,
        names.join(", ")
    ))
}
