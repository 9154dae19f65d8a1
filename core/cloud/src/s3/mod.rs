//! S3: Amazon's, and servers that speak as it does, through its REST API. Nothing stands between a key and the
//! server that could change it.

mod bucket;
mod call;
mod checks;
mod client;
mod copy;
mod delete;
mod lifecycle;
mod list;
mod object;
mod refuse;
mod scan;
mod sign;
#[cfg(test)]
mod tests;
mod upload;
mod xml;

use std::time::Duration;

use aloft_base::Redacted;
use aloft_base::connection::{Provider, Spec};
use aloft_base::remote::Credential;
use aloft_base::secret::Secrets;
use async_trait::async_trait;
use bytes::Bytes;

use crate::address::Address;
use crate::error::{CloudError, Result};
use crate::settle::settle;
use crate::store::{
    Ability, Bucket, BucketDetails, DeletedPage, Download, GetOptions, Limits, ListPage, ListRequest, ObjectDetails,
    ObjectVersion, Part, PendingUpload, PutOptions, Store, Written,
};
use checks::Checks;
use client::Client;

/// The storage of one connection.
#[derive(Debug)]
pub(crate) struct S3 {
    name: String,
    provider: Provider,
    client: Client,
    checks: Checks,
    /// Buckets to show where listing them is not allowed.
    named_buckets: Vec<String>,
}

impl S3 {
    /// Opens the storage of a connection; `name` is what errors call it. Nothing is asked of the server yet.
    pub(crate) fn open(name: &str, spec: &Spec, secrets: &Secrets) -> Result<Self> {
        let client = Client::new(name, spec, secrets)?;
        Ok(Self {
            name: name.to_owned(),
            provider: spec.provider,
            checks: Checks::new(&client),
            client,
            named_buckets: spec.buckets.clone(),
        })
    }
}

/// How an address is written.
fn text_of(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{key}")
}

/// As [`text_of`].
fn url_of(at: &Address) -> String {
    text_of(&at.bucket, &at.key)
}

#[async_trait]
impl Store for S3 {
    fn provider(&self) -> Provider {
        self.provider
    }

    fn can(&self, ability: Ability) -> bool {
        match ability {
            Ability::SignedLink => !self.client.is_anonymous(),
            _ => true,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            part_min: 5 << 20,
            part_max: 5 << 30,
            parts_max: 10_000,
            part_step: 1,
            ordered: false,
            put_max: 5 << 30,
            // Beyond what one request can, a copy is made in parts.
            copy_max: 5 << 40,
        }
    }

    fn url(&self, at: &Address) -> String {
        url_of(at)
    }

    async fn buckets(&self) -> Result<Vec<Bucket>> {
        self.list_buckets().await
    }

    async fn list(&self, request: &ListRequest) -> Result<ListPage> {
        self.list_page(request).await
    }

    async fn details(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails> {
        self.look_at(at, version).await
    }

    async fn get(&self, at: &Address, options: &GetOptions) -> Result<Download> {
        self.read(at, options).await
    }

    async fn put(&self, at: &Address, body: Bytes, options: &PutOptions) -> Result<Written> {
        match self.write(at, body.clone(), options).await {
            Err(error) => settle(self, at, &body, error).await,
            written => written,
        }
    }

    async fn delete(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, CloudError)>> {
        self.delete_all(bucket, keys).await
    }

    async fn begin_upload(&self, at: &Address, options: &PutOptions) -> Result<String> {
        self.begin(at, options).await
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
        self.send_part(at, upload, number, body).await
    }

    async fn parts(&self, at: &Address, upload: &str) -> Result<Vec<Part>> {
        self.list_parts(at, upload).await
    }

    async fn finish_upload(&self, at: &Address, upload: &str, parts: &[Part], options: &PutOptions) -> Result<Written> {
        self.finish(at, upload, parts, options).await
    }

    async fn abort_upload(&self, at: &Address, upload: &str) -> Result<()> {
        self.forget(at, upload).await
    }

    async fn pending_uploads(&self, bucket: &str, prefix: &str) -> Result<Vec<PendingUpload>> {
        self.list_uploads(bucket, prefix).await
    }

    async fn copy(&self, from: &Address, to: &Address, bytes: u64, options: &PutOptions) -> Result<Written> {
        self.copy_object(from, to, bytes, options).await
    }

    async fn create_bucket(&self, name: &str) -> Result<()> {
        self.make_bucket(name).await
    }

    async fn delete_bucket(&self, name: &str) -> Result<()> {
        self.remove_bucket(name).await
    }

    async fn bucket_details(&self, bucket: &str) -> Result<BucketDetails> {
        self.look_at_bucket(bucket).await
    }

    async fn versions(&self, at: &Address) -> Result<Vec<ObjectVersion>> {
        self.list_versions(at).await
    }

    async fn deleted(&self, bucket: &str, prefix: &str, next: Option<(String, String)>) -> Result<DeletedPage> {
        self.list_deleted(bucket, prefix, next).await
    }

    async fn delete_version(&self, at: &Address, version: &str) -> Result<()> {
        self.delete_one(at, Some(version)).await
    }

    async fn signed_link(&self, at: &Address, valid_for: Duration) -> Result<Redacted<String>> {
        // A link is signed for one region and does not follow redirects.
        self.find_region(&at.bucket).await?;
        self.client.link(&at.bucket, &at.key, valid_for.as_secs()).await
    }

    async fn scan_options(&self, bucket: &str) -> Result<Vec<(String, Redacted<String>)>> {
        // Polars does not follow a bucket to its region. Where that cannot be told, reading says why.
        drop(self.find_region(bucket).await);
        Ok(scan::options(&self.client, bucket))
    }

    async fn scan_credential(&self, _bucket: &str) -> Result<Option<Credential>> {
        scan::credential(&self.client).await
    }
}
