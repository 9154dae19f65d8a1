//! What only S3 can do, against real servers: `SeaweedFS`, which checks signatures, and moto.

#![expect(clippy::unwrap_used, reason = "what helps the tests fails as they do")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_base::{Explain as _, Redacted};
use aloft_cloud::{
    Ability, Address, CloudError, Encryption, GetOptions, ListRequest, Meaning, PutOptions, Store, open,
};
use aloft_rigs::{Moto, SeaweedFs};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// Keys that many tools change or refuse.
const ODD_KEYS: [&str; 10] = [
    "a b+c&d=e?f#g.csv",
    "100%25 %2F",
    "ä/ö/日本語/🎈",
    "folder/",
    "folder/folder/",
    "quote\"'<>&;",
    "control\u{1}\u{1f}",
    "~tilde-._!*()",
    "$,@:[]{}|^`",
    " space at both ends ",
];

/// One `SeaweedFS` for the tests that run at once; it ends with the last of them.
fn seaweed() -> Arc<SeaweedFs> {
    static SERVER: Mutex<Weak<SeaweedFs>> = Mutex::new(Weak::new());
    let mut shared = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = Arc::new(SeaweedFs::start());
    *shared = Arc::downgrade(&server);
    server
}

fn with_keys(url: &str, id: &str, secret: &str) -> Arc<dyn Store> {
    let spec = Spec {
        sign_in: SignIn::Keys {
            access_key_id: id.to_owned(),
        },
        endpoint: Some(url.to_owned()),
        ..Spec::new(Provider::S3Compatible)
    };
    let secrets = Secrets::from([("secret_access_key".to_owned(), Redacted::new(secret.to_owned()))]);
    open("rig", &spec, &secrets).unwrap()
}

fn admin(server: &SeaweedFs) -> Arc<dyn Store> {
    with_keys(&server.url(), server.access_key(), server.secret_key())
}

fn of_moto(server: &Moto) -> Arc<dyn Store> {
    with_keys(&server.url(), server.access_key(), server.secret_key())
}

async fn write(store: &dyn Store, bucket: &str, key: &str, body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    store
        .put(&Address::new(bucket, key), body, &PutOptions::default())
        .await
        .unwrap();
}

async fn read(store: &dyn Store, at: &Address, options: &GetOptions) -> Result<Vec<u8>, CloudError> {
    let download = store.get(at, options).await?;
    let pieces: Vec<Bytes> = download.body.try_collect().await?;
    Ok(pieces.concat())
}

async fn keys(store: &dyn Store, request: ListRequest) -> (Vec<String>, Vec<String>) {
    let (mut found, mut prefixes, mut request) = (vec![], vec![], request);
    loop {
        let page = store.list(&request).await.unwrap();
        found.extend(page.objects.into_iter().map(|object| object.key));
        prefixes.extend(page.prefixes);
        match page.token {
            Some(token) => request.token = Some(token),
            None => return (found, prefixes),
        }
    }
}

fn all_of(bucket: &str) -> ListRequest {
    ListRequest {
        bucket: bucket.to_owned(),
        ..ListRequest::default()
    }
}

/// The status that a GET of a whole URL answers, without any header that signs it.
fn status_of(url: &str) -> u16 {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn odd_keys_are_written_listed_read_and_deleted_as_they_are() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("odd-keys").await.unwrap();
    let long = format!("long/{}", "x".repeat(200));
    let mut wanted: Vec<&str> = ODD_KEYS.to_vec();
    // moto finds no key with a line end.
    wanted.extend([long.as_str(), "tab\tand\nline\r"]);
    for key in &wanted {
        // SeaweedFS keeps no bytes under a key that ends with a slash.
        let body = if key.ends_with('/') { "" } else { *key };
        write(store.as_ref(), "odd-keys", key, body.as_bytes()).await;
        let at = Address::new("odd-keys", *key);
        let found = read(store.as_ref(), &at, &GetOptions::default()).await.unwrap();
        assert_eq!(found, body.as_bytes(), "{key:?}");
        store
            .details(&at, None)
            .await
            .unwrap_or_else(|error| panic!("{key:?}: {error}"));
    }
    let (mut found, _) = keys(store.as_ref(), all_of("odd-keys")).await;
    found.sort();
    let mut sorted: Vec<String> = wanted.iter().map(|key| (*key).to_owned()).collect();
    sorted.sort();
    assert_eq!(found, sorted);
    let kept = store.delete("odd-keys", &found).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
    assert!(keys(store.as_ref(), all_of("odd-keys")).await.0.is_empty());
}

