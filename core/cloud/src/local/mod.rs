//! A folder of this machine as storage: the folders in it are buckets, the files below those
//! are objects, and keys are their paths.
//!
//! Content types, metadata and tags have no place in a folder: what is written is not told
//! them, and the content type is guessed from the name. Names that are no UTF-8 are not listed.

mod list;
mod path;
mod read;
mod upload;
mod write;

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use bytes::Bytes;

use aloft_base::connection::{Provider, Spec};

use self::list::Walks;
use self::path::Folder;
use self::upload::Upload;
use crate::address::Address;
use crate::error::{CloudError, Meaning, Refusal, Result};
use crate::media_type;
use crate::store::{
    Ability, Bucket, BucketDetails, Download, Encryption, GetOptions, Limits, ListPage, ListRequest, ObjectDetails,
    Part, PendingUpload, PutOptions, Store, Written,
};

/// The storage of a connection to a local folder.
pub(crate) fn open(name: &str, spec: &Spec) -> Result<Arc<dyn Store>> {
    let refuse = |why: &str| CloudError::Settings {
        message: format!("The connection '{name}' {why}"),
        hint: "Choose a folder for it, by its whole path.".to_owned(),
    };
    let root = spec.root.as_deref().filter(|root| !root.is_empty());
    let root = PathBuf::from(root.ok_or_else(|| refuse("names no folder"))?);
    if !root.is_absolute() {
        return Err(refuse("does not name the whole path of its folder"));
    }
    Ok(Arc::new(Local {
        root,
        walks: Arc::default(),
    }))
}

/// A folder whose folders are buckets.
#[derive(Debug)]
struct Local {
    root: PathBuf,
    walks: Arc<Walks>,
}

/// What is done to a path, for the words of an error.
#[derive(Debug)]
struct At {
    action: &'static str,
    path: PathBuf,
}

impl At {
    fn new(action: &'static str, path: &Path) -> Self {
        Self {
            action,
            path: path.to_owned(),
        }
    }

    fn refused(&self, meaning: Meaning, message: &str) -> CloudError {
        CloudError::Refused(Box::new(Refusal {
            meaning,
            action: self.action.to_owned(),
            on: self.path.display().to_string(),
            status: 0,
            code: String::new(),
            message: message.to_owned(),
            retry_after: None,
            region: None,
            is_repeated: false,
        }))
    }

    fn failed(&self, error: std::io::Error) -> CloudError {
        use std::io::ErrorKind as Io;
        match error.kind() {
            Io::NotFound => self.refused(Meaning::NotFound, ""),
            Io::AlreadyExists => self.refused(Meaning::Conflict, ""),
            Io::NotADirectory => self.refused(Meaning::NotFound, "a file is on its way where a folder should be"),
            Io::IsADirectory => self.refused(Meaning::Conflict, "a folder has the name"),
            _ => CloudError::io(self.action, &self.path)(error),
        }
    }

    fn done<T>(&self, result: std::io::Result<T>) -> Result<T> {
        result.map_err(|error| self.failed(error))
    }

    /// Fails where a folder has the name of the file to be, or a file when it is to be new.
    fn check_free(&self, only_new: bool) -> Result<()> {
        match self.path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => Err(self.refused(Meaning::Conflict, "a folder has the name")),
            Ok(_) if only_new => Err(self.refused(Meaning::Conflict, "")),
            _ => Ok(()),
        }
    }
}

/// What changes when the content does: which file, its size, and the nanosecond of its last change.
fn etag(metadata: &Metadata) -> String {
    let changed = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = changed.map_or(0, |since| since.as_nanos());
    format!("{:x}-{:x}-{nanoseconds:x}", file_number(metadata), metadata.len())
}

#[cfg(unix)]
fn file_number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn file_number(_metadata: &Metadata) -> u64 {
    0
}

fn modified_ms(metadata: &Metadata) -> Option<i64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// Does work that waits for the disk on a thread made for that.
async fn off<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_stopped) => Err(CloudError::Stopped),
    }
}

