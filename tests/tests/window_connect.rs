//! A connection made by clicking in the real window, with a real keychain: what is shown, and where the secret goes.

use std::path::Path;

use aloft_base::{Workspace, connection};
use aloft_rigs::SeaweedFs;
use aloft_tests::desktop::Desktop;
use aloft_tests::driver::{like, named};
use aloft_tests::keychain::Keychain;
use aloft_tests::program::output_folder;
use aloft_tests::terminal::wait_until;
use aloft_tests::window::Window;
use anyhow::{Result, ensure};

/// A secret that must be found nowhere.
const PLANTED: &str = "pl4nted-window-secret";

fn holds(folder: &Path, text: &str) -> Option<String> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = holds(&path, text) {
                return Some(found);
            }
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        {
            return Some(path.display().to_string());
        }
    }
    None
}

/// Opens the dialog from Home and types a connection to a server of S3's kind.
fn type_connection(window: &Window<'_>, name: &str, url: &str, key: &str, secret: &str) -> Result<()> {
    window.press(&named("Connect a bucket").within_secs(30.0))?;
    window.press(&named("S3-compatible").role("radio button"))?;
    // A dialog that was just opened may still move to its place under the pointer.
    wait_until("the name is typed", || {
        let field = named("Name of the connection").role("entry");
        window.fill(&field, name)?;
        Ok(window.find(&field)?.text.as_deref() == Some(name))
    })?;
    window.fill(&named("Address of the server").role("entry"), url)?;
    window.fill(&named("Access key ID").role("entry"), key)?;
    window.fill(&named("Secret access key").role("password text"), secret)
}

/// A bucket to test on.
fn make_bucket(server: &SeaweedFs) -> Result<()> {
    let (spec, secrets) = keys_of(server);
    let session = aloft_cloud::Session::start(1)?;
    session.wait(async { aloft_cloud::open("rig", &spec, &secrets)?.create_bucket("lab").await })?;
    Ok(())
}

fn pictures(desktop: &Desktop, name: &str) -> Result<()> {
    desktop.screenshot(&output_folder("window-connect")?.join(format!("{name}.png")))
}

#[test]
fn a_connection_made_by_clicking_keeps_its_secret_in_the_keychain() {
    let server = SeaweedFs::start();
    let planted = server.secret_key();
    make_bucket(&server).unwrap();
    for (width, height, theme) in [(1280, 800, "Dark"), (1920, 1080, "Light")] {
        let desktop = Desktop::start_sized(width, height).unwrap();
        let keychain = Keychain::on(&desktop).unwrap();
        let workspace = desktop.folder().join("workspace");
        let window = Window::start(&desktop, &workspace).unwrap();
        window
            .find(&named("This workspace is empty").within_secs(30.0))
            .unwrap();
        window.press(&named("Settings")).unwrap();
        window.press(&named(theme).role("radio button")).unwrap();
        window.find(&named("Ready").within_secs(20.0)).unwrap();
        pictures(&desktop, &format!("settings-empty-{theme}")).unwrap();
        window.press(&named("Home")).unwrap();
        window.find(&named("Connect a bucket")).unwrap();
        pictures(&desktop, &format!("home-{theme}")).unwrap();

        type_connection(&window, "Lab", &server.url(), server.access_key(), planted).unwrap();
        pictures(&desktop, &format!("dialog-{theme}")).unwrap();
        window.press(&named("Test connection").role("button")).unwrap();
        window.find(&like("^Delete: works").within_secs(60.0)).unwrap();
        assert_eq!(window.all(&like("^[A-Z][a-z ]+: works")).unwrap().len(), 7);
        pictures(&desktop, &format!("dialog-tested-{theme}")).unwrap();
        window.press(&named("Save connection").role("button")).unwrap();
        window.gone(&named("Save connection").within_secs(30.0)).unwrap();

        let kept = connection::named(&Workspace::open(&workspace).unwrap(), "Lab").unwrap();
        let held = keychain.lookup(&kept.id).unwrap().unwrap();
        assert!(held.contains(planted));
        window.press(&named("Settings")).unwrap();
        window.find(&named("Test").role("button").within_secs(20.0)).unwrap();
        pictures(&desktop, &format!("settings-{theme}")).unwrap();
        assert!(!window.tree().unwrap().contains(planted));

        window.press(&named("Change connection…").role("button")).unwrap();
        window.find(&named("Save connection").within_secs(20.0)).unwrap();
        pictures(&desktop, &format!("change-{theme}")).unwrap();
        window.press(&named("Cancel").role("button")).unwrap();
        window.press(&named("Remove connection…").role("button")).unwrap();
        window.find(&like("Aloft forgets this connection")).unwrap();
        pictures(&desktop, &format!("remove-{theme}")).unwrap();
        window.press(&named("Remove connection").role("button")).unwrap();
        wait_until("the secret is gone", || Ok(keychain.lookup(&kept.id)?.is_none())).unwrap();
        window.find(&like("^None yet. A connection").within_secs(20.0)).unwrap();

        assert!(!window.printed().contains(planted));
        window.close().unwrap();
        assert_eq!(holds(desktop.folder(), planted), None);
    }
}

