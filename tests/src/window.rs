//! How is the real window started, read, driven and ended from outside?

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;

use crate::desktop::Desktop;
use crate::driver::{Node, Query};
use crate::{process, program};

/// A running `aloft-workbench` on a private desktop. Ended when dropped.
#[derive(Debug)]
pub struct Window<'d> {
    desktop: &'d Desktop,
    process: Child,
    output: PathBuf,
}

impl<'d> Window<'d> {
    /// Starts the window on a workspace, without waiting for it.
    pub fn start(desktop: &'d Desktop, workspace: &Path) -> Result<Self> {
        Self::start_with(desktop, workspace, &[])
    }

    /// Starts the window on a workspace with files to open.
    pub fn start_with(desktop: &'d Desktop, workspace: &Path, files: &[&Path]) -> Result<Self> {
        Self::start_as(desktop, workspace, files, &[])
    }

    /// Starts the window on a workspace with files to open and with this in its environment.
    pub fn start_as(
        desktop: &'d Desktop,
        workspace: &Path,
        files: &[&Path],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let output = desktop.folder().join("workbench.out");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&output)?;
        let errors = file.try_clone()?;
        let program = program::workbench()?;
        let process = desktop
            .command(&program)
            .arg("--workspace")
            .arg(workspace)
            .args(files)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            desktop,
            process,
            output,
        })
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn desktop(&self) -> &'d Desktop {
        self.desktop
    }

    /// Waits for a node and reads it. When the window has ended meanwhile, the error says so with its last words.
    pub fn find(&self, query: &Query) -> Result<Node> {
        self.desktop
            .driver()
            .find(self.pid(), query)
            .map_err(|error| self.explain(error))
    }

    /// Every node that matches now.
    pub fn all(&self, query: &Query) -> Result<Vec<Node>> {
        self.desktop
            .driver()
            .all(self.pid(), query)
            .map_err(|error| self.explain(error))
    }

    /// Waits until nothing matches any more.
    pub fn gone(&self, query: &Query) -> Result<()> {
        self.desktop
            .driver()
            .gone(self.pid(), query)
            .map_err(|error| self.explain(error))
    }

    /// Waits for an enabled node and presses it through its accessible action.
    pub fn press(&self, query: &Query) -> Result<Node> {
        self.desktop
            .driver()
            .press(self.pid(), query)
            .map_err(|error| self.explain(error))
    }

    /// Moves the pointer to the middle of a node and clicks there.
    pub fn click(&self, query: &Query) -> Result<Node> {
        let node = self.find(query)?;
        let (x, y) = node
            .centre()
            .with_context(|| format!("{:?} has no place on the screen", node.name))?;
        self.click_at(x, y)?;
        Ok(node)
    }

    /// Clicks at a place of the screen, in pixels.
    pub fn click_at(&self, x: i32, y: i32) -> Result<()> {
        self.hover_at(x, y)?;
        self.desktop.xdotool(&["click", "1"]).map(drop)
    }

    /// Moves the pointer, in two steps so that the window sees it move.
    pub fn hover_at(&self, x: i32, y: i32) -> Result<()> {
        for step in [x - 2, x] {
            self.desktop
                .xdotool(&["mousemove", &step.to_string(), &y.to_string()])?;
        }
        Ok(())
    }

    /// Turns the wheel down (or up, when negative) by so many notches, where the pointer is.
    pub fn scroll(&self, notches: i32) -> Result<()> {
        let button = if notches > 0 { "5" } else { "4" };
        let times = notches.unsigned_abs().to_string();
        self.desktop
            .xdotool(&["click", "--repeat", &times, "--delay", "15", button])
            .map(drop)
    }

    /// Gives an entry the keyboard, replaces its text, and leaves the focus there. On a machine that is
    /// busy the first keys may come before the focus: then it types them again.
    pub fn fill(&self, query: &Query, text: &str) -> Result<()> {
        for _ in 0..4 {
            self.focus_window()?;
            self.click(query)?;
            self.key("ctrl+a")?;
            self.write(text)?;
            let until = Instant::now() + Duration::from_secs(2);
            while Instant::now() < until {
                let node = self.find(query)?;
                // Secrets are not told, so they cannot be looked at; an empty field tells no text.
                if node.role != "entry" || node.text.unwrap_or_default() == text {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        // A field may make something else of what is typed.
        Ok(())
    }

    /// Types text as keys.
    pub fn write(&self, text: &str) -> Result<()> {
        self.desktop.xdotool(&["type", "--delay", "6", text]).map(drop)
    }

    /// Presses a key or a combination in xdotool's words: `ctrl+k`, `Return`, `Escape`.
    pub fn key(&self, keys: &str) -> Result<()> {
        self.focus_window()?;
        self.desktop.xdotool(&["key", keys]).map(drop)
    }

    /// The window's id on the X server.
    pub fn x_window(&self) -> Result<u64> {
        let id = self
            .desktop
            .driver()
            .ask(&json!({"do": "x_window", "pid": self.pid()}))?;
        id.as_u64().context("the id of a window is a number")
    }

    /// There is no window manager, so nobody else gives the window the keyboard.
    pub fn focus_window(&self) -> Result<()> {
        let id = self.x_window()?.to_string();
        self.desktop.xdotool(&["windowfocus", "--sync", &id]).map(drop)
    }

    /// Brings the window in front of others. One that is wholly covered draws nothing, and so tells nothing new.
    pub fn raise(&self) -> Result<()> {
        let id = self.x_window()?.to_string();
        self.desktop.xdotool(&["windowraise", &id])?;
        self.focus_window()
    }

    /// Drags files over the window and lets them go there.
    pub fn drop_files(&self, paths: &[PathBuf]) -> Result<()> {
        let request = json!({"do": "drop", "window": self.x_window()?, "paths": paths});
        self.desktop.driver().ask(&request).map(drop)
    }

    pub fn screenshot(&self, path: &Path) -> Result<()> {
        self.desktop.screenshot(path)
    }

    /// The accessible tree as text.
    pub fn tree(&self) -> Result<String> {
        self.desktop.driver().tree_text(self.pid())
    }

    pub fn memory_bytes(&self) -> Option<u64> {
        process::memory_bytes(self.pid())
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// What the window has printed so far.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Kills the window as `kill -9` does.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks the window to close, as its close button does, and waits for its end.
    pub fn close(mut self) -> Result<()> {
        let window = self.x_window()?;
        let until = Instant::now() + Duration::from_secs(30);
        let mut asked = None;
        while Instant::now() < until {
            // Asked again, as a person does: eframe may miss the request while another window uncovers this one.
            if asked.is_none_or(|at: Instant| at.elapsed() > Duration::from_secs(3)) {
                self.desktop.driver().ask(&json!({"do": "close", "window": window}))?;
                asked = Some(Instant::now());
            }
            if let Some(status) = self.process.try_wait()? {
                ensure!(status.success(), "the window closed with {status}: {}", self.printed());
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the window does not close")
    }

    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        if process::is_alive(self.pid()) {
            error
        } else {
            error.context(format!("the window has ended; it said: {}", self.printed()))
        }
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        // Already ended when it was closed or killed; then both fail, rightly.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
