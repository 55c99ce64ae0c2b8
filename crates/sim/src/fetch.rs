//! What a module fetches over its network: real HTTP, HTTPS and FTP, at the pace of a Cat-M modem.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::ftp;
use crate::io::FetchEvent;
use crate::tls;

/// Bytes a second of module time.
const RATE: f64 = 30_000.0;
/// More than this is not kept; the module then knows that the file is too large.
pub(crate) const LARGEST: usize = 16 * 1024 * 1024;

/// A running fetch; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Fetch {
    events: mpsc::Receiver<FetchEvent>,
    task: JoinHandle<()>,
}

impl Fetch {
    /// Starts to fetch `url`, over TLS with a server that `root` vouches for, where there is one; module time
    /// runs `factor` times as fast as real time.
    pub(crate) fn start(url: String, root: Option<Vec<u8>>, factor: f64) -> Self {
        let (sender, events) = mpsc::channel(16);
        let intake =
            Intake { sender, rate: RATE * factor, began: Instant::now(), content: Vec::new(), total: None };
        Self { events, task: tokio::spawn(run(url, root, intake)) }
    }

    /// The next news; `None` when there will be none.
    pub(crate) async fn next(&mut self) -> Option<FetchEvent> {
        self.events.recv().await
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why a fetch brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The server answered with another status than success.
    #[error("status {0}")]
    Status(u16),
    /// Connection, protocol or address failed.
    #[error("{0}")]
    Network(String),
}

impl FetchError {
    pub(crate) fn network(error: impl std::fmt::Display) -> Self {
        Self::Network(error.to_string())
    }
}

/// Takes bytes at the module's pace, and tells of them.
#[derive(Debug)]
pub(crate) struct Intake {
    sender: mpsc::Sender<FetchEvent>,
    rate: f64,
    began: Instant,
    content: Vec<u8>,
    total: Option<u64>,
}

impl Intake {
    pub(crate) fn expect(&mut self, total: Option<u64>) {
        self.total = total;
        self.began = Instant::now();
    }

    pub(crate) async fn take(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        if self.content.len() + bytes.len() > LARGEST {
            return Err(FetchError::network("the file is too large"));
        }
        self.content.extend_from_slice(bytes);
        let count = u32::try_from(self.content.len()).unwrap_or(u32::MAX);
        sleep_until(self.began + Duration::from_secs_f64(f64::from(count) / self.rate)).await;
        let progress = FetchEvent::Progress { bytes: u64::from(count), total: self.total };
        // News of progress may be lost when the module has not taken the last ones yet.
        let _ = self.sender.try_send(progress);
        Ok(())
    }
}

async fn run(url: String, root: Option<Vec<u8>>, mut intake: Intake) {
    let result = match url.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => http(&url, &mut intake).await,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
            https(&url, root.as_deref(), &mut intake).await
        }
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ftp") => ftp::fetch(rest, &mut intake).await,
        Some((scheme, _)) => Err(FetchError::Network(format!("no way to fetch over {scheme}"))),
        None => Err(FetchError::network("the address has no scheme")),
    };
    let event = match result {
        Ok(()) => FetchEvent::Done(std::mem::take(&mut intake.content)),
        Err(FetchError::Status(status)) => FetchEvent::Status(status),
        Err(FetchError::Network(why)) => FetchEvent::Network(why),
    };
    // The module may have lost interest.
    let _ = intake.sender.send(event).await;
}

async fn http(url: &str, intake: &mut Intake) -> Result<(), FetchError> {
    let place = Place::parse(url, 80)?;
    let stream = place.connect().await?;
    get(stream, &place, intake).await
}

async fn https(url: &str, root: Option<&[u8]>, intake: &mut Intake) -> Result<(), FetchError> {
    let place = Place::parse(url, 443)?;
    let stream = tls::connect(place.connect().await?, place.server(), root).await?;
    get(stream, &place, intake).await
}

/// What an address of HTTP names.
struct Place {
    host: String,
    port: u16,
    path: String,
}

impl Place {
    fn parse(url: &str, usual_port: u16) -> Result<Self, FetchError> {
        let uri: Uri = url.parse().map_err(FetchError::network)?;
        let host = uri.host().ok_or_else(|| FetchError::network("the address has no host"))?.to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { host, port: uri.port_u16().unwrap_or(usual_port), path })
    }

    /// The host without the brackets of an IPv6 address.
    fn server(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    async fn connect(&self) -> Result<TcpStream, FetchError> {
        TcpStream::connect((self.server(), self.port)).await.map_err(FetchError::network)
    }
}

/// Gets the file at `place` from its server, at the other end of `stream`.
async fn get<S>(stream: S, place: &Place, intake: &mut Intake) -> Result<(), FetchError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut requests, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(FetchError::network)?;
    // It ends when the request's and the body's ends are dropped.
    tokio::spawn(connection);
    let request = Request::get(place.path.as_str())
        .header(HOST, format!("{}:{}", place.host, place.port))
        .header(USER_AGENT, "fotarig-sim")
        .body(Empty::<Bytes>::new())
        .map_err(FetchError::network)?;
    let response = requests.send_request(request).await.map_err(FetchError::network)?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    intake.expect(length);
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Some(bytes) = frame.map_err(FetchError::network)?.data_ref() {
            intake.take(bytes).await?;
        }
    }
    Ok(())
}
