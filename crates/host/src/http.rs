//! HTTP on one connection, be it encrypted or not: its limits, and its end.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;

use crate::answer;
use crate::connection::{Connection, STRANGER_TIMEOUT, Wire};

/// How long a request's head may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The most that is buffered for a connection on each way, in bytes.
const BUFFER_BYTES: usize = 16 * 1024;
/// The most header lines of a request.
const HEADER_LINES: usize = 64;

/// Answers requests on `wire` until the peer closes it, it is cut, or `stop` says that the answer under way is the
/// last one.
pub(crate) async fn converse<W: Wire>(connection: Connection, wire: W, stop: CancellationToken) {
    let service = TowerToHyperService::new(answer::router(connection.clone()));
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
            () = connection.cut().cancelled() => break,
            // An error is the peer's own: it vanished, or spoke something else than HTTP.
            _ = &mut conversation => return,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut conversation).graceful_shutdown();
            }
            () = &mut strange_until, if timed => {
                timed = false;
                if connection.is_strange() {
                    break;
                }
            }
        }
    }
    conversation.into_parts().io.into_inner().cut();
}
