//! What S3's refusals mean.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::error::{CloudError, Meaning, Refusal};
use crate::http::Ask;
use crate::xml::Element;

/// Makes an error of an answer that is no success.
pub(super) fn refusal(ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    // A proxy may answer in HTML; then the status alone counts.
    let said = Element::parse(body).ok().filter(|node| node.name == "Error");
    let text = |name: &str| said.as_ref().map_or("", |error| error.text_of(name)).to_owned();
    let code = text("Code");
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let region = header("x-amz-bucket-region").or_else(|| Some(text("Region")).filter(|region| !region.is_empty()));
    Refusal {
        meaning: meaning(&code, status, region.is_some()),
        action: ask.action.clone(),
        on: ask.on.clone(),
        status: status.as_u16(),
        code,
        message: text("Message"),
        retry_after: header("retry-after").and_then(|text| wait_of(&text)),
        region,
        is_repeated: false,
    }
}

/// As [`refusal`], as an error.
pub(super) fn judge(ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> CloudError {
    CloudError::Refused(Box::new(refusal(ask, status, headers, body)))
}

/// The error in the body of an answer that says it is a success, as S3's answers to slow requests may hold.
pub(super) fn hidden(ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<CloudError> {
    let is_error = Element::parse(body).is_ok_and(|node| node.name == "Error");
    is_error.then(|| judge(ask, status, headers, body))
}

fn meaning(code: &str, status: StatusCode, names_region: bool) -> Meaning {
    match code {
        "AuthorizationHeaderMalformed" if names_region => Meaning::WrongRegion,
        "NoSuchBucket" => Meaning::NoBucket,
        "NoSuchKey" | "NoSuchVersion" => Meaning::NotFound,
        "NoSuchUpload" => Meaning::NoUpload,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => Meaning::PermissionDenied,
        "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "InvalidSecurity"
        | "NotSignedUp"
        | "MissingSecurityHeader"
        | "UnauthorizedAccess"
        | "AuthorizationHeaderMalformed" => Meaning::Unauthenticated,
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired" => Meaning::Expired,
        "RequestTimeTooSkewed" => Meaning::ClockSkew,
        "SlowDown" | "Throttling" | "ThrottlingException" | "TooManyRequests" | "RequestLimitExceeded" => {
            Meaning::Throttled
        }
        "InternalError" | "ServiceUnavailable" | "RequestTimeout" => Meaning::Unavailable,
        "PreconditionFailed" => Meaning::Changed,
        "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "BucketNotEmpty"
        | "ConditionalRequestConflict"
        | "OperationAborted"
        | "InvalidBucketState" => Meaning::Conflict,
        "BadDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch" | "IncompleteBody" => {
            Meaning::Checksum
        }
        "PermanentRedirect" | "TemporaryRedirect" | "IncorrectEndpoint" | "IllegalLocationConstraintException" => {
            Meaning::WrongRegion
        }
        "NotImplemented" | "MethodNotAllowed" => Meaning::Unsupported,
        // An archived object: a 403 that no permission helps against.
        "InvalidObjectState" => Meaning::Invalid,
        _ => of_status(status, names_region),
    }
}

/// What is left where the code is unknown, or there is none, as in every answer to HEAD.
fn of_status(status: StatusCode, names_region: bool) -> Meaning {
    match status.as_u16() {
        301 | 307 => Meaning::WrongRegion,
        400 if names_region => Meaning::WrongRegion,
        401 => Meaning::Unauthenticated,
        403 => Meaning::PermissionDenied,
        404 => Meaning::NotFound,
        409 => Meaning::Conflict,
        412 => Meaning::Changed,
        405 | 501 => Meaning::Unsupported,
        429 | 503 => Meaning::Throttled,
        408 | 500..=599 => Meaning::Unavailable,
        _ => Meaning::Invalid,
    }
}

/// How long `Retry-After` asks to wait: seconds, or a date.
fn wait_of(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date_of(text)?;
    let seconds = until - jiff::Timestamp::now().as_second();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// Unix seconds of a date as HTTP writes it: `Tue, 24 Nov 2026 20:13:48 GMT`.
pub(super) fn date_of(text: &str) -> Option<i64> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    Some(time.parse_timestamp(text.trim()).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Refusal {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        refusal(
            &Ask::new("read", "s3://b/k"),
            StatusCode::from_u16(status).unwrap(),
            &map,
            body.as_bytes(),
        )
    }

    #[test]
    fn codes_and_statuses_are_understood() {
        let said = |code: &str| format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
        for (status, code, meaning) in [
            (404, "NoSuchBucket", Meaning::NoBucket),
            (404, "NoSuchKey", Meaning::NotFound),
            (403, "AccessDenied", Meaning::PermissionDenied),
            (403, "SignatureDoesNotMatch", Meaning::Unauthenticated),
            (400, "ExpiredToken", Meaning::Expired),
            (403, "RequestTimeTooSkewed", Meaning::ClockSkew),
            (503, "SlowDown", Meaning::Throttled),
            (200, "InternalError", Meaning::Unavailable),
            (412, "PreconditionFailed", Meaning::Changed),
            (404, "NoSuchUpload", Meaning::NoUpload),
            (400, "BadDigest", Meaning::Checksum),
            (301, "PermanentRedirect", Meaning::WrongRegion),
            (400, "InvalidArgument", Meaning::Invalid),
            (403, "InvalidObjectState", Meaning::Invalid),
            (405, "MethodNotAllowed", Meaning::Unsupported),
            (400, "RequestTimeout", Meaning::Unavailable),
        ] {
            assert_eq!(of(status, &[], &said(code)).meaning, meaning, "{code}");
        }
        for (status, meaning) in [
            (404, Meaning::NotFound),
            (403, Meaning::PermissionDenied),
            (503, Meaning::Throttled),
            (502, Meaning::Unavailable),
            (501, Meaning::Unsupported),
        ] {
            assert_eq!(of(status, &[], "<html>no</html").meaning, meaning, "{status}");
        }
    }

    #[test]
    fn a_region_is_taken_from_header_or_words() {
        let words = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>";
        let refusal = of(400, &[], words);
        assert_eq!(
            (refusal.meaning, refusal.region.as_deref()),
            (Meaning::WrongRegion, Some("eu-west-3"))
        );
        let refusal = of(301, &[("x-amz-bucket-region", "ap-south-1")], "");
        assert_eq!(
            (refusal.meaning, refusal.region.as_deref()),
            (Meaning::WrongRegion, Some("ap-south-1"))
        );
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        assert_eq!(wait_of("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait_of("Tue, 24 Nov 2020 20:13:48 GMT"), Some(Duration::ZERO));
        assert_eq!(date_of("Tue, 24 Nov 2026 20:13:48 GMT"), Some(1_795_551_228));
        assert_eq!(wait_of("soon"), None);
    }
}
