//! Bad days between a client and a real server.

use aloft_base::{ErrorKind, Explain as _};
use aloft_cloud::transfer::Steer;
use aloft_rigs::{Fault, FaultProxy};

use crate::setup::{Bench, file, noise, object, order, seaweed, tree, write};

const MIB: usize = 1 << 20;

/// Twenty small files and a large one.
fn planted(bench: &Bench) {
    for number in 0..20 {
        write(&bench.path(&format!("from/{number}")), &noise(number, 20_000));
    }
    write(&bench.path("from/large"), &noise(99, 40 * MIB + 5));
}

/// Uploads and downloads through a proxy with faults; everything arrives whole, and nothing is left over.
fn survives(bucket: &str, up: &[(&str, &str, Fault, usize)], down: &[(&str, &str, Fault, usize)]) {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, bucket);
    planted(&bench);
    for (method, path, fault, times) in up {
        proxy.set(method, path, *fault, *times);
    }
    let summary = bench
        .run(&order(vec![file(bench.path("from"))], object(&s3, bucket, "d/")))
        .unwrap();
    assert_eq!((summary.files, summary.failures), (21, 0), "{:?}", summary.failed);
    let sprung = proxy.sprung();
    assert!(up.is_empty() || sprung > 0, "no fault came");
    proxy.clear();
    assert_eq!(bench.pending(&store, bucket), 0);
    for (method, path, fault, times) in down {
        proxy.set(method, path, *fault, *times);
    }
    let summary = bench
        .run(&order(vec![object(&s3, bucket, "d/")], file(bench.path("to"))))
        .unwrap();
    assert_eq!((summary.files, summary.failures), (21, 0), "{:?}", summary.failed);
    assert!(down.is_empty() || proxy.sprung() > sprung, "no fault came");
    assert!(
        tree(&bench.path("to")) == tree(&bench.path("from")),
        "what came is not what went"
    );
}

#[test]
fn connections_cut_in_the_middle() {
    survives(
        "cut",
        &[
            ("PUT", "partNumber=2", Fault::CutUp(3 * MIB), 2),
            ("PUT", "/d/7", Fault::CutUp(100), 2),
        ],
        &[
            ("GET", "/d/large", Fault::CutDown(5 * MIB), 3),
            ("GET", "/d/3", Fault::CutDown(100), 2),
        ],
    );
}

#[test]
fn a_storm_of_503() {
    survives(
        "storm",
        &[("PUT", "/d/", Fault::Status(503), 12)],
        &[("GET", "/d/", Fault::Status(503), 12)],
    );
}

#[test]
fn answers_that_are_lost() {
    survives(
        "lost",
        &[
            ("POST", "/d/large?uploads", Fault::LoseAnswer, 1),
            ("PUT", "partNumber=3", Fault::LoseAnswer, 1),
            ("POST", "uploadId=", Fault::LoseAnswer, 1),
            ("PUT", "/d/5", Fault::LoseAnswer, 1),
        ],
        &[],
    );
}

#[test]
fn bytes_that_change_on_the_way() {
    survives(
        "corrupt",
        &[
            ("PUT", "/d/4", Fault::CorruptUp(1000), 1),
            ("PUT", "partNumber=1&", Fault::CorruptUp(MIB), 1),
        ],
        &[("GET", "/d/8", Fault::CorruptDown(1000), 1)],
    );
}

#[test]
fn connections_that_are_refused_and_slow() {
    survives(
        "refused",
        &[
            ("PUT", "/d/", Fault::Refuse, 6),
            ("PUT", "/d/1", Fault::Slow(40_000), 2),
        ],
        &[("GET", "/d/", Fault::Refuse, 6)],
    );
}

#[test]
fn a_file_that_never_works_fails_alone_and_leaves_nothing() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "alone");
    planted(&bench);
    proxy.set("PUT", "partNumber=2", Fault::Status(400), 1000);
    let summary = bench
        .run(&order(vec![file(bench.path("from"))], object(&s3, "alone", "")))
        .unwrap();
    assert_eq!((summary.files, summary.failures), (20, 1));
    assert!(summary.failed[0].0.ends_with("large"));
    assert_eq!(bench.pending(&store, "alone"), 0);
}

#[test]
fn a_sign_in_that_ends_meanwhile_ends_the_transfer_and_a_new_one_goes_on() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "expired");
    let bytes = noise(1, 64 * MIB);
    write(&bench.path("large"), &bytes);
    let mut up = order(vec![file(bench.path("large"))], object(&s3, "expired", "large"));
    (up.parallel, up.bytes_per_sec) = (Some(1), Some(64 << 20));
    // The rig's keys do not end: the proxy says it in the server's place.
    proxy.set("PUT", "partNumber=5", Fault::Status(403), 1000);
    let error = bench.steer(&up, &mut |_| Steer::Continue).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(error.hint().is_some());
    proxy.clear();
    let before = proxy.bytes_up();
    bench.again(&up).unwrap();
    assert!(bench.read(&store, "expired", "large") == bytes);
    let sent = proxy.bytes_up() - before;
    assert!(sent <= 5 * (8 << 20), "only the rest is sent: {sent}");
    assert_eq!(bench.pending(&store, "expired"), 0);
}

/// The server's clock is five minutes ahead of this machine's.
#[test]
fn a_clock_that_is_wrong_is_corrected_once_for_all_requests() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    bench.bucket(&s3, "clock");
    planted(&bench);
    for method in ["GET", "HEAD", "PUT", "POST"] {
        let fault = Fault::Clock {
            ahead_secs: 300,
            tells: true,
        };
        proxy.set(method, "/clock", fault, usize::MAX);
    }
    let before = proxy.requests().len();
    let up = order(vec![file(bench.path("from"))], object(&s3, "clock", "d/"));
    let summary = bench.run(&up).unwrap();
    assert_eq!((summary.files, summary.failures), (21, 0), "{:?}", summary.failed);
    // The 20 small files, six parts, and what begins and ends them; those on their way at once learn it at once.
    let asked = proxy.requests().len() - before;
    assert!(
        asked < 2 * (20 + 6 + 4),
        "{asked} requests: {:?}",
        &proxy.requests()[before..]
    );
    let down = order(vec![object(&s3, "clock", "d/")], file(bench.path("to")));
    assert_eq!(bench.run(&down).unwrap().failures, 0);
    assert!(tree(&bench.path("to")) == tree(&bench.path("from")));
}

#[test]
fn a_clock_that_cannot_be_corrected_ends_the_transfer_and_is_named() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    bench.bucket(&s3, "clock-lost");
    planted(&bench);
    let fault = Fault::Clock {
        ahead_secs: 7200,
        tells: false,
    };
    for method in ["GET", "HEAD", "PUT", "POST"] {
        proxy.set(method, "/clock-lost", fault, usize::MAX);
    }
    let up = order(vec![file(bench.path("from"))], object(&s3, "clock-lost", "d/"));
    let error = bench.run(&up).unwrap_err();
    assert!(
        error.to_string().contains("the clock of this machine differs"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("Set the clock"), "{error:?}");
}
