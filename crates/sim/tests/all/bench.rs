//! A module on a bench: virtual time, a terminal that collects lines, and a server that serves what it is told.

use std::collections::BTreeMap;

use events::Family;
use sim::package::build;
use sim::{FetchEvent, Header, Input, Module, ModuleSpec, Output, Usb};

/// The longest wait for anything, in module time.
const PATIENCE_MS: u64 = 30 * 60_000;

/// One module and what is around it.
pub(crate) struct Bench {
    pub(crate) module: Module,
    pub(crate) now_ms: u64,
    /// All that came out of the port.
    pub(crate) said: Vec<u8>,
    /// How much of it the test has read.
    read: usize,
    /// When it left the bus, and when it came back as what.
    pub(crate) port: Vec<(u64, Option<Usb>)>,
    /// What the module asked for, and what the server has.
    pub(crate) fetched: Vec<String>,
    pub(crate) server: BTreeMap<String, Vec<u8>>,
    /// What the last fetch's server was to be checked against.
    pub(crate) root: Option<Vec<u8>>,
    coming: Option<(u64, FetchEvent)>,
}

impl Bench {
    pub(crate) fn new(spec: ModuleSpec) -> Self {
        Self {
            module: Module::new(spec),
            now_ms: 0,
            said: Vec::new(),
            read: 0,
            port: Vec::new(),
            fetched: Vec::new(),
            server: BTreeMap::new(),
            root: None,
            coming: None,
        }
    }

    /// Lets `input` happen now.
    pub(crate) fn input(&mut self, input: Input<'_>) {
        for output in self.module.handle(self.now_ms, input) {
            match output {
                Output::Write(bytes) => self.said.extend(bytes),
                Output::PortDown => self.port.push((self.now_ms, None)),
                Output::PortUp(usb) => self.port.push((self.now_ms, Some(usb))),
                Output::Fetch { url, root } => {
                    let event = self
                        .server
                        .get(&url)
                        .map_or(FetchEvent::Status(404), |file| FetchEvent::Done(file.clone()));
                    self.coming = Some((self.now_ms + 3_000, event));
                    self.fetched.push(url);
                    self.root = root;
                }
                Output::StopFetch => self.coming = None,
            }
        }
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        self.input(Input::Received(text.as_bytes()));
    }

    /// Lets the next thing happen that is due by `until_ms`; false when there is none.
    pub(crate) fn step(&mut self, until_ms: u64) -> bool {
        let arrival = self.coming.as_ref().map(|(at_ms, _)| *at_ms);
        let Some(next) =
            [arrival, self.module.next_wakeup()].into_iter().flatten().min().filter(|at| *at <= until_ms)
        else {
            return false;
        };
        self.now_ms = next.max(self.now_ms);
        if arrival == Some(next) {
            if let Some((_, event)) = self.coming.take() {
                self.input(Input::Fetch(&event));
            }
        } else {
            self.input(Input::Wake);
        }
        true
    }

