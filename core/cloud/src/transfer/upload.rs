//! Writes an object: in one request, or in parts that are rows once they arrived.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aloft_base::transfer::{Mark, Part};
use tokio::task::JoinSet;

use super::checksum::{etag_of_parts, hides_md5, is_md5, md5_of};
use super::download;
use super::files::away;
use super::memory::Buffer;
use super::parts::{ONE_REQUEST, count, extent, part_size};
use super::positioned;
use super::shared::{SMALL, Shared};
use super::walk;
use super::work::{Side, Work};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::store::{self, Ability, Store};

/// An upload that took longer to begin may have been begun twice: the first answer was lost.
const QUICK: Duration = Duration::from_millis(90);

/// Where the bytes of an upload come from.
#[derive(Clone)]
enum Origin {
    Disk {
        file: Arc<File>,
        path: PathBuf,
    },
    Store {
        store: Arc<dyn Store>,
        at: Address,
        etag: Option<String>,
    },
}

/// Copies a file or an object to an object.
pub(super) async fn send(shared: &Arc<Shared>, work: &mut Work, store: &Arc<dyn Store>, at: &Address) -> Result<()> {
    let limits = store.limits();
    let origin = Origin::open(work)?;
    let most = ONE_REQUEST.min(limits.put_max);
    if work.file.upload.is_none() && work.file.bytes <= most {
        return whole(shared, work, store, at, &origin).await;
    }
    in_parts(shared, work, store, at, &origin).await
}

impl Origin {
    fn open(work: &Work) -> Result<Self> {
        match &work.source {
            Side::Disk(path) => {
                let file = File::open(path).map_err(CloudError::io("read", path))?;
                let metadata = file.metadata().map_err(CloudError::io("read", path))?;
                if metadata.is_dir() {
                    let error = std::io::ErrorKind::IsADirectory.into();
                    return Err(CloudError::io("read", path)(error));
                }
                if walk::stamp(&metadata) != work.file.stamp {
                    return Err(work.changed());
                }
                Ok(Self::Disk {
                    file: Arc::new(file),
                    path: path.clone(),
                })
            }
            Side::Store { store, at } => Ok(Self::Store {
                store: Arc::clone(store),
                at: at.clone(),
                etag: work.etag(),
            }),
        }
    }

    /// Reads a piece into memory.
    async fn read(&self, shared: &Shared, bytes: u64, offset: u64, mut buffer: Buffer) -> Result<Buffer> {
        match self {
            Self::Disk { file, path } => {
                let (file, path) = (Arc::clone(file), path.clone());
                let read = move || {
                    let read = positioned::read_exact(&file, buffer.as_mut(), offset);
                    match read {
                        // It became shorter.
                        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                            Err(CloudError::SourceChanged {
                                on: path.display().to_string(),
                            })
                        }
                        read => read.map_err(CloudError::io("read", &path)).map(|()| buffer),
                    }
                };
                // A small file is read sooner than a thread is woken.
                if bytes <= SMALL { read() } else { away(read).await }
            }
            Self::Store { store, at, etag } => {
                download::into_memory(shared, store, at, etag.clone(), bytes, offset, &mut buffer).await?;
                Ok(buffer)
            }
        }
    }

    /// Makes sure that what was read is what was listed.
    fn check(&self, work: &Work) -> Result<()> {
        match self {
            Self::Disk { file, path } => {
                let is_same = |metadata: &std::fs::Metadata| walk::stamp(metadata) == work.file.stamp;
                let own = file.metadata().map_err(CloudError::io("read", path))?;
                // While a large file is read, another may take its name.
                let is_there = work.file.bytes <= SMALL || std::fs::metadata(path).is_ok_and(|found| is_same(&found));
                if is_same(&own) && is_there {
                    Ok(())
                } else {
                    Err(work.changed())
                }
            }
            // Every read said which one it wants.
            Self::Store { .. } => Ok(()),
        }
    }
}

async fn whole(
    shared: &Arc<Shared>,
    work: &mut Work,
    store: &Arc<dyn Store>,
    at: &Address,
    origin: &Origin,
) -> Result<()> {
    let bytes = work.file.bytes;
    shared.unpaused().await;
    // The pass comes first everywhere: who has memory never waits for a pass.
    let _pass = shared.gate(bytes).pass().await;
    let buffer = shared.memory.buffer(bytes as usize).await;
    let buffer = origin.read(shared, bytes, 0, buffer).await?;
    origin.check(work)?;
    let body = buffer.into_bytes();
    shared.moved(bytes).await;
    // The cap may have taken long.
    shared.unpaused().await;
    let written = store.put(at, body.clone(), &shared.put_options()).await?;
    if is_md5(&written.etag) && !md5_of(&body).eq_ignore_ascii_case(&written.etag) {
        // With a key of one's own the ETag looks like an MD5 and is none.
        let details = store.details(at, None).await?;
        if !hides_md5(&details.encryption) || details.bytes != bytes {
            return Err(CloudError::Damaged {
                on: work.file.target.clone(),
                why: "the MD5 of what was stored is another than that of what was sent".to_owned(),
            });
        }
    }
    work.credit(shared, bytes);
    Ok(())
}

