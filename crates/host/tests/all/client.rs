//! A host with packages, and a client that sees every byte of an answer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use events::Delivery;
use host::{Grant, Host, Passive, Served, Shelf, Tls, sha256_of};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// No wait of these tests is longer; one that is has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How far the progress may run ahead of a reader, as [`Served::bytes`] says.
pub(crate) const AHEAD_BYTES: u64 = 150_000;

/// A running host of every protocol, whose packages lie in a folder of its own.
pub(crate) struct Rack {
    pub(crate) host: Host,
    pub(crate) tls: Tls,
    folder: TempDir,
}

impl Rack {
    pub(crate) async fn start() -> Self {
        Self::with(Tls::made(&["localhost".to_owned()]).unwrap(), Passive::default()).await
    }

    pub(crate) async fn with(tls: Tls, passive: Passive) -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        let builder = Host::builder(Shelf::default()).http(any).https(any, tls.clone()).ftp(any, passive);
        Self { host: builder.start().await.unwrap(), tls, folder: tempfile::tempdir().unwrap() }
    }

    /// A package of `size` bytes that differ from those of other seeds, and its file.
    pub(crate) fn package(&self, size: usize, seed: u8) -> (Vec<u8>, String, PathBuf) {
        let bytes: Vec<u8> =
            (0..size).map(|place| u8::try_from(place * 31 % 251).unwrap().wrapping_add(seed)).collect();
        let path = self.folder.path().join(format!("{seed}.zip"));
        std::fs::write(&path, &bytes).unwrap();
        let sha256 = sha256_of(&bytes);
        self.host.shelf().add(&path, size as u64, &sha256).unwrap();
        (bytes, sha256, path)
    }

    /// A package and a grant for it.
    pub(crate) fn granted(&self, size: usize) -> (Vec<u8>, Grant) {
        let (bytes, sha256, _) = self.package(size, 7);
        (bytes, self.host.issue(&sha256).unwrap())
    }

    /// Where it listens for HTTP.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.at(Delivery::Http)
    }

    pub(crate) fn at(&self, protocol: Delivery) -> SocketAddr {
        self.host.addr(protocol).unwrap()
    }

    /// One request on a connection of its own, which is closed after the answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, more: &str) -> Answer {
        ask(self.addr(), method, path, more).await
    }
}

/// See [`Rack::ask`].
pub(crate) async fn ask(addr: SocketAddr, method: &str, path: &str, more: &str) -> Answer {
    let mut stream = open(addr, method, path, &format!("Connection: close\r\n{more}")).await;
    let mut raw = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut raw)).await.unwrap().unwrap();
    Answer::read(&raw)
}

/// A connection that has sent one request and read nothing.
pub(crate) async fn open(addr: SocketAddr, method: &str, path: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: rack\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Everything that still comes, and whether the end was a regular one.
pub(crate) async fn rest(mut stream: impl AsyncRead + Unpin) -> (usize, bool) {
    let (mut count, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap() {
            Ok(0) => return (count, true),
            Ok(more) => count += more,
            Err(_) => return (count, false),
        }
    }
}

/// A connection whose client holds little that it has not read.
pub(crate) async fn connect_narrow(addr: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(addr).await.unwrap()
}

/// What was handed out once nothing more is: every buffer is full, or all of it went.
pub(crate) async fn come_to_rest(grant: &Grant) -> u64 {
    let mut progress = grant.progress();
    while let Ok(changed) = tokio::time::timeout(PATIENCE / 20, progress.changed()).await {
        changed.unwrap();
    }
    grant.served().bytes
}

/// Waits until the grant's progress is as `wanted` says.
pub(crate) async fn until(grant: &Grant, wanted: impl FnMut(&Served) -> bool) -> Served {
    let mut progress = grant.progress();
    *tokio::time::timeout(PATIENCE, progress.wait_for(wanted)).await.unwrap().unwrap()
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(raw: &[u8]) -> Self {
        let end = raw.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        let text = std::str::from_utf8(&raw[..end]).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let head = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, head, body: raw[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn length(&self) -> u64 {
        self.header("content-length").expect("a content length").parse().unwrap()
    }

    /// The head without what changes from second to second, in the order of its names.
    pub(crate) fn lasting_head(&self) -> Vec<(String, String)> {
        let mut head: Vec<_> = self.head.iter().filter(|(name, _)| name != "date").cloned().collect();
        head.sort();
        head
    }
}
