//! What cannot be reached from outside, against a real server; and refusals that no server here can be made to give,
//! against answers as Amazon documents them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use aloft_base::connection::SignIn;
use aloft_rigs::SeaweedFs;
use futures_util::TryStreamExt as _;

use super::*;
use crate::error::Meaning;

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

/// Gives these answers, one after the other, and tells the heads of the requests it got.
fn answering(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut heads = vec![];
        for answer in answers {
            let head = loop {
                let (mut stream, _) = listener.accept().unwrap();
                if let Some(head) = head_of(&mut stream) {
                    stream.write_all(answer.as_bytes()).unwrap();
                    break head;
                }
            };
            heads.push(head);
        }
        heads
    };
    let thread = std::thread::Builder::new().name("answers".into()).spawn(serve).unwrap();
    (url, thread)
}

/// The head of a request whose body was read as well; nothing when none was sent.
fn head_of(stream: &mut TcpStream) -> Option<String> {
    let mut got = vec![];
    let mut piece = [0_u8; 4096];
    loop {
        let length = stream.read(&mut piece).unwrap();
        if length == 0 {
            return None;
        }
        got.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&got).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(head.to_owned());
            }
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn error(code: &str, more: &str) -> String {
    format!("<Error><Code>{code}</Code>{more}</Error>")
}

/// The value of a header; empty when it is not there.
fn header_of<'a>(head: &'a str, name: &str) -> &'a str {
    let found = head
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_default()
}

fn open_at(url: &str, sign_in: SignIn) -> S3 {
    let spec = Spec {
        sign_in,
        endpoint: Some(url.to_owned()),
        ..Spec::new(Provider::S3Compatible)
    };
    let secrets = Secrets::from([("secret_access_key".into(), Redacted::new("secret".to_owned()))]);
    S3::open("rig", &spec, &secrets).unwrap()
}

fn keys() -> SignIn {
    SignIn::Keys {
        access_key_id: "id".into(),
    }
}

const LIST: &str = "<ListBucketResult></ListBucketResult>";

fn list() -> ListRequest {
    ListRequest {
        bucket: "b".into(),
        ..ListRequest::default()
    }
}

#[tokio::test]
async fn the_region_of_a_bucket_is_found_out_once() {
    let wrong = error("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>");
    let (url, heads) = answering(vec![
        answer("400 Bad Request", "", &wrong),
        answer("200 OK", "", LIST),
        answer("200 OK", "", LIST),
    ]);
    let store = open_at(&url, keys());
    store.list(&list()).await.unwrap();
    store.list(&list()).await.unwrap();
    let heads = heads.join().unwrap();
    let signed_for = |head: &str, region: &str| header_of(head, "authorization").contains(&format!("/{region}/s3/"));
    assert!(signed_for(&heads[0], "us-east-1"), "{}", heads[0]);
    assert!(signed_for(&heads[1], "eu-west-3"), "{}", heads[1]);
    assert!(signed_for(&heads[2], "eu-west-3"), "{}", heads[2]);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_put_right_once() {
    let skewed = error("RequestTimeTooSkewed", "");
    let dated = "Date: Mon, 24 Nov 2036 20:13:48 GMT\r\n";
    let (url, heads) = answering(vec![
        answer("403 Forbidden", dated, &skewed),
        answer("200 OK", "", LIST),
        answer("403 Forbidden", dated, &skewed),
    ]);
    let store = open_at(&url, keys());
    store.list(&list()).await.unwrap();
    // The same offset again would change nothing.
    let refused = store.list(&list()).await.unwrap_err();
    let heads = heads.join().unwrap();
    assert!(
        header_of(&heads[1], "x-amz-date").starts_with("20361124T20"),
        "{}",
        heads[1]
    );
    assert_eq!(refused.meaning(), Some(Meaning::ClockSkew));
}

#[tokio::test]
async fn keys_that_ended_are_fetched_anew() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("keys.sh");
    let text = r#"cd "$(dirname "$0")"; echo x >> calls; n=$(wc -l < calls | tr -d ' ')
echo "{\"Version\": 1, \"AccessKeyId\": \"KEY$n\", \"SecretAccessKey\": \"s\"}""#;
    std::fs::write(&script, text).unwrap();
    let (url, heads) = answering(vec![
        answer("400 Bad Request", "", &error("ExpiredToken", "")),
        answer("200 OK", "", LIST),
    ]);
    let command = format!("sh {}", script.display());
    open_at(&url, SignIn::Process { command }).list(&list()).await.unwrap();
    let heads = heads.join().unwrap();
    let signed_by = |head: &str, key: &str| header_of(head, "authorization").contains(&format!("Credential={key}/"));
    assert!(
        signed_by(&heads[0], "KEY1") && signed_by(&heads[1], "KEY2"),
        "{heads:?}"
    );
}

