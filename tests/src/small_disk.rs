//! How is a tiny disk had that can be filled up or made read-only, even by root?
//!
//! A process holds a mount namespace of its own with a small tmpfs in it. Commands enter the
//! namespace; the test itself sees its files through `/proc`. Nothing is left when it ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::program::aloft;
use crate::terminal::Said;

/// Where the disk is mounted, inside its namespace.
const MOUNTED: &str = "/mnt";

/// A tmpfs of a few megabytes.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    is_root: bool,
}

impl SmallDisk {
    /// Mounts one; fails where the system does not allow that.
    pub fn mount(bytes: u64) -> Result<Self> {
        let is_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        let mut command = Command::new("unshare");
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        let script = format!("mount -t tmpfs -o size={bytes} tmpfs {MOUNTED} && echo ready && exec sleep 600");
        let mut holder = command
            .args(["--mount", "--propagation", "private", "sh", "-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start unshare")?;
        let mut line = String::new();
        if let Some(stdout) = holder.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let disk = Self { holder, is_root };
        ensure!(
            line.trim() == "ready",
            "no small disk could be mounted: unshare and mount are not allowed here"
        );
        Ok(disk)
    }

    /// A path on the disk, for commands inside.
    pub fn inside(&self, name: &str) -> String {
        format!("{MOUNTED}/{name}")
    }

    /// The same path, for the test.
    pub fn outside(&self, name: &str) -> PathBuf {
        Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(&MOUNTED[1..])
            .join(name)
    }

    /// A command that runs where the disk is.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--mount"]);
        if !self.is_root {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program).stdin(Stdio::null());
        command
    }

    /// `aloft … --workspace DISK/workspace --json`
    pub fn aloft(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.command(aloft()?);
        command
            .args(arguments)
            .args(["--workspace", &self.inside("workspace"), "--json"]);
        Ok(command)
    }

    /// Runs that and waits for its end.
    pub fn run(&self, arguments: &[&str]) -> Result<Said> {
        Said::of(self.aloft(arguments)?.output()?)
    }

    /// Writes until nothing fits any more.
    pub fn fill(&self) -> Result<()> {
        let mut file = std::fs::File::create(self.outside("filler"))?;
        for size in [65536, 4096, 512, 1] {
            let block = vec![7; size];
            loop {
                match file.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::StorageFull => break,
                    Err(error) => bail!("cannot fill the disk: {error}"),
                }
            }
        }
        Ok(())
    }

    /// Makes room again.
    pub fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.outside("filler"))?)
    }

    /// Allows no more writes at all, whoever asks.
    pub fn make_read_only(&self) -> Result<()> {
        let status = self.command("mount").args(["-o", "remount,ro", MOUNTED]).status()?;
        ensure!(status.success(), "the small disk could not be made read-only");
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The mount goes with the last process of its namespace.
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}
