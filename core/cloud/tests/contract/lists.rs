//! Lists: in order, in pages, in groups.

use aloft_cloud::{Address, ListRequest, PutOptions, Store};
use futures_util::{StreamExt, stream};

use crate::backend::{Backend, bytes};

/// The keys and groups of a list, page by page, in the order they came.
async fn pages(store: &dyn Store, mut request: ListRequest) -> Vec<Vec<String>> {
    let mut all = vec![];
    loop {
        let page = store.list(&request).await.unwrap();
        let mut keys: Vec<_> = page
            .objects
            .into_iter()
            .map(|object| object.key)
            .chain(page.prefixes)
            .collect();
        keys.sort();
        all.push(keys);
        match page.token {
            Some(token) => request.token = Some(token),
            None => return all,
        }
    }
}

/// Every key under a prefix.
pub(crate) async fn keys_under(store: &dyn Store, bucket: &str, prefix: &str, limit: Option<u32>) -> Vec<String> {
    let request = ListRequest {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        limit,
        ..ListRequest::default()
    };
    pages(store, request).await.concat()
}

/// Writes empty objects.
async fn fill(store: &dyn Store, bucket: &str, keys: &[String]) {
    stream::iter(keys.to_vec())
        .map(|key| async move {
            let at = Address::new(bucket, key);
            store.put(&at, bytes(1), &PutOptions::default()).await.unwrap();
        })
        .buffer_unordered(16)
        .collect::<Vec<_>>()
        .await;
}

const KEYS: [&str; 9] = ["a!", "a.txt", "a/1", "a/b/2", "a/b0", "a0", "b/c/d/e", "ü/x", "z"];

/// Keys whose order the backend keeps.
fn keys_of(backend: &Backend) -> Vec<String> {
    let mut keys = KEYS.map(ToOwned::to_owned).to_vec();
    if !backend.quirks.order_of_keys {
        keys.retain(|key| key != "a!" && key != "a.txt");
    }
    keys.sort();
    keys
}

pub(crate) async fn pages_follow_each_other_in_the_order_of_keys(backend: &Backend) {
    let (store, bucket) = backend.bucket("lists").await;
    let flat = keys_of(backend);
    fill(&*store, &bucket, &flat).await;
    for limit in [1, 2, 4, 100] {
        let request = |prefix: &str, grouped| ListRequest {
            bucket: bucket.clone(),
            prefix: prefix.to_owned(),
            grouped,
            limit: Some(limit),
            ..ListRequest::default()
        };
        let found = pages(&*store, request("", false)).await;
        if backend.quirks.pages {
            assert!(
                found.iter().all(|page| page.len() <= limit as usize),
                "{limit}: {found:?}"
            );
        }
        assert_eq!(found.concat(), flat, "{limit}");
        for (prefix, expected) in [
            ("", &["a!", "a.txt", "a/", "a0", "b/", "z", "ü/"][..]),
            ("a/", &["a/1", "a/b/", "a/b0"][..]),
            ("a/b", &["a/b/", "a/b0"][..]),
            ("ü/", &["ü/x"][..]),
            ("nothing/", &[][..]),
        ] {
            let mut found = pages(&*store, request(prefix, true)).await.concat();
            // Groups and keys of one page come apart, so their order across pages is the provider's.
            found.sort();
            if !backend.quirks.groups_once {
                found.dedup();
            }
            let mut expected = expected.to_vec();
            expected.retain(|key| key.ends_with('/') || flat.iter().any(|written| written == key));
            assert_eq!(found, expected, "{prefix:?} {limit}");
        }
    }
}

pub(crate) async fn a_list_begins_after_a_key(backend: &Backend) {
    let (store, bucket) = backend.bucket("after").await;
    let flat = keys_of(backend);
    fill(&*store, &bucket, &flat).await;
    for (index, after) in flat.iter().enumerate() {
        let request = ListRequest {
            bucket: bucket.clone(),
            start_after: Some(after.clone()),
            limit: Some(3),
            ..ListRequest::default()
        };
        assert_eq!(pages(&*store, request).await.concat(), flat[index + 1..], "{after}");
    }
}

pub(crate) async fn more_keys_than_a_page(backend: &Backend) {
    if !backend.quirks.pages {
        return;
    }
    let (store, bucket) = backend.bucket("many").await;
    let keys: Vec<String> = (0..1203).map(|number| format!("many/{number:05}")).collect();
    fill(&*store, &bucket, &keys).await;
    assert_eq!(keys_under(&*store, &bucket, "many/", None).await, keys);
    assert_eq!(keys_under(&*store, &bucket, "many/", Some(500)).await, keys);
    assert!(store.delete(&bucket, &keys).await.unwrap().is_empty());
    assert!(keys_under(&*store, &bucket, "", None).await.is_empty());
}