impl Local {
    /// Finds the folder of a bucket and does something in it.
    async fn within<T: Send + 'static>(
        &self,
        bucket: &str,
        action: &'static str,
        work: impl FnOnce(&Folder) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (root, bucket) = (self.root.clone(), bucket.to_owned());
        off(move || work(&Folder::of(&root, &bucket, action)?)).await
    }

    fn check(&self, options: &PutOptions) -> Result<()> {
        match options.encryption {
            Encryption::Bucket => Ok(()),
            _ => Err(self.cannot(Ability::ChooseEncryption)),
        }
    }
}

#[async_trait]
impl Store for Local {
    fn provider(&self) -> Provider {
        Provider::Local
    }

    fn can(&self, ability: Ability) -> bool {
        match ability {
            Ability::ListBuckets
            | Ability::CreateBucket
            | Ability::DeleteBucket
            | Ability::PendingUploads
            | Ability::BucketDetails
            | Ability::Copy => true,
            Ability::Versions | Ability::Tags | Ability::SignedLink | Ability::ChooseEncryption => false,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            part_min: 1,
            part_max: 1 << 30,
            parts_max: 10_000,
            part_step: 1,
            ordered: false,
            put_max: 1 << 30,
            copy_max: u64::MAX,
        }
    }

    /// The path of the file.
    fn url(&self, at: &Address) -> String {
        let bucket = self.root.join(&at.bucket).display().to_string();
        if at.key.is_empty() {
            bucket
        } else {
            format!("{bucket}/{}", at.key)
        }
    }

    /// The folders in the connection's, but for hidden ones and links.
    async fn buckets(&self) -> Result<Vec<Bucket>> {
        let root = self.root.clone();
        off(move || {
            let at = At::new("list the folders of", &root);
            let mut buckets = vec![];
            for entry in at.done(std::fs::read_dir(&root))? {
                let entry = at.done(entry)?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                if name.starts_with('.') || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                let created = entry.metadata().ok().and_then(|metadata| metadata.created().ok());
                let since = created.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                buckets.push(Bucket {
                    name,
                    created_ms: since.and_then(|since| i64::try_from(since.as_millis()).ok()),
                    region: None,
                });
            }
            buckets.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(buckets)
        })
        .await
    }

    async fn list(&self, request: &ListRequest) -> Result<ListPage> {
        let (walks, request) = (Arc::clone(&self.walks), request.clone());
        self.within(&request.bucket.clone(), "list", move |folder| {
            walks.page(folder, &request)
        })
        .await
    }

