//! Azure Blob Storage, in its REST protocol.
//!
//! An unfinished upload is the blob's uncommitted blocks; its id is the beginning of their
//! names. Azure forgets blocks by itself after a week, and when the blob is written.

mod account;
mod answer;
mod container;
mod request;
mod scan;
mod sign;
mod unfinished;

use std::sync::Arc;
use std::time::Duration;

use aloft_base::connection::{Provider, Spec};
use aloft_base::remote::Credential;
use aloft_base::secret::Secrets;
use aloft_base::{Redacted, env};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Method};
use md5::{Digest, Md5};

use self::account::{Account, Sign};
use self::request::Call;
use self::unfinished::block_name;
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::http::{Ask, Http};
use crate::media_type;
use crate::settle::settle;
use crate::store::{
    Ability, Bucket, BucketDetails, Download, Encryption, GetOptions, Limits, ListPage, ListRequest, ObjectDetails,
    Part, PendingUpload, PutOptions, Store, Written,
};
use crate::xml::Element;

/// Requests at once where many objects are deleted.
const AT_ONCE: usize = 16;
/// How long to wait between two looks at a copy that goes on.
const COPY_PAUSE: Duration = Duration::from_millis(500);

/// The storage of a connection to Azure.
pub(crate) fn open(name: &str, spec: &Spec, secrets: &Secrets) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(Azure {
        account: Account::of(name, spec, secrets, env::text)?,
        http: Http::new(spec)?,
        named: spec.buckets.clone(),
    }))
}

/// A storage account.
#[derive(Debug)]
struct Azure {
    account: Account,
    http: Http,
    /// Containers to show where listing them is not allowed.
    named: Vec<String>,
}

impl Azure {
    fn ask(&self, action: &str, at: &Address) -> Ask {
        Ask::new(action, self.url(at))
    }

    /// Whether a key is written under the name it has.
    fn check(&self, at: &Address, options: &PutOptions) -> Result<()> {
        if matches!(options.encryption, Encryption::Kms(_)) {
            return Err(self.cannot(Ability::ChooseEncryption));
        }
        if at.key.contains('\\') {
            return Err(CloudError::Key {
                key: at.key.clone(),
                why: "Azure takes a '\\' for a '/'",
            });
        }
        Ok(())
    }

    fn call(&self, method: Method, at: &Address, action: &str) -> Call {
        Call::new(method, &at.bucket, &at.key, self.ask(action, at))
    }

    async fn whole(&self, call: Call) -> Result<(http::response::Parts, Bytes)> {
        call.send_whole(&self.http, &self.account).await
    }

    async fn document(&self, call: Call, ask: &Ask) -> Result<(HeaderMap, Element)> {
        let (head, body) = self.whole(call).await?;
        let root = Element::parse(&body).map_err(|why| ask.odd(why))?;
        Ok((head.headers, root))
    }

    /// One page, as Azure gives it.
    async fn page(&self, request: &ListRequest, token: Option<&str>, include: Option<&str>) -> Result<ListPage> {
        let at = Address::new(&request.bucket, "");
        let ask = self.ask("list", &Address::new(&request.bucket, &request.prefix));
        let mut call = Call::new(Method::GET, &at.bucket, "", ask.clone())
            .query("restype", "container")
            .query("comp", "list");
        if !request.prefix.is_empty() {
            call = call.query("prefix", &request.prefix);
        }
        if request.grouped {
            call = call.query("delimiter", "/");
        }
        if let Some(token) = token {
            call = call.query("marker", token);
        }
        if let Some(include) = include {
            call = call.query("include", include);
        }
        if let Some(limit) = request.limit {
            call = call.query("maxresults", limit.clamp(1, 5000).to_string());
        }
        Ok(answer::blobs(&self.document(call, &ask).await?.1))
    }

    /// The headers that say how a blob is to be.
    fn written_as(&self, mut call: Call, at: &Address, options: &PutOptions) -> Result<Call> {
        self.check(at, options)?;
        call = call.header(
            "x-ms-blob-content-type",
            media_type::chosen(&options.content_type, &at.key),
        )?;
        Self::metadata_and_condition(call, options)
    }

    fn metadata_and_condition(mut call: Call, options: &PutOptions) -> Result<Call> {
        for (name, value) in &options.metadata {
            call = call.header(&format!("x-ms-meta-{}", name.to_ascii_lowercase()), value)?;
        }
        if options.only_new {
            call = call.header("if-none-match", "*")?;
        }
        Ok(call)
    }

    /// Waits for a copy that the server goes on with by itself.
    async fn copied(&self, to: &Address, headers: HeaderMap) -> Result<Written> {
        let mut headers = headers;
        loop {
            match answer::header(&headers, "x-ms-copy-status") {
                "pending" => {}
                "failed" | "aborted" => {
                    let why = answer::header(&headers, "x-ms-copy-status-description");
                    return Err(self.ask("copy to", to).odd(format!("the copy ended: {why}")));
                }
                _ => return Ok(written(&headers)),
            }
            tokio::time::sleep(COPY_PAUSE).await;
            let call = self.call(Method::HEAD, to, "look at the copy to");
            headers = self.whole(call).await?.0.headers;
        }
    }
}

