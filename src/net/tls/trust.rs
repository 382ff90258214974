//! Whom we believe when we connect to others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The certificates of authorities cannot be used. `Display` says which file.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{0} cannot be read as PEM: {1}")]
    Pem(PathBuf, rustls::pki_types::pem::Error),
    #[error("{0} has no certificate")]
    Empty(PathBuf),
    #[error(transparent)]
    Unusable(#[from] rustls::Error),
}

/// Believes the authorities in `ca_file` (PEM), or those that browsers believe.
///
/// # Errors
/// When the file cannot be used.
pub fn trust(ca_file: Option<&Path>) -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let unreadable = |error| TrustError::Pem(file.to_owned(), error);
            for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
                roots.add(certificate.map_err(unreadable)?)?;
            }
            if roots.is_empty() {
                return Err(TrustError::Empty(file.to_owned()));
            }
        }
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
