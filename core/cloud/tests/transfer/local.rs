//! Between folders of this machine, as paths and as buckets.

use aloft_base::connection::{self, Provider, Spec};
use aloft_base::transfer::{Filter, State, files, totals};
use aloft_base::{ErrorKind, Explain as _};
use aloft_cloud::CloudError;
use aloft_cloud::transfer::{Conflict, Steer, Verb};

use crate::setup::{Bench, file, noise, object, order, tree, write};

fn planted(bench: &Bench) {
    for name in ["a.txt", "sub/b.txt", "sub/deeper/c d.txt", "ü/x"] {
        write(&bench.path("from").join(name), name.as_bytes());
    }
    write(&bench.path("from/empty"), b"");
    write(&bench.path("from/large"), &noise(1, 20 << 20));
}

#[test]
fn a_folder_is_copied_with_everything_in_it() {
    let bench = Bench::new();
    planted(&bench);
    let mut told = Vec::new();
    let summary = bench
        .steer(
            &order(vec![file(bench.path("from"))], file(bench.path("to"))),
            &mut |totals| {
                told.push(*totals);
                Steer::Continue
            },
        )
        .unwrap();
    assert_eq!((summary.files, summary.failures, summary.skipped), (6, 0, 0));
    assert_eq!(tree(&bench.path("to")), tree(&bench.path("from")));
    let last = told.last().unwrap();
    assert_eq!(
        (last.files_done, last.bytes_moved, last.planning),
        (6, summary.bytes, false)
    );
    let times = ["from/a.txt", "to/a.txt"].map(|name| bench.path(name).metadata().unwrap().modified().unwrap());
    let apart = times[0]
        .duration_since(times[1])
        .unwrap_or_else(|error| error.duration());
    assert!(apart.as_millis() < 2, "the copy has the time of its source");
}

#[test]
fn into_a_folder_a_source_keeps_its_name() {
    let bench = Bench::new();
    planted(&bench);
    let mut into = order(
        vec![file(bench.path("from")), file(bench.path("from/a.txt"))],
        file(bench.path("to")),
    );
    into.into = true;
    bench.run(&into).unwrap();
    assert_eq!(tree(&bench.path("to/from")), tree(&bench.path("from")));
    assert_eq!(std::fs::read(bench.path("to/a.txt")).unwrap(), b"a.txt");
}

#[test]
fn what_to_do_with_a_taken_name_is_respected() {
    let bench = Bench::new();
    write(&bench.path("from/r.csv"), b"new");
    write(&bench.path("to/r.csv"), b"old");
    let mut copy = order(vec![file(bench.path("from"))], file(bench.path("to")));
    copy.conflict = Conflict::Skip;
    assert_eq!(bench.run(&copy).unwrap().skipped, 1);
    assert_eq!(std::fs::read(bench.path("to/r.csv")).unwrap(), b"old");
    copy.conflict = Conflict::Newer;
    let old = std::fs::File::options()
        .write(true)
        .open(bench.path("from/r.csv"))
        .unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(bench.run(&copy).unwrap().skipped, 1);
    copy.conflict = Conflict::KeepBoth;
    for _ in 0..2 {
        bench.run(&copy).unwrap();
    }
    let names: Vec<_> = tree(&bench.path("to")).into_keys().collect();
    assert_eq!(names, ["r (2).csv", "r (3).csv", "r.csv"]);
    copy.conflict = Conflict::Replace;
    bench.run(&copy).unwrap();
    assert_eq!(std::fs::read(bench.path("to/r.csv")).unwrap(), b"new");
}

#[test]
fn a_move_leaves_nothing_and_onto_itself_destroys_nothing() {
    let bench = Bench::new();
    planted(&bench);
    let before = tree(&bench.path("from"));
    let mut moved = order(vec![file(bench.path("from"))], file(bench.path("from")));
    moved.verb = Verb::Move;
    let error = bench.run(&moved).unwrap_err();
    assert!(error.to_string().contains("into itself"), "{error}");
    let mut one = order(vec![file(bench.path("from/a.txt"))], file(bench.path("from/a.txt")));
    one.verb = Verb::Move;
    assert_eq!(bench.run(&one).unwrap().skipped, 1);
    assert_eq!(tree(&bench.path("from")), before);
    moved.target = Some(file(bench.path("to")));
    bench.run(&moved).unwrap();
    assert_eq!(tree(&bench.path("to")), before);
    assert!(!bench.path("from").exists());
}

#[test]
fn a_sync_moves_what_is_other_and_deletes_what_is_extra_only_when_asked() {
    let bench = Bench::new();
    planted(&bench);
    let mut sync = order(vec![file(bench.path("from"))], file(bench.path("to")));
    sync.verb = Verb::Sync;
    assert_eq!(bench.run(&sync).unwrap().files, 6);
    write(&bench.path("to/extra/x"), b"x");
    write(&bench.path("from/a.txt"), b"longer than before");
    let second = bench.run(&sync).unwrap();
    assert_eq!((second.files, second.skipped), (1, 5));
    assert!(bench.path("to/extra/x").exists());
    sync.delete_extra = true;
    bench.run(&sync).unwrap();
    assert_eq!(tree(&bench.path("to")), tree(&bench.path("from")));
}

