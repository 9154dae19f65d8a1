//! To and from a real S3 server.

use aloft_cloud::Address;
use aloft_cloud::transfer::{self, Conflict, Steer, Verb};
use aloft_rigs::FaultProxy;

use crate::setup::{Bench, file, noise, object, order, seaweed, tree, write};

const MIB: usize = 1 << 20;

#[test]
fn what_goes_up_comes_down_the_same() {
    let server = seaweed();
    let bench = Bench::new();
    let s3 = bench.connect("S3", &server.url());
    let store = bench.bucket(&s3, "round-trip");
    for name in ["a.txt", "sub/b c.txt", "ü/ö%20", "empty"] {
        write(
            &bench.path("from").join(name),
            if name == "empty" { b"" } else { name.as_bytes() },
        );
    }
    write(&bench.path("from/one-request"), &noise(1, 10 * MIB));
    write(&bench.path("from/parts"), &noise(2, 40 * MIB + 7));
    let up = order(vec![file(bench.path("from"))], object(&s3, "round-trip", "data"));
    let summary = bench.run(&up).unwrap();
    assert_eq!((summary.files, summary.failures), (6, 0), "{:?}", summary.failed);
    assert_eq!(bench.pending(&store, "round-trip"), 0);
    let down = order(vec![object(&s3, "round-trip", "data/")], file(bench.path("to")));
    let summary = bench.run(&down).unwrap();
    assert_eq!((summary.files, summary.failures), (6, 0), "{:?}", summary.failed);
    assert_eq!(tree(&bench.path("to")), tree(&bench.path("from")));
}

#[test]
fn a_sync_both_ways_finds_nothing_to_do_the_second_time() {
    let server = seaweed();
    let bench = Bench::new();
    let s3 = bench.connect("S3", &server.url());
    let store = bench.bucket(&s3, "sync");
    for number in 0..30 {
        write(
            &bench.path(&format!("from/d{}/{number}", number % 3)),
            &noise(number, 1000),
        );
    }
    let mut up = order(vec![file(bench.path("from"))], object(&s3, "sync", "data/"));
    (up.verb, up.delete_extra) = (Verb::Sync, true);
    assert_eq!(bench.run(&up).unwrap().files, 30);
    let again = bench.run(&up).unwrap();
    assert_eq!((again.files, again.skipped), (0, 30));
    std::fs::remove_file(bench.path("from/d0/0")).unwrap();
    bench.run(&up).unwrap();
    assert_eq!(bench.objects(&store, "sync").len(), 29);
    let mut down = order(vec![object(&s3, "sync", "data/")], file(bench.path("to")));
    (down.verb, down.delete_extra) = (Verb::Sync, true);
    write(&bench.path("to/extra"), b"x");
    assert_eq!(bench.run(&down).unwrap().files, 30, "29 down and one deleted");
    assert_eq!(tree(&bench.path("to")), tree(&bench.path("from")));
    let again = bench.run(&down).unwrap();
    assert_eq!((again.files, again.skipped), (0, 29));
}

#[test]
fn taken_keys_are_found_with_one_listing_and_kept() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "taken");
    for number in 0..20 {
        write(&bench.path(&format!("from/{number}.txt")), b"1");
    }
    let mut up = order(vec![file(bench.path("from"))], object(&s3, "taken", "x/"));
    bench.run(&up).unwrap();
    up.conflict = Conflict::Skip;
    let before = proxy.requests().len();
    assert_eq!(bench.run(&up).unwrap().skipped, 20);
    assert!(
        proxy.requests().len() - before <= 3,
        "{:?}",
        &proxy.requests()[before..]
    );
    up.conflict = Conflict::KeepBoth;
    assert_eq!(bench.run(&up).unwrap().files, 20);
    let names = bench.objects(&store, "taken");
    assert_eq!(names.len(), 40);
    assert!(names.contains_key("x/7 (2).txt"), "{names:?}");
}

#[test]
fn a_move_between_prefixes_is_done_by_the_server() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "move");
    write(&bench.path("from/a"), &noise(1, 3 * MIB));
    bench
        .run(&order(vec![file(bench.path("from"))], object(&s3, "move", "old/")))
        .unwrap();
    let (up, down) = (proxy.bytes_up(), proxy.bytes_down());
    let mut moved = order(vec![object(&s3, "move", "old/")], object(&s3, "move", "new/"));
    moved.verb = Verb::Move;
    assert_eq!(bench.run(&moved).unwrap().files, 1);
    assert!(proxy.bytes_up() - up < 10_000 && proxy.bytes_down() - down < 10_000);
    assert_eq!(bench.objects(&store, "move").into_keys().collect::<Vec<_>>(), ["new/a"]);
}

#[test]
fn between_two_storages_bytes_pass_through_here() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let one = bench.connect("One", &server.url());
    let two = bench.connect("Two", &proxy.url());
    let store = bench.bucket(&one, "relay");
    let bytes = noise(3, 20 * MIB + 1);
    write(&bench.path("from/large"), &bytes);
    write(&bench.path("from/small"), b"small");
    bench
        .run(&order(vec![file(bench.path("from"))], object(&one, "relay", "a/")))
        .unwrap();
    let summary = bench
        .run(&order(vec![object(&one, "relay", "a/")], object(&two, "relay", "b/")))
        .unwrap();
    assert_eq!((summary.files, summary.failures), (2, 0), "{:?}", summary.failed);
    assert_eq!(bench.read(&store, "relay", "b/large"), bytes);
    assert_eq!(bench.pending(&store, "relay"), 0);
}