/// `SeaweedFS` makes one slash of two and of a backslash, and refuses `./`; moto keeps them.
#[tokio::test]
async fn keys_that_look_like_paths_are_no_paths() {
    let server = Moto::start();
    let store = of_moto(&server);
    store.create_bucket("paths").await.unwrap();
    let mut wanted: Vec<String> = [
        "a//b",
        "./a",
        "../a",
        "a/./b",
        "a/../b",
        "/a",
        "//",
        "a/",
        ".",
        "back\\slash",
    ]
    .iter()
    .chain(&ODD_KEYS)
    .map(|key| (*key).to_owned())
    .collect();
    wanted.push("ü".repeat(512));
    for key in &wanted {
        write(store.as_ref(), "paths", key, key.as_bytes()).await;
    }
    let (mut found, _) = keys(store.as_ref(), all_of("paths")).await;
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    for key in &wanted {
        let at = Address::new("paths", key);
        let body = read(store.as_ref(), &at, &GetOptions::default()).await.unwrap();
        assert_eq!(body, key.as_bytes(), "{key:?}");
        let copy = Address::new("paths", "copy of it");
        store.copy(&at, &copy, 1, &PutOptions::default()).await.unwrap();
        let body = read(store.as_ref(), &copy, &GetOptions::default()).await.unwrap();
        assert_eq!(body, key.as_bytes(), "copy of {key:?}");
    }
    wanted.push("copy of it".to_owned());
    let kept = store.delete("paths", &wanted).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
    store.delete_bucket("paths").await.unwrap();
}

#[tokio::test]
async fn a_sign_in_that_is_wrong_or_may_not_says_so() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("sign-in").await.unwrap();
    write(store.as_ref(), "sign-in", "k", b"hello").await;
    let at = Address::new("sign-in", "k");

    let wrong = with_keys(&server.url(), server.access_key(), "planted-wrong-secret");
    let error = wrong.buckets().await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Unauthenticated), "{error}");
    assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("planted"));
    // HEAD has no words, but the meaning is found out all the same.
    let error = wrong.details(&at, None).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Unauthenticated), "{error}");
    let unknown = with_keys(&server.url(), "NOBODY", "secret");
    let error = unknown.list(&all_of("sign-in")).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Unauthenticated), "{error}");

    let reader = with_keys(&server.url(), server.reader_access_key(), server.reader_secret_key());
    assert_eq!(
        read(reader.as_ref(), &at, &GetOptions::default()).await.unwrap(),
        b"hello"
    );
    let refused = [
        reader
            .put(&at, Bytes::from("x"), &PutOptions::default())
            .await
            .unwrap_err(),
        reader.begin_upload(&at, &PutOptions::default()).await.unwrap_err(),
        reader.create_bucket("sign-in-2").await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.meaning(), Some(Meaning::PermissionDenied), "{error}");
    }
    let kept = reader.delete("sign-in", &["k".to_owned(), "l".to_owned()]).await;
    let meaning = match &kept {
        Ok(kept) => kept.first().and_then(|(_, error)| error.meaning()),
        Err(error) => error.meaning(),
    };
    assert_eq!(meaning, Some(Meaning::PermissionDenied), "{kept:?}");

    let nobody = Spec {
        sign_in: SignIn::Anonymous,
        endpoint: Some(server.url()),
        ..Spec::new(Provider::S3Compatible)
    };
    let nobody = open("rig", &nobody, &Secrets::new()).unwrap();
    let error = nobody.list(&all_of("sign-in")).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::PermissionDenied), "{error}");
    assert!(!nobody.can(Ability::SignedLink));
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("not-there").await.unwrap();
    let missing = Address::new("not-there", "k");
    let nowhere = Address::new("no-such-bucket", "k");
    let error = store
        .get(&missing, &GetOptions::default())
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NotFound), "{error}");
    let error = store.details(&missing, None).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NotFound), "{error}");
    let error = store.list(&all_of("no-such-bucket")).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoBucket), "{error}");
    let error = store
        .put(&nowhere, Bytes::from("x"), &PutOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoBucket), "{error}");
    let error = store.parts(&missing, "0123").await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoUpload), "{error}");
    store.abort_upload(&missing, "0123").await.unwrap();
    assert!(store.delete("not-there", &["k".to_owned()]).await.unwrap().is_empty());
    let error = store.create_bucket("not-there").await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Conflict), "{error}");
}

