//! What goes out through data connections: the package, and lists.

use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow::Break;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::control::Ended;
use super::passive::accept;
use super::place::Place;
use super::session::{NOTHING_THERE, Session, Then};
use crate::connection::Wire;
use crate::tokens::Visit;
use crate::transfer::Transfer;

/// How long a client may take to open the data connection.
const DATA_TIMEOUT: Duration = Duration::from_secs(60);

impl Session {
    /// The package at `path`, which `transfer` has from the asked offset on.
    pub(super) async fn retrieve(&mut self, path: &str, visit: &Visit, mut transfer: Transfer) -> Then {
        if self.place.walk(path, visit.token()) != Some(Place::Package) {
            return self.say(NOTHING_THERE).await;
        }
        let offset = std::mem::take(&mut self.offset);
        if offset > visit.parcel().bytes.len() as u64 {
            return self.say("554 Beyond the end.").await;
        }
        self.deliver(|| transfer.next_piece()).await
    }

    /// What lies at `path`.
    pub(super) async fn list(&mut self, path: &str, names_only: bool, visit: &Visit) -> Then {
        let token = visit.token();
        let Some(place) = self.place.walk(path, token) else { return self.say(NOTHING_THERE).await };
        let (name, kind) = place.content(token).unwrap_or(("update.zip", Place::Package));
        let line =
            if names_only { format!("{name}\r\n") } else { kind.entry(name, visit.parcel().bytes.len()) };
        let mut text = Some(Ok::<_, Infallible>(Bytes::from(line)));
        self.deliver(|| text.take()).await
    }

    /// Sends `pieces` through the data connection that the client was offered.
    async fn deliver<E>(&mut self, mut pieces: impl FnMut() -> Option<Result<Bytes, E>>) -> Then {
        let Some(listener) = self.listener.take() else { return self.say("425 PASV or EPSV first.").await };
        let accepting = tokio::time::timeout(DATA_TIMEOUT, accept(&listener, self.peer));
        let stream = match self.control.attend(accepting).await {
            Ok(Ok(Ok(stream))) => stream,
            Ok(Ok(Err(_)) | Err(_)) => return self.say("425 No data connection came.").await,
            Err(ended) => return self.called_off(ended).await,
        };
        drop(listener);
        // Held by the session, so that it can be cut while it is being written to and afterwards.
        let stream = self.data.insert(stream);
        self.control.reply("150 Here it comes.").await?;
        match self.control.attend(send(stream, &mut pieces)).await {
            Ok(Ok(())) => self.say("226 Sent.").await,
            Ok(Err(_)) => {
                self.cut_data();
                self.say("426 The data connection broke.").await
            }
            Err(ended) => {
                self.cut_data();
                self.called_off(ended).await
            }
        }
    }

    fn cut_data(&mut self) {
        if let Some(data) = self.data.take() {
            data.cut();
        }
    }

    async fn called_off(&mut self, ended: Ended) -> Then {
        match ended {
            Ended::CalledOff => self.say("426 Called off.\r\n226 Done.").await,
            Ended::Gone => Ok(Break(())),
        }
    }
}

/// Writes every piece as fast as the peer takes them, and ends the stream.
async fn send<E>(
    stream: &mut TcpStream,
    pieces: &mut impl FnMut() -> Option<Result<Bytes, E>>,
) -> io::Result<()> {
    while let Some(piece) = pieces() {
        // Revoked: the whole session is being cut.
        let Ok(piece) = piece else { return Err(io::ErrorKind::ConnectionAborted.into()) };
        stream.write_all(&piece).await?;
    }
    stream.shutdown().await
}
