//! Requests to an S3 server: where they go, how they are signed, and what is learned from refusals.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use aloft_base::Redacted;
use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::env;
use aloft_base::secret::Secrets;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, DATE, HOST, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::Full;
use jiff::Timestamp;

use super::call::Call;
use super::refuse;
use super::sign::{self, Scope, Target};
use crate::credentials::{Credentials, Keys, default_region, profile_setting};
use crate::endpoint;
use crate::error::{CloudError, Meaning, Result};
use crate::http::{Ask, Http, Request, Response};

/// The longest time a signed link may be valid: seven days.
const LINK_SECS: u64 = 7 * 24 * 60 * 60;

/// Where the server is.
#[derive(Debug)]
enum Server {
    /// Amazon's, in each region another one.
    Amazon,
    /// At one address. `path` comes before that of the bucket; without a trailing `/`.
    At {
        scheme: http::uri::Scheme,
        authority: String,
        path: String,
    },
}

/// What was learned from refusals already, so that nothing is tried twice.
#[derive(Default)]
struct Tried {
    region: bool,
    clock: bool,
    keys: bool,
}

/// What refusals taught while one request was tried.
struct Learned {
    /// Which keys it was signed with.
    keys: RwLock<Option<Arc<Keys>>>,
    /// Seconds by which the server's clock is ahead of ours, as its last refusal said.
    ahead_secs: AtomicI64,
    /// The same, as it was taken to be when the request was signed.
    signed_by_secs: AtomicI64,
}

/// Sends requests to a server.
#[derive(Debug)]
pub(super) struct Client {
    name: String,
    http: Http,
    server: Server,
    path_style: bool,
    region: Arc<str>,
    credentials: Credentials,
    /// The regions of buckets that are not in the connection's.
    regions: RwLock<HashMap<String, Arc<str>>>,
    /// Seconds by which the server's clock is ahead of ours, once it said so.
    ahead_secs: AtomicI64,
}

impl Client {
    pub(super) fn new(name: &str, spec: &Spec, secrets: &Secrets) -> Result<Self> {
        let profile = match &spec.sign_in {
            SignIn::Profile { name } => Some(name.as_str()),
            SignIn::Role { profile, .. } => profile.as_deref(),
            _ => None,
        };
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (server, path_style) = match filled(&spec.endpoint) {
            Some(url) => (at(spec, url.trim())?, spec.path_style),
            None => match standard_endpoint(spec, profile) {
                // Servers that a person runs seldom have names for buckets.
                Some(url) => (at(spec, &url)?, true),
                None if spec.provider == Provider::S3Compatible => {
                    return Err(CloudError::Settings {
                        message: format!("The connection '{name}' has no server"),
                        hint: "Enter its address, as https://storage.example.org.".to_owned(),
                    });
                }
                None => (Server::Amazon, spec.path_style),
            },
        };
        let of_machine = || match (&spec.sign_in, &server) {
            (_, Server::Amazon) | (SignIn::Default | SignIn::Profile { .. } | SignIn::Environment, _) => {
                default_region(profile)
            }
            _ => None,
        };
        let region = filled(&spec.region).or_else(of_machine);
        Ok(Self {
            name: name.to_owned(),
            http: Http::new(spec)?,
            server,
            path_style,
            region: region.as_deref().unwrap_or("us-east-1").trim().into(),
            credentials: Credentials::new(name, spec, secrets)?,
            regions: RwLock::default(),
            ahead_secs: AtomicI64::new(0),
        })
    }

    /// Whether it is Amazon's own server.
    pub(super) fn is_amazon(&self) -> bool {
        matches!(self.server, Server::Amazon)
    }

    /// Whether nobody between here and the server can change what is sent: TLS, or this machine.
    pub(super) fn is_protected(&self) -> bool {
        match &self.server {
            Server::Amazon => true,
            Server::At { scheme, authority, .. } => {
                *scheme == http::uri::Scheme::HTTPS
                    || authority
                        .parse::<http::uri::Authority>()
                        .is_ok_and(|authority| endpoint::is_this_machine(authority.host()))
            }
        }
    }

