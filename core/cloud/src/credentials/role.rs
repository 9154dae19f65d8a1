//! The keys of a role, taken at AWS's Security Token Service with the keys of somebody who may.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use aloft_base::Redacted;
use aloft_base::connection::{SignIn, Spec};
use aloft_base::env;
use async_trait::async_trait;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_sdk_sts::error::ProvideErrorMetadata;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sdk::{Found, Way, http_client};
use super::{Keys, Source, default_region};
use crate::error::{CloudError, Result};

/// What AWS shows in its logs as the name of the session.
const SESSION_NAME: &str = "aloft";

/// Keys of a role that were taken with a code, to be kept as the secret `role_keys`.
#[derive(Clone, Debug)]
pub struct RoleKeys {
    /// The text to keep.
    pub role_keys: Redacted<String>,
    /// Unix milliseconds.
    pub expires_ms: Option<i64>,
}

/// How they are kept.
#[derive(Serialize, Deserialize)]
struct KeptKeys {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    /// Unix milliseconds.
    expires_ms: Option<i64>,
}

impl From<KeptKeys> for Keys {
    fn from(kept: KeptKeys) -> Self {
        Self {
            expires: kept.expires_ms.and_then(|then| Timestamp::from_millisecond(then).ok()),
            ..Self::new(&kept.access_key_id, &kept.secret_access_key, Some(&kept.session_token))
        }
    }
}

/// Takes a role with the code that its device shows now. A code serves once; the keys that come of it serve for as
/// long as the service says, here and in the processes that move data. `connection` is what errors call it.
pub async fn take_role(connection: &str, spec: &Spec, code: &Redacted<String>) -> Result<RoleKeys> {
    let keys = Role::new(connection, spec, Some(code), None)?.fetch().await?;
    let expires_ms = keys.expires.map(Timestamp::as_millisecond);
    let token = keys.session_token.as_ref().map(|token| token.expose().clone());
    let kept = KeptKeys {
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key.expose().clone(),
        session_token: token.unwrap_or_default(),
        expires_ms,
    };
    let text = serde_json::to_string(&kept).map_err(|_holds_keys| CloudError::SignIn {
        on: connection.to_owned(),
        why: "the keys of the role cannot be kept".to_owned(),
        hint: "Try again.".to_owned(),
    })?;
    Ok(RoleKeys {
        role_keys: Redacted::new(text),
        expires_ms,
    })
}

/// A role to take.
#[derive(Debug)]
pub(super) struct Role {
    connection: String,
    arn: String,
    external_id: Option<String>,
    mfa_serial: Option<String>,
    /// The code of the device, which serves once.
    mfa_code: Mutex<Option<Redacted<String>>>,
    /// Keys that were taken with a code before.
    kept: Option<Keys>,
    region: String,
    endpoint: Option<String>,
    base: Found,
}

impl Role {
    pub(super) fn new(
        connection: &str,
        spec: &Spec,
        mfa_code: Option<&Redacted<String>>,
        kept: Option<&Redacted<String>>,
    ) -> Result<Self> {
        let SignIn::Role {
            role_arn,
            profile,
            external_id,
            mfa_serial,
        } = &spec.sign_in
        else {
            unreachable!("a role is made of a sign-in by role")
        };
        let way = match profile {
            Some(name) => Way::Profile(name.clone()),
            None => Way::Default,
        };
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let region = spec.region.clone().or_else(|| default_region(profile.as_deref()));
        Ok(Self {
            connection: connection.to_owned(),
            arn: role_arn.trim().to_owned(),
            external_id: filled(external_id),
            mfa_serial: filled(mfa_serial),
            mfa_code: Mutex::new(mfa_code.cloned()),
            kept: kept
                .and_then(|text| serde_json::from_str::<KeptKeys>(text.expose()).ok())
                .map(Keys::from),
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            endpoint: endpoint(),
            base: Found::new(connection, way)?,
        })
    }

    fn refuse(&self, why: impl Into<String>, hint: impl Into<String>) -> CloudError {
        CloudError::SignIn {
            on: self.connection.clone(),
            why: why.into(),
            hint: hint.into(),
        }
    }
}

/// Another server than Amazon's for taking roles.
fn endpoint() -> Option<String> {
    env::text(env::AWS_ENDPOINT_URL_STS).or_else(|| env::text(env::AWS_ENDPOINT_URL))
}

#[async_trait]
impl Source for Role {
    async fn fetch(&self) -> Result<Keys> {
        let code = match &self.mfa_serial {
            None => None,
            Some(serial) => {
                let code = self.mfa_code.lock().unwrap_or_else(PoisonError::into_inner).take();
                match (code, &self.kept) {
                    (Some(code), _) => Some(code),
                    (None, Some(kept)) if kept.last(Duration::ZERO) => return Ok(kept.clone()),
                    (None, kept) => {
                        let why = if kept.is_some() {
                            format!("what was signed in for with a code of the device {serial} has ended")
                        } else {
                            format!("the role asks for a code of the device {serial}")
                        };
                        let hint = format!(
                            "Press Sign in… and enter the code that the device shows, or at a terminal: aloft connect \
                             sign-in '{}'.",
                            self.connection
                        );
                        return Err(self.refuse(why, hint));
                    }
                }
            }
        };
        let base = self.base.fetch().await?;
        let credentials = aws_credential_types::Credentials::new(
            base.access_key_id.clone(),
            base.secret_access_key.expose().clone(),
            base.session_token.as_ref().map(|token| token.expose().clone()),
            None,
            "aloft",
        );
        let mut config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(credentials)
            .http_client(http_client());
        if let Some(endpoint) = &self.endpoint {
            config = config.endpoint_url(endpoint);
        }
        let answer = aws_sdk_sts::Client::from_conf(config.build())
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(SESSION_NAME)
            .set_external_id(self.external_id.clone())
            .set_serial_number(self.mfa_serial.clone())
            .set_token_code(code.map(|code| code.expose().trim().to_owned()))
            .send()
            .await
            .map_err(|error| self.refused(&error))?;
        let taken = answer
            .credentials
            .ok_or_else(|| self.refuse("the answer holds no keys", "Try again."))?;
        Ok(Keys {
            expires: Timestamp::from_second(taken.expiration.secs()).ok(),
            ..Keys::new(
                &taken.access_key_id,
                &taken.secret_access_key,
                Some(taken.session_token.as_str()),
            )
        })
    }
}

impl Role {
    /// Why the role was not given. The service's own words name who asked and for what, and no secret.
    fn refused<E: ProvideErrorMetadata, R>(&self, error: &aws_sdk_sts::error::SdkError<E, R>) -> CloudError {
        let (Some(code), said) = (error.code(), error.message().unwrap_or_default()) else {
            return self.refuse(
                format!(
                    "the service that hands out roles did not answer, so {} was not taken",
                    self.arn
                ),
                "Check the network and the region of the connection.",
            );
        };
        let hint = match code {
            "AccessDenied" if self.mfa_serial.is_some() => {
                "Check the code and the device; a code serves once, so wait for the next one."
            }
            "AccessDenied" => {
                "Ask who looks after the role: its trust policy must name you, and may want an external id or a device's code."
            }
            "ExpiredToken" | "ExpiredTokenException" => "Sign in again with the keys that take the role.",
            "InvalidClientTokenId" | "SignatureDoesNotMatch" => "Check the keys that take the role.",
            _ => "Check the role's name and the keys that take it.",
        };
        self.refuse(format!("the role {} was not given ({code}: {said})", self.arn), hint)
    }
}
