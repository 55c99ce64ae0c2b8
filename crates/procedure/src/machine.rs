//! The machine: inputs and time go in, outputs come out. It owns no clock, no port and no task.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll as Ready, Waker};

use at::{Line, Masker};
use bytes::Bytes;
use events::{Checkpoint, Direction, Fault, Level, Phase, Resolution};

use crate::cx::Cx;
use crate::identity::Identity;
use crate::plan::Plan;
use crate::run;

/// Which port bytes came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The port that answers AT.
    At,
    /// A second tty on which a boot loader talks.
    BootLog,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The machine is to begin. Any other first input makes it begin, too.
    Start,
    /// Bytes from the module.
    Bytes(Role, Vec<u8>),
    /// The last [`Output::SendFile`] has been written.
    Sent,
    /// The AT port left.
    PortLost,
    /// It came back.
    PortBack,
    /// What came back in its place is a boot loader in emergency download mode, with these ids.
    Emergency(String),
    /// The package host's view of this attempt.
    Served {
        /// Bytes of the package handed out so far.
        bytes: u64,
        /// Size of the package.
        total: u64,
    },
    /// The last [`Output::Record`] is on disk, or why not.
    Recorded(Result<(), String>),
    /// The last deadline passed.
    Timeout,
    /// Stop. Before the trigger it ends the procedure; past it, it changes nothing.
    Cancel,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Write these bytes.
    Send(Vec<u8>),
    /// Write these bytes of a file; answered by [`Input::Sent`].
    SendBytes(Bytes),
    /// Write this piece of the package; answered by [`Input::Sent`].
    SendFile {
        /// Where it begins.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// Put this on disk; answered by [`Input::Recorded`].
    Record(Checkpoint),
    /// Say [`Input::Timeout`] at `at_ms`, unless another deadline replaces it. `why` is for people.
    Deadline {
        /// When, on the clock that is passed in.
        at_ms: u64,
        /// What is being waited for.
        why: Arc<str>,
    },
    /// Stop the download by the module: its token is not honoured any more.
    RevokeToken,
    /// Tell whoever watches.
    Emit(Emission),
    /// It is over.
    Done(Box<Conclusion>),
}

/// What those who watch are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emission {
    /// A step of the announced list began.
    Step(usize),
    /// A phase began.
    Phase {
        /// Which.
        phase: Phase,
        /// Whether the trigger is out and unresolved.
        past_no_return: bool,
    },
    /// How far the phase is; `total` 0 means not known.
    Progress {
        /// Which phase.
        phase: Phase,
        /// So far.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// A line of the conversation, secrets masked.
    Transcript(Direction, String),
    /// A command was answered after so many milliseconds.
    Answered(u64),
    /// Something worth telling.
    Note(Level, String),
    /// The trigger was resolved.
    Resolved(Resolution),
}

/// How a procedure ended.
#[derive(Clone, Debug)]
pub struct Conclusion {
    /// How.
    pub end: End,
    /// The answers that were to be kept.
    pub facts: Facts,
    /// Who was there when last asked, settled.
    pub identity: Option<Identity>,
}

/// Answers that were kept, by name.
pub type Facts = BTreeMap<&'static str, Vec<Line>>;

/// How a procedure ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All steps are done; there was no trigger among them.
    Completed,
    /// The trigger is resolved: the module runs exactly the expected revision.
    Reached,
    /// It failed: before the trigger (`resolution` is `None`), or with the trigger resolved.
    Failed {
        /// Why.
        fault: Fault,
        /// How the trigger was resolved, if it was out.
        resolution: Option<Resolution>,
    },
    /// It was cancelled before the trigger.
    Cancelled,
    /// The trigger is out and unresolved.
    Unresolved(Fault),
}

type Procedure = Pin<Box<dyn Future<Output = Conclusion> + Send>>;

/// A procedure under way. [`Machine::handle`] is all there is to it.
pub struct Machine {
    cx: Cx,
    procedure: Option<Procedure>,
}

impl Machine {
    /// A machine for `plan`. What `masker` knows, and what is secret in the plan's commands, is shown nowhere. The first input is [`Input::Start`].
    pub fn new(mut plan: Plan, mut masker: Masker) -> Self {
        // It is kept for as long as the procedure takes, of hundreds of modules at once.
        plan.steps.shrink_to_fit();
        plan.cleanup.shrink_to_fit();
        plan.commands().flat_map(at::Command::secrets).for_each(|secret| masker.add(secret));
        let cx = Cx::new(masker, plan.reveals);
        let procedure = Box::pin(run::run(cx.clone(), plan));
        Self { cx, procedure: Some(procedure) }
    }

    /// Takes what happened at `now_ms`, tells what is to be done. After [`Output::Done`] it stays silent.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Output> {
        let Some(procedure) = &mut self.procedure else { return Vec::new() };
        if !self.cx.take(now_ms, input) {
            return self.cx.drain();
        }
        let mut context = Context::from_waker(Waker::noop());
        let concluded = procedure.as_mut().poll(&mut context);
        let mut outputs = self.cx.drain();
        if let Ready::Ready(conclusion) = concluded {
            self.procedure = None;
            outputs.push(Output::Done(Box::new(conclusion)));
        }
        outputs
    }

    /// Whether the trigger is out and unresolved.
    pub fn past_no_return(&self) -> bool {
        self.cx.past_no_return()
    }
}
