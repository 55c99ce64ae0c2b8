//! The control connection: lines of bounded length in, replies out.

use std::io;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::command::Command;

/// The longest line, in bytes. Paths have 40, logins 16.
const LINE_BYTES: usize = 512;
/// How long a client may take to take a reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why work was not done to its end.
#[derive(Debug)]
pub(super) enum Ended {
    /// The client said `ABOR`.
    CalledOff,
    /// The client closed the connection, or it broke.
    Gone,
}

/// A control connection.
#[derive(Debug)]
pub(super) struct Control {
    stream: TcpStream,
    buffer: BytesMut,
    /// A line that came while work was under way; it is obeyed after it.
    waiting: Option<String>,
}

impl Control {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(LINE_BYTES), waiting: None }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The next line without its end; `None` when the client has closed the connection. Nothing is lost when it is
    /// not awaited to the end. A line that is too long is an error.
    pub(super) async fn line(&mut self) -> io::Result<Option<String>> {
        if let Some(line) = self.waiting.take() {
            return Ok(Some(line));
        }
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(printable(&self.buffer.split_to(end + 1))));
            }
            let room = LINE_BYTES.saturating_sub(self.buffer.len());
            if room == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.stream.read_buf(&mut (&mut self.buffer).limit(room)).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Sends `text`, a reply with its code, and ends the line.
    pub(super) async fn reply(&mut self, text: &str) -> io::Result<()> {
        let line = format!("{text}\r\n");
        tokio::time::timeout(REPLY_TIMEOUT, self.stream.write_all(line.as_bytes())).await?
    }

    /// Waits for `work` unless the client calls it off or goes. One further command may come before.
    pub(super) async fn attend<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Ended> {
        tokio::pin!(work);
        loop {
            let line = tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                line = self.line(), if self.waiting.is_none() => line,
            };
            match line {
                Ok(Some(line)) if Command::read(&line) == Command::Abort => return Err(Ended::CalledOff),
                Ok(Some(line)) => self.waiting = Some(line),
                Ok(None) | Err(_) => return Err(Ended::Gone),
            }
        }
    }
}

/// The line as text: without its end, and without the Telnet codes that some clients send before `ABOR`.
fn printable(line: &[u8]) -> String {
    line.iter().filter(|byte| (0x20..0x7f).contains(*byte)).map(|byte| char::from(*byte)).collect()
}
