//! Where are Aloft's programs, and what does one answer?

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The folder that holds the programs of this build: `$ALOFT_BIN`, else beside the running test.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("ALOFT_BIN") {
        return Ok(std::path::absolute(folder)?);
    }
    let this = std::env::current_exe().context("cannot find the running test")?;
    // Tests lie one folder deeper (deps/) than the programs.
    let folder = this.parent().context("the test lies in no folder")?;
    let folder = if folder.ends_with("deps") || folder.ends_with("examples") {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    };
    Ok(folder.to_owned())
}

fn find(name: &str) -> Result<PathBuf> {
    let path = folder()?.join(name);
    ensure!(
        path.is_file(),
        "{} is not built yet: run `cargo build --workspace`",
        path.display()
    );
    Ok(path)
}

/// The command line, `aloft`.
pub fn aloft() -> Result<PathBuf> {
    find("aloft")
}

/// The window, `aloft-workbench`.
pub fn workbench() -> Result<PathBuf> {
    find("aloft-workbench")
}

/// The top of the checkout.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap_or_else(|_| PathBuf::from(".."))
}

/// A sample table in `assets/data`.
pub fn sample(name: &str) -> PathBuf {
    repository().join("assets/data").join(name)
}

/// Where tests leave what people look at: `target/NAME` of the checkout. Made when it is not there.
pub fn output_folder(name: &str) -> Result<PathBuf> {
    let folder = repository().join("target").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// What `aloft … --json` answered.
#[derive(Debug)]
pub struct Answer {
    /// The last line on stdout.
    pub json: Value,
    pub code: Option<i32>,
    pub stderr: String,
}

/// Runs `aloft` with `--workspace` and `--json`, and reads the last line it prints.
pub fn run(workspace: &Path, arguments: &[&str]) -> Result<Answer> {
    let output: Output = Command::new(aloft()?)
        .args(arguments)
        .arg("--workspace")
        .arg(workspace)
        .arg("--json")
        .stdin(Stdio::null())
        .output()
        .context("cannot run aloft")?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = stdout.lines().last().unwrap_or_default();
    let json = serde_json::from_str(last)
        .with_context(|| format!("aloft {arguments:?} ended with {last:?}, which is not JSON; it said: {stderr}"))?;
    Ok(Answer {
        json,
        code: output.status.code(),
        stderr,
    })
}

/// Like [`run`], and fails when the program did.
pub fn answer(workspace: &Path, arguments: &[&str]) -> Result<Value> {
    let answer = run(workspace, arguments)?;
    ensure!(
        answer.code == Some(0),
        "aloft {arguments:?} ended with {:?}: {}",
        answer.code,
        answer.json
    );
    Ok(answer.json)
}