    /// Whether requests are not signed.
    pub(super) fn is_anonymous(&self) -> bool {
        matches!(self.credentials, Credentials::Anonymous)
    }

    /// The region of the connection.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Remembers the region of a bucket, as a list or a refusal told it.
    pub(super) fn remember_region(&self, bucket: &str, region: &str) {
        let known = self.region_of(bucket);
        if *known == *region {
            return;
        }
        self.regions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(bucket.to_owned(), region.into());
    }

    /// The region of a bucket, as far as it is known.
    pub(super) fn region_of(&self, bucket: &str) -> Arc<str> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        match regions.get(bucket) {
            Some(region) => Arc::clone(region),
            None => Arc::clone(&self.region),
        }
    }

    /// Sends a request and answers before the body is read.
    pub(super) async fn send(&self, ask: &Ask, call: &Call<'_>) -> Result<Response> {
        let mut tried = Tried::default();
        loop {
            let learned = self.nothing_learned();
            let judge = |ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]| {
                learn(&learned, ask, status, headers, body)
            };
            let answer = self.http.call(ask, judge, || self.make(call, &learned)).await;
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) if self.act_on(&error, call, &learned, &mut tried).await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn whole(&self, ask: &Ask, call: &Call<'_>) -> Result<(http::response::Parts, Bytes)> {
        let mut tried = Tried::default();
        loop {
            let learned = self.nothing_learned();
            let judge = |ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]| {
                learn(&learned, ask, status, headers, body)
            };
            let answer = self.http.call_whole(ask, judge, || self.make(call, &learned)).await;
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) if self.act_on(&error, call, &learned, &mut tried).await => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn nothing_learned(&self) -> Learned {
        Learned {
            keys: RwLock::default(),
            ahead_secs: AtomicI64::new(self.ahead_secs.load(Ordering::Relaxed)),
            signed_by_secs: AtomicI64::new(self.ahead_secs.load(Ordering::Relaxed)),
        }
    }

    /// Whether something was learned from a refusal that makes another attempt worth it.
    async fn act_on(&self, error: &CloudError, call: &Call<'_>, learned: &Learned, tried: &mut Tried) -> bool {
        let CloudError::Refused(refusal) = error else {
            return false;
        };
        match refusal.meaning {
            Meaning::WrongRegion if !tried.region => {
                tried.region = true;
                let Some(region) = refusal.region.as_deref().filter(|_| !call.bucket.is_empty()) else {
                    return false;
                };
                let is_news = *self.region_of(call.bucket) != *region;
                self.remember_region(call.bucket, region);
                is_news
            }
            Meaning::ClockSkew if !tried.clock => {
                tried.clock = true;
                let ahead_secs = learned.ahead_secs.load(Ordering::Relaxed);
                self.ahead_secs.store(ahead_secs, Ordering::Relaxed);
                // Another request may have learned the same meanwhile: what counts is what this one was signed by.
                learned.signed_by_secs.load(Ordering::Relaxed) != ahead_secs
            }
            Meaning::Expired | Meaning::Unauthenticated if !tried.keys => {
                tried.keys = true;
                let keys = learned.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
                match keys {
                    // Failing to fetch others changes nothing about this refusal.
                    Some(keys) => self.credentials.renew(&keys).await.unwrap_or(false),
                    None => false,
                }
            }
            _ => false,
        }
    }

    /// Makes the request anew and signs it for this moment.
    async fn make(&self, call: &Call<'_>, learned: &Learned) -> Result<Request> {
        let keys = self.credentials.get().await?;
        learned
            .signed_by_secs
            .store(self.ahead_secs.load(Ordering::Relaxed), Ordering::Relaxed);
        let region = self.region_of(call.bucket);
        let place = self.place(call.bucket, call.key, &region);
        let mut headers = call.headers.clone();
        let unusable = |what: &str| CloudError::Settings {
            message: format!("The {what} of the connection '{}' cannot be sent", self.name),
            hint: "Check the settings of the connection.".to_owned(),
        };
        let host = HeaderValue::from_str(&place.authority).map_err(|_no_host| unusable("address"))?;
        headers.insert(HOST, host);
        headers.insert(USER_AGENT, HeaderValue::from_static("Aloft"));
        if let Some(keys) = keys {
            let scope = Scope {
                keys: &keys,
                region: &region,
                now: self.now(),
            };
            let target = Target {
                method: &call.method,
                path: &place.path,
                query: &call.query,
            };
            sign::sign(scope, target, &mut headers, &call.payload).map_err(|_holds_keys| unusable("key"))?;
            *learned.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
        }
        if call.body.is_empty() && (call.method == Method::PUT || call.method == Method::POST) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut path_and_query = place.path;
        if !call.query.is_empty() {
            path_and_query.push('?');
            path_and_query.push_str(&call.query);
        }
        let uri = Uri::builder()
            .scheme(place.scheme)
            .authority(place.authority)
            .path_and_query(path_and_query)
            .build()
            .map_err(|_no_uri| unusable("address"))?;
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Now, by the server's clock.
    fn now(&self) -> Timestamp {
        let ours = Timestamp::now();
        let ahead_secs = self.ahead_secs.load(Ordering::Relaxed);
        ours.checked_add(jiff::SignedDuration::from_secs(ahead_secs))
            .unwrap_or(ours)
    }

    /// Where a bucket or an object is.
    fn place(&self, bucket: &str, key: &str, region: &str) -> Place {
        let (scheme, authority, prefix) = match &self.server {
            Server::Amazon => {
                let domain = if region.starts_with("cn-") {
                    "amazonaws.com.cn"
                } else {
                    "amazonaws.com"
                };
                (http::uri::Scheme::HTTPS, format!("s3.{region}.{domain}"), "")
            }
            Server::At {
                scheme,
                authority,
                path,
            } => (scheme.clone(), authority.clone(), path.as_str()),
        };
        let mut path = String::with_capacity(prefix.len() + bucket.len() + key.len() + 16);
        path.push_str(prefix);
        path.push('/');
        if bucket.is_empty() {
            return Place {
                scheme,
                authority,
                path,
            };
        }
        let authority = if self.path_style || !is_host_label(bucket) {
            sign::encode(&mut path, bucket, false);
            if !key.is_empty() {
                path.push('/');
            }
            authority
        } else {
            format!("{bucket}.{authority}")
        };
        sign::encode(&mut path, key, true);
        Place {
            scheme,
            authority,
            path,
        }
    }

    /// A link with which anybody can read an object for a while.
    pub(super) async fn link(&self, bucket: &str, key: &str, valid_secs: u64) -> Result<Redacted<String>> {
        let Some(keys) = self.credentials.get().await? else {
            return Err(CloudError::Settings {
                message: format!("The connection '{}' has no keys to sign a link with", self.name),
                hint: "An object that anybody can read needs no signed link.".to_owned(),
            });
        };
        if valid_secs == 0 || valid_secs > LINK_SECS {
            return Err(CloudError::Settings {
                message: "A signed link is valid for one second to seven days".to_owned(),
                hint: "Choose a shorter time.".to_owned(),
            });
        }
        let region = self.region_of(bucket);
        let place = self.place(bucket, key, &region);
        let scope = Scope {
            keys: &keys,
            region: &region,
            now: self.now(),
        };
        let query = sign::link(scope, &Method::GET, &place.authority, &place.path, valid_secs);
        Ok(Redacted::new(format!(
            "{}://{}{}?{query}",
            place.scheme, place.authority, place.path
        )))
    }

    /// Where the requests about a bucket go and for which region they are signed, for a reader of its own.
    pub(super) fn reached_at(&self, bucket: &str) -> (String, Arc<str>) {
        let region = self.region_of(bucket);
        let place = self.place(bucket, "", &region);
        let path = place.path.trim_end_matches('/');
        (format!("{}://{}{path}", place.scheme, place.authority), region)
    }

    /// The keys to sign with now; nothing where nothing is signed.
    pub(super) async fn keys(&self) -> Result<Option<Arc<Keys>>> {
        self.credentials.get().await
    }
}

