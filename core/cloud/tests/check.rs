//! The test of a connection, against a real S3 server and a folder: what works, what is not allowed, and that
//! nothing is left behind.

use aloft_base::Redacted;
use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_cloud::{Address, Check, CheckState, CheckStep, ListRequest, PutOptions, Store, check, open};
use aloft_rigs::SeaweedFs;
use bytes::Bytes;
use std::sync::Arc;

const OK: CheckState = CheckState::Ok;
const FAILED: CheckState = CheckState::Failed;
const SKIPPED: CheckState = CheckState::Skipped;

fn store(url: &str, key: &str, secret: &str) -> Arc<dyn Store> {
    let spec = Spec {
        sign_in: SignIn::Keys {
            access_key_id: key.into(),
        },
        endpoint: Some(url.into()),
        ..Spec::new(Provider::S3Compatible)
    };
    let secrets = Secrets::from([("secret_access_key".into(), Redacted::new(secret.to_owned()))]);
    open("rig", &spec, &secrets).expect("a store that can be opened")
}

/// Tests it, and makes sure that what was told is what was answered.
async fn tried(store: &dyn Store, bucket: Option<&str>) -> Vec<Check> {
    let mut told = Vec::new();
    let lines = check(store, bucket, &[], &mut |line| told.push(line.clone())).await;
    told.sort_by_key(|line| line.step);
    assert_eq!(told, lines);
    let steps: Vec<CheckStep> = lines.iter().map(|line| line.step).collect();
    assert_eq!(steps, CheckStep::ALL);
    lines
}

fn states(lines: &[Check]) -> Vec<CheckState> {
    lines.iter().map(|line| line.state).collect()
}

async fn keys(store: &dyn Store, bucket: &str) -> Vec<String> {
    let request = ListRequest {
        bucket: bucket.into(),
        ..ListRequest::default()
    };
    let page = store.list(&request).await.expect("a bucket that can be listed");
    page.objects.into_iter().map(|object| object.key).collect()
}

#[tokio::test]
async fn every_step_is_tried_for_real_and_the_missing_permission_is_named() {
    let server = SeaweedFs::start();
    let admin = store(&server.url(), server.access_key(), server.secret_key());

    // Nothing to try it on.
    let lines = tried(&*admin, None).await;
    assert_eq!(lines[1].words, "There are none");
    assert!(states(&lines[2..]).iter().all(|state| *state == SKIPPED), "{lines:?}");

    admin.create_bucket("lab").await.unwrap();
    let lines = tried(&*admin, None).await;
    assert!(states(&lines).iter().all(|state| *state == OK), "{lines:?}");
    assert_eq!(keys(&*admin, "lab").await, Vec::<String>::new());
    assert!(admin.pending_uploads("lab", "").await.unwrap().is_empty());

    // A person who may only read is told what else there would be.
    let object = Address::new("lab", "rows.csv");
    admin
        .put(&object, Bytes::from_static(b"a,b\n"), &PutOptions::default())
        .await
        .unwrap();
    let reader = store(&server.url(), server.reader_access_key(), server.reader_secret_key());
    let lines = tried(&*reader, Some("lab")).await;
    assert_eq!(states(&lines), [OK, OK, OK, OK, FAILED, SKIPPED, SKIPPED], "{lines:?}");
    assert_eq!(lines[4].permission, Some("s3:PutObject"));
    assert!(lines[4].words.contains("s3:PutObject"), "{}", lines[4].words);
    assert_eq!(keys(&*admin, "lab").await, ["rows.csv"]);

    // A wrong secret, a bucket that is not there, and a server that is not there.
    let wrong = store(&server.url(), server.access_key(), "wrong");
    let lines = tried(&*wrong, Some("lab")).await;
    assert_eq!(
        states(&lines),
        [FAILED, SKIPPED, SKIPPED, SKIPPED, SKIPPED, SKIPPED, SKIPPED]
    );
    assert!(
        lines[0].words.contains("the sign-in is not accepted"),
        "{}",
        lines[0].words
    );
    let lines = tried(&*admin, Some("nowhere")).await;
    assert_eq!(
        states(&lines),
        [OK, OK, FAILED, SKIPPED, SKIPPED, SKIPPED, SKIPPED],
        "{lines:?}"
    );
    let gone = store(&format!("http://127.0.0.1:{}", aloft_rigs::free_port()), "a", "b");
    let lines = tried(&*gone, None).await;
    assert_eq!(lines[0].state, FAILED);
    assert!(lines[0].words.contains("cannot be reached"), "{}", lines[0].words);
}

#[tokio::test]
async fn a_folder_is_tested_as_a_bucket_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lab")).unwrap();
    let spec = Spec {
        sign_in: SignIn::Anonymous,
        root: Some(folder.path().to_string_lossy().into_owned()),
        ..Spec::new(Provider::Local)
    };
    let store = open("here", &spec, &Secrets::new()).unwrap();
    let lines = tried(&*store, None).await;
    assert!(states(&lines).iter().all(|state| *state == OK), "{lines:?}");
    assert_eq!(keys(&*store, "lab").await, Vec::<String>::new());
}
