//! The host: a shelf of packages, the tokens in force, and the servers over both.

use std::net::SocketAddr;
use std::sync::Arc;

use events::Delivery;
use futures_util::future::join_all;

use crate::builder::Builder;
use crate::meter::Meter;
use crate::server::Server;
use crate::tokens::{Parcel, Tokens};
use crate::{Grant, HostError, Shelf, Token};

/// What every protocol's server shares.
#[derive(Debug, Default)]
pub(crate) struct Core {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) meter: Arc<Meter>,
}

/// The running package host. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Host {
    shelf: Shelf,
    core: Arc<Core>,
    servers: Vec<(Delivery, Server)>,
}

impl Host {
    /// A host of the packages of `shelf`, to be told what to serve them over.
    pub fn builder(shelf: Shelf) -> Builder {
        Builder::new(shelf)
    }

    /// Serves the packages of `shelf` over HTTP on `listen` (port 0: one that is free, see [`Self::addr`]).
    ///
    /// # Errors
    /// [`HostError::PortTaken`] when another program listens there, [`HostError::Listen`] when the system refuses for
    /// another reason.
    pub async fn start(listen: SocketAddr, shelf: Shelf) -> Result<Self, HostError> {
        Self::builder(shelf).http(listen).start().await
    }

    pub(crate) fn new(shelf: Shelf, core: Arc<Core>, servers: Vec<(Delivery, Server)>) -> Self {
        Self { shelf, core, servers }
    }

    /// Where it listens for `protocol`; `None` when it does not serve it.
    pub fn addr(&self, protocol: Delivery) -> Option<SocketAddr> {
        let (_, server) = self.servers.iter().find(|(served, _)| *served == protocol)?;
        Some(server.local_addr())
    }

    /// The packages. More can be added while it runs.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// A token for one attempt to fetch the package with the digest `sha256` (hexadecimal). It is in force until the
    /// grant is dropped or revoked.
    ///
    /// # Errors
    /// [`HostError::NotOnShelf`] when no such package was added, [`HostError::NoRandomness`] when the system gives
    /// no random bytes.
    pub fn issue(&self, sha256: &str) -> Result<Grant, HostError> {
        let sha256 = sha256.to_ascii_lowercase();
        let Some(bytes) = self.shelf.bytes(&sha256) else { return Err(HostError::NotOnShelf { sha256 }) };
        let issued = self.core.tokens.issue(Parcel { sha256, bytes })?;
        Ok(Grant::new(issued, Arc::clone(&self.core.tokens)))
    }

    /// Takes `token` out of force: later requests are answered as if it had never been, and transfers under way are
    /// cut at once, with what the system has buffered for them. Nothing happens when it is not in force.
    pub fn revoke(&self, token: &Token) {
        self.core.tokens.revoke(token);
    }

    /// Bytes handed out over `protocol` since the start; 0 for deliveries that the host has no part in.
    pub fn hosted_bytes(&self, protocol: Delivery) -> u64 {
        self.core.meter.bytes(protocol)
    }

    /// Takes no further connection, lets transfers under way go on for at most 5 s, and cuts the rest.
    pub async fn stop(&self) {
        join_all(self.servers.iter().map(|(_, server)| server.stop())).await;
    }
}
