//! Signatures of AWS, version 4, for S3: paths are signed exactly as they are sent.
//!
//! Our own and not `aws-sigv4`'s, which takes twenty small allocations and a second map of
//! headers for each request; a test compares the two.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::credentials::Keys;

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// What stands for the hash of a body that is not signed.
pub(super) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// The hash of no bytes.
pub(super) const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// With what a request is signed.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) keys: &'a Keys,
    pub(super) region: &'a str,
    pub(super) now: Timestamp,
}

/// What is signed, but for the headers. Path and query are as they are sent: encoded, the query sorted.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

/// Signs a request in its headers, which must hold `host` and everything else but what signing adds.
/// `payload` is the hexadecimal SHA-256 of the body, or [`UNSIGNED`].
pub(super) fn sign(
    scope: Scope<'_>,
    target: Target<'_>,
    headers: &mut HeaderMap,
    payload: &str,
) -> Result<(), http::header::InvalidHeaderValue> {
    let time = time_of(scope.now);
    headers.insert(DATE, HeaderValue::from_str(&time)?);
    headers.insert(CONTENT_SHA256, HeaderValue::from_str(payload)?);
    if let Some(token) = &scope.keys.session_token {
        let mut value = HeaderValue::from_str(token.expose())?;
        value.set_sensitive(true);
        headers.insert(SECURITY_TOKEN, value);
    }
    let (canonical, names) = canonical_headers(headers);
    let signature = signature(scope, target, &canonical, &names, payload, &time);
    let text = format!(
        "AWS4-HMAC-SHA256 Credential={}/{}/{}/s3/aws4_request, SignedHeaders={names}, Signature={signature}",
        scope.keys.access_key_id,
        &time[..8],
        scope.region
    );
    let mut value = HeaderValue::from_str(&text)?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

/// The query of a signed link, with which anybody may do what the method says for so many seconds.
pub(super) fn link(scope: Scope<'_>, method: &Method, host: &str, path: &str, valid_secs: u64) -> String {
    let time = time_of(scope.now);
    let credential = format!(
        "{}/{}/{}/s3/aws4_request",
        scope.keys.access_key_id,
        &time[..8],
        scope.region
    );
    let mut query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={time}&X-Amz-Expires={valid_secs}",
        encoded(&credential)
    );
    if let Some(token) = &scope.keys.session_token {
        query.push_str("&X-Amz-Security-Token=");
        encode(&mut query, token.expose(), false);
    }
    query.push_str("&X-Amz-SignedHeaders=host");
    let target = Target {
        method,
        path,
        query: &query,
    };
    let canonical = format!("host:{host}\n");
    let signature = signature(scope, target, &canonical, "host", UNSIGNED, &time);
    query.push_str("&X-Amz-Signature=");
    query.push_str(&signature);
    query
}

/// The hexadecimal SHA-256 of a body.
pub(super) fn hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Percent-encodes a text for a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    encode(&mut out, text, false);
    out
}

/// Percent-encodes a text as AWS wants it: everything but letters, digits and `-._~`; in paths `/` stays.
pub(super) fn encode(out: &mut String, text: &str, is_path: bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || (is_path && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// As `20130524T000000Z`.
fn time_of(now: Timestamp) -> String {
    let time = jiff::tz::Offset::UTC.to_datetime(now);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// The headers that are signed, one a line, and their names. What proxies may change is left out.
fn canonical_headers(headers: &HeaderMap) -> (String, String) {
    let mut signed: Vec<(&str, &HeaderValue)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| {
            name.starts_with("x-amz-") || matches!(*name, "host" | "content-md5" | "content-type" | "range")
        })
        .collect();
    signed.sort_unstable_by_key(|(name, _)| *name);
    let mut lines = String::with_capacity(512);
    let mut names = String::with_capacity(128);
    for (name, value) in signed {
        if !names.is_empty() {
            names.push(';');
        }
        names.push_str(name);
        lines.push_str(name);
        lines.push(':');
        // Runs of spaces count as one.
        let text = String::from_utf8_lossy(value.as_bytes());
        let mut first = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !first {
                lines.push(' ');
            }
            lines.push_str(word);
            first = false;
        }
        lines.push('\n');
    }
    (lines, names)
}

fn signature(scope: Scope<'_>, target: Target<'_>, headers: &str, names: &str, payload: &str, time: &str) -> String {
    let mut request = Sha256::new();
    for piece in [
        target.method.as_str(),
        "\n",
        target.path,
        "\n",
        target.query,
        "\n",
        headers,
        "\n",
        names,
        "\n",
        payload,
    ] {
        request.update(piece.as_bytes());
    }
    let day = &time[..8];
    let region = scope.region;
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{time}\n{day}/{region}/s3/aws4_request\n{}",
        hex(&request.finalize())
    );
    let secret = format!("AWS4{}", scope.keys.secret_access_key.expose());
    let key = mac(secret.as_bytes(), day);
    let key = mac(&key, region);
    let key = mac(&key, "s3");
    let key = mac(&key, "aws4_request");
    hex(&mac(&key, &to_sign))
}

