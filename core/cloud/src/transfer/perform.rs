//! One file from its row to its end: as many attempts as make sense.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aloft_base::transfer::{Action, File, Mark};
use aloft_base::{ErrorKind, Explain as _, Report};

use super::shared::Shared;
use super::work::{Side, Work, is_change};
use super::{Verb, disk, download, upload};
use crate::error::{CloudError, Meaning, Result};
use crate::store::Ability;

/// How often a file is tried whose trouble may pass, since a byte of it moved last. The requests are
/// tried by themselves as well.
const ATTEMPTS: u32 = 8;
/// The same while nothing of the whole transfer has moved yet: then it is more likely a wrong address.
const FIRST_ATTEMPTS: u32 = 3;
/// The pause after the first attempt; doubled for each one after it.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often a source may change while it is copied.
const RESTARTS: u32 = 5;

/// Moves a file. Fails only with what ends the whole transfer.
pub(super) async fn perform(shared: Arc<Shared>, file: File) -> Result<()> {
    debug_assert_eq!(file.action, Action::Copy);
    let (id, source) = (file.id, file.source.clone());
    let mut work = match Work::new(&shared, file) {
        Ok(work) => work,
        Err(error) => return fail(&shared, id, &error),
    };
    match attempts(&shared, &mut work).await {
        Ok(()) => {
            shared.count.done.fetch_add(1, Ordering::Relaxed);
            shared.journal.mark(id, Mark::Done)
        }
        Err(Failure { error, is_everywhere }) if is_everywhere || ends_all(&error) => {
            // What arrived of it is kept.
            shared.journal.mark(id, Mark::Waiting)?;
            Err(error)
        }
        Err(Failure { error, .. }) => {
            // An upload that cannot be aborted now stays in the row, so that it is found again.
            let is_clean = work.abort().await.is_ok();
            work.credit(&shared, 0);
            shared.count.bytes.fetch_sub(work.file.bytes, Ordering::Relaxed);
            let error = if is_change(&error) {
                CloudError::SourceChanged { on: source }
            } else {
                error
            };
            if is_clean {
                shared.journal.mark(
                    id,
                    Mark::Restarted {
                        bytes: work.file.bytes,
                        stamp: work.file.stamp.clone(),
                    },
                )?;
            }
            fail(&shared, id, &error)
        }
    }
}

fn fail(shared: &Shared, id: i64, error: &CloudError) -> Result<()> {
    shared.count.failed.fetch_add(1, Ordering::Relaxed);
    shared.journal.mark(id, Mark::Failed(Report::of(error)))
}

/// Whether every other file would fail for the same reason.
fn ends_all(error: &CloudError) -> bool {
    match error {
        CloudError::Stopped | CloudError::Workspace(_) | CloudError::SignIn { .. } => true,
        _ => {
            matches!(error.kind(), ErrorKind::NoSpace | ErrorKind::Unauthenticated)
                || matches!(
                    error.meaning(),
                    Some(Meaning::NoBucket | Meaning::ClockSkew | Meaning::WrongRegion)
                )
        }
    }
}

/// Why a file did not move.
struct Failure {
    error: CloudError,
    /// Nothing else moved meanwhile either: it is the network or the server, and not this file.
    is_everywhere: bool,
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        Self {
            error,
            is_everywhere: false,
        }
    }
}

