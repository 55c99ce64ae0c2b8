//! What a host is to serve its packages over.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::ftp::DataPorts;
use crate::host::Core;
use crate::server::Server;
use crate::speech::Speech;
use crate::{Host, HostError, Passive, Shelf, Tls};

/// A host that is not running yet. Each protocol that is named is served, on an address of its own (port 0: one that
/// is free, see [`Host::addr`]).
#[derive(Clone, Debug)]
#[must_use = "nothing is served before `start`"]
pub struct Builder {
    shelf: Shelf,
    http: Option<SocketAddr>,
    https: Option<(SocketAddr, Tls)>,
    ftp: Option<(SocketAddr, Passive)>,
}

impl Builder {
    pub(crate) fn new(shelf: Shelf) -> Self {
        Self { shelf, http: None, https: None, ftp: None }
    }

    /// Over HTTP, on `listen`.
    pub fn http(self, listen: SocketAddr) -> Self {
        Self { http: Some(listen), ..self }
    }

    /// Over HTTP within TLS, on `listen`.
    pub fn https(self, listen: SocketAddr, tls: Tls) -> Self {
        Self { https: Some((listen, tls)), ..self }
    }

    /// Over FTP, on `listen`. Each grant has a login of its own ([`crate::Grant::user`]).
    pub fn ftp(self, listen: SocketAddr, passive: Passive) -> Self {
        Self { ftp: Some((listen, passive)), ..self }
    }

    /// Listens on every address.
    ///
    /// # Errors
    /// [`HostError::PortTaken`] when another program listens there, [`HostError::Listen`] when the system refuses for
    /// another reason. Nothing is served then.
    pub async fn start(self) -> Result<Host, HostError> {
        let http = self.http.map(|listen| (listen, Speech::Http));
        let https = self.https.map(|(listen, tls)| (listen, Speech::Https(tls.acceptor())));
        let ftp = self.ftp.map(|(listen, passive)| (listen, Speech::Ftp(Arc::new(DataPorts::new(passive)))));
        let core = Arc::<Core>::default();
        let mut servers = Vec::new();
        for (listen, speech) in [http, https, ftp].into_iter().flatten() {
            let delivery = speech.delivery();
            servers.push((delivery, Server::start(listen, Arc::clone(&core), speech).await?));
        }
        Ok(Host::new(self.shelf, core, servers))
    }
}
