//! Google Cloud Storage, in its JSON protocol.
//!
//! The `ETag` of an object is its generation: another number each time it is written, and the
//! one condition that every request takes.

mod answer;
mod finish;
mod list;
mod request;
mod session;
mod sign_in;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aloft_base::connection::{Provider, Spec};
use aloft_base::remote::Credential;
use aloft_base::secret::Secrets;
use aloft_base::{Redacted, env};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::Method;
use http::header::{ACCEPT_ENCODING, RANGE};
use serde_json::{Value, json};

use self::answer::{Resource, Rewrite};
use self::request::{Call, bucket_path, object_path};
use self::session::{STEP, Session, Standing};
use self::sign_in::Account;
use crate::address::Address;
use crate::error::{CloudError, Meaning, Refusal, Result};
use crate::http::{Ask, Http};
use crate::media_type;
use crate::settle::settle;
use crate::store::{
    Ability, Bucket, BucketDetails, Download, Encryption, GetOptions, Limits, ListPage, ListRequest, ObjectDetails,
    Part, PutOptions, Store, Written,
};

/// Requests at once where many objects are deleted.
const AT_ONCE: usize = 16;

/// The storage of a connection to Google.
pub(crate) fn open(name: &str, spec: &Spec, secrets: &Secrets) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(Gcs {
        account: Account::of(name, spec, secrets, env::text)?,
        http: Http::new(spec)?,
        named: spec.buckets.clone(),
        location: spec.region.clone(),
        is_silent: AtomicBool::new(false),
    }))
}

/// The buckets of a project.
#[derive(Debug)]
struct Gcs {
    account: Account,
    http: Http,
    /// Buckets to show where listing them is not allowed.
    named: Vec<String>,
    /// Where new buckets are made.
    location: Option<String>,
    /// Whether the server does not say which generation the bytes that it sends are of.
    is_silent: AtomicBool,
}

impl Gcs {
    fn ask(&self, action: &str, at: &Address) -> Ask {
        Ask::new(action, self.url(at))
    }

    /// A request about an object.
    fn object(&self, method: Method, at: &Address, action: &str) -> Call {
        let path = object_path(&at.bucket, &at.key);
        Call::new(method, path, Meaning::NotFound, self.ask(action, at))
    }

    /// A request about a bucket, at a path below its own.
    fn bucket(&self, method: Method, name: &str, below: &str, action: &str) -> Call {
        let path = format!("{}{below}", bucket_path(name));
        Call::new(
            method,
            path,
            Meaning::NoBucket,
            self.ask(action, &Address::new(name, "")),
        )
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, call: &Call) -> Result<T> {
        call.send_json(&self.http, &self.account).await
    }

    fn session<'a>(&'a self, at: &'a Address, upload: &str) -> Session<'a> {
        Session {
            http: &self.http,
            account: &self.account,
            bucket: &at.bucket,
            key: &at.key,
            id: Redacted::new(upload.to_owned()),
        }
    }

    /// How an object is to be, as Google wants to read it.
    fn described(&self, at: &Address, options: &PutOptions) -> Result<Value> {
        self.check(options)?;
        let mut resource = json!({
            "name": at.key,
            "contentType": media_type::chosen(&options.content_type, &at.key),
        });
        if !options.metadata.is_empty() {
            resource["metadata"] = json!(options.metadata);
        }
        Ok(resource)
    }

    fn check(&self, options: &PutOptions) -> Result<()> {
        match options.encryption {
            Encryption::Kms(_) => Err(self.cannot(Ability::ChooseEncryption)),
            _ => Ok(()),
        }
    }
}

/// CRC-32C as Google writes it.
fn crc32c(body: &[u8]) -> String {
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, body) as u32;
    BASE64_STANDARD.encode(sum.to_be_bytes())
}

fn written(resource: &Resource) -> Written {
    Written {
        etag: resource.generation.clone(),
        version: Some(resource.generation.clone()).filter(|generation| !generation.is_empty()),
    }
}

