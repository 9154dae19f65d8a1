//! What every kind of storage can do, behind one trait.

use std::collections::BTreeMap;
use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use aloft_base::Redacted;
use aloft_base::connection::Provider;
use aloft_base::remote::Credential;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::error::{CloudError, Result};

/// Bytes as they arrive.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// A bucket of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    pub name: String,
    pub created_ms: Option<i64>,
    pub region: Option<String>,
}

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// The whole key, exactly as it is.
    pub key: String,
    pub bytes: u64,
    /// Unix milliseconds.
    pub modified_ms: Option<i64>,
    /// Without quotation marks; empty where the provider has none.
    pub etag: String,
    /// The provider's word for it, as `STANDARD_IA`; empty when it said nothing.
    pub storage_class: String,
}

/// What is to be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    pub bucket: String,
    /// Only keys that begin so.
    pub prefix: String,
    /// Whether keys are grouped at the next `/` after the prefix, as folders are.
    pub grouped: bool,
    /// Where the page before this one ended.
    pub token: Option<String>,
    /// Only keys after this one, where there is no token.
    pub start_after: Option<String>,
    /// At most so many; the provider's own limit when absent.
    pub limit: Option<u32>,
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Groups, each with its trailing `/`.
    pub prefixes: Vec<String>,
    pub objects: Vec<Object>,
    /// Where the next page begins; nothing at the end.
    pub token: Option<String>,
}

/// Everything known of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ObjectDetails {
    pub bytes: u64,
    pub modified_ms: Option<i64>,
    pub etag: String,
    pub storage_class: String,
    pub content_type: String,
    /// As `("CRC64NVME", "base64…")`, in the provider's words.
    pub checksums: Vec<(String, String)>,
    /// As "SSE-KMS with key …"; empty when the provider said nothing.
    pub encryption: String,
    pub version: Option<String>,
    /// What the person who wrote it added.
    pub metadata: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
}

/// One version of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectVersion {
    pub key: String,
    pub version: String,
    pub is_latest: bool,
    /// A mark that says the object was deleted here.
    pub is_delete_marker: bool,
    pub bytes: u64,
    pub modified_ms: Option<i64>,
    pub etag: String,
}

/// A part of what was deleted and can be brought back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletedPage {
    /// The marks that say that an object was deleted, in the order of their keys.
    pub marks: Vec<ObjectVersion>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<(String, String)>,
}

/// What is known of a bucket. A part that could not be read says why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BucketDetails {
    pub region: Option<String>,
    /// Label and words, as `("Versioning", "On")`, in the order to show.
    pub facts: Vec<(String, String)>,
    /// What deserves attention, as "Anybody on the internet may read this bucket."
    pub warnings: Vec<String>,
    /// Lifecycle rules in words.
    pub lifecycle: Vec<String>,
}

/// An upload that was begun and not finished; its parts are stored, and billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingUpload {
    pub key: String,
    pub upload: String,
    pub started_ms: Option<i64>,
    /// Bytes of its parts, where the provider says.
    pub bytes: Option<u64>,
}

/// A part that the provider has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 1.
    pub number: u32,
    pub bytes: u64,
    /// What the provider calls it; needed to finish the upload.
    pub tag: String,
    /// The checksum that was sent with it, in the form the provider wants again at the end; may be empty.
    pub checksum: String,
}

/// How an object is encrypted where it rests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// As the bucket says.
    #[default]
    Bucket,
    /// With the provider's key (SSE-S3).
    Provider,
    /// With a key of the key management service (SSE-KMS); the bucket's own when empty.
    Kms(String),
}

/// How an object is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// Guessed from the key when empty.
    pub content_type: String,
    pub metadata: BTreeMap<String, String>,
    pub encryption: Encryption,
    /// Fail with [`Meaning::Conflict`](crate::error::Meaning) when the key is taken.
    pub only_new: bool,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub etag: String,
    pub version: Option<String>,
}

/// What is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetOptions {
    pub range: Option<Range<u64>>,
    /// Fail with [`Meaning::Changed`](crate::error::Meaning) when the object's `ETag` is another.
    pub if_match: Option<String>,
    pub version: Option<String>,
}

/// Bytes of an object on their way.
pub struct Download {
    /// Bytes of the whole object.
    pub total_bytes: u64,
    pub etag: String,
    pub modified_ms: Option<i64>,
    /// Checksums of the whole object, in the provider's words.
    pub checksums: Vec<(String, String)>,
    pub body: ByteStream,
}

/// How large parts may be and how they may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Smallest size of a part but the last.
    pub part_min: u64,
    pub part_max: u64,
    pub parts_max: u32,
    /// Every part but the last must be a multiple of this.
    pub part_step: u64,
    /// Parts must come in order and one at a time, as in a resumable session of Google.
    pub ordered: bool,
    /// Largest object that one request can write.
    pub put_max: u64,
    /// Largest object that one request can copy.
    pub copy_max: u64,
}

/// What not every provider can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ability {
    ListBuckets,
    CreateBucket,
    DeleteBucket,
    Versions,
    Tags,
    SignedLink,
    ChooseEncryption,
    PendingUploads,
    BucketDetails,
    Copy,
}

