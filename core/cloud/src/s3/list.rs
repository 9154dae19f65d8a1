//! Lists: of buckets, objects, versions and unfinished uploads.

use futures_util::{StreamExt as _, stream};
use http::Method;

use super::call::Call;
use super::xml::{decoded, time, walk};
use super::{S3, text_of, url_of};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::http::Ask;
use crate::store::{Bucket, DeletedPage, ListPage, ListRequest, Object, ObjectVersion, PendingUpload};

/// Pages of a list that never ends are a fault of the server.
const PAGES_MAX: usize = 100_000;
/// How many uploads are asked for their parts at once.
const AT_ONCE: usize = 8;

impl S3 {
    pub(super) async fn list_buckets(&self) -> Result<Vec<Bucket>> {
        match self.list_all_buckets().await {
            Ok(mut buckets) => {
                for name in &self.named_buckets {
                    if !buckets.iter().any(|bucket| bucket.name == *name) {
                        buckets.push(named(name));
                    }
                }
                Ok(buckets)
            }
            // Whoever may not list them can name those to show.
            Err(error)
                if !self.named_buckets.is_empty()
                    && matches!(
                        error.meaning(),
                        Some(Meaning::PermissionDenied | Meaning::Unsupported | Meaning::Invalid)
                    ) =>
            {
                Ok(self.named_buckets.iter().map(|name| named(name)).collect())
            }
            Err(error) => Err(error),
        }
    }

    async fn list_all_buckets(&self) -> Result<Vec<Bucket>> {
        let ask = Ask::new("list the buckets of", format!("'{}'", self.name));
        let mut buckets: Vec<Bucket> = vec![];
        let mut token = String::new();
        for _ in 0..PAGES_MAX {
            let query = [("continuation-token", token.as_str())];
            let query = if token.is_empty() { &[][..] } else { &query[..] };
            let call = Call::new(Method::GET, "", "", query);
            let (_, body) = self.client.whole(&ask, &call).await?;
            token = String::new();
            let mut bucket = named("");
            walk(&body, |parent, name, text| match (parent, name) {
                (b"Bucket", b"Name") => text.clone_into(&mut bucket.name),
                (b"Bucket", b"CreationDate") => bucket.created_ms = time(text),
                (b"Bucket", b"BucketRegion") => bucket.region = Some(text.to_owned()),
                (_, b"Bucket") => buckets.push(std::mem::replace(&mut bucket, named(""))),
                (_, b"ContinuationToken") => text.clone_into(&mut token),
                _ => {}
            })
            .map_err(|why| ask.odd(why))?;
            if token.is_empty() {
                break;
            }
        }
        for bucket in &buckets {
            if let Some(region) = bucket.region.as_deref().filter(|region| !region.is_empty()) {
                self.client.remember_region(&bucket.name, region);
            }
        }
        Ok(buckets)
    }

    pub(super) async fn list_page(&self, request: &ListRequest) -> Result<ListPage> {
        let ask = Ask::new("list", text_of(&request.bucket, &request.prefix));
        let limit = request.limit.map(|limit| limit.to_string());
        let mut query: Vec<(&str, &str)> = Vec::with_capacity(6);
        if let Some(token) = &request.token {
            query.push(("continuation-token", token));
        }
        if request.grouped {
            query.push(("delimiter", "/"));
        }
        query.push(("encoding-type", "url"));
        query.push(("list-type", "2"));
        if let Some(limit) = &limit {
            query.push(("max-keys", limit));
        }
        query.push(("prefix", &request.prefix));
        if let (None, Some(after)) = (&request.token, &request.start_after) {
            query.push(("start-after", after));
        }
        let call = Call::new(Method::GET, &request.bucket, "", &query);
        let (_, body) = self.client.whole(&ask, &call).await?;
        page_of(&body).map_err(|why| ask.odd(why))
    }

