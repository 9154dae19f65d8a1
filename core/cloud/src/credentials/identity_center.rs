//! IAM Identity Center by its device flow: a person confirms a code in their browser, and the
//! token that comes of it fetches the keys of a role.
//!
//! Written after the published API of SSO OIDC and of the access portal. There is no server
//! for it to be had here, so it has not been checked against one.

use std::time::{Duration, Instant};

use aloft_base::Redacted;
use aloft_base::connection::{SignIn, Spec};
use aloft_base::env;
use async_trait::async_trait;
use aws_sdk_ssooidc::config::{BehaviorVersion, Region};
use aws_sdk_ssooidc::error::ProvideErrorMetadata;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::Full;
use jiff::Timestamp;
use serde::Deserialize;

use super::sdk::http_client;
use super::{Keys, Source};
use crate::endpoint;
use crate::error::{CloudError, Meaning, Refusal, Result};
use crate::http::{Ask, Http};

/// How errors call the service.
const SERVICE: &str = "IAM Identity Center";
/// The kind of grant, as RFC 8628 names it.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// By how much to ask less often when the service says so, as RFC 8628 wants.
const SLOWER: Duration = Duration::from_secs(5);

/// A sign-in that waits for a person to confirm it.
#[derive(Clone, Debug)]
pub struct DeviceSignIn {
    /// What the person compares with what the page shows.
    pub user_code: String,
    /// The page to open; it holds the code already.
    pub url: String,
    /// Seconds until the code is worth nothing.
    pub expires_secs: u64,
    begun: Instant,
    interval: Duration,
    sso_region: String,
    client_id: String,
    client_secret: Redacted<String>,
    device_code: Redacted<String>,
}

/// A token of the access portal, to be kept as the secret `access_token`.
#[derive(Clone, Debug)]
pub struct SsoToken {
    pub access_token: Redacted<String>,
    /// Unix milliseconds.
    pub expires_ms: i64,
}

/// Registers this program and asks for a code. `start_url` is the access portal's, as `https://corp.awsapps.com/start`.
pub async fn begin_device_sign_in(start_url: &str, sso_region: &str) -> Result<DeviceSignIn> {
    let client = client(sso_region);
    let registered = client
        .register_client()
        .client_name("Aloft")
        .client_type("public")
        .scopes("sso:account:access")
        .send()
        .await
        .map_err(|error| refused("this program could not be registered", &error))?;
    let client_id = registered.client_id().unwrap_or_default().to_owned();
    let client_secret = registered.client_secret().unwrap_or_default().to_owned();
    let begun = client
        .start_device_authorization()
        .client_id(&client_id)
        .client_secret(&client_secret)
        .start_url(start_url.trim())
        .send()
        .await
        .map_err(|error| refused("no code was given", &error))?;
    let url = begun.verification_uri_complete().or(begun.verification_uri());
    let (Some(user_code), Some(device_code), Some(url)) = (begun.user_code(), begun.device_code(), url) else {
        return Err(sign_in("the answer holds no code", "Try again."));
    };
    Ok(DeviceSignIn {
        user_code: user_code.to_owned(),
        url: url.to_owned(),
        expires_secs: u64::try_from(begun.expires_in()).unwrap_or(0),
        begun: Instant::now(),
        interval: Duration::from_secs(u64::try_from(begun.interval()).unwrap_or(0).max(1)),
        sso_region: sso_region.to_owned(),
        client_id,
        client_secret: Redacted::new(client_secret),
        device_code: Redacted::new(device_code.to_owned()),
    })
}

/// Waits until the person has confirmed, refused, or let the code run out.
pub async fn finish_device_sign_in(waiting: &DeviceSignIn) -> Result<SsoToken> {
    let client = client(&waiting.sso_region);
    let mut interval = waiting.interval;
    while waiting.begun.elapsed() < Duration::from_secs(waiting.expires_secs) {
        tokio::time::sleep(interval).await;
        let answer = client
            .create_token()
            .client_id(&waiting.client_id)
            .client_secret(waiting.client_secret.expose())
            .grant_type(GRANT)
            .device_code(waiting.device_code.expose())
            .send()
            .await;
        match answer {
            Ok(token) => {
                let Some(access_token) = token.access_token() else {
                    return Err(sign_in("the answer holds no token", "Try again."));
                };
                return Ok(SsoToken {
                    access_token: Redacted::new(access_token.to_owned()),
                    expires_ms: Timestamp::now().as_millisecond() + i64::from(token.expires_in()) * 1_000,
                });
            }
            Err(error) => match error.code() {
                Some("AuthorizationPendingException") => {}
                Some("SlowDownException") => interval += SLOWER,
                _ => return Err(refused("the sign-in was not confirmed", &error)),
            },
        }
    }
    Err(sign_in("the code ran out before it was confirmed", "Begin anew."))
}

fn client(sso_region: &str) -> aws_sdk_ssooidc::Client {
    let mut config = aws_sdk_ssooidc::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(sso_region.trim().to_owned()))
        .http_client(http_client());
    if let Some(url) = server(env::AWS_ENDPOINT_URL_SSO_OIDC) {
        config = config.endpoint_url(url);
    }
    aws_sdk_ssooidc::Client::from_conf(config.build())
}