#[test]
fn without_a_keychain_a_person_may_keep_a_secret_for_the_session() {
    let desktop = Desktop::start().unwrap();
    let workspace = desktop.folder().join("workspace");
    let window = Window::start(&desktop, &workspace).unwrap();
    type_connection(&window, "Lab", "http://127.0.0.1:1", "AKIALAB", PLANTED).unwrap();
    window
        .find(&like("^(There is no keychain here|The keychain is locked)").within_secs(20.0))
        .unwrap();
    pictures(&desktop, "session").unwrap();
    // The keychain is what is meant unless a person says otherwise: nothing is lost when it cannot take it.
    window.press(&named("Save connection").role("button")).unwrap();
    window
        .find(&named("The connection was not saved").within_secs(20.0))
        .unwrap();
    pictures(&desktop, "session-refused").unwrap();
    window.press(&named("This session only").role("radio button")).unwrap();
    window.press(&named("Save connection").role("button")).unwrap();
    window.gone(&named("Save connection").within_secs(30.0)).unwrap();
    let check = || -> Result<()> {
        window.press(&named("Settings"))?;
        window.find(&like("secrets for this session only").within_secs(20.0))?;
        ensure!(holds(desktop.folder(), PLANTED).is_none(), "the secret was written");
        Ok(())
    };
    check().unwrap();
    pictures(&desktop, "session-settings").unwrap();
    window.close().unwrap();
    assert_eq!(holds(desktop.folder(), PLANTED), None);
}

/// A session whose secrets are those of the server, to look at it beside the window.
fn keys_of(server: &SeaweedFs) -> (connection::Spec, aloft_base::secret::Secrets) {
    let spec = connection::Spec {
        sign_in: connection::SignIn::Keys {
            access_key_id: server.access_key().to_owned(),
        },
        endpoint: Some(server.url()),
        ..connection::Spec::new(connection::Provider::S3Compatible)
    };
    let secrets = [("secret_access_key".to_owned(), server.secret_key().to_owned().into())].into();
    (spec, secrets)
}

