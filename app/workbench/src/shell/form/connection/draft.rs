//! What was typed into the dialog, and the connection it makes.

use std::path::PathBuf;

use aloft_base::connection::{self, Connection, Provider, SignIn, Spec};
use aloft_base::secret::{self, Keep, Secrets};
use aloft_base::{ErrorKind, Redacted, Report, Workspace};
use aloft_cloud::credentials::{Pasted, Profile};

use super::way::Way;

/// Texts as they were typed.
#[derive(Clone, Default)]
pub(super) struct Texts {
    pub(super) endpoint: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) project: String,
    pub(super) root: String,
    pub(super) buckets: String,
    pub(super) ca_file: String,
    pub(super) profile: String,
    pub(super) access_key_id: String,
    pub(super) command: String,
    pub(super) role_arn: String,
    pub(super) external_id: String,
    pub(super) mfa_serial: String,
    pub(super) start_url: String,
    pub(super) sso_region: String,
    pub(super) account_id: String,
    pub(super) role_name: String,
    /// A service account's key file: its path; the text of the file is the secret.
    pub(super) key_file: String,
}

/// Secrets as they were typed. They leave it for the keychain and nowhere else.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    pub(super) account_key: String,
    pub(super) sas_token: String,
}

/// What the dialog makes.
pub(super) struct Draft {
    /// The connection that is changed; none for a new one.
    pub(super) id: Option<String>,
    pub(super) name: String,
    /// Whether a person typed the name.
    pub(super) is_named: bool,
    pub(super) provider: Provider,
    pub(super) way: Way,
    pub(super) path_style: bool,
    pub(super) allow_http: bool,
    pub(super) keep: Keep,
    pub(super) texts: Texts,
    pub(super) typed: Typed,
    /// The way whose secrets are kept already; they stay where nothing is typed.
    kept: Option<Way>,
}

