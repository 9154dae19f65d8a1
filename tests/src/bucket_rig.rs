//! How is the command line used with a real S3 server, and what does somebody else's tool see there?

use std::process::{Command, Stdio};

use aloft_rigs::{SeaweedFs, python_program};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::terminal::{Said, Terminal};

/// A running server with one empty bucket `data`, and the command line that signs in to it by its environment.
#[derive(Debug)]
pub struct BucketRig {
    pub server: SeaweedFs,
    pub terminal: Terminal,
}

impl BucketRig {
    pub fn start() -> Result<Self> {
        let rig = Self {
            server: SeaweedFs::start(),
            terminal: Terminal::open()?,
        };
        rig.answer(&["mb", "s3://data"])?;
        Ok(rig)
    }

    /// The command line with these arguments, signed in.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.terminal.command(arguments)?;
        self.sign_in(&mut command);
        Ok(command)
    }

    /// Runs it with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Result<Said> {
        Said::of(self.command(arguments)?.arg("--json").output()?)
    }

    /// What it answers with `--json` when it succeeds.
    pub fn answer(&self, arguments: &[&str]) -> Result<Value> {
        self.json(arguments)?.answer()
    }

    /// What Amazon's own command line answers, as JSON.
    pub fn aws(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = Command::new(python_program("aws"));
        command
            .args(arguments)
            .args(["--output", "json"])
            .env("HOME", self.terminal.folder())
            .stdin(Stdio::null());
        self.sign_in(&mut command);
        let output = command.output()?;
        ensure!(
            output.status.success(),
            "aws {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if output.stdout.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output.stdout).context("aws answers no JSON")
    }

    /// The keys in the bucket `data`, as Amazon's own command line lists them.
    pub fn keys(&self) -> Result<Vec<String>> {
        let listed = self.aws(&["s3api", "list-objects-v2", "--bucket", "data"])?;
        let objects = listed["Contents"].as_array().cloned().unwrap_or_default();
        Ok(objects
            .iter()
            .filter_map(|object| object["Key"].as_str().map(str::to_owned))
            .collect())
    }

    /// How many uploads were begun and not finished.
    pub fn orphans(&self) -> Result<usize> {
        let listed = self.aws(&["s3api", "list-multipart-uploads", "--bucket", "data"])?;
        Ok(listed["Uploads"].as_array().map_or(0, Vec::len))
    }

    fn sign_in(&self, command: &mut Command) {
        command
            .env("AWS_ACCESS_KEY_ID", self.server.access_key())
            .env("AWS_SECRET_ACCESS_KEY", self.server.secret_key())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", self.server.url())
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
    }
}
