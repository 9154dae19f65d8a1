//! A workspace with transfers in every state, written by the same calls that a job's process makes.

use std::path::{Path, PathBuf};

use aloft_base::job::{self, Claim, Kind, Progress, State};
use aloft_base::transfer::{self, Action, Mark, NewFile, Part, State as FileState};
use aloft_base::{ErrorKind, Report, Workspace};
use anyhow::Result;
use serde_json::Value;

/// Fills a workspace; the claim of the one that runs is held for as long as `claims` lives.
pub(crate) fn plant(folder: &Path, claims: &mut Vec<(Workspace, Claim)>) -> Result<PathBuf> {
    let workspace = Workspace::open(folder)?;
    ended(&workspace, "scans-2026-10.parquet", 1, State::Done, None)?;
    let refused = Report::new(
        ErrorKind::PermissionDenied,
        "Could not write s3://field-notes/raw/station-00007.parquet: this sign-in may not do that (AccessDenied)",
        "Ask who looks after the bucket for this permission, or use another connection.",
    );
    ended(
        &workspace,
        "station notes with a name that is far too long for this list and 411 more",
        412,
        State::Failed,
        Some(&refused),
    )?;
    ended(&workspace, "images", 240, State::Interrupted, None)?;
    let running = begin(&workspace, "weather stations", 10_000)?;
    let files = transfer::take(&workspace, &running.job.id, false, 4_203)?;
    let marks: Vec<(i64, Mark)> = files[..4_200].iter().map(|file| (file.id, Mark::Done)).collect();
    transfer::record(&workspace, &running.job.id, &marks)?;
    for file in &files[4_200..] {
        let begun = Mark::Begun {
            upload: Some("u1".into()),
            part_bytes: 8 << 20,
        };
        let part = Mark::Part(Part {
            number: 1,
            bytes: 8 << 20,
            tag: "t".into(),
            checksum: String::new(),
        });
        transfer::record(&workspace, &running.job.id, &[(file.id, begun), (file.id, part)])?;
    }
    running.progress(
        &workspace,
        &Progress {
            fraction: Some(0.42),
            what: "4,200 of 10,000 files, 80.3 GB of 191 GB, 412 MB/s".into(),
            eta_secs: Some(269.0),
            ..Progress::default()
        },
    )?;
    claims.push((workspace, running));
    Ok(folder.to_owned())
}

/// A transfer of so many files that has been begun.
fn begin(workspace: &Workspace, title: &str, files: usize) -> Result<Claim> {
    let job = job::create(workspace, Kind::Transfer, title, &Value::Null)?;
    let claim = job::claim(workspace, &job)?;
    transfer::start_plan(workspace, &job)?;
    let rows: Vec<NewFile> = (0..files)
        .map(|at| NewFile {
            action: Action::Copy,
            origin: 0,
            source: format!("/data/stations/station-{at:05}.parquet"),
            target: format!("s3://field-notes/raw/station-{at:05}.parquet"),
            bytes: 19_100_000 + at as u64 * 37,
            stamp: "1".into(),
            state: FileState::Waiting,
            error: None,
        })
        .collect();
    transfer::add(workspace, &job, &rows)?;
    transfer::finish_plan(workspace, &job, 0)?;
    Ok(claim)
}

/// A transfer that is over. With an error, three of its files have it.
fn ended(workspace: &Workspace, title: &str, files: usize, state: State, error: Option<&Report>) -> Result<()> {
    let claim = begin(workspace, title, files)?;
    let taken = transfer::take(workspace, &claim.job.id, false, files / 2 + 1)?;
    let marks: Vec<(i64, Mark)> = taken
        .iter()
        .enumerate()
        .map(|(at, file)| match error {
            Some(report) if at % 80 == 7 => (file.id, Mark::Failed(report.clone())),
            _ => (file.id, Mark::Done),
        })
        .collect();
    transfer::record(workspace, &claim.job.id, &marks)?;
    claim.progress(
        workspace,
        &Progress {
            fraction: Some(1.0),
            what: format!("{files} files"),
            ..Progress::default()
        },
    )?;
    if state == State::Interrupted {
        // Its process is gone without a last word.
        drop(claim);
        job::mark_interrupted(workspace)?;
        return Ok(());
    }
    Ok(claim.finish(workspace, state, error)?)
}
