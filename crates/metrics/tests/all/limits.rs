//! The deadlines of a connection, on a clock that jumps to the next of them; and TLS.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Access, MetricsError, Server, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::counting::metrics;

async fn served(access: Access) -> (Server, TcpStream) {
    let server = Server::start("127.0.0.1:0".parse().unwrap(), metrics(), access).await.unwrap();
    let stream = TcpStream::connect(server.addr()).await.unwrap();
    (server, stream)
}

/// Reads until the server closes, which it has to within an hour of the clock that jumps.
async fn read_to_end(stream: &mut TcpStream) -> usize {
    let mut bytes = Vec::new();
    // A connection that was cut may end in a reset.
    let _ = tokio::time::timeout(Duration::from_secs(3_600), stream.read_to_end(&mut bytes)).await.unwrap();
    bytes.len()
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_sent_away() {
    let (_server, mut silent) = served(Access::default()).await;
    assert_eq!(read_to_end(&mut silent).await, 0);
}

#[tokio::test(start_paused = true)]
async fn who_begins_a_request_and_does_not_end_it_is_sent_away() {
    let (_server, mut slow) = served(Access::default()).await;
    slow.write_all(b"GET /metrics HTT").await.unwrap();
    read_to_end(&mut slow).await;
}

#[tokio::test(start_paused = true)]
async fn who_was_answered_and_asks_no_more_is_sent_away() {
    let (_server, mut stream) = served(Access::default()).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut stream).await > 0);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_take_its_answer_is_sent_away() {
    let (_server, mut stream) = served(Access::default()).await;
    let ask = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(400);
    stream.write_all(&ask).await.unwrap();
    // Nothing is read: the answers fill the system's buffers, and the connection is cut. Writing tells.
    let mut written = Ok(());
    for _ in 0..100_000 {
        written = stream.write_all(b"\r\n").await;
        if written.is_err() {
            break;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert!(written.is_err(), "it is never cut");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_shake_hands_is_sent_away() {
    let (folder, tls, _) = certificate();
    let (_server, mut silent) = served(Access { tls: Some(tls), ..Access::default() }).await;
    assert_eq!(read_to_end(&mut silent).await, 0);
    drop(folder);
}

/// A certificate for `localhost` in a file with its key, read back, and the root that proves it.
fn certificate() -> (tempfile::TempDir, Tls, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.pem");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(made.cert.pem().as_bytes()).unwrap();
    file.write_all(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let tls = Tls::from_files(&path, &path).unwrap();
    (folder, tls, roots)
}

#[tokio::test]
async fn with_a_certificate_it_speaks_https() {
    let (_folder, tls, roots) = certificate();
    let (_server, stream) = served(Access { tls: Some(tls), ..Access::default() }).await;
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    // The server may end without closing TLS, which is told as an error after the whole answer.
    let _ = stream.read_to_string(&mut text).await;
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("fotarig_build_info"), "{text}");
}

#[test]
fn files_that_are_no_certificate_are_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (one, other) = (made(), made());
    let certificate = file("cert.pem", &one.cert.pem());
    let key = file("key.pem", &one.signing_key.serialize_pem());
    let foreign = file("foreign.pem", &other.signing_key.serialize_pem());
    let empty = file("empty.pem", "");
    let wrong = |certificate: &PathBuf, key: &PathBuf| Tls::from_files(certificate, key).unwrap_err();
    assert!(Tls::from_files(&certificate, &key).is_ok());
    assert!(matches!(wrong(&empty, &key), MetricsError::Certificate { path, .. } if path == empty));
    assert!(matches!(wrong(&certificate, &empty), MetricsError::Key { path, .. } if path == empty));
    assert!(matches!(wrong(&certificate, &foreign), MetricsError::KeyMismatch { .. }));
    let missing = folder.path().join("missing.pem");
    assert!(matches!(wrong(&missing, &key), MetricsError::TlsFile { path, .. } if path == missing));
}
