//! What Google answers: refusals by meaning, and resources.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::error::{CloudError, Meaning, Refusal};
use crate::http::{Ask, Judge};
use crate::store::{Bucket, Object, ObjectDetails};

/// The status of a session that waits for more bytes.
pub(super) const GO_ON: u16 = 308;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    error: ProblemBody,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProblemBody {
    message: String,
    errors: Vec<ProblemReason>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProblemReason {
    reason: String,
}

/// Makes errors of refusals. `missing` is what it means when something is not there and the
/// server does not say what.
pub(super) fn judge(missing: Meaning) -> impl Judge {
    move |ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]| {
        let problem: ProblemBody = serde_json::from_slice::<Problem>(body).unwrap_or_default().error;
        let code = problem.errors.first().map_or("", |error| error.reason.as_str());
        let message = match status.as_u16() {
            // What arrived so far stands in a header.
            GO_ON => header(headers, "range").to_owned(),
            _ => problem.message.lines().next().unwrap_or_default().trim().to_owned(),
        };
        CloudError::Refused(Box::new(Refusal {
            meaning: meaning(status, code, &message, missing),
            action: ask.action.clone(),
            on: ask.on.clone(),
            status: status.as_u16(),
            code: code.to_owned(),
            message,
            retry_after: header(headers, "retry-after").parse().ok().map(Duration::from_secs),
            region: None,
            is_repeated: false,
        }))
    }
}

fn meaning(status: StatusCode, code: &str, message: &str, missing: Meaning) -> Meaning {
    let lower = message.to_ascii_lowercase();
    match status.as_u16() {
        400 if lower.contains("hash") || lower.contains("crc32c") || lower.contains("md5") => Meaning::Checksum,
        401 if lower.contains("expired") => Meaning::Expired,
        401 => Meaning::Unauthenticated,
        403 if code.contains("ateLimitExceeded") => Meaning::Throttled,
        403 => Meaning::PermissionDenied,
        404 if missing == Meaning::NoUpload => Meaning::NoUpload,
        404 if lower.contains("bucket") && (lower.contains("not exist") || lower.contains("not found")) => {
            Meaning::NoBucket
        }
        404 => missing,
        409 => Meaning::Conflict,
        // A session that was cancelled, or is too old.
        410 | 499 => Meaning::NoUpload,
        412 | 304 => Meaning::Changed,
        429 => Meaning::Throttled,
        408 | 500 | 502 | 503 | 504 => Meaning::Unavailable,
        405 | 501 => Meaning::Unsupported,
        _ => Meaning::Invalid,
    }
}

/// A header as text; empty when it is not there.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// How many bytes have arrived, as `bytes=0-42` says. Google keeps whole steps; an imitation
/// says `0-0` when there is nothing.
pub(super) fn arrived(range: &str, step: u64) -> u64 {
    let last: Option<u64> = range.rsplit_once('-').and_then(|(_, last)| last.trim().parse().ok());
    let bytes = last.map_or(0, |last| last + 1);
    bytes - bytes % step
}

/// An object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Resource {
    pub(super) name: String,
    size: Option<serde_json::Value>,
    /// Another number each time it is written: what an `ETag` is elsewhere.
    pub(super) generation: String,
    updated: Option<String>,
    content_type: Option<String>,
    storage_class: Option<String>,
    md5_hash: Option<String>,
    crc32c: Option<String>,
    kms_key_name: Option<String>,
    customer_encryption: Option<serde_json::Value>,
    metadata: Option<BTreeMap<String, String>>,
}

impl Resource {
    pub(super) fn bytes(&self) -> u64 {
        match &self.size {
            Some(serde_json::Value::String(text)) => text.parse().unwrap_or(0),
            Some(value) => value.as_u64().unwrap_or(0),
            None => 0,
        }
    }

    fn modified_ms(&self) -> Option<i64> {
        time_ms(self.updated.as_deref()?)
    }

    /// The CRC-32C of the whole object in Base64, where it is told.
    pub(super) fn crc32c(&self) -> Option<&str> {
        self.crc32c.as_deref().filter(|sum| !sum.is_empty())
    }

    /// Checksums, as `("CRC32C", "base64…")`.
    pub(super) fn checksums(&self) -> Vec<(String, String)> {
        let crc32c = self.crc32c.iter().map(|value| ("CRC32C".to_owned(), value.clone()));
        let md5 = self.md5_hash.iter().map(|value| ("MD5".to_owned(), value.clone()));
        crc32c.chain(md5).filter(|(_, value)| !value.is_empty()).collect()
    }