/// Where a request goes.
struct Place {
    scheme: http::uri::Scheme,
    authority: String,
    path: String,
}

/// A refusal, after what it teaches about the server's clock was written down.
fn learn(learned: &Learned, ask: &Ask, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> CloudError {
    let error = refuse::judge(ask, status, headers, body);
    if error.meaning() == Some(Meaning::ClockSkew)
        && let Some(theirs) = headers.get(DATE).and_then(|date| refuse::date_of(date.to_str().ok()?))
    {
        let ahead_secs = theirs - Timestamp::now().as_second();
        learned.ahead_secs.store(ahead_secs, Ordering::Relaxed);
    }
    error
}

/// The server at a URL.
fn at(spec: &Spec, url: &str) -> Result<Server> {
    let uri = endpoint::check(spec, url)?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    Ok(Server::At {
        scheme: uri.scheme().cloned().unwrap_or(http::uri::Scheme::HTTPS),
        authority,
        path: uri.path().trim_end_matches('/').to_owned(),
    })
}

/// The server that the environment or a profile names, for the ways of signing in that follow them.
fn standard_endpoint(spec: &Spec, profile: Option<&str>) -> Option<String> {
    if spec.provider != Provider::S3 {
        return None;
    }
    let environment = || env::text(env::AWS_ENDPOINT_URL_S3).or_else(|| env::text(env::AWS_ENDPOINT_URL));
    match spec.sign_in {
        SignIn::Default | SignIn::Environment => environment().or_else(|| profile_setting(None, "endpoint_url")),
        SignIn::Profile { .. } => profile_setting(profile, "endpoint_url"),
        _ => None,
    }
}

/// Whether a bucket can be part of a host name that a certificate with `*.` covers.
fn is_host_label(bucket: &str) -> bool {
    (3..=63).contains(&bucket.len())
        && bucket
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(spec: &Spec) -> Client {
        Client::new("test", spec, &Secrets::new()).unwrap()
    }

    fn url(client: &Client, bucket: &str, key: &str) -> String {
        let region = client.region_of(bucket);
        let place = client.place(bucket, key, &region);
        format!("{}://{}{}", place.scheme, place.authority, place.path)
    }

    #[test]
    fn buckets_are_hosts_on_amazon_where_they_can_be() {
        let amazon = client(&Spec {
            sign_in: SignIn::Anonymous,
            region: Some("eu-west-1".into()),
            ..Spec::new(Provider::S3)
        });
        assert_eq!(
            url(&amazon, "lab", "a//b"),
            "https://lab.s3.eu-west-1.amazonaws.com/a//b"
        );
        assert_eq!(
            url(&amazon, "lab.org", "k"),
            "https://s3.eu-west-1.amazonaws.com/lab.org/k"
        );
        assert_eq!(url(&amazon, "", ""), "https://s3.eu-west-1.amazonaws.com/");
        amazon.remember_region("lab", "cn-north-1");
        assert_eq!(url(&amazon, "lab", ""), "https://lab.s3.cn-north-1.amazonaws.com.cn/");
    }

    #[test]
    fn another_server_has_paths_unless_it_says_otherwise() {
        let mut spec = Spec {
            sign_in: SignIn::Anonymous,
            endpoint: Some("http://localhost:9000/s3/".into()),
            ..Spec::new(Provider::S3Compatible)
        };
        assert_eq!(url(&client(&spec), "lab", "./k/"), "http://localhost:9000/s3/lab/./k/");
        spec.path_style = false;
        assert_eq!(url(&client(&spec), "lab", "k"), "http://lab.localhost:9000/s3/k");
        spec.endpoint = None;
        let error = Client::new("mine", &spec, &Secrets::new()).unwrap_err().to_string();
        assert!(error.contains("'mine' has no server"), "{error}");
    }
}