#[tokio::test]
async fn a_part_of_an_object_is_read_and_only_while_it_is_the_same() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("ranges").await.unwrap();
    write(store.as_ref(), "ranges", "k", b"0123456789").await;
    let at = Address::new("ranges", "k");
    let part = |range| GetOptions {
        range: Some(range),
        ..GetOptions::default()
    };
    let download = store.get(&at, &part(2..5)).await.unwrap();
    assert_eq!(download.total_bytes, 10);
    let pieces: Vec<Bytes> = download.body.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"234");
    assert_eq!(read(store.as_ref(), &at, &part(8..99)).await.unwrap(), b"89");
    assert_eq!(read(store.as_ref(), &at, &part(3..3)).await.unwrap(), b"");
    assert!(read(store.as_ref(), &at, &part(50..60)).await.is_err());

    let etag = store.details(&at, None).await.unwrap().etag;
    let only = |etag: &str| GetOptions {
        if_match: Some(etag.to_owned()),
        range: Some(0..2),
        ..GetOptions::default()
    };
    assert_eq!(read(store.as_ref(), &at, &only(&etag)).await.unwrap(), b"01");
    write(store.as_ref(), "ranges", "k", b"another").await;
    let error = read(store.as_ref(), &at, &only(&etag)).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Changed), "{error}");

    write(store.as_ref(), "ranges", "empty", b"").await;
    let empty = Address::new("ranges", "empty");
    assert_eq!(read(store.as_ref(), &empty, &part(0..10)).await.unwrap(), b"");
    assert_eq!(read(store.as_ref(), &empty, &GetOptions::default()).await.unwrap(), b"");
}

#[tokio::test]
async fn a_new_object_takes_no_name_that_is_taken() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("only-new").await.unwrap();
    let at = Address::new("only-new", "k");
    let options = PutOptions {
        only_new: true,
        ..PutOptions::default()
    };
    store.put(&at, Bytes::from("first"), &options).await.unwrap();
    let error = store.put(&at, Bytes::from("second"), &options).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Conflict), "{error}");
    let from = Address::new("only-new", "other");
    write(store.as_ref(), "only-new", "other", b"other").await;
    let error = store.copy(&from, &at, 5, &options).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Conflict), "{error}");
    assert_eq!(
        read(store.as_ref(), &at, &GetOptions::default()).await.unwrap(),
        b"first"
    );
}