#[tokio::test]
async fn a_success_that_holds_an_error_is_none() {
    let done = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    let (url, heads) = answering(vec![
        answer("200 OK", "", &error("InternalError", "")),
        answer("503 Slow Down", "Retry-After: 0\r\n", &error("SlowDown", "")),
        answer("200 OK", "", done),
        answer("200 OK", "", &error("AccessDenied", "")),
    ]);
    let store = open_at(&url, keys());
    let at = Address::new("b", "k");
    let written = store
        .finish_upload(&at, "u", &[], &PutOptions::default())
        .await
        .unwrap();
    assert_eq!(written.etag, "e-1");
    let refused = store.copy(&at, &at, 1, &PutOptions::default()).await.unwrap_err();
    assert_eq!(refused.meaning(), Some(Meaning::PermissionDenied));
    assert_eq!(heads.join().unwrap().len(), 4);
}

#[tokio::test]
async fn the_hash_is_signed_until_the_server_is_known_to_check_the_checksum() {
    let says = "x-amz-checksum-crc64nvme: rosUhgp5mIg=\r\nETag: \"e\"\r\n";
    let (url, heads) = answering(vec![answer("200 OK", says, ""), answer("200 OK", says, "")]);
    let store = open_at(&url, keys());
    let at = Address::new("b", "k");
    for _ in 0..2 {
        let body = Bytes::from_static(b"123456789");
        store.put(&at, body, &PutOptions::default()).await.unwrap();
    }
    let heads = heads.join().unwrap();
    for head in &heads {
        assert_eq!(header_of(head, checks::CRC), "rosUhgp5mIg=");
    }
    let hash = sign::hash(b"123456789");
    assert_eq!(header_of(&heads[0], "x-amz-content-sha256"), hash);
    assert_eq!(header_of(&heads[1], "x-amz-content-sha256"), sign::UNSIGNED);
}

#[tokio::test]
async fn a_server_that_wants_no_checksum_gets_the_signed_hash() {
    let unknown = error(
        "InvalidRequest",
        "<Message>Unsupported header x-amz-checksum-crc64nvme</Message>",
    );
    let (url, heads) = answering(vec![
        answer("400 Bad Request", "", &unknown),
        answer("200 OK", "", ""),
        answer("200 OK", "", "<I><UploadId>u</UploadId></I>"),
    ]);
    let store = open_at(&url, keys());
    let at = Address::new("b", "k");
    let body = Bytes::from_static(b"123456789");
    store.put(&at, body, &PutOptions::default()).await.unwrap();
    store.begin_upload(&at, &PutOptions::default()).await.unwrap();
    let heads = heads.join().unwrap();
    assert_eq!(header_of(&heads[1], checks::CRC), "");
    assert_eq!(header_of(&heads[1], "x-amz-content-sha256"), sign::hash(b"123456789"));
    assert_eq!(header_of(&heads[2], "x-amz-checksum-algorithm"), "");
}
