//! One connection of HTTP or HTTPS: its limits, whose package it fetches, and how it is cut.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::Delivery;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::answer;
use crate::host::Core;
use crate::meter::Meter;
use crate::tokens::Visit;

/// How long a request's head may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may stay that never named a token in force. One that did may stay until that is revoked.
const STRANGER_TIMEOUT: Duration = Duration::from_secs(60);
/// The most that is buffered for a connection on each way, in bytes.
const BUFFER_BYTES: usize = 16 * 1024;
/// The most header lines of a request.
const HEADER_LINES: usize = 64;

/// A byte stream that can be cut so that the peer gets nothing more, also not what is still buffered.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn cut(self);
}

impl Wire for TcpStream {
    fn cut(self) {
        // Closing then sends a reset. Where it fails the peer gets what the system has buffered, and no more.
        let _ = self.set_zero_linger();
    }
}

/// What the requests of one connection share.
#[derive(Clone)]
pub(crate) struct Connection {
    core: Arc<Core>,
    protocol: Delivery,
    cut: CancellationToken,
    /// The token it fetches by. Requests come one after the other, so there is at most one at a time.
    current: Arc<Mutex<Option<Arc<Visit>>>>,
}

impl Connection {
    /// A connection that ends when `cut` is cancelled.
    pub(crate) fn new(core: Arc<Core>, protocol: Delivery, cut: CancellationToken) -> Self {
        Self { core, protocol, cut, current: Arc::default() }
    }

    pub(crate) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.core.meter)
    }

    pub(crate) fn protocol(&self) -> Delivery {
        self.protocol
    }

    /// The visit to the package behind `token`, which lasts until the connection ends or asks for another one;
    /// `None` when the token is not in force.
    pub(crate) fn visit(&self, token: &str) -> Option<Arc<Visit>> {
        let entry = self.core.tokens.find(token)?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(visit) = current.as_ref().filter(|visit| visit.is_to(&entry)) {
            return Some(Arc::clone(visit));
        }
        let visit = Arc::new(entry.enter(self.cut.clone())?);
        *current = Some(Arc::clone(&visit));
        Some(visit)
    }

    fn is_strange(&self) -> bool {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Answers requests on `wire` until the peer closes it, it is cut, or `stop` says that the answer under way is
    /// the last one.
    pub(crate) async fn converse<W: Wire>(self, wire: W, stop: CancellationToken) {
        let service = TowerToHyperService::new(answer::router(self.clone()));
        let mut conversation = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(BUFFER_BYTES)
            .max_headers(HEADER_LINES)
            .serve_connection(TokioIo::new(wire), service);
        let strange_until = tokio::time::sleep(STRANGER_TIMEOUT);
        tokio::pin!(strange_until);
        let mut timed = true;
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                () = self.cut.cancelled() => break,
                // An error is the peer's own: it vanished, or spoke something else than HTTP.
                _ = &mut conversation => return,
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut conversation).graceful_shutdown();
                }
                () = &mut strange_until, if timed => {
                    timed = false;
                    if self.is_strange() {
                        break;
                    }
                }
            }
        }
        conversation.into_parts().io.into_inner().cut();
    }
}
