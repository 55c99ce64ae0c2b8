//! The client's side of the socket.

use std::path::Path;
use std::time::Duration;

use events::Action;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::service::line_reader::LineReader;
use crate::service::protocol::{
    FromService, Greeting, Hello, Kind, PROTOCOL, Request, SERVICE_LINE_BYTES, line,
};

/// A service that lives greets within this time.
const GREETING: Duration = Duration::from_secs(5);

/// Why there is no service to talk with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoService {
    /// Nobody is there, or not for this user.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// What is there is no service of this version.
    #[error("{0}")]
    Other(String),
}

/// The reading half of a connection.
pub(crate) struct Hearing(LineReader<OwnedReadHalf>);

/// The writing half of a connection.
pub(crate) struct Asking(OwnedWriteHalf);

/// Connects as `kind`.
pub(crate) async fn call(socket: &Path, kind: Kind) -> Result<(Greeting, Hearing, Asking), NoService> {
    let (read, mut write) = UnixStream::connect(socket).await?.into_split();
    let mut lines = LineReader::new(read, SERVICE_LINE_BYTES);
    let first = timeout(GREETING, lines.next()).await;
    let first =
        first.map_err(|_| NoService::Other(format!("it said nothing for {} s", GREETING.as_secs())))?;
    let first = first.map_err(|error| NoService::Other(error.to_string()))?;
    let greeting: Greeting =
        serde_json::from_slice(&first).map_err(|_| NoService::Other(said_instead(&first)))?;
    if greeting.fotarig != PROTOCOL {
        let Greeting { fotarig, version, .. } = greeting;
        let text = format!(
            "fotarig {version} is there and speaks version {fotarig} of the protocol, not {PROTOCOL}"
        );
        return Err(NoService::Other(text));
    }
    let hello = Hello { fotarig: PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned(), kind };
    write.write_all(&line(&hello)).await?;
    Ok((greeting, Hearing(lines), Asking(write)))
}

/// It hung up at once and said why, or it is something else.
fn said_instead(line: &[u8]) -> String {
    match serde_json::from_slice(line) {
        Ok(FromService::Closed(why)) => why,
        Ok(_) | Err(_) => "what is there is no service of fotarig".to_owned(),
    }
}

impl Hearing {
    /// The next line of the service; `Err` says why there will be none. May be dropped at any time.
    pub(crate) async fn next(&mut self) -> Result<FromService, String> {
        let line = self.0.next().await.map_err(|error| error.to_string())?;
        serde_json::from_slice(&line).map_err(|error| format!("it does not speak as it should: {error}"))
    }
}

impl Asking {
    /// Asks for `action`; the answer comes with the same `id`.
    pub(crate) async fn ask(&mut self, id: u64, action: Action) -> std::io::Result<()> {
        self.0.write_all(&line(&Request { id, action })).await
    }
}
