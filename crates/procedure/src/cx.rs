//! What a step's code may do: wait for the next happening with a deadline that has a reason, send, record, tell.
//!
//! The steps are written as coroutines: each `await` hands control back to whoever called [`crate::Machine::handle`].

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use at::{Command, Decoder, Expect, Frame, Line, Masker};
use events::{Checkpoint, Direction, Fault, Level, Phase, What};

use crate::machine::{Emission, Input, Output, Role};

/// Bytes without a final result after which a port is taken to be flooded.
const FLOOD_BYTES: usize = 1 << 20;

/// Lines of conversation that are told in one go, and how many more each second; the rest is left out.
const TRANSCRIPT_BURST: u64 = 400;
const TRANSCRIPT_PER_S: u64 = 20;

/// One thing that happened, as the steps see it.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Frame(Frame),
    BootLog(Frame),
    Sent,
    PortLost,
    PortBack,
    Emergency(String),
    Served { bytes: u64, total: u64 },
    Recorded(Result<(), String>),
    Timeout,
    Cancel,
    Flood,
}

/// Why a step did not come to its end.
#[derive(Clone, Debug)]
pub(crate) enum Halt {
    /// Something failed.
    Fault(Fault),
    /// The command that would have started the update was answered with an error: nothing was started.
    Refused(Fault),
    /// The port is gone.
    Lost,
    /// It was cancelled.
    Cancelled,
}

/// The module counts raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataMode {
    /// Its own time-out, milliseconds.
    pub(crate) timeout_ms: u64,
    /// Whether the loss of the port proves a reboot.
    pub(crate) own_port: bool,
}

struct Shared {
    now_ms: u64,
    queue: VecDeque<Happening>,
    outputs: Vec<Output>,
    deadline: Option<(u64, Arc<str>)>,
    at: Decoder,
    boot_log: Decoder,
    masker: Masker,
    reveals: Option<fn(&Line) -> Option<&str>>,
    phase: Option<Phase>,
    past_no_return: bool,
    cleaning: bool,
    data_mode: Option<DataMode>,
    port_up: bool,
    unanswered_bytes: usize,
    transcript_at_ms: u64,
    transcript_left: u64,
}

/// The handle that steps hold; a clone is the same machine's.
#[derive(Clone)]
pub(crate) struct Cx(Arc<Mutex<Shared>>);

impl Cx {
    pub(crate) fn new(masker: Masker, reveals: Option<fn(&Line) -> Option<&str>>) -> Self {
        Self(Arc::new(Mutex::new(Shared {
            now_ms: 0,
            queue: VecDeque::new(),
            outputs: Vec::new(),
            deadline: None,
            at: Decoder::default(),
            boot_log: Decoder::default(),
            masker,
            reveals,
            phase: None,
            past_no_return: false,
            cleaning: false,
            data_mode: None,
            port_up: true,
            unanswered_bytes: 0,
            transcript_at_ms: 0,
            transcript_left: TRANSCRIPT_BURST,
        })))
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an input; `false` when it changes nothing for the steps.
    pub(crate) fn take(&self, now_ms: u64, input: Input) -> bool {
        let mut shared = self.shared();
        shared.now_ms = shared.now_ms.max(now_ms);
        shared.take(input)
    }

    /// What the steps have put out since the last time.
    pub(crate) fn drain(&self) -> Vec<Output> {
        std::mem::take(&mut self.shared().outputs)
    }

    /// The next happening; [`Happening::Timeout`] at `at_ms` at the latest.
    pub(crate) async fn next(&self, at_ms: u64, why: &str) -> Happening {
        let mut armed = false;
        poll_fn(move |_| {
            let mut shared = self.shared();
            if let Some(happening) = shared.queue.pop_front() {
                shared.deadline = None;
                return Poll::Ready(happening);
            }
            if shared.now_ms >= at_ms {
                shared.deadline = None;
                return Poll::Ready(Happening::Timeout);
            }
            if !armed {
                armed = true;
                let why: Arc<str> = why.into();
                shared.deadline = Some((at_ms, why.clone()));
                shared.outputs.push(Output::Deadline { at_ms, why });
            }
            Poll::Pending
        })
        .await
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.shared().now_ms
    }

    /// Sends a command line.
    pub(crate) fn send(&self, command: &Command) {
        let mut shared = self.shared();
        shared.at.sent(command);
        shared.unanswered_bytes = 0;
        let shown = shared.masker.mask(command.shown());
        shared.transcript(Direction::Sent, shown);
        shared.outputs.push(Output::Send(command.bytes()));
    }

    pub(crate) fn output(&self, output: Output) {
        self.shared().outputs.push(output);
    }

    pub(crate) fn emit(&self, emission: Emission) {
        self.output(Output::Emit(emission));
    }

    pub(crate) fn note(&self, level: Level, text: impl Into<String>) {
        let mut shared = self.shared();
        let text = shared.masker.mask(&text.into());
        shared.outputs.push(Output::Emit(Emission::Note(level, text)));
    }

    pub(crate) fn expect(&self, expect: Expect) {
        self.shared().at.expect(expect);
    }

    /// Begins `phase`, if it is not the one under way.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut shared = self.shared();
        if shared.phase != Some(phase) {
            shared.phase = Some(phase);
            let past_no_return = shared.past_no_return;
            shared.outputs.push(Output::Emit(Emission::Phase { phase, past_no_return }));
        }
    }

