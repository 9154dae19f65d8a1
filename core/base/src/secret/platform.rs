//! The keychain of this operating system.

use std::sync::Arc;

use keyring_core::{CredentialStore, Result};

/// Connects to it. Must not be called inside an asynchronous runtime, and may hang.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// Connects to it.
#[cfg(target_os = "macos")]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// Connects to it.
#[cfg(windows)]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}