/// The MD5 of some bytes in Base64, computed aside when it takes long.
async fn md5_of(body: Bytes) -> Result<String> {
    let digest = move || BASE64_STANDARD.encode(Md5::digest(&body));
    tokio::task::spawn_blocking(digest)
        .await
        .map_err(|_runtime_ends| CloudError::Stopped)
}

fn written(headers: &HeaderMap) -> Written {
    let version = answer::header(headers, "x-ms-version-id");
    Written {
        etag: answer::unquoted(answer::header(headers, "etag")),
        version: Some(version.to_owned()).filter(|version| !version.is_empty()),
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

#[async_trait]
impl Store for Azure {
    fn provider(&self) -> Provider {
        Provider::Azure
    }

    fn can(&self, ability: Ability) -> bool {
        match ability {
            Ability::ListBuckets
            | Ability::CreateBucket
            | Ability::DeleteBucket
            | Ability::Tags
            | Ability::BucketDetails
            | Ability::PendingUploads
            | Ability::Copy => true,
            Ability::SignedLink => matches!(self.account.sign, Sign::Key(_)),
            Ability::Versions | Ability::ChooseEncryption => false,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            part_min: 1,
            part_max: 4000 << 20,
            parts_max: 50_000,
            part_step: 1,
            ordered: false,
            put_max: 5000 << 20,
            copy_max: u64::MAX,
        }
    }

    fn url(&self, at: &Address) -> String {
        format!("az://{}/{}", at.bucket, at.key)
    }

    async fn buckets(&self) -> Result<Vec<Bucket>> {
        self.containers().await
    }

    /// Azure cannot begin after a key: what comes before it is asked for and left out.
    async fn list(&self, request: &ListRequest) -> Result<ListPage> {
        let mut token = request.token.clone();
        loop {
            let mut page = self.page(request, token.as_deref(), None).await?;
            if let (None, Some(after)) = (&request.token, &request.start_after) {
                page.objects.retain(|object| object.key > *after);
                page.prefixes.retain(|prefix| prefix > after);
            }
            // A page may be empty though others follow.
            if page.token.is_none() || !page.objects.is_empty() || !page.prefixes.is_empty() {
                return Ok(page);
            }
            token = page.token;
        }
    }

    async fn details(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails> {
        let mut call = self.call(Method::HEAD, at, "read the details of");
        if let Some(version) = version {
            call = call.query("versionid", version);
        }
        let headers = self.whole(call).await?.0.headers;
        let mut details = answer::details(&headers);
        if !answer::header(&headers, "x-ms-tag-count").is_empty() {
            let ask = self.ask("read the tags of", at);
            let call = self.call(Method::GET, at, "read the tags of").query("comp", "tags");
            // Tags have a permission of their own; without it the rest is still worth showing.
            match self.document(call, &ask).await {
                Ok((_, root)) => details.tags = answer::tags(&root),
                Err(error) if error.meaning() == Some(Meaning::PermissionDenied) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(details)
    }

    async fn get(&self, at: &Address, options: &GetOptions) -> Result<Download> {
        let mut call = self.call(Method::GET, at, "read");
        if let Some(version) = &options.version {
            call = call.query("versionid", version);
        }
        if let Some(range) = &options.range {
            call = call.header("x-ms-range", &format!("bytes={}-{}", range.start, range.end.max(1) - 1))?;
        }
        if let Some(etag) = &options.if_match {
            call = call.header("if-match", &format!("\"{etag}\""))?;
        }
        let (head, body) = call.send(&self.http, &self.account).await?.into_parts();
        let range = answer::header(&head.headers, "content-range");
        let total = match range.rsplit_once('/') {
            Some((_, total)) => total,
            None => answer::header(&head.headers, "content-length"),
        };
        let ask = self.ask("read", at);
        Ok(Download {
            total_bytes: total
                .parse()
                .map_err(|_not_a_number| ask.odd("it does not say how long it is"))?,
            etag: answer::unquoted(answer::header(&head.headers, "etag")),
            modified_ms: answer::time_ms(answer::header(&head.headers, "last-modified")),
            checksums: answer::checksums(&head.headers),
            body: crate::http::stream_of(ask, body),
        })
    }

    async fn put(&self, at: &Address, body: Bytes, options: &PutOptions) -> Result<Written> {
        let call = self
            .call(Method::PUT, at, "write")
            .header("x-ms-blob-type", "BlockBlob")?
            .header("content-md5", &md5_of(body.clone()).await?)?
            .body(body.clone());
        let call = self.written_as(call, at, options)?;
        match self.whole(call).await {
            Ok(answer) => Ok(written(&answer.0.headers)),
            Err(error) => settle(self, at, &body, taken(error, options.only_new)).await,
        }
    }

    async fn delete(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, CloudError)>> {
        let one = |key: String| async move {
            let at = Address::new(bucket, &key);
            let call = match self
                .call(Method::DELETE, &at, "delete")
                .header("x-ms-delete-snapshots", "include")
            {
                Ok(call) => call,
                Err(error) => return Some((key, error)),
            };
            match self.whole(call).await {
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
        // Without the container nothing of it can be deleted: one error says it for all.
        if let Some(place) = failed
            .iter()
            .position(|(_, error)| error.meaning() == Some(Meaning::NoBucket))
        {
            return Err(failed.swap_remove(place).1);
        }
        Ok(failed)
    }

    /// Asks nothing: an upload is its blocks.
    async fn begin_upload(&self, at: &Address, options: &PutOptions) -> Result<String> {
        self.check(at, options)?;
        Ok(aloft_base::id::new('u'))
    }

    async fn put_part(
        &self,
        at: &Address,
        upload: &str,
        number: u32,
        _offset: u64,
        _total_bytes: u64,
        body: Bytes,
    ) -> Result<Part> {
        let name = block_name(upload, number);
        let checksum = md5_of(body.clone()).await?;
        let bytes = body.len() as u64;
        let call = self
            .call(Method::PUT, at, &format!("upload part {number} of"))
            .query("comp", "block")
            .query("blockid", &name)
            .header("content-md5", &checksum)?
            .body(body);
        self.whole(call).await?;
        Ok(Part {
            number,
            bytes,
            tag: name,
            checksum,
        })
    }

    /// The blocks of this upload, also when they have become the blob. None when it was just begun
    /// and also when it is gone: Azure knows no uploads, only blocks.
    async fn parts(&self, at: &Address, upload: &str) -> Result<Vec<Part>> {
        let blocks = self.all_blocks(at).await?;
        let own = blocks.into_iter().filter_map(|block| {
            let (_, number) = block.part().filter(|(of, _)| of == upload)?;
            Some(Part {
                number,
                bytes: block.bytes,
                tag: block.name,
                checksum: String::new(),
            })
        });
        let mut parts: Vec<Part> = own.collect();
        parts.sort_by_key(|part| part.number);
        parts.dedup_by_key(|part| part.number);
        Ok(parts)
    }

    /// The latest blocks of these names are meant: when the answer was lost, they are those of the
    /// blob already, and finishing once more changes nothing.
    async fn finish_upload(&self, at: &Address, upload: &str, parts: &[Part], options: &PutOptions) -> Result<Written> {
        let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for part in parts {
            list.push_str("<Latest>");
            list.push_str(&block_name(upload, part.number));
            list.push_str("</Latest>");
        }
        list.push_str("</BlockList>");
        let call = self
            .call(Method::PUT, at, "finish the upload of")
            .query("comp", "blocklist")
            .body(list.into());
        let call = self.written_as(call, at, options)?;
        let answer = self.whole(call).await.map_err(|error| taken(error, options.only_new))?;
        Ok(written(&answer.0.headers))
    }

    async fn abort_upload(&self, at: &Address, upload: &str) -> Result<()> {
        self.discard(at, upload).await
    }

    async fn pending_uploads(&self, bucket: &str, prefix: &str) -> Result<Vec<PendingUpload>> {
        self.unfinished(bucket, prefix).await
    }

    async fn copy(&self, from: &Address, to: &Address, _bytes: u64, options: &PutOptions) -> Result<Written> {
        self.check(to, options)?;
        let mut source = format!(
            "{}/{}/{}",
            self.account.base,
            crate::encode::segment(&from.bucket),
            request::path_of(&from.key)
        );
        if let Sign::Sas(token) = &self.account.sign {
            source = format!("{source}?{}", token.expose());
        }
        let call = self
            .call(Method::PUT, to, "copy to")
            .header("x-ms-copy-source", &source)?;
        let call = Self::metadata_and_condition(call, options)?;
        let answer = self.whole(call).await.map_err(|error| taken(error, options.only_new))?;
        self.copied(to, answer.0.headers).await
    }

    async fn create_bucket(&self, name: &str) -> Result<()> {
        let call = self
            .call(Method::PUT, &Address::new(name, ""), "create")
            .query("restype", "container");
        self.whole(call).await.map(drop)
    }

    async fn delete_bucket(&self, name: &str) -> Result<()> {
        self.delete_empty(name).await
    }

    async fn bucket_details(&self, bucket: &str) -> Result<BucketDetails> {
        self.container_details(bucket).await
    }

    async fn signed_link(&self, at: &Address, valid_for: Duration) -> Result<Redacted<String>> {
        let Sign::Key(key) = &self.account.sign else {
            return Err(self.cannot(Ability::SignedLink));
        };
        let pairs = self.granted(key.expose(), at, valid_for)?;
        let query = crate::encode::query(&pairs);
        Ok(Redacted::new(format!(
            "{}/{}/{}?{query}",
            self.account.base,
            crate::encode::segment(&at.bucket),
            request::path_of(&at.key)
        )))
    }

    async fn scan_options(&self, _bucket: &str) -> Result<Vec<(String, Redacted<String>)>> {
        Ok(self.options_of_scan())
    }

    async fn scan_credential(&self, bucket: &str) -> Result<Option<Credential>> {
        self.credential_of_scan(bucket)
    }
}
