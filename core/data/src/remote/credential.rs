//! What polars signs its requests with: asked of whoever fetches, each minute anew, so that a
//! scan outlives the keys it began with. With a provider of its own polars looks at no
//! environment and no profile, where another's keys may stand.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use aloft_base::remote::{Credential, Reach, Remote};
use aloft_base::{ErrorKind, Report};
use polars::io::cloud::credential_provider::{
    AwsCredential, AzureCredential, GcpCredential, ObjectStoreCredential, PlCredentialProvider,
};
use polars::prelude::PolarsError;

/// So long polars uses what it was given, in seconds. Who is asked keeps it for as long as it is good.
const KEPT_SECS: u64 = 60;

/// Providers by who is asked and of what. Polars knows a connection pool by its provider, so
/// that another one for each scan would be another pool for each scan.
type Known = HashMap<(usize, Remote), PlCredentialProvider>;

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// Signs the requests to the bucket of an address. `reach` is asked for as long as the provider lives.
pub(super) fn provider(reach: &Arc<dyn Reach>, remote: &Remote) -> PlCredentialProvider {
    let bucket = Remote {
        url: bucket_of(&remote.url),
        connection: remote.connection.clone(),
    };
    let key = (Arc::as_ptr(reach).cast::<()>() as usize, bucket.clone());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    let reach = Arc::clone(reach);
    let provider = known.entry(key).or_insert_with(|| {
        PlCredentialProvider::from_func(move || {
            let (reach, bucket) = (Arc::clone(&reach), bucket.clone());
            let asked = Asked::begin(move || reach.credential(&bucket));
            Box::pin(async move {
                let credential = asked.await.map_err(|report| told(&report))?;
                let now_secs = u64::try_from(aloft_base::time::now_ms() / 1000).unwrap_or(0);
                Ok((of(credential), now_secs + KEPT_SECS))
            })
        })
    });
    provider.clone()
}

/// The address of a bucket, of one in it.
fn bucket_of(url: &str) -> String {
    let scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[scheme..].find('/').map_or(url.len(), |at| scheme + at);
    format!("{}/", &url[..end])
}

/// A credential in the words of polars.
fn of(credential: Credential) -> ObjectStoreCredential {
    match credential {
        Credential::Keys {
            access_key_id,
            secret_access_key,
            session_token,
        } => ObjectStoreCredential::Aws(Arc::new(AwsCredential {
            key_id: access_key_id,
            secret_key: secret_access_key.expose().clone(),
            token: session_token.map(|token| token.expose().clone()),
        })),
        Credential::SharedAccess(pairs) => {
            let pairs = pairs.into_iter().map(|(name, value)| (name, value.expose().clone()));
            ObjectStoreCredential::Azure(Arc::new(AzureCredential::SASToken(pairs.collect())))
        }
        Credential::Bearer(token) => ObjectStoreCredential::Gcp(Arc::new(GcpCredential {
            bearer: token.expose().clone(),
        })),
    }
}

fn told(report: &Report) -> PolarsError {
    let kind = match report.kind {
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::PermissionDenied | ErrorKind::Unauthenticated => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, report.message.clone()).into()
}

/// An answer that a thread waits for, because polars' own threads must not.
struct Asked(Arc<Mutex<Answer>>);

#[derive(Default)]
struct Answer {
    answer: Option<Result<Credential, Report>>,
    waits: Option<Waker>,
}

impl Asked {
    fn begin(ask: impl FnOnce() -> Result<Credential, Report> + Send + 'static) -> Self {
        let shared = Arc::new(Mutex::new(Answer::default()));
        let also = Arc::clone(&shared);
        let started = std::thread::Builder::new().name("sign-in".into()).spawn(move || {
            let answered = Answered(also);
            let answer = ask();
            answered.say(answer);
        });
        if let Err(error) = started {
            let message = format!("Could not start a thread to sign in: {error}");
            say(
                &shared,
                Err(Report::new(
                    ErrorKind::Internal,
                    message,
                    "Close other programs and try again.",
                )),
            );
        }
        Self(shared)
    }
}

/// The thread's end of it: also one that panics answers.
struct Answered(Arc<Mutex<Answer>>);

impl Answered {
    fn say(&self, answer: Result<Credential, Report>) {
        say(&self.0, answer);
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        let lost = Report::new(ErrorKind::Internal, "Signing in ended without an answer", "Try again.");
        say(&self.0, Err(lost));
    }
}

/// Answers, where that has not been done, and wakes who waits.
fn say(shared: &Mutex<Answer>, answer: Result<Credential, Report>) {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.answer.is_none() {
        shared.answer = Some(answer);
    }
    if let Some(waker) = shared.waits.take() {
        waker.wake();
    }
}

impl Future for Asked {
    type Output = Result<Credential, Report>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = shared.answer.take() {
            Poll::Ready(answer)
        } else {
            shared.waits = Some(context.waker().clone());
            Poll::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers what it is asked.
    struct Echo;

    impl Reach for Echo {
        fn find(&self, _: &Remote) -> Result<aloft_base::remote::Found, Report> {
            Err(nothing())
        }
        fn open(
            &self,
            _: &Remote,
            _: &aloft_base::remote::Object,
        ) -> Result<Box<dyn aloft_base::remote::ReadRange>, Report> {
            Err(nothing())
        }
        fn bring(
            &self,
            _: &Remote,
            _: &aloft_base::remote::Object,
            _: &std::path::Path,
            _: &mut dyn FnMut(u64) -> bool,
        ) -> Result<(), Report> {
            Err(nothing())
        }
        fn credential(&self, remote: &Remote) -> Result<Credential, Report> {
            Ok(Credential::Bearer(remote.url.clone().into()))
        }
        fn copies(&self) -> std::path::PathBuf {
            std::path::PathBuf::new()
        }
    }

    fn nothing() -> Report {
        Report::new(ErrorKind::NotFound, "nothing", "")
    }

    fn remote(url: &str) -> Remote {
        Remote {
            url: url.to_owned(),
            connection: None,
        }
    }

    #[test]
    fn the_bucket_of_an_address_is_what_is_signed_for() {
        assert_eq!(bucket_of("s3://b/a/c.parquet"), "s3://b/");
        assert_eq!(bucket_of("s3://b"), "s3://b/");
    }

    /// Wakes a thread.
    struct Thread(std::thread::Thread);

    impl std::task::Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    fn wait(mut asked: Asked) -> Result<Credential, Report> {
        let waker = Arc::new(Thread(std::thread::current())).into();
        let mut context = Context::from_waker(&waker);
        loop {
            match Pin::new(&mut asked).poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => std::thread::park(),
            }
        }
    }

    #[test]
    fn who_asks_is_woken_also_when_there_is_no_answer() {
        let answer = wait(Asked::begin(|| Echo.credential(&remote("gs://b/")))).unwrap();
        assert!(matches!(answer, Credential::Bearer(token) if token.expose() == "gs://b/"));
        assert!(wait(Asked::begin(|| panic!("lost"))).is_err());
    }

    #[test]
    fn a_bucket_has_one_provider() {
        let reach: Arc<dyn Reach> = Arc::new(Echo);
        let one = provider(&reach, &remote("gs://b/a"));
        assert!(one == provider(&reach, &remote("gs://b/c/d")));
        assert!(one != provider(&reach, &remote("gs://other/a")));
        let another: Arc<dyn Reach> = Arc::new(Echo);
        assert!(one != provider(&another, &remote("gs://b/a")));
    }
}
