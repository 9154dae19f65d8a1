//! Finds the files of an order and writes their rows, while the first of them move already.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aloft_base::transfer::{Action, NewFile, State};
use aloft_base::{ErrorKind, Report};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::conflict::{Decision, Facts, decide, matters};
use super::files::away;
use super::list::{self, Batches, Listed};
use super::naming;
use super::place::{End, name_under, path_under, text_of};
use super::shared::{AT_TARGET, Shared};
use super::there::There;
use super::walk::What;
use super::{Place, Verb};
use crate::error::{CloudError, Result};
use crate::store::ListRequest;

/// Batches that wait to be looked at.
const AHEAD: usize = 2;

/// Writes the rows of all files.
pub(super) async fn plan(shared: Arc<Shared>) -> Result<()> {
    check(&shared)?;
    let mut planner = Planner {
        names: HashSet::new(),
        unchanged: 0,
        has_gaps: false,
        shared,
    };
    for origin in 0..planner.shared.order.sources.len() {
        planner.source(origin).await?;
    }
    planner.shared.journal.finish_plan(planner.unchanged).await?;
    planner.shared.is_planned.store(true, Ordering::Release);
    planner.shared.news.notify_one();
    Ok(())
}

/// Refuses what would destroy what it copies.
fn check(shared: &Shared) -> Result<()> {
    let order = &shared.order;
    let refuse = |message: String, hint: &str| {
        Err(CloudError::Settings {
            message,
            hint: hint.to_owned(),
        })
    };
    if order.sources.is_empty() {
        return refuse("There is nothing to be moved".to_owned(), "Name a source.");
    }
    if (order.verb == Verb::Delete) != order.target.is_none() {
        return refuse(
            "A transfer needs a target, and a deletion has none".to_owned(),
            "Name a target.",
        );
    }
    if order.delete_extra && order.sources.len() != 1 {
        return refuse(
            "Only a sync of one source can delete what the source does not have".to_owned(),
            "Sync each source by itself.",
        );
    }
    let Some(Place::File(target)) = &order.target else {
        return Ok(());
    };
    for source in &order.sources {
        if let Place::File(source) = source
            && source.is_dir()
            && real(target).starts_with(real(source))
        {
            return refuse(
                format!("{} cannot be copied into itself", source.display()),
                "Choose another target.",
            );
        }
    }
    Ok(())
}

/// A path without links, also where its last parts are not there yet.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in absolute.ancestors() {
        if let Ok(found) = above.canonicalize() {
            return match absolute.strip_prefix(above) {
                Ok(rest) if rest.as_os_str().is_empty() => found,
                Ok(rest) => found.join(rest),
                Err(_) => found,
            };
        }
    }
    absolute
}

struct Planner {
    shared: Arc<Shared>,
    /// Names given out to keep both.
    names: HashSet<String>,
    unchanged: u64,
    /// Whether something of the source could not be listed; what is missing then is not extra.
    has_gaps: bool,
}

impl Planner {
    async fn source(&mut self, origin: usize) -> Result<()> {
        let mut tasks = JoinSet::new();
        let (mut batches, scope) = self.list_source(origin, &mut tasks).await?;
        let order = &self.shared.order;
        let mut there = if matters(order.verb, order.conflict) {
            self.list_target(&scope, &mut tasks)
        } else {
            None
        };
        while let Some(batch) = batches.recv().await {
            let mut files = Vec::with_capacity(batch.len());
            let batch = self.with_disk(batch, there.is_none()).await?;
            for (listed, on_disk) in batch {
                let existing = match &mut there {
                    Some(there) => self.seek(there, &listed.name).await?,
                    None => on_disk,
                };
                files.extend(self.file(origin, listed, existing).await?);
            }
            self.add(files).await?;
        }
        // What could not be listed whole must not look as if it were: nothing extra is deleted then.
        let extra = match there {
            Some(there) => there.rest().await,
            None => Vec::new(),
        };
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok(listed) => listed?,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        if self.shared.order.delete_extra && self.shared.order.verb == Verb::Sync && !self.has_gaps {
            let deletions = extra
                .into_iter()
                .filter(|listed| listed.trouble.is_none())
                .map(|listed| NewFile {
                    action: Action::Delete,
                    // Deleted where the target is, not where a source is.
                    origin: AT_TARGET,
                    source: listed.text,
                    target: String::new(),
                    bytes: 0,
                    stamp: listed.stamp,
                    state: State::Waiting,
                    error: None,
                });
            self.add(deletions.collect()).await?;
        }
        Ok(())
    }

