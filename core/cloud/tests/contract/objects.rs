//! Objects: written, read, described, copied, deleted.

use std::collections::BTreeMap;

use aloft_cloud::{Ability, Address, GetOptions, ListRequest, Meaning, PutOptions, Store};
use bytes::Bytes;
use futures_util::TryStreamExt;

use crate::backend::{Backend, bytes};

/// Reads a whole object, or a range of it.
pub(crate) async fn read(store: &dyn Store, at: &Address, options: &GetOptions) -> Vec<u8> {
    let download = store.get(at, options).await.unwrap();
    let chunks: Vec<Bytes> = download.body.try_collect().await.unwrap();
    chunks.concat()
}

pub(crate) async fn buckets_come_and_go(backend: &Backend) {
    let (store, bucket) = backend.bucket("come-and-go").await;
    let names = || async {
        let buckets = store.buckets().await.unwrap();
        buckets.into_iter().map(|bucket| bucket.name).collect::<Vec<_>>()
    };
    assert!(names().await.contains(&bucket));
    if backend.quirks.refuses_own_bucket {
        let again = store.create_bucket(&bucket).await.unwrap_err();
        assert_eq!(again.meaning(), Some(Meaning::Conflict), "{again}");
    }
    let details = store.bucket_details(&bucket).await.unwrap();
    assert!(details.warnings.is_empty(), "{details:?}");
    let at = Address::new(&bucket, "last");
    store.put(&at, bytes(3), &PutOptions::default()).await.unwrap();
    let full = store.delete_bucket(&bucket).await.unwrap_err();
    assert_eq!(full.meaning(), Some(Meaning::Conflict), "{full}");
    assert!(store.delete(&bucket, &["last".into()]).await.unwrap().is_empty());
    store.delete_bucket(&bucket).await.unwrap();
    assert!(!names().await.contains(&bucket));
}

pub(crate) async fn what_was_written_is_read(backend: &Backend) {
    let (store, bucket) = backend.bucket("written").await;
    for length in [0, 1, 70_000, 3 << 20] {
        let at = Address::new(&bucket, format!("of/{length}.bin"));
        let written = store.put(&at, bytes(length), &PutOptions::default()).await.unwrap();
        let download = store.get(&at, &GetOptions::default()).await.unwrap();
        assert_eq!(download.total_bytes, length as u64);
        assert_eq!(download.etag, written.etag);
        let chunks: Vec<Bytes> = download.body.try_collect().await.unwrap();
        assert!(chunks.concat() == bytes(length), "{length}");
    }
    // Written over.
    let at = Address::new(&bucket, "of/1.bin");
    let before = store.details(&at, None).await.unwrap().etag;
    let after = store.put(&at, bytes(9), &PutOptions::default()).await.unwrap().etag;
    assert_ne!(before, after);
    assert_eq!(read(&*store, &at, &GetOptions::default()).await, bytes(9));
}

pub(crate) async fn ranges_and_conditions(backend: &Backend) {
    let (store, bucket) = backend.bucket("ranges").await;
    let at = Address::new(&bucket, "range.bin");
    let etag = store
        .put(&at, bytes(100_000), &PutOptions::default())
        .await
        .unwrap()
        .etag;
    for range in [0..1, 10..2000, 99_999..100_000, 99_000..200_000] {
        let end = range.end.min(100_000) as usize;
        let options = GetOptions {
            range: Some(range.clone()),
            ..GetOptions::default()
        };
        let download = store.get(&at, &options).await.unwrap();
        assert_eq!(download.total_bytes, 100_000, "{range:?}");
        let chunks: Vec<Bytes> = download.body.try_collect().await.unwrap();
        assert!(
            chunks.concat() == bytes(100_000)[range.start as usize..end],
            "{range:?}"
        );
    }
    if !backend.quirks.conditions {
        return;
    }
    let same = GetOptions {
        range: Some(5..9),
        if_match: Some(etag),
        version: None,
    };
    assert_eq!(read(&*store, &at, &same).await, bytes(100)[5..9]);
    store.put(&at, bytes(50), &PutOptions::default()).await.unwrap();
    let error = store.get(&at, &same).await.err().unwrap();
    assert_eq!(error.meaning(), Some(Meaning::Changed), "{error}");
}

pub(crate) async fn an_object_is_not_written_over_when_it_is_to_be_new(backend: &Backend) {
    if !backend.quirks.conditions {
        return;
    }
    let (store, bucket) = backend.bucket("new").await;
    let at = Address::new(&bucket, "new.bin");
    let only_new = PutOptions {
        only_new: true,
        ..PutOptions::default()
    };
    store.put(&at, bytes(10), &only_new).await.unwrap();
    let error = store.put(&at, bytes(20), &only_new).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Conflict), "{error}");
    assert_eq!(read(&*store, &at, &GetOptions::default()).await, bytes(10));
}

