//! The workspaces behind the gallery, filled by the real programs and, where a state passes too
//! quickly to be drawn, by the same calls that a job's process makes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aloft_base::job::{self, Claim, Progress, State};
use aloft_base::metrics::{Point, Writer};
use aloft_base::run::{self, NewRun};
use aloft_base::{ErrorKind, Report, Workspace, dataset, log};
use aloft_tests::program;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::moved;
use crate::served::{self, Live};
use crate::stored::{self, Stored};

/// All workspaces. Jobs that run in them are held by this process for as long as this lives.
pub(crate) struct Seeds {
    /// Nothing in it.
    pub(crate) empty: PathBuf,
    /// The three samples, profiled, and finished runs on them.
    pub(crate) rich: Filled,
    /// As `rich`, with runs that run, wait, failed, were stopped or interrupted.
    pub(crate) busy: PathBuf,
    pub(crate) states: States,
    /// Thousands of runs.
    pub(crate) many: PathBuf,
    /// A table of 400 columns with long names, and one whose file has gone.
    pub(crate) odd: PathBuf,
    pub(crate) wide: String,
    pub(crate) gone: String,
    /// A table with everything that is awkward to show.
    pub(crate) ugly: String,
    /// Its database is damaged.
    pub(crate) damaged: PathBuf,
    /// Registered models and endpoints.
    pub(crate) live: Live,
    /// Transfers in every state.
    pub(crate) moved: PathBuf,
    /// Connected storage.
    pub(crate) stored: Stored,
    _claims: Vec<(Workspace, Claim)>,
    _folder: tempfile::TempDir,
}

/// Ids in the filled workspace.
pub(crate) struct Filled {
    pub(crate) folder: PathBuf,
    pub(crate) penguins: String,
    pub(crate) wine: String,
    pub(crate) digits: String,
    pub(crate) classified: String,
    pub(crate) regressed: String,
    pub(crate) linear: String,
}

/// Runs of the busy workspace by their state.
pub(crate) struct States {
    pub(crate) running: String,
    pub(crate) paused: String,
    pub(crate) interrupted: String,
    pub(crate) failed: String,
    pub(crate) stopped: String,
    /// A dataset that is being profiled, three columns of it done.
    pub(crate) profiling: String,
}

impl Seeds {
    pub(crate) fn plant() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aloft-gallery-").tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let empty = at("empty");
        drop(Workspace::open(&empty)?);
        let rich = rich(&at("rich"))?;
        let (busy, mut claims) = (at("busy"), Vec::new());
        copy(&rich.folder, &busy)?;
        let states = states(&busy, &rich, &mut claims)?;
        let (lively, versions) = (at("live"), at("versions"));
        copy(&rich.folder, &lively)?;
        let live = served::plant(&lively, &versions, [&rich.linear, &rich.classified], &mut claims)?;
        let moved = moved::plant(&at("moved"), &mut claims)?;
        let many = at("many");
        many_runs(&many)?;
        let odd = at("odd");
        let wide = wide(&odd, &at("measurements of all stations.csv"))?;
        let gone = gone(&odd, &at("moved away.csv"))?;
        let ugly = crate::ugly::plant(&odd, &at("awkward"))?;
        let stored = stored::plant(&at("stored"), &at("storage"))?;
        let damaged = at("damaged");
        std::fs::create_dir(&damaged)?;
        std::fs::write(damaged.join("aloft.db"), b"this was a database once".repeat(300))?;
        Ok(Self {
            empty,
            rich,
            busy,
            states,
            many,
            odd,
            wide,
            gone,
            ugly,
            damaged,
            live,
            moved,
            stored,
            _claims: claims,
            _folder: folder,
        })
    }
}

fn dataset_id(folder: &Path, file: &str) -> Result<String> {
    let workspace = Workspace::open(folder)?;
    let opened = dataset::recent(&workspace, 100)?;
    let found = opened.into_iter().find(|dataset| dataset.path.ends_with(file));
    Ok(found.with_context(|| format!("{file} is no dataset"))?.id)
}

pub(crate) fn profile(folder: &Path, path: &Path) -> Result<String> {
    program::answer(folder, &["profile", &path.to_string_lossy()])?;
    dataset_id(folder, &path.file_name().unwrap_or_default().to_string_lossy())
}

fn train(folder: &Path, file: &str, arguments: &[&str]) -> Result<String> {
    let path = program::sample(file);
    let path = path.to_string_lossy();
    let mut all = vec!["train", &path];
    all.extend(arguments);
    let answer = program::answer(folder, &all)?;
    ensure!(answer["state"] == "done", "the run is {}", answer["state"]);
    Ok(answer["run"].as_str().context("the answer names no run")?.to_owned())
}

