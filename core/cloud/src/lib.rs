//! Buckets: connect, browse and move data, the same way on S3, Google Cloud Storage, Azure
//! Blob Storage and local folders.
//!
//! Each provider is spoken to in its own protocol, so that any key lists, opens and deletes,
//! and nothing a bucket can say is lost on the way. Only this crate names `object_store` and
//! the providers' credential crates.

mod address;
mod azure;
mod check;
pub mod credentials;
mod encode;
mod endpoint;
mod error;
mod gcs;
mod http;
mod local;
mod media_type;
mod open;
mod range;
mod reach;
mod s3;
mod session;
mod settle;
mod store;
pub mod transfer;
mod xml;

pub use address::{Address, Scheme, Url};
pub use check::{Check, CheckState, CheckStep, check};
pub use error::{CloudError, Meaning, Refusal, Result};
pub use open::open;
pub use range::RangeReader;
pub use reach::Buckets;
pub use session::Session;
pub use store::{
    Ability, Bucket, BucketDetails, ByteStream, DeletedPage, Download, Encryption, GetOptions, Limits, ListPage,
    ListRequest, Object, ObjectDetails, ObjectVersion, Part, PendingUpload, PutOptions, Store, Written,
};
