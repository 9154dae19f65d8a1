//! What cannot be reached from outside, against a real server.

use aloft_base::connection::SignIn;
use aloft_rigs::SeaweedFs;
use futures_util::TryStreamExt as _;

use super::*;

fn open(server: &SeaweedFs) -> S3 {
    let spec = Spec {
        sign_in: SignIn::Keys {
            access_key_id: server.access_key().into(),
        },
        endpoint: Some(server.url()),
        ..Spec::new(Provider::S3Compatible)
    };
    let secrets = Secrets::from([(
        "secret_access_key".into(),
        Redacted::new(server.secret_key().to_owned()),
    )]);
    S3::open("rig", &spec, &secrets).unwrap()
}

#[tokio::test]
async fn a_large_copy_is_made_in_parts_and_keeps_what_was_added() {
    let server = SeaweedFs::start();
    let store = open(&server);
    store.create_bucket("copies").await.unwrap();
    let body: Vec<u8> = (0..11_u32 << 20).map(|i| (i / 251) as u8).collect();
    let from = Address::new("copies", "a + b/ä.csv");
    let to = Address::new("copies", "copy");
    let options = PutOptions {
        metadata: [("made-by".to_owned(), "jürgen".to_owned())].into(),
        ..PutOptions::default()
    };
    store.put(&from, Bytes::from(body.clone()), &options).await.unwrap();
    store
        .copy_in_parts(&from, &to, body.len() as u64, 5 << 20, &PutOptions::default())
        .await
        .unwrap();
    let details = store.details(&to, None).await.unwrap();
    assert_eq!(details.metadata, options.metadata);
    assert_eq!(details.content_type, "text/csv");
    let read = store.get(&to, &GetOptions::default()).await.unwrap();
    let pieces: Vec<Bytes> = read.body.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), body);

    // A source that is another one now leaves nothing behind.
    let error = store.copy_in_parts(&from, &to, 5, 5 << 20, &options).await.unwrap_err();
    assert!(matches!(error, CloudError::SourceChanged { .. }), "{error}");
    assert!(store.pending_uploads("copies", "").await.unwrap().is_empty());
}
