//! `[metrics]`: where the metrics are served, to whom, and whether over TLS.

use std::net::SocketAddr;

use crate::address::listen;
use crate::credential::credential;
use crate::section::Item;
use crate::{ConfigError, Credential, Identity};

/// The server that Prometheus scrapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What a scraper has to show; nothing when not given.
    pub token: Option<Credential>,
    /// Its certificate; without one it speaks plain HTTP.
    pub tls: Option<Identity>,
}

const METRICS: &str = "write `[metrics]`, and below it `listen = \"127.0.0.1:9477\"`";
const TLS: &str = "write `tls = { certificate = \"metrics.pem\", key = \"metrics.key\" }`";

/// Reads `[metrics]`.
pub(crate) fn metrics(item: &Item<'_>) -> Result<Metrics, ConfigError> {
    let section = item.section(&["listen", "token", "tls"], METRICS)?;
    Ok(Metrics {
        listen: section.need("listen", METRICS, listen)?,
        token: section.maybe("token", credential)?,
        tls: section.maybe("tls", tls)?,
    })
}

fn tls(item: &Item<'_>) -> Result<Identity, ConfigError> {
    let table = item.section(&["certificate", "key"], TLS)?;
    Ok(Identity {
        certificate: table.need("certificate", TLS, Item::path)?,
        key: table.need("key", TLS, Item::path)?,
    })
}
