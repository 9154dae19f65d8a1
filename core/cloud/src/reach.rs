//! Buckets as the place where tables lie: what is at an address, and its bytes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aloft_base::remote::{Credential, Found, Object, Reach, ReadRange, Remote, matches_pattern, pattern_folder};
use aloft_base::{Report, Workspace, connection};
use futures_util::StreamExt;
use futures_util::stream;

use crate::address::{Address, Scheme, Url};
use crate::error::{CloudError, Result};
use crate::range::{self, RangeReader};
use crate::session::Session;
use crate::store::{ListRequest, Store};

/// How many threads talk to servers.
const THREADS: usize = 2;
/// How much of an object is asked for at a time, and how often at once.
const PIECE: u64 = 8 << 20;
const AT_ONCE: usize = 4;
/// So many objects of a folder are looked at.
const MOST_OBJECTS: usize = 200_000;

/// Every bucket that the connections of a workspace and the standard environment lead to.
#[derive(Debug)]
pub struct Buckets {
    workspace: PathBuf,
    /// Started when it is first needed: most programs never talk to a bucket.
    session: Mutex<Option<Arc<Session>>>,
}

impl Buckets {
    /// Nothing is opened yet.
    pub fn new(workspace: impl Into<PathBuf>) -> Self {
        Self {
            workspace: workspace.into(),
            session: Mutex::default(),
        }
    }

    /// As [`Buckets::new`], in a session that is there already.
    pub fn in_session(workspace: impl Into<PathBuf>, session: Arc<Session>) -> Self {
        Self {
            workspace: workspace.into(),
            session: Mutex::new(Some(session)),
        }
    }

    /// The session in which it talks to servers.
    ///
    /// # Errors
    /// When its threads cannot be started.
    pub fn session(&self) -> Result<Arc<Session>> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &*session {
            return Ok(Arc::clone(session));
        }
        Ok(Arc::clone(session.insert(Arc::new(Session::start(THREADS)?))))
    }

    /// The storage that an address means, and the place in it.
    ///
    /// # Errors
    /// When it is no address, its connection is not there, or the storage cannot be opened.
    pub fn place(&self, remote: &Remote) -> Result<(Arc<Session>, Arc<dyn Store>, Url)> {
        let url = Url::parse(&remote.url)?;
        let session = self.session()?;
        let store = match &remote.connection {
            None => session.standard(url.scheme)?,
            Some(name) => {
                let workspace = Workspace::open(&self.workspace)?;
                session.store(&connection::named(&workspace, name)?)?
            }
        };
        Ok((session, store, url))
    }
}

impl Reach for Buckets {
    fn find(&self, remote: &Remote) -> Result<Found, Report> {
        let find = || {
            let (session, store, url) = self.place(remote)?;
            session.wait(find(&store, &url))
        };
        find().map_err(|error: CloudError| Report::of(&error))
    }

    fn open(&self, remote: &Remote, object: &Object) -> Result<Box<dyn ReadRange>, Report> {
        let open = || -> Result<RangeReader> {
            let (session, store, _) = self.place(remote)?;
            let at = Url::parse(&object.url)?.address;
            Ok(RangeReader::new(session, store, at, object.bytes, object.etag.clone()))
        };
        match open() {
            Ok(reader) => Ok(Box::new(reader)),
            Err(error) => Err(Report::of(&error)),
        }
    }

    fn bring(
        &self,
        remote: &Remote,
        object: &Object,
        to: &Path,
        on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), Report> {
        let mut bring = || {
            let (session, store, _) = self.place(remote)?;
            let at = Url::parse(&object.url)?.address;
            session.wait(bring(&store, &at, object, to, on))
        };
        bring().map_err(|error: CloudError| Report::of(&error))
    }

    fn credential(&self, remote: &Remote) -> Result<Credential, Report> {
        let ask = || {
            let (session, store, url) = self.place(remote)?;
            let credential = session.wait(store.scan_credential(&url.address.bucket))?;
            credential.ok_or_else(|| CloudError::SignIn {
                on: remote.url.clone(),
                why: "its connection does not sign in any more".to_owned(),
                hint: "Open it again.".to_owned(),
            })
        };
        ask().map_err(|error: CloudError| Report::of(&error))
    }

