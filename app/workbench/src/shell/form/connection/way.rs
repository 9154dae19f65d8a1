//! The ways to sign in that the dialog offers for each kind of storage.

use aloft_base::connection::{Provider, SignIn};

/// A way to sign in, without what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Default,
    Profile,
    Keys,
    Role,
    Process,
    Environment,
    InstanceMetadata,
    IdentityCenter,
    ServiceAccount,
    AccountKey,
    Sas,
    Anonymous,
}

impl Way {
    /// The ways of a kind of storage, the usual one first.
    pub(super) fn of_provider(provider: Provider) -> &'static [Self] {
        match provider {
            Provider::S3 => &[
                Self::Profile,
                Self::Keys,
                Self::Role,
                Self::IdentityCenter,
                Self::Process,
                Self::Environment,
                Self::InstanceMetadata,
                Self::Default,
                Self::Anonymous,
            ],
            Provider::S3Compatible => &[
                Self::Keys,
                Self::Profile,
                Self::Process,
                Self::Environment,
                Self::Default,
                Self::Anonymous,
            ],
            Provider::Gcs => &[Self::Default, Self::ServiceAccount, Self::Anonymous],
            Provider::Azure => &[Self::AccountKey, Self::Sas, Self::Default, Self::Anonymous],
            Provider::Local => &[Self::Anonymous],
        }
    }

    pub(super) fn of(sign_in: &SignIn) -> Self {
        match sign_in {
            SignIn::Default => Self::Default,
            SignIn::Profile { .. } => Self::Profile,
            SignIn::Keys { .. } => Self::Keys,
            SignIn::Process { .. } => Self::Process,
            SignIn::Role { .. } => Self::Role,
            SignIn::Environment => Self::Environment,
            SignIn::InstanceMetadata => Self::InstanceMetadata,
            SignIn::IdentityCenter { .. } => Self::IdentityCenter,
            SignIn::ServiceAccount => Self::ServiceAccount,
            SignIn::AccountKey => Self::AccountKey,
            SignIn::Sas => Self::Sas,
            SignIn::Anonymous => Self::Anonymous,
        }
    }

    pub(super) fn label(self, provider: Provider) -> &'static str {
        match self {
            Self::Default if provider == Provider::Gcs => "Application default credentials",
            Self::Default => "As the provider's own tools do",
            Self::Profile => "A profile of this machine",
            Self::Keys => "Access keys",
            Self::Role => "Assume a role",
            Self::Process => "A program that prints keys",
            Self::Environment => "Environment variables",
            Self::InstanceMetadata => "Identity of this virtual machine",
            Self::IdentityCenter => "IAM Identity Center",
            Self::ServiceAccount => "Service account key",
            Self::AccountKey => "Account key",
            Self::Sas => "Shared access signature",
            Self::Anonymous => "Public data, no sign-in",
        }
    }

    /// What it means, where the label does not say enough.
    pub(super) fn remark(self, provider: Provider) -> Option<&'static str> {
        match self {
            Self::Default if provider == Provider::Gcs => Some(
                "What 'gcloud auth application-default login' left on this machine, or GOOGLE_APPLICATION_CREDENTIALS.",
            ),
            Self::Default if provider == Provider::Azure => {
                Some("AZURE_* variables, or the identity of this virtual machine.")
            }
            Self::Default => Some("Environment, then profiles, then the identity of this machine."),
            Self::Environment => Some("AWS_ACCESS_KEY_ID and so on, as they are when Aloft starts."),
            Self::IdentityCenter => Some(
                "Written after the published API; no server for it could be had to test against. An existing 'aws sso login' works through its profile.",
            ),
            _ => None,
        }
    }
}
