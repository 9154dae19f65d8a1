//! A list that grows while it is read: pages come through a bounded channel, are counted at once
//! and put in order off the frame.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use aloft_base::Report;
use aloft_base::connection::Connection;
use aloft_cloud::{Ability, Bucket, ListRequest, Session};

use super::entry::{Entries, Entry, Kind, Order, arrange};
use crate::context::AppContext;
use crate::route::BucketPlace;
use crate::work::{Fetch, Lane, Sink, Storage, cut_short};

/// How many pages may wait for the window.
const ROOM: usize = 8;
/// How many pages a frame takes in.
const PAGES_A_FRAME: usize = 32;

/// What the thread that lists says.
#[derive(Debug)]
pub(super) enum Feed {
    Page {
        entries: Vec<Entry>,
        /// How many objects were looked at for it.
        examined: u64,
    },
    /// Objects that were deleted, and by their names the versions of the marks that say so.
    Deleted {
        entries: Vec<Entry>,
        marks: Vec<(Box<str>, String)>,
    },
    End,
    Failed(Report),
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Progress {
    Reading,
    Done,
    /// A person stopped it.
    Cancelled,
    Failed(Report),
}

/// Sums over what has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) folders: u64,
    pub(super) objects: u64,
    pub(super) deleted: u64,
    pub(super) bytes: u64,
    pub(super) examined: u64,
}

/// What the rows were made of.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    entries: usize,
    order: Order,
    filter: String,
}

/// The entries of one place, or those found below it.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) place: BucketPlace,
    /// The words that are searched for in everything below the place.
    pub(super) search: Option<String>,
    /// Whether it lists also what was deleted.
    pub(super) shows_deleted: bool,
    /// The versions of the marks that say that an object was deleted, by its name.
    pub(super) marks: BTreeMap<Box<str>, String>,
    pub(super) entries: Entries,
    pub(super) totals: Totals,
    pub(super) progress: Progress,
    /// Whether the provider tells storage classes, or regions of buckets.
    pub(super) tells_class: bool,
    feed: Option<Receiver<Feed>>,
    rows: Fetch<Vec<u32>>,
    asked: Option<Asked>,
    /// Grows whenever the rows changed.
    pub(super) version: u64,
}

impl Listing {
    /// Begins to list a place. Nothing when the workers are too busy: ask again.
    pub(super) fn start(
        ctx: &AppContext<'_>,
        connection: &Connection,
        place: &BucketPlace,
        search: Option<&str>,
        shows_deleted: bool,
    ) -> Option<Self> {
        let (at, words, known) = (
            place.clone(),
            search.map(str::to_lowercase),
            connection.spec.buckets.clone(),
        );
        let feed = ctx
            .work
            .stream_remote(connection, ROOM, move |session, storage, sink| {
                let told = storage.and_then(|storage| {
                    let listed = if at.bucket.is_empty() {
                        buckets(session, &storage, known, sink)
                    } else {
                        let with_deleted = shows_deleted && words.is_none() && storage.can(Ability::Versions);
                        objects(session, &storage, &at, words.as_deref(), sink).and_then(|()| {
                            if with_deleted {
                                deleted(session, &storage, &at, sink)?;
                            }
                            Ok(())
                        })
                    };
                    listed.map_err(|error| Report::of(&error))
                });
                // Nobody waits any more when the place was left.
                sink.send(match told {
                    Ok(()) => Feed::End,
                    Err(report) => Feed::Failed(report),
                });
            })?;
        Some(Self {
            place: place.clone(),
            search: search.map(str::to_owned),
            shows_deleted,
            marks: BTreeMap::new(),
            entries: Entries::default(),
            totals: Totals::default(),
            progress: Progress::Reading,
            tells_class: false,
            feed: Some(feed),
            rows: Fetch::Idle,
            asked: None,
            version: 0,
        })
    }

    /// The positions of the entries to show, in order.
    pub(super) fn rows(&self) -> &[u32] {
        self.rows.value().map_or(&[], Vec::as_slice)
    }

    /// Whether there is something to show, or it is known that there is nothing.
    pub(super) fn is_presentable(&self) -> bool {
        match self.progress {
            Progress::Reading => !self.rows().is_empty(),
            _ => self.rows.value().is_some() || self.entries.len() == 0,
        }
    }

    pub(super) fn is_reading(&self) -> bool {
        self.progress == Progress::Reading
    }

    /// Stops reading; what has come stays.
    pub(super) fn cancel(&mut self) {
        if self.is_reading() {
            self.progress = Progress::Cancelled;
            self.feed = None;
        }
    }

