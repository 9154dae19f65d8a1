//! Which storage account a connection means, where it is, and what signs its requests.

use aloft_base::connection::{SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_base::{Redacted, env};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::endpoint;
use crate::error::{CloudError, Result};

/// What proves who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The account's key, decoded.
    Key(Redacted<Vec<u8>>),
    /// A shared access signature, without its `?`.
    Sas(Redacted<String>),
    Nothing,
}

/// A storage account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    /// `https://account.blob.core.windows.net`, or with the account as its path.
    pub(super) base: String,
    /// The path of `base`: empty, or `/account`.
    pub(super) base_path: String,
    pub(super) sign: Sign,
}

/// What was found out, before it is put together.
#[derive(Debug, Default)]
struct Parts {
    name: Option<String>,
    endpoint: Option<String>,
    suffix: Option<String>,
    key: Option<Redacted<String>>,
    sas: Option<Redacted<String>>,
}

impl Account {
    /// The account of a connection. `variable` reads the environment.
    pub(super) fn of(
        connection: &str,
        spec: &Spec,
        secrets: &Secrets,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let missing = |why: &str, hint: &str| CloudError::SignIn {
            on: connection.to_owned(),
            why: why.to_owned(),
            hint: hint.to_owned(),
        };
        let secret = |name: &str| {
            let secret = secrets.get(name).filter(|secret| !secret.expose().trim().is_empty());
            secret
                .cloned()
                .ok_or_else(|| missing("its secret is not there", "Enter it in the connection's settings."))
        };
        let mut parts = Parts::default();
        match spec.sign_in {
            SignIn::AccountKey => parts.key = Some(secret("account_key")?),
            SignIn::Sas => parts.sas = Some(secret("sas_token")?),
            SignIn::Anonymous => {}
            SignIn::Default | SignIn::Environment => parts = from_environment(&variable),
            _ => {
                return Err(CloudError::Settings {
                    message: format!("The connection '{connection}' has a sign-in that Azure does not know"),
                    hint: "Sign in with an account key, a shared access signature, or the environment.".to_owned(),
                });
            }
        }
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let endpoint = given(&spec.endpoint).or(parts.endpoint);
        let name = given(&spec.account)
            .or(parts.name)
            .or_else(|| endpoint.as_deref().and_then(name_of_endpoint))
            .ok_or_else(|| {
                missing(
                    "the storage account is not known",
                    "Name the account, or set AZURE_STORAGE_ACCOUNT.",
                )
            })?;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(CloudError::Settings {
                message: format!("'{name}' is not the name of a storage account"),
                hint: "It has lowercase letters and digits only.".to_owned(),
            });
        }
        let suffix = parts.suffix.unwrap_or_else(|| "core.windows.net".to_owned());
        let endpoint = endpoint.unwrap_or_else(|| format!("https://{name}.blob.{suffix}"));
        let uri = endpoint::check(spec, &endpoint)?;
        let mut base_path = uri.path().trim_end_matches('/').to_owned();
        // Azurite, and whatever else is no host of its own for each account.
        let host = uri.host().unwrap_or_default();
        if base_path.is_empty() && (endpoint::is_this_machine(host) || host.parse::<std::net::IpAddr>().is_ok()) {
            base_path = format!("/{name}");
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let sign = match (parts.key, parts.sas) {
            (Some(key), _) => Sign::Key(decoded(&key).ok_or_else(|| {
                missing(
                    "the account key is not in Base64",
                    "Copy the key as the portal shows it, under Access keys.",
                )
            })?),
            (None, Some(sas)) => Sign::Sas(Redacted::new(token_of(sas.expose()))),
            (None, None) if spec.sign_in == SignIn::Anonymous => Sign::Nothing,
            (None, None) => {
                return Err(missing(
                    "no key and no shared access signature was found",
                    "Set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or add a connection.",
                ));
            }
        };
        Ok(Self {
            base: format!("{}://{authority}{base_path}", uri.scheme_str().unwrap_or("https")),
            name,
            base_path,
            sign,
        })
    }
}