#[tokio::test]
async fn an_upload_in_parts_is_found_continued_finished_or_forgotten() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("parts").await.unwrap();
    let at = Address::new("parts", "a b/whole ä.bin");
    let options = PutOptions {
        metadata: BTreeMap::from([("made-by".to_owned(), "aloft".to_owned())]),
        ..PutOptions::default()
    };
    let body: Vec<u8> = (0..11_u32 << 20).map(|i| (i % 253) as u8).collect();
    let pieces: Vec<Bytes> = body.chunks(5 << 20).map(Bytes::copy_from_slice).collect();
    let upload = store.begin_upload(&at, &options).await.unwrap();
    let mut parts = vec![];
    // The last comes first: parts may come in any order.
    for index in [2, 0, 1] {
        let piece = pieces[index].clone();
        let part = store
            .put_part(
                &at,
                &upload,
                index as u32 + 1,
                (index as u64) * (5 << 20),
                body.len() as u64,
                piece,
            )
            .await
            .unwrap();
        assert!(!part.checksum.is_empty());
        parts.push(part);
    }
    parts.sort_by_key(|part| part.number);

    let pending = store.pending_uploads("parts", "a b/").await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(
        (pending[0].key.as_str(), pending[0].upload.as_str()),
        (at.key.as_str(), upload.as_str())
    );
    assert_eq!(pending[0].bytes, Some(body.len() as u64));
    assert!(pending[0].started_ms.is_some());
    assert!(store.pending_uploads("parts", "b").await.unwrap().is_empty());
    let listed = store.parts(&at, &upload).await.unwrap();
    let shape = |parts: &[aloft_cloud::Part]| -> Vec<(u32, u64, String)> {
        parts
            .iter()
            .map(|part| (part.number, part.bytes, part.tag.clone()))
            .collect()
    };
    assert_eq!(shape(&listed), shape(&parts));

    let written = store.finish_upload(&at, &upload, &parts, &options).await.unwrap();
    assert!(written.etag.ends_with("-3"), "{written:?}");
    assert_eq!(read(store.as_ref(), &at, &GetOptions::default()).await.unwrap(), body);
    let details = store.details(&at, None).await.unwrap();
    assert_eq!(details.metadata, options.metadata);
    // As if the answer had got lost: the object is there, so the upload succeeded.
    let again = store.finish_upload(&at, &upload, &parts, &options).await.unwrap();
    assert_eq!(again.etag, written.etag);
    // But not where another object is there.
    write(store.as_ref(), "parts", &at.key, b"other").await;
    let error = store.finish_upload(&at, &upload, &parts, &options).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoUpload), "{error}");

    let upload = store.begin_upload(&at, &options).await.unwrap();
    store.abort_upload(&at, &upload).await.unwrap();
    assert!(store.pending_uploads("parts", "").await.unwrap().is_empty());
}

#[tokio::test]
async fn parts_that_are_too_small_or_made_up_are_refused() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("small-parts").await.unwrap();
    let at = Address::new("small-parts", "k");
    let upload = store.begin_upload(&at, &PutOptions::default()).await.unwrap();
    let mut parts = vec![];
    for number in [1, 2] {
        let part = store.put_part(&at, &upload, number, 0, 20, Bytes::from("too small!"));
        parts.push(part.await.unwrap());
    }
    let error = store
        .finish_upload(&at, &upload, &parts, &PutOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Invalid), "{error}");
    assert!(error.to_string().contains("EntityTooSmall"), "{error}");
    parts.truncate(1);
    parts[0].tag = "00000000000000000000000000000000".to_owned();
    assert!(
        store
            .finish_upload(&at, &upload, &parts, &PutOptions::default())
            .await
            .is_err()
    );
    store.abort_upload(&at, &upload).await.unwrap();
}