    /// Takes in what came and has it put in order.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, order: Order, filter: &str) {
        self.take_in(ctx);
        if self.rows.poll() {
            self.version += 1;
        }
        let asked = Asked {
            entries: self.entries.len(),
            order,
            filter: filter.to_owned(),
        };
        let grown = self.asked.as_ref().is_none_or(|before| {
            let same = before.order == asked.order && before.filter == asked.filter;
            // While it grows the whole is put in order again when it is a fifth larger, so that the work
            // is in proportion to the list.
            !same
                || before.entries != asked.entries
                    && (!self.is_reading() || asked.entries > before.entries + before.entries / 5)
        });
        if !grown || self.rows.is_pending() || asked.entries == 0 {
            return;
        }
        let entries = self.entries.clone();
        let words = asked.filter.clone();
        ctx.work.fetch_with(Lane::Sorting, &mut self.rows, move |_| {
            Ok(arrange(&entries, order, &words))
        });
        if self.rows.is_pending() {
            self.asked = Some(asked);
        }
    }

    fn take_in(&mut self, ctx: &AppContext<'_>) {
        for nth in 0..=PAGES_A_FRAME {
            let Some(feed) = &self.feed else { return };
            if nth == PAGES_A_FRAME {
                ctx.work.waker().wake_by_ref();
                return;
            }
            let said = match feed.try_recv() {
                Ok(said) => said,
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => Feed::Failed(cut_short()),
            };
            match said {
                Feed::Page { entries, examined } => {
                    for entry in &entries {
                        match entry.kind {
                            Kind::Object => self.totals.objects += 1,
                            Kind::Bucket | Kind::Folder => self.totals.folders += 1,
                            Kind::Deleted => self.totals.deleted += 1,
                        }
                        self.totals.bytes += entry.bytes;
                        self.tells_class |= !entry.class.is_empty();
                    }
                    self.totals.examined += examined;
                    self.entries.push(entries);
                }
                Feed::Deleted { entries, marks } => {
                    self.totals.deleted += entries.len() as u64;
                    self.marks.extend(marks);
                    self.entries.push(entries);
                }
                Feed::End => self.finish(Progress::Done),
                Feed::Failed(report) => self.finish(Progress::Failed(report)),
            }
        }
    }

    fn finish(&mut self, progress: Progress) {
        self.progress = progress;
        self.feed = None;
        self.version += 1;
    }
}

/// Lists the buckets; where that is not allowed, those that the connection names.
fn buckets(session: &Session, storage: &Storage, known: Vec<String>, sink: &Sink<Feed>) -> aloft_cloud::Result<()> {
    let listed = if storage.can(Ability::ListBuckets) {
        session.wait(storage.buckets())
    } else {
        Err(storage.cannot(Ability::ListBuckets))
    };
    let listed = match listed {
        Err(error) if known.is_empty() => return Err(error),
        Err(_) => known
            .into_iter()
            .map(|name| Bucket {
                name,
                created_ms: None,
                region: None,
            })
            .collect(),
        Ok(listed) => listed,
    };
    sink.send(Feed::Page {
        entries: listed.iter().map(Entry::bucket).collect(),
        examined: 0,
    });
    Ok(())
}

/// Lists a prefix page by page; with words, everything below it whose name has them.
fn objects(
    session: &Session,
    storage: &Storage,
    at: &BucketPlace,
    words: Option<&str>,
    sink: &Sink<Feed>,
) -> aloft_cloud::Result<()> {
    let mut request = ListRequest {
        bucket: at.bucket.clone(),
        prefix: at.prefix.clone(),
        grouped: words.is_none(),
        ..ListRequest::default()
    };
    let mut classes: Vec<Arc<str>> = vec!["".into()];
    loop {
        let page = session.wait(storage.list(&request))?;
        let examined = (page.objects.len() + page.prefixes.len()) as u64;
        let mut entries: Vec<Entry> = page
            .prefixes
            .iter()
            .map(|key| Entry::folder(&at.prefix, key, &classes[0]))
            .collect();
        for object in &page.objects {
            if request.grouped && object.key == at.prefix && object.bytes == 0 {
                // What says that this folder is there is no news inside it.
                continue;
            }
            let entry = Entry::object(&at.prefix, object, class_of(&mut classes, &object.storage_class));
            if words.is_none_or(|words| entry.name.to_lowercase().contains(words)) {
                entries.push(entry);
            }
        }
        if !sink.send(Feed::Page { entries, examined }) {
            return Ok(());
        }
        match page.token {
            Some(token) => request.token = Some(token),
            None => return Ok(()),
        }
    }
}

/// Lists what was deleted from a place and can be brought back.
fn deleted(session: &Session, storage: &Storage, at: &BucketPlace, sink: &Sink<Feed>) -> aloft_cloud::Result<()> {
    let class: Arc<str> = "Deleted".into();
    let mut next = None;
    loop {
        let page = session.wait(storage.deleted(&at.bucket, &at.prefix, next))?;
        let entries: Vec<Entry> = page
            .marks
            .iter()
            .map(|mark| Entry::deleted(&at.prefix, mark, &class))
            .collect();
        let versions = page.marks.into_iter().map(|mark| mark.version);
        let marks = entries.iter().map(|entry| entry.name.clone()).zip(versions).collect();
        if !sink.send(Feed::Deleted { entries, marks }) || page.next.is_none() {
            return Ok(());
        }
        next = page.next;
    }
}

/// The one copy of a storage class; there are few.
fn class_of(classes: &mut Vec<Arc<str>>, class: &str) -> Arc<str> {
    if let Some(known) = classes.iter().find(|known| &***known == class) {
        return Arc::clone(known);
    }
    let class: Arc<str> = class.into();
    classes.push(Arc::clone(&class));
    class
}
