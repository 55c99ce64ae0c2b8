//! One connection: its handshake, its requests, its limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn_with_state};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::wire::Wire;

/// How long the handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the next request's head may take to arrive; a scraper that comes more rarely connects anew.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// The most that is buffered of a request, in bytes.
const BUFFER_BYTES: usize = 16 * 1024;
/// The most header lines of a request.
const HEADER_LINES: usize = 64;

/// Answers requests on `stream` until the peer closes it, or does not keep to the limits.
pub(crate) async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    answering: Arc<AtomicBool>,
) {
    let router = router.layer(from_fn_with_state(Arc::clone(&answering), note));
    let wire = Wire::new(stream, answering);
    let Some(tls) = tls else { return answer(wire, router).await };
    // An error is the peer's own: it vanished, spoke no TLS, or wants none of the versions and ciphers there are.
    if let Ok(Ok(wire)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(wire)).await {
        answer(wire, router).await;
    }
}

/// Notes that an answer is under way.
async fn note(
    axum::extract::State(answering): axum::extract::State<Arc<AtomicBool>>,
    request: Request,
    next: Next,
) -> axum::response::Response {
    answering.store(true, Ordering::Relaxed);
    next.run(request).await
}

async fn answer<W: AsyncRead + AsyncWrite + Unpin + Send + 'static>(wire: W, router: Router) {
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .max_headers(HEADER_LINES)
        .serve_connection(TokioIo::new(wire), TowerToHyperService::new(router));
    // An error is the peer's own: it vanished, was too slow, or spoke something else than HTTP.
    let _ = conversation.await;
}