fn mac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_bad_length) => unreachable!("HMAC takes keys of any length"),
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        if write!(out, "{byte:02x}").is_err() {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of AWS's published examples.
    fn keys() -> Keys {
        Keys::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None)
    }

    fn may_2013() -> Timestamp {
        "2013-05-24T00:00:00Z".parse().unwrap()
    }

    fn signature_of(
        method: &Method,
        path: &str,
        query: &str,
        headers: &[(&'static str, &str)],
        payload: &str,
    ) -> String {
        let keys = keys();
        let scope = Scope {
            keys: &keys,
            region: "us-east-1",
            now: may_2013(),
        };
        let mut map = HeaderMap::new();
        map.insert("host", HeaderValue::from_static("examplebucket.s3.amazonaws.com"));
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let target = Target { method, path, query };
        sign(scope, target, &mut map, payload).unwrap();
        let text = map[AUTHORIZATION].to_str().unwrap().to_owned();
        text.rsplit_once('=').unwrap().1.to_owned()
    }

    /// From "Signature Calculations for the Authorization Header" of the S3 API reference.
    #[test]
    fn the_published_examples_are_met() {
        assert_eq!(
            signature_of(&Method::GET, "/test.txt", "", &[("range", "bytes=0-9")], EMPTY),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(
            signature_of(&Method::GET, "/", "lifecycle=", &[], EMPTY),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature_of(&Method::GET, "/", "max-keys=2&prefix=J", &[], EMPTY),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    /// From "Authenticating Requests: Using Query Parameters" of the S3 API reference.
    #[test]
    fn the_published_link_is_met() {
        let keys = keys();
        let scope = Scope {
            keys: &keys,
            region: "us-east-1",
            now: may_2013(),
        };
        let query = link(
            scope,
            &Method::GET,
            "examplebucket.s3.amazonaws.com",
            "/test.txt",
            86400,
        );
        assert!(
            query.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
            "{query}"
        );
    }

    #[test]
    fn odd_keys_are_encoded_byte_by_byte() {
        let mut path = String::new();
        encode(&mut path, "/a//b/./ä +%2F/", true);
        assert_eq!(path, "/a//b/./%C3%A4%20%2B%252F/");
        assert_eq!(encoded("a/b=c&d"), "a%2Fb%3Dc%26d");
    }

    #[test]
    fn it_signs_what_the_crate_of_aws_signs() {
        use aws_sigv4::http_request::{
            PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
            UriPathNormalizationMode, sign as sign_of_aws,
        };
        let keys = Keys::new("AKID", "secret", Some("token+/="));
        let now = may_2013();
        let (path, query) = ("/b/a//b/./%C3%A4%20%2B%252F/", "partNumber=3&uploadId=x%2By");
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:8333"));
        headers.insert("x-amz-meta-two", HeaderValue::from_static("a   b"));
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        let pairs: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let scope = Scope {
            keys: &keys,
            region: "eu-west-1",
            now,
        };
        let target = Target {
            method: &Method::PUT,
            path,
            query,
        };
        sign(scope, target, &mut headers, UNSIGNED).unwrap();

        let identity = aws_credential_types::Credentials::new("AKID", "secret", Some("token+/=".into()), None, "test");
        let identity = identity.into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name("s3")
            .time(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(now.as_second() as u64))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let request = SignableRequest::new(
            "PUT",
            format!("http://127.0.0.1:8333{path}?{query}"),
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::UnsignedPayload,
        )
        .unwrap();
        let (_, theirs) = sign_of_aws(request, &parameters).unwrap().into_parts();
        let text = headers[AUTHORIZATION].to_str().unwrap();
        assert!(text.ends_with(&theirs), "{text} and {theirs}");
    }
}
