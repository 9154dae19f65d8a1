//! A certificate and its key, ready to accept connections with.

use std::path::Path;
use std::sync::Arc;

use aloft_base::endpoint::Tls;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::ServeError;

/// Reads the files of a certificate.
pub(super) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, ServeError> {
    let refuse = |what, path: &str, why: String| ServeError::Tls {
        what,
        path: Path::new(path).to_owned(),
        why,
    };
    let refuse_certificate = |why: String| refuse("certificate", &tls.certificate, why);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| refuse_certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(refuse_certificate("there is none in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| refuse("key", &tls.key, error.to_string()))?;
    // Named here, since rustls picks none by itself when a program links several.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| refuse_certificate(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
