//! TLS for the scrape: a certificate and its key from files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};

use crate::MetricsError;

/// A certificate with its key, for TLS 1.2 and 1.3.
#[derive(Clone, Debug)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// The certificate chain (the server's own first) and the private key (PKCS#8, PKCS#1 or SEC1, not encrypted) of
    /// two PEM files, which may be one file. It blocks while it reads.
    ///
    /// # Errors
    /// [`MetricsError::TlsFile`], [`MetricsError::Certificate`], [`MetricsError::Key`] and
    /// [`MetricsError::KeyMismatch`], each with the file's name.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, MetricsError> {
        let provider = Arc::new(default_provider());
        let bad_key = |reason: String| MetricsError::Key { path: key.to_owned(), reason };
        let bad_certificate =
            |reason: String| MetricsError::Certificate { path: certificate.to_owned(), reason };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(certificate)?).collect();
        let chain = chain.map_err(|error| bad_certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(bad_certificate("it holds no certificate in PEM form".to_owned()));
        }
        let der = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| {
            let none = matches!(error, PemError::NoItemsFound);
            bad_key(if none { "it holds none, or an encrypted one".to_owned() } else { error.to_string() })
        })?;
        let signing =
            provider.key_provider.load_private_key(der).map_err(|error| bad_key(error.to_string()))?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(Error::InconsistentKeys(_)) => {
                return Err(MetricsError::KeyMismatch {
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                });
            }
            Err(error) => return Err(bad_certificate(error.to_string())),
        }
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| bad_certificate(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, MetricsError> {
    fs::read(path).map_err(|source| MetricsError::TlsFile { path: path.to_owned(), source })
}
