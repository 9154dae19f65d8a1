//! Work that computes: a verb of the `aloft` program, run as a child, and its answer.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aloft_base::{ErrorKind, Report, secret};
use serde::Deserialize;
use serde_json::Value;

use super::Answer;

/// What a verb that failed says in its last line.
#[derive(Deserialize)]
struct Failure {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    kind: ErrorKind,
    message: String,
    #[serde(default)]
    hint: Option<String>,
}

/// Runs a verb on a workspace and answers the object of its last line. Called on a worker: it waits for the end.
/// Secrets that are kept for this session only come before its input.
pub(super) fn run(program: Option<&Path>, workspace: &Path, arguments: &[&str], input: Option<&str>) -> Answer<Value> {
    let program = match program {
        Some(program) => program.to_owned(),
        None => aloft_base::launch::program().map_err(|error| Report::of(&error))?,
    };
    let verb = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    let failed = |why: String| {
        Report::new(
            ErrorKind::Unavailable,
            format!("'aloft {verb}' gave no answer: {why}"),
            "Try again, or run it in a terminal to see what it says.",
        )
    };
    let told = |error: std::io::Error| failed(error.to_string());
    let secrets = secret::hand_over();
    let is_written_to = input.is_some() || secrets.is_some();
    let mut child = Command::new(&program)
        .args(arguments)
        .arg("--workspace")
        .arg(workspace)
        .arg("--json")
        .args(secrets.as_ref().map(|_| secret::FLAG))
        .stdin(if is_written_to { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(told)?;
    if let Some(mut pipe) = child.stdin.take() {
        let first = secrets.as_ref().map_or(&[][..], |line| line.expose());
        // A child that ends early says why in its last line; that it did not read is no news beside that.
        drop(
            pipe.write_all(first)
                .and_then(|()| pipe.write_all(input.unwrap_or_default().as_bytes())),
        );
    }
    let output = child.wait_with_output().map_err(told)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let said = serde_json::from_str::<Value>(last).map_err(|error| {
        let errors = String::from_utf8_lossy(&output.stderr);
        let words = errors.lines().rev().find(|line| !line.trim().is_empty());
        failed(words.map_or_else(|| error.to_string(), |words| words.chars().take(300).collect()))
    })?;
    if let Ok(Failure { error }) = Failure::deserialize(&said) {
        return Err(Report::new(error.kind, error.message, error.hint.unwrap_or_default()));
    }
    if !output.status.success() {
        return Err(failed(format!("it ended with {}", output.status)));
    }
    Ok(said)
}