    /// The phase under way.
    pub(crate) fn phase(&self) -> Phase {
        self.shared().phase.unwrap_or(Phase::Identify)
    }

    /// A fault in the phase under way, secrets masked.
    pub(crate) fn fault(&self, what: What, message: impl AsRef<str>) -> Fault {
        let message = self.shared().masker.mask(message.as_ref());
        Fault::new(self.phase(), what, message)
    }

    /// A halt by a fault in the phase under way.
    pub(crate) fn halt(&self, what: What, message: impl AsRef<str>) -> Halt {
        Halt::Fault(self.fault(what, message))
    }

    pub(crate) fn past_no_return(&self) -> bool {
        self.shared().past_no_return
    }

    pub(crate) fn set_past_no_return(&self, past: bool) {
        let mut shared = self.shared();
        shared.past_no_return = past;
        if past {
            // The record is out: what was asked for while it was being written comes too late.
            shared.queue.retain(|happening| !matches!(happening, Happening::Cancel));
        }
    }

    /// From here on a cancel changes nothing: everything is being put back anyway.
    pub(crate) fn begin_cleaning(&self) {
        let mut shared = self.shared();
        shared.cleaning = true;
        shared.queue.retain(|happening| !matches!(happening, Happening::Cancel));
    }

    pub(crate) fn port_up(&self) -> bool {
        self.shared().port_up
    }

    /// Set while the module counts raw bytes.
    pub(crate) fn data_mode(&self) -> Option<DataMode> {
        self.shared().data_mode
    }

    pub(crate) fn set_data_mode(&self, data_mode: Option<DataMode>) {
        self.shared().data_mode = data_mode;
    }

    /// Puts a checkpoint on disk and waits until it is there. `Err` tells why it is not.
    pub(crate) async fn record(&self, checkpoint: Checkpoint) -> Result<(), String> {
        self.output(Output::Record(checkpoint));
        let mut held_back = VecDeque::new();
        let result = loop {
            let happening = self.next(self.now_ms() + RECORD_MS, "the record to be on disk").await;
            if let Happening::Recorded(result) = happening {
                break result;
            }
            if matches!(happening, Happening::Timeout) {
                break Err("the ledger did not answer in time".to_owned());
            }
            held_back.push_back(happening);
        };
        let mut shared = self.shared();
        while let Some(happening) = held_back.pop_back() {
            shared.queue.push_front(happening);
        }
        drop(shared);
        result
    }
}

