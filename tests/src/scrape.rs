//! What Prometheus does, by hand: asks the server of the metrics over HTTP or HTTPS, and reads the answer.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::process::PATIENCE;

/// How long it waits before it asks again.
const AGAIN: Duration = Duration::from_millis(50);

/// Who scrapes, where and how.
#[derive(Clone, Debug)]
pub struct Scraper {
    /// Where the server listens.
    pub addr: SocketAddr,
    /// What is shown as bearer token.
    pub token: Option<String>,
    /// The certificate of the server, which is its own root; plain HTTP without it.
    pub root: Option<CertificateDer<'static>>,
}

impl Scraper {
    /// On an address of this machine that is free now, without token and TLS.
    pub fn somewhere() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let addr = free.unwrap_or_else(|error| panic!("no free port: {error}"));
        Self { addr, token: None, root: None }
    }

    /// The status and the body of the answer to `GET path`; the error of a server that is not there or speaks otherwise.
    pub fn get(&self, path: &str) -> io::Result<(u16, String)> {
        let stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        match &self.root {
            None => self.ask(stream, path),
            Some(root) => self.ask(StreamOwned::new(client(root)?, stream), path),
        }
    }

    /// The same, as soon as somebody listens.
    pub fn answer(&self, path: &str) -> (u16, String) {
        self.until(path, |_, _| true)
    }

    /// Asks until status and body are as wanted.
    pub fn until(&self, path: &str, wanted: impl Fn(u16, &str) -> bool) -> (u16, String) {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path);
            if let Ok((status, body)) = &answer
                && wanted(*status, body)
            {
                return (*status, body.clone());
            }
            assert!(Instant::now() < end, "{path} of {} never answered as wanted: {answer:?}", self.addr);
            std::thread::park_timeout(AGAIN);
        }
    }

    fn ask(&self, mut stream: impl Read + Write, path: &str) -> io::Result<(u16, String)> {
        let shown = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let shown = shown.unwrap_or_default();
        // Of this version, which knows no chunks: the body ends with the connection.
        write!(stream, "GET {path} HTTP/1.0\r\n{shown}\r\n")?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // Over TLS a connection that just ends is told as an error; how long the body is, says its head.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => {}
            Err(error) => return Err(error),
        }
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let no_http = || io::Error::other(format!("no HTTP: {head}"));
        Ok((status.ok_or_else(no_http)?, body.to_owned()))
    }
}

fn client(root: &CertificateDer<'static>) -> io::Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)
}

/// The series of a scrape, as they are written, with their values.
pub fn series(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let read = |line: &str| {
        let (series, value) = line.rsplit_once(' ')?;
        Some((series.to_owned(), value.parse().ok()?))
    };
    lines.map(|line| read(line).unwrap_or_else(|| panic!("no series: {line}"))).collect()
}
