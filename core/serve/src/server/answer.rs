//! One request for predictions, from its head to its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aloft_base::endpoint::RequestLog;
use aloft_data::RowBatch;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use bytes::Bytes;

use super::book::Entry;
use super::failure::{Failure, Kind};
use super::loaded::Loaded;
use super::metrics::{Door, InFlight};
use super::read::{Form, Format, read};
use super::request_log::Kept;
use super::shadow::Asked;
use super::state::{Now, Server};
use super::{body, crowd};
use crate::client::PROBE_HEADER;

/// Bodies up to this size are read where they arrive: handing them over would take longer.
const SMALL_BYTES: usize = 64 * 1024;
/// So many rows are predicted where they were read.
const SMALL_ROWS: usize = 64;

/// Names the version that answered.
const VERSION: HeaderName = HeaderName::from_static("x-aloft-version");
const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// The model and the version that a path names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) model: Option<String>,
    pub(super) version: Option<String>,
}

/// Answers a request for predictions. Every failure is counted and told as JSON.
pub(super) async fn predict(server: Arc<Server>, door: Door, target: Target, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let in_flight = InFlight::enter(&server.metrics);
    let now = server.now();
    let mut known = Known {
        is_probe: request.headers().contains_key(PROBE_HEADER),
        ..Known::default()
    };
    let answered = answer(&server, &now, door, &target, request, started, &mut known).await;
    drop(in_flight);
    let counts = known
        .loaded
        .as_ref()
        .map_or(&server.metrics.none, |loaded| &loaded.counts);
    match answered {
        Ok(response) => {
            if !known.is_probe {
                counts.add_request(door, 200, started.elapsed());
            }
            response
        }
        // What a probe meets is told as health, not as a failure of somebody's request.
        Err(failure) if known.is_probe => refusal(&failure, door == Door::Infer),
        Err(failure) => {
            counts.add_request(door, failure.kind().status(), started.elapsed());
            server.metrics.add_error(failure.kind());
            note(&server, &now, &failure, known.format, known.body);
            refusal(&failure, door == Door::Infer)
        }
    }
}

/// What is known of a request when it fails.
#[derive(Default)]
struct Known {
    /// Whether it is a look of our own, which is no traffic.
    is_probe: bool,
    loaded: Option<Arc<Loaded>>,
    format: Option<Format>,
    body: Bytes,
}

async fn answer(
    server: &Arc<Server>,
    now: &Arc<Now>,
    door: Door,
    target: &Target,
    request: Request<Body>,
    started: Instant,
    known: &mut Known,
) -> Result<Response<Body>, Failure> {
    let headers = request.headers();
    let authorization = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    if !now.lets_in(authorization) {
        return Err(Failure::new(
            Kind::Unauthorised,
            "The request has no token of this endpoint",
            "Send it as 'Authorization: Bearer TOKEN'.",
        ));
    }
    let loaded = Arc::clone(version_of(server, now, target)?);
    known.loaded = Some(Arc::clone(&loaded));
    let format = format_of(door, headers)?;
    known.format = Some(format);
    let as_table = wants_table(door, headers, format);
    let limit = Duration::from_millis(server.limits.timeout_ms);
    let body = body::within(request.into_body(), server.limits.body_bytes, limit).await?;
    known.body = body.clone();

    let place = crowd::enter(server, limit.saturating_sub(started.elapsed())).await?;
    let rows_limit = server.limits.rows;
    let log = now
        .log
        .as_ref()
        .filter(|log| !known.is_probe && server.is_sampled(log.share));
    let ask = Ask {
        loaded: Arc::clone(&loaded),
        format,
        as_table,
        rows_limit,
        keep_answers: now.shadow.is_some() || log.is_some(),
    };
    let work = if body.len() <= SMALL_BYTES {
        match ask.read_small(&body)? {
            Step::Done(done) => Ok(done),
            Step::Together(batch, form, warnings) => Ok(ask.together(batch, &form, &warnings).await?),
            Step::Large(batch, form, warnings) => Err(Box::new(move || ask.finish(batch, &form, &warnings)) as Work),
        }
    } else {
        let body = body.clone();
        Err(Box::new(move || ask.read_and_finish(&body)) as Work)
    };
    let done = match work {
        Ok(done) => done,
        // The place is held until the work ends, also when its caller does not wait that long.
        Err(work) => {
            let task = tokio::task::spawn_blocking(move || {
                let place = place;
                let done = guarded(work);
                drop(place);
                done
            });
            let rest = limit.saturating_sub(started.elapsed());
            let late = |_| {
                Failure::new(
                    Kind::Timeout,
                    "The model did not answer in time",
                    "Send fewer rows at once.",
                )
            };
            tokio::time::timeout(rest, task)
                .await
                .map_err(late)?
                .unwrap_or_else(|_| Err(internal()))?
        }
    };
    if !known.is_probe {
        loaded.counts.add_rows(done.rows, done.oddities);
        aside(server, now, log, &loaded, format, &body, &done);
    }
    let mut response = Response::new(Body::from(done.text));
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_static(if as_table { CSV } else { JSON });
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(VERSION, loaded.header.clone());
    Ok(response)
}