#[tokio::test]
async fn lists_go_past_a_thousand_and_group_by_folder() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("many").await.unwrap();
    let wanted: Vec<String> = (0..2_345).map(|i| format!("d{}/k{i:05}", i % 3)).collect();
    stream::iter(wanted.clone())
        .for_each_concurrent(8, |key| {
            let store = Arc::clone(&store);
            async move { write(store.as_ref(), "many", &key, b"x").await }
        })
        .await;
    let (mut found, _) = keys(store.as_ref(), all_of("many")).await;
    assert!(found.is_sorted());
    let mut sorted = wanted.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    let grouped = ListRequest {
        grouped: true,
        ..all_of("many")
    };
    assert_eq!(
        keys(store.as_ref(), grouped).await,
        (vec![], vec!["d0/".into(), "d1/".into(), "d2/".into()])
    );
    let tail = ListRequest {
        prefix: "d1/".to_owned(),
        start_after: Some("d1/k02300".to_owned()),
        limit: Some(5),
        ..all_of("many")
    };
    let page = store.list(&tail).await.unwrap();
    assert_eq!(page.objects.len(), 5);
    assert!(page.token.is_some());
    let (after, _) = keys(store.as_ref(), tail).await;
    let expected: Vec<String> = sorted
        .into_iter()
        .filter(|key| key.starts_with("d1/") && key.as_str() > "d1/k02300")
        .collect();
    assert_eq!(after, expected);
    // More than one request of a thousand.
    let kept = store.delete("many", &found).await.unwrap();
    assert!(kept.is_empty());
    found = keys(store.as_ref(), all_of("many")).await.0;
    assert!(found.is_empty());
}

/// Runs the AWS command line against a server, for what the window cannot set.
fn aws(server: &SeaweedFs, arguments: &[&str]) {
    let output = Command::new(aloft_rigs::python_program("aws"))
        .args(["--endpoint-url", &server.url(), "--region", "us-east-1", "s3api"])
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", server.access_key())
        .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn versions_are_listed_read_and_removed() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("versions").await.unwrap();
    aws(
        &server,
        &[
            "put-bucket-versioning",
            "--bucket",
            "versions",
            "--versioning-configuration",
            "Status=Enabled",
        ],
    );
    let at = Address::new("versions", "a b/ä");
    write(store.as_ref(), "versions", "a b/ä", b"one").await;
    write(store.as_ref(), "versions", "a b/ä", b"two").await;
    write(store.as_ref(), "versions", "a b/ä2", b"another key").await;
    assert!(
        store
            .delete("versions", std::slice::from_ref(&at.key))
            .await
            .unwrap()
            .is_empty()
    );
    let versions = store.versions(&at).await.unwrap();
    assert_eq!(versions.len(), 3, "{versions:?}");
    assert!(versions[0].is_delete_marker && versions[0].is_latest);
    assert!(versions.iter().all(|version| version.key == at.key));
    let error = read(store.as_ref(), &at, &GetOptions::default()).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NotFound), "{error}");

    let oldest = versions
        .iter()
        .find(|version| version.bytes == 3 && version.etag == "f97c5d29941bfb1b2fdab0874906ab82");
    let oldest = oldest.unwrap().version.clone();
    let old = GetOptions {
        version: Some(oldest.clone()),
        ..GetOptions::default()
    };
    assert_eq!(read(store.as_ref(), &at, &old).await.unwrap(), b"one");
    assert_eq!(
        store.details(&at, Some(&oldest)).await.unwrap().version,
        Some(oldest.clone())
    );

    // What is in folders is not directly there, and what is there still is not deleted.
    write(store.as_ref(), "versions", "a b/sub/gone", b"deeper").await;
    let deeper = ["a b/sub/gone".to_owned()];
    assert!(store.delete("versions", &deeper).await.unwrap().is_empty());
    let deleted = store.deleted("versions", "a b/", None).await.unwrap();
    assert_eq!(deleted.next, None);
    assert_eq!(deleted.marks, versions[..1]);

    // Without the mark the object is back.
    store.delete_version(&at, &versions[0].version).await.unwrap();
    assert!(store.deleted("versions", "a b/", None).await.unwrap().marks.is_empty());
    assert_eq!(read(store.as_ref(), &at, &GetOptions::default()).await.unwrap(), b"two");
    store.delete_version(&at, &oldest).await.unwrap();
    assert_eq!(store.versions(&at).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_bucket_is_told_in_words() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("in-words").await.unwrap();
    let rules = r#"{"Rules": [{"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}]}"#;
    aws(
        &server,
        &[
            "put-bucket-lifecycle-configuration",
            "--bucket",
            "in-words",
            "--lifecycle-configuration",
            rules,
        ],
    );
    let details = store.bucket_details("in-words").await.unwrap();
    assert_eq!(
        details.lifecycle,
        ["Objects under logs/ are deleted 30 days after they were written"]
    );
    let fact = |label: &str| {
        let found = details.facts.iter().find(|(name, _)| name == label);
        found.map(|(_, words)| words.as_str()).unwrap_or_default()
    };
    assert_eq!(fact("Versioning"), "Off");
    assert_eq!(fact("Encryption"), "None by default");
    assert_eq!(fact("Public access"), "This server does not say");
    assert_eq!(details.region.as_deref(), Some("us-east-1"));
    assert!(details.warnings.is_empty(), "{:?}", details.warnings);
    let error = store.bucket_details("no-such-bucket").await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoBucket), "{error}");
}

