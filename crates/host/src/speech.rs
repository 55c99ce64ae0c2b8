//! What a server speaks on the connections it accepts.

use std::sync::Arc;

use events::Delivery;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;
use crate::ftp::DataPorts;
use crate::{ftp, http, https};

/// A protocol, with what it needs beyond the connection.
#[derive(Clone)]
pub(crate) enum Speech {
    Http,
    Https(TlsAcceptor),
    Ftp(Arc<DataPorts>),
}

impl Speech {
    /// The way of delivery that it is.
    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::Http => Delivery::Http,
            Self::Https(_) => Delivery::Https,
            Self::Ftp(_) => Delivery::Ftp,
        }
    }

    /// Speaks it on `stream` until the peer is done, the connection is cut, or `stop` says that the transfer under
    /// way is the last one.
    pub(crate) async fn converse(&self, connection: Connection, stream: TcpStream, stop: CancellationToken) {
        match self {
            Self::Http => http::converse(connection, stream, stop).await,
            Self::Https(acceptor) => https::converse(connection, stream, acceptor, stop).await,
            Self::Ftp(ports) => ftp::converse(connection, stream, ports, &stop).await,
        }
    }
}
