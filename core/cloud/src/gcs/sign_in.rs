//! Who asks Google: a service account, whoever the machine is signed in as, or nobody.

use std::fmt;
use std::time::Duration;

use aloft_base::connection::{SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_base::{Redacted, env};
use object_store::gcp::{GcpCredentialProvider, GoogleCloudStorage, GoogleCloudStorageBuilder};
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{ClientOptions, RetryConfig};

use crate::endpoint;
use crate::error::{CloudError, Result};

/// Google's own server.
const GOOGLE: &str = "https://storage.googleapis.com";

/// Who asks.
pub(super) struct Account {
    /// The connection, for the words of errors.
    connection: String,
    /// `https://storage.googleapis.com`, or an imitation.
    pub(super) base: String,
    tokens: Option<GcpCredentialProvider>,
    /// The key of a service account, which can sign links.
    key: Option<Redacted<String>>,
    /// The project whose buckets are listed.
    pub(super) project: Option<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("connection", &self.connection)
            .field("base", &self.base)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// The account of a connection. `variable` reads the environment.
    pub(super) fn of(
        connection: &str,
        spec: &Spec,
        secrets: &Secrets,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let is_default = matches!(spec.sign_in, SignIn::Default | SignIn::Environment);
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let emulator = variable(env::STORAGE_EMULATOR_HOST).filter(|_| is_default).map(|host| {
            if host.contains("://") {
                host
            } else {
                format!("http://{host}")
            }
        });
        let url = given(&spec.endpoint).or(emulator).unwrap_or_else(|| GOOGLE.to_owned());
        let uri = endpoint::check(spec, &url)?;
        let is_emulator = uri.host().is_some_and(endpoint::is_this_machine);
        let mut account = Self {
            connection: connection.to_owned(),
            base: url.trim_end_matches('/').to_owned(),
            tokens: None,
            key: None,
            project: given(&spec.project).or_else(|| variable(env::GOOGLE_CLOUD_PROJECT)),
        };
        match spec.sign_in {
            SignIn::Anonymous => {}
            // An imitation on this machine asks nobody who he is.
            SignIn::Default | SignIn::Environment | SignIn::InstanceMetadata if is_emulator => {}
            SignIn::Default | SignIn::Environment | SignIn::InstanceMetadata => {
                let store = account.built(GoogleCloudStorageBuilder::from_env(), "unused")?;
                account.tokens = Some(store.credentials().clone());
            }
            SignIn::ServiceAccount => {
                let key = secrets
                    .get("service_account_key")
                    .filter(|key| !key.expose().trim().is_empty());
                let key = key.cloned().ok_or_else(|| account.refused("its key is not there"))?;
                account.project = account.project.or_else(|| project_of(&key));
                let builder = GoogleCloudStorageBuilder::new().with_service_account_key(key.expose());
                account.key = Some(key);
                let store = account.built(builder, "unused")?;
                account.tokens = Some(store.credentials().clone());
            }
            _ => {
                return Err(CloudError::Settings {
                    message: format!("The connection '{connection}' has a sign-in that Google does not know"),
                    hint: "Sign in with a service account's key, or as this machine is signed in.".to_owned(),
                });
            }
        }
        if is_emulator && account.project.is_none() {
            account.project = Some("local".to_owned());
        }
        Ok(account)
    }

    /// The bearer token for the next request; nothing when nobody asks.
    pub(super) async fn token(&self) -> Result<Option<Redacted<String>>> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        let credential = tokens.get_credential().await.map_err(|error| {
            let text = error.to_string();
            // What the server said may quote what was sent.
            let is_network = text.contains("error sending request") || text.contains("metadata");
            self.refused(if is_network {
                "no sign-in was found on this machine, and no server of Google could be reached for one"
            } else {
                "Google does not accept it"
            })
        })?;
        let bearer = credential.bearer.clone();
        Ok((!bearer.is_empty()).then(|| Redacted::new(bearer)))
    }

    /// Whether links can be signed: with the private key of a service account.
    pub(super) fn can_sign(&self) -> bool {
        self.key.is_some()
    }

    /// A link to an object, signed with the service account's key; nothing for a key that
    /// cannot be named in one, such as `a//b`.
    pub(super) async fn link(&self, bucket: &str, key: &str, valid_for: Duration) -> Result<Option<Redacted<String>>> {
        let (Some(secret), Ok(path)) = (&self.key, Path::parse(key)) else {
            return Ok(None);
        };
        let builder = GoogleCloudStorageBuilder::new().with_service_account_key(secret.expose());
        let signer = self.built(builder, bucket)?;
        let link = signer.signed_url(http::Method::GET, &path, valid_for).await;
        let link = link.map_err(|_may_quote_the_key| self.refused("its key cannot sign links"))?;
        Ok(Some(Redacted::new(link.to_string())))
    }

    /// What polars needs: its options and their values.
    pub(super) fn scan_options(&self) -> Vec<(String, Redacted<String>)> {
        let options = [
            (
                "google_skip_signature",
                if self.tokens.is_none() { "true" } else { "false" },
            ),
            ("google_base_url", self.base.as_str()),
            (
                "allow_http",
                if self.base.starts_with("http:") {
                    "true"
                } else {
                    "false"
                },
            ),
        ];
        options
            .map(|(name, value)| (name.to_owned(), Redacted::new(value.to_owned())))
            .into()
    }

    fn built(&self, builder: GoogleCloudStorageBuilder, bucket: &str) -> Result<GoogleCloudStorage> {
        let retry = RetryConfig {
            max_retries: 2,
            retry_timeout: Duration::from_secs(15),
            ..RetryConfig::default()
        };
        builder
            .with_bucket_name(bucket)
            .with_retry(retry)
            .with_client_options(ClientOptions::new().with_timeout(Duration::from_secs(15)))
            .build()
            .map_err(|_may_quote_the_key| self.refused("its key is not what Google gives out as one"))
    }

    fn refused(&self, why: &str) -> CloudError {
        CloudError::SignIn {
            on: self.connection.clone(),
            why: why.to_owned(),
            hint: "Enter the whole JSON file of a service account's key, or sign in with 'gcloud auth application-default login'.".to_owned(),
        }
    }
}

