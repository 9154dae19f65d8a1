//! Do `aloft ls|cat|du|mb|cp|mv|sync|rm` do on a real S3 server what they say?

use aloft_tests::bucket_rig::BucketRig;
use aloft_tests::terminal::Said;

#[test]
fn a_file_goes_up_is_seen_read_and_comes_down_again() {
    let rig = BucketRig::start().unwrap();
    let content = b"a,b\n1,2\n".repeat(1000);
    let file = rig.terminal.file("table.csv", &content).unwrap();
    let up = rig.answer(&["cp", &file, "s3://data/raw/"]).unwrap();
    assert_eq!(
        (&up["files"], &up["bytes"], &up["resumed"]),
        (&1.into(), &8000.into(), &false.into())
    );
    assert_eq!(rig.keys().unwrap(), ["raw/table.csv"], "as Amazon's own tool sees it");

    let top = rig.answer(&["ls", "s3://data"]).unwrap();
    assert_eq!(top["prefixes"][0], "raw/");
    let listed = rig.answer(&["ls", "-r", "s3://data/"]).unwrap();
    assert_eq!((&listed["count"], &listed["bytes"]), (&1.into(), &8000.into()));
    assert_eq!(listed["objects"][0]["key"], "raw/table.csv");
    let used = rig.answer(&["du", "s3://data/raw/"]).unwrap();
    assert_eq!(
        (&used["places"][0]["objects"], &used["places"][0]["bytes"]),
        (&1.into(), &8000.into())
    );

    let read = Said::of(
        rig.command(&["cat", "s3://data/raw/table.csv"])
            .unwrap()
            .output()
            .unwrap(),
    )
    .unwrap();
    assert_eq!((read.code, read.stdout.as_bytes()), (Some(0), content.as_slice()));

    let back = rig.terminal.folder().join("back.csv");
    rig.answer(&["cp", "s3://data/raw/table.csv", &back.to_string_lossy()])
        .unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), content);
}

#[test]
fn a_folder_is_copied_synced_moved_and_removed() {
    let rig = BucketRig::start().unwrap();
    let folder = rig.terminal.folder().join("photos");
    std::fs::create_dir_all(folder.join("deep/er")).unwrap();
    for (name, content) in [("a.txt", "a"), ("deep/b ä.txt", "bb"), ("deep/er/c+d%20.txt", "ccc")] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let source = folder.to_string_lossy().into_owned();
    let up = rig.answer(&["cp", "-r", &source, "s3://data/x"]).unwrap();
    assert_eq!((&up["files"], &up["bytes"]), (&3.into(), &6.into()));
    let mut keys = rig.keys().unwrap();
    keys.sort();
    assert_eq!(keys, ["x/a.txt", "x/deep/b ä.txt", "x/deep/er/c+d%20.txt"]);

    let again = rig.answer(&["sync", &source, "s3://data/x"]).unwrap();
    assert_eq!(
        (&again["files"], &again["skipped"]),
        (&0.into(), &3.into()),
        "nothing changed"
    );
    std::fs::write(folder.join("a.txt"), "another").unwrap();
    std::fs::remove_file(folder.join("deep/b ä.txt")).unwrap();
    let changed = rig.answer(&["sync", "--delete", &source, "s3://data/x"]).unwrap();
    assert_eq!(changed["failed"], serde_json::json!([]));
    let mut keys = rig.keys().unwrap();
    keys.sort();
    assert_eq!(keys, ["x/a.txt", "x/deep/er/c+d%20.txt"]);

    rig.answer(&["mv", "s3://data/x/a.txt", "s3://data/y/b.txt"]).unwrap();
    let mut keys = rig.keys().unwrap();
    keys.sort();
    assert_eq!(keys, ["x/deep/er/c+d%20.txt", "y/b.txt"]);
    let read = Said::of(rig.command(&["cat", "s3://data/y/b.txt"]).unwrap().output().unwrap()).unwrap();
    assert_eq!(read.stdout, "another");

    rig.answer(&["rm", "-r", "s3://data/x/"]).unwrap();
    assert_eq!(rig.keys().unwrap(), ["y/b.txt"]);
}

#[test]
fn what_is_taken_is_kept_replaced_or_gets_another_name_as_asked() {
    let rig = BucketRig::start().unwrap();
    let file = rig.terminal.file("a.txt", "first").unwrap();
    rig.answer(&["cp", &file, "s3://data/"]).unwrap();
    let file = rig.terminal.file("a.txt", "second").unwrap();
    let skipped = rig.answer(&["cp", "--conflict", "skip", &file, "s3://data/"]).unwrap();
    assert_eq!((&skipped["files"], &skipped["skipped"]), (&0.into(), &1.into()));
    rig.answer(&["cp", "--conflict", "keep-both", &file, "s3://data/"])
        .unwrap();
    let read = |key: &str| {
        let said = Said::of(
            rig.command(&["cat", &format!("s3://data/{key}")])
                .unwrap()
                .output()
                .unwrap(),
        );
        said.unwrap().stdout
    };
    assert_eq!(
        (read("a.txt").as_str(), read("a (2).txt").as_str()),
        ("first", "second")
    );
    rig.answer(&["cp", &file, "s3://data/"]).unwrap();
    assert_eq!(read("a.txt"), "second");
}

#[test]
fn what_cannot_be_done_says_what_why_and_what_next() {
    let rig = BucketRig::start().unwrap();
    let error = rig
        .json(&["ls", "s3://no-such-bucket"])
        .unwrap()
        .refused(2, "not_found")
        .unwrap();
    assert!(
        error["message"].as_str().unwrap().contains("s3://no-such-bucket"),
        "{error}"
    );
    rig.json(&["cat", "s3://data/missing.csv"])
        .unwrap()
        .refused(2, "not_found")
        .unwrap();
    rig.json(&["cp", "missing.csv", "s3://data/"])
        .unwrap()
        .refused(2, "not_found")
        .unwrap();
    rig.json(&["ls", "ftp://data/x"])
        .unwrap()
        .refused(2, "invalid")
        .unwrap();
    rig.json(&["ls", "--connection", "nobody", "s3://data"])
        .unwrap()
        .refused(2, "not_found")
        .unwrap();

    let secret = "a-wrong-secret-that-must-not-be-seen";
    let mut command = rig.command(&["ls", "s3://data", "--json"]).unwrap();
    let said = Said::of(command.env("AWS_SECRET_ACCESS_KEY", secret).output().unwrap()).unwrap();
    said.refused(1, "unauthenticated").unwrap();
    assert!(
        !said.stdout.contains(secret) && !said.stderr.contains(secret),
        "{said:?}"
    );

    let file = rig.terminal.file("a.txt", "a").unwrap();
    let mut command = rig.command(&["cp", &file, "s3://data/", "--json"]).unwrap();
    command
        .env("AWS_ACCESS_KEY_ID", rig.server.reader_access_key())
        .env("AWS_SECRET_ACCESS_KEY", rig.server.reader_secret_key());
    let said = Said::of(command.output().unwrap()).unwrap();
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stdout.contains("permission_denied"), "{said:?}");
    assert!(rig.keys().unwrap().is_empty());
}