pub(crate) async fn details_tell_what_was_written(backend: &Backend) {
    let (store, bucket) = backend.bucket("details").await;
    let at = Address::new(&bucket, "table.csv");
    let mut options = PutOptions::default();
    if backend.quirks.metadata {
        options.metadata = BTreeMap::from([("origin".to_owned(), "a rig of ours".to_owned())]);
    }
    let written = store.put(&at, bytes(1234), &options).await.unwrap();
    let details = store.details(&at, None).await.unwrap();
    assert_eq!(details.bytes, 1234);
    assert_eq!(details.etag, written.etag);
    assert_eq!(details.content_type, "text/csv");
    assert_eq!(details.metadata, options.metadata);
    let age_ms = aloft_base::time::now_ms() - details.modified_ms.unwrap();
    assert!(age_ms.abs() < 600_000, "{age_ms}");
    if backend.quirks.metadata {
        options.content_type = "application/x-ours".to_owned();
        store.put(&at, bytes(1), &options).await.unwrap();
        assert_eq!(
            store.details(&at, None).await.unwrap().content_type,
            "application/x-ours"
        );
    }
}

pub(crate) async fn any_key_is_written_listed_read_and_deleted(backend: &Backend) {
    let (store, bucket) = backend.bucket("odd").await;
    for (index, key) in backend.odd_keys.iter().enumerate() {
        let at = Address::new(&bucket, key);
        let body = bytes(index + 1);
        let written = store.put(&at, body.clone(), &PutOptions::default()).await;
        written.unwrap_or_else(|error| panic!("{key:?}: {error}"));
        let listed = store
            .list(&ListRequest {
                bucket: bucket.clone(),
                prefix: key.clone(),
                ..ListRequest::default()
            })
            .await
            .unwrap();
        assert!(
            listed.objects.iter().any(|object| object.key == *key),
            "{key:?}: {listed:?}"
        );
        assert_eq!(read(&*store, &at, &GetOptions::default()).await, body, "{key:?}");
        let details = store.details(&at, None).await.unwrap();
        assert_eq!(details.bytes, body.len() as u64, "{key:?}");
    }
    let mut all = crate::lists::keys_under(&*store, &bucket, "", None).await;
    let mut expected = backend.odd_keys.clone();
    expected.sort();
    all.sort();
    assert_eq!(all, expected);
    for key in &backend.refused_keys {
        let at = Address::new(&bucket, *key);
        let error = store.put(&at, bytes(1), &PutOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("cannot be used here"), "{key:?}: {error}");
        assert!(store.get(&at, &GetOptions::default()).await.is_err(), "{key:?}");
    }
    assert!(store.delete(&bucket, &backend.odd_keys).await.unwrap().is_empty());
    let left = crate::lists::keys_under(&*store, &bucket, "", None).await;
    assert!(left.is_empty(), "{left:?}");
}

pub(crate) async fn what_is_not_there_counts_as_deleted(backend: &Backend) {
    let (store, bucket) = backend.bucket("deleted").await;
    store
        .put(&Address::new(&bucket, "there"), bytes(1), &PutOptions::default())
        .await
        .unwrap();
    let failed = store
        .delete(&bucket, &["there".into(), "never/was/there".into()])
        .await
        .unwrap();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(
        store
            .details(&Address::new(&bucket, "there"), None)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

pub(crate) async fn copies_are_made_on_the_server(backend: &Backend) {
    let (store, bucket) = backend.bucket("copies").await;
    let (_, other) = backend.bucket("copies-other").await;
    let from = Address::new(&bucket, "from ü+.csv");
    store.put(&from, bytes(5000), &PutOptions::default()).await.unwrap();
    for to in [
        Address::new(&bucket, "to/a copy.csv"),
        Address::new(&other, "elsewhere.csv"),
    ] {
        assert!(store.can(Ability::Copy));
        store.copy(&from, &to, 5000, &PutOptions::default()).await.unwrap();
        assert_eq!(read(&*store, &to, &GetOptions::default()).await, bytes(5000));
        assert_eq!(store.details(&to, None).await.unwrap().content_type, "text/csv");
    }
    let missing = Address::new(&bucket, "nowhere");
    let error = store
        .copy(&missing, &from, 1, &PutOptions::default())
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(read(&*store, &from, &GetOptions::default()).await, bytes(5000));
}

pub(crate) async fn links_serve_anybody(backend: &Backend) {
    let (store, bucket) = backend.bucket("links").await;
    if !store.can(Ability::SignedLink) {
        return;
    }
    let at = Address::new(&bucket, "a b/ü.csv");
    store.put(&at, bytes(500), &PutOptions::default()).await.unwrap();
    let link = store.signed_link(&at, std::time::Duration::from_mins(5)).await.unwrap();
    let (status, body) = crate::refusals::fetch(link.expose());
    assert_eq!((status, body.len()), (200, 500));
    let (status, _) = crate::refusals::fetch(&link.expose().replace("%C3%BC", "x"));
    // Who checks no signature finds nothing at another address.
    assert!(status == 403 || (status == 404 && backend.wrong.is_none()), "{status}");
}
