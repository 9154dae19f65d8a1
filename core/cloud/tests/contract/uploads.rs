//! Uploads in parts: continued by another store, aborted, lost.

use aloft_cloud::{Ability, Address, GetOptions, Meaning, Part, PutOptions, Store};

use crate::backend::{Backend, bytes};
use crate::objects::read;

/// A size of parts that the store takes.
fn part_bytes(store: &dyn Store) -> usize {
    let limits = store.limits();
    limits.part_min.max(limits.part_step).max(256 << 10) as usize
}

/// Sends part `number` of a body whose parts are `size` long.
async fn send(store: &dyn Store, at: &Address, upload: &str, number: u32, size: usize, total: usize) -> Part {
    let offset = (number as usize - 1) * size;
    let body = bytes(total).slice(offset..(offset + size).min(total));
    let sent = store
        .put_part(at, upload, number, offset as u64, total as u64, body.clone())
        .await
        .unwrap();
    assert_eq!(sent.bytes, body.len() as u64);
    sent
}

pub(crate) async fn an_upload_goes_on_with_another_store(backend: &Backend) {
    let (store, bucket) = backend.bucket("goes-on").await;
    let at = Address::new(&bucket, "large ü/file.parquet");
    let mut options = PutOptions::default();
    if backend.quirks.metadata {
        options.metadata.insert("origin".to_owned(), "a rig of ours".to_owned());
    }
    let size = part_bytes(&*store);
    let total = 2 * size + 1000;
    let upload = store.begin_upload(&at, &options).await.unwrap();
    let is_ordered = store.limits().ordered;
    if is_ordered {
        send(&*store, &at, &upload, 1, size, total).await;
    } else {
        send(&*store, &at, &upload, 3, size, total).await;
        send(&*store, &at, &upload, 1, size, total).await;
    }
    assert!(store.details(&at, None).await.unwrap_err().is_not_found());
    drop(store);

    let store = backend.store();
    let mut parts = if backend.quirks.status {
        let parts = store.parts(&at, &upload).await.unwrap();
        let sent: u64 = parts.iter().map(|part| part.bytes).sum();
        let expected = if is_ordered { size } else { size + 1000 };
        assert_eq!(sent, expected as u64, "{parts:?}");
        parts
    } else {
        vec![]
    };
    if store.can(Ability::PendingUploads) {
        let pending = store.pending_uploads(&bucket, "large").await.unwrap();
        assert_eq!(pending.len(), 1, "{pending:?}");
        assert_eq!(
            (pending[0].key.as_str(), pending[0].upload.as_str()),
            (at.key.as_str(), upload.as_str())
        );
        assert!(store.pending_uploads(&bucket, "other").await.unwrap().is_empty());
    }
    parts.push(send(&*store, &at, &upload, 2, size, total).await);
    if is_ordered {
        parts.push(send(&*store, &at, &upload, 3, size, total).await);
    }
    parts.sort_by_key(|part| part.number);
    let written = store.finish_upload(&at, &upload, &parts, &options).await.unwrap();
    assert!(read(&*store, &at, &GetOptions::default()).await == bytes(total));
    let details = store.details(&at, None).await.unwrap();
    assert_eq!((details.bytes, details.etag), (total as u64, written.etag));
    assert_eq!(details.metadata, options.metadata);
    if store.can(Ability::PendingUploads) {
        assert!(store.pending_uploads(&bucket, "").await.unwrap().is_empty());
    }
}

pub(crate) async fn an_upload_that_was_aborted_leaves_nothing(backend: &Backend) {
    let (store, bucket) = backend.bucket("aborted").await;
    let at = Address::new(&bucket, "file.bin");
    let size = part_bytes(&*store);
    let upload = store.begin_upload(&at, &PutOptions::default()).await.unwrap();
    send(&*store, &at, &upload, 1, size, 2 * size).await;
    store.abort_upload(&at, &upload).await.unwrap();
    // Once more is as good.
    store.abort_upload(&at, &upload).await.unwrap();
    assert!(store.details(&at, None).await.unwrap_err().is_not_found());
    assert!(crate::lists::keys_under(&*store, &bucket, "", None).await.is_empty());
    if store.can(Ability::PendingUploads) {
        assert!(store.pending_uploads(&bucket, "").await.unwrap().is_empty());
    }
}

pub(crate) async fn aborting_keeps_what_was_there(backend: &Backend) {
    let (store, bucket) = backend.bucket("kept").await;
    let at = Address::new(&bucket, "file.bin");
    let options = PutOptions::default();
    store.put(&at, bytes(77), &options).await.unwrap();
    let size = part_bytes(&*store);
    let upload = store.begin_upload(&at, &options).await.unwrap();
    send(&*store, &at, &upload, 1, size, 2 * size).await;
    assert_eq!(read(&*store, &at, &GetOptions::default()).await, bytes(77));
    store.abort_upload(&at, &upload).await.unwrap();
    assert_eq!(read(&*store, &at, &GetOptions::default()).await, bytes(77));
    let keys = crate::lists::keys_under(&*store, &bucket, "", None).await;
    assert_eq!(keys, ["file.bin"]);
}

pub(crate) async fn a_lost_upload_says_so(backend: &Backend) {
    if !backend.quirks.status {
        return;
    }
    let (store, bucket) = backend.bucket("lost").await;
    let at = Address::new(&bucket, "file.bin");
    let options = PutOptions::default();
    let size = part_bytes(&*store);
    let mut upload = store.begin_upload(&at, &options).await.unwrap();
    let part = send(&*store, &at, &upload, 1, size, 2 * size).await;
    store.abort_upload(&at, &upload).await.unwrap();
    if !backend.quirks.aborts {
        upload.push('0');
    }
    if backend.quirks.knows_uploads {
        let error = store.parts(&at, &upload).await.unwrap_err();
        assert_eq!(error.meaning(), Some(Meaning::NoUpload), "{error}");
        if backend.quirks.refuses_lost_parts {
            let error = store
                .put_part(&at, &upload, 2, size as u64, 2 * size as u64, bytes(size))
                .await
                .unwrap_err();
            assert_eq!(error.meaning(), Some(Meaning::NoUpload), "{error}");
        }
    } else {
        // Another upload that ends takes the blocks away, as a week does.
        let other = store.begin_upload(&at, &options).await.unwrap();
        let part = send(&*store, &at, &other, 1, size, size).await;
        store.finish_upload(&at, &other, &[part], &options).await.unwrap();
        assert!(store.parts(&at, &upload).await.unwrap().is_empty());
    }
    if !backend.quirks.refuses_lost_parts {
        return;
    }
    let error = store.finish_upload(&at, &upload, &[part], &options).await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoUpload), "{error}");
}
