//! The dialog of a connection, found by its words in a window on a real workspace. Secrets stay in the
//! session here: the keychain of whoever runs this is left alone.

use aloft_base::connection::{self, Connection, Provider, SignIn, Spec};
use aloft_base::secret::{self, Keep};
use aloft_base::{Redacted, Workspace};
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::App;
use crate::command::Ask;
use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, press, wait_for, wait_until, window};

type Window = Harness<'static, Option<App>>;

fn at(route: Route) -> Settings {
    Settings {
        route,
        ..Settings::default()
    }
}

fn fill(harness: &mut Window, role: Role, label: &str, text: &str) {
    harness.get_by_role_and_label(role, label).focus();
    harness.step();
    harness.get_by_role_and_label(role, label).type_text(text);
    harness.step();
}

fn gone(harness: &mut Window, label: &str) {
    wait_until(harness, &format!("{label} goes"), |harness| {
        harness.query_by_label(label).is_none()
    });
}

fn dialog(harness: &mut Window) {
    loaded(harness);
    press(harness, "Connect a bucket");
    wait_for(harness, "Copied keys");
    // A dialog is measured before it is at its place.
    harness.run_ok();
}

fn only(workspace: &Workspace) -> Connection {
    let mut all = connection::list(workspace).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A connection whose secret is in the session.
fn kept(workspace: &Workspace, name: &str) -> Connection {
    let spec = Spec {
        sign_in: SignIn::Keys {
            access_key_id: "AKIA1".into(),
        },
        endpoint: Some("http://127.0.0.1:9000".into()),
        ..Spec::new(Provider::S3Compatible)
    };
    let secrets = [("secret_access_key".to_owned(), Redacted::new("hunter2".to_owned()))].into();
    secret::add(workspace, name, &spec, &secrets, Keep::Session).unwrap()
}

#[test]
fn what_is_missing_is_said_before_anything_can_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), at(Route::Home));
    dialog(&mut harness);
    harness.get_by_label("Name the profile");
    harness.get_by_label("S3-compatible").click_accesskit();
    harness.run_ok();
    harness.get_by_label("The address begins with https:// or http://");
    harness.get_by_label("Azure").click_accesskit();
    harness.run_ok();
    harness.get_by_label("Name the storage account");
    fill(&mut harness, Role::TextInput, "Storage account", "lake");
    harness.get_by_label("Enter the account key");
    harness.get_by_label("Local folder").click_accesskit();
    harness.run_ok();
    harness.get_by_label("Name the folder");
    assert!(harness.query_by_label("Way to sign in").is_none());
    press(&harness, "Cancel");
    gone(&mut harness, "Save connection");
    assert!(
        connection::list(&Workspace::open(folder.path()).unwrap())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_folder_is_tested_line_by_line_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("lab")).unwrap();
    let mut harness = window(folder.path(), at(Route::Home));
    dialog(&mut harness);
    harness.get_by_label("Local folder").click_accesskit();
    harness.run_ok();
    fill(&mut harness, Role::TextInput, "Folder", &data.path().to_string_lossy());
    press(&harness, "Test connection");
    for step in [
        "Sign in",
        "List buckets",
        "List objects",
        "Read",
        "Write",
        "Upload in parts",
        "Delete",
    ] {
        wait_for(&mut harness, &format!("{step}: works"));
    }
    assert_eq!(std::fs::read_dir(data.path().join("lab")).unwrap().count(), 0);
    harness.get_by_label("Give the connection a name");
    fill(&mut harness, Role::TextInput, "Name of the connection", "Here");
    wait_until(&mut harness, "it can be saved", |harness| {
        harness.query_by_label("Give the connection a name").is_none()
    });
    press(&harness, "Save connection");
    gone(&mut harness, "Save connection");
    let made = only(&Workspace::open(folder.path()).unwrap());
    assert_eq!((made.name.as_str(), made.spec.provider), ("Here", Provider::Local));
    assert_eq!(made.spec.sign_in, SignIn::Anonymous);
}

#[test]
fn a_change_keeps_the_secret_that_is_not_typed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let made = kept(&workspace, "Lab");
    let mut harness = window(folder.path(), at(Route::Settings));
    loaded(&mut harness);
    wait_for(&mut harness, "secrets for this session only");
    press(&harness, "Change connection…");
    wait_for(&mut harness, "Change Lab");
    harness.run_ok();
    fill(&mut harness, Role::TextInput, "Buckets by name", "raw, clean");
    press(&harness, "Save connection");
    gone(&mut harness, "Save connection");
    let changed = connection::get(&workspace, &made.id).unwrap();
    assert_eq!(changed.spec.buckets, ["raw", "clean"]);
    assert_eq!(secret::read(&made.id).unwrap()["secret_access_key"].expose(), "hunter2");
    secret::store(&made.id, &secret::Secrets::new(), Keep::Session).unwrap();
}

/// Pastes as the keyboard does.
fn paste(harness: &mut Window, text: &str) {
    harness.event(egui::Event::Paste(text.to_owned()));
    harness.step();
    harness.run_ok();
}

