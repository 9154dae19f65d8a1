//! Parts of an object for readers that are not asynchronous.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aloft_base::Report;
use aloft_base::remote::ReadRange;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, TryStreamExt};

use crate::address::Address;
use crate::error::{CloudError, Result};
use crate::session::Session;
use crate::store::{GetOptions, Store};

/// How many ranges are read at the same time.
const AT_ONCE: usize = 8;
/// How often a body that breaks is asked for again.
const ATTEMPTS: u32 = 4;
/// How often it is looked whether reading is still wanted.
const GLANCE: Duration = Duration::from_millis(20);

/// An object that is read in parts. Every read is of the same content: when the object becomes
/// another one meanwhile, reading fails.
#[derive(Debug)]
pub struct RangeReader {
    session: Arc<Session>,
    store: Arc<dyn Store>,
    at: Address,
    bytes: u64,
    etag: String,
    /// Set when nobody wants what is read any more.
    stop: Option<Arc<AtomicBool>>,
}

impl RangeReader {
    /// Asks how large an object is, to read parts of it.
    ///
    /// # Errors
    /// When it is not there or may not be read.
    pub fn open(session: Arc<Session>, store: Arc<dyn Store>, at: Address) -> Result<Self> {
        let details = session.wait(store.details(&at, None))?;
        Ok(Self::new(session, store, at, details.bytes, details.etag))
    }

    /// Reads parts of an object whose size and `ETag` are known, as from a list.
    pub fn new(session: Arc<Session>, store: Arc<dyn Store>, at: Address, bytes: u64, etag: String) -> Self {
        Self {
            session,
            store,
            at,
            bytes,
            etag,
            stop: None,
        }
    }

    /// Ends reading when `stop` is set, also while a server is waited for: reads then fail with
    /// [`CloudError::Stopped`].
    #[must_use]
    pub fn stopped_by(mut self, stop: Arc<AtomicBool>) -> Self {
        self.stop = Some(stop);
        self
    }

    /// What the content is named by.
    pub fn etag(&self) -> &str {
        &self.etag
    }
}

impl ReadRange for RangeReader {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn read(&mut self, range: Range<u64>) -> Result<Vec<u8>, Report> {
        let read = self.read_all(std::slice::from_ref(&range))?;
        Ok(read.into_iter().next().unwrap_or_default())
    }

    fn read_all(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>, Report> {
        let (store, at, etag) = (&self.store, &self.at, self.etag.as_str());
        let work = stream::iter(ranges.to_vec())
            .map(|range| async move { read(store, at, etag, range).await.map(|bytes| bytes.to_vec()) })
            .buffered(AT_ONCE)
            .try_collect();
        let stop = self.stop.clone();
        let work = async {
            tokio::select! {
                biased;
                () = asked_to_stop(stop) => Err(CloudError::Stopped),
                done = work => done,
            }
        };
        self.session.wait(work).map_err(|error: CloudError| Report::of(&error))
    }
}

/// Waits until reading is not wanted any more; for ever where nobody can say so.
async fn asked_to_stop(stop: Option<Arc<AtomicBool>>) {
    let Some(stop) = stop else {
        return std::future::pending().await;
    };
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(GLANCE).await;
    }
}

/// Reads one range, again when its body breaks.
pub(crate) async fn read(store: &Arc<dyn Store>, at: &Address, etag: &str, range: Range<u64>) -> Result<Bytes> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    let mut attempt = 1;
    loop {
        match read_once(store, at, etag, range.clone()).await {
            Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
                attempt += 1;
            }
            done => return done,
        }
    }
}

async fn read_once(store: &Arc<dyn Store>, at: &Address, etag: &str, range: Range<u64>) -> Result<Bytes> {
    let wanted = range.end - range.start;
    let options = GetOptions {
        range: Some(range),
        if_match: (!etag.is_empty()).then(|| etag.to_owned()),
        version: None,
    };
    let mut body = store.get(at, &options).await?.body;
    let mut read = Vec::with_capacity(wanted as usize);
    while let Some(piece) = body.next().await {
        let piece = piece?;
        if read.len() as u64 + piece.len() as u64 > wanted {
            break;
        }
        read.extend_from_slice(&piece);
    }
    if read.len() as u64 == wanted {
        return Ok(read.into());
    }
    Err(CloudError::Damaged {
        on: store.url(at),
        why: format!("{} of {wanted} bytes came", read.len()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use aloft_base::ErrorKind;
    use aloft_base::connection::{Provider, SignIn, Spec};
    use aloft_base::secret::Secrets;

    use super::*;

    #[test]
    fn reading_ends_when_it_is_not_wanted_though_the_server_never_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let spec = Spec {
            endpoint: Some(format!("http://{}", listener.local_addr().unwrap())),
            region: Some("us-east-1".into()),
            sign_in: SignIn::Anonymous,
            ..Spec::new(Provider::S3Compatible)
        };
        let session = Arc::new(Session::start(1).unwrap());
        let store: Arc<dyn Store> = session
            .wait(async { crate::open::open("silent", &spec, &Secrets::new()) })
            .unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let mut reader =
            RangeReader::new(session, store, Address::new("b", "k"), 100, String::new()).stopped_by(Arc::clone(&stop));
        let reading = std::thread::Builder::new()
            .name("reading".into())
            .spawn(move || reader.read(0..10))
            .unwrap();
        // The request has arrived, and is waited for.
        let (mut request, _) = listener.accept().unwrap();
        assert!(request.read(&mut [0; 4]).unwrap() > 0);
        assert!(!reading.is_finished());
        stop.store(true, Ordering::Relaxed);
        assert_eq!(reading.join().unwrap().unwrap_err().kind, ErrorKind::Stopped);
    }
}
