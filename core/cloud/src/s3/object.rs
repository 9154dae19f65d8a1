//! One object: read, written, looked at, deleted.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, Method, StatusCode};

use super::call::Call;
use super::list::{bare, taken};
use super::{S3, refuse, url_of};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::http::{Ask, stream_of};
use crate::media_type;
use crate::store::{Download, Encryption, GetOptions, ObjectDetails, PutOptions, Written};
use crate::xml::Element;

/// The beginning of headers that hold what a person added to an object.
const METADATA: &str = "x-amz-meta-";
/// The beginning of headers that hold checksums.
const CHECKSUM: &str = "x-amz-checksum-";

impl S3 {
    pub(super) async fn read(&self, at: &Address, options: &GetOptions) -> Result<Download> {
        if let Some(range) = options.range.as_ref().filter(|range| range.is_empty()) {
            return self.nothing_of(at, options, range.start).await;
        }
        let ask = Ask::new("read", url_of(at));
        let mut call = Call::new(
            Method::GET,
            &at.bucket,
            &at.key,
            &of_version(options.version.as_deref()),
        );
        if let Some(range) = &options.range {
            call.header("range", &format!("bytes={}-{}", range.start, range.end - 1))?;
        }
        if let Some(etag) = &options.if_match {
            call.header("if-match", &format!("\"{etag}\""))?;
        }
        call.header("x-amz-checksum-mode", "ENABLED")?;
        let response = match self.client.send(&ask, &call).await {
            Ok(response) => response,
            Err(CloudError::Refused(refusal)) if refusal.status == 416 => {
                // Nothing can be cut out of an empty object.
                let start = options.range.as_ref().map_or(0, |range| range.start);
                let none = self.nothing_of(at, options, start).await?;
                if start == 0 && none.total_bytes == 0 {
                    return Ok(none);
                }
                return Err(CloudError::Refused(refusal));
            }
            Err(error) => return Err(error),
        };
        let (parts, body) = response.into_parts();
        let headers = &parts.headers;
        let length = text(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        let whole = text(headers, CONTENT_RANGE.as_str()).and_then(|range| range.rsplit_once('/')?.1.parse().ok());
        if parts.status == StatusCode::PARTIAL_CONTENT && whole.is_none() {
            return Err(ask.odd("it does not say what part it is"));
        }
        if parts.status == StatusCode::OK
            && let (Some(range), Some(length)) = (&options.range, length)
            && (range.start != 0 || range.end < length)
        {
            return Err(ask.odd("it is the whole object and not the part that was asked for"));
        }
        Ok(Download {
            total_bytes: whole
                .or(length)
                .ok_or_else(|| ask.odd("it does not say how long it is"))?,
            etag: bare(text(headers, ETAG.as_str()).unwrap_or_default()).to_owned(),
            modified_ms: modified(headers),
            checksums: checksums(headers),
            body: stream_of(ask, body),
        })
    }

    /// No bytes of an object, which must be there as a condition wants it.
    async fn nothing_of(&self, at: &Address, options: &GetOptions, start: u64) -> Result<Download> {
        let (headers, _) = self
            .head(at, options.version.as_deref(), options.if_match.as_deref())
            .await?;
        let details = details_of(&headers);
        if start > details.bytes {
            return Err(Ask::new("read", url_of(at)).odd("the object ends before the part that was asked for"));
        }
        Ok(Download {
            total_bytes: details.bytes,
            etag: details.etag,
            modified_ms: details.modified_ms,
            checksums: details.checksums,
            body: Box::pin(stream::empty()),
        })
    }

    /// What HEAD answers of an object, and whether the server says how many tags it has.
    async fn head(&self, at: &Address, version: Option<&str>, if_match: Option<&str>) -> Result<(HeaderMap, bool)> {
        let ask = Ask::new("look at", url_of(at));
        let mut call = Call::new(Method::HEAD, &at.bucket, &at.key, &of_version(version));
        call.header("x-amz-checksum-mode", "ENABLED")?;
        if let Some(etag) = if_match {
            call.header("if-match", &format!("\"{etag}\""))?;
        }
        match self.client.whole(&ask, &call).await {
            Ok((parts, _)) => {
                let has_tags = text(&parts.headers, "x-amz-tagging-count").is_none_or(|count| count != "0");
                let says = parts.headers.contains_key("x-amz-tagging-count") || self.client.is_amazon();
                let has_tags = if says {
                    parts.headers.contains_key("x-amz-tagging-count") && has_tags
                } else {
                    true
                };
                Ok((parts.headers, has_tags))
            }
            // HEAD has no words. The same question as a GET of one byte tells why.
            Err(CloudError::Refused(refusal))
                if refusal.code.is_empty() && matches!(refusal.status, 400 | 403 | 404) =>
            {
                let mut call = Call::new(Method::GET, &at.bucket, &at.key, &of_version(version));
                call.header("range", "bytes=0-0")?;
                match self.client.send(&ask, &call).await {
                    Err(CloudError::Refused(told)) if !told.code.is_empty() && told.status == refusal.status => {
                        Err(CloudError::Refused(told))
                    }
                    _ => Err(CloudError::Refused(refusal)),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Everything but the tags, in one request.
    pub(super) async fn glance(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails> {
        Ok(details_of(&self.head(at, version, None).await?.0))
    }

    pub(super) async fn look_at(&self, at: &Address, version: Option<&str>) -> Result<ObjectDetails> {
        let (headers, may_have_tags) = self.head(at, version, None).await?;
        let mut details = details_of(&headers);
        if may_have_tags {
            // Reading tags is a permission of its own: without it there are none to see.
            details.tags = self.tags(at, version).await.unwrap_or_default();
        }
        Ok(details)
    }

    async fn tags(&self, at: &Address, version: Option<&str>) -> Result<BTreeMap<String, String>> {
        let ask = Ask::new("read the tags of", url_of(at));
        let mut query = vec![("tagging", "")];
        query.extend(of_version(version));
        let call = Call::new(Method::GET, &at.bucket, &at.key, &query);
        let (_, body) = self.client.whole(&ask, &call).await?;
        let tagging = Element::parse(&body).map_err(|why| ask.odd(why))?;
        let set = tagging.child("TagSet").cloned().unwrap_or_default();
        Ok(set
            .all("Tag")
            .map(|tag| (tag.text_of("Key").to_owned(), tag.text_of("Value").to_owned()))
            .collect())
    }

    pub(super) async fn write(&self, at: &Address, body: Bytes, options: &PutOptions) -> Result<Written> {
        let ask = Ask::new("write", url_of(at));
        loop {
            let mut call = Call::new(Method::PUT, &at.bucket, &at.key, &[]);
            add_options(&mut call, &at.key, options)?;
            if options.only_new {
                call.header("if-none-match", "*")?;
            }
            let sent = self.checks.protect(&self.client, &mut call, body.clone())?;
            match self.client.whole(&ask, &call).await {
                Ok((parts, _)) => {
                    self.checks.learn(&sent, &parts.headers);
                    return Ok(written(&parts.headers));
                }
                Err(error) if self.checks.act_on(&error) => {}
                Err(error) => return Err(taken(error, options.only_new)),
            }
        }
    }

    /// Deletes one object, or one version of it. One that is not there counts as deleted.
    pub(super) async fn delete_one(&self, at: &Address, version: Option<&str>) -> Result<()> {
        let ask = Ask::new("delete", url_of(at));
        let call = Call::new(Method::DELETE, &at.bucket, &at.key, &of_version(version));
        match self.client.whole(&ask, &call).await {
            Ok(_) => Ok(()),
            Err(error) if error.meaning() == Some(Meaning::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The query that names a version.
pub(super) fn of_version(version: Option<&str>) -> Vec<(&str, &str)> {
    version.map(|version| ("versionId", version)).into_iter().collect()
}

/// Puts into a request how an object is written.
pub(super) fn add_options(call: &mut Call<'_>, key: &str, options: &PutOptions) -> Result<()> {
    let kind = if options.content_type.is_empty() {
        media_type::of_key(key)
    } else {
        &options.content_type
    };
    call.header("content-type", kind)?;
    add_metadata(call, &options.metadata)?;
    add_encryption(call, &options.encryption)
}

/// Puts what a person added into a request. What is no ASCII goes as RFC 2047 writes it, as S3 itself answers it.
pub(super) fn add_metadata(call: &mut Call<'_>, metadata: &BTreeMap<String, String>) -> Result<()> {
    for (name, value) in metadata {
        let unusable = || CloudError::Settings {
            message: format!("'{name}' cannot be the name of metadata"),
            hint: "Use letters, digits and hyphens.".to_owned(),
        };
        let name = http::HeaderName::try_from(format!("{METADATA}{name}")).map_err(|_no_name| unusable())?;
        let plain = value.bytes().all(|byte| (0x20..0x7F).contains(&byte)) && !value.starts_with("=?");
        let text = if plain {
            value.clone()
        } else {
            format!("=?UTF-8?B?{}?=", BASE64.encode(value))
        };
        let value = http::HeaderValue::from_str(&text).map_err(|_no_text| unusable())?;
        call.headers.insert(name, value);
    }
    Ok(())
}

/// Puts into a request how the object is to be encrypted where it rests.
pub(super) fn add_encryption(call: &mut Call<'_>, encryption: &Encryption) -> Result<()> {
    const ALGORITHM: &str = "x-amz-server-side-encryption";
    match encryption {
        Encryption::Bucket => Ok(()),
        Encryption::Provider => call.header(ALGORITHM, "AES256"),
        Encryption::Kms(key) => {
            call.header(ALGORITHM, "aws:kms")?;
            if key.is_empty() {
                Ok(())
            } else {
                call.header("x-amz-server-side-encryption-aws-kms-key-id", key)
            }
        }
    }
}

/// What was written, as the answer's headers tell.
pub(super) fn written(headers: &HeaderMap) -> Written {
    Written {
        etag: bare(text(headers, ETAG.as_str()).unwrap_or_default()).to_owned(),
        version: version_of(headers),
    }
}

pub(super) fn version_of(headers: &HeaderMap) -> Option<String> {
    let version = text(headers, "x-amz-version-id")?;
    (!version.is_empty() && version != "null").then(|| version.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn modified(headers: &HeaderMap) -> Option<i64> {
    Some(refuse::date_of(text(headers, LAST_MODIFIED.as_str())?)? * 1_000)
}

fn checksums(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| {
            let algorithm = name.as_str().strip_prefix(CHECKSUM)?;
            let is_sum = !matches!(algorithm, "type" | "algorithm" | "mode");
            let value = value.to_str().ok().filter(|_| is_sum)?;
            // One of parts is of no use to who has the whole: "…-3".
            (!value.contains('-')).then(|| (algorithm.to_ascii_uppercase(), value.to_owned()))
        })
        .collect();
    found.sort();
    found
}

fn details_of(headers: &HeaderMap) -> ObjectDetails {
    let own = |name: &str| text(headers, name).unwrap_or_default().to_owned();
    ObjectDetails {
        bytes: own(CONTENT_LENGTH.as_str()).parse().unwrap_or(0),
        modified_ms: modified(headers),
        etag: bare(&own(ETAG.as_str())).to_owned(),
        // S3 names the class only where it is not the usual one.
        storage_class: text(headers, "x-amz-storage-class").unwrap_or("STANDARD").to_owned(),
        content_type: own(CONTENT_TYPE.as_str()),
        checksums: checksums(headers),
        encryption: encryption(headers),
        version: version_of(headers),
        metadata: headers
            .iter()
            .filter_map(|(name, value)| {
                let name = name.as_str().strip_prefix(METADATA)?;
                Some((name.to_owned(), plain_text(&String::from_utf8_lossy(value.as_bytes()))))
            })
            .collect(),
        tags: BTreeMap::new(),
    }
}

fn encryption(headers: &HeaderMap) -> String {
    if let Some(algorithm) = text(headers, "x-amz-server-side-encryption-customer-algorithm") {
        return format!("SSE-C with a key of your own ({algorithm})");
    }
    let key = text(headers, "x-amz-server-side-encryption-aws-kms-key-id").unwrap_or_default();
    match text(headers, "x-amz-server-side-encryption").unwrap_or_default() {
        "" => String::new(),
        "AES256" => "SSE-S3".to_owned(),
        "aws:kms" if key.is_empty() => "SSE-KMS".to_owned(),
        "aws:kms" => format!("SSE-KMS with key {key}"),
        "aws:kms:dsse" => format!("DSSE-KMS with key {key}"),
        other => other.to_owned(),
    }
}

/// Reads what RFC 2047 wrote: `=?UTF-8?B?…?=` or `=?UTF-8?Q?…?=`; anything else stands for itself.
fn plain_text(value: &str) -> String {
    let decoded = || {
        let inner = value.strip_prefix("=?")?.strip_suffix("?=")?;
        let mut pieces = inner.splitn(3, '?');
        let (charset, form, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
        if !charset.eq_ignore_ascii_case("utf-8") {
            return None;
        }
        match form {
            "B" | "b" => String::from_utf8(BASE64.decode(text).ok()?).ok(),
            "Q" | "q" => {
                let escaped = text.replace('_', " ").replace('%', "%25").replace('=', "%");
                let bytes = percent_encoding::percent_decode_str(&escaped);
                Some(bytes.decode_utf8().ok()?.into_owned())
            }
            _ => None,
        }
    };
    decoded().unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_in_any_language_comes_back() {
        let metadata = BTreeMap::from([
            ("plain".to_owned(), "two  words".to_owned()),
            ("other".to_owned(), "größer ≥ =".to_owned()),
        ]);
        let mut call = Call::new(Method::PUT, "b", "k", &[]);
        add_metadata(&mut call, &metadata).unwrap();
        assert_eq!(details_of(&call.headers).metadata, metadata);
        assert_eq!(plain_text("=?UTF-8?Q?gr=C3=B6=C3=9Fer_100%?="), "größer 100%");
        let bad = BTreeMap::from([("no name".to_owned(), "x".to_owned())]);
        assert!(add_metadata(&mut call, &bad).is_err());
    }

    #[test]
    fn headers_become_details() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-length", "12"),
            ("etag", "\"abc\""),
            ("last-modified", "Tue, 24 Nov 2026 20:13:48 GMT"),
            ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
            ("x-amz-checksum-sha256", "AAAA-2"),
            ("x-amz-checksum-type", "FULL_OBJECT"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "arn:key"),
            ("x-amz-version-id", "null"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let details = details_of(&headers);
        assert_eq!((details.bytes, details.etag.as_str()), (12, "abc"));
        assert_eq!(details.modified_ms, Some(1_795_551_228_000));
        assert_eq!(details.checksums, [("CRC64NVME".to_owned(), "AAAAAAAAAAA=".to_owned())]);
        assert_eq!(details.encryption, "SSE-KMS with key arn:key");
        assert_eq!((details.version, details.storage_class.as_str()), (None, "STANDARD"));
    }
}
