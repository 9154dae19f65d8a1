//! A session: one process that trains one recipe, from the start or from its last checkpoint.

mod finish;
mod material;
mod rows;
mod run;
mod teller;
#[cfg(test)]
mod tests;
mod threads;
mod trainer;

use std::path::Path;

use aloft_data::Cached;

use crate::checkpoint::{Checkpoint, Store};
use crate::error::{Result, TrainError};
use crate::outcome::Outcome;
use crate::recipe::{Recipe, RunSection, TrainingSpec};
use material::Material;
pub(crate) use rows::order;
pub use threads::{configure_threads, thread_environment};
use trainer::Trainer;

/// What a person wants of a running session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Continue,
    /// Write a checkpoint and wait until it is `Continue` or `Stop`.
    Pause,
    /// Write a checkpoint and end with [`crate::TrainError::Stopped`].
    Stop,
}

/// One value of a series at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<'a> {
    /// `train/loss` (each step), `train/<metric>`, `valid/loss`, `valid/<metric>` and `epoch`
    /// (at each epoch's last step), `learning_rate` (each step), `throughput` (rows a second)
    /// and `memory` (bytes).
    pub series: &'a str,
    /// Steps done, from 1.
    pub step: u64,
    /// When the step was done, in milliseconds since 1970.
    pub time_ms: i64,
    /// Always finite, but for the loss that ends a run.
    pub value: f64,
}

/// How far a session is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The epoch it is in, from 1.
    pub epoch: u32,
    pub epochs: u32,
    /// Steps done.
    pub step: u64,
    /// Steps of the whole run, when early stopping does not end it.
    pub steps: u64,
    pub rows_per_sec: f64,
    pub eta_secs: Option<f64>,
    /// Resident memory of this process, where the system tells it.
    pub memory_bytes: Option<u64>,
    /// The latest training loss.
    pub loss: Option<f64>,
}

/// Is told how a session goes, on the session's thread.
pub trait Observer {
    /// What a person wants now. Asked many times a second, so it must be quick.
    fn control(&mut self) -> Control;
    /// New values, in the order of their steps, a few times a second.
    ///
    /// # Errors
    /// When they cannot be kept. The session ends without another checkpoint, since a
    /// checkpoint must never be ahead of the points on the way to it.
    fn points(&mut self, points: &[Point<'_>]) -> aloft_base::Result<()>;
    fn progress(&mut self, progress: &Progress);
    /// It waits now (`true`), or goes on (`false`).
    fn paused(&mut self, paused: bool);
    /// A sentence for the log, for example where it resumed or that a checkpoint was damaged.
    fn note(&mut self, text: &str);
    /// It goes on after this step, which is 0 at the beginning; told before any point, so
    /// that later points of an earlier process can be dropped.
    fn resumed(&mut self, step: u64);
    /// The data was read; its content has this fingerprint.
    fn fingerprint(&mut self, fingerprint: &str);
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From the beginning; a checkpoint in the folder is replaced.
    Fresh,
    /// From the last checkpoint, or from the beginning if there is none yet.
    Resume,
}

/// Trains a recipe in a run folder, which afterwards holds `recipe.toml`, `checkpoint/`,
/// `model/` and `result.json`. While it goes on, the rows that steps left are in it too. `cache` is the cache folder of the data's file.
///
/// # Errors
/// [`crate::TrainError::Stopped`] when the observer asked for it; else what is wrong.
pub fn train(
    recipe: &Recipe,
    folder: &Path,
    cache: &Path,
    observer: &mut dyn Observer,
    start: Start,
) -> Result<Outcome> {
    recipe.validate()?;
    let device = crate::device::open(&recipe.run.device)?;
    aloft_base::fs::create_folder(folder)?;
    let mut store = Store::open(folder)?;
    let source = recipe.data.source()?;
    let fingerprint = rows::fingerprint(recipe, &source)?;
    observer.fingerprint(&fingerprint);
    let names = Names {
        data: fingerprint,
        recipe: name_of(recipe),
    };
    let saved = match start {
        Start::Fresh => {
            store.clear()?;
            aloft_base::fs::write_atomic(&folder.join("recipe.toml"), recipe.to_toml().as_bytes())?;
            None
        }
        Start::Resume => load(&mut store, &names, observer)?,
    };
    let data = Cached {
        source,
        cache: cache.to_owned(),
    };
    let place = rows::Place::of(folder);
    if saved.is_none() {
        place.clear()?;
    }
    let step = saved.as_ref().map_or(0, |saved| saved.position.step);
    let rows = place.load(recipe, &data, step, observer)?;
    let material = Material::of(recipe, rows, saved.as_ref().map(|saved| &saved.origin), &device)?;
    let mut trainer = Trainer::new(recipe, &material, &device)?;
    if let Some(saved) = &saved {
        trainer.restore(saved)?;
        observer.note(&format!("Resumed after step {}", saved.position.step));
    }
    observer.resumed(trainer.position().step);
    let duration_secs = run::run(&mut trainer, &mut store, &names, observer)?;
    let outcome = finish::finish(trainer, &names, duration_secs, folder)?;
    // Nothing goes on from here, and the model has its own copy of the steps.
    place.clear()?;
    Ok(outcome)
}

/// What a run's numbers depend on: the content of its data and the recipe.
#[derive(Debug)]
struct Names {
    data: String,
    recipe: String,
}

/// The name of the part of a recipe that the numbers depend on. Where the file lies, where
/// it is trained and how often it is saved may change between two sessions.
fn name_of(recipe: &Recipe) -> String {
    let mut recipe = recipe.clone();
    recipe.data.path.clear();
    recipe.data.connection = None;
    recipe.run = RunSection::default();
    recipe.features.left_out.clear();
    recipe.training.checkpoint_secs = TrainingSpec::default().checkpoint_secs;
    blake3::hash(recipe.to_toml().as_bytes()).to_hex().to_string()
}

/// The checkpoint to resume from, which must be of the same data and recipe.
fn load(store: &mut Store, names: &Names, observer: &mut dyn Observer) -> Result<Option<Checkpoint>> {
    let Some((saved, told)) = store.load()? else {
        observer.note("There is no checkpoint yet: training starts at the beginning");
        return Ok(None);
    };
    for text in told {
        observer.note(&text);
    }
    if saved.origin.data != names.data {
        return Err(TrainError::Changed {
            what: "its data has changed since it began".into(),
            hint: "Put the file back as it was, or start a new run on the new data.",
        });
    }
    if saved.origin.recipe != names.recipe {
        return Err(TrainError::Changed {
            what: "its recipe has changed since it began".into(),
            hint: "Put the recipe back as it was, or start a new run with the new one.",
        });
    }
    Ok(Some(saved))
}
