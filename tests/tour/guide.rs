//! What every step of the tour uses: the desktop, the workspace, where pictures go, and its words.

use std::cell::Cell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aloft_base::metrics::Reader;
use aloft_base::{Workspace, run};
use aloft_tests::desktop::Desktop;
use aloft_tests::program::{output_folder, repository};
use aloft_tests::window::Window;
use anyhow::{Context as _, Result, bail};

pub(crate) struct Guide {
    pub(crate) desktop: Desktop,
    pub(crate) workspace: PathBuf,
    pictures: PathBuf,
    next: Cell<u32>,
    began: Instant,
}

impl Guide {
    pub(crate) fn begin() -> Result<Self> {
        let pictures = output_folder("tour")?;
        for entry in std::fs::read_dir(&pictures)? {
            std::fs::remove_file(entry?.path())?;
        }
        let desktop = Desktop::start()?;
        let workspace = desktop.folder().join("workspace");
        Ok(Self {
            desktop,
            workspace,
            pictures,
            next: Cell::new(1),
            began: Instant::now(),
        })
    }

    /// Opens the window on the tour's workspace.
    pub(crate) fn window(&self) -> Result<Window<'_>> {
        Window::start(&self.desktop, &self.workspace)
    }

    /// Whether this is the long form, on the release build.
    pub(crate) fn is_full() -> bool {
        std::env::var("ALOFT_TOUR").is_ok_and(|form| form == "full")
    }

    /// A file that comes with the tour.
    pub(crate) fn file(name: &str) -> PathBuf {
        repository().join("tests/tour/files").join(name)
    }

    /// Tells the person who watches.
    pub(crate) fn say(&self, words: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "tour {:>6.1} s  {words}", self.began.elapsed().as_secs_f64())?;
        out.flush()?;
        Ok(())
    }

    /// Saves what the screen shows, numbered in the order of the tour.
    pub(crate) fn picture(&self, name: &str) -> Result<()> {
        let number = self.next.replace(self.next.get() + 1);
        self.desktop
            .screenshot(&self.pictures.join(format!("{number:02}-{name}.png")))
    }

    pub(crate) fn open_workspace(&self) -> Result<Workspace> {
        Ok(Workspace::open(&self.workspace)?)
    }

    /// The newest run.
    pub(crate) fn newest_run(&self) -> Result<run::Run> {
        let runs = run::list(&self.open_workspace()?, 1)?;
        runs.into_iter().next().context("there is no run")
    }

    pub(crate) fn run(&self, id: &str) -> Result<run::Run> {
        Ok(run::get(&self.open_workspace()?, id)?)
    }

    /// The steps of a run's loss curve, in the order they were written.
    pub(crate) fn steps(&self, id: &str) -> Result<Vec<i64>> {
        let points = Reader::open(&self.open_workspace()?)?.points(id, "train/loss")?;
        Ok(points.into_iter().map(|point| point.step).collect())
    }

    /// Waits until something is so.
    pub(crate) fn until(what: &str, secs: u64, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(secs);
        while !is_so()? {
            if Instant::now() > until {
                bail!("waited {secs} s in vain: {what}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// A copy of a file under a name of its own, so that no two steps open the same dataset.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<PathBuf> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(to.to_owned())
}
