//! TLS: what the HTTPS server proves itself with, from files or made at the start.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore, ServerConfig};

use crate::HostError;
use crate::made::Made;

/// A certificate with its key, for TLS 1.2 and 1.3; and the root that modules are to check it against, where it is
/// known.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    chain: Vec<CertificateDer<'static>>,
    root: Option<String>,
}

impl Tls {
    /// The certificate chain (the server's own first) and the private key (PKCS#8, PKCS#1 or SEC1; RSA, ECDSA or
    /// Ed25519; not encrypted) of two PEM files, which may be one file. It blocks while it reads.
    ///
    /// # Errors
    /// [`HostError::TlsFile`], [`HostError::Certificate`], [`HostError::Key`] and [`HostError::KeyMismatch`], each with
    /// the file's name.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, HostError> {
        let provider = Arc::new(default_provider());
        let chain = certificates(certificate)?;
        let bad_key = |reason: String| HostError::Key { path: key.to_owned(), reason };
        let der = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| {
            let none = matches!(error, PemError::NoItemsFound);
            bad_key(if none { "it holds none, or an encrypted one".to_owned() } else { error.to_string() })
        })?;
        let signing =
            provider.key_provider.load_private_key(der).map_err(|error| bad_key(error.to_string()))?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(HostError::KeyMismatch {
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                });
            }
            Err(error) => {
                return Err(HostError::Certificate {
                    path: certificate.to_owned(),
                    reason: error.to_string(),
                });
            }
        }
        Self::new(provider, certified, None)
    }

    /// The same with the root of the PEM file `ca`, which modules are to check the certificate against: the
    /// certificate has to lead to it, and to be valid today, or be that root itself. It blocks while it reads.
    ///
    /// # Errors
    /// [`HostError::TlsFile`] and [`HostError::Certificate`] for `ca`, [`HostError::OtherRoot`] when the certificate
    /// does not lead to it.
    pub fn with_root(mut self, ca: &Path) -> Result<Self, HostError> {
        let trusted = certificates(ca)?;
        let text = String::from_utf8_lossy(&read(ca)?).into_owned();
        let bad = |reason: String| HostError::Certificate { path: ca.to_owned(), reason };
        let mut roots = RootCertStore::empty();
        for root in &trusted {
            roots.add(root.clone()).map_err(|error| bad(error.to_string()))?;
        }
        let led = |(own, rest): (&CertificateDer<'_>, &[CertificateDer<'_>])| {
            let algorithms = default_provider().signature_verification_algorithms;
            let own = ParsedCertificate::try_from(own)?;
            verify_server_cert_signed_by_trust_anchor(&own, &roots, rest, UnixTime::now(), algorithms.all)
        };
        let own = self.chain.split_first();
        if !own.is_some_and(|(own, _)| trusted.contains(own)) {
            own.map_or(Err(rustls::Error::NoCertificatesPresented), led)
                .map_err(|error| HostError::OtherRoot { ca: ca.to_owned(), reason: error.to_string() })?;
        }
        self.root = Some(text);
        Ok(self)
    }

    /// A certificate made now for the host names and addresses `names` that modules dial (an IPv6 address with or
    /// without brackets), under a root of its own: ECDSA on P-256, valid from 1975 to 2049, since a module's clock may
    /// be anywhere. The keys are never written.
    ///
    /// # Errors
    /// [`HostError::NotMade`] when a name cannot be in a certificate, or the system gives no random bytes.
    pub fn made(names: &[String]) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::NotMade { names: names.join(", "), reason };
        let Made { leaf, key, root } = Made::new(names).map_err(|error| failed(error.to_string()))?;
        let provider = Arc::new(default_provider());
        let signing =
            provider.key_provider.load_private_key(key).map_err(|error| failed(error.to_string()))?;
        Self::new(provider, CertifiedKey::new(vec![leaf], signing), Some(root))
    }

    /// The root, in PEM, that a module has to be given when it is to check the certificate; `None` when the
    /// certificate is from files and no root was named.
    pub fn root(&self) -> Option<&str> {
        self.root.as_deref()
    }

    fn new(
        provider: Arc<CryptoProvider>,
        certified: CertifiedKey,
        root: Option<String>,
    ) -> Result<Self, HostError> {
        let chain = certified.cert.clone();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| HostError::NotMade { names: String::new(), reason: error.to_string() })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        Ok(Self { config: Arc::new(config), chain, root })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, HostError> {
    fs::read(path).map_err(|source| HostError::TlsFile { path: path.to_owned(), source })
}

/// The certificates of a PEM file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, HostError> {
    let bad = |reason: String| HostError::Certificate { path: path.to_owned(), reason };
    let pem = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| bad(error.to_string()))?;
    if found.is_empty() { Err(bad("it holds no certificate in PEM form".to_owned())) } else { Ok(found) }
}
