//! The body of a request, taken as it comes, within the limits of the endpoint.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;

use super::failure::{Failure, Kind};

/// The whole body, if it is not too large and does not take too long.
pub(super) async fn within(mut body: Body, limit: u64, time: Duration) -> Result<Bytes, Failure> {
    let too_large = || {
        let limit = aloft_base::text::thousands(limit);
        Failure::new(
            Kind::TooLarge,
            format!("The body is larger than {limit} bytes"),
            "Send the rows in several requests.",
        )
    };
    let hint = body.size_hint();
    if hint.lower() > limit {
        return Err(too_large());
    }
    let expected = hint.exact();
    let gather = async {
        let mut parts: Option<BytesMut> = None;
        let mut first: Option<Bytes> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame
                .ok()
                .ok_or_else(|| Failure::malformed("The body ended too early"))?;
            let Ok(data) = frame.into_data() else { continue };
            let so_far = parts.as_ref().map_or(0, BytesMut::len) + first.as_ref().map_or(0, Bytes::len);
            if (so_far + data.len()) as u64 > limit {
                return Err(too_large());
            }
            // Most bodies come in one piece, which is taken as it is.
            if parts.is_none() && first.is_none() {
                if expected == Some(data.len() as u64) {
                    return Ok(data);
                }
                first = Some(data);
                continue;
            }
            let parts = parts.get_or_insert_default();
            if let Some(first) = first.take() {
                parts.extend_from_slice(&first);
            }
            parts.extend_from_slice(&data);
        }
        Ok(parts.map(BytesMut::freeze).or(first).unwrap_or_default())
    };
    let slow = |_| Failure::new(Kind::SlowRequest, "The body did not arrive in time", "");
    tokio::time::timeout(time, gather).await.map_err(slow)?
}
