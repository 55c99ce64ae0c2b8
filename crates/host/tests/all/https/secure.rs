//! A client that trusts one root.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::client::{Answer, PATIENCE};

/// See the module.
pub(super) struct Client {
    config: Arc<ClientConfig>,
    pub(super) name: &'static str,
}

impl Client {
    pub(super) fn trusting(root: &str) -> Self {
        Self::speaking(root, &[&TLS13, &TLS12])
    }

    pub(super) fn speaking(root: &str, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { config: Arc::new(config), name: "localhost" }
    }

    pub(super) async fn shake(&self, addr: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        self.shake_on(TcpStream::connect(addr).await.unwrap()).await
    }

    pub(super) async fn shake_on(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let name = self.name.try_into().unwrap();
        let shake = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream);
        tokio::time::timeout(PATIENCE, shake).await.unwrap()
    }

    /// A connection that has sent one request and read nothing.
    pub(super) async fn open(&self, addr: SocketAddr, path: &str, more: &str) -> TlsStream<TcpStream> {
        let mut stream = self.shake(addr).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: rack\r\n{more}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// One request on a connection of its own, which is closed after the answer.
    pub(super) async fn ask(&self, addr: SocketAddr, path: &str, more: &str) -> Answer {
        let mut stream = self.open(addr, path, &format!("Connection: close\r\n{more}")).await;
        let mut raw = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut raw)).await.unwrap().unwrap();
        Answer::read(&raw)
    }
}
