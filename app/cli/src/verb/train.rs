//! `aloft train`, `aloft run` and `aloft resume`: one run, from wherever it is to its end.

use std::io::Read;
use std::path::Path;

use aloft_base::dataset::Dataset;
use aloft_base::job::{self, Request, State};
use aloft_base::run::{self, NewRun};
use aloft_base::{ErrorKind, Report, dataset};
use aloft_data::{ColumnProfile, Flow, Profile};
use aloft_train::{Proposal, Recipe, TrainError, devices, propose};
use anyhow::Result;

use super::{profile, runs};
use crate::arguments::Train;
use crate::context::{Context, coming};
use crate::failure::{STOPPED, refuse, report_of};
use crate::text::count;
use crate::work;

/// `aloft train FILE --target COL`
pub(super) fn propose_and_train(context: &mut Context<'_>, wanted: &Train) -> Result<u8> {
    if let Some(device) = &wanted.device {
        check_device(device)?;
    }
    let (detected, dataset) = context.open_file(&wanted.file, wanted.connection.as_deref())?;
    let source = detected.source;
    let profile = match known_profile(context, &dataset)? {
        Some(profile) => profile,
        None => profile::of_dataset(context, &dataset.id, None)?,
    };
    let mut proposal = propose(&source, &profile, &wanted.target)?;
    let recipe = &mut proposal.recipe;
    if let Some(model) = wanted.model {
        recipe.choose_model(model.into(), profile.rows);
    }
    if let Some(seed) = wanted.seed {
        recipe.set_seed(seed);
    }
    if let Some(epochs) = wanted.epochs {
        recipe.training.epochs = epochs;
    }
    if let Some(device) = &wanted.device {
        recipe.run.device.clone_from(device);
    }
    recipe.validate()?;
    // What was chosen by hand needs no reason.
    let chosen = |key: &str| {
        (key == "model" && wanted.model.is_some())
            || (key == "training" && (wanted.model.is_some() || wanted.epochs.is_some()))
    };
    proposal.reasons.retain(|reason| !chosen(&reason.key));
    tell(context, &proposal);
    start(context, &proposal.recipe)
}

/// `aloft run RECIPE`
pub(super) fn run_recipe(context: &mut Context<'_>, path: &Path) -> Result<u8> {
    let here = std::env::current_dir().map_err(aloft_base::Error::io("find", Path::new(".")))?;
    let (text, base) = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(aloft_base::Error::io("read", Path::new("stdin")))?;
        (text, here)
    } else {
        let path = here.join(path);
        let text = read_recipe(&path)?;
        (text, path.parent().map_or(here, Path::to_owned))
    };
    let mut recipe = Recipe::parse(&text)?;
    recipe.resolve(&base);
    check_device(&recipe.run.device)?;
    // What the file lacks is better said before there is a run.
    let (output, stop) = (&mut *context.output, &context.stop);
    let source = recipe.data.source_with(&mut |progress| {
        output.progress(&coming(progress));
        if stop.is_asked() { Flow::Stop } else { Flow::Continue }
    });
    source?.key()?;
    start(context, &recipe)
}

fn read_recipe(path: &Path) -> Result<String> {
    let bytes = aloft_base::fs::read(path)?;
    String::from_utf8(bytes).or_else(|_| {
        refuse(Report::new(
            ErrorKind::Invalid,
            format!("{} is not a recipe: it is not text", path.display()),
            "A recipe is a TOML document; aloft runs show RUN --json shows one.",
        ))
    })
}

/// `aloft resume RUN`
pub(super) fn resume(context: &mut Context<'_>, wanted: &str) -> Result<u8> {
    let run = context.run(wanted)?;
    match run.state {
        State::Done => runs::print(context, &run.id, None).map(|()| 0),
        State::Queued | State::Running => {
            let who =
                job_pid(context, run.job.as_deref())?.map_or_else(String::new, |pid| format!(" in process {pid}"));
            refuse(Report::new(
                ErrorKind::Conflict,
                format!(
                    "The run '{}' is {}{who} and cannot be resumed",
                    run.id,
                    run.state.as_str()
                ),
                "Watch it with aloft jobs, or stop it first.",
            ))
        }
        State::Paused => {
            if let Some(job) = &run.job {
                job::request(&context.workspace, job, Request::None)?;
            }
            context.output.note("Its process waits, and goes on now");
            runs::print(context, &run.id, None).map(|()| 0)
        }
        State::Stopped | State::Failed | State::Interrupted => {
            let job = run::resume(&context.workspace, &run.id)?;
            follow(context, &run.id, &job)
        }
    }
}

fn job_pid(context: &Context<'_>, job: Option<&str>) -> Result<Option<u32>> {
    let Some(job) = job else { return Ok(None) };
    Ok(job::get(&context.workspace, job)?.pid)
}