/// The project that a service account belongs to.
fn project_of(key: &Redacted<String>) -> Option<String> {
    let key: serde_json::Value = serde_json::from_str(key.expose()).ok()?;
    Some(key.get("project_id")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aloft_base::connection::Provider;

    #[test]
    fn an_imitation_is_asked_as_nobody() {
        let environment = |name: &str| (name == env::STORAGE_EMULATOR_HOST).then(|| "127.0.0.1:4443".to_owned());
        let account = Account::of("G", &Spec::new(Provider::Gcs), &Secrets::new(), environment).unwrap();
        assert_eq!(account.base, "http://127.0.0.1:4443");
        assert!(account.tokens.is_none());
        assert_eq!(account.project.as_deref(), Some("local"));
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_told() {
        let spec = Spec {
            sign_in: SignIn::ServiceAccount,
            ..Spec::new(Provider::Gcs)
        };
        for key in [
            "",
            "hunter2",
            r#"{"private_key": "hunter2"}"#,
            r#"{"private_key": "hunter2", "private_key_id": "hunter2", "client_email": "a@b", "gcs_base_url": null}"#,
        ] {
            let secrets = Secrets::from([("service_account_key".to_owned(), Redacted::new(key.to_owned()))]);
            let error = Account::of("G", &spec, &secrets, |_| None).unwrap_err();
            assert!(error.to_string().contains("Could not sign in to G"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
    /// A key that belongs to nobody, made for this test.
    const NOBODYS_KEY: &str = "MIIEpAIBAAKCAQEA0K3Uw50s0gvlZtrtVkOKvptDu7E3Pqa5iwI9ojZRlpQus9yLziFkZ8L32ZflsYI9dq/qMysK/keZXocrxEtw\
        vxy8ZpZ5cFZOcR2gHARnLtCkBG+c+loDtNIKqAOOfuuxwRBLaVZ7Jp0cUzen/hNaqpm2l135L8oJDwmrrd+YaTZujuWiPXJ4NjdO\
        QjxAYEC7YxF4XnG8tnu9D/AnguCSUoAANkjZewpwjWrYTW+FEzYTVqrAXlCDGIXA42Ml+o0g1zld5OfXR6V9sbtaW9DIQeaV1Dpj\
        q4KiUo0JZUQcjsCcqVCP5pNSjxYsJunIGixrO0lCpjeMg82IUnQa9pVKRwIDAQABAoIBAAJ3b0Ortn5o9HQHJOSMxG0YQ/0fUWq/\
        ZL8tLm/qosfGsPGxgDnv8IEtmiUacJ/TRKLqVXQ7+ejr/BBlq1n/leCs8cbfcdlrGzQvaFvWBNIR7/3Uw8RnPcXGEv5e71MT/i3G\
        g8OKWIKhkJJgtBD+YJIBL1Frkm9YRVzwo9KLzZmtzyEpUe6Hl1wpQ0aZylP+0JyFXQFRoYsLO1jH4e/fLr/p4hidwMJ/EKPTku1d\
        oZscxT5EeNzcKoLOimNVVw5yxgFbo+Vi5khGqitlQ8u+7PAXLN+bz3JYcfWiTj42W4gpHuOis5l1Va55laCrbRoWbQaDLOI1uvZT\
        i2XEQ6tl/4ECgYEA6Wr0YfeU5RihfnzvB+xr8Wy8Zqq75BpBSMEtBO4cjKy4Hoyw6DBl0ks8onQ76BkBTKRGnCv8j4D7j1iJqoc+\
        eloZh6cUN5vQcx0fXZKqkbglflHscNP8+HrEgzBImON6KPdboUYRyFQ6xYqC1NlQZIjYFSatY48iekzQGEopxoECgYEA5N4sRA6X\
        QI486VygzNTKYGgMJVadDP0LfxDrgLHO7omO3BEKCvbp3RMJ4k0gFIqOX2YLo+IOXLy+6Bi3AXEBivuHTZGVHlRwIY0Hrq3VZ8Nd\
        COKW4Md/IRvOsJRWI5qUZTwRJLqGhFrvjFVxCgp0FhLdVXJtE3eGTDFD9hg1/McCgYAK8eHtqg9IQsRnyvHmXDafhmq7IaxXwMdo\
        4u36ejPKgNrNS+mLqaFMoAyCzZJ1ip6d+mH5NrLMA89H5G3oGhla4VirHLF8/ghjLW1oFNV8qbbQWoUMsVP+TrtiL2RoDtqOizK3\
        uDJjQ1fSJXGHC32SiTwgmcStk2uZcnqbePbGgQKBgQC9gsbOt/JAj0cayQuRcKX/PEjKZjT3e1UYq28GirVZyefUi/tv5tLxr4Eg\
        tVJaD/0iO4Jp+pZ/7f56e3SWKffoGK0J6wG6MpsC/R+eYezy1c9kuxPKHwdC6B63Eq1dH/O+/AUKD7WxRQdUga9vbAaB/K7vwSdW\
        1kMLNkQbNCMIIwKBgQCy1S83ZxwzSzZe9EboetHPKOFjZ/bDTVoRlttrFw87ZCKv02KpnJDUM5LudDnmFOrw1K8KiuVMbapAF4j6\
        H5O9lRQDXhgs052nyWz6dJ2m4viUJu5dd3GRi2tOxE4C8vgiIrFpVxuFBd+dlbcTjxlJqMBe99mcy8R4D7IJozMdhg==";

    #[test]
    fn a_service_account_signs_by_itself() {
        let spec = Spec {
            sign_in: SignIn::ServiceAccount,
            ..Spec::new(Provider::Gcs)
        };
        let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{NOBODYS_KEY}\n-----END RSA PRIVATE KEY-----\n");
        let key = serde_json::json!({
            "type": "service_account", "project_id": "lab", "private_key_id": "1", "private_key": pem,
            "client_email": "rig@lab.iam.gserviceaccount.com", "client_id": "1",
        });
        let secrets = Secrets::from([("service_account_key".to_owned(), Redacted::new(key.to_string()))]);
        let account = Account::of("G", &spec, &secrets, |_| None).unwrap();
        assert_eq!(account.project.as_deref(), Some("lab"));
        assert!(!format!("{account:?}").contains(&NOBODYS_KEY[..20]));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            // Neither asks a server.
            let token = account.token().await.unwrap().unwrap();
            assert_eq!(token.expose().split('.').count(), 3);
            let link = account
                .link("b", "a b.csv", Duration::from_mins(5))
                .await
                .unwrap()
                .unwrap();
            assert!(link.expose().contains("X-Goog-Signature=") && link.expose().contains("/b/a%20b.csv?"));
            assert!(
                account
                    .link("b", "a//b", Duration::from_mins(5))
                    .await
                    .unwrap()
                    .is_none()
            );
        });
    }
}