/// A draft, ready to be saved or tested on another thread.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) spec: Spec,
    /// Nothing when those that are kept are to stay.
    secrets: Option<Secrets>,
    key_file: Option<PathBuf>,
    keep: Keep,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            id: None,
            name: String::new(),
            is_named: false,
            provider: Provider::S3,
            way: Way::Profile,
            path_style: true,
            allow_http: false,
            keep: Keep::Keychain,
            texts: Texts::default(),
            typed: Typed::default(),
            kept: None,
        }
    }

    pub(super) fn of(connection: &Connection) -> Self {
        let spec = &connection.spec;
        let own = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut texts = Texts {
            endpoint: own(&spec.endpoint),
            region: own(&spec.region),
            account: own(&spec.account),
            project: own(&spec.project),
            root: own(&spec.root),
            buckets: spec.buckets.join(", "),
            ca_file: own(&spec.ca_file),
            ..Texts::default()
        };
        match &spec.sign_in {
            SignIn::Profile { name } => texts.profile.clone_from(name),
            SignIn::Keys { access_key_id } => texts.access_key_id.clone_from(access_key_id),
            SignIn::Process { command } => texts.command.clone_from(command),
            SignIn::Role {
                role_arn,
                profile,
                external_id,
                mfa_serial,
            } => {
                texts.role_arn.clone_from(role_arn);
                (texts.profile, texts.external_id, texts.mfa_serial) =
                    (own(profile), own(external_id), own(mfa_serial));
            }
            SignIn::IdentityCenter {
                start_url,
                sso_region,
                account_id,
                role_name,
            } => {
                texts.start_url.clone_from(start_url);
                texts.sso_region.clone_from(sso_region);
                texts.account_id.clone_from(account_id);
                texts.role_name.clone_from(role_name);
            }
            _ => {}
        }
        let way = Way::of(&spec.sign_in);
        Self {
            id: Some(connection.id.clone()),
            name: connection.name.clone(),
            is_named: true,
            provider: spec.provider,
            way,
            path_style: spec.path_style,
            allow_http: spec.allow_http,
            keep: if secret::is_in_session(&connection.id) {
                Keep::Session
            } else {
                Keep::Keychain
            },
            texts,
            typed: Typed::default(),
            kept: Some(way).filter(|_| !secret::fields(&spec.sign_in).is_empty()),
        }
    }

    /// Another kind of storage was chosen.
    pub(super) fn set_provider(&mut self, provider: Provider) {
        self.provider = provider;
        let ways = Way::of_provider(provider);
        // A profile that was chosen goes along; anything else begins with what is usual there.
        let has_profile = self.way == Way::Profile && !self.texts.profile.is_empty();
        if !(has_profile && ways.contains(&self.way)) {
            self.way = ways.first().copied().unwrap_or(Way::Default);
        }
        self.path_style = provider == Provider::S3Compatible;
    }

    /// Takes over a profile that was found on this machine.
    pub(super) fn take_profile(&mut self, found: &Profile) {
        self.way = Way::Profile;
        self.texts.profile.clone_from(&found.name);
        if let Some(region) = &found.region {
            self.texts.region.clone_from(region);
        }
        if !self.is_named {
            self.name.clone_from(&found.name);
        }
    }

    /// Takes over keys that were pasted.
    pub(super) fn take_pasted(&mut self, keys: &Pasted) {
        self.way = Way::Keys;
        self.texts.access_key_id.clone_from(&keys.access_key_id);
        self.typed.secret_access_key.clone_from(keys.secret_access_key.expose());
        let token = keys.session_token.as_ref();
        self.typed.session_token = token.map(|token| token.expose().clone()).unwrap_or_default();
        if let Some(region) = &keys.region {
            self.texts.region.clone_from(region);
        }
    }

    /// Whether leaving the fields of secrets empty keeps those there are.
    pub(super) fn has_kept(&self) -> bool {
        self.kept == Some(self.way)
    }

    /// Whether this way to sign in has secrets.
    pub(super) fn has_secrets(&self) -> bool {
        !secret::fields(&self.sign_in()).is_empty()
    }

    fn sign_in(&self) -> SignIn {
        let texts = &self.texts;
        let text = |text: &str| text.trim().to_owned();
        match self.way {
            Way::Default => SignIn::Default,
            Way::Profile => SignIn::Profile {
                name: text(&texts.profile),
            },
            Way::Keys => SignIn::Keys {
                access_key_id: text(&texts.access_key_id),
            },
            Way::Role => SignIn::Role {
                role_arn: text(&texts.role_arn),
                profile: given(&texts.profile),
                external_id: given(&texts.external_id),
                mfa_serial: given(&texts.mfa_serial),
            },
            Way::Process => SignIn::Process {
                command: text(&texts.command),
            },
            Way::Environment => SignIn::Environment,
            Way::InstanceMetadata => SignIn::InstanceMetadata,
            Way::IdentityCenter => SignIn::IdentityCenter {
                start_url: text(&texts.start_url),
                sso_region: text(&texts.sso_region),
                account_id: text(&texts.account_id),
                role_name: text(&texts.role_name),
            },
            Way::ServiceAccount => SignIn::ServiceAccount,
            Way::AccountKey => SignIn::AccountKey,
            Way::Sas => SignIn::Sas,
            Way::Anonymous => SignIn::Anonymous,
        }
    }

    /// What the secrets' fields hold; nothing when they are empty.
    fn secrets(&self) -> Option<Secrets> {
        let typed = &self.typed;
        let fields: &[(&str, &str)] = match self.way {
            Way::Keys => &[
                ("secret_access_key", &typed.secret_access_key),
                ("session_token", &typed.session_token),
            ],
            Way::AccountKey => &[("account_key", &typed.account_key)],
            Way::Sas => &[("sas_token", &typed.sas_token)],
            _ => &[],
        };
        let secrets: Secrets = fields
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| ((*name).to_owned(), Redacted::new(value.trim().to_owned())))
            .collect();
        (!secrets.is_empty()).then_some(secrets)
    }

    /// What is missing before it can be tested, if anything.
    pub(super) fn problem(&self) -> Option<String> {
        let texts = &self.texts;
        let missing = |text: &str, what: &str| text.trim().is_empty().then(|| what.to_owned());
        let place = match self.provider {
            Provider::S3 | Provider::Gcs => None,
            Provider::S3Compatible => {
                let is_url =
                    texts.endpoint.trim().starts_with("http://") || texts.endpoint.trim().starts_with("https://");
                (!is_url).then(|| "The address begins with https:// or http://".to_owned())
            }
            Provider::Azure => missing(&texts.account, "Name the storage account"),
            Provider::Local => missing(&texts.root, "Name the folder"),
        };
        place.or_else(|| {
            let is_kept = self.has_kept();
            let secret = |text: &str, what: &str| if is_kept { None } else { missing(text, what) };
            match self.way {
                Way::Profile => missing(&texts.profile, "Name the profile"),
                Way::Keys => missing(&texts.access_key_id, "Enter the access key ID")
                    .or_else(|| secret(&self.typed.secret_access_key, "Enter the secret access key")),
                Way::Role => missing(&texts.role_arn, "Enter the role's ARN"),
                Way::Process => missing(&texts.command, "Enter the program's command line"),
                Way::IdentityCenter => missing(&texts.start_url, "Enter the start URL")
                    .or_else(|| missing(&texts.sso_region, "Enter the region of Identity Center"))
                    .or_else(|| missing(&texts.account_id, "Enter the account's number"))
                    .or_else(|| missing(&texts.role_name, "Enter the role's name")),
                Way::ServiceAccount => secret(&texts.key_file, "Name the key file"),
                Way::AccountKey => secret(&self.typed.account_key, "Enter the account key"),
                Way::Sas => secret(&self.typed.sas_token, "Enter the shared access signature"),
                Way::Default | Way::Environment | Way::InstanceMetadata | Way::Anonymous => None,
            }
        })
    }

    /// The connection as it would be saved now.
    pub(super) fn plan(&self) -> Plan {
        let texts = &self.texts;
        let is_s3 = matches!(self.provider, Provider::S3 | Provider::S3Compatible);
        let only = |condition: bool, text: &str| given(text).filter(|_| condition);
        let spec = Spec {
            sign_in: self.sign_in(),
            endpoint: only(
                !matches!(self.provider, Provider::Local | Provider::S3),
                &texts.endpoint,
            ),
            region: only(is_s3, &texts.region),
            path_style: self.path_style && is_s3,
            allow_http: self.allow_http,
            ca_file: only(self.provider != Provider::Local, &texts.ca_file),
            account: only(self.provider == Provider::Azure, &texts.account),
            project: only(self.provider == Provider::Gcs, &texts.project),
            root: only(self.provider == Provider::Local, &texts.root),
            buckets: texts
                .buckets
                .split([',', ' '])
                .map(str::trim)
                .filter(|bucket| !bucket.is_empty())
                .map(str::to_owned)
                .collect(),
            ..Spec::new(self.provider)
        };
        Plan {
            id: self.id.clone(),
            name: self.name.trim().to_owned(),
            spec,
            secrets: self.secrets(),
            key_file: (self.way == Way::ServiceAccount)
                .then(|| given(&texts.key_file).map(PathBuf::from))
                .flatten(),
            keep: self.keep,
        }
    }
}