fn rich(folder: &Path) -> Result<Filled> {
    let wine = profile(folder, &program::sample("wine_quality.csv"))?;
    let digits = profile(folder, &program::sample("digits.csv"))?;
    let penguins = profile(folder, &program::sample("penguins.csv"))?;
    let regressed = train(
        folder,
        "penguins.csv",
        &[
            "--target",
            "body_mass_g",
            "--model",
            "mlp",
            "--epochs",
            "40",
            "--seed",
            "3",
        ],
    )?;
    let linear = train(
        folder,
        "penguins.csv",
        &[
            "--target", "species", "--model", "linear", "--epochs", "25", "--seed", "3",
        ],
    )?;
    let classified = train(
        folder,
        "digits.csv",
        &["--target", "digit", "--model", "mlp", "--epochs", "12", "--seed", "3"],
    )?;
    Ok(Filled {
        folder: folder.to_owned(),
        penguins,
        wine,
        digits,
        classified,
        regressed,
        linear,
    })
}

/// Copies a workspace that nobody has open.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// A run like one that is there, written down anew and claimed by this process.
fn begin(folder: &Path, like: &str, name: &str) -> Result<(Workspace, String, Claim)> {
    let workspace = Workspace::open(folder)?;
    let old = run::get(&workspace, like)?;
    let new = NewRun {
        name: name.to_owned(),
        dataset: old.dataset,
        model: old.model,
        task: old.task,
        target: old.target,
        recipe: old.recipe,
    };
    let (id, job) = run::create(&workspace, &new)?;
    let claim = job::claim(&workspace, &job)?;
    Ok((workspace, id, claim))
}

/// A curve as training makes it: falling, with the noise of small batches.
fn curve(workspace: &Workspace, id: &str, steps: i64) -> Result<()> {
    let mut writer = Writer::open(workspace, id)?;
    let start_ms = run::get(workspace, id)?.created_ms - steps * 40;
    let mut points = Vec::new();
    for step in 1..=steps {
        let time_ms = start_ms + step * 40;
        let noise = ((step * 7919) % 1009) as f64 / 1009.0 - 0.5;
        let value = 0.12 + 2.1 * (-(step as f64) / (0.28 * steps as f64)).exp() + 0.22 * noise;
        points.push((
            "train/loss",
            Point {
                step,
                time_ms,
                value: value.max(0.01),
            },
        ));
        points.push((
            "learning_rate",
            Point {
                step,
                time_ms,
                value: 0.001,
            },
        ));
        if step % 40 == 0 {
            let better = 1.0 - (-(step as f64) / (0.3 * steps as f64)).exp();
            points.push((
                "valid/loss",
                Point {
                    step,
                    time_ms,
                    value: value + 0.06 - 0.1 * noise,
                },
            ));
            points.push((
                "train/accuracy",
                Point {
                    step,
                    time_ms,
                    value: 0.1 + 0.88 * better,
                },
            ));
            points.push((
                "valid/accuracy",
                Point {
                    step,
                    time_ms,
                    value: 0.1 + 0.85 * better,
                },
            ));
            points.push((
                "epoch",
                Point {
                    step,
                    time_ms,
                    value: (step / 40) as f64,
                },
            ));
            points.push((
                "throughput",
                Point {
                    step,
                    time_ms,
                    value: 41_000.0 + 9_000.0 * noise,
                },
            ));
            points.push((
                "memory",
                Point {
                    step,
                    time_ms,
                    value: 92.0e6 + 1.0e4 * step as f64,
                },
            ));
        }
    }
    writer.append(workspace, &points)?;
    Ok(())
}

