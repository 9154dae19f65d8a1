//! Asking an endpoint, ours or somebody else's: one request, its answer, and how long it took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aloft_base::endpoint::token::Token;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Requests that carry this header are probes of ours, which the traffic shown does not count.
pub const PROBE_HEADER: &str = "x-aloft-probe";
/// Names the version that answered.
pub const VERSION_HEADER: &str = "x-aloft-version";
/// An answer is read up to here.
const LARGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// What an endpoint answered, whatever the status.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The version that answered, if it said so.
    pub version: Option<u32>,
    /// From the first byte sent to the last byte read.
    pub latency_ms: f64,
}

impl Answer {
    /// The body as JSON, or as text when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| serde_json::Value::String(String::from_utf8_lossy(&self.body).into_owned()))
    }
}

/// No answer came: why, in words that name neither token nor password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NoAnswer {
    pub why: String,
    /// Whether the time ran out.
    pub timed_out: bool,
}

/// Asks endpoints. Keeps connections open between requests.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
}

impl Client {
    /// A client whose requests take at most so long. `certificate` is a PEM file that is
    /// trusted instead of the authorities of the web, for servers with one of their own.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn new(limit: Duration, certificate: Option<&str>) -> aloft_base::Result<Self> {
        let roots = certificate.map(trusted).transpose()?.unwrap_or(RootCerts::WebPki);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(limit))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("aloft/", env!("CARGO_PKG_VERSION")))
            // A probe says how the endpoint is, not how a proxy on the way is.
            .proxy(None)
            .tls_config(tls)
            .build();
        Ok(Self { agent: config.into() })
    }

    /// GET.
    pub fn get(&self, url: &str) -> Result<Answer, NoAnswer> {
        let begun = Instant::now();
        let sent = self.agent.get(url).header(PROBE_HEADER, "1").call();
        finish(sent, begun)
    }

    /// POST of JSON; `is_probe` keeps it out of the traffic shown.
    pub fn post(
        &self,
        url: &str,
        token: Option<&Token>,
        body: &serde_json::Value,
        is_probe: bool,
    ) -> Result<Answer, NoAnswer> {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {}", token.reveal()));
        }
        if is_probe {
            request = request.header(PROBE_HEADER, "1");
        }
        let begun = Instant::now();
        finish(request.send(body.to_string().as_bytes()), begun)
    }
}

fn finish(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>, begun: Instant) -> Result<Answer, NoAnswer> {
    let mut response = sent.map_err(|error| no_answer(&error))?;
    let header = response.headers().get(VERSION_HEADER);
    let version = header.and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec();
    let body = body.map_err(|error| no_answer(&error))?;
    Ok(Answer {
        status: response.status().as_u16(),
        body,
        version,
        latency_ms: begun.elapsed().as_secs_f64() * 1000.0,
    })
}

fn no_answer(error: &ureq::Error) -> NoAnswer {
    let timed_out = matches!(error, ureq::Error::Timeout(_));
    let why = match error {
        ureq::Error::Timeout(_) => "gave no answer in time".to_owned(),
        ureq::Error::ConnectionFailed => "no connection could be made".to_owned(),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "nothing listens at its address".to_owned(),
            _ => error.to_string(),
        },
        other => other.to_string(),
    };
    NoAnswer { why, timed_out }
}

fn trusted(path: &str) -> aloft_base::Result<RootCerts> {
    let path = std::path::Path::new(path);
    let pem = aloft_base::fs::read(path)?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_refused_connection_and_a_silent_server_are_told_apart() {
        let client = Client::new(Duration::from_millis(300), None).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = format!("http://{}/", listener.local_addr().unwrap());
        let error = client.get(&silent).unwrap_err();
        assert!(error.timed_out, "{error}");
        drop(listener);
        let error = client.get(&silent).unwrap_err();
        assert!(!error.timed_out && error.why.contains("nothing listens"), "{error}");
    }

    #[test]
    fn any_status_is_an_answer_and_the_token_is_sent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/predict", listener.local_addr().unwrap());
        let server = std::thread::Builder::new()
            .spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut seen = Vec::new();
                let mut part = [0; 4096];
                while !seen.ends_with(b"[]") {
                    let count = stream.read(&mut part).unwrap();
                    seen.extend_from_slice(&part[..count]);
                }
                stream
                    .write_all(b"HTTP/1.1 422 Bad\r\nx-aloft-version: 7\r\ncontent-length: 2\r\n\r\n{}")
                    .unwrap();
                String::from_utf8(seen).unwrap()
            })
            .unwrap();
        let client = Client::new(Duration::from_secs(5), None).unwrap();
        let token = Token::given("secret-words");
        let answer = client.post(&url, Some(&token), &serde_json::json!([]), true).unwrap();
        assert_eq!(
            (answer.status, answer.version, answer.json()),
            (422, Some(7), serde_json::json!({}))
        );
        let seen = server.join().unwrap().to_lowercase();
        assert!(seen.contains("authorization: bearer secret-words") && seen.contains("x-aloft-probe: 1"));
    }
}