#[tokio::test]
async fn a_signed_link_opens_one_object_and_nothing_else() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("links").await.unwrap();
    let at = Address::new("links", "a b+ä/%2F.txt");
    write(store.as_ref(), "links", &at.key, b"hello").await;
    let link = store.signed_link(&at, Duration::from_mins(1)).await.unwrap();
    assert_eq!(status_of(link.expose()), 200);
    write(store.as_ref(), "links", "other", b"hello").await;
    let path_ends = link.expose().find('?').unwrap();
    let tampered = format!("{}/links/other{}", server.url(), &link.expose()[path_ends..]);
    assert_eq!(status_of(&tampered), 403);
    let longer = link.expose().replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    assert_eq!(status_of(&longer), 403);
    assert!(store.signed_link(&at, Duration::from_hours(200)).await.is_err());
    assert!(!format!("{link:?}").contains("Signature"));
}

#[tokio::test]
async fn encryption_is_chosen_and_seen() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("sse").await.unwrap();
    let at = Address::new("sse", "k");
    let options = PutOptions {
        encryption: Encryption::Provider,
        ..PutOptions::default()
    };
    store.put(&at, Bytes::from("hello"), &options).await.unwrap();
    assert_eq!(store.details(&at, None).await.unwrap().encryption, "SSE-S3");
    assert_eq!(
        read(store.as_ref(), &at, &GetOptions::default()).await.unwrap(),
        b"hello"
    );

    let server = Moto::start();
    let store = of_moto(&server);
    store.create_bucket("kms").await.unwrap();
    let key = "arn:aws:kms:us-east-1:123456789012:key/aloft";
    let options = PutOptions {
        encryption: Encryption::Kms(key.to_owned()),
        content_type: "text/x-aloft".to_owned(),
        ..PutOptions::default()
    };
    let at = Address::new("kms", "k");
    store.put(&at, Bytes::from("hello"), &options).await.unwrap();
    let details = store.details(&at, None).await.unwrap();
    assert_eq!(details.encryption, format!("SSE-KMS with key {key}"));
    assert_eq!(details.content_type, "text/x-aloft");
    let at = Address::new("kms", "in parts");
    let upload = store.begin_upload(&at, &options).await.unwrap();
    let part = store
        .put_part(&at, &upload, 1, 0, 5, Bytes::from("hello"))
        .await
        .unwrap();
    store.finish_upload(&at, &upload, &[part], &options).await.unwrap();
    assert_eq!(
        store.details(&at, None).await.unwrap().encryption,
        format!("SSE-KMS with key {key}")
    );
    assert_eq!(store.buckets().await.unwrap()[0].name, "kms");
}

#[tokio::test]
async fn tags_are_seen() {
    let server = seaweed();
    let store = admin(&server);
    store.create_bucket("tags").await.unwrap();
    write(store.as_ref(), "tags", "k", b"hello").await;
    aws(
        &server,
        &[
            "put-object-tagging",
            "--bucket",
            "tags",
            "--key",
            "k",
            "--tagging",
            "TagSet=[{Key=team,Value=ml}]",
        ],
    );
    let details = store.details(&Address::new("tags", "k"), None).await.unwrap();
    assert_eq!(details.tags, BTreeMap::from([("team".to_owned(), "ml".to_owned())]));
}
