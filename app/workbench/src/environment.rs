//! Where this window runs: its workspace, whether that could be opened, and what this machine offers.

use std::path::PathBuf;

use aloft_base::Report;
use aloft_base::workspace::Journal;
use serde::Deserialize;

/// The workspace of this window.
#[derive(Debug)]
pub struct Environment {
    /// The workspace's folder, absolute.
    pub folder: PathBuf,
    pub state: WorkspaceState,
    /// Why the change feed cannot be read, while that is so.
    pub feed: Option<Report>,
}

/// How far opening the workspace is.
#[derive(Debug)]
pub enum WorkspaceState {
    Opening,
    Open(Journal),
    /// It cannot be used; the window says why and offers to try again.
    Closed(Report),
}

impl Environment {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            state: WorkspaceState::Opening,
            feed: None,
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.state, WorkspaceState::Open(_))
    }
}

/// Something that can train, as `aloft devices --json` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Device {
    /// `cpu`, `cuda:0`, `metal`: what a recipe names.
    pub id: String,
    pub name: String,
    pub available: bool,
    /// What it is, or why it cannot be used.
    pub why: String,
}

/// The answer of `aloft devices --json`.
#[derive(Debug, Deserialize)]
struct Devices {
    devices: Vec<Device>,
}

/// Asks the `aloft` program what this machine can train on. Called on a worker.
pub(crate) fn read_devices() -> Result<Vec<Device>, Report> {
    let program = aloft_base::launch::program().map_err(|error| Report::of(&error))?;
    let failed = |why: String| {
        let message = format!("Could not ask {} for this machine's devices: {why}", program.display());
        Report::new(
            aloft_base::ErrorKind::Unavailable,
            message,
            "Try again, or run 'aloft devices' in a terminal.",
        )
    };
    let output = std::process::Command::new(&program)
        .args(["devices", "--json"])
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let devices: Devices = serde_json::from_str(last).map_err(|error| {
        failed(format!(
            "{error}; it answered '{}'",
            last.chars().take(200).collect::<String>()
        ))
    })?;
    Ok(devices.devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_the_command_line_writes_them() {
        let text = r#"{"devices": [{"id": "cpu", "name": "CPU", "available": true, "why": "8 cores", "extra": 1}]}"#;
        let devices: Devices = serde_json::from_str(text).unwrap();
        assert_eq!(devices.devices[0].id, "cpu");
        assert!(devices.devices[0].available);
    }
}
