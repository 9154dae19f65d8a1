//! Which secrets a way to sign in has, and what they are called.

use crate::connection::SignIn;

/// One secret of a way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in [`Secrets`](super::Secrets).
    pub name: &'static str,
    /// What a person calls it.
    pub label: &'static str,
    /// Whether nobody can sign in without it.
    pub is_needed: bool,
}

const fn needed(name: &'static str, label: &'static str) -> Field {
    Field {
        name,
        label,
        is_needed: true,
    }
}

const fn optional(name: &'static str, label: &'static str) -> Field {
    Field {
        name,
        label,
        is_needed: false,
    }
}

/// The secrets of a way to sign in. Where there are none the keychain need not be asked.
pub fn fields(sign_in: &SignIn) -> &'static [Field] {
    const KEYS: [Field; 2] = [
        needed("secret_access_key", "the secret access key"),
        optional("session_token", "the session token"),
    ];
    const CENTER: [Field; 1] = [optional("access_token", "the access token")];
    const ROLE: [Field; 1] = [optional("role_keys", "the keys taken with the device's code")];
    const SERVICE: [Field; 1] = [needed("service_account_key", "the service account's key file")];
    const ACCOUNT: [Field; 1] = [needed("account_key", "the account key")];
    const SAS: [Field; 1] = [needed("sas_token", "the shared access signature")];
    match sign_in {
        SignIn::Keys { .. } => &KEYS,
        SignIn::IdentityCenter { .. } => &CENTER,
        SignIn::Role {
            mfa_serial: Some(serial),
            ..
        } if !serial.trim().is_empty() => &ROLE,
        SignIn::ServiceAccount => &SERVICE,
        SignIn::AccountKey => &ACCOUNT,
        SignIn::Sas => &SAS,
        SignIn::Default
        | SignIn::Profile { .. }
        | SignIn::Process { .. }
        | SignIn::Role { .. }
        | SignIn::Environment
        | SignIn::InstanceMetadata
        | SignIn::Anonymous => &[],
    }
}
