//! Network addresses: where the rig listens, and what modules dial.

use std::fmt;
use std::net::SocketAddr;

use crate::ConfigError;
use crate::section::Item;

/// What modules dial to reach a package host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PublicAddress {
    /// This machine's address towards the default route, asked anew per attempt, with the port that is listened on.
    #[default]
    Auto,
    /// A fixed address, where it differs from the machine's own: behind NAT, or by name.
    Fixed {
        /// Host name or address; an IPv6 address in brackets.
        host: String,
        /// Port.
        port: u16,
    },
}

/// The ports that FTP data connections may use, both ends included. Displayed as `50000-50100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// `0.0.0.0:8000` or `[::]:8000`; port 0 lets the system choose.
pub(crate) fn listen(item: &Item<'_>) -> Result<SocketAddr, ConfigError> {
    let help = "write a numeric address and a port, such as \"0.0.0.0:8000\" for every interface";
    item.text_as("an address to listen on", help, |text| text.parse().ok())
}

/// `auto`, or a host and a port.
pub(crate) fn public(item: &Item<'_>) -> Result<PublicAddress, ConfigError> {
    let help = "write \"auto\", or what modules dial, such as \"203.0.113.5:8000\"";
    item.text_as("`auto` or host:port", help, |text| {
        if text == "auto" {
            return Some(PublicAddress::Auto);
        }
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        Some(PublicAddress::Fixed { host: host.to_owned(), port }).filter(|_| host != "auto" && is_host(host))
    })
}

/// `50000-50100`.
pub(crate) fn port_range(item: &Item<'_>) -> Result<PortRange, ConfigError> {
    item.text_as("a range of ports", "write it as \"50000-50100\"", |text| {
        let (first, last) = text.split_once('-')?;
        let range = PortRange { first: first.parse().ok()?, last: last.parse().ok()? };
        Some(range).filter(|range| 0 < range.first && range.first <= range.last)
    })
}

/// A host name, an IPv4 address, or an IPv6 address in brackets.
pub(crate) fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether two listeners would get into each other's way.
pub(crate) fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let same_host = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && same_host
}
