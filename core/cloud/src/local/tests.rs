use futures_util::TryStreamExt;

use super::*;

async fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
    let root = tempfile::tempdir().unwrap();
    let spec = Spec {
        root: Some(root.path().display().to_string()),
        ..Spec::new(Provider::Local)
    };
    let store = open("Disk", &spec).unwrap();
    store.create_bucket("b").await.unwrap();
    (root, store)
}

fn body(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

#[tokio::test]
async fn what_is_deleted_leaves_no_empty_folders_and_no_temporary_files() {
    let (root, store) = store().await;
    let at = Address::new("b", "deep/er/file.csv");
    let options = PutOptions::default();
    store.put(&at, body("1"), &options).await.unwrap();
    store
        .put(&Address::new("b", "deep/kept/"), body(""), &options)
        .await
        .unwrap();
    let upload = store.begin_upload(&at, &options).await.unwrap();
    store.put_part(&at, &upload, 1, 0, 1, body("2")).await.unwrap();
    store.abort_upload(&at, &upload).await.unwrap();
    assert!(store.delete("b", &[at.key]).await.unwrap().is_empty());
    let deep = root.path().join("b/deep");
    assert_eq!(std::fs::read_dir(&deep).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(root.path().join("b")).unwrap().count(), 1);
    assert!(store.delete("b", &["deep/kept/".into()]).await.unwrap().is_empty());
    assert!(!deep.exists());
    store.delete_bucket("b").await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_written_into_while_it_is_read_is_not_taken_for_whole() {
    let (root, store) = store().await;
    let path = root.path().join("b/big");
    std::fs::write(&path, vec![1_u8; 2 << 20]).unwrap();
    let download = store
        .get(&Address::new("b", "big"), &GetOptions::default())
        .await
        .unwrap();
    std::fs::write(&path, vec![2_u8; 1 << 20]).unwrap();
    let error = download.body.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error, CloudError::SourceChanged { .. }), "{error}");
}

#[tokio::test]
async fn parts_may_come_in_any_order_but_not_over_each_other_nor_with_a_gap() {
    let (_root, store) = store().await;
    let at = Address::new("b", "file");
    let options = PutOptions::default();
    let upload = store.begin_upload(&at, &options).await.unwrap();
    let second = store.put_part(&at, &upload, 2, 3, 6, body("def")).await.unwrap();
    let over = store.put_part(&at, &upload, 3, 4, 6, body("xx")).await.unwrap_err();
    assert_eq!(over.meaning(), Some(Meaning::Invalid));
    let gap = store
        .finish_upload(&at, &upload, std::slice::from_ref(&second), &options)
        .await;
    assert_eq!(gap.unwrap_err().meaning(), Some(Meaning::Invalid));
    let first = store.put_part(&at, &upload, 1, 0, 6, body("abc")).await.unwrap();
    let written = store
        .finish_upload(&at, &upload, &[first, second], &options)
        .await
        .unwrap();
    assert_eq!(store.details(&at, None).await.unwrap().etag, written.etag);
    let error = store.parts(&Address::new("b", "file"), "../../x").await.unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::NoUpload));
}

#[tokio::test]
async fn a_folder_and_a_file_cannot_have_the_same_name() {
    let (_root, store) = store().await;
    let options = PutOptions::default();
    store.put(&Address::new("b", "a/b"), body("1"), &options).await.unwrap();
    let error = store
        .put(&Address::new("b", "a"), body("1"), &options)
        .await
        .unwrap_err();
    assert_eq!(error.meaning(), Some(Meaning::Conflict), "{error}");
    let error = store
        .put(&Address::new("b", "a/b/c"), body("1"), &options)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
    assert_eq!(store.buckets().await.unwrap()[0].name, "b");
}

#[test]
fn a_connection_without_a_whole_path_is_refused() {
    for root in [None, Some(String::new()), Some("relative/folder".to_owned())] {
        let spec = Spec {
            root,
            ..Spec::new(Provider::Local)
        };
        let error = open("Disk", &spec).unwrap_err();
        assert!(error.to_string().contains("The connection 'Disk'"), "{error}");
    }
}