async fn attempts(shared: &Arc<Shared>, work: &mut Work) -> std::result::Result<(), Failure> {
    let (mut failures, mut restarts) = (0, 0);
    let traffic = || shared.count.moved.load(Ordering::Relaxed);
    let mut others = None;
    loop {
        let before = work.credited();
        let error = match once(shared, work).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let is_gone = error.meaning() == Some(Meaning::NoUpload);
        let is_damaged = matches!(error, CloudError::Damaged { .. });
        if is_change(&error) || is_gone || is_damaged {
            restarts += 1;
            if restarts > RESTARTS || (is_damaged && restarts > 2) {
                return Err(error.into());
            }
            if is_gone {
                work.file.upload = None;
            }
            work.restart(shared).await?;
            continue;
        }
        if !error.is_transient() {
            return Err(error.into());
        }
        shared.heed(&error, work.file.bytes);
        if work.credited() > before {
            (failures, others) = (0, None);
        }
        failures += 1;
        let elsewhere = traffic().saturating_sub(work.credited());
        let others = *others.get_or_insert(elsewhere);
        let most = if traffic() == 0 { FIRST_ATTEMPTS } else { ATTEMPTS };
        if failures >= most {
            return Err(Failure {
                error,
                is_everywhere: elsewhere <= others,
            });
        }
        let pause = (PAUSE * 2_u32.pow(failures.min(8))).max(error.retry_after().unwrap_or_default());
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

async fn once(shared: &Arc<Shared>, work: &mut Work) -> Result<()> {
    let is_new = work.file.attempts <= 1;
    let copied = match (work.source.clone(), work.target.clone()) {
        (Side::Disk(from), Side::Disk(to)) => disk::copy(shared, work, &from, &to).await,
        (Side::Disk(_), Side::Store { store, at }) => upload::send(shared, work, &store, &at).await,
        (Side::Store { store, at }, Side::Disk(to)) => download::fetch(shared, work, &store, &at, &to).await,
        (
            Side::Store {
                store: from,
                at: source,
            },
            Side::Store { store: to, at: target },
        ) => {
            let is_same = match (shared.source_end(work.file.origin), &shared.ends.target) {
                (Some(source), Some(target)) => source.is_same(target),
                _ => false,
            };
            if is_same && from.can(Ability::Copy) {
                upload::on_server(shared, work, &to, &source, &target).await
            } else {
                upload::send(shared, work, &to, &target).await
            }
        }
    };
    if let Err(error) = copied {
        if is_new || !was_moved(shared, work, &error).await? {
            return Err(error);
        }
        work.credit(shared, work.file.bytes);
        return Ok(());
    }
    if shared.order.verb == Verb::Move {
        if let Side::Disk(path) = &work.target {
            // From now on it is the only one.
            let path = path.clone();
            super::files::away(move || super::files::flush(&path)).await?;
        }
        delete_source(work).await?;
    }
    Ok(())
}

/// Whether a move was killed when its source was deleted and before that was written down.
async fn was_moved(shared: &Shared, work: &Work, error: &CloudError) -> Result<bool> {
    if shared.order.verb != Verb::Move || !error.is_not_found() {
        return Ok(false);
    }
    match &work.target {
        Side::Disk(path) => Ok(std::fs::metadata(path).is_ok_and(|found| found.len() == work.file.bytes)),
        Side::Store { store, at } => match store.details(at, None).await {
            Ok(details) => Ok(details.bytes == work.file.bytes),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        },
    }
}

async fn delete_source(work: &Work) -> Result<()> {
    match &work.source {
        Side::Disk(path) => super::files::remove(path),
        Side::Store { store, at } => {
            let failed = store.delete(&at.bucket, std::slice::from_ref(&at.key)).await?;
            failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
        }
    }
}

/// Deletes files that are of one storage and one bucket.
pub(super) async fn delete(shared: Arc<Shared>, files: Vec<File>) -> Result<()> {
    let Some(first) = files.first() else { return Ok(()) };
    shared.unpaused().await;
    let _pass = shared.small.pass().await;
    let end = shared.source_end(first.origin);
    let Some(super::place::End::Store { store, .. }) = end else {
        for file in files {
            match super::files::remove(file.source.as_ref()) {
                Ok(()) => done(&shared, file.id)?,
                Err(error) => fail(&shared, file.id, &error)?,
            }
        }
        return Ok(());
    };
    let bucket = super::place::address_of(&first.source)?.bucket;
    let mut keys = Vec::with_capacity(files.len());
    for file in &files {
        keys.push(super::place::address_of(&file.source)?.key);
    }
    let failed = match store.delete(&bucket, &keys).await {
        Ok(failed) => failed,
        Err(error) if ends_all(&error) => return Err(error),
        Err(error) => {
            for file in files {
                fail(&shared, file.id, &error)?;
            }
            return Ok(());
        }
    };
    let failed: std::collections::HashMap<_, _> = failed.into_iter().collect();
    for (file, key) in files.iter().zip(&keys) {
        match failed.get(key) {
            None => done(&shared, file.id)?,
            Some(error) => fail(&shared, file.id, error)?,
        }
    }
    Ok(())
}

fn done(shared: &Shared, id: i64) -> Result<()> {
    shared.count.done.fetch_add(1, Ordering::Relaxed);
    shared.journal.mark(id, Mark::Done)
}
