//! A request to an S3 server before it is signed.

use bytes::Bytes;
use http::header::HeaderValue;
use http::{HeaderMap, Method};

use super::sign;
use crate::error::{CloudError, Result};

/// A request before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Empty for the server itself.
    pub(super) bucket: &'a str,
    /// Empty for the bucket itself.
    pub(super) key: &'a str,
    /// Encoded, and sorted by name.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The hexadecimal SHA-256 of the body, or [`sign::UNSIGNED`].
    pub(super) payload: String,
}

impl<'a> Call<'a> {
    /// A request without a body. The query's names must be in order.
    pub(super) fn new(method: Method, bucket: &'a str, key: &'a str, query: &[(&str, &str)]) -> Self {
        debug_assert!(query.is_sorted_by_key(|(name, _)| *name), "{query:?}");
        let mut text = String::new();
        for (name, value) in query {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(name);
            text.push('=');
            sign::encode(&mut text, value, false);
        }
        Self {
            method,
            bucket,
            key,
            query: text,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            payload: sign::EMPTY.to_owned(),
        }
    }

    /// Adds a header. What cannot be one is an error of the settings, since only options hold free text.
    pub(super) fn header(&mut self, name: &'static str, value: &str) -> Result<()> {
        let value = HeaderValue::from_str(value).map_err(|_no_text| CloudError::Settings {
            message: format!("'{value}' cannot be sent as {name}"),
            hint: "Use letters, digits and plain punctuation.".to_owned(),
        })?;
        self.headers.insert(name, value);
        Ok(())
    }
}