impl Plan {
    /// The secrets that were given. Reads the key file; called on a worker.
    fn given(&self) -> Result<Option<Secrets>, Report> {
        let Some(file) = &self.key_file else {
            return Ok(self.secrets.clone());
        };
        let text = std::fs::read_to_string(file).map_err(|error| {
            let message = format!("Could not read the key file {}: {error}", file.display());
            Report::new(ErrorKind::of_io(&error), message, "Check the path.")
        })?;
        Ok(Some([("service_account_key".to_owned(), Redacted::new(text))].into()))
    }

    /// The secrets to sign in with: those given, else those kept. May ask the keychain; called on a worker.
    pub(super) fn secrets(&self) -> Result<Secrets, Report> {
        match (self.given()?, &self.id) {
            (Some(secrets), _) => Ok(secrets),
            (None, Some(id)) => secret::read_for(id, &self.spec.sign_in).map_err(|error| Report::of(&error)),
            (None, None) => Ok(Secrets::new()),
        }
    }

    /// Saves the connection and has its secrets kept. Called on a worker.
    pub(super) fn save(&self, workspace: &Workspace) -> Result<Connection, Report> {
        let given = self.given()?;
        let saved = match &self.id {
            None => secret::add(workspace, &self.name, &self.spec, &given.unwrap_or_default(), self.keep),
            Some(id) => secret::change(workspace, id, &self.name, &self.spec, given.as_ref(), self.keep),
        };
        saved.map_err(|error| Report::of(&error))
    }
}

/// Why a name cannot be that of a connection, if so.
pub(super) fn name_problem(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("Give the connection a name".to_owned());
    }
    connection::check_name(name.trim()).err().map(|error| error.to_string())
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
