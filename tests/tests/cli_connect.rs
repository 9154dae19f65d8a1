//! `aloft connect` without secrets: what is remembered, what is refused, and what JSON says.

use aloft_tests::terminal::Terminal;
use serde_json::json;

fn keys(value: &serde_json::Value) -> Vec<&str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect()
}

#[test]
fn a_connection_is_added_listed_changed_and_removed() {
    let terminal = Terminal::open().unwrap();
    assert_eq!(
        terminal.answer(&["connect", "list"]).unwrap(),
        json!({ "connections": [] })
    );
    let add = [
        "connect",
        "add",
        "Lab",
        "--kind",
        "s3-compatible",
        "--endpoint",
        "http://127.0.0.1:9000",
        "--profile",
        "lab",
        "--region",
        "eu-north-1",
        "--bucket",
        "raw",
        "--bucket",
        "clean",
    ];
    let added = terminal.answer(&add).unwrap();
    assert_eq!(keys(&added), ["connection", "kept"]);
    assert_eq!(keys(&added["connection"]), ["id", "name", "spec"]);
    assert_eq!(
        added["connection"]["spec"],
        json!({
            "provider": "s3_compatible",
            "sign_in": { "way": "profile", "name": "lab" },
            "endpoint": "http://127.0.0.1:9000",
            "region": "eu-north-1",
            "path_style": true,
            "allow_http": false,
            "buckets": ["raw", "clean"],
        })
    );
    let list = terminal.answer(&["connect", "list"]).unwrap();
    assert_eq!(list, json!({ "connections": [added["connection"]] }));

    let change = [
        "connect",
        "change",
        "Lab",
        "--rename",
        "Lab 2",
        "--role-arn",
        "arn:aws:iam::1:role/read",
        "--external-id",
        "x",
    ];
    let changed = terminal.answer(&change).unwrap();
    assert_eq!(changed["connection"]["id"], added["connection"]["id"]);
    assert_eq!(changed["connection"]["name"], "Lab 2");
    let spec = &changed["connection"]["spec"];
    assert_eq!(
        spec["sign_in"],
        json!({ "way": "role", "role_arn": "arn:aws:iam::1:role/read", "external_id": "x" })
    );
    assert_eq!(spec["region"], "eu-north-1");

    let removed = terminal.answer(&["connect", "remove", "Lab 2"]).unwrap();
    assert_eq!(removed["connection"], added["connection"]["id"]);
    assert_eq!(
        terminal.answer(&["connect", "list"]).unwrap(),
        json!({ "connections": [] })
    );
}

#[test]
fn what_is_missing_is_named() {
    let terminal = Terminal::open().unwrap();
    for (arguments, words) in [
        (
            &["connect", "add", "A", "--kind", "s3-compatible"][..],
            "--endpoint URL",
        ),
        (&["connect", "add", "A", "--kind", "azure"], "--account A"),
        (&["connect", "add", "A", "--kind", "local"], "--root DIR"),
        (
            &["connect", "add", "A", "--kind", "s3", "--sign-in", "keys"],
            "--access-key-id ID",
        ),
        (
            &[
                "connect",
                "add",
                "A",
                "--kind",
                "azure",
                "--account",
                "a",
                "--sign-in",
                "sas",
            ],
            "the shared access signature",
        ),
        (&["connect", "add", "a/b", "--kind", "s3"], "a/b"),
    ] {
        let error = terminal.refused(arguments, 2, "invalid").unwrap();
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    for verb in ["test", "remove", "change"] {
        terminal.refused(&["connect", verb, "nobody"], 2, "not_found").unwrap();
    }
    terminal.answer(&["connect", "add", "Lab", "--kind", "s3"]).unwrap();
    terminal
        .refused(&["connect", "add", "Lab", "--kind", "gcs"], 1, "conflict")
        .unwrap();
}

#[test]
fn profiles_of_the_machine_are_offered() {
    let terminal = Terminal::open().unwrap();
    assert_eq!(
        terminal.answer(&["connect", "profiles"]).unwrap(),
        json!({ "profiles": [] })
    );
    std::fs::create_dir(terminal.folder().join(".aws")).unwrap();
    terminal
        .file(
            ".aws/config",
            "[profile lab]\nregion = eu-north-1\nrole_arn = arn:aws:iam::1:role/x\n",
        )
        .unwrap();
    terminal
        .file(
            ".aws/credentials",
            "[default]\naws_access_key_id = AKIA\naws_secret_access_key = hunter2\n",
        )
        .unwrap();
    let said = terminal.json(&["connect", "profiles"]).unwrap();
    assert!(!said.stdout.contains("hunter2"));
    assert_eq!(
        said.answer().unwrap(),
        json!({ "profiles": [
            { "name": "default", "how": "Access keys", "region": null },
            { "name": "lab", "how": "Role", "region": "eu-north-1" },
        ] })
    );
}