    async fn details(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails> {
        if version.is_some() {
            return Err(self.cannot(Ability::Versions));
        }
        let key = at.key.clone();
        self.within(&at.bucket, "read", move |folder| {
            let (_, metadata) = folder.look(&key, "read the details of")?;
            Ok(ObjectDetails {
                bytes: if metadata.is_dir() { 0 } else { metadata.len() },
                modified_ms: modified_ms(&metadata),
                etag: etag(&metadata),
                content_type: media_type::of_key(&key).to_owned(),
                ..ObjectDetails::default()
            })
        })
        .await
    }

    async fn get(&self, at: &Address, options: &GetOptions) -> Result<Download> {
        if options.version.is_some() {
            return Err(self.cannot(Ability::Versions));
        }
        let (key, options) = (at.key.clone(), options.clone());
        self.within(&at.bucket, "read", move |folder| read::open(folder, &key, &options))
            .await
    }

    async fn put(&self, at: &Address, body: Bytes, options: &PutOptions) -> Result<Written> {
        self.check(options)?;
        let (key, only_new) = (at.key.clone(), options.only_new);
        self.within(&at.bucket, "write to", move |folder| {
            write::file(folder, &key, &body, only_new)
        })
        .await
    }

    async fn delete(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, CloudError)>> {
        let keys = keys.to_vec();
        self.within(bucket, "delete from", move |folder| {
            let failed = keys.into_iter().filter_map(|key| {
                let error = write::delete(folder, &key).err()?;
                Some((key, error))
            });
            Ok(failed.collect())
        })
        .await
    }

    async fn begin_upload(&self, at: &Address, options: &PutOptions) -> Result<String> {
        self.check(options)?;
        let key = at.key.clone();
        self.within(&at.bucket, "write to", move |folder| upload::begin(folder, &key))
            .await
    }

    async fn put_part(
        &self,
        at: &Address,
        upload: &str,
        number: u32,
        offset: u64,
        _total_bytes: u64,
        body: Bytes,
    ) -> Result<Part> {
        let (key, upload) = (at.key.clone(), upload.to_owned());
        self.within(&at.bucket, "write to", move |folder| {
            Upload::find(folder, &key, &upload)?.put(number, offset, &body)
        })
        .await
    }

    async fn parts(&self, at: &Address, upload: &str) -> Result<Vec<Part>> {
        let (key, upload) = (at.key.clone(), upload.to_owned());
        self.within(&at.bucket, "read the parts in", move |folder| {
            Upload::find(folder, &key, &upload)?.parts()
        })
        .await
    }

    async fn finish_upload(&self, at: &Address, upload: &str, parts: &[Part], options: &PutOptions) -> Result<Written> {
        let (key, upload, parts, only_new) = (at.key.clone(), upload.to_owned(), parts.to_vec(), options.only_new);
        self.within(&at.bucket, "write to", move |folder| {
            Upload::find(folder, &key, &upload)?.finish(&parts, only_new)
        })
        .await
    }

    async fn abort_upload(&self, at: &Address, upload: &str) -> Result<()> {
        let (key, upload) = (at.key.clone(), upload.to_owned());
        self.within(&at.bucket, "write to", move |folder| {
            match Upload::find(folder, &key, &upload) {
                Err(error) if error.meaning() == Some(Meaning::NoUpload) => Ok(()),
                found => found?.forget(),
            }
        })
        .await
    }

    async fn pending_uploads(&self, bucket: &str, prefix: &str) -> Result<Vec<PendingUpload>> {
        let prefix = prefix.to_owned();
        self.within(bucket, "list", move |folder| upload::pending(folder, &prefix))
            .await
    }

    async fn copy(&self, from: &Address, to: &Address, _bytes: u64, options: &PutOptions) -> Result<Written> {
        self.check(options)?;
        let (root, from, to, only_new) = (self.root.clone(), from.clone(), to.clone(), options.only_new);
        off(move || {
            let (source, metadata) = Folder::of(&root, &from.bucket, "copy from")?.look(&from.key, "copy")?;
            let target = Folder::of(&root, &to.bucket, "copy to")?;
            if metadata.is_dir() {
                return write::file(&target, &format!("{}/", to.key.trim_end_matches('/')), b"", only_new);
            }
            write::copy(&source, &target, &to.key, only_new)
        })
        .await
    }

    async fn create_bucket(&self, name: &str) -> Result<()> {
        let (root, name) = (self.root.clone(), name.to_owned());
        off(move || {
            path::check_part(&name).map_err(|why| CloudError::Key { key: name.clone(), why })?;
            let at = At::new("create the folder", &root.join(&name));
            at.done(std::fs::create_dir(&at.path))
        })
        .await
    }

    async fn delete_bucket(&self, name: &str) -> Result<()> {
        self.within(name, "delete", |folder| {
            let at = At::new("delete the folder", &folder.path);
            match std::fs::remove_dir(&folder.path) {
                Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                    Err(at.refused(Meaning::Conflict, "it is not empty"))
                }
                other => at.done(other),
            }
        })
        .await
    }

    async fn bucket_details(&self, bucket: &str) -> Result<BucketDetails> {
        self.within(bucket, "read the settings of", |folder| {
            let mut facts = vec![("Folder".to_owned(), folder.path.display().to_string())];
            let metadata = At::new("read", &folder.path).done(folder.path.metadata())?;
            if metadata.permissions().readonly() {
                facts.push(("Writing".to_owned(), "Not allowed".to_owned()));
            }
            Ok(BucketDetails {
                facts,
                ..BucketDetails::default()
            })
        })
        .await
    }

    /// Nothing: polars reads the path that [`Store::url`] answers.
    async fn scan_options(&self, _bucket: &str) -> Result<Vec<(String, aloft_base::Redacted<String>)>> {
        Ok(vec![])
    }
}

#[cfg(test)]
mod tests;