/// Everything that the window says, values of fields too.
fn said(harness: &Window) -> String {
    let mut said = String::new();
    for node in harness.query_all_by(|_| true) {
        let node = egui_kittest::kittest::NodeT::accesskit_node(&node);
        for text in [node.label(), node.value()].into_iter().flatten() {
            said.push_str(&text);
            said.push('\n');
        }
    }
    said
}

#[test]
fn a_block_of_keys_that_is_pasted_fills_the_fields_and_shows_no_secret() {
    let shell = "export AWS_ACCESS_KEY_ID=\"ASIAPASTED\"\nexport AWS_SECRET_ACCESS_KEY=\"pl4nted/s+crt\"\n\
                 export AWS_SESSION_TOKEN=\"pl4nted-t0ken==\"\nexport AWS_DEFAULT_REGION=eu-north-1\n";
    let section = "[lab]\naws_access_key_id = ASIAPASTED\naws_secret_access_key = pl4nted/s+crt\n\
                   aws_session_token = pl4nted-t0ken==\nregion = eu-north-1\n";
    for (block, field) in [(shell, "Paste copied keys"), (section, "Name of the connection")] {
        let folder = tempfile::tempdir().unwrap();
        let mut harness = window(folder.path(), at(Route::Home));
        dialog(&mut harness);
        harness.get_by_role_and_label(Role::TextInput, field).focus();
        harness.step();
        paste(&mut harness, block);
        let id = harness.get_by_role_and_label(Role::TextInput, "Access key ID");
        assert_eq!(id.value().as_deref(), Some("ASIAPASTED"));
        assert_eq!(
            harness
                .get_by_role_and_label(Role::TextInput, "Region")
                .value()
                .as_deref(),
            Some("eu-north-1")
        );
        harness.get_by_label_contains("The keys of ASIAPASTED were taken");
        for words in ["Enter the secret access key", "Enter the access key ID"] {
            assert!(harness.query_by_label(words).is_none(), "{words}");
        }
        let said = said(&harness);
        assert!(!said.contains("pl4nted"), "{said}");
        // Half a block goes nowhere, and is not shown either.
        harness
            .get_by_role_and_label(Role::TextInput, "Paste copied keys")
            .focus();
        harness.step();
        paste(&mut harness, "aws_secret_access_key = pl4nted-half");
        harness.get_by_label_contains("No keys were found in that");
        assert!(!self::said(&harness).contains("pl4nted"));
    }
}

#[test]
fn a_new_connection_that_a_person_confirms_asks_for_the_code_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), at(Route::Home));
    dialog(&mut harness);
    harness
        .get_by_role_and_label(Role::ComboBox, "Way to sign in")
        .click_accesskit();
    wait_for(&mut harness, "Assume a role");
    harness.get_by_label("Assume a role").click_accesskit();
    wait_for(&mut harness, "Enter the role's ARN");
    let role = "arn:aws:iam::123456789012:role/lab";
    fill(&mut harness, Role::TextInput, "ARN of the role", role);
    fill(
        &mut harness,
        Role::TextInput,
        "MFA device",
        "arn:aws:iam::123456789012:mfa/me",
    );
    fill(&mut harness, Role::TextInput, "Name of the connection", "Guarded");
    wait_until(&mut harness, "it can be saved", |harness| {
        harness.query_by_label("Give the connection a name").is_none()
    });
    press(&harness, "Save connection");
    wait_for(&mut harness, "Sign in to Guarded");
    wait_for(&mut harness, "Enter the six digits that the device shows");
    harness.get_by_role_and_label(Role::TextInput, "Code of the device");
    press(&harness, "Cancel");
    gone(&mut harness, "Sign in to Guarded");
    assert_eq!(only(&Workspace::open(folder.path()).unwrap()).name, "Guarded");
}

#[test]
fn a_connection_is_removed_only_after_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    connection::add(&workspace, "Public", &Spec::new(Provider::Gcs)).unwrap();
    let mut harness = window(folder.path(), at(Route::Settings));
    loaded(&mut harness);
    press(&harness, "Remove connection…");
    wait_for(&mut harness, "Aloft forgets this connection");
    press(&harness, "Cancel");
    gone(&mut harness, "Remove connection");
    assert_eq!(only(&workspace).name, "Public");
    press(&harness, "Remove connection…");
    wait_for(&mut harness, "Aloft forgets this connection");
    press(&harness, "Remove connection");
    wait_for(&mut harness, "None yet. A connection says");
    assert!(connection::list(&workspace).unwrap().is_empty());
}

#[test]
fn a_test_from_settings_runs_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let spec = Spec {
        root: Some(folder.path().join("nowhere").to_string_lossy().into_owned()),
        sign_in: SignIn::Anonymous,
        ..Spec::new(Provider::Local)
    };
    let made = connection::add(&workspace, "Gone", &spec).unwrap();
    let mut harness = window(folder.path(), at(Route::Settings));
    loaded(&mut harness);
    let ask = Ask::TestConnection { connection: made.id };
    harness.state_mut().as_mut().unwrap().send(ask);
    wait_for(&mut harness, "Change Gone");
    wait_for(&mut harness, "failed. ");
}
