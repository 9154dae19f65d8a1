//! What works with a connection, tried for real: one line for each thing, and the permission that is missing.
//!
//! Writing is tried with an object of a few bytes under a name of its own, which is deleted again.

use aloft_base::connection::Provider;
use aloft_base::{ErrorKind, Explain, Report};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;

use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::store::{Ability, GetOptions, ListRequest, PutOptions, Store};

/// What is tried, in the order it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStep {
    SignIn,
    ListBuckets,
    List,
    Read,
    Write,
    Multipart,
    Delete,
}

impl CheckStep {
    pub const ALL: [Self; 7] = [
        Self::SignIn,
        Self::ListBuckets,
        Self::List,
        Self::Read,
        Self::Write,
        Self::Multipart,
        Self::Delete,
    ];

    /// The step as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::ListBuckets => "List buckets",
            Self::List => "List objects",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Multipart => "Upload in parts",
            Self::Delete => "Delete",
        }
    }

    /// The permission it needs, in the provider's own words.
    pub fn permission(self, provider: Provider) -> Option<&'static str> {
        const CONTAINERS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
        const BLOB_READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
        const BLOB_WRITE: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
        const BLOB_DELETE: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete";
        match (self, provider) {
            (Self::SignIn, _) => None,
            (Self::ListBuckets, Provider::S3 | Provider::S3Compatible) => Some("s3:ListAllMyBuckets"),
            (Self::List, Provider::S3 | Provider::S3Compatible) => Some("s3:ListBucket"),
            (Self::Read, Provider::S3 | Provider::S3Compatible) => Some("s3:GetObject"),
            (Self::Write | Self::Multipart, Provider::S3 | Provider::S3Compatible) => Some("s3:PutObject"),
            (Self::Delete, Provider::S3 | Provider::S3Compatible) => Some("s3:DeleteObject"),
            (Self::ListBuckets, Provider::Gcs) => Some("storage.buckets.list"),
            (Self::List, Provider::Gcs) => Some("storage.objects.list"),
            (Self::Read, Provider::Gcs) => Some("storage.objects.get"),
            (Self::Write | Self::Multipart, Provider::Gcs) => Some("storage.objects.create"),
            (Self::Delete, Provider::Gcs) => Some("storage.objects.delete"),
            (Self::ListBuckets, Provider::Azure) => Some(CONTAINERS),
            (Self::List | Self::Read, Provider::Azure) => Some(BLOB_READ),
            (Self::Write | Self::Multipart, Provider::Azure) => Some(BLOB_WRITE),
            (Self::Delete, Provider::Azure) => Some(BLOB_DELETE),
            (Self::ListBuckets | Self::List | Self::Read, Provider::Local) => Some("reading the folder"),
            (Self::Write | Self::Multipart | Self::Delete, Provider::Local) => Some("writing to the folder"),
        }
    }
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Ok,
    Failed,
    /// It could not be tried; the words say why.
    Skipped,
}

/// One line of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub step: CheckStep,
    pub state: CheckState,
    /// What was found, as a sentence.
    pub words: String,
    /// What this sign-in is not allowed, in the provider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<&'static str>,
}

/// Tries everything. `bucket` is where; without one the first of `known` is, else the first that can be
/// listed. Each line is told as soon as it is known; the answer holds all of them in order.
pub async fn check(
    store: &dyn Store,
    bucket: Option<&str>,
    known: &[String],
    told: &mut (dyn FnMut(&Check) + Send + Sync),
) -> Vec<Check> {
    let mut trial = Trial {
        store,
        told,
        lines: Vec::new(),
    };
    let wanted = bucket.map(str::to_owned).or_else(|| known.first().cloned());
    if let Some(bucket) = trial.sign_in(wanted).await {
        trial.in_bucket(&bucket).await;
    }
    trial.finished()
}

struct Trial<'a> {
    store: &'a dyn Store,
    told: &'a mut (dyn FnMut(&Check) + Send + Sync),
    lines: Vec<Check>,
}

