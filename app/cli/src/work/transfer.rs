//! The job that moves data between this machine and buckets.

use aloft_base::job::{Claim, Progress, Request};
use aloft_base::log::{self, Level};
use aloft_cloud::Session;
use aloft_cloud::transfer::{self, Order, Steer, Summary, Totals};
use anyhow::Result;

use crate::context::Context;
use crate::text::{bytes, count};

/// Threads that talk to servers.
const THREADS: usize = 2;

pub(super) fn perform(context: &mut Context<'_>, claim: &Claim) -> Result<Summary> {
    let order: Order = serde_json::from_value(claim.job.spec.clone())?;
    let session = Session::start(THREADS)?;
    let workspace = &context.workspace;
    let (stop, output) = (&context.stop, &mut *context.output);
    let mut fault = None;
    let moved = transfer::run(&session, workspace, claim, &order, &mut |totals| {
        let row = progress(totals);
        output.progress(&row);
        if stop.is_asked() {
            return Steer::Stop;
        }
        let asked = claim.progress(workspace, &row).and_then(|()| claim.request(workspace));
        match asked {
            Ok(Request::Stop) => Steer::Stop,
            Ok(Request::Pause) => Steer::Pause,
            Ok(Request::None) => Steer::Continue,
            Err(error) => {
                fault = Some(error);
                Steer::Stop
            }
        }
    });
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    let summary = moved?;
    for (file, report) in &summary.failed {
        log::add(workspace, &claim.job.id, Level::Error, &format!("{file}: {report}"))?;
    }
    let words = format!("{} files, {}", count(summary.files), bytes(summary.bytes));
    log::add(workspace, &claim.job.id, Level::Info, &words)?;
    Ok(summary)
}

/// How far it is, in the words of a job's row.
fn progress(totals: &Totals) -> Progress {
    let files = if totals.files == 1 { "file" } else { "files" };
    let so_far = if totals.planning { " so far" } else { "" };
    let (done, all) = (count(totals.files_done), count(totals.files));
    let (moved, whole) = (bytes(totals.bytes_moved), bytes(totals.bytes));
    let rate = match totals.bytes_per_sec {
        rate if rate > 0.0 => format!(", {}/s", bytes(rate as u64)),
        _ => String::new(),
    };
    let what = format!("{done} of {all} {files}{so_far}, {moved} of {whole}{rate}");
    let fraction = if totals.bytes > 0 {
        totals.bytes_moved as f64 / totals.bytes as f64
    } else {
        totals.files_done as f64 / totals.files.max(1) as f64
    };
    Progress {
        // While it still counts, the whole is not known.
        fraction: (!totals.planning).then_some(fraction.clamp(0.0, 1.0)),
        what,
        eta_secs: totals.eta_secs,
        rows_per_sec: None,
        memory_bytes: None,
    }
}
