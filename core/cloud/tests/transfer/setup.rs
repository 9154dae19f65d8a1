//! A workspace, a session, folders with files, and a server with a bucket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aloft_base::connection::{self, Connection, Provider, SignIn, Spec};
use aloft_base::random::Generator;
use aloft_base::secret::{self, Keep, Secrets};
use aloft_base::{Report, Workspace, job};
use aloft_cloud::transfer::{self, Order, Place, Steer, Summary, Totals, Verb};
use aloft_cloud::{Address, CloudError, ListRequest, Session, Store};
use aloft_rigs::SeaweedFs;

/// Buckets that one server has room for: each takes several volumes.
const BUCKETS: usize = 5;

/// A server that tests which run now share; each has a bucket of its own. The last one stops it.
pub(crate) fn seaweed() -> Arc<SeaweedFs> {
    static SERVER: Mutex<(Weak<SeaweedFs>, usize)> = Mutex::new((Weak::new(), 0));
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    server.1 += 1;
    if let Some(running) = server.0.upgrade().filter(|_| server.1 <= BUCKETS) {
        return running;
    }
    let started = Arc::new(SeaweedFs::start());
    *server = (Arc::downgrade(&started), 1);
    started
}

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) workspace: Workspace,
    pub(crate) session: Session,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path().join("workspace")).unwrap();
        Self {
            workspace,
            session: Session::start(2).unwrap(),
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Connects to the S3 server at this URL.
    pub(crate) fn connect(&self, name: &str, url: &str) -> Connection {
        connect(&self.workspace, name, url)
    }

    /// Connects to any kind of storage.
    pub(crate) fn connect_with(&self, name: &str, spec: &Spec, secrets: &Secrets) -> Connection {
        let connection = connection::add(&self.workspace, name, spec).unwrap();
        if !secrets.is_empty() {
            secret::store(&connection.id, secrets, Keep::Session).unwrap();
        }
        connection
    }

    pub(crate) fn store(&self, connection: &Connection) -> Arc<dyn Store> {
        self.session.store(connection).unwrap()
    }

    /// A new bucket on the server.
    pub(crate) fn bucket(&self, connection: &Connection, name: &str) -> Arc<dyn Store> {
        let store = self.store(connection);
        self.session.wait(store.create_bucket(name)).unwrap();
        store
    }

    /// Runs an order to its end.
    pub(crate) fn run(&self, order: &Order) -> Result<Summary, CloudError> {
        self.steer(order, &mut |_| Steer::Continue)
    }

    pub(crate) fn steer(&self, order: &Order, watch: &mut dyn FnMut(&Totals) -> Steer) -> Result<Summary, CloudError> {
        let id = transfer::create(&self.workspace, "a test", order).unwrap();
        self.go(&id, order, watch)
    }

    /// Runs a queued job.
    pub(crate) fn go(
        &self,
        id: &str,
        order: &Order,
        watch: &mut dyn FnMut(&Totals) -> Steer,
    ) -> Result<Summary, CloudError> {
        let claim = job::claim(&self.workspace, id).unwrap();
        let answer = transfer::run(&self.session, &self.workspace, &claim, order, watch);
        let (state, report) = match &answer {
            Ok(_) => (job::State::Done, None),
            Err(CloudError::Stopped) => (job::State::Stopped, None),
            Err(error) => (job::State::Failed, Some(Report::of(error))),
        };
        claim.finish(&self.workspace, state, report.as_ref()).unwrap();
        answer
    }

    /// Takes up the transfer with this order.
    pub(crate) fn again(&self, order: &Order) -> Result<Summary, CloudError> {
        let id = transfer::find_resumable(&self.workspace, order)
            .unwrap()
            .expect("a transfer to take up");
        transfer::resume(&self.workspace, &id).unwrap();
        self.go(&id, order, &mut |_| Steer::Continue)
    }

    /// Every object of a bucket and its bytes.
    pub(crate) fn objects(&self, store: &Arc<dyn Store>, bucket: &str) -> BTreeMap<String, u64> {
        let mut request = ListRequest {
            bucket: bucket.to_owned(),
            ..ListRequest::default()
        };
        let mut found = BTreeMap::new();
        loop {
            let page = self.session.wait(store.list(&request)).unwrap();
            found.extend(page.objects.into_iter().map(|object| (object.key, object.bytes)));
            request.token = page.token;
            if request.token.is_none() {
                return found;
            }
        }
    }

    /// The bytes of an object.
    pub(crate) fn read(&self, store: &Arc<dyn Store>, bucket: &str, key: &str) -> Vec<u8> {
        use futures_util::StreamExt as _;
        let at = Address::new(bucket, key);
        self.session.wait(async {
            let mut body = store.get(&at, &aloft_cloud::GetOptions::default()).await.unwrap().body;
            let mut bytes = Vec::new();
            while let Some(piece) = body.next().await {
                bytes.extend_from_slice(&piece.unwrap());
            }
            bytes
        })
    }

    pub(crate) fn pending(&self, store: &Arc<dyn Store>, bucket: &str) -> usize {
        self.session.wait(store.pending_uploads(bucket, "")).unwrap().len()
    }
}

pub(crate) fn connect(workspace: &Workspace, name: &str, url: &str) -> Connection {
    let server = seaweed_keys();
    let spec = Spec {
        sign_in: SignIn::Keys {
            access_key_id: server.0.into(),
        },
        endpoint: Some(url.to_owned()),
        region: Some("us-east-1".into()),
        ..Spec::new(Provider::S3Compatible)
    };
    let connection = connection::add(workspace, name, &spec).unwrap();
    keep_secret(&connection);
    connection
}

/// Keeps the secret of a connection in the memory of this process.
pub(crate) fn keep_secret(connection: &Connection) {
    let secrets = [("secret_access_key".to_owned(), seaweed_keys().1.to_owned().into())];
    secret::store(&connection.id, &secrets.into(), Keep::Session).unwrap();
}

/// The keys of every server of this kind.
fn seaweed_keys() -> (&'static str, &'static str) {
    (SeaweedFs::ACCESS_KEY, SeaweedFs::SECRET_KEY)
}

pub(crate) fn order(sources: Vec<Place>, target: Place) -> Order {
    Order {
        verb: Verb::Copy,
        sources,
        target: Some(target),
        recursive: true,
        into: false,
        conflict: transfer::Conflict::Replace,
        encryption: aloft_cloud::Encryption::Bucket,
        delete_extra: false,
        bytes_per_sec: None,
        parallel: None,
        then_open: false,
    }
}

pub(crate) fn file(path: impl AsRef<Path>) -> Place {
    Place::File(path.as_ref().to_owned())
}

pub(crate) fn object(connection: &Connection, bucket: &str, key: &str) -> Place {
    Place::Object {
        connection: Some(connection.id.clone()),
        scheme: connection.spec.provider.scheme().to_owned(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    }
}

/// Bytes that look like nothing, and are the same for the same seed.
pub(crate) fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut generator = Generator::new(seed);
    let mut noise: Vec<u8> = (0..bytes.div_ceil(8))
        .flat_map(|_| generator.next_u64().to_le_bytes())
        .collect();
    noise.truncate(bytes);
    noise
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Every file below a folder and what is in it.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