#[test]
fn a_secret_of_this_session_reaches_the_process_that_moves_data_and_no_file() {
    let server = SeaweedFs::start();
    make_bucket(&server).unwrap();
    let secret = server.secret_key();
    let desktop = Desktop::start().unwrap();
    let workspace = desktop.folder().join("workspace");
    let window = Window::start(&desktop, &workspace).unwrap();
    type_connection(&window, "Lab", &server.url(), server.access_key(), secret).unwrap();
    window
        .press(&named("This session only").role("radio button").within_secs(20.0))
        .unwrap();
    window.press(&named("Save connection").role("button")).unwrap();
    window.gone(&named("Save connection").within_secs(30.0)).unwrap();

    window.press(&named("Buckets")).unwrap();
    window
        .press(&named("Connection Lab in the tree").within_secs(30.0))
        .unwrap();
    window.click(&named("Bucket lab").within_secs(30.0)).unwrap();
    window.key("Return").unwrap();
    window.find(&named("This bucket is empty").within_secs(30.0)).unwrap();
    let file = desktop.folder().join("notes.txt");
    std::fs::write(&file, "moved by a process of its own").unwrap();
    window.drop_files(std::slice::from_ref(&file)).unwrap();
    window
        .press(&like("^Upload 1 file").role("button").within_secs(30.0))
        .unwrap();
    window.find(&named("Object notes.txt").within_secs(60.0)).unwrap();
    pictures(&desktop, "session-uploaded").unwrap();

    let (spec, secrets) = keys_of(&server);
    let session = aloft_cloud::Session::start(1).unwrap();
    let at = aloft_cloud::Address::new("lab", "notes.txt");
    let details = session
        .wait(async { aloft_cloud::open("rig", &spec, &secrets)?.details(&at, None).await })
        .unwrap();
    assert_eq!(details.bytes, 29);
    window.close().unwrap();
    // The window is closed, and with it the secret is gone.
    assert_eq!(holds(desktop.folder(), secret), None);
    let window = Window::start(&desktop, &workspace).unwrap();
    window.press(&named("Buckets").within_secs(30.0)).unwrap();
    window
        .press(&named("Connection Lab in the tree").within_secs(30.0))
        .unwrap();
    window
        .find(&like("^(The sign-in did not work|Could not list|This sign-in may not list)").within_secs(30.0))
        .unwrap();
    pictures(&desktop, "session-over").unwrap();
    window.close().unwrap();
}

/// Puts a line on the clipboard by way of a field, as it is copied from anywhere.
fn put_on_clipboard(window: &Window<'_>, line: &str) -> Result<()> {
    window.fill(&named("Name of the connection").role("entry"), line)?;
    window.key("ctrl+a")?;
    window.key("ctrl+x")?;
    let field = window.find(&named("Name of the connection").role("entry"))?;
    ensure!(field.text.unwrap_or_default().is_empty(), "it was not cut");
    Ok(())
}

#[test]
fn a_block_of_keys_from_the_clipboard_fills_the_dialog_and_is_never_shown() {
    let server = SeaweedFs::start();
    make_bucket(&server).unwrap();
    let (key, secret) = (server.access_key(), server.secret_key());
    let block = format!("export AWS_ACCESS_KEY_ID={key}; export AWS_SECRET_ACCESS_KEY={secret}");
    // Into the field that is for it, and into another one by mistake.
    for field in ["Paste copied keys", "Name of the connection"] {
        let desktop = Desktop::start().unwrap();
        let window = Window::start(&desktop, &desktop.folder().join("workspace")).unwrap();
        window.press(&named("Connect a bucket").within_secs(30.0)).unwrap();
        window.press(&named("S3-compatible").role("radio button")).unwrap();
        window
            .fill(&named("Address of the server").role("entry"), &server.url())
            .unwrap();
        put_on_clipboard(&window, &block).unwrap();
        window.click(&named(field).role("entry")).unwrap();
        window.key("ctrl+v").unwrap();
        window
            .find(&like(format!("^The keys of {key} were taken")).within_secs(20.0))
            .unwrap();
        let id = window.find(&named("Access key ID").role("entry")).unwrap();
        assert_eq!(id.text.as_deref(), Some(key));
        assert!(!window.tree().unwrap().contains(secret));
        pictures(&desktop, &format!("pasted-{}", field.replace(' ', "-"))).unwrap();
        window.press(&named("Test connection").role("button")).unwrap();
        window.find(&like("^Delete: works").within_secs(60.0)).unwrap();
        assert!(!window.tree().unwrap().contains(secret));
        assert!(!window.printed().contains(secret));
        window.close().unwrap();
        assert_eq!(holds(desktop.folder(), secret), None);
    }
}
