//! Keys as AWS's own tools find them: environment, profiles, programs, the machine's identity.
//! `aws-config` does the finding; this module asks it, and says what is missing in our words.

use async_trait::async_trait;
use aws_config::credential_process::CredentialProcessProvider;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;

use aloft_base::Redacted;

use super::{Keys, PATIENCE, Source, default_region};
use crate::error::{CloudError, Result};

/// Where to look.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Default,
    Profile(String),
    Process(String),
    Environment,
    InstanceMetadata,
}

/// Keys that `aws-config` finds.
#[derive(Debug)]
pub(super) struct Found {
    connection: String,
    way: Way,
}

impl Found {
    pub(super) fn new(connection: &str, way: Way) -> Result<Self> {
        let empty = match &way {
            Way::Profile(name) => name.trim().is_empty(),
            Way::Process(command) => command.trim().is_empty(),
            _ => false,
        };
        if empty {
            return Err(CloudError::Settings {
                message: format!("The connection '{connection}' does not say what to sign in with"),
                hint: "Name the profile or the program in its settings.".to_owned(),
            });
        }
        Ok(Self {
            connection: connection.to_owned(),
            way,
        })
    }

    /// What to do when nothing is found.
    fn hint(&self) -> String {
        match &self.way {
            Way::Default => "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run 'aws configure' or 'aws sso login', \
                 or choose another sign-in for the connection."
                .to_owned(),
            Way::Profile(name) => format!(
                "Check the profile '{name}' in ~/.aws/config and ~/.aws/credentials; if it uses IAM Identity Center, \
                 run 'aws sso login --profile {name}'."
            ),
            Way::Process(_) => {
                "Run the program by hand: it must print the JSON that AWS's credential_process wants.".to_owned()
            }
            Way::Environment => "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY before Aloft is started.".to_owned(),
            Way::InstanceMetadata => {
                "This works on a virtual machine or container of AWS that has a role; elsewhere choose another sign-in."
                    .to_owned()
            }
        }
    }

    async fn provider(&self) -> Box<dyn ProvideCredentials> {
        let profile = match &self.way {
            Way::Profile(name) => Some(name.as_str()),
            _ => None,
        };
        let config = configuration(profile);
        match &self.way {
            Way::Default => Box::new(DefaultCredentialsChain::builder().configure(config).build().await),
            Way::Profile(name) => Box::new(
                ProfileFileCredentialsProvider::builder()
                    .configure(&config)
                    .profile_name(name)
                    .build(),
            ),
            Way::Process(command) => Box::new(CredentialProcessProvider::new(command.clone())),
            Way::Environment => Box::new(EnvironmentVariableCredentialsProvider::new()),
            Way::InstanceMetadata => Box::new(
                CredentialsProviderChain::first_try(
                    "container",
                    aws_config::ecs::EcsCredentialsProvider::builder()
                        .configure(&config)
                        .build(),
                )
                .or_else(
                    "machine",
                    aws_config::imds::credentials::ImdsCredentialsProvider::builder()
                        .configure(&config)
                        .build(),
                ),
            ),
        }
    }
}

#[async_trait]
impl Source for Found {
    async fn fetch(&self) -> Result<Keys> {
        // Made anew each time, since files and the environment of a profile may have changed.
        let provider = self.provider().await;
        let refused = |why: String| CloudError::SignIn {
            on: self.connection.clone(),
            why,
            hint: self.hint(),
        };
        match tokio::time::timeout(PATIENCE, provider.provide_credentials()).await {
            Err(_elapsed) => Err(refused(format!("nothing came within {} s", PATIENCE.as_secs()))),
            Ok(Err(error)) => Err(refused(in_words(&self.way, &error))),
            Ok(Ok(found)) => Ok(keys_of(&found)),
        }
    }
}

/// Our keys of AWS's.
pub(super) fn keys_of(found: &aws_credential_types::Credentials) -> Keys {
    let expires = found.expiry().and_then(|expiry| {
        let since = expiry.duration_since(std::time::UNIX_EPOCH).ok()?;
        Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
    });
    Keys {
        access_key_id: found.access_key_id().to_owned(),
        secret_access_key: Redacted::new(found.secret_access_key().to_owned()),
        session_token: found.session_token().map(|token| Redacted::new(token.to_owned())),
        expires,
    }
}

/// What `aws-config` needs to know. The region is for the service that hands out keys of roles.
pub(super) fn configuration(profile: Option<&str>) -> ProviderConfig {
    let region = default_region(profile).unwrap_or_else(|| "us-east-1".to_owned());
    ProviderConfig::without_region()
        .with_region(Some(aws_config::Region::new(region)))
        .with_behavior_version(Some(aws_config::BehaviorVersion::latest()))
        .with_http_client(http_client())
}

/// The client that AWS's crates speak through: with the one crypto provider this program has.
pub(super) fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// Why nothing was found. A program's output and a server's answer may hold a secret, so of
/// those only the kind of failure is told.
fn in_words(way: &Way, error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => match way {
            Way::Default => "no keys were found in the environment, in profiles or from this machine".to_owned(),
            Way::Profile(name) => format!("the profile '{name}' holds no keys"),
            Way::Process(_) => "the program printed no keys".to_owned(),
            Way::Environment => "the environment holds no keys".to_owned(),
            Way::InstanceMetadata => "this machine has no identity of AWS".to_owned(),
        },
        CredentialsError::ProviderTimedOut(_) => "nothing came in time".to_owned(),
        CredentialsError::InvalidConfiguration(_) => {
            let words = deepest(error);
            match way {
                Way::Profile(name) => format!("the profile '{name}' cannot be used ({words})"),
                _ => format!("the settings cannot be used ({words})"),
            }
        }
        _ => match way {
            Way::Process(_) => "the program failed, or printed something else than keys".to_owned(),
            Way::Profile(name) => format!("the way the profile '{name}' names failed ({})", deepest(error)),
            _ => format!("the keys could not be fetched ({})", deepest(error)),
        },
    }
}

/// The first cause, which says most; cut where a program's output begins.
fn deepest(error: &CredentialsError) -> String {
    let mut deepest: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let text = deepest.to_string();
    let text = text.lines().next().unwrap_or_default();
    let cut = ["stderr", "stdout", "output"]
        .iter()
        .filter_map(|word| text.find(word))
        .min()
        .unwrap_or(text.len());
    text[..cut].trim_end_matches([' ', ':', '(']).to_owned()
}
