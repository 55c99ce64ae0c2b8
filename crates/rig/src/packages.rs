//! The controller's host over the package host.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use control::{Grant, Host};
use events::{Delivery, Served};
use families::{Link, Login};
use tokio::sync::watch;

/// What modules dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicAddress {
    /// This machine's address towards the default route, asked anew for each attempt, and the port listened on.
    Auto,
    /// This one.
    Fixed {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

/// The verified packages, and the server that hands them out where there is one.
pub struct Packages {
    shelf: host::Shelf,
    server: Option<host::Host>,
    public: BTreeMap<Delivery, PublicAddress>,
    root: Option<Bytes>,
    handed_out: Mutex<HandedOut>,
}

/// Bytes of packages that were handed out, by protocol.
#[derive(Default)]
struct HandedOut {
    /// By tokens that are over.
    over: BTreeMap<Delivery, u64>,
    /// By those that are in use.
    under_way: Vec<(Delivery, watch::Receiver<Served>)>,
}

impl HandedOut {
    fn now(&mut self) -> BTreeMap<Delivery, u64> {
        let over = &mut self.over;
        self.under_way.retain(|(delivery, served)| {
            let ended = served.has_changed().is_err();
            if ended {
                *over.entry(*delivery).or_default() += served.borrow().bytes;
            }
            !ended
        });
        let mut all = self.over.clone();
        for (delivery, served) in &self.under_way {
            *all.entry(*delivery).or_default() += served.borrow().bytes;
        }
        all
    }
}

impl Packages {
    pub(crate) fn new(
        shelf: host::Shelf,
        server: Option<host::Host>,
        public: BTreeMap<Delivery, PublicAddress>,
        root: Option<Bytes>,
    ) -> Self {
        Self { shelf, server, public, root, handed_out: Mutex::default() }
    }

    /// The server.
    pub fn server(&self) -> Option<&host::Host> {
        self.server.as_ref()
    }
}

impl Host for Packages {
    fn file(&self, sha256: &str) -> Option<Bytes> {
        self.shelf.bytes(sha256)
    }

    fn serves(&self, delivery: Delivery) -> bool {
        self.public.contains_key(&delivery)
    }

    fn root(&self) -> Option<Bytes> {
        self.root.clone()
    }

    fn handed_out(&self) -> BTreeMap<Delivery, u64> {
        self.handed_out.lock().unwrap_or_else(PoisonError::into_inner).now()
    }

    fn grant(&self, sha256: &str, delivery: Delivery) -> Result<Grant, String> {
        let not_served = || format!("packages are not served by {delivery}");
        let server = self.server.as_ref().ok_or_else(not_served)?;
        let public = self.public.get(&delivery).ok_or_else(not_served)?;
        let listen = server.addr(delivery).ok_or_else(not_served)?;
        let granted = server.issue(sha256).map_err(|error| error.to_string())?;
        let (host, port) = dialled(public, listen)
            .map_err(|error| format!("this machine has no address towards the network: {error}"))?;
        let login = || Login { user: granted.user().to_owned(), password: granted.password().to_owned() };
        let login = (delivery == Delivery::Ftp).then(login);
        let link = Link { host, port, path: granted.path(), login };
        let under_way = (delivery, granted.progress());
        self.handed_out.lock().unwrap_or_else(PoisonError::into_inner).under_way.push(under_way);
        Ok(Grant { link, served: granted.progress(), keep: Box::new(granted) })
    }
}

/// Host and port that modules dial, when the server listens on `listen`.
///
/// # Errors
/// When the address is to be found out and this machine has none.
pub fn dialled(public: &PublicAddress, listen: SocketAddr) -> io::Result<(String, u16)> {
    match public {
        PublicAddress::Fixed { host, port } => Ok((host.clone(), *port)),
        PublicAddress::Auto if !listen.ip().is_unspecified() => Ok((literal(listen.ip()), listen.port())),
        PublicAddress::Auto => Ok((literal(towards_default_route(listen)?), listen.port())),
    }
}

/// The address of this machine from which a packet to the outside would leave. Nothing is sent: connecting a UDP socket
/// only asks the routing table, here for an address that is reserved for documentation.
fn towards_default_route(listen: SocketAddr) -> io::Result<IpAddr> {
    let (any, outside) =
        if listen.is_ipv4() { ("0.0.0.0:0", "192.0.2.1:9") } else { ("[::]:0", "[2001:db8::1]:9") };
    let socket = UdpSocket::bind(any)?;
    socket.connect(outside)?;
    Ok(socket.local_addr()?.ip())
}

fn literal(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicAddress, dialled};

    #[test]
    fn a_fixed_address_is_taken_as_it_is() {
        let public = PublicAddress::Fixed { host: "203.0.113.5".into(), port: 80 };
        let listen = "0.0.0.0:8000".parse().unwrap();
        assert_eq!(dialled(&public, listen).unwrap(), ("203.0.113.5".to_owned(), 80));
    }

    #[test]
    fn an_ipv6_address_is_bracketed() {
        let listen = "[::1]:8000".parse().unwrap();
        assert_eq!(dialled(&PublicAddress::Auto, listen).unwrap(), ("[::1]".to_owned(), 8000));
    }
}
