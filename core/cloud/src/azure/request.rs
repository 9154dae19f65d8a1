//! One request to Azure: put together, signed, sent and judged.

use aloft_base::Redacted;
use aloft_base::time::now_ms;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use http_body_util::Full;

use super::account::{Account, Sign};
use super::{answer, sign};
use crate::encode;
use crate::error::{CloudError, Result};
use crate::http::{Ask, Http, Request, Response};

/// The version of the protocol. Azurite takes it too.
pub(super) const VERSION: &str = "2021-12-02";

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Bytes,
    ask: Ask,
}

impl Call {
    /// A request about a container or, where `key` is not empty, a blob in it.
    pub(super) fn new(method: Method, container: &str, key: &str, ask: Ask) -> Self {
        let mut path = String::from("/");
        path.push_str(&encode::segment(container));
        if !key.is_empty() {
            path.push('/');
            path.push_str(&path_of(key));
        }
        Self {
            method,
            path,
            query: vec![],
            headers: HeaderMap::new(),
            body: Bytes::new(),
            ask,
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// Sets a header; its name must be lowercase.
    pub(super) fn header(mut self, name: &str, value: &str) -> Result<Self> {
        let odd = || CloudError::Settings {
            message: format!("'{name}' cannot be sent with an object: it has characters that no header can have"),
            hint: "Use letters, digits and '_' in names of metadata, and plain text in values.".to_owned(),
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_not_a_name| odd())?;
        let value = HeaderValue::from_str(value).map_err(|_not_a_value| odd())?;
        self.headers.insert(header, value);
        Ok(self)
    }

    /// Sends it and answers when the head of the answer is there.
    pub(super) async fn send(self, http: &Http, account: &Account) -> Result<Response> {
        http.call(&self.ask, answer::judge, || std::future::ready(self.request(account)))
            .await
    }

    /// Sends it and reads the whole answer.
    pub(super) async fn send_whole(self, http: &Http, account: &Account) -> Result<(http::response::Parts, Bytes)> {
        http.call_whole(&self.ask, answer::judge, || std::future::ready(self.request(account)))
            .await
    }

    fn request(&self, account: &Account) -> Result<Request> {
        let mut headers = self.headers.clone();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&jiff::Timestamp::from_millisecond(now_ms()).unwrap_or_default())
            .map_err(|error| self.ask.odd(error.to_string()))?;
        let text = |value: &str| HeaderValue::from_str(value).map_err(|error| self.ask.odd(error.to_string()));
        headers.insert("x-ms-date", text(&date)?);
        headers.insert("x-ms-version", HeaderValue::from_static(VERSION));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        let mut url = format!("{}{}", account.base, self.path);
        if !self.query.is_empty() {
            url = format!("{url}?{}", encode::query(&self.query));
        }
        match &account.sign {
            Sign::Nothing => {}
            Sign::Sas(token) => {
                let and = if self.query.is_empty() { '?' } else { '&' };
                url = format!("{url}{and}{}", token.expose());
            }
            Sign::Key(key) => {
                let path = format!("{}{}", account.base_path, self.path);
                let value = Redacted::new(sign::authorization(
                    &account.name,
                    key.expose(),
                    &self.method,
                    &path,
                    &self.query,
                    &headers,
                ));
                let mut value = text(value.expose())?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(url)
            .body(Full::new(self.body.clone()))
            .map_err(|_quotes_the_url| self.ask.odd("its address cannot be written as a URL"))?;
        headers.remove(HOST);
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// A key as a path. Where a part of it would be taken for something else (`//`, `./`), the
/// slashes are encoded as well: nobody on the way sees parts then.
pub(super) fn path_of(key: &str) -> String {
    let is_plain = key.split('/').rev().enumerate().all(|(from_end, part)| match part {
        "" => from_end == 0,
        part => part != "." && part != "..",
    });
    if is_plain {
        encode::path(key)
    } else {
        encode::segment(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_mean_something_else_are_hidden() {
        assert_eq!(path_of("a/b c/"), "a/b%20c/");
        assert_eq!(path_of("a//b"), "a%2F%2Fb");
        assert_eq!(path_of("/a"), "%2Fa");
        assert_eq!(path_of("a/../b"), "a%2F..%2Fb");
        assert_eq!(path_of("a//"), "a%2F%2F");
    }
}