fn states(folder: &Path, rich: &Filled, claims: &mut Vec<(Workspace, Claim)>) -> Result<States> {
    let progress = |fraction: f64, what: &str| Progress {
        fraction: Some(fraction),
        what: what.to_owned(),
        eta_secs: Some(96.0),
        rows_per_sec: Some(41_200.0),
        memory_bytes: Some(96_000_000),
    };
    let (workspace, stopped, claim) = begin(folder, &rich.linear, "species by linear, short")?;
    curve(&workspace, &stopped, 200)?;
    claim.finish(&workspace, State::Stopped, None)?;

    let (workspace, failed, claim) = begin(folder, &rich.regressed, "body mass, steep")?;
    curve(&workspace, &failed, 60)?;
    let report = Report::new(
        ErrorKind::Invalid,
        "The training loss became NaN at step 61 of epoch 2",
        "Lower the learning rate (now 3), or set training.clip_norm.",
    );
    log::add(&workspace, &claim.job.id, log::Level::Error, &report.message)?;
    claim.finish(&workspace, State::Failed, Some(&report))?;

    let (workspace, interrupted, claim) = begin(folder, &rich.classified, "digits, wide network")?;
    curve(&workspace, &interrupted, 480)?;
    claim.progress(&workspace, &progress(0.4, "epoch 12 of 30"))?;
    // As after kill -9: the row says running, and nobody holds the lock.
    drop(claim);

    let (workspace, paused, claim) = begin(folder, &rich.classified, "digits, dropout 0.3")?;
    curve(&workspace, &paused, 720)?;
    claim.progress(&workspace, &progress(0.6, "epoch 18 of 30"))?;
    claim.paused(&workspace, true)?;
    claims.push((workspace, claim));

    let (workspace, running, claim) = begin(folder, &rich.classified, "digits, two layers")?;
    curve(&workspace, &running, 960)?;
    claim.progress(&workspace, &progress(0.8, "epoch 24 of 30"))?;
    log::add(
        &workspace,
        &claim.job.id,
        log::Level::Info,
        "Reading digits.csv: 1,797 rows, 65 columns",
    )?;
    log::add(
        &workspace,
        &claim.job.id,
        log::Level::Info,
        "Training a network of 2 hidden layers, 13,002 parameters",
    )?;
    log::add(
        &workspace,
        &claim.job.id,
        log::Level::Warning,
        "Epoch 21: the validation loss did not improve",
    )?;
    claims.push((workspace, claim));

    let profiling = half_profiled(folder, &rich.wine, claims)?;
    Ok(States {
        running,
        paused,
        interrupted,
        failed,
        stopped,
        profiling,
    })
}

/// A copy of the wine table that is being profiled: three columns are done.
fn half_profiled(folder: &Path, like: &str, claims: &mut Vec<(Workspace, Claim)>) -> Result<String> {
    let workspace = Workspace::open(folder)?;
    let old = dataset::get(&workspace, like)?;
    let path = folder.join("laboratory.csv");
    std::fs::copy(&old.path, &path)?;
    let detected = aloft_data::detect(&path)?;
    let key = detected.source.key()?;
    let opened = dataset::open(&workspace, &path, &serde_json::to_value(&detected.source)?, &key)?;
    let profiles: Vec<(usize, Value)> = dataset::profiles(&workspace, like)?.into_iter().take(3).collect();
    dataset::set_rows(&workspace, &opened.id, 1_599)?;
    dataset::set_profiles(&workspace, &opened.id, &profiles)?;
    let job = job::create(&workspace, job::Kind::Profile, &opened.id, &Value::Null)?;
    let claim = job::claim(&workspace, &job)?;
    let progress = Progress {
        fraction: Some(0.25),
        what: "profiled 3 of 12 columns".to_owned(),
        ..Progress::default()
    };
    claim.progress(&workspace, &progress)?;
    claims.push((workspace, claim));
    Ok(opened.id)
}

fn many_runs(folder: &Path) -> Result<()> {
    let workspace = Workspace::open(folder)?;
    for number in 0..2_000u32 {
        let (model, target) = if number % 3 == 0 {
            ("linear", "churned")
        } else {
            ("mlp", "lifetime_value")
        };
        let new = NewRun {
            name: format!("sweep {number:04}: a name that says much of what was tried, as people do"),
            dataset: folder.join("customers.parquet").to_string_lossy().into_owned(),
            model: model.to_owned(),
            task: if number % 3 == 0 { "binary" } else { "regression" }.to_owned(),
            target: target.to_owned(),
            recipe: String::new(),
        };
        run::create(&workspace, &new)?;
    }
    Ok(())
}

fn wide(folder: &Path, path: &Path) -> Result<String> {
    let mut text = (0..400)
        .map(|column| format!("station_{column:03}_mean_temperature_of_the_surface_in_kelvin"))
        .collect::<Vec<_>>()
        .join(",");
    text.push('\n');
    for row in 0..300 {
        for column in 0..400 {
            let comma = if column == 0 { "" } else { "," };
            write!(
                text,
                "{comma}{:.2}",
                273.0 + f64::from((row * 37 + column * 17) % 400) / 10.0
            )?;
        }
        text.push('\n');
    }
    std::fs::write(path, text)?;
    profile(folder, path)
}

fn gone(folder: &Path, path: &Path) -> Result<String> {
    std::fs::copy(program::sample("penguins.csv"), path)?;
    let id = profile(folder, path)?;
    std::fs::remove_file(path)?;
    Ok(id)
}