#[test]
fn a_stopped_upload_goes_on_and_sends_only_what_was_on_its_way() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "stop");
    let bytes = noise(4, 80 * MIB);
    write(&bench.path("large"), &bytes);
    let mut up = order(vec![file(bench.path("large"))], object(&s3, "stop", "large"));
    (up.parallel, up.bytes_per_sec) = (Some(2), Some(60 << 20));
    let error = bench.steer(&up, &mut |totals| {
        if totals.bytes_moved > 0 || proxy.bytes_up() > 24 << 20 {
            Steer::Stop
        } else {
            Steer::Continue
        }
    });
    assert!(matches!(error, Err(aloft_cloud::CloudError::Stopped)), "{error:?}");
    assert_eq!(bench.pending(&store, "stop"), 1, "the upload is kept to go on");
    assert_eq!(bench.again(&up).unwrap().files, 1);
    assert_eq!(bench.read(&store, "stop", "large"), bytes);
    assert_eq!(bench.pending(&store, "stop"), 0);
    let most = bytes.len() as u64 + 2 * (8 << 20) + (1 << 20);
    assert!(proxy.bytes_up() <= most, "{} of {most}", proxy.bytes_up());
}

#[test]
fn a_stopped_download_goes_on_and_fetches_only_what_was_on_its_way() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    bench.bucket(&s3, "stop-down");
    let bytes = noise(5, 80 * MIB);
    write(&bench.path("large"), &bytes);
    bench
        .run(&order(
            vec![file(bench.path("large"))],
            object(&s3, "stop-down", "large"),
        ))
        .unwrap();
    let mut down = order(vec![object(&s3, "stop-down", "large")], file(bench.path("to/large")));
    (down.recursive, down.parallel, down.bytes_per_sec) = (false, Some(2), Some(60 << 20));
    let before = proxy.bytes_down();
    let stopped = bench.steer(&down, &mut |_| {
        if proxy.bytes_down() - before > 24 << 20 {
            Steer::Stop
        } else {
            Steer::Continue
        }
    });
    assert!(matches!(stopped, Err(aloft_cloud::CloudError::Stopped)), "{stopped:?}");
    assert!(bench.path("to/large.aloft-part").exists() && !bench.path("to/large").exists());
    bench.again(&down).unwrap();
    assert_eq!(std::fs::read(bench.path("to/large")).unwrap(), bytes);
    assert!(!bench.path("to/large.aloft-part").exists());
    let most = bytes.len() as u64 + 2 * (8 << 20) + (4 << 20);
    assert!(
        proxy.bytes_down() - before <= most,
        "{} of {most}",
        proxy.bytes_down() - before
    );
}

#[test]
fn what_is_given_up_leaves_no_upload() {
    let server = seaweed();
    let bench = Bench::new();
    let s3 = bench.connect("S3", &server.url());
    let store = bench.bucket(&s3, "discard");
    write(&bench.path("large"), &noise(6, 60 * MIB));
    let mut up = order(vec![file(bench.path("large"))], object(&s3, "discard", "large"));
    up.bytes_per_sec = Some(20 << 20);
    let id = transfer::create(&bench.workspace, "t", &up).unwrap();
    let stopped = bench.go(&id, &up, &mut |totals| {
        if totals.files > 0 { Steer::Stop } else { Steer::Continue }
    });
    assert!(stopped.is_err());
    // Another's upload of a key that begins the same is not ours to abort.
    let other = Address::new("discard", "large-too");
    let begun = bench
        .session
        .wait(store.begin_upload(&other, &aloft_cloud::PutOptions::default()))
        .unwrap();
    transfer::discard(&bench.session, &bench.workspace, &id, &up).unwrap();
    let left = bench.session.wait(store.pending_uploads("discard", "")).unwrap();
    assert_eq!(
        left.iter().map(|upload| upload.upload.as_str()).collect::<Vec<_>>(),
        [begun]
    );
}

#[test]
fn a_source_that_changes_meanwhile_is_copied_anew_and_only_it() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "changed");
    write(&bench.path("from/large"), &noise(7, 48 * MIB));
    write(&bench.path("from/other"), &noise(8, 2 * MIB));
    let mut up = order(vec![file(bench.path("from"))], object(&s3, "changed", ""));
    (up.bytes_per_sec, up.parallel) = (Some(48 << 20), Some(2));
    let changed = noise(9, 48 * MIB);
    let mut is_changed = false;
    let summary = bench
        .steer(&up, &mut |_| {
            if !is_changed && proxy.bytes_up() > 10 << 20 {
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
    assert_eq!(bench.pending(&store, "changed"), 0);
    let others = proxy
        .requests()
        .iter()
        .filter(|request| request.starts_with("PUT /changed/other"))
        .count();
    assert_eq!(others, 1);
}

#[test]
fn a_pause_holds_everything_and_ends() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    bench.bucket(&s3, "pause");
    write(&bench.path("large"), &noise(10, 48 * MIB));
    let mut up = order(vec![file(bench.path("large"))], object(&s3, "pause", "large"));
    (up.bytes_per_sec, up.parallel) = (Some(32 << 20), Some(1));
    let mut seen = Vec::new();
    bench
        .steer(&up, &mut |_| {
            seen.push(proxy.requests().len());
            match seen.len() {
                // What was on its way may still come; later nothing does.
                2..=29 => Steer::Pause,
                _ => Steer::Continue,
            }
        })
        .unwrap();
    assert!(seen.len() >= 30, "{seen:?}");
    assert_eq!(seen[17], seen[29], "nothing is begun while it is paused: {seen:?}");
}