type Work = Box<dyn FnOnce() -> Result<Done, Failure> + Send>;

/// What a request became.
struct Done {
    text: Vec<u8>,
    rows: usize,
    oddities: aloft_data::Oddities,
    /// For the shadow, when there is one.
    answers: Option<aloft_train::Answers>,
}

enum Step {
    Done(Done),
    /// To be predicted with those of others.
    Together(RowBatch, Form, Vec<String>),
    /// Too many rows to predict them here.
    Large(RowBatch, Form, Vec<String>),
}

/// What is to be done with a body.
struct Ask {
    loaded: Arc<Loaded>,
    format: Format,
    as_table: bool,
    rows_limit: u64,
    keep_answers: bool,
}

impl Ask {
    /// Reads a small body, and predicts its rows unless they are many.
    fn read_small(&self, body: &[u8]) -> Result<Step, Failure> {
        guarded(|| {
            let (batch, form, warnings) = self.read(body)?;
            if batch.rows() <= SMALL_ROWS && self.loaded.gather.is_some() {
                Ok(Step::Together(batch, form, warnings))
            } else if batch.rows() <= SMALL_ROWS {
                self.finish(batch, &form, &warnings).map(Step::Done)
            } else {
                Ok(Step::Large(batch, form, warnings))
            }
        })
    }

    /// Predicts the rows with those of other requests.
    async fn together(&self, batch: RowBatch, form: &Form, warnings: &[String]) -> Result<Done, Failure> {
        let Some(gather) = &self.loaded.gather else {
            return self.finish(batch, form, warnings);
        };
        let (batch, answers) = gather.predict(batch).await?;
        guarded(|| self.write(batch, answers, form, warnings))
    }

    fn read_and_finish(&self, body: &[u8]) -> Result<Done, Failure> {
        let (batch, form, warnings) = self.read(body)?;
        self.finish(batch, &form, &warnings)
    }

    fn read(&self, body: &[u8]) -> Result<(RowBatch, Form, Vec<String>), Failure> {
        let mut batch = self.loaded.take_batch();
        match read(self.format, body, &self.loaded.columns, &mut batch, self.rows_limit) {
            Ok((form, warnings)) => Ok((batch, form, warnings)),
            Err(failure) => {
                self.loaded.give_batch(batch);
                Err(failure)
            }
        }
    }

    fn finish(&self, batch: RowBatch, form: &Form, warnings: &[String]) -> Result<Done, Failure> {
        let answers = self.loaded.predictor.predict(&batch);
        self.write(batch, answers, form, warnings)
    }

    /// Writes the answers of a request's rows.
    fn write(
        &self,
        batch: RowBatch,
        answers: aloft_train::Answers,
        form: &Form,
        warnings: &[String],
    ) -> Result<Done, Failure> {
        let loaded = &self.loaded;
        if let Some(row) = answers.first_without_a_number() {
            loaded.give_batch(batch);
            let message = format!("Row {row}: its values are so large that the model's answer is no number");
            return Err(Failure::invalid(message).with_hint("Check their units."));
        }
        let writer = &loaded.writer;
        let text = match form {
            Form::Tensors(wanted) => writer.tensors(&answers, wanted),
            _ if self.as_table => {
                let has_header = matches!(form, Form::Table { has_header: true } | Form::Rows);
                writer.table(&answers, &loaded.signature().classes, has_header)
            }
            _ => writer.rows(&answers, warnings),
        };
        let done = Done {
            text,
            rows: batch.rows(),
            oddities: batch.oddities(),
            answers: self.keep_answers.then_some(answers),
        };
        loaded.give_batch(batch);
        Ok(done)
    }
}

/// Runs work whose panic must not take the server with it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(internal()))
}

pub(super) fn internal() -> Failure {
    Failure::new(
        Kind::Internal,
        "A fault in Aloft itself kept the request from being answered",
        "Other requests are not affected. Please report it with the request.",
    )
}

/// The version that a request is for.
fn version_of<'n>(server: &Server, now: &'n Now, target: &Target) -> Result<&'n Arc<Loaded>, Failure> {
    check_model(server, target)?;
    match &target.version {
        None => Ok(server.next(now)),
        Some(wanted) => version_named(now, wanted),
    }
}