async fn in_parts(
    shared: &Arc<Shared>,
    work: &mut Work,
    store: &Arc<dyn Store>,
    at: &Address,
    origin: &Origin,
) -> Result<()> {
    let limits = store.limits();
    let bytes = work.file.bytes;
    let mut was_slow = false;
    let begun = work.file.upload.clone().zip(work.file.part_bytes);
    let (upload, part_bytes, mut arrived) = if let Some((upload, part_bytes)) = begun {
        match take_up(shared, work, store, at, &upload, part_bytes, origin).await {
            Err(error) if error.meaning() == Some(Meaning::NoUpload) => {
                if is_finished(work, store, at).await? {
                    work.credit(shared, bytes);
                    return Ok(());
                }
                return Err(error);
            }
            arrived => (upload, part_bytes, arrived?),
        }
    } else {
        let part_bytes = part_size(&work.file.source, bytes, &limits)?;
        shared.unpaused().await;
        let begun = Instant::now();
        let upload = store.begin_upload(at, &shared.put_options()).await?;
        was_slow = begun.elapsed() > QUICK;
        work.file.upload = Some(upload.clone());
        work.file.part_bytes = Some(part_bytes);
        let mark = Mark::Begun {
            upload: Some(upload.clone()),
            part_bytes,
        };
        shared.journal.mark(work.file.id, mark)?;
        // Before a part is sent, its upload can be found again.
        shared.journal.sync().await?;
        (upload, part_bytes, Vec::new())
    };
    let sent = send_missing(
        shared,
        work,
        store,
        at,
        &upload,
        part_bytes,
        limits.ordered,
        &mut arrived,
        origin,
    )
    .await;
    arrived.sort_by_key(|part| part.number);
    work.credit(shared, arrived.iter().map(|part| part.bytes).sum());
    work.parts = Some(arrived.clone());
    sent?;
    origin.check(work)?;
    let parts: Vec<_> = arrived.iter().map(to_store).collect();
    match store.finish_upload(at, &upload, &parts, &shared.put_options()).await {
        // The answer to an earlier attempt may have been lost.
        Err(error) if error.meaning() == Some(Meaning::NoUpload) && is_finished(work, store, at).await? => {}
        written => drop(written?),
    }
    work.file.upload = None;
    if was_slow {
        super::recover::sweep(shared, store, at).await?;
    }
    Ok(())
}

/// What the provider has of an upload that was begun before, brought together with the journal.
async fn take_up(
    shared: &Arc<Shared>,
    work: &mut Work,
    store: &Arc<dyn Store>,
    at: &Address,
    upload: &str,
    part_bytes: u64,
    origin: &Origin,
) -> Result<Vec<Part>> {
    let known = work.known_parts(shared).await?;
    work.parts = Some(known.clone());
    let there = store.parts(at, upload).await?;
    if store.limits().ordered {
        return take_up_in_order(shared, work, store, known, &there, part_bytes, origin).await;
    }
    let mut arrived = Vec::with_capacity(there.len());
    for part in known {
        let is_there = there
            .iter()
            .any(|theirs| theirs.number == part.number && theirs.bytes == part.bytes && theirs.tag == part.tag);
        if is_there {
            arrived.push(part);
        } else {
            shared.journal.mark(work.file.id, Mark::Lost { number: part.number })?;
        }
    }
    // A part may have arrived whose answer did not, or that was not written down in time.
    for theirs in there {
        let (offset, length) = extent(theirs.number, work.file.bytes, part_bytes);
        let is_known = arrived.iter().any(|part| part.number == theirs.number);
        if is_known || length == 0 || theirs.bytes != length || !is_md5(&theirs.tag) {
            continue;
        }
        let buffer = shared.memory.buffer(length as usize).await;
        let buffer = origin.read(shared, work.file.bytes, offset, buffer).await?;
        if md5_of(buffer.as_ref()).eq_ignore_ascii_case(&theirs.tag) {
            let part = Part {
                number: theirs.number,
                bytes: theirs.bytes,
                tag: theirs.tag,
                checksum: theirs.checksum,
            };
            shared.journal.mark(work.file.id, Mark::Part(part.clone()))?;
            arrived.push(part);
        }
    }
    Ok(arrived)
}