impl Trial<'_> {
    /// Signs in and lists the buckets; answers the one to go on with.
    async fn sign_in(&mut self, wanted: Option<String>) -> Option<String> {
        let listed = if self.store.can(Ability::ListBuckets) {
            Some(self.store.buckets().await)
        } else {
            None
        };
        match listed {
            None => {
                self.line(
                    CheckStep::ListBuckets,
                    CheckState::Skipped,
                    "This way to sign in names its buckets itself",
                );
                // Whether the sign-in is accepted shows at the bucket.
                if wanted.is_none() {
                    self.skip_rest("Name a bucket to try it on");
                }
                wanted
            }
            Some(Ok(buckets)) => {
                self.line(CheckStep::SignIn, CheckState::Ok, "Accepted");
                let count = match buckets.len() {
                    0 => "There are none".to_owned(),
                    1 => "1 bucket".to_owned(),
                    many => format!("{many} buckets"),
                };
                self.line(CheckStep::ListBuckets, CheckState::Ok, &count);
                let bucket = wanted.or_else(|| buckets.into_iter().next().map(|bucket| bucket.name));
                if bucket.is_none() {
                    self.skip_rest("There is no bucket to try it on");
                }
                bucket
            }
            Some(Err(error)) if is_about_sign_in(&error) => {
                self.failed(CheckStep::SignIn, &error);
                self.skip_rest("Nothing can be tried before");
                None
            }
            Some(Err(error)) => {
                self.line(CheckStep::SignIn, CheckState::Ok, "Accepted");
                self.failed(CheckStep::ListBuckets, &error);
                if wanted.is_none() {
                    self.skip_rest("Name a bucket to try it on");
                }
                wanted
            }
        }
    }

    async fn in_bucket(&mut self, bucket: &str) {
        let Ok(first) = self.list(bucket).await else {
            return;
        };
        let own = Address::new(bucket, format!("aloft-test-{}", aloft_base::id::new('k')));
        let body = Bytes::from_static(b"Aloft tests this connection.\n");
        let written = self.store.put(&own, body, &PutOptions::default()).await;
        // An object that cannot be written is still no reason not to try to read one that is there.
        let readable = if written.is_ok() { Some(own.key.clone()) } else { first };
        match readable {
            None => self.line(CheckStep::Read, CheckState::Skipped, "There is no object to read"),
            Some(key) => match self.read(&Address::new(bucket, key)).await {
                Ok(()) => self.line(CheckStep::Read, CheckState::Ok, &format!("Read an object of {bucket}")),
                Err(error) => self.failed(CheckStep::Read, &error),
            },
        }
        let mut kept = Vec::new();
        match &written {
            Ok(_) => {
                self.line(
                    CheckStep::Write,
                    CheckState::Ok,
                    &format!("Wrote a small object to {bucket}"),
                );
                kept.push(own.clone());
            }
            Err(error) => self.failed(CheckStep::Write, error),
        }
        if let Err(error) = &written {
            let denied = error.meaning() == Some(Meaning::PermissionDenied);
            let why = if denied {
                "Writing is not allowed"
            } else {
                "Writing does not work"
            };
            self.line(CheckStep::Multipart, CheckState::Skipped, why);
        } else {
            let parts = Address::new(bucket, format!("{}-parts", own.key));
            match self.in_parts(&parts).await {
                Ok(()) => {
                    self.line(CheckStep::Multipart, CheckState::Ok, "Wrote one in parts");
                    kept.push(parts);
                }
                Err(error) => self.failed(CheckStep::Multipart, &error),
            }
        }
        self.delete(bucket, &kept).await;
    }

    /// Lists one object; answers its key. Fails when nothing more can be tried.
    async fn list(&mut self, bucket: &str) -> Result<Option<String>, ()> {
        let request = ListRequest {
            bucket: bucket.to_owned(),
            limit: Some(1),
            ..ListRequest::default()
        };
        let page = self.store.list(&request).await;
        let is_signed_in = self.lines.iter().any(|line| line.step == CheckStep::SignIn);
        match page {
            Ok(page) => {
                if !is_signed_in {
                    self.line(CheckStep::SignIn, CheckState::Ok, "Accepted");
                }
                let words = if page.objects.is_empty() {
                    format!("{bucket} is empty")
                } else {
                    format!("{bucket} can be listed")
                };
                self.line(CheckStep::List, CheckState::Ok, &words);
                Ok(page.objects.into_iter().next().map(|object| object.key))
            }
            Err(error) if !is_signed_in && is_about_sign_in(&error) => {
                self.failed(CheckStep::SignIn, &error);
                self.skip_rest("Nothing can be tried before");
                Err(())
            }
            Err(error) => {
                if !is_signed_in {
                    self.line(CheckStep::SignIn, CheckState::Ok, "Accepted");
                }
                self.failed(CheckStep::List, &error);
                if error.meaning() == Some(Meaning::NoBucket) {
                    self.skip_rest("There is no such bucket");
                    return Err(());
                }
                Ok(None)
            }
        }
    }

    async fn read(&self, at: &Address) -> Result<()> {
        let mut body = self.store.get(at, &GetOptions::default()).await?.body;
        // The first bytes tell; the object may be any size.
        body.next().await.transpose().map(drop)
    }

    async fn in_parts(&self, at: &Address) -> Result<()> {
        let body = Bytes::from_static(b"Aloft tests uploads in parts.\n");
        let length = body.len() as u64;
        let options = PutOptions::default();
        let upload = self.store.begin_upload(at, &options).await?;
        let finish = async {
            let part = self.store.put_part(at, &upload, 1, 0, length, body).await?;
            self.store.finish_upload(at, &upload, &[part], &options).await
        };
        match finish.await {
            Ok(_) => Ok(()),
            Err(error) => {
                // The first failure is what is told.
                drop(self.store.abort_upload(at, &upload).await);
                Err(error)
            }
        }
    }

    /// Deletes what was written, with the versions a bucket keeps of it.
    async fn delete(&mut self, bucket: &str, written: &[Address]) {
        if written.is_empty() {
            self.line(
                CheckStep::Delete,
                CheckState::Skipped,
                "Nothing was written that could be deleted",
            );
            return;
        }
        let keys: Vec<String> = written.iter().map(|at| at.key.clone()).collect();
        let error = match self.store.delete(bucket, &keys).await {
            Ok(failed) => failed.into_iter().next().map(|(_, error)| error),
            Err(error) => Some(error),
        };
        let Some(error) = error else {
            self.line(CheckStep::Delete, CheckState::Ok, "Deleted what was written");
            for at in written {
                self.delete_versions(at).await;
            }
            return;
        };
        self.failed(CheckStep::Delete, &error);
        if let Some(line) = self.lines.last_mut() {
            line.words = format!("{}. The test left {} in {bucket}", line.words, keys.join(" and "));
        }
    }

    /// Where a bucket keeps versions, nothing of the test is to be left; that it is, is no failure of the connection.
    async fn delete_versions(&self, at: &Address) {
        if !self.store.can(Ability::Versions) {
            return;
        }
        for version in self.store.versions(at).await.unwrap_or_default() {
            // A bucket that never kept versions calls the one there was "null".
            if !version.version.is_empty() && version.version != "null" {
                drop(self.store.delete_version(at, &version.version).await);
            }
        }
    }

    fn line(&mut self, step: CheckStep, state: CheckState, words: &str) {
        self.tell(Check {
            step,
            state,
            words: words.to_owned(),
            permission: None,
        });
    }

    fn failed(&mut self, step: CheckStep, error: &CloudError) {
        let permission = (error.kind() == ErrorKind::PermissionDenied)
            .then(|| step.permission(self.store.provider()))
            .flatten();
        let words = match permission {
            Some(permission) => format!("Not allowed: this sign-in lacks {permission}"),
            None => Report::of(error).message,
        };
        self.tell(Check {
            step,
            state: CheckState::Failed,
            words,
            permission,
        });
    }

    fn skip_rest(&mut self, why: &str) {
        for step in CheckStep::ALL {
            if !self.lines.iter().any(|line| line.step == step) {
                self.line(step, CheckState::Skipped, why);
            }
        }
    }

    fn tell(&mut self, line: Check) {
        (self.told)(&line);
        self.lines.push(line);
    }

    fn finished(mut self) -> Vec<Check> {
        self.lines.sort_by_key(|line| line.step);
        self.lines
    }
}

/// Whether an error says that nobody is signed in, or that there is no server to sign in to.
fn is_about_sign_in(error: &CloudError) -> bool {
    match error {
        CloudError::Refused(refusal) => matches!(
            refusal.meaning,
            Meaning::Unauthenticated
                | Meaning::Expired
                | Meaning::ClockSkew
                | Meaning::Unavailable
                | Meaning::Throttled
                | Meaning::WrongRegion
        ),
        CloudError::Io { .. } | CloudError::Unsupported { .. } => false,
        _ => true,
    }
}