fn from_environment(variable: &impl Fn(&str) -> Option<String>) -> Parts {
    let mut parts = Parts {
        name: variable(env::AZURE_STORAGE_ACCOUNT).or_else(|| variable(env::AZURE_STORAGE_ACCOUNT_NAME)),
        key: variable(env::AZURE_STORAGE_KEY)
            .or_else(|| variable(env::AZURE_STORAGE_ACCOUNT_KEY))
            .map(Redacted::new),
        sas: variable(env::AZURE_STORAGE_SAS_TOKEN).map(Redacted::new),
        ..Parts::default()
    };
    let Some(string) = variable(env::AZURE_STORAGE_CONNECTION_STRING) else {
        return parts;
    };
    for (name, value) in string.split(';').filter_map(|pair| pair.split_once('=')) {
        let value = value.trim().to_owned();
        match name.trim().to_ascii_lowercase().as_str() {
            "accountname" => parts.name = Some(value),
            "accountkey" => parts.key = Some(Redacted::new(value)),
            "sharedaccesssignature" => parts.sas = Some(Redacted::new(value)),
            "blobendpoint" => parts.endpoint = Some(value),
            "endpointsuffix" => parts.suffix = Some(value),
            _ => {}
        }
    }
    parts
}

/// `https://NAME.blob.core.windows.net` and `http://127.0.0.1:10000/NAME`.
fn name_of_endpoint(endpoint: &str) -> Option<String> {
    let uri: http::Uri = endpoint.parse().ok()?;
    let path = uri.path().trim_matches('/');
    if !path.is_empty() {
        return path.split('/').next().map(ToOwned::to_owned);
    }
    let (name, rest) = uri.host()?.split_once('.')?;
    rest.starts_with("blob.").then(|| name.to_owned())
}

fn decoded(key: &Redacted<String>) -> Option<Redacted<Vec<u8>>> {
    let bytes = BASE64_STANDARD.decode(key.expose().trim()).ok()?;
    Some(Redacted::new(bytes))
}

/// The token in what was pasted: the whole URL, with `?` or without.
fn token_of(pasted: &str) -> String {
    let pasted = pasted.trim();
    let token = pasted.split_once('?').map_or(pasted, |(_, token)| token);
    token.trim_start_matches('&').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aloft_base::connection::Provider;

    fn spec(sign_in: SignIn) -> Spec {
        Spec {
            sign_in,
            account: Some("lab".into()),
            ..Spec::new(Provider::Azure)
        }
    }

    fn no_environment(_name: &str) -> Option<String> {
        None
    }

    #[test]
    fn an_account_has_a_host_of_its_own_but_for_servers_of_this_machine() {
        let mut spec = spec(SignIn::Anonymous);
        let account = Account::of("A", &spec, &Secrets::new(), no_environment).unwrap();
        assert_eq!(account.base, "https://lab.blob.core.windows.net");
        for endpoint in ["http://127.0.0.1:10000", "http://127.0.0.1:10000/lab/"] {
            spec.endpoint = Some(endpoint.into());
            let account = Account::of("A", &spec, &Secrets::new(), no_environment).unwrap();
            assert_eq!(account.base, "http://127.0.0.1:10000/lab");
            assert_eq!(account.base_path, "/lab");
        }
        spec.account = None;
        let account = Account::of("A", &spec, &Secrets::new(), no_environment).unwrap();
        assert_eq!(account.name, "lab");
    }

    #[test]
    fn a_connection_string_says_everything() {
        let string =
            "DefaultEndpointsProtocol=https;AccountName=one;AccountKey=c2VjcmV0;EndpointSuffix=core.example.net";
        let environment = |name: &str| (name == env::AZURE_STORAGE_CONNECTION_STRING).then(|| string.to_owned());
        let spec = Spec::new(Provider::Azure);
        let account = Account::of("A", &spec, &Secrets::new(), environment).unwrap();
        assert_eq!(account.base, "https://one.blob.core.example.net");
        assert_eq!(account.sign, Sign::Key(Redacted::new(b"secret".to_vec())));
        assert!(!format!("{account:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn a_token_is_found_in_what_was_pasted() {
        for pasted in [
            "?sv=1&sig=x",
            "sv=1&sig=x",
            " https://lab.blob.core.windows.net/?sv=1&sig=x\n",
        ] {
            assert_eq!(token_of(pasted), "sv=1&sig=x");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_no_secret_is_told() {
        let error = Account::of("A", &spec(SignIn::AccountKey), &Secrets::new(), no_environment).unwrap_err();
        assert!(error.to_string().contains("Could not sign in to A"), "{error}");
        let secrets = Secrets::from([(
            "account_key".to_owned(),
            Redacted::new("hunter2 not base64!".to_owned()),
        )]);
        let error = Account::of("A", &spec(SignIn::AccountKey), &secrets, no_environment).unwrap_err();
        assert!(
            error.to_string().contains("Base64") && !error.to_string().contains("hunter2"),
            "{error}"
        );
        let error = Account::of("A", &Spec::new(Provider::Azure), &Secrets::new(), no_environment).unwrap_err();
        assert!(error.to_string().contains("account is not known"), "{error}");
    }
}
