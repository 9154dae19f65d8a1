//! What does a window need around it to run on a machine with no display?
//!
//! A private Xvfb on a free display, a private session bus with accessibility switched on, and
//! private `HOME` and `XDG_RUNTIME_DIR`. Everything is ended by its process id when it is dropped.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use image::RgbaImage;
use serde_json::json;

use crate::driver::Driver;
use crate::process;

/// How long the display and the bus may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A private desktop.
#[derive(Debug)]
pub struct Desktop {
    // Dropped in this order: the helper, then what it speaks to, then the folder.
    driver: Option<Driver>,
    children: Vec<Child>,
    environment: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl Desktop {
    /// Starts a desktop of 1280 × 800 pixels.
    pub fn start() -> Result<Self> {
        Self::start_sized(1280, 800)
    }

    pub fn start_sized(width: u32, height: u32) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aloft-desktop-").tempdir()?;
        let private = |name: &str| -> Result<String> {
            let path = folder.path().join(name);
            fs::create_dir(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
            Ok(path.to_string_lossy().into_owned())
        };
        let mut environment = vec![
            ("HOME".to_owned(), private("home")?),
            ("XDG_RUNTIME_DIR".to_owned(), private("run")?),
            // No desktop of the machine's may answer for this one.
            ("XDG_CURRENT_DESKTOP".to_owned(), String::new()),
            ("WAYLAND_DISPLAY".to_owned(), String::new()),
            ("LIBGL_ALWAYS_SOFTWARE".to_owned(), "1".to_owned()),
            ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
            ("GIO_USE_VFS".to_owned(), "local".to_owned()),
            ("ALOFT_REDUCED_MOTION".to_owned(), "1".to_owned()),
        ];
        for name in [
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "ALOFT_WORKSPACE",
        ] {
            environment.push((name.to_owned(), String::new()));
        }

        let mut desktop = Self {
            driver: None,
            children: Vec::new(),
            environment,
            folder,
        };
        let screen = format!("{width}x{height}x24");
        let number = desktop.serve(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &screen,
            "-nolisten",
            "tcp",
            "-noreset",
        ]))?;
        desktop.environment.push(("DISPLAY".to_owned(), format!(":{number}")));
        let bus = desktop.serve(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--nopidfile",
            "--print-address=1",
        ]))?;
        desktop.environment.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), bus));
        desktop.driver = Some(Driver::start(&desktop.environment)?);
        Ok(desktop)
    }

    /// Starts a program that says on its first line that it is ready, and answers that line.
    fn serve(&mut self, command: &mut Command) -> Result<String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name}; tests/setup.sh says what to install"))?;
        let stdout = child.stdout.take().with_context(|| format!("no pipe from {name}"))?;
        self.children.push(child);
        let (sender, receiver) = mpsc::sync_channel(1);
        std::thread::Builder::new().name(format!("{name}-out")).spawn(move || {
            let mut lines = BufReader::new(stdout).lines();
            if let Some(Ok(line)) = lines.next() {
                // The receiver has gone when the patience is over; then nobody wants the line.
                drop(sender.send(line));
            }
            lines.for_each(drop);
        })?;
        match receiver.recv_timeout(PATIENCE) {
            Ok(line) if !line.trim().is_empty() => Ok(line.trim().to_owned()),
            _ => bail!("{name} did not say that it is ready"),
        }
    }

    pub fn driver(&self) -> &Driver {
        self.driver
            .as_ref()
            .unwrap_or_else(|| unreachable!("a started desktop has its helper"))
    }

    /// The private folder: `home`, `run`, and whatever a test puts there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// A command that runs on this desktop, and is ended with it.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, value) in &self.environment {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs `xdotool` and answers what it printed.
    pub fn xdotool(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .command("xdotool")
            .args(arguments)
            .output()
            .context("cannot run xdotool")?;
        if !output.status.success() {
            bail!(
                "xdotool {arguments:?} failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Saves what the screen shows as a PNG file.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        let status = self
            .command("import")
            .args(["-window", "root"])
            .arg(path)
            .status()
            .context("cannot run import")?;
        if !status.success() {
            bail!("no screenshot at {}", path.display());
        }
        Ok(())
    }

    /// What the screen shows now.
    pub fn pixels(&self) -> Result<RgbaImage> {
        let path = self.folder().join("screen.png");
        self.screenshot(&path)?;
        Ok(image::open(&path)
            .context("the screenshot cannot be read")?
            .into_rgba8())
    }

    /// From now on the desktop's file chooser answers with these files; none means that the person cancels.
    pub fn choose_files(&self, paths: &[PathBuf]) -> Result<()> {
        self.driver().ask(&json!({"do": "choose", "paths": paths})).map(drop)
    }

    /// The titles with which the file chooser was opened so far.
    pub fn chooser_titles(&self) -> Result<Vec<String>> {
        let titles = self.driver().ask(&json!({"do": "asked"}))?;
        Ok(titles
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|title| title.as_str().map(str::to_owned))
            .collect())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.driver = None;
        process::end_all(self.folder.path());
        for child in &mut self.children {
            // Ended above; this takes its exit code, so that no zombie stays.
            drop(child.wait());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desktop_has_a_display_of_its_own_and_leaves_nothing_behind() {
        let desktop = Desktop::start_sized(640, 400).unwrap();
        assert_eq!(desktop.xdotool(&["getdisplaygeometry"]).unwrap(), "640 400");
        let screen = desktop.pixels().unwrap();
        assert_eq!(screen.dimensions(), (640, 400));
        let other = Desktop::start_sized(320, 200).unwrap();
        assert_eq!(other.xdotool(&["getdisplaygeometry"]).unwrap(), "320 200");

        let folder = desktop.folder().to_owned();
        let started = process::with_folder(&folder);
        // At least Xvfb, the bus, the helper, and the accessibility bus with its launcher.
        assert!(started.len() >= 5, "{started:?}");
        drop(desktop);
        assert!(started.iter().all(|pid| !process::is_alive(*pid)));
        assert!(!folder.exists());
        assert_eq!(other.xdotool(&["getdisplaygeometry"]).unwrap(), "320 200");
    }
}