/// Writes a run down and trains it.
fn start(context: &mut Context<'_>, recipe: &Recipe) -> Result<u8> {
    let path = recipe.data.path.display().to_string();
    let stem = stem(&recipe.data.path);
    let model = recipe.model.kind().as_str();
    let new = NewRun {
        name: free_name(context, &format!("{stem}-{model}"))?,
        dataset: path,
        model: model.to_owned(),
        task: word_of(recipe.target.task)?,
        target: recipe.target.column.clone(),
        recipe: recipe.to_toml(),
    };
    let (run, job) = run::create(&context.workspace, &new)?;
    context.output.note(&format!("Run {run} ({})", new.name));
    follow(context, &run, &job)
}

/// What a run on this data is called after: the name of the file, or of the folder when the
/// file is a pattern.
fn stem(path: &Path) -> String {
    let mut names = path.iter().rev().map(|name| name.to_string_lossy());
    let name = names.find(|name| !name.contains(['*', '?'])).unwrap_or_default();
    Path::new(&*name)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The usual name with the number after the last one that was given.
fn free_name(context: &Context<'_>, usual: &str) -> Result<String> {
    let number = |name: &str| name.strip_prefix(usual)?.strip_prefix('-')?.parse::<u32>().ok();
    let newest = run::list(&context.workspace, LOOKED_AT)?;
    let last = newest.iter().filter_map(|run| number(&run.name)).max().unwrap_or(0);
    Ok(format!("{usual}-{}", last.saturating_add(1)))
}

/// Among so many of the newest runs the last number of a name is looked for.
const LOOKED_AT: usize = 50;

/// Does the job of a run in this process and prints what came of it.
fn follow(context: &mut Context<'_>, run: &str, job: &str) -> Result<u8> {
    let Err(error) = work::train(context, job) else {
        runs::print(context, run, None)?;
        return Ok(0);
    };
    let mut report = report_of(&error);
    let resume = format!("Go on with: aloft resume {run}");
    if report.kind == ErrorKind::Stopped {
        report.hint = resume;
        runs::print(context, run, Some(&report))?;
        return Ok(STOPPED);
    }
    if !report.kind.is_bad_input() {
        report.hint = if report.hint.is_empty() {
            resume
        } else {
            format!("{} {resume}", report.hint)
        };
    }
    refuse(report)
}

/// The word of a task in the database and in JSON.
fn word_of(task: aloft_data::Task) -> Result<String> {
    Ok(serde_json::to_value(task)?.as_str().unwrap_or_default().to_owned())
}

/// What is stored of a dataset, when all of it is.
fn known_profile(context: &Context<'_>, row: &Dataset) -> Result<Option<Profile>> {
    let (Some(rows), Some(columns)) = (row.rows, row.columns) else {
        return Ok(None);
    };
    let stored = dataset::profiles(&context.workspace, &row.id)?;
    let read = |(_, profile)| serde_json::from_value::<ColumnProfile>(profile);
    // Written by another version of Aloft: measured anew.
    let Ok(profiles) = stored.into_iter().map(read).collect::<Result<Vec<_>, _>>() else {
        return Ok(None);
    };
    let warnings = row.warnings.clone();
    Ok((profiles.len() as u64 == columns).then_some(Profile {
        rows,
        columns: profiles,
        warnings,
        ..Profile::default()
    }))
}

/// So many columns that are left out are told; the recipe names them all.
const TOLD: usize = 10;

/// Says what was proposed and why.
fn tell(context: &mut Context<'_>, proposal: &Proposal) {
    for reason in &proposal.reasons {
        context.output.note(&format!("  {}: {}", reason.key, reason.text));
    }
    for left in proposal.left_out.iter().take(TOLD) {
        context
            .output
            .note(&format!("  left out: '{}', since {}", left.column, left.why));
    }
    if proposal.left_out.len() > TOLD {
        let more = count((proposal.left_out.len() - TOLD) as u64);
        context.output.note(&format!("  left out: {more} more columns"));
    }
}

/// Refuses a device that is not there before there is a run that would fail.
fn check_device(id: &str) -> Result<()> {
    let all = devices();
    let found = all.iter().find(|device| device.id == id);
    match found {
        Some(device) if device.available => Ok(()),
        Some(device) => {
            let (why, hint) = device.why.split_once("; ").unwrap_or((&device.why, ""));
            let error = TrainError::Device {
                id: id.to_owned(),
                why: why.to_owned(),
                hint: hint.to_owned(),
            };
            Err(error.into())
        }
        // Such as the second GPU: training says whether it is there.
        None if id.starts_with("cuda:") => Ok(()),
        None => {
            let known: Vec<&str> = all.iter().map(|device| device.id.as_str()).collect();
            refuse(Report::new(
                ErrorKind::Invalid,
                format!("There is no device '{id}'"),
                format!("Use one of: {}. What is there: aloft devices", known.join(", ")),
            ))
        }
    }
}
