//! Whom we believe to be who they say: the trusted certificates.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, TrustAnchor};
use thiserror::Error;
use tokio_rustls::TlsConnector;

/// How many TLS sessions are kept to be resumed: there are one or two servers.
const SESSIONS: usize = 4;

/// The TLS settings, shared: Mozilla's roots, built in, and those of one file. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Tls(Arc<ClientConfig>);

/// Why the trusted certificates could not be had.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read the certificates in {} (SSL_CERT_FILE)", path.display())]
    Unreadable {
        /// The file of SSL_CERT_FILE.
        path: PathBuf,
        /// The error of the file system.
        #[source]
        source: io::Error,
    },
    /// The file is no PEM file, or one of its sections is broken.
    #[error("{} (SSL_CERT_FILE) is not a PEM file of certificates", path.display())]
    NotPem {
        /// The file of SSL_CERT_FILE.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: pem::Error,
    },
    /// The file holds no certificate that could be trusted.
    #[error("{} (SSL_CERT_FILE) holds no usable certificate", path.display())]
    NoCertificate {
        /// The file of SSL_CERT_FILE.
        path: PathBuf,
    },
    /// The cryptography that is built in does not do for TLS.
    #[error("cannot set up TLS")]
    Unusable(#[source] rustls::Error),
}

impl Tls {
    /// Trusts the built-in roots and, where `extra_roots` names a PEM file (`SSL_CERT_FILE`), the certificates
    /// in it as well. Reads the file at once.
    ///
    /// # Errors
    /// [`TlsError`] where the file cannot be read or has no certificate.
    pub fn new(extra_roots: Option<&Path>) -> Result<Self, TlsError> {
        let extra = extra_roots.map(read).transpose()?.unwrap_or_default();
        let built_in = webpki_roots::TLS_SERVER_ROOTS.iter();
        let roots = RootCertStore { roots: built_in.chain(&extra).cloned().collect() };
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn connector(&self) -> TlsConnector {
        TlsConnector::from(Arc::clone(&self.0))
    }
}

fn read(path: &Path) -> Result<Vec<TrustAnchor<'static>>, TlsError> {
    let text = std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.into(), source })?;
    let certificates = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| TlsError::NotPem { path: path.into(), source })?;
    let mut roots = RootCertStore::empty();
    // A system's bundle may hold a certificate too odd for rustls; the others still count.
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() { Err(TlsError::NoCertificate { path: path.into() }) } else { Ok(roots.roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_or_has_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let error = Tls::new(Some(&path)).unwrap_err();
        assert!(matches!(error, TlsError::Unreadable { .. }) && error.to_string().contains("roots.pem"));
        std::fs::write(&path, "no certificate here\n").unwrap();
        let error = Tls::new(Some(&path)).unwrap_err();
        assert!(matches!(error, TlsError::NoCertificate { .. }) && error.to_string().contains("roots.pem"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n").unwrap();
        let error = Tls::new(Some(&path)).unwrap_err();
        assert!(matches!(error, TlsError::NotPem { .. }) && error.to_string().contains("roots.pem"));
    }

    #[test]
    fn the_built_in_roots_need_no_file() {
        assert!(Tls::new(None).is_ok());
    }
}
