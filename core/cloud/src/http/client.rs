//! The client: sends requests, again where that may help, and reads their answers.

use std::time::Duration;

use aloft_base::connection::Spec;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::retry::Patience;
use super::{Judge, Request, Response, tls};
use crate::error::{CloudError, Result};
use crate::store::ByteStream;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may take to begin its answer, beside the time the body needs.
const ANSWER: Duration = Duration::from_mins(1);
/// The slowest sending that is still waited for, bytes a second.
const SLOWEST: u64 = 20_000;
/// How long a body may stay silent.
const SILENCE: Duration = Duration::from_mins(1);
/// Idle connections are closed before servers do it.
const IDLE: Duration = Duration::from_secs(15);
/// The longest answer that is read into memory.
const ANSWER_MAX: usize = 64 << 20;

/// What is asked of what, for the words of an error.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// As "list", "upload part 3 of".
    pub(crate) action: String,
    /// As `s3://bucket/key`.
    pub(crate) on: String,
}

impl Ask {
    pub(crate) fn new(action: impl Into<String>, on: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            on: on.into(),
        }
    }

    /// The connection failed.
    pub(crate) fn broke(
        &self,
        why: impl Into<String>,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> CloudError {
        CloudError::Network {
            action: self.action.clone(),
            on: self.on.clone(),
            why: why.into(),
            source,
        }
    }

    /// The answer is not what it should be.
    pub(crate) fn odd(&self, why: impl Into<String>) -> CloudError {
        CloudError::Answer {
            action: self.action.clone(),
            on: self.on.clone(),
            why: why.into(),
        }
    }
}

/// A pool of connections. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Patience,
}

impl Http {
    /// A client that trusts what this connection trusts.
    pub(crate) fn new(spec: &Spec) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(spec.ca_file.as_deref())?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(512 << 10)
            .build(connector);
        Ok(Self {
            client,
            patience: Patience::default(),
        })
    }

    /// Sends a request until it succeeds or trying again cannot help. `make` makes it anew for
    /// each attempt, since a signature holds a time.
    pub(crate) async fn call<F, M>(&self, ask: &Ask, judge: impl Judge, make: M) -> Result<Response>
    where
        M: Fn() -> F,
        F: Future<Output = Result<Request>>,
    {
        let (mut attempt, mut is_doubtful) = (0, false);
        loop {
            attempt += 1;
            let error = match self.once(ask, &judge, make().await?).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            match self.patience.pause(attempt, &error) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(repeated(error, is_doubtful)),
            }
            is_doubtful |= matches!(error, CloudError::Network { .. });
        }
    }

    /// As [`Http::call`], and reads the whole answer.
    pub(crate) async fn call_whole<F, M>(
        &self,
        ask: &Ask,
        judge: impl Judge,
        make: M,
    ) -> Result<(http::response::Parts, Bytes)>
    where
        M: Fn() -> F,
        F: Future<Output = Result<Request>>,
    {
        let (mut attempt, mut is_doubtful) = (0, false);
        loop {
            attempt += 1;
            let error = match self.once_whole(ask, &judge, make().await?).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match self.patience.pause(attempt, &error) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(repeated(error, is_doubtful)),
            }
            is_doubtful |= matches!(error, CloudError::Network { .. });
        }
    }

    /// How often and how long to try again what this client does not try again by itself.
    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// Sends a request once and reads the whole answer.
    pub(crate) async fn once_whole(
        &self,
        ask: &Ask,
        judge: &impl Judge,
        request: Request,
    ) -> Result<(http::response::Parts, Bytes)> {
        let (parts, body) = self.once(ask, judge, request).await?.into_parts();
        read_whole(ask, body).await.map(|body| (parts, body))
    }

    /// Sends a request once.
    async fn once(&self, ask: &Ask, judge: &impl Judge, request: Request) -> Result<Response> {
        let length = hyper::body::Body::size_hint(request.body()).exact().unwrap_or(0);
        let limit = ANSWER + Duration::from_secs(length / SLOWEST);
        let answer = tokio::time::timeout(limit, self.client.request(request)).await;
        let response = match answer {
            Err(_elapsed) => return Err(ask.broke(format!("no answer within {} s", limit.as_secs()), None)),
            Ok(Err(error)) => return Err(ask.broke(in_words(&error), Some(error.into()))),
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // The refusal counts, also when its words got lost on the way.
        let words = read_whole(ask, body).await.unwrap_or_default();
        Err(judge(ask, parts.status, &parts.headers, &words))
    }
}

/// A refusal, told that an attempt before it may have succeeded.
fn repeated(error: CloudError, is_doubtful: bool) -> CloudError {
    match error {
        CloudError::Refused(mut refusal) => {
            refusal.is_repeated = is_doubtful;
            CloudError::Refused(refusal)
        }
        other => other,
    }
}

/// Reads a body into memory.
pub(crate) async fn read_whole(ask: &Ask, mut body: hyper::body::Incoming) -> Result<Bytes> {
    let mut all = BytesMut::new();
    while let Some(chunk) = next(ask, &mut body).await? {
        if all.is_empty() && hyper::body::Body::is_end_stream(&body) {
            return Ok(chunk);
        }
        if all.len() + chunk.len() > ANSWER_MAX {
            return Err(ask.odd("it is too long"));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// A body as a stream. It ends with an error when the connection breaks before the end.
pub(crate) fn stream_of(ask: Ask, body: hyper::body::Incoming) -> ByteStream {
    Box::pin(stream::try_unfold((ask, body), |(ask, mut body)| async move {
        let chunk = next(&ask, &mut body).await?;
        Ok(chunk.map(|chunk| (chunk, (ask, body))))
    }))
}

/// The next bytes of a body.
async fn next(ask: &Ask, body: &mut hyper::body::Incoming) -> Result<Option<Bytes>> {
    loop {
        let frame = match tokio::time::timeout(SILENCE, body.frame()).await {
            Err(_elapsed) => {
                return Err(ask.broke(format!("the server sent nothing for {} s", SILENCE.as_secs()), None));
            }
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(ask.broke("the connection broke", Some(error.into()))),
            Ok(Some(Ok(frame))) => frame,
        };
        // Anything else is trailers.
        if let Ok(bytes) = frame.into_data()
            && !bytes.is_empty()
        {
            return Ok(Some(bytes));
        }
    }
}

/// What went wrong with a connection, in words that tell what to look at.
fn in_words(error: &hyper_util::client::legacy::Error) -> String {
    let mut deepest: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let text = deepest.to_string();
    if !error.is_connect() {
        return format!("the connection broke ({text})");
    }
    if text.contains("dns error") || text.contains("lookup address") {
        "the server's name is not known".to_owned()
    } else if text.contains("certificate") {
        format!("the server's certificate is not trusted ({text})")
    } else {
        format!("the server cannot be reached ({text})")
    }
}