/// Refuses another model than the one that is served.
pub(super) fn check_model(server: &Server, target: &Target) -> Result<(), Failure> {
    match &target.model {
        Some(model) if *model != server.name => {
            let short: String = model.chars().take(100).collect();
            let message = format!("There is no model '{short}' here");
            let hint = format!("This endpoint serves '{}'.", server.name);
            Err(Failure::new(Kind::NotFound, message, hint))
        }
        _ => Ok(()),
    }
}

/// The version with this number, if it answers.
pub(super) fn version_named<'n>(now: &'n Now, wanted: &str) -> Result<&'n Arc<Loaded>, Failure> {
    let number = wanted.parse::<u32>().ok();
    let found = now.answering().find(|loaded| Some(loaded.number) == number);
    found.ok_or_else(|| {
        let short: String = wanted.chars().take(20).collect();
        let served: Vec<String> = now.answering().map(|loaded| loaded.number.to_string()).collect();
        let hint = format!("Version {} is.", served.join(" or "));
        Failure::new(
            Kind::NotFound,
            format!("The version '{short}' is not served here"),
            hint,
        )
    })
}

/// How the body is written, by its content type.
fn format_of(door: Door, headers: &HeaderMap) -> Result<Format, Failure> {
    if door == Door::Infer && headers.contains_key("inference-header-content-length") {
        return Err(super::tensors::binary());
    }
    let refuse = |given: &str| {
        let short: String = given.chars().take(60).collect();
        let csv = if door == Door::Invocations { " or text/csv" } else { "" };
        Failure::new(
            Kind::MediaType,
            format!("A body of the type '{short}' is not read here"),
            format!("Send it as application/json{csv} (curl: -H 'content-type: application/json')."),
        )
    };
    let json = if door == Door::Infer {
        Format::Tensors
    } else {
        Format::Rows
    };
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(json);
    };
    let text = value.to_str().ok().ok_or_else(|| refuse("?"))?;
    let kind = text.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case(JSON) {
        Ok(json)
    } else if kind.eq_ignore_ascii_case(CSV) && door == Door::Invocations {
        Ok(Format::Table)
    } else {
        Err(refuse(kind))
    }
}

/// Whether the answer is to be CSV: as asked, else as the request was.
fn wants_table(door: Door, headers: &HeaderMap, format: Format) -> bool {
    if door != Door::Invocations {
        return false;
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accepts = |kind| accept.is_some_and(|accept| accept.to_ascii_lowercase().contains(kind));
    accepts(CSV) && !accepts(JSON) || format == Format::Table && !accepts(JSON)
}

/// What happens beside an answer: the shadow is asked and the request is kept, if somebody wants that.
fn aside(
    server: &Server,
    now: &Now,
    log: Option<&RequestLog>,
    loaded: &Arc<Loaded>,
    format: Format,
    body: &Bytes,
    done: &Done,
) {
    let Some(answers) = &done.answers else { return };
    if let Some(shadow) = &now.shadow {
        let asked = Asked {
            shadow: Arc::clone(shadow),
            main: Arc::clone(loaded),
            format,
            body: body.clone(),
            answers: answers.clone(),
        };
        if server.shadow.try_send(asked).is_err() {
            server.metrics.shadow_skipped.fetch_add(1, Ordering::Relaxed);
        }
    }
    if let Some(log) = log {
        let kept = Kept {
            loaded: Arc::clone(loaded),
            format,
            body: body.clone(),
            answers: answers.clone(),
            hide: log.hide.clone(),
        };
        if server.log.try_send(Some(kept)).is_err() {
            server.metrics.log_skipped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Has a failure written down, with its request.
fn note(server: &Server, now: &Now, failure: &Failure, format: Option<Format>, body: Bytes) {
    let entry = Entry::Failure {
        kind: failure.kind(),
        message: failure.message_to_keep(now.keep_values).to_owned(),
        body,
        format,
        keep_values: now.keep_values,
    };
    // When more fail than can be written down, the count of them must do.
    drop(server.book.try_send(entry));
}

/// The answer to a request that failed.
pub(super) fn refusal(failure: &Failure, is_protocol: bool) -> Response<Body> {
    let mut response = Response::new(Body::from(failure.body(is_protocol)));
    *response.status_mut() = StatusCode::from_u16(failure.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut set = |name, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(header::CONTENT_TYPE, JSON);
    match failure.kind() {
        Kind::Unauthorised => set(header::WWW_AUTHENTICATE, "Bearer"),
        Kind::Busy => set(header::RETRY_AFTER, "1"),
        _ => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_one_request_alone() {
        let failure = guarded::<()>(|| panic!("as a test")).unwrap_err();
        assert_eq!(failure.kind(), Kind::Internal);
        assert!(!failure.message_to_keep(true).contains("as a test"));
    }
}