    /// Begins to list a source. Answers what it finds, and what the names of all of it begin with.
    async fn list_source(&self, origin: usize, tasks: &mut JoinSet<Result<()>>) -> Result<(Batches, String)> {
        let order = &self.shared.order;
        let (sender, batches) = mpsc::channel(AHEAD);
        let one = async |listed: Listed| {
            let name = listed.name.clone();
            // There is room for the first.
            drop(sender.send(vec![listed]).await);
            name
        };
        let scope = match (&order.sources[origin], &self.shared.ends.sources[origin]) {
            (Place::File(path), _) => {
                let path = std::path::absolute(path).map_err(CloudError::io("find", path))?;
                let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let name = if order.into { own.clone() } else { String::new() };
                match list::look(&path) {
                    Ok(metadata) if metadata.is_dir() => {
                        let prefix = if order.into { format!("{own}/") } else { String::new() };
                        let follows_links = order.verb != Verb::Delete;
                        tasks.spawn(list::folder(path, prefix.clone(), follows_links, sender));
                        return Ok((batches, prefix));
                    }
                    Ok(metadata) => one(Listed::file(name, &path, What::File(metadata))).await,
                    Err(report) => one(Listed::file(name, &path, What::Unreadable(report))).await,
                }
            }
            (
                Place::Object {
                    scheme, bucket, key, ..
                },
                End::Store { store, .. },
            ) => {
                let above = key.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
                if order.recursive {
                    let (prefix, cut) = if order.into || key.is_empty() {
                        (key.clone(), above)
                    } else if key.ends_with('/') {
                        (key.clone(), key.len())
                    } else {
                        (format!("{key}/"), key.len() + 1)
                    };
                    let scope = prefix[cut..].to_owned();
                    let (scheme, bucket) = (scheme.clone(), bucket.clone());
                    tasks.spawn(list::prefix(Arc::clone(store), scheme, bucket, prefix, cut, sender));
                    return Ok((batches, scope));
                }
                let name = if order.into {
                    key[above..].to_owned()
                } else {
                    String::new()
                };
                let at = crate::address::Address::new(bucket, key);
                one(list::object(store, scheme, &at, name).await?).await
            }
            (Place::Object { .. }, End::Disk) => String::new(),
        };
        Ok((batches, scope))
    }

    /// Begins to list the target, where one listing is better than asking for each file.
    fn list_target(&self, scope: &str, tasks: &mut JoinSet<Result<()>>) -> Option<There> {
        let order = &self.shared.order;
        let (sender, batches) = mpsc::channel(AHEAD);
        match (order.target.as_ref()?, self.shared.ends.target.as_ref()?) {
            (Place::File(path), _) => {
                if order.verb != Verb::Sync || !path.is_dir() {
                    return None;
                }
                let folder = if scope.is_empty() {
                    path.clone()
                } else {
                    path_under(path, scope.trim_end_matches('/'))
                };
                tasks.spawn(list::folder(folder, scope.to_owned(), false, sender));
            }
            (
                Place::Object {
                    scheme, bucket, key, ..
                },
                End::Store { store, .. },
            ) => {
                let cut = if order.into || order.recursive || !scope.is_empty() || self.is_folder() {
                    joined(key, "").len()
                } else {
                    key.len()
                };
                let prefix = if cut == key.len() { key.clone() } else { joined(key, "") };
                let prefix = format!("{prefix}{scope}");
                let (scheme, bucket) = (scheme.clone(), bucket.clone());
                tasks.spawn(list::prefix(Arc::clone(store), scheme, bucket, prefix, cut, sender));
            }
            (Place::Object { .. }, End::Disk) => return None,
        }
        Some(There::new(batches, order.delete_extra))
    }

    /// What is at the target under a name.
    async fn seek(&self, there: &mut There, name: &str) -> Result<Option<Facts>> {
        let Some(Place::Object { scheme, .. }) = &self.shared.order.target else {
            return Ok(there.seek(&name_under(name)).await.0);
        };
        let (found, is_late) = there.seek(name).await;
        if let (true, None, Some(store)) = (is_late, &found, self.shared.ends.target.as_ref().and_then(End::store)) {
            let at = super::place::address_of(&self.target_text(name))?;
            let listed = list::object(store, scheme, &at, name.to_owned()).await?;
            return Ok(listed.trouble.is_none().then_some(listed.facts));
        }
        Ok(found)
    }

    fn is_folder(&self) -> bool {
        matches!(self.shared.order.sources.first(), Some(Place::File(path)) if path.is_dir())
    }

    /// What is on this machine under the name of each, where that is the target.
    async fn with_disk(&self, batch: Vec<Listed>, is_needed: bool) -> Result<Vec<(Listed, Option<Facts>)>> {
        let order = &self.shared.order;
        let Some(Place::File(target)) = &order.target else {
            return Ok(batch.into_iter().map(|listed| (listed, None)).collect());
        };
        if !is_needed || !matters(order.verb, order.conflict) {
            return Ok(batch.into_iter().map(|listed| (listed, None)).collect());
        }
        let target = target.clone();
        away(move || {
            let look = |listed: Listed| {
                let found = std::fs::metadata(on_disk(&target, &listed.name)).ok();
                let facts = found.map(|metadata| Facts {
                    bytes: metadata.len(),
                    modified_ms: super::walk::modified_ms(&metadata),
                    etag: String::new(),
                });
                (listed, facts)
            };
            Ok(batch.into_iter().map(look).collect())
        })
        .await
    }