    pub(super) fn into_object(self) -> Object {
        Object {
            bytes: self.bytes(),
            modified_ms: self.modified_ms(),
            etag: self.generation,
            storage_class: self.storage_class.unwrap_or_default(),
            key: self.name,
        }
    }

    pub(super) fn into_details(self) -> ObjectDetails {
        let encryption = match (&self.kms_key_name, &self.customer_encryption) {
            (Some(key), _) => format!("With key {key}"),
            (None, Some(_)) => "With a key of the person who wrote it".to_owned(),
            (None, None) => "With keys of Google".to_owned(),
        };
        ObjectDetails {
            bytes: self.bytes(),
            modified_ms: self.modified_ms(),
            checksums: self.checksums(),
            etag: self.generation.clone(),
            storage_class: self.storage_class.unwrap_or_default(),
            content_type: self.content_type.unwrap_or_default(),
            encryption,
            version: Some(self.generation).filter(|generation| !generation.is_empty()),
            metadata: self.metadata.unwrap_or_default(),
            tags: BTreeMap::new(),
        }
    }
}

/// A page of objects.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Objects {
    pub(super) items: Vec<Resource>,
    pub(super) prefixes: Vec<String>,
    pub(super) next_page_token: Option<String>,
}

/// A page of buckets.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Buckets {
    pub(super) items: Vec<BucketResource>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct BucketResource {
    name: String,
    time_created: Option<String>,
    location: Option<String>,
}

impl BucketResource {
    pub(super) fn into_bucket(self) -> Bucket {
        Bucket {
            created_ms: self.time_created.as_deref().and_then(time_ms),
            region: self.location,
            name: self.name,
        }
    }
}

/// The answer of a rewrite, which may take several.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rewrite {
    pub(super) done: bool,
    #[serde(rename = "rewriteToken")]
    pub(super) token: Option<String>,
    pub(super) resource: Option<Resource>,
}

fn time_ms(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// A time as `Tue, 24 Nov 2026 20:00:00 GMT`.
pub(super) fn header_time_ms(text: &str) -> Option<i64> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(time.as_millisecond())
}

/// Checksums as `crc32c=…,md5=…`, in one header or several.
pub(super) fn checksums(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = headers
        .get_all("x-goog-hash")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let pairs = values
        .flat_map(|value| value.split(','))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(|(_, value)| !value.is_empty() && *value != "None")
        .map(|(name, value)| (name.to_ascii_uppercase(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_is_whole_steps() {
        let step = 256 << 10;
        assert_eq!(arrived("", step), 0);
        assert_eq!(arrived("bytes=0-0", step), 0);
        assert_eq!(arrived("bytes=0-262143", step), step);
        assert_eq!(arrived("bytes=0-524300", step), 2 * step);
    }

    #[test]
    fn refusals_are_told_by_their_meaning() {
        let ask = Ask::new("read", "gs://b/k");
        for (status, message, missing, meaning) in [
            (
                404,
                "The specified bucket does not exist.",
                Meaning::NotFound,
                Meaning::NoBucket,
            ),
            (404, "No such object: b/k", Meaning::NotFound, Meaning::NotFound),
            (404, "", Meaning::NoBucket, Meaning::NoBucket),
            (404, "bucket not found", Meaning::NoUpload, Meaning::NoUpload),
            (410, "", Meaning::NoUpload, Meaning::NoUpload),
            (401, "Invalid Credentials", Meaning::NotFound, Meaning::Unauthenticated),
            (
                403,
                "does not have storage.objects.get access",
                Meaning::NotFound,
                Meaning::PermissionDenied,
            ),
            (412, "", Meaning::NotFound, Meaning::Changed),
            (
                400,
                "Provided CRC32C \"x\" doesn't match calculated CRC32C",
                Meaning::NotFound,
                Meaning::Checksum,
            ),
            (429, "", Meaning::NotFound, Meaning::Throttled),
        ] {
            let body = serde_json::json!({"error": {"message": message, "errors": [{"reason": "r"}]}}).to_string();
            let status = StatusCode::from_u16(status).unwrap();
            let error = judge(missing)(&ask, status, &HeaderMap::new(), body.as_bytes());
            assert_eq!(error.meaning(), Some(meaning), "{status} {message}");
        }
    }

    #[test]
    fn hashes_are_read_from_one_header_or_several() {
        let mut headers = HeaderMap::new();
        headers.append("x-goog-hash", "crc32c=n03x6A==".parse().unwrap());
        headers.append("x-goog-hash", "md5=Ojk9c3dhfxgoKVVHYwFbHQ==".parse().unwrap());
        let expected = [("CRC32C", "n03x6A=="), ("MD5", "Ojk9c3dhfxgoKVVHYwFbHQ==")];
        assert_eq!(
            checksums(&headers),
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
