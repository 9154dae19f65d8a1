//! What is told while training: points and progress, gathered and handed over a few times a second.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use aloft_base::time::now_ms;
use candle_core::Tensor;

use super::trainer::{EpochEnd, Step, Trainer};
use super::{Observer, Point, Progress};
use crate::error::{Result, TrainError};

/// Points are told at least so often.
const EVERY: Duration = Duration::from_millis(100);
/// Throughput and memory are told so often.
const GAUGES_EVERY: Duration = Duration::from_millis(500);

/// The loss of a step, still on the device or read from it.
#[derive(Debug)]
struct Loss<T> {
    step: u64,
    epoch: u32,
    time_ms: i64,
    value: T,
}

/// A point that waits to be told.
#[derive(Debug)]
struct Gathered {
    series: Cow<'static, str>,
    step: u64,
    time_ms: i64,
    value: f64,
}

/// Gathers points. Losses stay on the device until they are told.
#[derive(Debug)]
pub(super) struct Teller {
    losses: Vec<Loss<Tensor>>,
    points: Vec<Gathered>,
    latest_loss: Option<f64>,
    /// Rows and steps since `since`.
    rows: u64,
    steps: u64,
    since: Instant,
    gauged: Option<Instant>,
    rows_per_sec: f64,
    secs_per_step: f64,
}

impl Teller {
    pub(super) fn new() -> Self {
        Self {
            losses: Vec::new(),
            points: Vec::new(),
            latest_loss: None,
            rows: 0,
            steps: 0,
            since: Instant::now(),
            gauged: None,
            rows_per_sec: 0.0,
            secs_per_step: 0.0,
        }
    }

    /// Takes in a step that was just done.
    pub(super) fn step(&mut self, trainer: &Trainer<'_>, step: Step) {
        let position = trainer.position();
        let time_ms = now_ms();
        self.points.push(Gathered {
            series: "learning_rate".into(),
            step: position.step,
            time_ms,
            value: step.learning_rate,
        });
        self.losses.push(Loss {
            step: position.step,
            epoch: position.epoch + 1,
            time_ms,
            value: step.loss,
        });
        self.rows += step.rows as u64;
        self.steps += 1;
    }

    /// Takes in the end of an epoch.
    pub(super) fn epoch(&mut self, trainer: &Trainer<'_>, end: EpochEnd) {
        let position = trainer.position();
        let (step, time_ms) = (position.step, now_ms());
        let mut add = |series: String, value: f64| {
            self.points.push(Gathered {
                series: series.into(),
                step,
                time_ms,
                value,
            });
        };
        for (part, scores) in [("train", end.train), ("valid", end.valid)] {
            for (name, value) in scores {
                add(format!("{part}/{name}"), value);
            }
        }
        if let Some(loss) = end.valid_loss {
            add("valid/loss".into(), loss);
        }
        add("epoch".into(), f64::from(position.epoch));
    }

    pub(super) fn is_due(&self) -> bool {
        self.since.elapsed() >= EVERY
    }

    /// A pause is over: its time counts for nothing.
    pub(super) fn restart_clock(&mut self) {
        (self.rows, self.steps, self.since) = (0, 0, Instant::now());
    }

    /// Hands over everything gathered.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] when a loss is not finite; it was handed over too. Also
    /// when the observer cannot keep the points.
    pub(super) fn tell(&mut self, trainer: &Trainer<'_>, observer: &mut dyn Observer) -> Result<()> {
        let losses = self.read_losses()?;
        let mut points: Vec<Point<'_>> = Vec::with_capacity(losses.len() + self.points.len() + 2);
        points.extend(losses.iter().map(|loss| Point {
            series: "train/loss",
            step: loss.step,
            time_ms: loss.time_ms,
            value: loss.value,
        }));
        points.extend(self.points.iter().map(|point| Point {
            series: &point.series,
            step: point.step,
            time_ms: point.time_ms,
            value: point.value,
        }));
        self.latest_loss = losses.last().map_or(self.latest_loss, |loss| Some(loss.value));
        let elapsed = self.since.elapsed().as_secs_f64();
        if self.steps > 0 && elapsed > 0.0 {
            // Half of each new value, so that one slow moment does not throw the estimate about.
            let blend = |old: f64, new: f64| if old > 0.0 { f64::midpoint(old, new) } else { new };
            self.rows_per_sec = blend(self.rows_per_sec, self.rows as f64 / elapsed);
            self.secs_per_step = blend(self.secs_per_step, elapsed / self.steps as f64);
        }
        let memory_bytes = resident_bytes();
        let position = trainer.position();
        if self.steps > 0 && self.gauged.is_none_or(|last| last.elapsed() >= GAUGES_EVERY) {
            self.gauged = Some(Instant::now());
            let (step, time_ms) = (position.step, now_ms());
            let gauge = |series, value| Point {
                series,
                step,
                time_ms,
                value,
            };
            points.push(gauge("throughput", self.rows_per_sec));
            points.extend(memory_bytes.map(|bytes| gauge("memory", bytes as f64)));
        }
        points.sort_by_key(|point| point.step);
        observer.points(&points)?;
        let steps = trainer.steps();
        let left = if trainer.is_finished() {
            0
        } else {
            steps.saturating_sub(position.step)
        };
        observer.progress(&Progress {
            epoch: (position.epoch + 1).min(trainer.epochs()),
            epochs: trainer.epochs(),
            step: position.step,
            steps,
            rows_per_sec: self.rows_per_sec,
            eta_secs: (self.secs_per_step > 0.0).then_some(self.secs_per_step * left as f64),
            memory_bytes,
            loss: self.latest_loss,
        });
        self.points.clear();
        self.restart_clock();
        match losses.into_iter().find(|loss| !loss.value.is_finite()) {
            Some(loss) => Err(TrainError::Diverged {
                step: loss.step,
                epoch: loss.epoch,
                what: "loss",
                value: loss.value.to_string(),
            }),
            None => Ok(()),
        }
    }

    /// The losses of the steps gathered, read from the device at once.
    fn read_losses(&mut self) -> Result<Vec<Loss<f64>>> {
        let gathered = std::mem::take(&mut self.losses);
        if gathered.is_empty() {
            return Ok(Vec::new());
        }
        let tensors: Vec<&Tensor> = gathered.iter().map(|loss| &loss.value).collect();
        let read = Tensor::stack(&tensors, 0).and_then(|all| all.to_vec1::<f32>());
        let values = read.map_err(TrainError::compute("read the loss"))?;
        let losses = gathered.iter().zip(values);
        Ok(losses
            .map(|(loss, value)| Loss {
                step: loss.step,
                epoch: loss.epoch,
                time_ms: loss.time_ms,
                value: f64::from(value),
            })
            .collect())
    }
}

/// The resident memory of this process, where the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