/// A condition that nothing be there fails as one that it be the same; but it means another thing.
fn taken(error: CloudError, only_new: bool) -> CloudError {
    match error {
        CloudError::Refused(mut refusal) if only_new && refusal.meaning == Meaning::Changed => {
            refusal.meaning = Meaning::Conflict;
            CloudError::Refused(refusal)
        }
        other => other,
    }
}

/// The object's description and its bytes, as `multipart/related`, and the type that says so.
fn related(resource: &Value, content_type: &str, body: &Bytes) -> (String, Bytes) {
    let boundary = aloft_base::id::new('b');
    let boundary = format!("aloft-{boundary}-{:x}", body.len());
    let head = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{resource}\r\n--{boundary}\r\nContent-Type: {content_type}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let mut whole = BytesMut::with_capacity(head.len() + body.len() + tail.len());
    whole.extend_from_slice(head.as_bytes());
    whole.extend_from_slice(body);
    whole.extend_from_slice(tail.as_bytes());
    (format!("multipart/related; boundary={boundary}"), whole.freeze())
}

#[async_trait]
impl Store for Gcs {
    fn provider(&self) -> Provider {
        Provider::Gcs
    }

    fn can(&self, ability: Ability) -> bool {
        match ability {
            Ability::ListBuckets
            | Ability::CreateBucket
            | Ability::DeleteBucket
            | Ability::BucketDetails
            | Ability::Copy => true,
            Ability::SignedLink => self.account.can_sign(),
            Ability::Versions | Ability::Tags | Ability::ChooseEncryption | Ability::PendingUploads => false,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            part_min: STEP,
            part_max: 1 << 30,
            parts_max: u32::MAX,
            part_step: STEP,
            ordered: true,
            put_max: 5 << 40,
            copy_max: u64::MAX,
        }
    }

    fn url(&self, at: &Address) -> String {
        format!("gs://{}/{}", at.bucket, at.key)
    }

    async fn buckets(&self) -> Result<Vec<Bucket>> {
        self.all_buckets().await
    }

    async fn list(&self, request: &ListRequest) -> Result<ListPage> {
        self.page(request).await
    }

