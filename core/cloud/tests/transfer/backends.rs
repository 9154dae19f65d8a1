//! The same transfers to and from every kind of storage: whole, in parts, interrupted, with faults
//! in between. What a server cannot do by its nature, or imitates wrongly, is written down here.

use std::any::Any;
use std::io::Write as _;

use aloft_base::connection::{Connection, Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_cloud::transfer::{self, Conflict, Steer, Verb};
use aloft_cloud::{Address, CloudError, GetOptions, Meaning, PutOptions};
use aloft_rigs::{Azurite, FakeGcsServer, Fault, FaultProxy, GcpStorageEmulator, SeaweedFs};

use crate::setup::{Bench, file, noise, object, order, tree, write};

const MIB: usize = 1 << 20;
/// The size of parts where nothing forces another one.
const PART: u64 = 8 << 20;

/// A storage under test, with a proxy before it.
struct Backend {
    spec: Spec,
    secrets: Secrets,
    proxy: FaultProxy,
    /// How requests that send a part are recognised: method and text of the address.
    part: (&'static str, &'static str),
    /// How the request that makes the object of its parts is; nothing where the last part does.
    finish: Option<(&'static str, &'static str)>,
    /// How a request that writes a small object of this key is.
    put: fn(&str) -> (&'static str, String),
    /// What the address of an object has.
    get: fn(&str) -> String,
    /// Whether unfinished uploads can be found.
    finds_uploads: bool,
    _rig: Box<dyn Any>,
}

fn secret(name: &str, value: &str) -> Secrets {
    [(name.to_owned(), value.to_owned().into())].into()
}

fn plain(key: &str) -> String {
    format!("/{key}")
}

fn seaweed() -> Backend {
    let rig = SeaweedFs::start();
    let proxy = FaultProxy::start(rig.port());
    Backend {
        spec: Spec {
            sign_in: SignIn::Keys {
                access_key_id: rig.access_key().to_owned(),
            },
            endpoint: Some(proxy.url()),
            region: Some("us-east-1".into()),
            ..Spec::new(Provider::S3Compatible)
        },
        secrets: secret("secret_access_key", rig.secret_key()),
        proxy,
        part: ("PUT", "partNumber="),
        finish: Some(("POST", "uploadId=")),
        put: |key| ("PUT", plain(key)),
        get: plain,
        finds_uploads: true,
        _rig: Box::new(rig),
    }
}

fn azurite() -> Backend {
    let rig = Azurite::start();
    let proxy = FaultProxy::start(rig.port());
    Backend {
        spec: Spec {
            sign_in: SignIn::AccountKey,
            endpoint: Some(format!("{}/{}", proxy.url(), rig.account())),
            account: Some(rig.account().to_owned()),
            ..Spec::new(Provider::Azure)
        },
        secrets: secret("account_key", rig.key()),
        proxy,
        part: ("PUT", "comp=block&"),
        finish: Some(("PUT", "comp=blocklist")),
        put: |key| ("PUT", plain(key)),
        get: plain,
        finds_uploads: true,
        _rig: Box::new(rig),
    }
}

fn google(port: u16, rig: impl Any) -> Backend {
    let proxy = FaultProxy::start(port);
    Backend {
        spec: Spec {
            endpoint: Some(proxy.url()),
            ..Spec::new(Provider::Gcs)
        },
        secrets: Secrets::new(),
        proxy,
        part: ("PUT", "upload_id="),
        finish: None,
        put: |key| ("POST", format!("uploadType=multipart&name={}", key.replace('/', "%2F"))),
        get: |key| format!("/o/{}?alt=media", key.replace('/', "%2F")),
        finds_uploads: false,
        _rig: Box::new(rig),
    }
}

fn gcp_storage_emulator() -> Backend {
    let rig = GcpStorageEmulator::start();
    google(rig.port(), rig)
}

/// It says nothing right about unfinished uploads, so that only what goes well is asked of it.
fn fake_gcs_server() -> Backend {
    let rig = FakeGcsServer::start();
    google(rig.port(), rig)
}

impl Backend {
    /// A workspace with a connection to it, and a bucket.
    fn bench(&self, bucket: &str) -> (Bench, Connection) {
        let bench = Bench::new();
        let connection = bench.connect_with("Backend", &self.spec, &self.secrets);
        bench.bucket(&connection, bucket);
        (bench, connection)
    }

    /// How many parts were sent.
    fn parts_sent(&self) -> usize {
        let (method, text) = self.part;
        let is_part = |request: &&String| request.starts_with(method) && request.contains(text);
        self.proxy.requests().iter().filter(is_part).count()
    }

    fn pending(&self, bench: &Bench, connection: &Connection, bucket: &str) -> usize {
        if self.finds_uploads {
            bench.pending(&bench.store(connection), bucket)
        } else {
            0
        }
    }
}

fn what_goes_up_comes_down_the_same(backend: &Backend) {
    let (bench, connection) = backend.bench("round-trip");
    for name in ["a.txt", "sub/b c.txt", "ü/ö%20", "empty"] {
        let content: &[u8] = if name == "empty" { b"" } else { name.as_bytes() };
        write(&bench.path("from").join(name), content);
    }
    write(&bench.path("from/one-request"), &noise(1, 10 * MIB));
    write(&bench.path("from/parts"), &noise(2, 40 * MIB + 7));
    let at = |key: &str| object(&connection, "round-trip", key);
    let summary = bench.run(&order(vec![file(bench.path("from"))], at("data"))).unwrap();
    assert_eq!((summary.files, summary.failures), (6, 0), "{:?}", summary.failed);
    assert_eq!(backend.pending(&bench, &connection, "round-trip"), 0);
    assert!(backend.parts_sent() >= 6, "the large file goes in parts");
    let down = backend.proxy.bytes_down();
    let summary = bench.run(&order(vec![at("data/")], at("copy/"))).unwrap();
    assert_eq!((summary.files, summary.failures), (6, 0), "{:?}", summary.failed);
    let passed = backend.proxy.bytes_down() - down;
    assert!(
        passed < MIB as u64,
        "the server copies by itself, yet {passed} bytes came"
    );
    for (from, to) in [("data/", "to"), ("copy/", "again")] {
        let summary = bench.run(&order(vec![at(from)], file(bench.path(to)))).unwrap();
        assert_eq!((summary.files, summary.failures), (6, 0), "{:?}", summary.failed);
        assert!(
            tree(&bench.path(to)) == tree(&bench.path("from")),
            "{to} is not what went"
        );
    }
    let mut moved = order(vec![at("copy/")], at("moved/"));
    moved.verb = Verb::Move;
    assert_eq!(bench.run(&moved).unwrap().files, 6);
    let mut delete = order(vec![at("data/")], at(""));
    (delete.verb, delete.target) = (Verb::Delete, None);
    assert_eq!(bench.run(&delete).unwrap().files, 6);
    let left = bench.objects(&bench.store(&connection), "round-trip");
    assert_eq!(left.len(), 6);
    assert!(left.keys().all(|key| key.starts_with("moved/")), "{left:?}");
}

fn what_to_do_with_a_taken_key_is_respected(backend: &Backend) {
    let (bench, connection) = backend.bench("taken");
    let store = bench.store(&connection);
    write(&bench.path("from/r.csv"), b"old");
    let mut copy = order(vec![file(bench.path("from"))], object(&connection, "taken", "x/"));
    bench.run(&copy).unwrap();
    write(&bench.path("from/r.csv"), b"new");
    let source = std::fs::File::options()
        .write(true)
        .open(bench.path("from/r.csv"))
        .unwrap();
    source.set_modified(std::time::UNIX_EPOCH).unwrap();
    for keeps in [Conflict::Skip, Conflict::Newer] {
        copy.conflict = keeps;
        assert_eq!(bench.run(&copy).unwrap().skipped, 1, "{keeps:?}");
        assert_eq!(bench.read(&store, "taken", "x/r.csv"), b"old");
    }
    copy.conflict = Conflict::KeepBoth;
    bench.run(&copy).unwrap();
    assert_eq!(bench.read(&store, "taken", "x/r (2).csv"), b"new");
    assert_eq!(bench.read(&store, "taken", "x/r.csv"), b"old");
    copy.conflict = Conflict::Replace;
    bench.run(&copy).unwrap();
    assert_eq!(bench.read(&store, "taken", "x/r.csv"), b"new");
    assert_eq!(bench.objects(&store, "taken").len(), 2);

    let mut sync = order(vec![file(bench.path("from"))], object(&connection, "taken", "x/"));
    (sync.verb, sync.delete_extra) = (Verb::Sync, true);
    bench.run(&sync).unwrap();
    assert_eq!(bench.objects(&store, "taken").len(), 1, "what is extra is deleted");
    assert_eq!(bench.run(&sync).unwrap().skipped, 1);
}

fn a_stopped_upload_goes_on_and_sends_only_what_was_on_its_way(backend: &Backend) {
    let (bench, connection) = backend.bench("stop");
    let proxy = &backend.proxy;
    let store = bench.store(&connection);
    let bytes = noise(4, 80 * MIB);
    write(&bench.path("large"), &bytes);
    let mut up = order(vec![file(bench.path("large"))], object(&connection, "stop", "large"));
    (up.parallel, up.bytes_per_sec) = (Some(2), Some(60 << 20));
    let before = proxy.bytes_up();
    let stopped = bench.steer(&up, &mut |_| {
        if proxy.bytes_up() - before > 24 << 20 {
            Steer::Stop
        } else {
            Steer::Continue
        }
    });
    assert!(matches!(stopped, Err(CloudError::Stopped)), "{stopped:?}");
    if backend.finds_uploads {
        assert_eq!(bench.pending(&store, "stop"), 1, "the upload is kept to go on");
    }
    assert_eq!(bench.again(&up).unwrap().files, 1);
    assert!(bench.read(&store, "stop", "large") == bytes);
    assert_eq!(backend.pending(&bench, &connection, "stop"), 0);
    let most = bytes.len() as u64 + 2 * PART + (1 << 20);
    let sent = proxy.bytes_up() - before;
    assert!(sent <= most, "{sent} of {most}");
}

fn a_stopped_download_goes_on_and_fetches_only_what_was_on_its_way(backend: &Backend) {
    let (bench, connection) = backend.bench("stop-down");
    let proxy = &backend.proxy;
    let bytes = noise(5, 80 * MIB);
    write(&bench.path("large"), &bytes);
    let at = object(&connection, "stop-down", "large");
    bench.run(&order(vec![file(bench.path("large"))], at.clone())).unwrap();
    let mut down = order(vec![at], file(bench.path("to/large")));
    (down.recursive, down.parallel, down.bytes_per_sec) = (false, Some(2), Some(60 << 20));
    let before = proxy.bytes_down();
    let stopped = bench.steer(&down, &mut |_| {
        if proxy.bytes_down() - before > 48 << 20 {
            Steer::Stop
        } else {
            Steer::Continue
        }
    });
    assert!(matches!(stopped, Err(CloudError::Stopped)), "{stopped:?}");
    assert!(bench.path("to/large.aloft-part").exists() && !bench.path("to/large").exists());
    // As after a loss of power: what was written is not there, though the journal knows it.
    let mut leftover = std::fs::File::options()
        .write(true)
        .open(bench.path("to/large.aloft-part"))
        .unwrap();
    leftover.write_all(&[0; 4096]).unwrap();
    bench.again(&down).unwrap();
    assert!(std::fs::read(bench.path("to/large")).unwrap() == bytes);
    assert!(!bench.path("to/large.aloft-part").exists());
    let most = bytes.len() as u64 + 4 * PART + (4 << 20);
    let came = proxy.bytes_down() - before;
    assert!(came <= most, "{came} of {most}");
}

fn a_source_that_changes_meanwhile_is_copied_anew(backend: &Backend) {
    let (bench, connection) = backend.bench("changed");
    let proxy = &backend.proxy;
    let store = bench.store(&connection);
    write(&bench.path("from/large"), &noise(7, 48 * MIB));
    write(&bench.path("from/other"), &noise(8, 2 * MIB));
    let mut up = order(vec![file(bench.path("from"))], object(&connection, "changed", ""));
    // Slow enough that there is something to be sent when the file changes.
    (up.bytes_per_sec, up.parallel) = (Some(12 << 20), Some(2));
    let (changed, before) = (noise(9, 48 * MIB), proxy.bytes_up());
    let mut is_changed = false;
    let summary = bench
        .steer(&up, &mut |_| {
            if !is_changed && proxy.bytes_up() - before > 10 << 20 {
                is_changed = true;
                write(&bench.path("from/large"), &changed);
            }
            Steer::Continue
        })
        .unwrap();
    assert!(is_changed);
    assert_eq!((summary.files, summary.failures), (2, 0), "{:?}", summary.failed);
    assert!(
        bench.read(&store, "changed", "large") == changed,
        "the object is what the file is now"
    );
    assert_eq!(backend.pending(&bench, &connection, "changed"), 0);

    // An object that changes while it is fetched: the file is the new one, whole.
    let mut down = order(vec![object(&connection, "changed", "large")], file(bench.path("to")));
    // Slow enough that the other content is there before the end.
    (down.recursive, down.bytes_per_sec, down.parallel) = (false, Some(12 << 20), Some(2));
    let (third, before) = (noise(10, 40 * MIB), proxy.bytes_down());
    write(&bench.path("third"), &third);
    let at = Address::new("changed", "large");
    let mut is_changed = false;
    let summary = bench
        .steer(&down, &mut |_| {
            if !is_changed && proxy.bytes_down() - before > 8 << 20 {
                is_changed = true;
                let body = third.clone().into();
                bench
                    .session
                    .wait(store.put(&at, body, &PutOptions::default()))
                    .unwrap();
            }
            Steer::Continue
        })
        .unwrap();
    assert!(is_changed);
    assert_eq!((summary.files, summary.failures), (1, 0), "{:?}", summary.failed);
    assert!(std::fs::read(bench.path("to")).unwrap() == third);
}

fn bad_days_harm_nothing(backend: &Backend) {
    let (bench, connection) = backend.bench("faults");
    let proxy = &backend.proxy;
    for number in 0..20 {
        write(&bench.path(&format!("from/{number}")), &noise(number, 20_000));
    }
    write(&bench.path("from/large"), &noise(99, 40 * MIB + 5));
    let (method, part) = backend.part;
    let put = |key: &str, fault: Fault, times: usize| {
        let (method, text) = (backend.put)(key);
        proxy.set(method, &text, fault, times);
    };
    proxy.set(method, part, Fault::CutUp(3 * MIB), 1);
    proxy.set(method, part, Fault::LoseAnswer, 1);
    proxy.set(method, part, Fault::Status(503), 2);
    proxy.set(method, part, Fault::CorruptUp(MIB), 1);
    if let Some((method, text)) = backend.finish {
        proxy.set(method, text, Fault::LoseAnswer, 1);
    }
    put("d/7", Fault::CutUp(100), 1);
    put("d/5", Fault::LoseAnswer, 1);
    put("d/4", Fault::CorruptUp(10_000), 1);
    put("d/1", Fault::Status(503), 6);
    let traps = 1 + 1 + 2 + 1 + u64::from(backend.finish.is_some()) + 3;
    let summary = bench
        .run(&order(
            vec![file(bench.path("from"))],
            object(&connection, "faults", "d/"),
        ))
        .unwrap();
    assert_eq!((summary.files, summary.failures), (21, 0), "{:?}", summary.failed);
    let sprung = proxy.sprung();
    assert!(sprung > traps, "only {sprung} faults came");
    proxy.clear();
    assert_eq!(backend.pending(&bench, &connection, "faults"), 0);
    let get = |key: &str| (backend.get)(key);
    proxy.set("GET", &get("d/large"), Fault::CutDown(5 * MIB), 3);
    proxy.set("GET", &get("d/3"), Fault::CutDown(100), 2);
    proxy.set("GET", &get("d/8"), Fault::CorruptDown(1000), 1);
    proxy.set("GET", &get("d/1"), Fault::Status(503), 6);
    let summary = bench
        .run(&order(
            vec![object(&connection, "faults", "d/")],
            file(bench.path("to")),
        ))
        .unwrap();
    assert_eq!((summary.files, summary.failures), (21, 0), "{:?}", summary.failed);
    assert!(proxy.sprung() >= sprung + 7, "{} faults came", proxy.sprung() - sprung);
    assert!(
        tree(&bench.path("to")) == tree(&bench.path("from")),
        "what came is not what went"
    );
}

fn what_is_given_up_leaves_nothing(backend: &Backend) {
    let (bench, connection) = backend.bench("discard");
    let store = bench.store(&connection);
    write(&bench.path("large"), &noise(6, 60 * MIB));
    let mut up = order(vec![file(bench.path("large"))], object(&connection, "discard", "large"));
    up.bytes_per_sec = Some(30 << 20);
    let id = transfer::create(&bench.workspace, "t", &up).unwrap();
    let before = backend.proxy.bytes_up();
    let stopped = bench.go(&id, &up, &mut |_| {
        if backend.proxy.bytes_up() - before > 10 << 20 {
            Steer::Stop
        } else {
            Steer::Continue
        }
    });
    assert!(stopped.is_err());
    transfer::discard(&bench.session, &bench.workspace, &id, &up).unwrap();
    assert_eq!(backend.pending(&bench, &connection, "discard"), 0);
    assert!(bench.objects(&store, "discard").is_empty());
    let (at, options) = (Address::new("discard", "large"), GetOptions::default());
    assert!(bench.session.wait(store.get(&at, &options)).is_err());
}

fn a_new_object_whose_answer_was_lost_is_ours(backend: &Backend) {
    let (bench, connection) = backend.bench("lost");
    let store = bench.store(&connection);
    let only_new = PutOptions {
        only_new: true,
        ..PutOptions::default()
    };
    let write = |key: &str, body: &'static [u8]| {
        let (method, text) = (backend.put)(key);
        backend.proxy.set(method, &text, Fault::LoseAnswer, 1);
        let at = Address::new("lost", key);
        let written = bench.session.wait(store.put(&at, body.into(), &only_new));
        backend.proxy.clear();
        written
    };
    let written = write("new", b"ours").unwrap();
    let at = Address::new("lost", "new");
    let details = bench.session.wait(store.details(&at, None)).unwrap();
    assert_eq!((written.etag, details.bytes), (details.etag, 4));
    let refused = write("new", b"others").unwrap_err();
    assert_eq!(refused.meaning(), Some(Meaning::Conflict), "{refused}");
    assert_eq!(bench.read(&store, "lost", "new"), b"ours");
}

/// Everything that is asked of a storage.
fn hold(backend: &Backend) {
    what_goes_up_comes_down_the_same(backend);
    what_to_do_with_a_taken_key_is_respected(backend);
    a_stopped_upload_goes_on_and_sends_only_what_was_on_its_way(backend);
    a_stopped_download_goes_on_and_fetches_only_what_was_on_its_way(backend);
    a_source_that_changes_meanwhile_is_copied_anew(backend);
    bad_days_harm_nothing(backend);
    what_is_given_up_leaves_nothing(backend);
}

#[test]
fn transfers_with_seaweedfs() {
    let backend = seaweed();
    hold(&backend);
    a_new_object_whose_answer_was_lost_is_ours(&backend);
}

#[test]
fn transfers_with_azurite() {
    let backend = azurite();
    hold(&backend);
    a_new_object_whose_answer_was_lost_is_ours(&backend);
}

#[test]
fn transfers_with_gcp_storage_emulator() {
    hold(&gcp_storage_emulator());
}

#[test]
fn transfers_with_fake_gcs_server() {
    let backend = fake_gcs_server();
    what_goes_up_comes_down_the_same(&backend);
    what_to_do_with_a_taken_key_is_respected(&backend);
    a_new_object_whose_answer_was_lost_is_ours(&backend);
}
