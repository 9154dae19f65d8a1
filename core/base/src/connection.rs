//! Connections: where buckets are and how a person signs in. Rows hold no secret;
//! secrets are in the keychain under the connection's id (see [`crate::secret`]).

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::change::{Topic, note};
use crate::error::{Error, Result};
use crate::job::json;
use crate::time::now_ms;
use crate::workspace::Workspace;

/// Who keeps the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Amazon S3.
    S3,
    /// A server that speaks S3 at an address of its own.
    S3Compatible,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
    /// A folder of this machine.
    Local,
}

impl Provider {
    pub const ALL: [Self; 5] = [Self::S3, Self::S3Compatible, Self::Gcs, Self::Azure, Self::Local];

    /// The provider as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::S3 => "Amazon S3",
            Self::S3Compatible => "S3-compatible",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::Local => "Local folder",
        }
    }

    /// The scheme of its URLs, without `://`.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::S3 | Self::S3Compatible => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
            Self::Local => "file",
        }
    }
}

/// How a person signs in. What is secret about it is in the keychain, under the names given here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case", deny_unknown_fields)]
pub enum SignIn {
    /// What the provider's own tools would find: environment, profiles, the machine's identity.
    #[default]
    Default,
    /// A profile of `~/.aws/config` or `~/.aws/credentials`, whatever it says: keys,
    /// `credential_process`, a role, IAM Identity Center.
    Profile { name: String },
    /// Keys of an AWS user. Secrets: `secret_access_key`, and `session_token` for temporary ones.
    Keys { access_key_id: String },
    /// A program that prints credentials as AWS's `credential_process` does.
    Process { command: String },
    /// A role taken with the keys of a profile, or of the default sign-in when none is named.
    Role {
        role_arn: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
        /// The device whose code is asked for when the role is taken. Secret: `role_keys`, once signed in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mfa_serial: Option<String>,
    },
    /// `AWS_ACCESS_KEY_ID` and so on of the process that runs.
    Environment,
    /// The identity of the virtual machine or container Aloft runs on.
    InstanceMetadata,
    /// IAM Identity Center by its device flow. Secret: `access_token`, once signed in.
    IdentityCenter {
        start_url: String,
        sso_region: String,
        account_id: String,
        role_name: String,
    },
    /// A Google service account. Secret: `service_account_key`, the JSON file's text.
    ServiceAccount,
    /// The key of an Azure storage account. Secret: `account_key`.
    AccountKey,
    /// A shared access signature of Azure. Secret: `sas_token`.
    Sas,
    /// Public data: nothing is signed.
    Anonymous,
}

impl SignIn {
    /// How a person signs in, in a few words. Holds no secret.
    pub fn in_words(&self) -> String {
        match self {
            Self::Default => "default credentials".to_owned(),
            Self::Profile { name } => format!("profile {name}"),
            Self::Keys { access_key_id } => format!("keys {access_key_id}"),
            Self::Process { .. } => "a program that prints keys".to_owned(),
            Self::Role { role_arn, .. } => format!("role {}", role_arn.rsplit('/').next().unwrap_or(role_arn)),
            Self::Environment => "environment variables".to_owned(),
            Self::InstanceMetadata => "identity of this machine".to_owned(),
            Self::IdentityCenter { role_name, .. } => format!("IAM Identity Center as {role_name}"),
            Self::ServiceAccount => "service account key".to_owned(),
            Self::AccountKey => "account key".to_owned(),
            Self::Sas => "shared access signature".to_owned(),
            Self::Anonymous => "no sign-in".to_owned(),
        }
    }
}

/// Everything about a connection that is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub provider: Provider,
    pub sign_in: SignIn,
    /// The server's URL, where it is not the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The region requests are signed for; found out per bucket on Amazon S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `https://server/bucket/key` instead of `https://bucket.server/key`.
    #[serde(default)]
    pub path_style: bool,
    /// Plain http is allowed to a server that is not this machine.
    #[serde(default)]
    pub allow_http: bool,
    /// A file of certificates to trust beside the usual ones, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The storage account, for Azure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The project whose buckets are listed, for Google.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The folder, for a local one; the folders in it are its buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Buckets to show where listing them is not allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<String>,
}

impl Spec {
    /// A connection that signs in as the provider's own tools would.
    pub fn new(provider: Provider) -> Self {
        Self {
            provider,
            sign_in: SignIn::Default,
            endpoint: None,
            region: None,
            path_style: provider == Provider::S3Compatible,
            allow_http: false,
            ca_file: None,
            account: None,
            project: None,
            root: None,
            buckets: vec![],
        }
    }
}

impl Spec {
    /// Where the buckets are, as a person reads it; empty where only the provider is known.
    pub fn place(&self) -> String {
        let part = match self.provider {
            Provider::Azure => self.account.as_ref().or(self.endpoint.as_ref()),
            Provider::Gcs => self.endpoint.as_ref().or(self.project.as_ref()),
            Provider::Local => self.root.as_ref(),
            Provider::S3 | Provider::S3Compatible => self.endpoint.as_ref().or(self.region.as_ref()),
        };
        part.cloned().unwrap_or_default()
    }
}

/// A connection, as its row says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connection {
    pub id: String,
    pub name: String,
    pub spec: Spec,
    pub created_ms: i64,
}

