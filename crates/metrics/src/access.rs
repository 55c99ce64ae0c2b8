//! Who may scrape, and by what the controller counts as alive.

use std::time::Duration;

use crate::{Tls, Token};

/// How the server is reached and what it answers for. By default: no token, no TLS, and a loop that is given ten seconds
/// between its vitals.
#[derive(Clone, Debug)]
pub struct Access {
    /// What a scraper has to show for `/metrics`; `/healthz` and `/readyz` tell nothing but alive or not, and need none.
    pub token: Option<Token>,
    /// The certificate, when it speaks HTTPS.
    pub tls: Option<Tls>,
    /// After so long without vitals the controller's loop counts as stuck.
    pub stale_after: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self { token: None, tls: None, stale_after: Duration::from_secs(10) }
    }
}
