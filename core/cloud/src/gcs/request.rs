//! One request to Google: put together, signed, sent and judged.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use http_body_util::Full;

use super::answer;
use super::sign_in::Account;
use crate::encode;
use crate::error::{Meaning, Result};
use crate::http::{Ask, Http, Request, Response};

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    /// The path as it is sent.
    path: String,
    query: Vec<(&'static str, String)>,
    /// The end of the query, encoded already.
    tail: String,
    headers: HeaderMap,
    body: Bytes,
    ask: Ask,
    /// What it means when the server says only that something is not there.
    missing: Meaning,
}

/// The path of a bucket.
pub(super) fn bucket_path(bucket: &str) -> String {
    format!("/storage/v1/b/{}", encode::segment(bucket))
}

/// The path of an object: its slashes are encoded, so any name serves.
pub(super) fn object_path(bucket: &str, key: &str) -> String {
    format!("{}/o/{}", bucket_path(bucket), encode::segment(key))
}

impl Call {
    pub(super) fn new(method: Method, path: String, missing: Meaning, ask: Ask) -> Self {
        Self {
            method,
            path,
            query: vec![],
            tail: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            ask,
            missing,
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds to the query what the server gave out in its own encoding.
    pub(super) fn encoded(mut self, name: &str, value: &str) -> Self {
        let is_encoded = |letter: &char| letter.is_ascii_alphanumeric() || "-._~%+:/=".contains(*letter);
        let value: String = value.chars().filter(is_encoded).collect();
        self.tail = format!("&{name}={value}");
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Result<Self> {
        let value = HeaderValue::from_str(value).map_err(|_not_a_value| self.ask.odd("a header cannot hold it"))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    pub(super) fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Result<Self> {
        self.body = body.into();
        self.header(http::header::CONTENT_TYPE, content_type)
    }

    /// Sends it and answers when the head of the answer is there.
    pub(super) async fn send(&self, http: &Http, account: &Account) -> Result<Response> {
        http.call(&self.ask, answer::judge(self.missing), || self.request(account))
            .await
    }

    /// Sends it and reads the whole answer.
    pub(super) async fn send_whole(&self, http: &Http, account: &Account) -> Result<(http::response::Parts, Bytes)> {
        http.call_whole(&self.ask, answer::judge(self.missing), || self.request(account))
            .await
    }

    /// Sends it and reads the answer as JSON.
    pub(super) async fn send_json<T: serde::de::DeserializeOwned>(&self, http: &Http, account: &Account) -> Result<T> {
        let (_, body) = self.send_whole(http, account).await?;
        self.parsed(&body)
    }

    /// Sends it, only once, and reads the answer as JSON.
    pub(super) async fn send_json_once<T: serde::de::DeserializeOwned>(
        &self,
        http: &Http,
        account: &Account,
    ) -> Result<T> {
        let request = self.request(account).await?;
        let (_, body) = http
            .once_whole(&self.ask, &answer::judge(self.missing), request)
            .await?;
        self.parsed(&body)
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, body: &[u8]) -> Result<T> {
        serde_json::from_slice(body).map_err(|error| self.ask.odd(error.to_string()))
    }

    async fn request(&self, account: &Account) -> Result<Request> {
        let mut url = format!("{}{}", account.base, self.path);
        if !self.query.is_empty() {
            url = format!("{url}?{}{}", encode::query(&self.query), self.tail);
        }
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        if let Some(token) = account.token().await? {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
            let mut value = value.map_err(|_not_a_value| self.ask.odd("the token cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(url)
            .body(Full::new(self.body.clone()))
            .map_err(|_quotes_the_url| self.ask.odd("its address cannot be written as a URL"))?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}