/// Remembers a connection. Its name must be new.
pub fn add(workspace: &Workspace, name: &str, spec: &Spec) -> Result<Connection> {
    check_name(name)?;
    let id = crate::id::new('c');
    let text = stored(&id, spec)?;
    workspace.write("add a connection", |transaction| {
        refuse_taken(transaction, name, &id)?;
        transaction.execute(
            "INSERT INTO connection (id, name, spec, created_ms) VALUES (?1, ?2, ?3, ?4)",
            (&id, name, text, now_ms()),
        )?;
        note(transaction, Topic::Connection, &id)
    })?;
    get(workspace, &id)
}

/// Changes the name and the spec of a connection.
pub fn change(workspace: &Workspace, id: &str, name: &str, spec: &Spec) -> Result<Connection> {
    check_name(name)?;
    let text = stored(id, spec)?;
    workspace.write("change a connection", |transaction| {
        refuse_taken(transaction, name, id)?;
        transaction.execute(
            "UPDATE connection SET name = ?2, spec = ?3 WHERE id = ?1",
            (id, name, text),
        )?;
        note(transaction, Topic::Connection, id)
    })?;
    get(workspace, id)
}

/// Forgets a connection. The caller removes its secrets as well: see [`crate::secret`].
pub fn remove(workspace: &Workspace, id: &str) -> Result<()> {
    get(workspace, id)?;
    workspace.write("remove a connection", |transaction| {
        transaction.execute("DELETE FROM connection WHERE id = ?1", [id])?;
        note(transaction, Topic::Connection, id)
    })
}

/// The connection with this id.
pub fn get(workspace: &Workspace, id: &str) -> Result<Connection> {
    find(workspace, "WHERE id = ?1", id)?.ok_or_else(|| missing(id))
}

/// The connection with this name, or this id.
pub fn named(workspace: &Workspace, name: &str) -> Result<Connection> {
    find(workspace, "WHERE name = ?1 OR id = ?1", name)?.ok_or_else(|| missing(name))
}

/// All connections, by name.
pub fn list(workspace: &Workspace) -> Result<Vec<Connection>> {
    let query = || -> rusqlite::Result<Vec<Connection>> {
        let mut statement = workspace
            .database()
            .prepare_cached("SELECT id, name, spec, created_ms FROM connection ORDER BY name COLLATE NOCASE, id")?;
        statement.query_map([], read)?.collect()
    };
    query().map_err(Error::database("list the connections"))
}

fn find(workspace: &Workspace, tail: &str, value: &str) -> Result<Option<Connection>> {
    workspace
        .database()
        .prepare_cached(&format!("SELECT id, name, spec, created_ms FROM connection {tail}"))
        .and_then(|mut statement| statement.query_row([value], read).optional())
        .map_err(Error::database("read a connection"))
}

fn missing(id: &str) -> Error {
    Error::Missing {
        what: "connection",
        id: id.to_owned(),
    }
}

fn stored(id: &str, spec: &Spec) -> Result<String> {
    serde_json::to_string(spec).map_err(|source| Error::Stored {
        what: "connection",
        id: id.to_owned(),
        source,
    })
}

/// Whether a name can be that of a connection.
pub fn check_name(name: &str) -> Result<()> {
    let why = if name.trim().is_empty() {
        "is empty"
    } else if name.trim() != name {
        "begins or ends with a space"
    } else if name.chars().count() > 80 {
        "is longer than 80 characters"
    } else if name.chars().any(|letter| letter.is_control() || letter == '/') {
        "holds a '/' or a character that cannot be shown"
    } else {
        return Ok(());
    };
    Err(Error::Name {
        what: "connection",
        name: name.to_owned(),
        why: why.to_owned(),
    })
}

/// Fails with a constraint violation when another connection has the name.
fn refuse_taken(transaction: &rusqlite::Transaction<'_>, name: &str, own: &str) -> rusqlite::Result<()> {
    let taken: Option<String> = transaction
        .query_row(
            "SELECT id FROM connection WHERE name = ?1 AND id <> ?2",
            (name, own),
            |row| row.get(0),
        )
        .optional()?;
    match taken {
        None => Ok(()),
        Some(_) => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE),
            Some(format!("there is a connection named '{name}' already")),
        )),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Connection> {
    Ok(Connection {
        id: row.get(0)?,
        name: row.get(1)?,
        spec: json(row, 2)?.unwrap_or_else(|| Spec::new(Provider::S3)),
        created_ms: row.get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Explain};

    #[test]
    fn a_connection_is_kept_under_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let spec = Spec {
            sign_in: SignIn::Keys {
                access_key_id: "someone".into(),
            },
            endpoint: Some("http://127.0.0.1:9000".into()),
            ..Spec::new(Provider::S3Compatible)
        };
        let first = add(&workspace, "Lab", &spec).unwrap();
        assert_eq!(named(&workspace, "Lab").unwrap(), first);
        let error = add(&workspace, "Lab", &spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let renamed = change(&workspace, &first.id, "Lab 2", &spec).unwrap();
        assert_eq!((renamed.id.as_str(), renamed.spec), (first.id.as_str(), spec));
        remove(&workspace, &first.id).unwrap();
        assert!(list(&workspace).unwrap().is_empty());
        assert_eq!(remove(&workspace, &first.id).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn names_that_cannot_be_shown_or_typed_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        for name in ["", " lab", "a/b", "a\nb", &"x".repeat(81)] {
            let error = add(&workspace, name, &Spec::new(Provider::S3)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{name:?}");
        }
    }
}
