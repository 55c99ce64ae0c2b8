//! HTTPS: the handshake before HTTP, and how an encrypted connection is cut.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::connection::{Connection, Wire};
use crate::http;

/// How long the handshake may take: some modules compute for many seconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);

impl Wire for TlsStream<TcpStream> {
    fn cut(self) {
        self.into_inner().0.cut();
    }
}

/// Shakes hands on `stream` and answers requests, as [`http::converse`] does.
pub(crate) async fn converse(
    connection: Connection,
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    stop: CancellationToken,
) {
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream));
    let shaken = tokio::select! {
        biased;
        () = connection.cut().cancelled() => return,
        () = stop.cancelled() => return,
        shaken = handshake => shaken,
    };
    // An error is the peer's own: it vanished, spoke no TLS, or wants none of the versions and ciphers there are.
    let Ok(Ok(stream)) = shaken else { return };
    http::converse(connection, stream, stop).await;
}