    /// Lets `ms` pass.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until_ms = self.now_ms + ms;
        while self.step(until_ms) {}
        self.now_ms = until_ms;
    }

    /// Lines that have come and were not read yet.
    fn lines(&self) -> Vec<(usize, String)> {
        let mut start = self.read;
        let mut lines = Vec::new();
        for (place, byte) in self.said.iter().enumerate().skip(self.read) {
            if matches!(byte, b'\r' | b'\n') {
                lines.push((place + 1, String::from_utf8_lossy(&self.said[start..place]).trim().to_owned()));
                start = place + 1;
            }
        }
        lines
    }

    /// The next line that is not empty; `None` when none comes in half an hour.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        let until_ms = self.now_ms + PATIENCE_MS;
        loop {
            for (end, line) in self.lines() {
                self.read = end;
                if !line.is_empty() {
                    return Some(line);
                }
            }
            if !self.step(until_ms) {
                return None;
            }
        }
    }

    /// Lets time pass until `line` comes; panics when it does not.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, line: &str) {
        while let Some(next) = self.next_line() {
            if next == line {
                return;
            }
        }
        panic!("`{line}` did not come");
    }

    /// Sends a command and gives its answer without the echo, with its result; older lines are passed over.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str) -> Vec<String> {
        self.read = self.said.len();
        self.type_in(&format!("{command}\r"));
        let mut answer = Vec::new();
        loop {
            let line = self.next_line().unwrap_or_else(|| panic!("no answer to {command}, only {answer:?}"));
            let ends = matches!(line.as_str(), "OK" | "ERROR" | "DOWNLOAD" | "CONNECT" | ">")
                || line.starts_with("+CME ERROR");
            if line != command {
                answer.push(line);
            }
            if ends {
                return answer;
            }
        }
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, command: &str) {
        let answer = self.ask(command);
        assert_eq!(answer.last().map(String::as_str), Some("OK"), "{command}: {answer:?}");
    }

    /// Sends raw bytes at the pace that the SIM7028 note calls safe.
    pub(crate) fn send_paced(&mut self, bytes: &[u8]) {
        for quarter in bytes.chunks(2_048) {
            self.input(Input::Received(quarter));
            self.pass(250);
        }
    }

    /// Plays an example as a note prints it: lines that start with `AT` are typed and echoed, `<n bytes>` is
    /// `data`, dots are lines of the kind before them, and all others must come as they stand.
    #[track_caller]
    pub(crate) fn play(&mut self, example: &str, data: &[u8]) {
        let mut before = String::new();
        let mut skips = false;
        let mut data = data;
        for line in example.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.chars().all(|letter| matches!(letter, '.' | '…' | '•')) {
                skips = true;
            } else if let Some(count) = line.strip_prefix('<').and_then(|rest| rest.strip_suffix(" bytes>")) {
                let (block, rest) = data.split_at(count.parse().unwrap());
                self.send_paced(block);
                data = rest;
            } else {
                if line.starts_with("AT") {
                    self.type_in(&format!("{line}\r"));
                }
                self.expect(line, skips.then_some(stem(&before)));
                line.clone_into(&mut before);
                skips = false;
            }
        }
    }

    #[track_caller]
    fn expect(&mut self, line: &str, skipping: Option<&str>) {
        loop {
            let next = self.next_line();
            match (next.as_deref(), skipping) {
                (Some(next), _) if next == line => return,
                (Some(next), Some(stem)) if next.starts_with(stem) => {}
                _ => panic!("the note prints `{line}`, the module says {next:?}"),
            }
        }
    }
}

/// A line up to its number.
fn stem(line: &str) -> &str {
    line.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '%' | ' '))
}

pub(crate) const IMEI: &str = "490154203237518";

/// A well-behaved module of a family that runs revision `A` of it.
pub(crate) fn spec(family: Family, seed: u64) -> ModuleSpec {
    let mut spec = ModuleSpec::new(family, model(family), IMEI, revision_a(family), seed);
    if family == Family::Bg96 {
        "_01.007.01.007".clone_into(&mut spec.suffix);
    }
    spec
}

pub(crate) fn model(family: Family) -> &'static str {
    match family {
        Family::Sim7000 => "SIM7000G",
        Family::Sim7028 => "SIM7028",
        Family::Sim7080 => "SIM7080G",
        Family::Ag35 => "AG35",
        Family::Bg96 => "BG96",
    }
}

pub(crate) fn revision_a(family: Family) -> &'static str {
    match family {
        Family::Sim7000 => "1529B03SIM7000G",
        Family::Sim7028 => "2110B06SIM7028",
        Family::Sim7080 => "1951B01SIM7080G",
        Family::Ag35 => "AG35CEVAR05A06T4G",
        Family::Bg96 => "BG96MAR02A07M1G",
    }
}

pub(crate) fn revision_b(family: Family) -> &'static str {
    match family {
        Family::Sim7000 => "1529B04SIM7000G",
        Family::Sim7028 => "2110B07SIM7028",
        Family::Sim7080 => "1951B02SIM7080G",
        Family::Ag35 => "AG35CEVAR05A07T4G",
        Family::Bg96 => "BG96MAR02A08M1G_01.008.01.008",
    }
}

/// A package from revision `A` to `B`.
pub(crate) fn package(family: Family, size: usize) -> Vec<u8> {
    let header = Header::new(family, model(family), revision_a(family), revision_b(family));
    build(&header, size, 1)
}

/// A package for another firmware.
pub(crate) fn wrong_package(family: Family, size: usize) -> Vec<u8> {
    build(&Header::new(family, model(family), "another", revision_b(family)), size, 1)
}
