//! Who may scrape, and by what the controller counts as alive.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::{Tls, Token};

/// How the server is reached and what it answers for. By default: no token, no TLS, a bus that is alive, and a loop that
/// is given ten seconds between its vitals.
#[derive(Clone, Debug)]
pub struct Access {
    /// What a scraper has to show for `/metrics`; `/healthz` and `/readyz` tell nothing but alive or not, and need none.
    pub token: Option<Token>,
    /// The certificate, when it speaks HTTPS.
    pub tls: Option<Tls>,
    /// Whether the bus is being watched; whoever watches it keeps this up.
    pub bus_alive: Arc<AtomicBool>,
    /// After so long without vitals the controller's loop counts as stuck.
    pub stale_after: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            token: None,
            tls: None,
            bus_alive: Arc::new(AtomicBool::new(true)),
            stale_after: Duration::from_secs(10),
        }
    }
}