    fn copies(&self) -> PathBuf {
        self.workspace.join("cache").join("objects")
    }
}

/// What is at an address: the object of exactly this key, else what matches the pattern, else
/// what lies in the folder.
async fn find(store: &Arc<dyn Store>, url: &Url) -> Result<Found> {
    let (scheme, bucket, key) = (url.scheme, &url.address.bucket, url.address.key.as_str());
    let options = match store.scan_options(bucket).await {
        Err(CloudError::Unsupported { .. }) => vec![],
        options => options?,
    };
    let is_signed = store.scan_credential(bucket).await?.is_some();
    let mut missing = None;
    if !key.is_empty() && !key.ends_with('/') {
        match store.details(&url.address, None).await {
            Ok(details) => {
                let object = Object {
                    url: url.to_string(),
                    bytes: details.bytes,
                    etag: details.etag,
                };
                return Ok(Found {
                    objects: vec![object],
                    folder: None,
                    is_pattern: false,
                    options,
                    is_signed,
                });
            }
            Err(error) if error.is_not_found() => missing = Some(error),
            // Who may list but not ask for what is not there is told that it is forbidden.
            Err(_) if pattern_folder(key).is_some() => {}
            Err(error) => return Err(error),
        }
    }
    let pattern = pattern_folder(key);
    let prefix = match pattern {
        Some(_) => key[..key.find(['*', '?']).unwrap_or(key.len())].to_owned(),
        None if key.is_empty() || key.ends_with('/') => key.to_owned(),
        None => format!("{key}/"),
    };
    let folder = &prefix[..pattern.unwrap_or(prefix.len())];
    let mut objects = list(store, scheme, bucket, &prefix).await?;
    let start = address(scheme, bucket, "").len();
    if pattern.is_some() {
        objects.retain(|object| matches_pattern(key, &object.url[start..]));
    }
    match missing {
        Some(error) if objects.is_empty() => Err(error),
        _ => Ok(Found {
            objects,
            folder: Some(address(scheme, bucket, folder)),
            is_pattern: pattern.is_some(),
            options,
            is_signed,
        }),
    }
}

async fn list(store: &Arc<dyn Store>, scheme: Scheme, bucket: &str, prefix: &str) -> Result<Vec<Object>> {
    let mut request = ListRequest {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        ..ListRequest::default()
    };
    let mut objects = vec![];
    loop {
        let page = store.list(&request).await?;
        objects.extend(page.objects.into_iter().map(|object| Object {
            url: address(scheme, bucket, &object.key),
            bytes: object.bytes,
            etag: object.etag,
        }));
        if objects.len() > MOST_OBJECTS {
            return Err(CloudError::Settings {
                message: format!(
                    "{} holds more than {MOST_OBJECTS} objects, too many for one table",
                    address(scheme, bucket, prefix)
                ),
                hint: "Open a folder inside of it, or name the objects with a pattern.".to_owned(),
            });
        }
        match page.token {
            Some(token) => request.token = Some(token),
            None => return Ok(objects),
        }
    }
}

fn address(scheme: Scheme, bucket: &str, key: &str) -> String {
    Url {
        scheme,
        address: Address::new(bucket, key),
    }
    .to_string()
}

/// Writes an object into a file, several pieces on their way at once.
async fn bring(
    store: &Arc<dyn Store>,
    at: &Address,
    object: &Object,
    to: &Path,
    on: &mut dyn FnMut(u64) -> bool,
) -> Result<()> {
    let mut file = std::fs::File::create_new(to).map_err(CloudError::io("write", to))?;
    let ranges = (0..object.bytes.div_ceil(PIECE)).map(|piece| piece * PIECE..object.bytes.min((piece + 1) * PIECE));
    let etag = object.etag.as_str();
    let mut pieces = stream::iter(ranges)
        .map(|range| async move { range::read(store, at, etag, range).await })
        .buffered(AT_ONCE);
    let mut written = 0;
    if !on(written) {
        return Err(CloudError::Stopped);
    }
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        file.write_all(&piece).map_err(CloudError::io("write", to))?;
        written += piece.len() as u64;
        if !on(written) {
            return Err(CloudError::Stopped);
        }
    }
    file.sync_all().map_err(CloudError::io("write", to))
}
