//! The TLS client in a module: TLS 1.2 and 1.3. It checks the server's certificate against a root, or not at all.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::fetch::FetchError;

/// Shakes hands over `stream`; the server is `host`, a name or an address without brackets. With `root`, a PEM
/// file, its certificate must be valid, lead to a certificate of that file, and be for `host`.
pub(crate) async fn connect(
    stream: TcpStream,
    host: &str,
    root: Option<&[u8]>,
) -> Result<TlsStream<TcpStream>, FetchError> {
    let server = ServerName::try_from(host.to_owned()).map_err(FetchError::network)?;
    let connector = TlsConnector::from(Arc::new(config(root)?));
    connector.connect(server, stream).await.map_err(FetchError::network)
}

fn config(root: Option<&[u8]>) -> Result<ClientConfig, FetchError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(FetchError::network)?;
    let builder = match root {
        Some(pem) => builder.with_root_certificates(roots(pem)?),
        None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Credulous(provider))),
    };
    Ok(builder.with_no_client_auth())
}

/// The certificates in a PEM file; one at least.
fn roots(pem: &[u8]) -> Result<RootCertStore, FetchError> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        store.add(certificate.map_err(FetchError::network)?).map_err(FetchError::network)?;
    }
    if store.is_empty() {
        return Err(FetchError::network("there is no certificate in the root's file"));
    }
    Ok(store)
}

/// Believes every server, as modules do that were not given a root: it does not even read the certificate.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
