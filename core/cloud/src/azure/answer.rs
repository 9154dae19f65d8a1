//! What Azure answers: refusals by meaning, lists, and the headers of a blob.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::error::{CloudError, Meaning, Refusal};
use crate::http::Ask;
use crate::store::{Bucket, ListPage, Object, ObjectDetails};
use crate::xml::Element;

/// Makes an error of a refusal.
pub(super) fn judge(ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> CloudError {
    let words = Element::parse(body).unwrap_or_default();
    let code = match header(headers, "x-ms-error-code") {
        "" => words.text_of("Code"),
        code => code,
    };
    let message = words.text_of("Message").lines().next().unwrap_or_default().trim();
    let detail = words.text_of("AuthenticationErrorDetail");
    CloudError::Refused(Box::new(Refusal {
        meaning: meaning(status, code, message, detail),
        action: ask.action.clone(),
        on: ask.on.clone(),
        status: status.as_u16(),
        code: code.to_owned(),
        message: message.to_owned(),
        retry_after: header(headers, "retry-after").parse().ok().map(Duration::from_secs),
        region: None,
        is_repeated: false,
    }))
}

fn meaning(status: StatusCode, code: &str, message: &str, detail: &str) -> Meaning {
    match code {
        "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled" => Meaning::NoBucket,
        "BlobNotFound" | "ResourceNotFound" | "CannotVerifyCopySource" if status == StatusCode::NOT_FOUND => {
            Meaning::NotFound
        }
        "AuthenticationFailed" => {
            let said = format!("{message} {detail}");
            if said.contains("not valid in the specified time frame") || said.contains("Signature expired") {
                Meaning::Expired
            } else if said.contains("too old") || said.contains("Request date header") {
                Meaning::ClockSkew
            } else {
                Meaning::Unauthenticated
            }
        }
        "InvalidAuthenticationInfo" | "NoAuthenticationInformation" => Meaning::Unauthenticated,
        "AuthorizationFailure"
        | "AuthorizationPermissionMismatch"
        | "AuthorizationResourceTypeMismatch"
        | "AuthorizationServiceMismatch"
        | "AuthorizationProtocolMismatch"
        | "AuthorizationSourceIPMismatch"
        | "InsufficientAccountPermissions"
        | "PublicAccessNotPermitted"
        | "AccountIsDisabled" => Meaning::PermissionDenied,
        "BlobAlreadyExists" | "ContainerAlreadyExists" | "LeaseIdMissing" | "LeaseAlreadyPresent" => Meaning::Conflict,
        "ConditionNotMet" | "TargetConditionNotMet" | "SourceConditionNotMet" => Meaning::Changed,
        "InvalidBlockList" => Meaning::NoUpload,
        "Md5Mismatch" | "Crc64Mismatch" => Meaning::Checksum,
        // What Azurite calls it.
        "InvalidOperation" if message.contains("contentMD5") => Meaning::Checksum,
        "ServerBusy" => Meaning::Throttled,
        _ => of_status(status),
    }
}

fn of_status(status: StatusCode) -> Meaning {
    match status.as_u16() {
        401 => Meaning::Unauthenticated,
        403 => Meaning::PermissionDenied,
        404 => Meaning::NotFound,
        408 | 500 | 502 | 503 | 504 => Meaning::Unavailable,
        409 => Meaning::Conflict,
        412 => Meaning::Changed,
        429 => Meaning::Throttled,
        501 | 505 => Meaning::Unsupported,
        _ => Meaning::Invalid,
    }
}

/// A header as text; empty when it is not there.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

pub(super) fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

/// A time as `Tue, 24 Nov 2026 20:00:00 GMT`.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(time.as_millisecond())
}

/// The containers of a list, and where the next page begins.
pub(super) fn containers(root: &Element) -> (Vec<Bucket>, Option<String>) {
    let list = root
        .child("Containers")
        .into_iter()
        .flat_map(|list| list.all("Container"));
    let buckets = list.map(|container| Bucket {
        name: container.text_of("Name").to_owned(),
        created_ms: None,
        region: None,
    });
    (buckets.collect(), marker(root))
}

fn marker(root: &Element) -> Option<String> {
    Some(root.text_of("NextMarker").to_owned()).filter(|marker| !marker.is_empty())
}

/// A page of blobs.
pub(super) fn blobs(root: &Element) -> ListPage {
    let mut page = ListPage {
        token: marker(root),
        ..ListPage::default()
    };
    let Some(list) = root.child("Blobs") else { return page };
    page.prefixes = list.all("BlobPrefix").map(name).collect();
    page.objects = list
        .all("Blob")
        .map(|blob| {
            let empty = Element::default();
            let properties = blob.child("Properties").unwrap_or(&empty);
            Object {
                key: name(blob),
                bytes: properties.text_of("Content-Length").parse().unwrap_or(0),
                modified_ms: time_ms(properties.text_of("Last-Modified")),
                etag: unquoted(properties.text_of("Etag")),
                storage_class: properties.text_of("AccessTier").to_owned(),
            }
        })
        .collect();
    page
}

