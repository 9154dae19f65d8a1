//! The job that trains a run: its points, its progress, and what a person asks of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aloft_base::job::{self, Claim, Request};
use aloft_base::log::{self, Level};
use aloft_base::metrics::{self, Writer};
use aloft_base::{Error, Workspace, dataset, env, fs, run};
use aloft_data::{BringProgress, Flow};
use aloft_train::{Control, Observer, Point, Progress, Recipe, Start};
use anyhow::Result;

use super::leftovers;
use super::spare::Spare;
use crate::context::{Context, coming};
use crate::output::Output;
use crate::signal::Stop;

/// How far it is, is written so often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// A person's wish is asked for so often.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// Trains the run of a job, or goes on with it, and stores its outcome.
pub(super) fn perform(context: &mut Context<'_>, claim: &Claim) -> Result<()> {
    let workspace = &context.workspace;
    let run = run::get(workspace, &claim.job.subject)?;
    let recipe = Recipe::parse(&run.recipe)?;
    let resumes = claim.job.spec["resume"] == true;
    let folder = workspace.run_folder(&run.id);
    fs::create_folder(&folder)?;
    leftovers::remove(&folder)?;
    let spare = Spare::keep(&folder)?;
    let mut reporter = Reporter {
        workspace,
        claim,
        stop: &context.stop,
        output: context.output,
        run: &run.id,
        data: None,
        writer: Writer::open(workspace, &run.id)?,
        request: Request::None,
        asked: None,
        told: None,
        fault: None,
    };
    reporter.note(if resumes { "Resuming" } else { "Training" });
    if let Some(threads) = recipe
        .run
        .threads
        .or_else(|| env::number(env::ALOFT_THREADS))
        .filter(|threads| *threads > 0)
        && !aloft_train::configure_threads(threads)
    {
        reporter.note(&format!("The limit of {threads} threads could not be set"));
    }
    let source = recipe.data.source_with(&mut |progress| reporter.coming(progress));
    if let Some(fault) = reporter.fault.take() {
        return Err(fault.into());
    }
    let source = source?;
    let key = source.key()?;
    let cache = workspace.dataset_cache(&key);
    reporter.data = Some((source.place(), key));
    let start = if resumes { Start::Resume } else { Start::Fresh };
    let outcome = aloft_train::train(&recipe, &folder, &cache, &mut reporter, start);
    if let Some(fault) = reporter.fault.take() {
        return Err(fault.into());
    }
    let outcome = outcome?;
    reporter.note(&format!(
        "Trained {} epochs in {}",
        crate::text::count(u64::from(outcome.epochs)),
        crate::text::duration(outcome.duration_secs)
    ));
    drop(spare);
    run::set_result(workspace, &run.id, &serde_json::to_value(&outcome)?)?;
    Ok(())
}

/// Writes down what a session tells. What cannot be written ends the session.
struct Reporter<'a> {
    workspace: &'a Workspace,
    claim: &'a Claim,
    stop: &'a Stop,
    output: &'a mut Output,
    run: &'a str,
    /// Where its data is, and the key of what is there.
    data: Option<(PathBuf, String)>,
    writer: Writer,
    request: Request,
    asked: Option<Instant>,
    told: Option<Instant>,
    /// The first thing that went wrong where the session could not be told at once.
    fault: Option<Error>,
}

impl Reporter<'_> {
    fn keep_fault(&mut self, done: aloft_base::Result<()>) {
        if let Err(error) = done {
            self.fault.get_or_insert(error);
        }
    }

    /// The data is on its way here.
    fn coming(&mut self, progress: BringProgress) -> Flow {
        let row = coming(progress);
        if self.told.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            self.told = Some(Instant::now());
            let written = self.claim.progress(self.workspace, &row);
            self.keep_fault(written);
        }
        self.output.progress(&row);
        match self.control() {
            Control::Stop => Flow::Stop,
            Control::Continue | Control::Pause => Flow::Continue,
        }
    }
}

impl Observer for Reporter<'_> {
    fn control(&mut self) -> Control {
        if self.fault.is_some() || self.stop.is_asked() {
            return Control::Stop;
        }
        if self.asked.is_none_or(|last| last.elapsed() >= ASK_EVERY) {
            self.asked = Some(Instant::now());
            match self.claim.request(self.workspace) {
                Ok(request) => self.request = request,
                Err(error) => {
                    self.keep_fault(Err(error));
                    return Control::Stop;
                }
            }
        }
        match self.request {
            Request::None => Control::Continue,
            Request::Pause => Control::Pause,
            Request::Stop => Control::Stop,
        }
    }

    fn points(&mut self, points: &[Point<'_>]) -> aloft_base::Result<()> {
        // With a fault the session must end without another checkpoint.
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let points: Vec<(&str, metrics::Point)> = points
            .iter()
            .map(|point| {
                let step = i64::try_from(point.step).unwrap_or(i64::MAX);
                (
                    point.series,
                    metrics::Point {
                        step,
                        time_ms: point.time_ms,
                        value: point.value,
                    },
                )
            })
            .collect();
        self.writer.append(self.workspace, &points)
    }

    fn progress(&mut self, progress: &Progress) {
        let mut row = job::Progress {
            fraction: Some(progress.step as f64 / progress.steps.max(1) as f64),
            what: format!("epoch {} of {}", progress.epoch, progress.epochs),
            eta_secs: progress.eta_secs,
            rows_per_sec: Some(progress.rows_per_sec),
            memory_bytes: progress.memory_bytes,
        };
        if self.told.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            self.told = Some(Instant::now());
            let written = self.claim.progress(self.workspace, &row);
            self.keep_fault(written);
        }
        if let Some(loss) = progress.loss {
            row.what = format!("{}, loss {loss:.4}", row.what);
        }
        self.output.progress(&row);
    }

    fn paused(&mut self, paused: bool) {
        let written = self.claim.paused(self.workspace, paused);
        self.keep_fault(written);
        self.note(if paused { "Paused" } else { "Going on" });
    }

    fn note(&mut self, text: &str) {
        self.output.note(text);
        let written = log::add(self.workspace, &self.claim.job.id, Level::Info, text);
        self.keep_fault(written);
    }

    fn resumed(&mut self, step: u64) {
        let written = self
            .writer
            .truncate_after(self.workspace, i64::try_from(step).unwrap_or(i64::MAX));
        self.keep_fault(written);
    }

    fn fingerprint(&mut self, fingerprint: &str) {
        let written = run::set_fingerprint(self.workspace, self.run, fingerprint);
        self.keep_fault(written);
        if let Some((path, key)) = &self.data {
            let written = dataset::set_fingerprint(self.workspace, path, key, fingerprint);
            self.keep_fault(written);
        }
    }
}