    pub(super) async fn list_versions(&self, at: &Address) -> Result<Vec<ObjectVersion>> {
        let ask = Ask::new("list the versions of", url_of(at));
        let mut versions = vec![];
        let mut next = Some((at.key.clone(), String::new()));
        let mut is_first = true;
        for _ in 0..PAGES_MAX {
            let Some((key, version)) = next.take() else { break };
            let mut query = vec![("encoding-type", "url")];
            // The first page begins at the key itself, which no marker can say.
            if !is_first {
                query.push(("key-marker", &key));
            }
            query.push(("prefix", &at.key));
            if !is_first && !version.is_empty() {
                query.push(("version-id-marker", &version));
            }
            query.push(("versions", ""));
            let call = Call::new(Method::GET, &at.bucket, "", &query);
            let (_, body) = self.client.whole(&ask, &call).await?;
            let page = versions_of(&body).map_err(|why| ask.odd(why))?;
            // Keys come in order, so that all after another key belong to others.
            let is_over = page.versions.iter().any(|version| version.key != at.key);
            versions.extend(page.versions.into_iter().filter(|version| version.key == at.key));
            next = page.next.filter(|_| !is_over);
            is_first = false;
        }
        // Amazon lists them so already; delete markers come apart elsewhere.
        versions.sort_by_key(|version| (!version.is_latest, std::cmp::Reverse(version.modified_ms)));
        Ok(versions)
    }

    pub(super) async fn list_deleted(
        &self,
        bucket: &str,
        prefix: &str,
        next: Option<(String, String)>,
    ) -> Result<DeletedPage> {
        let ask = Ask::new("list what was deleted from", text_of(bucket, prefix));
        let (key, version) = next.unwrap_or_default();
        let mut query = vec![("delimiter", "/"), ("encoding-type", "url")];
        if !key.is_empty() {
            query.push(("key-marker", &key));
        }
        query.push(("prefix", prefix));
        if !version.is_empty() {
            query.push(("version-id-marker", &version));
        }
        query.push(("versions", ""));
        let call = Call::new(Method::GET, bucket, "", &query);
        let (_, body) = self.client.whole(&ask, &call).await?;
        let page = versions_of(&body).map_err(|why| ask.odd(why))?;
        let directly = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| !rest.contains('/'));
        let mut marks = page.versions;
        // Servers that do not group list what is in folders as well.
        marks.retain(|mark| mark.is_delete_marker && mark.is_latest && directly(&mark.key));
        Ok(DeletedPage { marks, next: page.next })
    }

    pub(super) async fn list_uploads(&self, bucket: &str, prefix: &str) -> Result<Vec<PendingUpload>> {
        let ask = Ask::new("list the unfinished uploads of", text_of(bucket, prefix));
        let mut uploads = vec![];
        let mut marker = (String::new(), String::new());
        for _ in 0..PAGES_MAX {
            let mut query = vec![("encoding-type", "url")];
            if !marker.0.is_empty() {
                query.push(("key-marker", &marker.0));
            }
            query.push(("prefix", prefix));
            if !marker.1.is_empty() {
                query.push(("upload-id-marker", &marker.1));
            }
            query.push(("uploads", ""));
            let call = Call::new(Method::GET, bucket, "", &query);
            let (_, body) = self.client.whole(&ask, &call).await?;
            let page = uploads_of(&body).map_err(|why| ask.odd(why))?;
            uploads.extend(page.uploads);
            match page.next {
                Some(next) if next != marker => marker = next,
                _ => break,
            }
        }
        // Some servers take no notice of the prefix.
        uploads.retain(|upload| upload.key.starts_with(prefix));
        let sized = stream::iter(uploads).map(|upload| self.sized(bucket, upload));
        let sized: Vec<_> = sized.buffered(AT_ONCE).collect().await;
        Ok(sized.into_iter().flatten().collect())
    }

    /// An upload with the bytes of its parts; nothing when it ended meanwhile.
    async fn sized(&self, bucket: &str, mut upload: PendingUpload) -> Option<PendingUpload> {
        match self
            .list_parts(&Address::new(bucket, upload.key.clone()), &upload.upload)
            .await
        {
            Ok(parts) => upload.bytes = Some(parts.iter().map(|part| part.bytes).sum()),
            Err(error) if error.meaning() == Some(Meaning::NoUpload) => return None,
            // Who may list uploads may not be allowed to list their parts.
            Err(_unknown_size) => {}
        }
        Some(upload)
    }
}