/// The name of a blob. One that XML cannot hold comes percent-encoded, and says so.
fn name(element: &Element) -> String {
    let Some(name) = element.child("Name") else {
        return String::new();
    };
    if name.has("Encoded", "true") {
        percent_encoding::percent_decode_str(&name.text)
            .decode_utf8_lossy()
            .into_owned()
    } else {
        name.text.clone()
    }
}

/// What the headers of a blob say about it.
pub(super) fn details(headers: &HeaderMap) -> ObjectDetails {
    let mut metadata = BTreeMap::new();
    for (name, value) in headers {
        if let (Some(name), Ok(value)) = (name.as_str().strip_prefix("x-ms-meta-"), value.to_str()) {
            metadata.insert(name.to_owned(), value.to_owned());
        }
    }
    let encryption = match (
        header(headers, "x-ms-encryption-key-sha256"),
        header(headers, "x-ms-encryption-scope"),
        header(headers, "x-ms-server-encrypted"),
    ) {
        ("", "", "true") => "With keys of Azure, or of the account".to_owned(),
        ("", "", _) => String::new(),
        ("", scope, _) => format!("With encryption scope {scope}"),
        (key, ..) => format!("With a key of the person who wrote it (SHA-256 {key})"),
    };
    ObjectDetails {
        bytes: header(headers, "content-length").parse().unwrap_or(0),
        modified_ms: time_ms(header(headers, "last-modified")),
        etag: unquoted(header(headers, "etag")),
        storage_class: header(headers, "x-ms-access-tier").to_owned(),
        content_type: header(headers, "content-type").to_owned(),
        checksums: checksums(headers),
        encryption,
        version: Some(header(headers, "x-ms-version-id").to_owned()).filter(|version| !version.is_empty()),
        metadata,
        tags: BTreeMap::new(),
    }
}

/// Checksums of the whole blob.
pub(super) fn checksums(headers: &HeaderMap) -> Vec<(String, String)> {
    let of_blob = header(headers, "x-ms-blob-content-md5");
    let of_answer = header(headers, "content-md5");
    let is_part = headers.contains_key("content-range");
    let md5 = if of_blob.is_empty() && !is_part {
        of_answer
    } else {
        of_blob
    };
    if md5.is_empty() {
        vec![]
    } else {
        vec![("MD5".to_owned(), md5.to_owned())]
    }
}

/// The tags of a blob.
pub(super) fn tags(root: &Element) -> BTreeMap<String, String> {
    let tags = root.child("TagSet").into_iter().flat_map(|set| set.all("Tag"));
    tags.map(|tag| (tag.text_of("Key").to_owned(), tag.text_of("Value").to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_names_that_xml_cannot_hold() {
        let document = br#"<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>
<Blob><Name Encoded="true">a%EF%BF%BF%01b</Name><Properties><Content-Length>7</Content-Length><Etag>0x8D</Etag><Last-Modified>Tue, 24 Nov 2026 20:00:00 GMT</Last-Modified><AccessTier>Cool</AccessTier></Properties></Blob>
<BlobPrefix><Name>p&amp;q/</Name></BlobPrefix></Blobs><NextMarker>m</NextMarker></EnumerationResults>"#;
        let page = blobs(&Element::parse(document).unwrap());
        assert_eq!(page.objects[0].key, "a\u{ffff}\u{1}b");
        assert_eq!((page.objects[0].bytes, page.objects[0].etag.as_str()), (7, "0x8D"));
        assert_eq!(page.objects[0].modified_ms, Some(1_795_550_400_000));
        assert_eq!(page.prefixes, ["p&q/"]);
        assert_eq!(page.token.as_deref(), Some("m"));
    }

    #[test]
    fn refusals_are_told_by_their_meaning() {
        let ask = Ask::new("read", "az://c/k");
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        for (status, code, message, meaning) in [
            (404, "ContainerNotFound", "", Meaning::NoBucket),
            (
                403,
                "AuthenticationFailed",
                "Server failed to authenticate",
                Meaning::Unauthenticated,
            ),
            (403, "AuthorizationPermissionMismatch", "", Meaning::PermissionDenied),
            (400, "InvalidBlockList", "", Meaning::NoUpload),
            (503, "ServerBusy", "", Meaning::Throttled),
            (412, "", "", Meaning::Changed),
        ] {
            let body = format!("<Error><Code>{code}</Code><Message>{message}\nRequestId:1</Message></Error>");
            let error = judge(&ask, StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes());
            assert_eq!(error.meaning(), Some(meaning), "{code}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
            assert!(!error.to_string().contains("RequestId"), "{error}");
        }
    }
}