#[cfg(unix)]
#[test]
fn nothing_extra_is_deleted_when_the_source_could_not_be_listed_whole() {
    let bench = Bench::new();
    write(&bench.path("from/a"), b"a");
    write(&bench.path("to/b"), b"b");
    std::os::unix::fs::symlink("/nowhere", bench.path("from/broken")).unwrap();
    let mut sync = order(vec![file(bench.path("from"))], file(bench.path("to")));
    (sync.verb, sync.delete_extra) = (Verb::Sync, true);
    let summary = bench.run(&sync).unwrap();
    assert_eq!((summary.files, summary.failures), (1, 1));
    assert!(bench.path("to/b").exists());
}

#[test]
fn what_is_not_there_fails_by_itself_and_works_when_it_came() {
    let bench = Bench::new();
    write(&bench.path("from/a"), b"a");
    let mut copy = order(
        vec![file(bench.path("gone")), file(bench.path("from/a"))],
        file(bench.path("to")),
    );
    copy.into = true;
    let id = aloft_cloud::transfer::create(&bench.workspace, "t", &copy).unwrap();
    let summary = bench.go(&id, &copy, &mut |_| Steer::Continue).unwrap();
    assert_eq!((summary.files, summary.failures), (1, 1));
    assert_eq!(summary.failed[0].1.kind, ErrorKind::NotFound);
    let failed = Filter {
        state: Some(State::Failed),
        ..Filter::default()
    };
    assert_eq!(files(&bench.workspace, &id, &failed, 0, 9).unwrap().len(), 1);
}

#[test]
fn a_stopped_copy_goes_on_and_does_nothing_twice() {
    let bench = Bench::new();
    for number in 0..40 {
        write(&bench.path(&format!("from/{number}")), &noise(number, 100_000));
    }
    let mut copy = order(vec![file(bench.path("from"))], file(bench.path("to")));
    (copy.parallel, copy.bytes_per_sec) = (Some(1), None);
    let error = bench.steer(&copy, &mut |_| Steer::Stop).err();
    if let Some(error) = error {
        assert_eq!(error.kind(), ErrorKind::Stopped);
        bench.again(&copy).unwrap();
    }
    assert_eq!(tree(&bench.path("to")), tree(&bench.path("from")));
}

#[test]
fn deleting_takes_the_files_and_their_empty_folders() {
    let bench = Bench::new();
    planted(&bench);
    let mut delete = order(vec![file(bench.path("from"))], file(bench.path("to")));
    (delete.verb, delete.target) = (Verb::Delete, None);
    assert_eq!(bench.run(&delete).unwrap().files, 6);
    assert!(!bench.path("from").exists());
}

#[test]
fn a_local_folder_as_buckets_takes_and_gives_the_same() {
    let bench = Bench::new();
    planted(&bench);
    std::fs::create_dir_all(bench.path("root/bucket")).unwrap();
    let spec = Spec {
        root: Some(bench.path("root").to_string_lossy().into_owned()),
        ..Spec::new(Provider::Local)
    };
    let local = connection::add(&bench.workspace, "Local", &spec).unwrap();
    let up = order(vec![file(bench.path("from"))], object(&local, "bucket", "data"));
    assert_eq!(bench.run(&up).unwrap().failures, 0);
    let copy = order(
        vec![object(&local, "bucket", "data/")],
        object(&local, "bucket", "copy/"),
    );
    assert_eq!(bench.run(&copy).unwrap().files, 6);
    let down = order(vec![object(&local, "bucket", "copy")], file(bench.path("to")));
    assert_eq!(bench.run(&down).unwrap().failures, 0);
    assert_eq!(tree(&bench.path("to")), tree(&bench.path("from")));
    let mut delete = order(vec![object(&local, "bucket", "data/")], file(bench.path("to")));
    (delete.verb, delete.target) = (Verb::Delete, None);
    assert_eq!(bench.run(&delete).unwrap().files, 6);
    let store = bench.store(&local);
    assert_eq!(bench.objects(&store, "bucket").len(), 6);
}

#[test]
fn an_order_that_makes_no_sense_is_refused() {
    let bench = Bench::new();
    let mut bad = order(vec![], file(bench.path("to")));
    assert!(matches!(bench.run(&bad), Err(CloudError::Settings { .. })));
    bad.sources = vec![file(bench.path("a"))];
    bad.target = None;
    assert!(matches!(bench.run(&bad), Err(CloudError::Settings { .. })));
    let jobs = aloft_base::job::list(&bench.workspace, 9).unwrap();
    assert_eq!(totals(&bench.workspace, &jobs[0].id).unwrap().files, 0);
}
