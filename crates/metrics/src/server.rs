//! The server that is scraped.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::{self, LOOK, Source};
use crate::connection;
use crate::{Access, Metrics, MetricsError, Tls};

/// The most connections at once. When one more comes, the oldest that is not being answered is closed.
const CONNECTIONS: usize = 64;
/// The pause after the system refused a connection, for example because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running server. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Listens on `listen` and answers `GET /metrics`, `/healthz` and `/readyz`. A loopback address keeps it to this
    /// machine; that is the caller's choice. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`MetricsError::PortTaken`] and [`MetricsError::Listen`].
    pub async fn start(listen: SocketAddr, metrics: Metrics, access: Access) -> Result<Self, MetricsError> {
        let failed = |source: io::Error| {
            if source.kind() == io::ErrorKind::AddrInUse {
                MetricsError::PortTaken { listen }
            } else {
                MetricsError::Listen { listen, source }
            }
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let tls = access.tls.as_ref().map(Tls::acceptor);
        let source = Arc::new(Source::new(metrics, access));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(watch(Arc::clone(&source), stop.clone()));
        let door = Door { listener, tls, router: answer::router(source), tasks: tasks.clone() };
        tasks.spawn(door.keep(stop.clone()));
        Ok(Self { addr, stop, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Cuts every connection; a scrape is short, and comes again.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Looks for vitals until the end.
async fn watch(source: Arc<Source>, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK);
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        source.look();
    }
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    tasks: TaskTracker,
}

/// A connection that came in.
struct Guest {
    task: AbortHandle,
    answering: Arc<AtomicBool>,
}

impl Door {
    /// Lets connections in until `stop`, then cuts those that are left.
    async fn keep(self, stop: CancellationToken) {
        let mut guests: VecDeque<Guest> = VecDeque::new();
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            make_room(&mut guests);
            // Only speed is lost where it fails.
            let _ = stream.set_nodelay(true);
            let answering = Arc::new(AtomicBool::new(false));
            let conversation =
                connection::converse(stream, self.tls.clone(), self.router.clone(), Arc::clone(&answering));
            let task = self.tasks.spawn(conversation).abort_handle();
            guests.push_back(Guest { task, answering });
        }
        for guest in guests {
            guest.task.abort();
        }
    }
}

/// Closes the oldest connections until there is room for one more, first of all those that are not being answered.
fn make_room(guests: &mut VecDeque<Guest>) {
    guests.retain(|guest| !guest.task.is_finished());
    if guests.len() < CONNECTIONS {
        return;
    }
    let idle = guests.iter().position(|guest| !guest.answering.load(Ordering::Relaxed));
    if let Some(guest) = guests.remove(idle.unwrap_or_default()) {
        guest.task.abort();
    }
}
