//! Passive mode: the ports on which a client fetches what it asked for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::server::SEND_BUFFER_BYTES;

/// How long the name of the public host may take to be looked up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// The most connections that wait to be accepted. One is wanted; others knock by mistake or by malice.
const BACKLOG: u32 = 8;

/// How FTP's data connections are offered. Active mode is not: modules are behind NAT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passive {
    /// The ports they may use, both ends included; any when not given. Each session uses one at a time.
    pub ports: Option<RangeInclusive<u16>>,
    /// What modules dial, where it differs from the address that their control connection arrived at: an IPv4 address
    /// or a name, looked up for each `PASV`.
    pub host: Option<String>,
}

/// The ports of one server.
#[derive(Debug)]
pub(crate) struct DataPorts {
    passive: Passive,
    turn: AtomicU32,
}

impl DataPorts {
    pub(crate) fn new(passive: Passive) -> Self {
        Self { passive, turn: AtomicU32::new(0) }
    }

    /// Listens on `ip` and the next port that is free.
    pub(super) fn listen(&self, ip: IpAddr) -> io::Result<TcpListener> {
        let Some(ports) = &self.passive.ports else { return listen(SocketAddr::new(ip, 0)) };
        // Taken in turn, so that a client that comes late does not meet another's port.
        let first = self.turn.fetch_add(1, Ordering::Relaxed) as usize % ports.len().max(1);
        for port in ports.clone().cycle().skip(first).take(ports.len()) {
            match listen(SocketAddr::new(ip, port)) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                listener => return listener,
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// The address to announce to a client whose control connection arrived at `local`; `None` when there is none of
    /// IPv4, which is all that `PASV` can express.
    pub(super) async fn announced(&self, local: IpAddr) -> Option<Ipv4Addr> {
        let Some(host) = &self.passive.host else { return v4(local) };
        let lookup = tokio::net::lookup_host((host.as_str(), 0));
        let mut found = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await.ok()?.ok()?;
        found.find_map(|found| v4(found.ip()))
    }
}

fn v4(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    }
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// The connection of `peer`. Those of others are closed: what is fetched is not for them, and they may not hold it up.
pub(super) async fn accept(listener: &TcpListener, peer: IpAddr) -> io::Result<TcpStream> {
    loop {
        let (stream, from) = listener.accept().await?;
        if from.ip().to_canonical() == peer {
            return Ok(stream);
        }
    }
}
