//! Commands in the running guest.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};

use crate::failed::{At, Failed, Outcome, ensure};

/// No command takes longer, besides those that say how long.
const PATIENCE: Duration = Duration::from_secs(120);

/// The way into the guest: a port of this host that leads there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guest {
    pub(crate) port: u16,
}

/// A script that runs in the guest.
#[derive(Debug)]
pub(crate) struct Running {
    script: String,
    stream: TcpStream,
    output: Receiver<Vec<u8>>,
    said: Vec<u8>,
}

impl Guest {
    /// Runs `script` in a shell; what it says, when its status is 0.
    pub(crate) fn run(self, script: &str) -> Outcome<String> {
        self.run_within(PATIENCE, script)
    }

    /// The same for a script that may take `time`.
    pub(crate) fn run_within(self, time: Duration, script: &str) -> Outcome<String> {
        let (status, said) = self.start(script)?.wait(time)?;
        ensure(status == 0, || format!("in the guest, status {status}:\n{script}\n{said}"))?;
        Ok(said)
    }

    /// Starts `script`, and does not wait for it.
    pub(crate) fn start(self, script: &str) -> Outcome<Running> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).at("the guest's port")?;
        write!(stream, "{}\n{script}", script.len()).at("the guest's port")?;
        let mut reader = stream.try_clone().at("the guest's port")?;
        let (sender, output) = channel();
        spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = reader.read(&mut bytes)
                && count > 0
                && sender.send(bytes[..count].to_vec()).is_ok()
            {}
        });
        Ok(Running { script: script.to_owned(), stream, output, said: Vec::new() })
    }
}

impl Running {
    /// Its status and what it has said.
    pub(crate) fn wait(mut self, time: Duration) -> Outcome<(i32, String)> {
        let until = Instant::now() + time;
        while self.hear(until)? {}
        let said = self.said();
        let end =
            said.rsplit_once("\nstatus ").and_then(|(said, code)| Some((code.trim().parse().ok()?, said)));
        let (code, said) =
            end.ok_or_else(|| Failed(format!("the guest broke off:\n{}\n{said}", self.script)))?;
        Ok((code, said.to_owned()))
    }

    /// Waits until it has said `text`, `count` times.
    pub(crate) fn says(&mut self, time: Duration, text: &str, count: usize) -> Outcome<()> {
        let until = Instant::now() + time;
        while self.said().matches(text).count() < count {
            let more = self.hear(until)?;
            ensure(more, || format!("ended without `{text}`:\n{}\n{}", self.script, self.said()))?;
        }
        Ok(())
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// Takes what it says next; false when it has ended.
    fn hear(&mut self, until: Instant) -> Outcome<bool> {
        match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(bytes) => self.said.extend(bytes),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Ok(false),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                return Err(Failed(format!("too slow in the guest:\n{}\n{}", self.script, self.said())));
            }
        }
        Ok(true)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _closed = self.stream.shutdown(Shutdown::Both);
    }
}
