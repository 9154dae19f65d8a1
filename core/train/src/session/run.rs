//! The loop: steps and epochs, what a person asks for, and when to save.

use std::time::{Duration, Instant};

use super::teller::Teller;
use super::trainer::Trainer;
use super::{Control, Names, Observer};
use crate::checkpoint::Store;
use crate::error::{Result, TrainError};

/// A person's wish is asked for so often.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// And so often while paused.
const ASK_PAUSED_EVERY: Duration = Duration::from_millis(50);
/// Time between two checkpoints is at least so many times what one costs.
const COST_FACTOR: f64 = 20.0;

/// Trains until the end, and answers the time it took over all sessions, in seconds.
///
/// # Errors
/// [`TrainError::Stopped`] when the observer asks for it, after a checkpoint.
pub(super) fn run(
    trainer: &mut Trainer<'_>,
    store: &mut Store,
    names: &Names,
    observer: &mut dyn Observer,
) -> Result<f64> {
    let mut teller = Teller::new();
    let mut saver = Saver {
        store,
        names,
        worked: Stopwatch::new(trainer.position().duration_secs),
        every_secs: trainer.recipe.training.checkpoint_secs,
        saved: Instant::now(),
        cost_secs: 0.0,
        has_saved: trainer.position().step > 0,
    };
    let mut asked: Option<Instant> = None;
    while !trainer.is_finished() {
        if asked.is_none_or(|last| last.elapsed() >= ASK_EVERY) {
            asked = Some(Instant::now());
            obey(trainer, &mut saver, &mut teller, observer)?;
        }
        let step = trainer.step()?;
        teller.step(trainer, step);
        let ends_epoch = trainer.is_epoch_done();
        if ends_epoch {
            let end = trainer.end_epoch()?;
            let broken = end.valid_loss.filter(|loss| !loss.is_finite());
            teller.epoch(trainer, end);
            if let Some(loss) = broken {
                teller.tell(trainer, observer)?;
                return Err(TrainError::Diverged {
                    step: trainer.position().step,
                    epoch: trainer.position().epoch,
                    what: "validation loss",
                    value: loss.to_string(),
                });
            }
        }
        if teller.is_due() {
            teller.tell(trainer, observer)?;
        }
        if saver.is_due(ends_epoch) {
            // Points first: a checkpoint must never be ahead of what is known about the way to it,
            // and a loss that is no number must not be saved.
            teller.tell(trainer, observer)?;
            saver.save(trainer)?;
        }
    }
    teller.tell(trainer, observer)?;
    trainer.finite_weights()?;
    Ok(saver.worked.secs())
}

/// Does what a person wants now: goes on, waits, or ends.
fn obey(trainer: &Trainer<'_>, saver: &mut Saver<'_>, teller: &mut Teller, observer: &mut dyn Observer) -> Result<()> {
    match observer.control() {
        Control::Continue => return Ok(()),
        Control::Stop => {
            teller.tell(trainer, observer)?;
            saver.save(trainer)?;
            return Err(stopped(trainer));
        }
        Control::Pause => {}
    }
    teller.tell(trainer, observer)?;
    saver.save(trainer)?;
    saver.worked.pause();
    observer.paused(true);
    loop {
        std::thread::sleep(ASK_PAUSED_EVERY);
        match observer.control() {
            Control::Pause => {}
            // The checkpoint of the pause is what there is to keep.
            Control::Stop => return Err(stopped(trainer)),
            Control::Continue => break,
        }
    }
    saver.worked.go_on();
    teller.restart_clock();
    observer.paused(false);
    Ok(())
}

fn stopped(trainer: &Trainer<'_>) -> TrainError {
    TrainError::Stopped {
        step: trainer.position().step,
    }
}

/// Writes checkpoints in time.
struct Saver<'a> {
    store: &'a mut Store,
    names: &'a Names,
    worked: Stopwatch,
    every_secs: f64,
    saved: Instant,
    /// What the last one cost.
    cost_secs: f64,
    has_saved: bool,
}

impl Saver<'_> {
    fn is_due(&self, ends_epoch: bool) -> bool {
        if ends_epoch && !self.has_saved {
            return true;
        }
        let since = self.saved.elapsed().as_secs_f64();
        since >= self.every_secs && since >= self.cost_secs * COST_FACTOR
    }

    fn save(&mut self, trainer: &Trainer<'_>) -> Result<()> {
        let began = Instant::now();
        let checkpoint = trainer.checkpoint(&self.names.data, &self.names.recipe, self.worked.secs())?;
        self.store.save(&checkpoint)?;
        self.cost_secs = began.elapsed().as_secs_f64();
        self.saved = Instant::now();
        self.has_saved = true;
        Ok(())
    }
}

/// Counts time, but for pauses.
struct Stopwatch {
    before_secs: f64,
    since: Option<Instant>,
}

impl Stopwatch {
    fn new(before_secs: f64) -> Self {
        Self {
            before_secs,
            since: Some(Instant::now()),
        }
    }

    fn secs(&self) -> f64 {
        self.before_secs + self.since.map_or(0.0, |since| since.elapsed().as_secs_f64())
    }

    fn pause(&mut self) {
        self.before_secs = self.secs();
        self.since = None;
    }

    fn go_on(&mut self) {
        self.since = Some(Instant::now());
    }
}