fn named(name: &str) -> Bucket {
    Bucket {
        name: name.to_owned(),
        created_ms: None,
        region: None,
    }
}

/// An `ETag` without its quotation marks.
pub(super) fn bare(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}

fn decode_all<'a>(is_encoded: bool, texts: impl Iterator<Item = &'a mut String>) {
    if is_encoded {
        for text in texts.filter(|text| text.contains(['%', '+'])) {
            *text = decoded(text);
        }
    }
}

fn page_of(body: &[u8]) -> Result<ListPage, String> {
    let empty = || Object {
        key: String::new(),
        bytes: 0,
        modified_ms: None,
        etag: String::new(),
        storage_class: String::new(),
    };
    let mut page = ListPage::default();
    let (mut is_encoded, mut is_cut, mut is_list) = (false, false, false);
    let mut object = empty();
    walk(body, |parent, name, text| match (parent, name) {
        (b"Contents", b"Key") => text.clone_into(&mut object.key),
        (b"Contents", b"Size") => object.bytes = text.trim().parse().unwrap_or(0),
        (b"Contents", b"LastModified") => object.modified_ms = time(text),
        (b"Contents", b"ETag") => bare(text).clone_into(&mut object.etag),
        (b"Contents", b"StorageClass") => text.clone_into(&mut object.storage_class),
        (_, b"Contents") => page.objects.push(std::mem::replace(&mut object, empty())),
        (b"CommonPrefixes", b"Prefix") => page.prefixes.push(text.to_owned()),
        (b"ListBucketResult", b"EncodingType") => is_encoded = text.trim() == "url",
        (b"ListBucketResult", b"IsTruncated") => is_cut = text.trim() == "true",
        (b"ListBucketResult", b"NextContinuationToken") => page.token = Some(text.to_owned()),
        (b"", b"ListBucketResult") => is_list = true,
        _ => {}
    })?;
    if !is_list {
        return Err("it is no list of objects".to_owned());
    }
    decode_all(is_encoded, page.objects.iter_mut().map(|object| &mut object.key));
    decode_all(is_encoded, page.prefixes.iter_mut());
    page.token = page.token.filter(|token| is_cut && !token.is_empty());
    if is_cut && page.token.is_none() {
        return Err("it says that there is more, and not where".to_owned());
    }
    Ok(page)
}

struct VersionsPage {
    versions: Vec<ObjectVersion>,
    next: Option<(String, String)>,
}

fn versions_of(body: &[u8]) -> Result<VersionsPage, String> {
    let empty = || ObjectVersion {
        key: String::new(),
        version: String::new(),
        is_latest: false,
        is_delete_marker: false,
        bytes: 0,
        modified_ms: None,
        etag: String::new(),
    };
    let mut versions = vec![];
    let mut next = (String::new(), String::new());
    let (mut is_encoded, mut is_cut) = (false, false);
    let mut version = empty();
    walk(body, |parent, name, text| match (parent, name) {
        (b"Version" | b"DeleteMarker", b"Key") => text.clone_into(&mut version.key),
        (b"Version" | b"DeleteMarker", b"VersionId") => text.clone_into(&mut version.version),
        (b"Version" | b"DeleteMarker", b"IsLatest") => version.is_latest = text.trim() == "true",
        (b"Version" | b"DeleteMarker", b"LastModified") => version.modified_ms = time(text),
        (b"Version", b"Size") => version.bytes = text.trim().parse().unwrap_or(0),
        (b"Version", b"ETag") => bare(text).clone_into(&mut version.etag),
        (_, b"Version" | b"DeleteMarker") => {
            version.is_delete_marker = name == b"DeleteMarker";
            versions.push(std::mem::replace(&mut version, empty()));
        }
        (b"ListVersionsResult", b"EncodingType") => is_encoded = text.trim() == "url",
        (b"ListVersionsResult", b"IsTruncated") => is_cut = text.trim() == "true",
        (b"ListVersionsResult", b"NextKeyMarker") => text.clone_into(&mut next.0),
        (b"ListVersionsResult", b"NextVersionIdMarker") => text.clone_into(&mut next.1),
        _ => {}
    })?;
    decode_all(is_encoded, versions.iter_mut().map(|version| &mut version.key));
    decode_all(is_encoded, std::iter::once(&mut next.0));
    Ok(VersionsPage {
        versions,
        next: (is_cut && !next.0.is_empty()).then_some(next),
    })
}

