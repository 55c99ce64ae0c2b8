//! One connection: whose package it fetches, and how it is cut.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::Delivery;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::host::Core;
use crate::tokens::{Entry, Visit};
use crate::transfer::Transfer;

/// How long a connection may stay that never named a token in force. One that did may stay until that is revoked.
pub(crate) const STRANGER_TIMEOUT: Duration = Duration::from_secs(60);

/// A byte stream that can be cut so that the peer gets nothing more, also not what is still buffered.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn cut(self);
}

impl Wire for TcpStream {
    fn cut(self) {
        // Closing then sends a reset. Where it fails the peer gets what the system has buffered, and no more.
        let _ = self.set_zero_linger();
    }
}

/// What the requests of one connection share.
#[derive(Clone)]
pub(crate) struct Connection {
    core: Arc<Core>,
    protocol: Delivery,
    cut: CancellationToken,
    /// The token it fetches by. Requests come one after the other, so there is at most one at a time.
    current: Arc<Mutex<Option<Arc<Visit>>>>,
}

impl Connection {
    /// A connection that ends when `cut` is cancelled.
    pub(crate) fn new(core: Arc<Core>, protocol: Delivery, cut: CancellationToken) -> Self {
        Self { core, protocol, cut, current: Arc::default() }
    }

    /// Cancelled when the connection has to be cut.
    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    /// The visit to the package behind `token`, which lasts until the connection ends or asks for another one;
    /// `None` when the token is not in force.
    pub(crate) fn visit(&self, token: &str) -> Option<Arc<Visit>> {
        self.enter(&self.core.tokens.find(token)?)
    }

    /// The same for the token whose login this is.
    pub(crate) fn log_in(&self, user: &str, password: &str) -> Option<Arc<Visit>> {
        self.enter(&self.core.tokens.find_login(user, password)?)
    }

    /// The visit under way.
    pub(crate) fn visiting(&self) -> Option<Arc<Visit>> {
        self.current().clone()
    }

    /// Ends the visit under way.
    pub(crate) fn log_out(&self) {
        *self.current() = None;
    }

    fn enter(&self, entry: &Arc<Entry>) -> Option<Arc<Visit>> {
        let mut current = self.current();
        if let Some(visit) = current.as_ref().filter(|visit| visit.is_to(entry)) {
            return Some(Arc::clone(visit));
        }
        let visit = Arc::new(entry.enter(self.cut.clone())?);
        *current = Some(Arc::clone(&visit));
        Some(visit)
    }

    /// The bytes of `part` on their way to the visitor, counted.
    pub(crate) fn transfer(&self, visit: Arc<Visit>, part: Range<u64>) -> Transfer {
        Transfer::new(visit, Arc::clone(&self.core.meter), self.protocol, part)
    }

    /// Whether it has not named a token in force yet.
    pub(crate) fn is_strange(&self) -> bool {
        self.current().is_none()
    }

    fn current(&self) -> MutexGuard<'_, Option<Arc<Visit>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