impl Ability {
    /// The ability as the subject of a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::ListBuckets => "Listing buckets",
            Self::CreateBucket => "Creating a bucket",
            Self::DeleteBucket => "Deleting a bucket",
            Self::Versions => "Showing versions",
            Self::Tags => "Showing tags",
            Self::SignedLink => "Making a signed link",
            Self::ChooseEncryption => "Choosing the encryption",
            Self::PendingUploads => "Finding unfinished uploads",
            Self::BucketDetails => "Showing the settings of a bucket",
            Self::Copy => "Copying on the server",
        }
    }
}

/// Storage that holds objects in buckets.
///
/// Every method tries again by itself what may succeed a moment later, but for the
/// streams: who reads a body asks again for the rest.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    fn provider(&self) -> Provider;

    /// Whether it can do this. What it cannot do answers [`CloudError::Unsupported`].
    fn can(&self, ability: Ability) -> bool;

    fn limits(&self) -> Limits;

    /// The address of something in it, as a person writes it.
    fn url(&self, at: &Address) -> String;

    async fn buckets(&self) -> Result<Vec<Bucket>>;

    async fn list(&self, request: &ListRequest) -> Result<ListPage>;

    async fn details(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails>;

    async fn get(&self, at: &Address, options: &GetOptions) -> Result<Download>;

    /// Writes a whole object in one request.
    async fn put(&self, at: &Address, body: Bytes, options: &PutOptions) -> Result<Written>;

    /// Deletes objects, as many requests as it takes. Answers those that could not be deleted, and why.
    /// A key that is not there counts as deleted.
    async fn delete(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, CloudError)>>;

    /// Begins an upload in parts and answers its id.
    async fn begin_upload(&self, at: &Address, options: &PutOptions) -> Result<String>;

    /// Sends a part. `offset` is where it begins in the object, `total_bytes` is the size of the whole
    /// object: providers whose parts are ordered need both.
    async fn put_part(
        &self,
        at: &Address,
        upload: &str,
        number: u32,
        offset: u64,
        total_bytes: u64,
        body: Bytes,
    ) -> Result<Part>;

    /// The checksum that [`Store::put_part`] answers for a part of these bytes, for one whose answer
    /// was lost. Empty where the provider tells the parts with something to compare them by.
    fn part_checksum(&self, _body: &[u8]) -> String {
        String::new()
    }

    /// The parts the provider has. Fails with [`Meaning::NoUpload`](crate::error::Meaning) when it does not know the upload.
    async fn parts(&self, at: &Address, upload: &str) -> Result<Vec<Part>>;

    /// Makes the object of its parts, which are given in order.
    async fn finish_upload(&self, at: &Address, upload: &str, parts: &[Part], options: &PutOptions) -> Result<Written>;

    /// Forgets an upload and its parts. One that is not known counts as forgotten.
    async fn abort_upload(&self, at: &Address, upload: &str) -> Result<()>;

    /// Uploads that were begun and not finished, of keys that begin so.
    async fn pending_uploads(&self, _bucket: &str, _prefix: &str) -> Result<Vec<PendingUpload>> {
        Err(self.cannot(Ability::PendingUploads))
    }

    /// Copies an object without its bytes passing through this machine.
    async fn copy(&self, _from: &Address, _to: &Address, _bytes: u64, _options: &PutOptions) -> Result<Written> {
        Err(self.cannot(Ability::Copy))
    }

    async fn create_bucket(&self, _name: &str) -> Result<()> {
        Err(self.cannot(Ability::CreateBucket))
    }

    /// Deletes an empty bucket.
    async fn delete_bucket(&self, _name: &str) -> Result<()> {
        Err(self.cannot(Ability::DeleteBucket))
    }

    async fn bucket_details(&self, _bucket: &str) -> Result<BucketDetails> {
        Err(self.cannot(Ability::BucketDetails))
    }

    /// The versions of one key, newest first.
    async fn versions(&self, _at: &Address) -> Result<Vec<ObjectVersion>> {
        Err(self.cannot(Ability::Versions))
    }

    /// Objects directly below a prefix whose newest version says that they were deleted, page by page: `next` is that of
    /// the page before.
    async fn deleted(&self, _bucket: &str, _prefix: &str, _next: Option<(String, String)>) -> Result<DeletedPage> {
        Err(self.cannot(Ability::Versions))
    }

    /// Deletes one version for good; a delete marker's removal brings the object back.
    async fn delete_version(&self, _at: &Address, _version: &str) -> Result<()> {
        Err(self.cannot(Ability::Versions))
    }

    /// A link with which anybody can read the object for a while.
    async fn signed_link(&self, _at: &Address, _valid_for: Duration) -> Result<Redacted<String>> {
        Err(self.cannot(Ability::SignedLink))
    }

    /// What polars needs to read this bucket by itself: its options and their values. They say
    /// everything that polars would else take from the environment, which is another's.
    async fn scan_options(&self, bucket: &str) -> Result<Vec<(String, Redacted<String>)>>;

    /// What polars signs its requests to this bucket with; nothing where they are not signed.
    async fn scan_credential(&self, _bucket: &str) -> Result<Option<Credential>> {
        Ok(None)
    }

    /// The error for what it cannot do.
    fn cannot(&self, ability: Ability) -> CloudError {
        CloudError::Unsupported {
            what: ability.label(),
            provider: self.provider().label(),
        }
    }
}