/// The same where parts come in order: the provider tells how many bytes it has, and no parts.
async fn take_up_in_order(
    shared: &Arc<Shared>,
    work: &Work,
    store: &Arc<dyn Store>,
    known: Vec<Part>,
    there: &[store::Part],
    part_bytes: u64,
    origin: &Origin,
) -> Result<Vec<Part>> {
    let has: u64 = there.iter().map(|part| part.bytes).sum();
    let mut arrived: Vec<Part> = Vec::new();
    for number in 1..=count(work.file.bytes, part_bytes) {
        let (offset, length) = extent(number, work.file.bytes, part_bytes);
        let found = known.iter().find(|part| part.number == number);
        match found {
            found if offset + length > has => {
                if found.is_some() {
                    shared.journal.mark(work.file.id, Mark::Lost { number })?;
                }
            }
            Some(part) => arrived.push(part.clone()),
            // It arrived, and its answer did not, or it was not written down in time.
            None => {
                let buffer = shared.memory.buffer(length as usize).await;
                let buffer = origin.read(shared, work.file.bytes, offset, buffer).await?;
                let part = Part {
                    number,
                    bytes: length,
                    tag: String::new(),
                    checksum: store.part_checksum(buffer.as_ref()),
                };
                shared.journal.mark(work.file.id, Mark::Part(part.clone()))?;
                arrived.push(part);
            }
        }
    }
    if let (Some(last), Some(theirs)) = (arrived.last_mut(), there.last())
        && has >= work.file.bytes
    {
        // The last part made the object, which has a name of its own now.
        last.tag.clone_from(&theirs.tag);
    }
    Ok(arrived)
}

/// Sends the parts that have not arrived, many at once. After a failure those on their way still arrive.
#[expect(clippy::too_many_arguments, reason = "an upload is named by all of them")]
async fn send_missing(
    shared: &Arc<Shared>,
    work: &Work,
    store: &Arc<dyn Store>,
    at: &Address,
    upload: &str,
    part_bytes: u64,
    is_ordered: bool,
    arrived: &mut Vec<Part>,
    origin: &Origin,
) -> Result<()> {
    let bytes = work.file.bytes;
    let mut missing: Vec<u32> = (1..=count(bytes, part_bytes)).collect();
    missing.retain(|number| arrived.iter().all(|part| part.number != *number));
    let mut missing = missing.into_iter().peekable();
    let mut tasks: JoinSet<Result<Part>> = JoinSet::new();
    let mut failure = None;
    loop {
        let may_begin = failure.is_none() && missing.peek().is_some() && (tasks.is_empty() || !is_ordered);
        if !may_begin && tasks.is_empty() {
            break;
        }
        let pass = async {
            shared.unpaused().await;
            shared.gate(part_bytes).pass().await
        };
        tokio::select! {
            Some(ended) = tasks.join_next() => {
                match ended.map_err(|_aborted| CloudError::Stopped).and_then(|part| part) {
                    Ok(part) => {
                        shared.journal.mark(work.file.id, Mark::Part(part.clone()))?;
                        arrived.push(part);
                    }
                    Err(error) => failure = Some(error),
                }
            }
            pass = pass, if may_begin => {
                let Some(number) = missing.next() else { continue };
                let (shared, store, at, origin) = (Arc::clone(shared), Arc::clone(store), at.clone(), origin.clone());
                let upload = upload.to_owned();
                let (offset, length) = extent(number, bytes, part_bytes);
                tasks.spawn(async move {
                    let _pass = pass;
                    let buffer = shared.memory.buffer(length as usize).await;
                    let buffer = origin.read(&shared, bytes, offset, buffer).await?;
                    shared.moved(length).await;
                    shared.unpaused().await;
                    let part = store.put_part(&at, &upload, number, offset, bytes, buffer.into_bytes()).await?;
                    Ok(Part { number, bytes: length, tag: part.tag, checksum: part.checksum })
                });
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Whether an upload whose id is not known any more became the object: its `ETag` is that of our parts.
async fn is_finished(work: &Work, store: &Arc<dyn Store>, at: &Address) -> Result<bool> {
    let parts = work.parts.as_deref().unwrap_or_default();
    let Some(etag) = etag_of_parts(parts.iter().map(|part| part.tag.as_str())) else {
        return Ok(false);
    };
    match store.details(at, None).await {
        Ok(details) => Ok(details.bytes == work.file.bytes && details.etag == etag),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

fn to_store(part: &Part) -> store::Part {
    store::Part {
        number: part.number,
        bytes: part.bytes,
        tag: part.tag.clone(),
        checksum: part.checksum.clone(),
    }
}

/// Copies an object to another of the same storage, where that can do it by itself.
pub(super) async fn on_server(
    shared: &Arc<Shared>,
    work: &mut Work,
    store: &Arc<dyn Store>,
    from: &Address,
    to: &Address,
) -> Result<()> {
    debug_assert!(store.can(Ability::Copy));
    shared.unpaused().await;
    let _pass = shared.gate(work.file.bytes).pass().await;
    store.copy(from, to, work.file.bytes, &shared.put_options()).await?;
    work.credit(shared, work.file.bytes);
    Ok(())
}
