//! `aloft cp|mv|sync|rm`: each is a job, which others see and can stop, and which goes on
//! when the same words are typed again after it was cut off.

use std::path::Path;

use aloft_base::job::{self, Kind};
use aloft_cloud::transfer::{self, Order, Place, Summary, Verb};
use anyhow::Result;
use serde_json::json;

use super::place::place;
use super::whose;
use crate::arguments::buckets::{Copy, How, Remove, Sync};
use crate::context::Context;
use crate::failure::refuse;
use crate::text::{bullets, bytes, count, duration};
use crate::work;

pub(super) fn copy(context: &mut Context<'_>, wanted: &Copy, is_move: bool) -> Result<u8> {
    let connection = whose(context, &wanted.whose)?;
    let places = wanted.places.iter().map(|text| place(text, connection.as_ref()));
    let mut sources = places.collect::<Result<Vec<_>>>()?;
    // Clap asks for two at least.
    let target = sources.pop();
    let into = sources.len() > 1
        || target
            .as_ref()
            .is_some_and(|target| is_folder(target, wanted.recursive));
    let order = Order {
        verb: if is_move { Verb::Move } else { Verb::Copy },
        sources,
        target,
        recursive: wanted.recursive,
        into,
        conflict: wanted.conflict.into(),
        ..order(&wanted.how)
    };
    perform(context, &order)
}

pub(super) fn sync(context: &mut Context<'_>, wanted: &Sync) -> Result<u8> {
    let connection = whose(context, &wanted.whose)?;
    let order = Order {
        verb: Verb::Sync,
        sources: vec![place(&wanted.source, connection.as_ref())?],
        target: Some(place(&wanted.target, connection.as_ref())?),
        recursive: true,
        delete_extra: wanted.delete,
        ..order(&wanted.how)
    };
    perform(context, &order)
}

pub(super) fn remove(context: &mut Context<'_>, wanted: &Remove) -> Result<u8> {
    let connection = whose(context, &wanted.whose)?;
    let places = wanted.places.iter().map(|text| place(text, connection.as_ref()));
    let order = Order {
        verb: Verb::Delete,
        sources: places.collect::<Result<_>>()?,
        recursive: wanted.recursive,
        ..Order::default()
    };
    perform(context, &order)
}

/// Moves what was written here to a bucket.
pub(super) fn deliver(context: &mut Context<'_>, waiting: &Path, is_folder: bool, target: Place) -> Result<()> {
    let order = Order {
        verb: Verb::Move,
        sources: vec![Place::File(waiting.to_owned())],
        target: Some(target),
        recursive: is_folder,
        ..Order::default()
    };
    let job = job::create(
        &context.workspace,
        Kind::Transfer,
        &title(&order),
        &serde_json::to_value(&order)?,
    )?;
    let summary = work::transfer(context, &job)?;
    match summary.failed.into_iter().next() {
        Some((_, report)) => refuse(report),
        None => Ok(()),
    }
}

/// Whether a target means a folder that things go into. What is copied with everything under it
/// goes into such a one only where it is written with a `/` at its end: the folder that a copy
/// made before it was cut off must not change what the same words mean.
fn is_folder(place: &Place, recursive: bool) -> bool {
    match place {
        Place::File(path) => {
            path.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR) || (!recursive && path.is_dir())
        }
        Place::Object { key, .. } => key.is_empty() || key.ends_with('/'),
    }
}

fn order(how: &How) -> Order {
    Order {
        encryption: how.encryption.clone(),
        bytes_per_sec: how.limit_rate,
        parallel: how.parallel.map(usize::from),
        ..Order::default()
    }
}

/// Runs the order as a job: the one that was cut off when there is one with the same order.
fn perform(context: &mut Context<'_>, order: &Order) -> Result<u8> {
    let workspace = &context.workspace;
    let known = transfer::find_resumable(workspace, order)?;
    let job = if let Some(job) = &known {
        job::requeue(workspace, job)?;
        context.output.note("Going on with the transfer that was cut off");
        job.clone()
    } else {
        job::create(workspace, Kind::Transfer, &title(order), &serde_json::to_value(order)?)?
    };
    let summary = work::transfer(context, &job)?;
    if let ([(_, report)], 0, 0) = (&summary.failed[..], summary.files, summary.skipped) {
        // There was one thing to do, so its failure is the failure of all.
        return refuse(report.clone());
    }
    let failed: Vec<_> = summary
        .failed
        .iter()
        .map(|(file, report)| json!({ "file": file, "error": report }))
        .collect();
    let object = json!({
        "job": job,
        "resumed": known.is_some(),
        "files": summary.files,
        "bytes": summary.bytes,
        "skipped": summary.skipped,
        "failed": failed,
        "seconds": summary.seconds,
    });
    context.output.answer(&object, || words(order, &summary))?;
    Ok(u8::from(!summary.failed.is_empty()))
}

/// What a list of jobs calls it.
fn title(order: &Order) -> String {
    let name = |place: &Place| match place {
        Place::File(path) => path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        ),
        Place::Object {
            scheme, bucket, key, ..
        } => {
            let key = Path::new(key)
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            key.unwrap_or_else(|| format!("{scheme}://{bucket}"))
        }
    };
    let first = order.sources.first().map(name).unwrap_or_default();
    match order.sources.len() {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}

fn words(order: &Order, summary: &Summary) -> String {
    let did = match order.verb {
        Verb::Copy | Verb::Sync => "Copied",
        Verb::Move => "Moved",
        Verb::Delete => "Deleted",
    };
    let (files, size, time) = (count(summary.files), bytes(summary.bytes), duration(summary.seconds));
    let skipped = match summary.skipped {
        0 => String::new(),
        skipped => format!("; {} were skipped", count(skipped)),
    };
    let words = format!("{did} {files} files, {size}, in {time}{skipped}\n");
    let failed: Vec<String> = (summary.failed.iter())
        .map(|(file, report)| format!("{file}: {report}"))
        .collect();
    words + &bullets(&failed)
}
