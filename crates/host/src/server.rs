//! A server: the listening socket of one protocol and its connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::HostError;
use crate::connection::Connection;
use crate::host::Core;
use crate::speech::Speech;

/// The most connections at once. Further ones wait in the system's queue until one is closed.
const CONNECTIONS: usize = 1024;
/// What the system may buffer for a connection, in bytes: it bounds how far the progress runs ahead of the module.
pub(crate) const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// How long a transfer under way may go on when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// The pause after the system refused a connection, for example because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running server. Dropping it cuts every connection.
#[derive(Debug)]
pub(crate) struct Server {
    local_addr: SocketAddr,
    stop: CancellationToken,
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Listens on `listen` and serves what `core` has to whoever speaks `speech`.
    pub(crate) async fn start(
        listen: SocketAddr,
        core: Arc<Core>,
        speech: Speech,
    ) -> Result<Self, HostError> {
        let failed = |source: io::Error| {
            if source.kind() == io::ErrorKind::AddrInUse {
                HostError::PortTaken { listen }
            } else {
                HostError::Listen { listen, source }
            }
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        // Accepted connections inherit it.
        rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER_BYTES as usize)
            .map_err(|errno| failed(errno.into()))?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let (stop, cut, tasks) = (CancellationToken::new(), CancellationToken::new(), TaskTracker::new());
        tasks.spawn(accept(listener, core, speech, stop.clone(), cut.clone(), tasks.clone()));
        Ok(Self { local_addr, stop, cut, tasks })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Takes no further connection, closes the idle ones, gives transfers under way [`STOP_PATIENCE`], cuts the rest.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_PATIENCE, self.tasks.wait()).await.is_err() {
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.cut.cancel();
    }
}

async fn accept(
    listener: TcpListener,
    core: Arc<Core>,
    speech: Speech,
    stop: CancellationToken,
    cut: CancellationToken,
    tasks: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            next = next => next,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Only speed is lost where it fails.
        let _ = stream.set_nodelay(true);
        let connection = Connection::new(Arc::clone(&core), speech.delivery(), cut.child_token());
        let (speech, stop) = (speech.clone(), stop.clone());
        tasks.spawn(async move {
            let _place = place;
            speech.converse(connection, stream, stop).await;
        });
    }
}
