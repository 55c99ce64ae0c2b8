//! `[hosting]`: where the packages are served from, and what the modules dial.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::address::{listen, port_range, public};
use crate::section::{Item, Section};
use crate::{ConfigError, PortRange, PublicAddress};

/// The package hosts. One that is not there is not started, and its way of delivery cannot work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosting {
    /// Over HTTP.
    pub http: Option<Http>,
    /// Over HTTPS.
    pub https: Option<Https>,
    /// Over FTP.
    pub ftp: Option<Ftp>,
}

/// The HTTP package host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What modules dial.
    pub public: PublicAddress,
}

/// The HTTPS package host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Https {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What modules dial.
    pub public: PublicAddress,
    /// The server's certificate; one is made at the start when not given.
    pub identity: Option<Identity>,
    /// PEM file with the root that modules are to check the certificate against.
    pub ca: Option<PathBuf>,
}

/// A server's certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// PEM file with the certificate chain.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// The FTP package host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ftp {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What modules dial.
    pub public: PublicAddress,
    /// Ports of passive data connections; any when not given.
    pub passive: Option<PortRange>,
}

impl Hosting {
    /// Every address that is listened on, with the name of its key.
    pub(crate) fn listeners(&self) -> Vec<(&'static str, SocketAddr)> {
        let http = self.http.as_ref().map(|http| ("http", http.listen));
        let https = self.https.as_ref().map(|https| ("https", https.listen));
        let ftp = self.ftp.as_ref().map(|ftp| ("ftp", ftp.listen));
        [http, https, ftp].into_iter().flatten().collect()
    }
}

const HTTP: &str = "write `http = { listen = \"0.0.0.0:8000\" }`";
const HTTPS: &str =
    "write `https = { listen = \"0.0.0.0:8443\", certificate = \"server.pem\", key = \"server.key\" }`";
const FTP: &str = "write `ftp = { listen = \"0.0.0.0:2121\", passive = \"50000-50100\" }`";

/// Reads `[hosting]`.
pub(crate) fn hosting(item: &Item<'_>) -> Result<Hosting, ConfigError> {
    let section = item.section(&["http", "https", "ftp"], HTTP)?;
    Ok(Hosting {
        http: section.maybe("http", http)?,
        https: section.maybe("https", https)?,
        ftp: section.maybe("ftp", ftp)?,
    })
}

fn http(item: &Item<'_>) -> Result<Http, ConfigError> {
    let table = item.section(&["listen", "public"], HTTP)?;
    Ok(Http {
        listen: table.need("listen", HTTP, listen)?,
        public: table.maybe("public", public)?.unwrap_or_default(),
    })
}

fn https(item: &Item<'_>) -> Result<Https, ConfigError> {
    let table = item.section(&["listen", "public", "certificate", "key", "ca"], HTTPS)?;
    let identity = identity(&table)?;
    let ca = table.maybe("ca", Item::path)?;
    if ca.is_some() && identity.is_none() {
        let message = "a `ca` in https, but no certificate that leads to it";
        return Err(table.fail_at("ca", message, HTTPS));
    }
    Ok(Https {
        listen: table.need("listen", HTTPS, listen)?,
        public: table.maybe("public", public)?.unwrap_or_default(),
        identity,
        ca,
    })
}

/// `certificate` and `key` come together or not at all.
fn identity(table: &Section<'_>) -> Result<Option<Identity>, ConfigError> {
    let (certificate, key) = (table.maybe("certificate", Item::path)?, table.maybe("key", Item::path)?);
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(Identity { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => {
            Err(table.fail_at("certificate", "a `certificate` without its `key` in https", HTTPS))
        }
        (None, Some(_)) => Err(table.fail_at("key", "a `key` without its `certificate` in https", HTTPS)),
    }
}

fn ftp(item: &Item<'_>) -> Result<Ftp, ConfigError> {
    let table = item.section(&["listen", "public", "passive"], FTP)?;
    Ok(Ftp {
        listen: table.need("listen", FTP, listen)?,
        public: table.maybe("public", public)?.unwrap_or_default(),
        passive: table.maybe("passive", port_range)?,
    })
}
