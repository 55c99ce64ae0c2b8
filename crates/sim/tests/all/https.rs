//! Modules on pseudo-terminals that fetch over HTTPS, and what they check.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use events::Family::{Bg96, Sim7000, Sim7080};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sim::{ModuleSpec, Rack};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, Stream, SupportedProtocolVersion};

use crate::bench::{package, spec};
use crate::ports::{ask, open, read_until};

/// A certificate with its key, and the root that vouches for it.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
    root: String,
}

/// A certificate for `name` under a root of its own.
fn signed(name: &str) -> Identity {
    let mut root = CertificateParams::new([]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    Identity { certificate, key, root: root.pem() }
}

/// A certificate for `name` that signs itself, as `openssl req -x509` makes them.
fn self_signed(name: &str) -> Identity {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let root = certificate.pem();
    Identity { certificate, key, root }
}

/// Serves `file` over TLS of one version; the thread ends with the process.
fn serve(identity: &Identity, version: &'static SupportedProtocolVersion, file: Vec<u8>) -> u16 {
    let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = Stream::new(&mut connection, &mut stream);
            let mut request = [0; 4096];
            // A module that does not believe the certificate sends none.
            let Ok(count) = tls.read(&mut request) else { continue };
            assert!(request[..count].starts_with(b"GET /update.zip HTTP/1.1\r\n"));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", file.len());
            tls.write_all(head.as_bytes()).unwrap();
            tls.write_all(&file).unwrap();
        }
    });
    port
}

/// What a BG96 says of a download from `server`, after `root` was uploaded under a name.
async fn https_end(server: u16, root: Option<(&'static str, String)>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let rack = Rack::start(dir.path(), vec![("a".to_owned(), spec(Bg96, 0))], 100.0).unwrap();
    let (_, link) = rack.ports()[0].clone();
    let said = tokio::task::spawn_blocking(move || {
        let mut port = open(&link);
        if let Some((name, root)) = root {
            let command = format!("AT+QFUPL=\"{name}\",{},500,1\r", root.len());
            port.write_all(command.as_bytes()).unwrap();
            assert!(read_until(&mut port, &mut String::new(), "CONNECT\r\n"));
            port.write_all(root.as_bytes()).unwrap();
            let mut said = String::new();
            assert!(read_until(&mut port, &mut said, "OK\r\n"));
            assert_eq!(said.matches('A').count(), root.len() / 1024, "{said}");
        }
        let mut said = ask(&mut port, &format!("AT+QFOTADL=\"https://127.0.0.1:{server}/update.zip\""));
        assert!(read_until(&mut port, &mut said, "\"HTTPEND\","), "{said}");
        assert!(read_until(&mut port, &mut said[said.find("\"HTTPEND\",").unwrap()..].to_owned(), "\r\n"));
        said
    })
    .await
    .unwrap();
    rack.stop().await;
    said.split_once("\"HTTPEND\",").unwrap().1.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bg96_without_a_root_believes_everyone() {
    for version in [&TLS12, &TLS13] {
        let server = serve(&signed("another.example"), version, package(Bg96, 120_000));
        assert_eq!(https_end(server, None).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bg96_with_a_root_believes_whom_the_root_vouches_for() {
    let identity = signed("127.0.0.1");
    let itself = self_signed("127.0.0.1");
    for version in [&TLS12, &TLS13] {
        let server = serve(&identity, version, package(Bg96, 120_000));
        for name in ["EUFS:/datatx/fota_cacert.pem", "/datatx/fota_cacert.pem", "fota_cacert.pem"] {
            assert_eq!(https_end(server, Some((name, identity.root.clone()))).await, "0", "{name}");
        }
        let server = serve(&itself, version, package(Bg96, 120_000));
        assert_eq!(https_end(server, Some(("UFS:fota_cacert.pem", itself.root.clone()))).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bg96_with_a_root_refuses_everyone_else() {
    let root = "EUFS:/datatx/fota_cacert.pem";
    let (ours, elsewhere) = (signed("127.0.0.1"), signed("127.0.0.2"));
    for version in [&TLS12, &TLS13] {
        let server = serve(&ours, version, package(Bg96, 120_000));
        assert_eq!(https_end(server, Some((root, elsewhere.root.clone()))).await, "702", "another root");
        assert_eq!(https_end(server, Some((root, "no certificate".to_owned()))).await, "702", "no root");
        assert_eq!(
            https_end(server, Some(("UFS:ca.pem", elsewhere.root.clone()))).await,
            "0",
            "another file"
        );
        let server = serve(&elsewhere, version, package(Bg96, 120_000));
        assert_eq!(https_end(server, Some((root, elsewhere.root.clone()))).await, "702", "another address");
        let itself = self_signed("127.0.0.2");
        let server = serve(&itself, version, package(Bg96, 120_000));
        assert_eq!(
            https_end(server, Some((root, itself.root))).await,
            "702",
            "its own root, another address"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_a_failure_of_the_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The module may have hung up.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    assert_eq!(https_end(server, None).await, "702");
}

/// Fetches over HTTPS with `HTTPTOFS`.
async fn https_to_fs(spec: ModuleSpec, activate: &'static str) {
    let size = 90_000;
    let server = serve(&self_signed("another.example"), &TLS13, package(spec.family, size));
    let dir = tempfile::tempdir().unwrap();
    let rack = Rack::start(dir.path(), vec![("a".to_owned(), spec)], 100.0).unwrap();
    let (_, link) = rack.ports()[0].clone();
    tokio::task::spawn_blocking(move || {
        let mut port = open(&link);
        ask(&mut port, activate);
        let command = format!("AT+HTTPTOFS=\"https://127.0.0.1:{server}/update.zip\",\"/fota/update.zip\"");
        let mut said = ask(&mut port, &command);
        assert!(read_until(&mut port, &mut said, &format!("+HTTPTOFS: 200,{size}\r\n")), "{said}");
    })
    .await
    .unwrap();
    rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sim7000_and_a_sim7080_check_nothing() {
    https_to_fs(spec(Sim7000, 0), "AT+CNACT=1").await;
    https_to_fs(spec(Sim7080, 0), "AT+CNACT=0,1").await;
}