/// Another server than Amazon's, as AWS's own tools are told of it.
fn server(name: &str) -> Option<String> {
    env::text(name).or_else(|| env::text(env::AWS_ENDPOINT_URL))
}

fn sign_in(why: &str, hint: &str) -> CloudError {
    CloudError::SignIn {
        on: SERVICE.to_owned(),
        why: why.to_owned(),
        hint: hint.to_owned(),
    }
}

/// Only the code is told: the request holds secrets.
fn refused<E: ProvideErrorMetadata, R>(why: &str, error: &aws_sdk_ssooidc::error::SdkError<E, R>) -> CloudError {
    match error.code() {
        Some("AccessDeniedException") => {
            sign_in(why, "It was refused in the browser. Begin anew, and confirm it there.")
        }
        Some("ExpiredTokenException") => sign_in("the code ran out before it was confirmed", "Begin anew."),
        Some(code) => sign_in(
            &format!("{why} ({code})"),
            "Check the start URL and its region, then begin anew.",
        ),
        None => sign_in(
            &format!("{why}: the service did not answer"),
            "Check the network and the region of IAM Identity Center.",
        ),
    }
}

/// The keys of a role, fetched with a token of the access portal.
#[derive(Debug)]
pub(super) struct RoleOfToken {
    connection: String,
    http: Http,
    spec: Spec,
    sso_region: String,
    account_id: String,
    role_name: String,
    access_token: Redacted<String>,
}

impl RoleOfToken {
    pub(super) fn new(connection: &str, spec: &Spec, access_token: Option<&Redacted<String>>) -> Result<Self> {
        let SignIn::IdentityCenter {
            sso_region,
            account_id,
            role_name,
            ..
        } = &spec.sign_in
        else {
            unreachable!("made of a sign-in by IAM Identity Center")
        };
        let Some(access_token) = access_token else {
            return Err(CloudError::SignIn {
                on: connection.to_owned(),
                why: "nobody has signed in to IAM Identity Center yet".to_owned(),
                hint: format!("Press Sign in…, or at a terminal: aloft connect sign-in '{connection}'."),
            });
        };
        Ok(Self {
            connection: connection.to_owned(),
            http: Http::new(spec)?,
            spec: spec.clone(),
            sso_region: sso_region.trim().to_owned(),
            account_id: account_id.trim().to_owned(),
            role_name: role_name.trim().to_owned(),
            access_token: access_token.clone(),
        })
    }

    fn request(&self) -> Result<crate::http::Request> {
        let encoded =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let portal = match server(env::AWS_ENDPOINT_URL_SSO) {
            Some(url) => endpoint::check(&self.spec, &url)?.to_string(),
            None => format!("https://portal.sso.{}.amazonaws.com", self.sso_region),
        };
        let url = format!(
            "{}/federation/credentials?account_id={}&role_name={}",
            portal.trim_end_matches('/'),
            encoded(&self.account_id),
            encoded(&self.role_name)
        );
        let request = http::Request::builder()
            .method(Method::GET)
            .uri(url)
            .header("x-amz-sso_bearer_token", self.access_token.expose())
            .body(Full::default());
        request.map_err(|_holds_the_token| CloudError::Settings {
            message: format!("The sign-in of the connection '{}' cannot be used", self.connection),
            hint: "Check the region, account and role, and sign in again.".to_owned(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    role_credentials: RoleCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    /// Unix milliseconds.
    expiration: i64,
}

#[async_trait]
impl Source for RoleOfToken {
    async fn fetch(&self) -> Result<Keys> {
        let ask = Ask::new("fetch the keys of the role", format!("'{}'", self.role_name));
        let answer = self
            .http
            .call_whole(&ask, judge, || std::future::ready(self.request()))
            .await;
        let body = match answer {
            Ok((_, body)) => body,
            Err(error) if error.meaning() == Some(Meaning::Expired) => {
                return Err(CloudError::SignIn {
                    on: self.connection.clone(),
                    why: "the sign-in to IAM Identity Center has ended".to_owned(),
                    hint: format!(
                        "Press Sign in…, or at a terminal: aloft connect sign-in '{}'.",
                        self.connection
                    ),
                });
            }
            Err(error) => return Err(error),
        };
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_holds_keys| ask.odd("it holds no keys of a role"))?;
        let keys = answer.role_credentials;
        Ok(Keys {
            expires: Timestamp::from_millisecond(keys.expiration).ok(),
            ..Keys::new(&keys.access_key_id, &keys.secret_access_key, Some(&keys.session_token))
        })
    }
}

fn judge(ask: &Ask, status: StatusCode, _headers: &HeaderMap, _body: &[u8]) -> CloudError {
    let meaning = match status.as_u16() {
        401 => Meaning::Expired,
        403 => Meaning::PermissionDenied,
        404 => Meaning::NotFound,
        429 => Meaning::Throttled,
        500..=599 => Meaning::Unavailable,
        _ => Meaning::Invalid,
    };
    CloudError::Refused(Box::new(Refusal {
        meaning,
        action: ask.action.clone(),
        on: ask.on.clone(),
        status: status.as_u16(),
        code: String::new(),
        message: String::new(),
        retry_after: None,
        region: None,
        is_repeated: false,
    }))
}