/// How long the ledger may take for one checkpoint, milliseconds.
const RECORD_MS: u64 = 600_000;

impl Shared {
    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Start => return true,
            Input::Bytes(role, bytes) => self.bytes(role, &bytes),
            Input::Sent => self.queue.push_back(Happening::Sent),
            Input::PortLost => {
                self.port_up = false;
                self.at.reset();
                self.queue.push_back(Happening::PortLost);
            }
            Input::PortBack => {
                self.port_up = true;
                self.at.reset();
                self.queue.push_back(Happening::PortBack);
            }
            Input::Emergency(ids) => self.queue.push_back(Happening::Emergency(ids)),
            Input::Served { bytes, total } => self.queue.push_back(Happening::Served { bytes, total }),
            Input::Recorded(result) => self.queue.push_back(Happening::Recorded(result)),
            Input::Timeout => return self.timeout(),
            Input::Cancel if self.past_no_return || self.cleaning => {}
            Input::Cancel => self.queue.push_back(Happening::Cancel),
        }
        !self.queue.is_empty()
    }

    /// A timer that fired early is armed again.
    fn timeout(&mut self) -> bool {
        match &self.deadline {
            Some((at_ms, why)) if self.now_ms < *at_ms => {
                self.outputs.push(Output::Deadline { at_ms: *at_ms, why: why.clone() });
                false
            }
            Some(_) => true,
            None => false,
        }
    }

    fn bytes(&mut self, role: Role, bytes: &[u8]) {
        let decoder = match role {
            Role::At => &mut self.at,
            Role::BootLog => &mut self.boot_log,
        };
        let frames = decoder.push(bytes);
        if role == Role::At {
            self.unanswered_bytes += bytes.len();
        }
        for frame in frames {
            self.tell(&frame);
            if matches!(frame, Frame::Final(_) | Frame::Prompt(_) | Frame::Ack) {
                self.unanswered_bytes = 0;
            }
            self.queue.push_back(match role {
                Role::At => Happening::Frame(frame),
                Role::BootLog => Happening::BootLog(frame),
            });
        }
        if self.unanswered_bytes > FLOOD_BYTES {
            self.unanswered_bytes = 0;
            self.queue.push_back(Happening::Flood);
        }
    }

    fn tell(&mut self, frame: &Frame) {
        match frame {
            Frame::Line(line) => {
                if let Some(secret) = self.reveals.and_then(|reveals| reveals(line)) {
                    self.masker.add(secret);
                }
                let shown = self.masker.mask(line.text());
                self.transcript(Direction::Received, shown);
            }
            Frame::Final(at::Final::Ok) => self.transcript(Direction::Received, "OK"),
            Frame::Final(at::Final::Error(None)) => self.transcript(Direction::Received, "ERROR"),
            Frame::Final(at::Final::Error(Some(detail))) => {
                let shown = self.masker.mask(detail);
                self.transcript(Direction::Received, format!("ERROR: {shown}"));
            }
            Frame::Prompt(prompt) => self.transcript(Direction::Received, prompt.text()),
            Frame::Overlong => self.transcript(Direction::Received, "(a line too long to be one)"),
            Frame::Echo | Frame::Ack => {}
        }
    }

    fn transcript(&mut self, direction: Direction, text: impl Into<String>) {
        let elapsed_s = (self.now_ms - self.transcript_at_ms) / 1000;
        if elapsed_s > 0 {
            self.transcript_at_ms += elapsed_s * 1000;
            self.transcript_left =
                (self.transcript_left + elapsed_s * TRANSCRIPT_PER_S).min(TRANSCRIPT_BURST);
        }
        let Some(left) = self.transcript_left.checked_sub(1) else { return };
        self.transcript_left = left;
        let text = if left == 0 { "(lines left out: too many)".to_owned() } else { text.into() };
        self.outputs.push(Output::Emit(Emission::Transcript(direction, text)));
    }
}
