//! A service of a rack, and clients of its socket that speak the protocol by hand.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::bench::{Bench, SPEED};
use crate::binary::fotarig;
use crate::process::{Ended, PATIENCE, Process};

/// A hello of a client that watches.
pub const DASHBOARD: &str = "{\"fotarig\":1,\"version\":\"test\",\"hello\":\"dashboard\"}";
/// A hello of a client that only acts.
pub const CTL: &str = "{\"fotarig\":1,\"version\":\"test\",\"hello\":\"ctl\"}";

/// A service that listens.
pub struct Service {
    /// Its process.
    pub process: Process,
    /// Its socket.
    pub socket: PathBuf,
}

impl Service {
    /// Serves the rack of `bench`, and waits until it listens.
    pub fn start(bench: &Bench, arguments: &[&str]) -> Self {
        let socket = bench.path("socket");
        let process = Process::start(&mut Self::command(bench, arguments));
        process.complaint("serving");
        Self { process, socket }
    }

    /// The command that serves the rack of `bench`.
    pub fn command(bench: &Bench, arguments: &[&str]) -> Command {
        let mut command = Command::new(fotarig());
        command.args(["serve", "--headless", "--speed", SPEED]).args(arguments);
        command.arg("--rack").arg(bench.path("rack.toml")).arg("--socket").arg(bench.path("socket"));
        command
    }

    /// `fotarig ctl` with `arguments`, to its end.
    pub fn ctl(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(fotarig());
        command.arg("ctl").arg("--socket").arg(&self.socket).args(arguments);
        Process::start(&mut command).wait()
    }

    /// `fotarig ctl` with `arguments`, which must be carried out.
    pub fn does(&self, arguments: &[&str]) -> String {
        let ended = self.ctl(arguments);
        assert_eq!(ended.code, Some(0), "ctl {arguments:?}: {ended}");
        ended.out
    }

    /// `fotarig ctl` with `arguments`, which must be refused; why.
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let ended = self.ctl(arguments);
        assert_eq!(ended.code, Some(1), "ctl {arguments:?}: {ended}");
        ended.err
    }
}

/// A client by hand.
pub struct Client {
    lines: BufReader<UnixStream>,
}

impl Client {
    /// Connects, and reads the greeting.
    pub fn connect(socket: &Path) -> Self {
        let stream =
            UnixStream::connect(socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
        stream.set_read_timeout(Some(PATIENCE)).unwrap_or_else(|error| panic!("{error}"));
        let mut client = Self { lines: BufReader::new(stream) };
        let greeting = client.line().unwrap_or_default();
        assert_eq!(greeting["fotarig"], 1, "{greeting}");
        client
    }

    /// Connects and says `hello`.
    pub fn greeted(socket: &Path, hello: &str) -> Self {
        let mut client = Self::connect(socket);
        client.say(&format!("{hello}\n"));
        client
    }

    /// Writes `text`; the service may have hung up.
    pub fn say(&mut self, text: &str) {
        let _gone = self.lines.get_mut().write_all(text.as_bytes());
    }

    /// The next line; `None` when the service hung up.
    pub fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            // It hung up with something of ours unread.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the service says nothing: {error}"),
            Ok(_) => Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))),
        }
    }

    /// Why the service hangs up on it.
    pub fn sent_away(&mut self) -> String {
        let mut why = None;
        while let Some(line) = self.line() {
            why = line["closed"].as_str().map(ToOwned::to_owned).or(why);
        }
        why.unwrap_or_else(|| "without a word".to_owned())
    }

    /// Every event from here on, those of the snapshot too, until one of `kind` came.
    pub fn events_until(&mut self, kind: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        while !events.iter().any(|event| event["event"] == kind) {
            let line = self.line().unwrap_or_else(|| panic!("it hung up before {kind}: {events:#?}"));
            for key in ["part", "snapshot"] {
                events.extend(line[key].as_array().into_iter().flatten().cloned());
            }
            events.extend(Some(line["event"].clone()).filter(|event| !event.is_null()));
        }
        events
    }
}