    /// The row of a file; none when it needs none.
    async fn file(&mut self, origin: usize, listed: Listed, there: Option<Facts>) -> Result<Option<NewFile>> {
        let order = &self.shared.order;
        let mut row = NewFile {
            action: if order.verb == Verb::Delete {
                Action::Delete
            } else {
                Action::Copy
            },
            origin,
            target: self.target_text(&listed.name),
            source: listed.text,
            bytes: if order.verb == Verb::Delete {
                0
            } else {
                listed.facts.bytes
            },
            stamp: listed.stamp,
            state: State::Waiting,
            error: None,
        };
        if let Some((state, report)) = listed.trouble {
            self.has_gaps |= state == State::Failed || listed.name.ends_with('/');
            row.state = state;
            row.error = Some(report);
            return Ok(Some(row));
        }
        if order.verb == Verb::Delete {
            return Ok(Some(row));
        }
        if self.is_own_target(&row) {
            row.state = State::Skipped;
            let message = format!("{} is where it is to go already", row.source);
            row.error = Some(Report::new(ErrorKind::Conflict, message, ""));
            return Ok(Some(row));
        }
        // The mark of a folder is nothing that a file can be.
        if listed.name.ends_with('/') && matches!(order.target, Some(Place::File(_))) {
            row.state = State::Skipped;
            return Ok(Some(row));
        }
        let taken = self.names.contains(&row.target);
        let there = there.or_else(|| taken.then(Facts::default));
        match decide(order.verb, order.conflict, &listed.facts, there.as_ref()) {
            Decision::Move => {}
            Decision::Skip => row.state = State::Skipped,
            Decision::Unchanged => {
                self.unchanged += 1;
                self.shared.count.files.fetch_add(1, Ordering::Relaxed);
                self.shared.count.skipped.fetch_add(1, Ordering::Relaxed);
                return Ok(None);
            }
            Decision::Rename => row.target = self.free_name(&row.target).await?,
        }
        if order.conflict == super::Conflict::KeepBoth && row.state == State::Waiting {
            self.names.insert(row.target.clone());
        }
        Ok(Some(row))
    }

    /// Whether a file is to be copied onto itself.
    fn is_own_target(&self, row: &NewFile) -> bool {
        let ends = &self.shared.ends;
        ends.target
            .as_ref()
            .is_some_and(|target| target.is_same(&ends.sources[row.origin]))
            && (row.source == row.target
                || (matches!(ends.target, Some(End::Disk))
                    && real(Path::new(&row.source)) == real(Path::new(&row.target))))
    }

    fn target_text(&self, name: &str) -> String {
        match &self.shared.order.target {
            None => String::new(),
            Some(Place::File(path)) => on_disk(path, name).to_string_lossy().into_owned(),
            Some(Place::Object {
                scheme, bucket, key, ..
            }) => {
                let key = if name.is_empty() {
                    key.clone()
                } else {
                    joined(key, name)
                };
                text_of(scheme, bucket, &key)
            }
        }
    }

    /// A name like this one that nobody has.
    async fn free_name(&self, target: &str) -> Result<String> {
        match &self.shared.order.target {
            Some(Place::Object { bucket, scheme, .. }) => {
                let Some(store) = self.shared.ends.target.as_ref().and_then(End::store) else {
                    return Ok(target.to_owned());
                };
                let at = super::place::address_of(target)?;
                let mut taken = HashSet::new();
                let mut request = ListRequest {
                    bucket: bucket.clone(),
                    prefix: naming::numbered_prefix(&at.key),
                    ..ListRequest::default()
                };
                loop {
                    let page = store.list(&request).await?;
                    taken.extend(
                        page.objects
                            .into_iter()
                            .map(|object| text_of(scheme, bucket, &object.key)),
                    );
                    request.token = page.token;
                    if request.token.is_none() {
                        break;
                    }
                }
                Ok(naming::free(target, |name| {
                    taken.contains(name) || self.names.contains(name)
                }))
            }
            _ => Ok(naming::free(target, |name| {
                Path::new(name).exists() || self.names.contains(name)
            })),
        }
    }

    async fn add(&mut self, files: Vec<NewFile>) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let facts: Vec<_> = files.iter().map(|file| (file.state, file.bytes)).collect();
        let new = self.shared.journal.add(files).await?;
        let count = &self.shared.count;
        for ((state, bytes), _) in facts.into_iter().zip(new).filter(|(_, is_new)| *is_new) {
            count.files.fetch_add(1, Ordering::Relaxed);
            match state {
                State::Skipped => count.skipped.fetch_add(1, Ordering::Relaxed),
                State::Failed => count.failed.fetch_add(1, Ordering::Relaxed),
                State::Waiting | State::Moving | State::Done => count.bytes.fetch_add(bytes, Ordering::Relaxed),
            };
        }
        self.shared.news.notify_one();
        Ok(())
    }
}

/// Where a name is on this machine.
fn on_disk(target: &Path, name: &str) -> PathBuf {
    let target = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
    if name.is_empty() {
        target
    } else {
        path_under(&target, name)
    }
}

/// A key below another, which is a folder.
fn joined(key: &str, name: &str) -> String {
    if key.is_empty() || key.ends_with('/') {
        format!("{key}{name}")
    } else {
        format!("{key}/{name}")
    }
}
