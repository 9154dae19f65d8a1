//! Buckets in the real window, on real servers: what it says where it is refused or hears nothing, and what is deleted
//! and comes back.

use std::path::Path;
use std::process::Command;

use aloft_base::Workspace;
use aloft_base::connection::{self, Connection, Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_cloud::{Address, PutOptions, Session};
use aloft_rigs::{SeaweedFs, free_port, python_program};
use aloft_tests::desktop::Desktop;
use aloft_tests::driver::{like, named};
use aloft_tests::program::output_folder;
use aloft_tests::terminal::wait_until;
use aloft_tests::window::Window;
use anyhow::Result;

/// A sign-in with these keys that needs no keychain: a program prints them.
fn printed(key: &str, secret: &str) -> SignIn {
    SignIn::Process {
        command: format!(r#"echo '{{"Version": 1, "AccessKeyId": "{key}", "SecretAccessKey": "{secret}"}}'"#),
    }
}

fn connect(workspace: &Workspace, name: &str, url: &str, sign_in: SignIn) -> Result<Connection> {
    let spec = Spec {
        endpoint: Some(url.to_owned()),
        sign_in,
        ..Spec::new(Provider::S3Compatible)
    };
    Ok(connection::add(workspace, name, &spec)?)
}

/// A bucket that keeps versions, with these objects.
fn fill(server: &SeaweedFs, bucket: &str, keys: &[&str]) -> Result<()> {
    let spec = Spec {
        sign_in: printed(server.access_key(), server.secret_key()),
        endpoint: Some(server.url()),
        ..Spec::new(Provider::S3Compatible)
    };
    let session = Session::start(1)?;
    session.wait(async {
        let store = aloft_cloud::open("rig", &spec, &Secrets::new())?;
        store.create_bucket(bucket).await?;
        let versions = Command::new(python_program("aws"))
            .args(["s3api", "put-bucket-versioning", "--bucket", bucket])
            .args(["--versioning-configuration", "Status=Enabled"])
            .env("AWS_ACCESS_KEY_ID", server.access_key())
            .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", server.url())
            .status();
        anyhow::ensure!(versions?.success(), "versions could not be switched on");
        for key in keys {
            let at = Address::new(bucket, *key);
            store
                .put(&at, b"a,b\n1,2\n".to_vec().into(), &PutOptions::default())
                .await?;
        }
        anyhow::Ok(())
    })
}

fn picture(desktop: &Desktop, name: &str) -> Result<()> {
    desktop.screenshot(&output_folder("window-buckets")?.join(format!("{name}.png")))
}

fn start<'d>(desktop: &'d Desktop, workspace: &Path) -> Result<Window<'d>> {
    let window = Window::start(desktop, workspace)?;
    window.find(&like("This workspace is empty|Recent datasets").within_secs(30.0))?;
    window.press(&named("Buckets"))?;
    Ok(window)
}

