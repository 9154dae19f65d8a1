//! Signing in to AWS: keys, however a person comes by them, fresh whenever they are needed.

mod identity_center;
mod pasted;
mod profiles;
mod role;
mod sdk;

use std::sync::Arc;
use std::time::Duration;

use aloft_base::Redacted;
use aloft_base::connection::{SignIn, Spec};
use aloft_base::secret::Secrets;
use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::RwLock;

use crate::error::{CloudError, Result};

pub use identity_center::{DeviceSignIn, SsoToken, begin_device_sign_in, finish_device_sign_in};
pub use pasted::{Pasted, parse_pasted};
pub use profiles::{Profile, ProfileKind, profiles};
pub(crate) use profiles::{default_region, profile_setting};
pub use role::{RoleKeys, take_role};

/// Keys are fetched anew when they end within this time, so that none ends on its way.
const MARGIN: Duration = Duration::from_mins(5);
/// How long a program or a server may take to hand out keys.
const PATIENCE: Duration = Duration::from_mins(1);

/// What requests are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Redacted<String>,
    pub(crate) session_token: Option<Redacted<String>>,
    /// When they end, where that is known.
    pub(crate) expires: Option<Timestamp>,
}

impl Keys {
    pub(crate) fn new(access_key_id: &str, secret_access_key: &str, session_token: Option<&str>) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: Redacted::new(secret_access_key.to_owned()),
            session_token: session_token.map(|token| Redacted::new(token.to_owned())),
            expires: None,
        }
    }

    /// Whether they still serve after this much time.
    fn last(&self, margin: Duration) -> bool {
        let ahead = i64::try_from(margin.as_secs()).unwrap_or(i64::MAX);
        self.expires
            .is_none_or(|expires| expires.as_second() - Timestamp::now().as_second() > ahead)
    }
}

/// Where keys come from.
#[async_trait]
pub(crate) trait Source: Send + Sync + std::fmt::Debug {
    async fn fetch(&self) -> Result<Keys>;
}

/// The sign-in of a connection: its keys, kept until they end.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// Nothing is signed.
    Anonymous,
    /// The same keys for ever.
    Fixed(Arc<Keys>),
    /// Keys that are fetched, and fetched anew before they end.
    Fetched {
        source: Box<dyn Source>,
        current: RwLock<Option<Arc<Keys>>>,
    },
}

impl Credentials {
    /// The sign-in of a connection. Nothing is asked of anybody yet. `name` is what errors call the connection.
    pub(crate) fn new(name: &str, spec: &Spec, secrets: &Secrets) -> Result<Self> {
        let secret = |which: &str| secrets.get(which).filter(|value| !value.expose().is_empty());
        let source: Box<dyn Source> = match &spec.sign_in {
            SignIn::Anonymous => return Ok(Self::Anonymous),
            SignIn::Keys { access_key_id } => {
                let Some(secret_access_key) = secret("secret_access_key") else {
                    return Err(CloudError::SignIn {
                        on: name.to_owned(),
                        why: format!("the secret of the key {access_key_id} is not in the keychain"),
                        hint: "Enter the secret access key in the connection's settings.".to_owned(),
                    });
                };
                return Ok(Self::Fixed(Arc::new(Keys {
                    // Copied keys bring spaces and line ends along.
                    access_key_id: access_key_id.trim().to_owned(),
                    secret_access_key: Redacted::new(secret_access_key.expose().trim().to_owned()),
                    session_token: secret("session_token").map(|token| Redacted::new(token.expose().trim().to_owned())),
                    expires: None,
                })));
            }
            SignIn::Default => Box::new(sdk::Found::new(name, sdk::Way::Default)?),
            SignIn::Profile { name: profile } => Box::new(sdk::Found::new(name, sdk::Way::Profile(profile.clone()))?),
            SignIn::Process { command } => Box::new(sdk::Found::new(name, sdk::Way::Process(command.clone()))?),
            SignIn::Environment => Box::new(sdk::Found::new(name, sdk::Way::Environment)?),
            SignIn::InstanceMetadata => Box::new(sdk::Found::new(name, sdk::Way::InstanceMetadata)?),
            SignIn::Role { .. } => Box::new(role::Role::new(name, spec, secret("mfa_code"), secret("role_keys"))?),
            SignIn::IdentityCenter { .. } => {
                Box::new(identity_center::RoleOfToken::new(name, spec, secret("access_token"))?)
            }
            SignIn::ServiceAccount | SignIn::AccountKey | SignIn::Sas => {
                return Err(CloudError::Settings {
                    message: format!("The connection '{name}' signs in with another provider's keys"),
                    hint: "Choose a sign-in of AWS for it.".to_owned(),
                });
            }
        };
        Ok(Self::Fetched {
            source,
            current: RwLock::default(),
        })
    }

