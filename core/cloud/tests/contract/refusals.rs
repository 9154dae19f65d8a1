//! Refusals and failures, by their meaning and in words.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_base::{Explain, Redacted};
use aloft_cloud::{Ability, Address, CloudError, GetOptions, ListRequest, Meaning, PutOptions, open};

use crate::backend::{Backend, bytes};
use crate::objects::read;

pub(crate) async fn a_missing_bucket_is_called_so(backend: &Backend) {
    let store = backend.store();
    let bucket = "contract-never-made";
    let request = ListRequest {
        bucket: bucket.to_owned(),
        ..ListRequest::default()
    };
    let at = Address::new(bucket, "key");
    for error in [
        store.list(&request).await.unwrap_err(),
        store.put(&at, bytes(1), &PutOptions::default()).await.unwrap_err(),
        store.delete_bucket(bucket).await.unwrap_err(),
        store.bucket_details(bucket).await.unwrap_err(),
    ] {
        assert_eq!(error.meaning(), Some(Meaning::NoBucket), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("name of the bucket")));
    }
}

pub(crate) async fn a_missing_object_is_called_so(backend: &Backend) {
    let (store, bucket) = backend.bucket("missing").await;
    let at = Address::new(&bucket, "not/there.csv");
    for error in [
        store.get(&at, &GetOptions::default()).await.err().unwrap(),
        store.details(&at, None).await.unwrap_err(),
    ] {
        assert_eq!(error.meaning(), Some(Meaning::NotFound), "{error}");
        assert!(error.to_string().contains("not/there.csv"), "{error}");
    }
}

pub(crate) async fn wrong_keys_are_not_let_in(backend: &Backend) {
    let Some(wrong) = &backend.wrong else { return };
    let store = open("Rig", &backend.spec, wrong).unwrap();
    let error = store
        .list(&ListRequest {
            bucket: "contract-written".to_owned(),
            ..ListRequest::default()
        })
        .await
        .unwrap_err();
    let is_refused = matches!(
        error.meaning(),
        Some(Meaning::Unauthenticated | Meaning::PermissionDenied)
    );
    assert!(is_refused, "{error:?}");
    for secret in wrong.values().chain(backend.secrets.values()) {
        assert!(!format!("{error} {error:?} {store:?}").contains(secret.expose()));
    }
}

pub(crate) async fn what_cannot_be_done_says_so(backend: &Backend) {
    let (store, bucket) = backend.bucket("cannot").await;
    let at = Address::new(&bucket, "k");
    store.put(&at, bytes(1), &PutOptions::default()).await.unwrap();
    if !store.can(Ability::Versions) {
        let error = store.versions(&at).await.unwrap_err();
        assert!(matches!(error, CloudError::Unsupported { .. }), "{error}");
        let error = store.deleted(&bucket, "", None).await.unwrap_err();
        assert!(matches!(error, CloudError::Unsupported { .. }), "{error}");
    }
    if !store.can(Ability::PendingUploads) {
        let error = store.pending_uploads(&bucket, "").await.unwrap_err();
        assert!(error.to_string().contains(backend.spec.provider.label()), "{error}");
    }
    if !store.can(Ability::SignedLink) {
        let error = store
            .signed_link(&at, std::time::Duration::from_mins(1))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("signed link"), "{error}");
    }
}

/// A signature for one blob: it reads that, and nothing else; and not after it was changed.
pub(crate) async fn a_shared_access_signature_reads_and_no_more(backend: &Backend) {
    let (store, bucket) = backend.bucket("sas").await;
    let (at, other) = (Address::new(&bucket, "a b/ü.csv"), Address::new(&bucket, "other.csv"));
    for at in [&at, &other] {
        store.put(at, bytes(700), &PutOptions::default()).await.unwrap();
    }
    let link = store.signed_link(&at, std::time::Duration::from_mins(5)).await.unwrap();
    let with = |token: &str| {
        let secrets = Secrets::from([("sas_token".to_owned(), Redacted::new(token.to_owned()))]);
        let spec = Spec {
            sign_in: SignIn::Sas,
            ..backend.spec.clone()
        };
        open("Rig", &spec, &secrets).unwrap()
    };
    // The whole link may be pasted.
    let store = with(link.expose());
    assert_eq!(read(&*store, &at, &GetOptions::default()).await, bytes(700));
    let range = GetOptions {
        range: Some(10..20),
        ..GetOptions::default()
    };
    assert_eq!(read(&*store, &at, &range).await, bytes(700)[10..20]);
    for error in [
        store.put(&at, bytes(1), &PutOptions::default()).await.unwrap_err(),
        store.get(&other, &GetOptions::default()).await.err().unwrap(),
        with(&link.expose().replace("sig=", "sig=x"))
            .details(&at, None)
            .await
            .unwrap_err(),
    ] {
        let meaning = error.meaning();
        assert!(
            matches!(meaning, Some(Meaning::Unauthenticated | Meaning::PermissionDenied)),
            "{error:?}"
        );
        let token = link.expose().rsplit_once("sig=").unwrap().1;
        assert!(!format!("{error} {error:?} {store:?}").contains(token), "{error:?}");
    }
}

/// Nobody listens any more; or, for a folder, it is not there any more.
pub(crate) async fn a_server_that_is_gone_is_a_network_error(backend: &Backend) {
    let mut spec = backend.spec.clone();
    if spec.provider == Provider::Local {
        spec.root = Some("/nowhere/at/all".to_owned());
        let error = open("Rig", &spec, &backend.secrets)
            .unwrap()
            .buckets()
            .await
            .unwrap_err();
        assert!(
            error.is_not_found() && error.to_string().contains("/nowhere/at/all"),
            "{error}"
        );
        return;
    }
    let port = aloft_rigs::free_port();
    spec.endpoint = Some(format!("http://127.0.0.1:{port}"));
    let error = open("Rig", &spec, &backend.secrets)
        .unwrap()
        .buckets()
        .await
        .unwrap_err();
    assert!(matches!(error, CloudError::Network { .. }), "{error}");
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    for secret in backend.secrets.values() {
        assert!(!format!("{error} {error:?}").contains(secret.expose()));
    }
}

/// What anybody gets who opens a link: the status and the body.
pub(crate) fn fetch(link: &str) -> (u16, Vec<u8>) {
    let (host, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
    (status, answer[end + 4..].to_vec())
}
