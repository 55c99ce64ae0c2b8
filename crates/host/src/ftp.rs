//! FTP (RFC 959, 2428 and 3659), as much of it as it takes to log in and fetch one package in passive mode.

mod command;
mod control;
mod files;
mod passive;
mod place;
mod session;

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;
use session::Session;

pub(crate) use passive::DataPorts;
pub use passive::Passive;

/// Obeys commands on `stream` until the peer leaves, it is cut, or `stop` says that the transfer under way is the
/// last one.
pub(crate) async fn converse(
    connection: Connection,
    stream: TcpStream,
    ports: &Arc<DataPorts>,
    stop: &CancellationToken,
) {
    let cut = connection.cut().clone();
    let Ok(mut session) = Session::new(connection, stream, Arc::clone(ports)) else { return };
    tokio::select! {
        biased;
        () = cut.cancelled() => session.cut(),
        // An error is the peer's own: it vanished.
        _ = session.run(stop) => {}
    }
}