struct UploadsPage {
    uploads: Vec<PendingUpload>,
    next: Option<(String, String)>,
}

fn uploads_of(body: &[u8]) -> Result<UploadsPage, String> {
    let empty = || PendingUpload {
        key: String::new(),
        upload: String::new(),
        started_ms: None,
        bytes: None,
    };
    let mut uploads = vec![];
    let mut next = (String::new(), String::new());
    let (mut is_encoded, mut is_cut) = (false, false);
    let mut upload = empty();
    walk(body, |parent, name, text| match (parent, name) {
        (b"Upload", b"Key") => text.clone_into(&mut upload.key),
        (b"Upload", b"UploadId") => text.clone_into(&mut upload.upload),
        (b"Upload", b"Initiated") => upload.started_ms = time(text),
        (_, b"Upload") => uploads.push(std::mem::replace(&mut upload, empty())),
        (b"ListMultipartUploadsResult", b"EncodingType") => is_encoded = text.trim() == "url",
        (b"ListMultipartUploadsResult", b"IsTruncated") => is_cut = text.trim() == "true",
        (b"ListMultipartUploadsResult", b"NextKeyMarker") => text.clone_into(&mut next.0),
        (b"ListMultipartUploadsResult", b"NextUploadIdMarker") => text.clone_into(&mut next.1),
        _ => {}
    })?;
    decode_all(is_encoded, uploads.iter_mut().map(|upload| &mut upload.key));
    decode_all(is_encoded, std::iter::once(&mut next.0));
    Ok(UploadsPage {
        uploads,
        next: (is_cut && !next.0.is_empty()).then_some(next),
    })
}

/// Turns "another one than before" into "there already", where the condition was that there is none.
pub(super) fn taken(error: CloudError, only_new: bool) -> CloudError {
    match error {
        CloudError::Refused(mut refusal) if only_new && refusal.meaning == Meaning::Changed => {
            refusal.meaning = Meaning::Conflict;
            CloudError::Refused(refusal)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_odd_keys() {
        let body = br#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>b</Name><Prefix>x/</Prefix><IsTruncated>true</IsTruncated><NextContinuationToken>a%2B/=</NextContinuationToken>
<Contents><Key>x/a%2Bb+c%01/</Key><LastModified>2026-11-24T20:13:48.000Z</LastModified><ETag>&quot;abc&quot;</ETag>
<Size>5000000000</Size><Owner><ID>Key</ID></Owner><StorageClass>GLACIER</StorageClass></Contents>
<CommonPrefixes><Prefix>x/%C3%A4/</Prefix></CommonPrefixes><EncodingType>url</EncodingType></ListBucketResult>"#;
        let page = page_of(body).unwrap();
        assert_eq!(
            page.objects,
            [Object {
                key: "x/a+b c\u{1}/".into(),
                bytes: 5_000_000_000,
                modified_ms: Some(1_795_551_228_000),
                etag: "abc".into(),
                storage_class: "GLACIER".into(),
            }]
        );
        assert_eq!(page.prefixes, ["x/ä/"]);
        assert_eq!(page.token.as_deref(), Some("a%2B/="));
    }

    #[test]
    fn what_was_not_encoded_is_not_decoded() {
        let body = b"<ListBucketResult><Contents><Key>a+b%41</Key></Contents></ListBucketResult>";
        assert_eq!(page_of(body).unwrap().objects[0].key, "a+b%41");
    }

    #[test]
    fn what_is_no_list_or_does_not_say_where_it_goes_on_is_refused() {
        assert!(page_of(b"<html></html>").is_err());
        assert!(page_of(b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>").is_err());
    }
}
