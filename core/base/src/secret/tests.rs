//! The keychain's thread, on keyring-core's own stores in memory; the real Secret Service has tests of its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use keyring_core::{CredentialStore, Error};

use super::chain::Keychain;
use super::*;
use crate::error::{ErrorKind, Explain, Report};

const LONG: Duration = Duration::from_mins(1);

fn secrets(value: &str) -> Secrets {
    [("account_key".to_owned(), Redacted::new(value.to_owned()))].into()
}

fn ready() -> State {
    State::Ready
}

fn locked() -> State {
    State::Locked
}

#[expect(clippy::unnecessary_wraps, reason = "it connects as the keychain of a system does")]
fn memory() -> keyring_core::Result<Arc<CredentialStore>> {
    static STORE: LazyLock<Arc<CredentialStore>> =
        LazyLock::new(|| keyring_core::mock::Store::new().expect("a store in memory"));
    Ok(Arc::clone(&STORE))
}

#[test]
fn what_is_kept_is_read_and_removed() {
    let chain = Keychain::start(memory, ready, LONG);
    assert_eq!(chain.read("c-kept").unwrap(), None);
    chain.store("c-kept", &secrets("hunter2")).unwrap();
    assert_eq!(chain.read("c-kept").unwrap(), Some(secrets("hunter2")));
    chain.remove("c-kept").unwrap();
    chain.remove("c-kept").unwrap();
    assert_eq!(chain.read("c-kept").unwrap(), None);
}

#[test]
fn the_first_failure_is_not_remembered() {
    static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);
    fn second_time() -> keyring_core::Result<Arc<CredentialStore>> {
        if ATTEMPTS.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(Error::PlatformFailure("no bus".into()));
        }
        memory()
    }
    let chain = Keychain::start(second_time, ready, LONG);
    let error = chain.read("c-second").unwrap_err();
    assert_eq!(error.state(), Some(State::Absent));
    let report = Report::of(&error);
    assert!(
        report.message.contains("There is no keychain here (no bus)"),
        "{report}"
    );
    assert!(!report.hint.is_empty());
    assert_eq!(chain.read("c-second").unwrap(), None);
}

/// A keychain that waits for a person, who comes when the test says so.
#[test]
fn a_locked_keychain_holds_nobody_and_what_was_given_up_is_not_done_later() {
    static IS_UNLOCKED: AtomicBool = AtomicBool::new(false);
    fn waits() -> keyring_core::Result<Arc<CredentialStore>> {
        while !IS_UNLOCKED.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        memory()
    }
    let chain = Keychain::start(waits, locked, Duration::from_millis(100));
    for _ in 0..2 {
        let error = chain.store("c-locked", &secrets("hunter2")).unwrap_err();
        assert_eq!(
            (error.state(), error.kind()),
            (Some(State::Locked), ErrorKind::PermissionDenied)
        );
        assert!(!Report::of(&error).to_string().contains("hunter2"));
    }
    IS_UNLOCKED.store(true, Ordering::SeqCst);
    let patient = |chain: &Keychain| {
        (0..1000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(5));
            chain.read("c-locked").ok()
        })
    };
    assert_eq!(patient(&chain), Some(None));
}

#[test]
fn a_keychain_that_never_answers_is_slow() {
    fn never() -> keyring_core::Result<Arc<CredentialStore>> {
        loop {
            std::thread::park();
        }
    }
    let chain = Keychain::start(never, ready, Duration::from_millis(50));
    assert_eq!(chain.read("c1").unwrap_err().state(), Some(State::Slow));
    // More than fit into the queue are refused at once.
    let answers: Vec<_> = (0..20).map(|_| chain.remove("c1").unwrap_err().state()).collect();
    assert!(answers.iter().all(|state| *state == Some(State::Slow)), "{answers:?}");
}

#[test]
fn secrets_of_the_session_reach_a_child_as_its_first_line() {
    session::put("c-child", secrets("hunter2"));
    let line = hand_over().unwrap();
    session::remove("c-child");
    let mut input = line.expose().clone();
    input.extend_from_slice(b"[1, 2]\n");
    let mut input = std::io::Cursor::new(input);
    take_over(&mut input).unwrap();
    assert_eq!(session::get("c-child"), Some(secrets("hunter2")));
    session::remove("c-child");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut input, &mut rest).unwrap();
    assert_eq!(rest, "[1, 2]\n");
    let error = take_over(&mut std::io::Cursor::new(b"hunter2\n")).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn a_connection_and_its_secrets_are_kept_as_one() {
    use crate::connection::{self, Provider, SignIn, Spec};
    let folder = tempfile::tempdir().unwrap();
    let workspace = crate::Workspace::open(folder.path()).unwrap();
    let spec = Spec {
        sign_in: SignIn::AccountKey,
        ..Spec::new(Provider::Azure)
    };
    let error = add(&workspace, "Lab", &spec, &Secrets::new(), Keep::Session).unwrap_err();
    assert_eq!(error.to_string(), "This way to sign in needs the account key");
    assert!(connection::list(&workspace).unwrap().is_empty());
    session::note("c-none");
    assert_eq!(revision("c-none"), 1);
}
