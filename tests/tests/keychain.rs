//! Secrets of connections in a real Secret Service: kept, read, removed, and never anywhere else.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use aloft_tests::keychain::Keychain;
use aloft_tests::terminal::{Said, Terminal};
use anyhow::{Context as _, Result};
use serde_json::Value;

/// A secret that must be found nowhere but in the keychain.
const PLANTED: &str = "pl4nted/Secret+key==";

/// Runs the command line with this keychain and with something to read.
fn run(terminal: &Terminal, keychain: Option<&Keychain>, arguments: &[&str], input: &str) -> Result<Said> {
    let mut command = terminal.command(arguments)?;
    command
        .arg("--json")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("XDG_RUNTIME_DIR", terminal.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(keychain) = keychain {
        command.envs(keychain.environment());
    }
    let mut child = command.spawn()?;
    let mut pipe = child.stdin.take().context("no pipe")?;
    // A verb that reads nothing may have ended already.
    drop(pipe.write_all(input.as_bytes()));
    drop(pipe);
    Said::of(child.wait_with_output()?)
}

const ADD: [&str; 11] = [
    "connect",
    "add",
    "Lab",
    "--kind",
    "s3-compatible",
    "--endpoint",
    "http://127.0.0.1:1",
    "--access-key-id",
    "AKIALAB",
    "--bucket",
    "data",
];

fn add(terminal: &Terminal, keychain: Option<&Keychain>, secret: &str) -> Result<Said> {
    let arguments: Vec<&str> = ADD.into_iter().chain(["--secret-stdin"]).collect();
    run(terminal, keychain, &arguments, secret)
}

fn id_of(answer: &Value) -> String {
    answer["connection"]["id"].as_str().unwrap_or_default().to_owned()
}

/// Every file under a folder that holds this text.
fn holders(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holders(&path, text));
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_secret_is_in_the_keychain_and_nowhere_else_and_goes_with_its_connection() {
    let keychain = Keychain::unlocked().unwrap();
    let terminal = Terminal::open().unwrap();
    let on = Some(&keychain);
    let mut said = vec![add(&terminal, on, &format!("{PLANTED}\n")).unwrap()];
    let answer = said[0].answer().unwrap();
    assert_eq!(answer["kept"], "keychain");
    let id = id_of(&answer);
    let held = keychain.lookup(&id).unwrap().unwrap();
    let held: Value = serde_json::from_str(&held).unwrap();
    assert_eq!(held["secret_access_key"], PLANTED);

    said.push(run(&terminal, on, &["connect", "list"], "").unwrap());
    said.push(run(&terminal, on, &["connect", "test", "Lab"], "").unwrap());
    // It reads the secret, and signs with it or says that it cannot reach the server; a locked door is neither.
    let tested = said[2].object().unwrap();
    assert!(!tested.to_string().contains("keychain"), "{tested}");

    // A change without a secret keeps the one there is; a new one takes its place.
    said.push(
        run(
            &terminal,
            on,
            &["connect", "change", "Lab", "--region", "eu-north-1"],
            "",
        )
        .unwrap(),
    );
    said[3].answer().unwrap();
    assert!(keychain.lookup(&id).unwrap().unwrap().contains(PLANTED));
    let other = format!("other-{PLANTED}");
    let input = format!("{{\"secret_access_key\": \"{other}\", \"session_token\": \"token-{PLANTED}\"}}");
    said.push(run(&terminal, on, &["connect", "change", "Lab", "--secret-stdin"], &input).unwrap());
    said[4].answer().unwrap();
    let held: Value = serde_json::from_str(&keychain.lookup(&id).unwrap().unwrap()).unwrap();
    assert_eq!(held["secret_access_key"], other.as_str());
    assert_eq!(held["session_token"], format!("token-{PLANTED}"));

    // Another way to sign in needs it no more.
    let anonymous = ["connect", "change", "Lab", "--sign-in", "anonymous"];
    said.push(run(&terminal, on, &anonymous, "").unwrap());
    said[5].answer().unwrap();
    assert_eq!(keychain.lookup(&id).unwrap(), None);

    said.push(run(&terminal, on, &["connect", "remove", "Lab"], "").unwrap());
    said.push(add(&terminal, on, PLANTED).unwrap());
    let again = id_of(&said[7].answer().unwrap());
    assert!(keychain.lookup(&again).unwrap().is_some());
    said.push(run(&terminal, on, &["connect", "remove", "Lab"], "").unwrap());
    assert_eq!(said[8].answer().unwrap()["secret"], "removed");
    assert_eq!(keychain.lookup(&again).unwrap(), None);

    for said in &said {
        assert!(!format!("{said:?}").contains(PLANTED), "{said:?}");
    }
    assert_eq!(holders(terminal.folder(), PLANTED), Vec::<String>::new());
    // The keychain's own files are encrypted.
    assert_eq!(holders(keychain.folder(), PLANTED), Vec::<String>::new());
}

#[test]
fn a_locked_keychain_is_a_sentence_and_never_a_hang() {
    let keychain = Keychain::unlocked().unwrap();
    let terminal = Terminal::open().unwrap();
    let answer = add(&terminal, Some(&keychain), PLANTED).unwrap().answer().unwrap();
    keychain.lock().unwrap();
    for verb in [&["connect", "test", "Lab"][..], &["connect", "remove", "Lab"]] {
        let error = run(&terminal, Some(&keychain), verb, "")
            .unwrap()
            .refused(1, "permission_denied")
            .unwrap();
        assert!(
            error["message"].as_str().unwrap().contains("The keychain is locked"),
            "{error}"
        );
        assert!(error["hint"].as_str().unwrap().contains("Unlock it"), "{error}");
    }
    // The connection that could not lose its secret is still there, and goes when that is said.
    let list = run(&terminal, Some(&keychain), &["connect", "list"], "")
        .unwrap()
        .answer()
        .unwrap();
    assert_eq!(list["connections"][0]["id"], answer["connection"]["id"]);
    let gone = run(
        &terminal,
        Some(&keychain),
        &["connect", "remove", "Lab", "--leave-secret"],
        "",
    )
    .unwrap();
    assert_eq!(gone.answer().unwrap()["secret"], "left");
}

#[test]
fn a_keychain_that_nobody_unlocked_takes_nothing_until_it_is_open() {
    let mut keychain = Keychain::locked().unwrap();
    let terminal = Terminal::open().unwrap();
    let error = add(&terminal, Some(&keychain), PLANTED)
        .unwrap()
        .refused(1, "permission_denied")
        .unwrap();
    assert!(
        error["message"].as_str().unwrap().contains("The keychain is locked"),
        "{error}"
    );
    let list = run(&terminal, Some(&keychain), &["connect", "list"], "")
        .unwrap()
        .answer()
        .unwrap();
    assert_eq!(list["connections"], serde_json::json!([]));
    keychain.end_service().unwrap();
    keychain.serve(true).unwrap();
    add(&terminal, Some(&keychain), PLANTED).unwrap().answer().unwrap();
}

#[test]
fn without_a_keychain_secrets_are_refused_and_the_rest_works() {
    let terminal = Terminal::open().unwrap();
    let bus = Keychain::bare().unwrap();
    for keychain in [None, Some(&bus)] {
        let error = add(&terminal, keychain, PLANTED)
            .unwrap()
            .refused(2, "unsupported")
            .unwrap();
        assert!(
            error["message"].as_str().unwrap().contains("There is no keychain here"),
            "{error}"
        );
        assert!(error["hint"].as_str().unwrap().contains("GNOME Keyring"), "{error}");
    }
    assert_eq!(holders(terminal.folder(), PLANTED), Vec::<String>::new());
    let profile = ["connect", "add", "Lab", "--kind", "s3", "--profile", "lab"];
    run(&terminal, None, &profile, "").unwrap().answer().unwrap();
    let removed = run(&terminal, None, &["connect", "remove", "Lab"], "")
        .unwrap()
        .answer()
        .unwrap();
    assert_eq!(removed["secret"], "none");
}

#[test]
fn a_key_file_of_a_service_account_is_kept_whole() {
    let keychain = Keychain::unlocked().unwrap();
    let terminal = Terminal::open().unwrap();
    let key = format!(
        "{{\n  \"type\": \"service_account\",\n  \"private_key\": \"{PLANTED}{}\"\n}}\n",
        "x".repeat(3_000)
    );
    let file = terminal.file("key.json", &key).unwrap();
    let arguments = ["connect", "add", "Lake", "--kind", "gcs", "--key-file", &file];
    let answer = run(&terminal, Some(&keychain), &arguments, "")
        .unwrap()
        .answer()
        .unwrap();
    let held: Value = serde_json::from_str(&keychain.lookup(&id_of(&answer)).unwrap().unwrap()).unwrap();
    assert_eq!(held["service_account_key"], key.as_str());
    std::fs::remove_file(file).unwrap();
    assert_eq!(holders(terminal.folder(), PLANTED), Vec::<String>::new());
}
