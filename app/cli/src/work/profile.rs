//! The job that profiles a dataset: columns become visible as they are done.

use std::time::{Duration, Instant};

use aloft_base::job::{Claim, Progress, Request};
use aloft_base::{ErrorKind, Report, Workspace, dataset};
use aloft_data::{Cached, DataError, Detected, Flow, Profile, ProfileEvent, Source};
use anyhow::Result;

use crate::context::{Context, coming};
use crate::failure::refuse;
use crate::output::Output;
use crate::signal::Stop;
use crate::text::count;

/// Columns are written together, so often.
const COLUMNS_EVERY: Duration = Duration::from_millis(100);
/// How far it is, is written so often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// A person's wish is asked for so often.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// Profiles the dataset of a job and stores what was found.
pub(super) fn perform(context: &mut Context<'_>, claim: &Claim) -> Result<Profile> {
    let workspace = &context.workspace;
    let mut row = dataset::get(workspace, &claim.job.subject)?;
    let mut source: Source = serde_json::from_value(row.source.clone())?;
    // How the file is read is said first; a person may have chosen otherwise than was detected.
    let detected = if source.remote.is_some() {
        let detected = bring(workspace, claim, &context.stop, context.output, &source)?;
        let detected = detected.as_said(dataset::said_reading(workspace, &source.place())?);
        // What lies elsewhere is taken as it is now.
        source.clone_from(&detected.source);
        row = dataset::open(workspace, &row.path, &serde_json::to_value(&source)?, &source.key()?)?;
        detected
    } else {
        aloft_data::detect(&source.path)?
    };
    let key = source.key()?;
    if key != row.key {
        return Err(DataError::Changed { path: source.path }.into());
    }
    let notes = if detected.source == source {
        detected.notes
    } else {
        Vec::new()
    };
    let mut writer = Writer {
        workspace,
        claim,
        stop: &context.stop,
        output: context.output,
        dataset: &row.id,
        waiting: Vec::new(),
        rows: 0,
        are_rows_written: false,
        wrote: Instant::now(),
        told: None,
        asked: Instant::now(),
    };
    let mut fault = None;
    let profiled = aloft_data::profile(&source, &workspace.dataset_cache(&key), &mut |event| {
        writer.take(&event).unwrap_or_else(|error| {
            fault = Some(error);
            Flow::Stop
        })
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    let mut profile = match profiled {
        Err(DataError::Stopped) => {
            return refuse(Report::new(
                ErrorKind::Stopped,
                "Profiling was stopped as asked",
                "Columns that were done are kept. Profile the file again to see them all.",
            ));
        }
        other => other?,
    };
    writer.rows = profile.rows;
    writer.flush()?;
    profile.warnings = notes.into_iter().chain(profile.warnings).collect();
    let target = claim.job.spec["target"].as_str();
    let cache = workspace.dataset_cache(&key);
    let found = aloft_data::find(&source, &cache, &profile, target)?;
    aloft_data::keep_found(&cache, &found)?;
    (profile.findings, profile.correlations) = (found.findings, found.correlations);
    profile.relations = target
        .map(|target| aloft_data::relate(&source, &cache, target))
        .transpose()?;
    dataset::set_profiled(workspace, &row.id, profile.columns.len() as u64, &profile.warnings)?;
    if claim.job.spec["ready"] == true {
        make_ready(&Cached { source, cache }, &mut writer)?;
    }
    Ok(profile)
}

/// Makes the table ready for questions. The profile is there: a wish to stop ends only this.
fn make_ready(table: &Cached, writer: &mut Writer<'_>) -> Result<()> {
    let mut fault = None;
    let made = aloft_data::make_ready(table, &mut |fraction| {
        let told = writer.progress(fraction, "Getting ready for questions");
        told.and_then(|()| writer.flow()).unwrap_or_else(|error| {
            fault = Some(error);
            Flow::Stop
        })
    });
    match (fault, made) {
        (Some(fault), _) => Err(fault),
        (None, Ok(()) | Err(DataError::Stopped)) => Ok(()),
        // Questions are answered without it, only later; a full disk is told of by whoever needs it.
        (None, Err(error)) => {
            writer
                .output
                .note(&format!("It is not ready for quick questions: {error}"));
            Ok(())
        }
    }
}

/// Finds out what lies elsewhere, and brings here what cannot be read there.
fn bring(workspace: &Workspace, claim: &Claim, stop: &Stop, output: &mut Output, source: &Source) -> Result<Detected> {
    let (mut told, mut fault) = (None::<Instant>, None);
    let detected = aloft_data::examine(source, &mut |progress| {
        let row = coming(progress);
        output.progress(&row);
        if told.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            told = Some(Instant::now());
            let asked = claim
                .progress(workspace, &row)
                .and_then(|()| Ok(claim.request(workspace)? == Request::Stop));
            match asked {
                Ok(false) => {}
                Ok(true) => return Flow::Stop,
                Err(error) => {
                    fault = Some(error);
                    return Flow::Stop;
                }
            }
        }
        if stop.is_asked() { Flow::Stop } else { Flow::Continue }
    });
    fault.map_or(Ok(()), Err)?;
    Ok(detected?)
}

struct Writer<'a> {
    workspace: &'a Workspace,
    claim: &'a Claim,
    stop: &'a Stop,
    output: &'a mut Output,
    dataset: &'a str,
    /// Columns that are done and not yet written.
    waiting: Vec<(usize, serde_json::Value)>,
    rows: u64,
    are_rows_written: bool,
    wrote: Instant,
    told: Option<Instant>,
    asked: Instant,
}

impl Writer<'_> {
    fn take(&mut self, event: &ProfileEvent<'_>) -> Result<Flow> {
        match event {
            ProfileEvent::Rows(rows) => self.rows = *rows,
            ProfileEvent::Column { position, profile, .. } => {
                self.waiting.push((*position, serde_json::to_value(profile)?));
                if self.wrote.elapsed() >= COLUMNS_EVERY {
                    self.flush()?;
                }
            }
            ProfileEvent::Progress { fraction, what } => self.progress(*fraction, what)?,
            _ => {}
        }
        self.flow()
    }

    /// Writes what waits. Once there is a column the number of rows is exact.
    fn flush(&mut self) -> Result<()> {
        self.wrote = Instant::now();
        if !std::mem::replace(&mut self.are_rows_written, true) {
            dataset::set_rows(self.workspace, self.dataset, self.rows)?;
        }
        if !self.waiting.is_empty() {
            dataset::set_profiles(self.workspace, self.dataset, &self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }

    fn progress(&mut self, fraction: f64, what: &str) -> Result<()> {
        let progress = Progress {
            fraction: Some(fraction),
            what: if self.rows > 0 {
                format!("{what} ({} so far)", rows(self.rows))
            } else {
                what.to_owned()
            },
            ..Progress::default()
        };
        self.output.progress(&progress);
        if self.told.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            self.told = Some(Instant::now());
            self.claim.progress(self.workspace, &progress)?;
        }
        Ok(())
    }

    fn flow(&mut self) -> Result<Flow> {
        if self.stop.is_asked() {
            return Ok(Flow::Stop);
        }
        if self.asked.elapsed() >= ASK_EVERY {
            self.asked = Instant::now();
            // A profile takes seconds and keeps nothing to go on from, so a pause is not for it.
            if self.claim.request(self.workspace)? == Request::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

fn rows(rows: u64) -> String {
    if rows == 1 {
        "1 row".to_owned()
    } else {
        format!("{} rows", count(rows))
    }
}
