//! What can be typed after `aloft connect`.

use std::path::PathBuf;

use aloft_base::connection::Provider;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectVerb {
    /// Remember where buckets are and how to sign in; secrets go to the keychain
    Add {
        name: String,
        /// Who keeps the buckets
        #[arg(long, value_enum)]
        kind: Kind,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Change a connection; what is not said stays
    Change {
        name: String,
        /// Its new name
        #[arg(long, value_name = "NAME")]
        rename: Option<String>,
        /// Ask for its secrets anew, at the terminal
        #[arg(long)]
        new_secret: bool,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// List the connections
    List,
    /// Try what works, one line each, and name the permission that is missing
    Test {
        name: String,
        /// The bucket to try it on; by default the first there is
        #[arg(long, value_name = "B")]
        bucket: Option<String>,
    },
    /// Forget a connection and remove its secrets from the keychain
    Remove {
        name: String,
        /// Forget it although its secrets cannot be removed from the keychain
        #[arg(long)]
        leave_secret: bool,
    },
    /// List the AWS profiles of this machine
    Profiles,
    /// Sign in where a person has to confirm it: IAM Identity Center in a browser, or a role with the code of a device
    SignIn { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// URL of the server, where it is not the provider's own
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Region to sign for
    #[arg(long, value_name = "R")]
    pub(crate) region: Option<String>,
    /// Put the bucket in the path and not in the host name; usual for S3-compatible servers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) path_style: Option<bool>,
    /// Allow plain http to a server that is not this machine
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) allow_http: Option<bool>,
    /// Certificates to trust beside the usual ones, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// Azure's storage account
    #[arg(long, value_name = "A")]
    pub(crate) account: Option<String>,
    /// Google's project, whose buckets are listed
    #[arg(long, value_name = "P")]
    pub(crate) project: Option<String>,
    /// The folder, for a local one; the folders in it are its buckets
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// A bucket to show where listing them is not allowed; may be given several times
    #[arg(long = "bucket", value_name = "B")]
    pub(crate) buckets: Vec<String>,
    /// How to sign in; by default what the other arguments say, else as the provider's own tools do
    #[arg(long, value_enum)]
    pub(crate) sign_in: Option<Way>,
    /// A profile of ~/.aws/config
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Id of an access key; the secret one is asked for
    #[arg(long, value_name = "ID")]
    pub(crate) access_key_id: Option<String>,
    /// A program that prints keys, as AWS's own tools run
    #[arg(long, value_name = "LINE")]
    pub(crate) command: Option<String>,
    /// A role to take
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// What the role's owner wants to be told
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// The device whose code is asked for when the role is taken
    #[arg(long, value_name = "SERIAL")]
    pub(crate) mfa_serial: Option<String>,
    /// Start URL of IAM Identity Center
    #[arg(long, value_name = "URL")]
    pub(crate) start_url: Option<String>,
    /// Region of IAM Identity Center
    #[arg(long, value_name = "R")]
    pub(crate) sso_region: Option<String>,
    /// Account to sign in to through IAM Identity Center
    #[arg(long, value_name = "N")]
    pub(crate) account_id: Option<String>,
    /// Role to sign in with through IAM Identity Center
    #[arg(long, value_name = "NAME")]
    pub(crate) role_name: Option<String>,
    /// Key file of a Google service account
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Read secrets from standard input: a JSON object of names, the block of keys that AWS shows, or the one secret
    #[arg(long)]
    pub(crate) secret_stdin: bool,
}

/// Who keeps the buckets, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    S3,
    S3Compatible,
    Gcs,
    Azure,
    Local,
}

impl From<Kind> for Provider {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::S3 => Self::S3,
            Kind::S3Compatible => Self::S3Compatible,
            Kind::Gcs => Self::Gcs,
            Kind::Azure => Self::Azure,
            Kind::Local => Self::Local,
        }
    }
}

/// How to sign in, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// As the provider's own tools do
    Default,
    /// A profile of this machine
    Profile,
    /// Access keys
    Keys,
    /// A program that prints keys
    Process,
    /// A role
    Role,
    /// AWS_* of the process that runs
    Environment,
    /// The identity of this virtual machine
    Instance,
    /// IAM Identity Center
    IdentityCenter,
    /// A Google service account
    ServiceAccount,
    /// The key of an Azure storage account
    AccountKey,
    /// A shared access signature of Azure
    Sas,
    /// Public data
    Anonymous,
}
