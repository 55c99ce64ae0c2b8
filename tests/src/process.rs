//! A process of the program under test: what it says is read while it says it, so that a test waits for what happens
//! and for nothing else.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// No wait is longer; one that is has failed. Generous: the machines that run this are noisy.
pub const PATIENCE: Duration = Duration::from_secs(150);

/// A process that runs. It is killed when it is dropped.
pub struct Process {
    name: String,
    pid: u32,
    handle: OwnedFd,
    lines: Receiver<String>,
    complaints: Receiver<String>,
    out: Text,
    err: Text,
    exit: Receiver<Ended>,
}

/// How a process ended, and all that it said.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to stdout.
    pub out: String,
    /// What it wrote to stderr.
    pub err: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, signal, out, err } = self;
        write!(f, "exit code {code:?}, signal {signal:?}\n--- stdout\n{out}\n--- stderr\n{err}")
    }
}

type Text = Arc<Mutex<String>>;

impl Process {
    /// Starts `command`, without a terminal and without input.
    pub fn start(command: &mut Command) -> Self {
        let name = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let pid = child.id();
        let handle =
            Pid::from_raw(pid.cast_signed()).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        let handle = handle.unwrap_or_else(|| panic!("{name}: no handle of process {pid}"));
        let (out, err) = (Text::default(), Text::default());
        let (line, lines) = channel();
        let (complaint, complaints) = channel();
        let readers = [
            child.stdout.take().map(|pipe| read(pipe, out.clone(), line)),
            child.stderr.take().map(|pipe| read(pipe, err.clone(), complaint)),
        ];
        let (ended, exit) = channel();
        let texts = (out.clone(), err.clone());
        spawn(move || {
            let end = wait(child, readers.into_iter().flatten().collect(), &texts);
            // Nobody waits for it any more: that is no fault.
            let _dropped = ended.send(end);
        });
        Self { name, pid, handle, lines, complaints, out, err, exit }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        // It may have ended by itself just now.
        let _gone = pidfd_send_signal(&self.handle, signal);
    }

    /// Waits for a line of its stdout that contains `text`.
    pub fn line(&self, text: &str) -> String {
        self.await_line(&self.lines, text)
    }

    /// Waits for a line of its stderr that contains `text`.
    pub fn complaint(&self, text: &str) -> String {
        self.await_line(&self.complaints, text)
    }

    /// The next line of its stdout; `None` when it has ended.
    pub fn next_line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => self.too_slow("says nothing"),
        }
    }

    /// The next line of its stdout, if it says one within `time`.
    ///
    /// # Errors
    /// Whether it said nothing, or has ended.
    pub fn line_within(&self, time: Duration) -> Result<String, RecvTimeoutError> {
        self.lines.recv_timeout(time)
    }

    /// Gives it `time` more; `Some` when it has ended within it.
    pub fn ended_within(&self, time: Duration) -> Option<Ended> {
        self.exit.recv_timeout(time).ok()
    }

    /// Waits for its end.
    pub fn wait(self) -> Ended {
        self.ended_within(PATIENCE).unwrap_or_else(|| self.too_slow("does not end"))
    }

    /// `kill -9`, and waits for its end.
    pub fn kill(self) -> Ended {
        self.signal(Signal::KILL);
        self.wait()
    }

    fn await_line(&self, lines: &Receiver<String>, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => self.too_slow(&format!("never said `{text}`")),
            }
        }
    }

    fn too_slow(&self, what: &str) -> ! {
        self.signal(Signal::KILL);
        let said = |text: &Text| text.lock().unwrap_or_else(PoisonError::into_inner).clone();
        panic!("{} {what}\n--- stdout\n{}\n--- stderr\n{}", self.name, said(&self.out), said(&self.err))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Keeps what comes out of `pipe`, and hands it on by lines.
fn read(pipe: impl Read + Send + 'static, text: Text, lines: Sender<String>) -> JoinHandle<()> {
    spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while pipe.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line);
            // The process may outlive the interest in it.
            let _dropped = lines.send(line);
        }
    })
}

fn wait(mut child: Child, readers: Vec<JoinHandle<()>>, (out, err): &(Text, Text)) -> Ended {
    let status = child.wait().unwrap_or_else(|error| panic!("process {}: {error}", child.id()));
    for reader in readers {
        // A reader that panicked has kept what it could.
        let _kept = reader.join();
    }
    let take = |text: &Text| text.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ended { code: status.code(), signal: status.signal(), out: take(out), err: take(err) }
}