#[test]
fn a_place_that_cannot_be_listed_says_what_why_and_what_helps() {
    let server = SeaweedFs::start();
    let desktop = Desktop::start().unwrap();
    let folder = desktop.folder().join("workspace");
    let workspace = Workspace::open(&folder).unwrap();
    fill(&server, "lab", &["a.csv"]).unwrap();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    connect(&workspace, "Nobody", &server.url(), SignIn::Anonymous).unwrap();
    connect(&workspace, "Unplugged", &nobody, printed("AKIA", "s")).unwrap();
    connect(
        &workspace,
        "Mistyped",
        &server.url(),
        printed(server.access_key(), "wrong"),
    )
    .unwrap();
    let reader = printed(server.reader_access_key(), server.reader_secret_key());
    connect(&workspace, "Reader", &server.url(), reader).unwrap();

    let window = start(&desktop, &folder).unwrap();
    // Not allowed to list buckets: the permission is named, and a bucket can be opened by its name.
    window.press(&named("Connection Nobody in the tree")).unwrap();
    window
        .find(&like("^This sign-in may not list").within_secs(30.0))
        .unwrap();
    window.find(&like("s3:ListAllMyBuckets")).unwrap();
    window.find(&named("Change connection…").role("button")).unwrap();
    picture(&desktop, "denied").unwrap();
    window.fill(&named("Name of the bucket").role("entry"), "lab").unwrap();
    window.press(&named("Open bucket").role("button")).unwrap();
    window
        .find(&like("It needs the permission s3:ListBucket\\.").within_secs(30.0))
        .unwrap();
    picture(&desktop, "denied-bucket").unwrap();

    // Nobody there.
    window.press(&named("Connection Unplugged in the tree")).unwrap();
    window
        .find(&named("Unplugged cannot be reached").within_secs(60.0))
        .unwrap();
    window.find(&named("Try again").role("button")).unwrap();
    picture(&desktop, "offline").unwrap();

    // A secret that is not the key's.
    window.press(&named("Connection Mistyped in the tree")).unwrap();
    window
        .find(&named("The sign-in did not work").within_secs(30.0))
        .unwrap();
    window.find(&named("Change connection…").role("button")).unwrap();
    picture(&desktop, "mistyped").unwrap();

    // Who may only read sees everything, and is told why nothing can be made.
    window.press(&named("Connection Reader in the tree")).unwrap();
    window.find(&named("Bucket lab").within_secs(30.0)).unwrap();
    window.press(&named("New bucket…").role("button")).unwrap();
    window.fill(&named("Name of the bucket").role("entry"), "mine").unwrap();
    window.press(&named("Create bucket").role("button")).unwrap();
    window
        .find(&named("Could not create the bucket").within_secs(30.0))
        .unwrap();
    picture(&desktop, "may-not-create").unwrap();
    window.close().unwrap();
}

#[test]
fn what_is_deleted_where_versions_are_kept_is_shown_and_comes_back() {
    let server = SeaweedFs::start();
    let desktop = Desktop::start().unwrap();
    let folder = desktop.folder().join("workspace");
    let workspace = Workspace::open(&folder).unwrap();
    fill(&server, "lab", &["raw/a.csv", "raw/b.csv", "raw/c.csv"]).unwrap();
    let admin = printed(server.access_key(), server.secret_key());
    connect(&workspace, "Lab", &server.url(), admin).unwrap();

    let window = start(&desktop, &folder).unwrap();
    window.press(&named("Connection Lab in the tree")).unwrap();
    window.find(&named("Bucket lab").within_secs(30.0)).unwrap();
    window.key("ctrl+l").unwrap();
    window.key("ctrl+a").unwrap();
    window.write("s3://lab/raw/a.csv").unwrap();
    window.key("Return").unwrap();
    window.find(&like("^1 selected").within_secs(30.0)).unwrap();

    // Deleting offers to take it back.
    window.press(&named("Delete…").role("button")).unwrap();
    window.press(&named("Delete").role("button")).unwrap();
    window.find(&named("Deleted 1 object").within_secs(60.0)).unwrap();
    window.gone(&named("Object a.csv").within_secs(30.0)).unwrap();
    picture(&desktop, "deleted").unwrap();
    window.press(&named("Undo").role("button")).unwrap();
    window.find(&named("Object a.csv").within_secs(30.0)).unwrap();

    // What was deleted by somebody else is found by the switch, and restored.
    let removed = Command::new(python_program("aws"))
        .args(["s3", "rm", "s3://lab/raw/b.csv"])
        .env("AWS_ACCESS_KEY_ID", server.access_key())
        .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", server.url())
        .status()
        .unwrap();
    assert!(removed.success());
    window.press(&named("Refresh").role("button")).unwrap();
    window.gone(&named("Object b.csv").within_secs(30.0)).unwrap();
    window.press(&named("Show deleted")).unwrap();
    let row = window.find(&named("Deleted object b.csv").within_secs(30.0)).unwrap();
    window.click(&named("Deleted object b.csv")).unwrap();
    window.find(&like("^It was deleted, ")).unwrap();
    picture(&desktop, "show-deleted").unwrap();
    window.press(&named("Restore").role("button")).unwrap();
    window.find(&named("Object b.csv").within_secs(30.0)).unwrap();
    assert!(row.name.contains("b.csv"));
    wait_until("nothing is shown as deleted", || {
        Ok(window.all(&like("^Deleted object"))?.is_empty())
    })
    .unwrap();
    window.close().unwrap();
}
