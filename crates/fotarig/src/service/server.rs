//! The thread of the socket: takes clients in, and sends them away when the service ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use control::Readers;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::failure::Failure;
use crate::service::client::{ENDS, Room, attend};
use crate::service::place::Listening;
use crate::service::protocol::{Closed, line};
use crate::service::relay::Relay;

/// Clients at one time.
const CLIENTS: usize = 64;
/// All clients are told that the service ends.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Out of descriptors, say: clients can wait, and the loop must not spin.
const AFTER_AN_ERROR: Duration = Duration::from_millis(200);

/// The socket is listened to until this is stopped.
pub(crate) struct Server {
    handle: Handle,
    relay: Arc<Relay>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Begins in a thread of its own, with the socket at `path`.
    pub(crate) fn start(path: PathBuf, room: Room) -> Result<Self, Failure> {
        let (stop, stopped) = oneshot::channel();
        let (begun, beginning) = std::sync::mpsc::channel();
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = built.map_err(|error| Failure::environment(format!("cannot start: {error}")))?;
        let (handle, relay) = (runtime.handle().clone(), room.relay.clone());
        let work = move || {
            runtime.block_on(async {
                match Listening::begin(&path) {
                    Ok(listening) => {
                        // Who waits for it has it in hand.
                        let _waits = begun.send(Ok(()));
                        listen(&listening, &room, stopped).await;
                    }
                    Err(failure) => {
                        let _waits = begun.send(Err(failure));
                    }
                }
            });
        };
        let spawned = std::thread::Builder::new().name("socket".to_owned()).spawn(work);
        let thread =
            spawned.map_err(|error| Failure::environment(format!("cannot start a thread: {error}")))?;
        beginning.recv().unwrap_or_else(|_| Err(Failure::environment("the socket's thread died")))?;
        Ok(Self { handle, relay, stop, thread })
    }

    /// Shows a run to whoever is attached. To be called before it begins.
    pub(crate) fn show(&self, readers: Readers) -> tokio::task::JoinHandle<()> {
        let events = readers.subscribe();
        self.handle.spawn(self.relay.clone().follow(readers, events))
    }

    /// Hangs up on everybody, removes the socket.
    pub(crate) fn stop(self) {
        // Both are over when the thread is.
        let _ended = self.stop.send(());
        let _joined = self.thread.join();
    }
}

async fn listen(listening: &Listening, room: &Room, stopped: oneshot::Receiver<()>) {
    let mut clients = JoinSet::new();
    tokio::select! {
        () = accept(&listening.listener, room, &mut clients) => {}
        _ = stopped => {}
    }
    room.ending.cancel();
    // Who does not take the last word does without.
    let _all_told = timeout(LAST_WORDS, clients.join_all()).await;
}

async fn accept(listener: &UnixListener, room: &Room, clients: &mut JoinSet<()>) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            sleep(AFTER_AN_ERROR).await;
            continue;
        };
        while clients.try_join_next().is_some() {}
        if clients.len() >= CLIENTS {
            let why = format!("{CLIENTS} clients are attached already");
            // A socket that was just opened has room for it.
            let _told = stream.try_write(&line(&Closed { closed: &why }));
            let _shut = stream.shutdown().await;
            continue;
        }
        let attended = attend(stream, room.clone());
        clients.spawn(async move { complain(&attended.await) });
    }
}

fn complain(ended: &str) {
    if !(ended.ends_with(": it hung up") || ended.ends_with(": done") || ended.ends_with(ENDS)) {
        eprintln!("a client was sent away: {ended}");
    }
}