    /// The keys to sign with now; nothing where nothing is signed.
    pub(crate) async fn get(&self) -> Result<Option<Arc<Keys>>> {
        match self {
            Self::Anonymous => Ok(None),
            Self::Fixed(keys) => Ok(Some(Arc::clone(keys))),
            Self::Fetched { source, current } => {
                if let Some(keys) = current.read().await.as_ref().filter(|keys| keys.last(MARGIN)) {
                    return Ok(Some(Arc::clone(keys)));
                }
                let mut current = current.write().await;
                // Another request may have fetched them meanwhile.
                if let Some(keys) = current.as_ref().filter(|keys| keys.last(MARGIN)) {
                    return Ok(Some(Arc::clone(keys)));
                }
                match fetch(source.as_ref()).await {
                    Ok(keys) => Ok(Some(Arc::clone(current.insert(keys)))),
                    // What is old and still good serves until the end.
                    Err(error) => match current.as_ref().filter(|keys| keys.last(Duration::ZERO)) {
                        Some(keys) => Ok(Some(Arc::clone(keys))),
                        None => Err(error),
                    },
                }
            }
        }
    }

    /// Fetches keys anew because the server does not take these any more. Whether there are others now.
    pub(crate) async fn renew(&self, refused: &Keys) -> Result<bool> {
        let Self::Fetched { source, current } = self else {
            return Ok(false);
        };
        let mut current = current.write().await;
        let same = |keys: &Keys| {
            keys.access_key_id == refused.access_key_id
                && keys.secret_access_key == refused.secret_access_key
                && keys.session_token == refused.session_token
        };
        if current.as_ref().is_some_and(|keys| !same(keys)) {
            return Ok(true);
        }
        let fresh = fetch(source.as_ref()).await?;
        let others = !same(&fresh);
        *current = Some(fresh);
        Ok(others)
    }
}

async fn fetch(source: &dyn Source) -> Result<Arc<Keys>> {
    Ok(Arc::new(source.fetch().await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Hands out numbered keys that end after so many seconds.
    #[derive(Debug)]
    struct Numbered {
        next: AtomicU32,
        lasts_secs: i64,
    }

    #[async_trait]
    impl Source for Numbered {
        async fn fetch(&self) -> Result<Keys> {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let ends = Timestamp::now().as_second() + self.lasts_secs;
            Ok(Keys {
                expires: Some(Timestamp::from_second(ends).unwrap()),
                ..Keys::new(&format!("key-{number}"), "secret", None)
            })
        }
    }

    fn of(lasts_secs: i64) -> Credentials {
        Credentials::Fetched {
            source: Box::new(Numbered {
                next: AtomicU32::new(0),
                lasts_secs,
            }),
            current: RwLock::default(),
        }
    }

    async fn id(credentials: &Credentials) -> String {
        credentials.get().await.unwrap().unwrap().access_key_id.clone()
    }

    #[tokio::test]
    async fn keys_are_kept_until_they_are_about_to_end() {
        let lasting = of(3600);
        assert_eq!(
            (id(&lasting).await, id(&lasting).await),
            ("key-0".into(), "key-0".into())
        );
        let ending = of(60);
        assert_eq!((id(&ending).await, id(&ending).await), ("key-0".into(), "key-1".into()));
    }

    #[tokio::test]
    async fn refused_keys_are_fetched_anew_once_for_all_who_ask() {
        let credentials = of(3600);
        let refused = credentials.get().await.unwrap().unwrap();
        assert!(credentials.renew(&refused).await.unwrap());
        assert!(credentials.renew(&refused).await.unwrap());
        assert_eq!(id(&credentials).await, "key-1");
        let fixed = Credentials::Fixed(Arc::clone(&refused));
        assert!(!fixed.renew(&refused).await.unwrap());
    }
}
