//! Resumable uploads: a session takes the bytes of one object in order.
//!
//! The id of an upload is the `upload_id` of its session. Who knows it can write the object
//! for a week without signing in, so it is in no error and no log.

use aloft_base::Redacted;
use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_RANGE, HeaderName, LOCATION};

use super::answer::{self, GO_ON, Resource};
use super::request::{Call, bucket_path};
use super::sign_in::Account;
use crate::error::{CloudError, Meaning, Result};
use crate::http::{Ask, Http};

/// Sessions take multiples of this, but for the end.
pub(super) const STEP: u64 = 256 << 10;

/// How a session stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// So many bytes have arrived.
    Waits(u64),
    /// The object is written.
    Done(Box<Resource>),
}

/// One session.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) http: &'a Http,
    pub(super) account: &'a Account,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) id: Redacted<String>,
}

/// Begins a session and answers its id. `resource` describes the object.
pub(super) async fn begin(
    http: &Http,
    account: &Account,
    bucket: &str,
    key: &str,
    resource: &serde_json::Value,
    only_new: bool,
    ask: Ask,
) -> Result<String> {
    let content_type = resource
        .get("contentType")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let mut call = Call::new(Method::POST, upload_path(bucket), Meaning::NoBucket, ask.clone())
        .query("uploadType", "resumable")
        .query("name", key)
        .header(HeaderName::from_static("x-upload-content-type"), content_type)?
        .body("application/json; charset=UTF-8", resource.to_string())?;
    if only_new {
        call = call.query("ifGenerationMatch", "0");
    }
    let (head, _) = call.send_whole(http, account).await?;
    let location = head
        .headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .unwrap_or("");
    let id = location
        .split(['?', '&'])
        .find_map(|pair| pair.strip_prefix("upload_id="));
    let id = id.ok_or_else(|| ask.odd("it names no session"))?;
    // As it came: it goes back the same way.
    Ok(id.to_owned())
}

fn upload_path(bucket: &str) -> String {
    format!("/upload{}/o", bucket_path(bucket))
}

impl Session<'_> {
    fn call(&self, method: Method, ask: Ask) -> Call {
        Call::new(method, upload_path(self.bucket), Meaning::NoUpload, ask)
            .query("uploadType", "resumable")
            .query("name", self.key)
            .encoded("upload_id", self.id.expose())
    }

    /// Asks how it stands.
    pub(super) async fn standing(&self, ask: Ask) -> Result<Standing> {
        self.sent(self.call(Method::PUT, ask).header(CONTENT_RANGE, "bytes */*")?)
            .await
    }

    /// Ends it where nothing is left to be sent.
    pub(super) async fn end(&self, total: u64, ask: Ask) -> Result<Standing> {
        let range = format!("bytes */{total}");
        self.sent(self.call(Method::PUT, ask).header(CONTENT_RANGE, &range)?)
            .await
    }

    /// Sends bytes from an offset on, until the server has them. After a failure it is asked how much
    /// arrived, and only the rest is sent.
    pub(super) async fn send(&self, offset: u64, total: u64, body: &Bytes, ask: Ask) -> Result<Standing> {
        let end = offset + body.len() as u64;
        if body.is_empty() {
            return self.end(total, ask).await;
        }
        let short = |arrived: u64| ask.broke(format!("the server has only {arrived} bytes of the first {end}"), None);
        let (mut from, mut attempt) = (offset, 0);
        loop {
            let rest = body.slice((from - offset) as usize..);
            let range = format!("bytes {from}-{}/{total}", end - 1);
            let call = self
                .call(Method::PUT, ask.clone())
                .header(CONTENT_RANGE, &range)?
                .body("application/octet-stream", rest)?;
            let error = match standing_of(call.send_json_once(self.http, self.account).await) {
                Ok(Standing::Waits(arrived)) if arrived > from && arrived < end => {
                    (from, attempt) = (arrived, 0);
                    continue;
                }
                Ok(Standing::Waits(arrived)) if arrived < end => short(arrived),
                standing @ Ok(_) => return standing,
                Err(error) => error,
            };
            attempt += 1;
            // Who goes on with another's session may begin before what the server has, and be refused.
            let is_doubtful = attempt == 1 && error.meaning() == Some(Meaning::Invalid);
            match self.http.patience().pause(attempt, &error) {
                Some(pause) => tokio::time::sleep(pause).await,
                None if is_doubtful => {}
                None => return Err(error),
            }
            match self.standing(ask.clone()).await? {
                Standing::Waits(arrived) if arrived < offset => return Err(short(arrived)),
                Standing::Waits(arrived) if arrived == from && is_doubtful => return Err(error),
                Standing::Waits(arrived) if arrived < end => from = arrived,
                standing => return Ok(standing),
            }
        }
    }

    /// Forgets it. One that is not known counts as forgotten; where a server cannot forget, the
    /// session ends by itself after a week.
    pub(super) async fn cancel(&self, ask: Ask) -> Result<()> {
        match self.call(Method::DELETE, ask).send_whole(self.http, self.account).await {
            Err(error) if !matches!(error.meaning(), Some(Meaning::NoUpload | Meaning::Unsupported)) => Err(error),
            _ => Ok(()),
        }
    }

    async fn sent(&self, call: Call) -> Result<Standing> {
        standing_of(call.send_json(self.http, self.account).await)
    }
}

/// What an answer says of how a session stands.
fn standing_of(answer: Result<Resource>) -> Result<Standing> {
    match answer {
        Ok(resource) => Ok(Standing::Done(Box::new(resource))),
        Err(CloudError::Refused(refusal)) if refusal.status == GO_ON => {
            Ok(Standing::Waits(answer::arrived(&refusal.message, STEP)))
        }
        Err(error) => Err(error),
    }
}