    async fn details(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails> {
        let mut call = self.object(Method::GET, at, "read the details of");
        if let Some(version) = version {
            call = call.query("generation", version);
        }
        let resource: Resource = self.json(&call).await?;
        Ok(resource.into_details())
    }

    async fn get(&self, at: &Address, options: &GetOptions) -> Result<Download> {
        let ask = self.ask("read", at);
        // The bytes as they are stored, also where they are compressed.
        let mut call = self
            .object(Method::GET, at, "read")
            .query("alt", "media")
            .header(ACCEPT_ENCODING, "gzip")?;
        if let Some(version) = &options.version {
            call = call.query("generation", version);
        }
        if let Some(range) = &options.range {
            call = call.header(RANGE, &format!("bytes={}-{}", range.start, range.end.max(1) - 1))?;
        }
        if let Some(generation) = &options.if_match {
            call = call.query("ifGenerationMatch", generation);
        }
        // Asked for before the bytes: a server with one thread answers nothing else while it sends them.
        let asked = if self.is_silent.load(Ordering::Relaxed) {
            Some(self.details(at, None).await?.etag)
        } else {
            None
        };
        let (head, body) = call.send(&self.http, &self.account).await?.into_parts();
        let headers = &head.headers;
        let told = answer::header(headers, "x-goog-generation");
        let etag = match asked {
            _ if !told.is_empty() => told.to_owned(),
            Some(etag) => etag,
            None => {
                // Google says it; an imitation may not.
                self.is_silent.store(true, Ordering::Relaxed);
                drop(body);
                return self.get(at, options).await;
            }
        };
        let range = answer::header(headers, "content-range");
        let total = match range.rsplit_once('/') {
            Some((_, total)) => total,
            None => answer::header(headers, "content-length"),
        };
        let total_bytes = total
            .parse()
            .map_err(|_not_a_number| ask.odd("it does not say how long it is"))?;
        if options.if_match.as_ref().is_some_and(|wanted| *wanted != etag) {
            return Err(CloudError::Refused(Box::new(Refusal {
                meaning: Meaning::Changed,
                action: ask.action,
                on: ask.on,
                status: 0,
                code: String::new(),
                message: String::new(),
                retry_after: None,
                region: None,
                is_repeated: false,
            })));
        }
        Ok(Download {
            total_bytes,
            etag,
            modified_ms: answer::header_time_ms(answer::header(headers, "last-modified")),
            checksums: answer::checksums(headers),
            body: crate::http::stream_of(ask, body),
        })
    }

    async fn put(&self, at: &Address, body: Bytes, options: &PutOptions) -> Result<Written> {
        let mut resource = self.described(at, options)?;
        // Google refuses the object when other bytes arrive.
        resource["crc32c"] = json!(crc32c(&body));
        let content_type = media_type::chosen(&options.content_type, &at.key);
        let (related_type, whole) = related(&resource, content_type, &body);
        let path = format!("/upload{}/o", bucket_path(&at.bucket));
        let mut call = Call::new(Method::POST, path, Meaning::NoBucket, self.ask("write", at))
            .query("uploadType", "multipart")
            .query("name", &at.key)
            .body(&related_type, whole)?;
        if options.only_new {
            call = call.query("ifGenerationMatch", "0");
        }
        let answer: Result<Resource> = self.json(&call).await;
        match answer {
            Ok(resource) => Ok(written(&resource)),
            Err(error) => settle(self, at, &body, taken(error, options.only_new)).await,
        }
    }

    async fn delete(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, CloudError)>> {
        let one = |key: String| async move {
            let call = self.object(Method::DELETE, &Address::new(bucket, &key), "delete");
            match call.send_whole(&self.http, &self.account).await {
                Err(error) if error.meaning() != Some(Meaning::NotFound) => Some((key, error)),
                _ => None,
            }
        };
        let mut failed: Vec<_> = stream::iter(keys.to_vec())
            .map(one)
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        // Without the bucket nothing of it can be deleted: one error says it for all.
        if let Some(place) = failed
            .iter()
            .position(|(_, error)| error.meaning() == Some(Meaning::NoBucket))
        {
            return Err(failed.swap_remove(place).1);
        }
        Ok(failed)
    }

    async fn begin_upload(&self, at: &Address, options: &PutOptions) -> Result<String> {
        let resource = self.described(at, options)?;
        let ask = self.ask("begin the upload of", at);
        let (bucket, key) = (&at.bucket, &at.key);
        let begun = session::begin(&self.http, &self.account, bucket, key, &resource, options.only_new, ask).await;
        begun.map_err(|error| taken(error, options.only_new))
    }

    async fn put_part(
        &self,
        at: &Address,
        upload: &str,
        number: u32,
        offset: u64,
        total_bytes: u64,
        body: Bytes,
    ) -> Result<Part> {
        let ask = self.ask(&format!("upload part {number} of"), at);
        let checksum = crc32c(&body);
        let standing = self.session(at, upload).send(offset, total_bytes, &body, ask).await?;
        Ok(Part {
            number,
            bytes: body.len() as u64,
            // The last part makes the object.
            tag: match standing {
                Standing::Waits(_) => String::new(),
                Standing::Done(resource) => resource.generation,
            },
            checksum,
        })
    }

    fn part_checksum(&self, body: &[u8]) -> String {
        crc32c(body)
    }

    /// One part that covers what has arrived.
    async fn parts(&self, at: &Address, upload: &str) -> Result<Vec<Part>> {
        let ask = self.ask("find the uploaded parts of", at);
        let (bytes, tag) = match self.session(at, upload).standing(ask).await? {
            Standing::Waits(0) => return Ok(vec![]),
            Standing::Waits(bytes) => (bytes, String::new()),
            Standing::Done(resource) => (resource.bytes(), resource.generation),
        };
        Ok(vec![Part {
            number: 1,
            bytes,
            tag,
            checksum: String::new(),
        }])
    }

    async fn finish_upload(&self, at: &Address, upload: &str, parts: &[Part], options: &PutOptions) -> Result<Written> {
        self.finish(at, upload, parts, options.only_new).await
    }

    async fn abort_upload(&self, at: &Address, upload: &str) -> Result<()> {
        self.session(at, upload)
            .cancel(self.ask("abort the upload of", at))
            .await
    }

    async fn copy(&self, from: &Address, to: &Address, _bytes: u64, options: &PutOptions) -> Result<Written> {
        self.check(options)?;
        let target = object_path(&to.bucket, &to.key);
        let target = target.trim_start_matches("/storage/v1/");
        let path = format!("{}/rewriteTo/{target}", object_path(&from.bucket, &from.key));
        let mut token: Option<String> = None;
        loop {
            let mut call = Call::new(Method::POST, path.clone(), Meaning::NotFound, self.ask("copy", from));
            if options.only_new {
                call = call.query("ifGenerationMatch", "0");
            }
            if let Some(token) = &token {
                call = call.query("rewriteToken", token);
            }
            if options.metadata.is_empty() {
                call = call.body("application/json", "")?;
            } else {
                // What is sent takes the place of all that the source says of itself.
                call = call.body(
                    "application/json; charset=UTF-8",
                    self.described(to, options)?.to_string(),
                )?;
            }
            let answer: Result<Rewrite> = self.json(&call).await;
            let answer = answer.map_err(|error| taken(error, options.only_new))?;
            match (answer.done, answer.resource, answer.token) {
                (true, Some(resource), _) => return Ok(written(&resource)),
                (false, _, Some(next)) => token = Some(next),
                _ => return Err(self.ask("copy", from).odd("it neither ends nor goes on")),
            }
        }
    }

    async fn create_bucket(&self, name: &str) -> Result<()> {
        let Some(project) = &self.account.project else {
            return Err(CloudError::Settings {
                message: "A bucket of Google belongs to a project, and this connection names none".to_owned(),
                hint: "Name the project in the connection's settings.".to_owned(),
            });
        };
        let mut resource = json!({"name": name});
        if let Some(location) = &self.location {
            resource["location"] = json!(location);
        }
        let ask = self.ask("create", &Address::new(name, ""));
        let call = Call::new(Method::POST, "/storage/v1/b".to_owned(), Meaning::NotFound, ask)
            .query("project", project)
            .body("application/json; charset=UTF-8", resource.to_string())?;
        call.send_whole(&self.http, &self.account).await.map(drop)
    }

    async fn delete_bucket(&self, name: &str) -> Result<()> {
        let call = self.bucket(Method::DELETE, name, "", "delete");
        let answer = call.send_whole(&self.http, &self.account).await;
        // An imitation calls it a condition that the bucket be empty.
        answer.map(drop).map_err(|error| taken(error, true))
    }

    async fn bucket_details(&self, bucket: &str) -> Result<BucketDetails> {
        let resource: Value = self
            .json(&self.bucket(Method::GET, bucket, "", "read the settings of"))
            .await?;
        // The policy has a permission of its own; without it the rest is still worth showing.
        let policy: Result<Value> = self
            .json(&self.bucket(Method::GET, bucket, "/iam", "read the access policy of"))
            .await;
        Ok(words::of(&resource, policy.ok().as_ref()))
    }

    async fn signed_link(&self, at: &Address, valid_for: Duration) -> Result<Redacted<String>> {
        let link = self.account.link(&at.bucket, &at.key, valid_for).await?;
        link.ok_or_else(|| self.cannot(Ability::SignedLink))
    }

    async fn scan_options(&self, _bucket: &str) -> Result<Vec<(String, Redacted<String>)>> {
        Ok(self.account.scan_options())
    }

    /// An empty token where nobody asks for one: with it polars looks for no other sign-in.
    async fn scan_credential(&self, _bucket: &str) -> Result<Option<Credential>> {
        Ok(Some(Credential::Bearer(
            self.account.token().await?.unwrap_or_default(),
        )))
    }
}
