//! Requests to a provider: one pool of connections, time limits, and attempts that stop in time.

mod client;
mod retry;
mod tls;

pub(crate) use client::{Ask, Http, stream_of};
pub(crate) use retry::Patience;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::Full;

use crate::error::CloudError;

/// A request, ready to be sent.
pub(crate) type Request = http::Request<Full<Bytes>>;

/// An answer whose body has not been read.
pub(crate) type Response = http::Response<hyper::body::Incoming>;

/// Makes an error of an answer that is no success: what was asked, and the answer's status, headers and body.
pub(crate) trait Judge: Fn(&Ask, StatusCode, &HeaderMap, &[u8]) -> CloudError {}

impl<F: Fn(&Ask, StatusCode, &HeaderMap, &[u8]) -> CloudError> Judge for F {}
