//! Whom to trust: the machine's certificates, else Mozilla's, and those a connection names.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::error::{CloudError, Result};

/// The configuration of TLS; `ca_file` holds further certificates in PEM.
pub(super) fn config(ca_file: Option<&str>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(file) = ca_file {
        add_file(&mut roots, Path::new(file))?;
    }
    // Named, because a second provider in the same program would make the default ambiguous.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| CloudError::Settings {
            message: format!("TLS cannot be set up: {error}"),
            hint: String::new(),
        })?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> Result<()> {
    let unusable = |why: String| CloudError::Settings {
        message: format!("The certificates in {} cannot be used: {why}", file.display()),
        hint: "The file must hold certificates in PEM, as -----BEGIN CERTIFICATE-----.".to_owned(),
    };
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?;
    let mut found = false;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        found = true;
    }
    if found {
        Ok(())
    } else {
        Err(unusable("it holds none".to_owned()))
    }
}
