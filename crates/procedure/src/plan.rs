//! A plan: the steps of one procedure as data, in the order of the vendor's note.

use std::sync::Arc;

use at::{Command, Line, Prompt};
use bytes::Bytes;
use events::{Fault, Imei, Phase, StepTitle, What};

use crate::identity::Identify;
use crate::judge::Judge;

/// The steps of one procedure, and those that put everything back.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// Run at the end, whatever happened, once it is safe; their failure is noted and changes no outcome.
    pub cleanup: Vec<Step>,
    /// The secret that a line gives away, as where a password is read back: it is masked from then on.
    pub reveals: Option<fn(&Line) -> Option<&str>>,
}

impl Plan {
    /// The step list, as it is announced before the first step runs.
    pub fn titles(&self) -> Vec<StepTitle> {
        let title = |step: &Step| StepTitle { phase: step.phase, title: step.title() };
        self.steps.iter().chain(&self.cleanup).map(title).collect()
    }
}

impl Plan {
    /// Every command that it may send, identification aside.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().chain(&self.cleanup).flat_map(|step| -> Vec<&Command> {
            match &step.action {
                Action::Ask(ask) => std::iter::once(&ask.command).chain(&ask.alternatives).collect(),
                Action::Poll(poll) => poll.commands.iter().collect(),
                Action::Upload(upload) => {
                    let probe = upload.size.as_ref().map(|probe| &probe.command);
                    upload.blocks.iter().map(|block| &block.command).chain(probe).collect()
                }
                Action::Trigger(trigger) => vec![&trigger.command],
                Action::FollowUp(follow) => {
                    let repeat = follow.repeat.as_ref().map(|repeat| &repeat.command);
                    follow.status.iter().chain(repeat).collect()
                }
                Action::Checkpoint | Action::Identify(_) => Vec::new(),
            }
        })
    }
}

/// One step, with where the vendor's document says so.
#[derive(Clone, Debug)]
pub struct Step {
    /// The phase it belongs to.
    pub phase: Phase,
    /// Document and section: `SIM7000 note, 5.2.3`.
    pub source: &'static str,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// One command and its answer.
    Ask(Ask),
    /// Commands again and again until something is so.
    Poll(Poll),
    /// The package's bytes through the port.
    Upload(Box<Upload>),
    /// A record that is on disk before the next step begins; from here on the update may start.
    Checkpoint,
    /// The command that starts the update.
    Trigger(Trigger),
    /// Follows a triggered module to its resolution.
    FollowUp(Box<FollowUp>),
    /// Who is there: model, IMEI, revision, settled.
    Identify(Identify),
}

/// One command and its answer.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is sent.
    pub command: Command,
    /// Sent instead, once each, when the one before was answered with an error.
    pub alternatives: Vec<Command>,
    /// What the answer must say beside `OK`.
    pub judge: Option<Judge>,
    /// What a final error, or an answer that the judge finds bad, means; `None`: any answer will do.
    pub otherwise: Option<What>,
    /// Under which name the answer's lines are kept for whoever builds the next plan.
    pub keep: Option<&'static str>,
    /// How long the answer may take.
    pub timeout_ms: u64,
}

impl Ask {
    /// `command` must be answered `OK`.
    pub fn new(command: Command, timeout_ms: u64) -> Self {
        let otherwise = Some(What::Error);
        Self { command, alternatives: Vec::new(), judge: None, otherwise, keep: None, timeout_ms }
    }

    /// An error is taken to mean `what`.
    pub fn or(mut self, what: What) -> Self {
        self.otherwise = Some(what);
        self
    }

    /// Any answer will do.
    pub fn or_not(mut self) -> Self {
        self.otherwise = None;
        self
    }

    /// The answer must also please `judge`.
    pub fn expecting(mut self, judge: Judge) -> Self {
        self.judge = Some(judge);
        self
    }

    /// On an error `command` is tried.
    pub fn or_else(mut self, command: Command) -> Self {
        self.alternatives.push(command);
        self
    }

    /// The answer's lines are kept under `name`; any answer will do.
    pub fn kept(mut self, name: &'static str) -> Self {
        self.keep = Some(name);
        self.otherwise = None;
        self
    }
}

/// Commands again and again until something is so.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Sent in turn; with none, only what comes by itself is looked at.
    pub commands: Vec<Command>,
    /// Pause between two rounds.
    pub every_ms: u64,
    /// When it is so. It sees each line, solicited or not.
    pub judge: Judge,
    /// How long it may be not so without any progress.
    pub idle_ms: u64,
    /// How long a single answer may take.
    pub timeout_ms: u64,
    /// What it means when that passed.
    pub otherwise: What,
    /// Whether a module that does not know the command is let through (some builds lack the read form).
    pub unknown_is_good: bool,
}

/// What an upload sends.
#[derive(Clone, Debug)]
pub enum Content {
    /// The package, or a piece of it for each block.
    Package,
    /// Bytes of our own, as a certificate.
    Bytes(Bytes),
}

impl Content {
    /// The bytes, unless they are the package's.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Package => None,
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

/// The package's bytes through the port.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What is sent.
    pub content: Content,
    /// One or more commands, each followed by a piece of the file.
    pub blocks: Vec<Block>,
    /// What the module prints when it is ready for the bytes.
    pub prompt: Prompt,
    /// Bytes in one write, and how fast they go out.
    pub pacing: Pacing,
    /// Bytes for which the module sends one `A`, when it does.
    pub ack_bytes: Option<u64>,
    /// What a line after the bytes must say beside `OK`.
    pub judge: Option<Judge>,
    /// How long the module's own time-out is: so long nothing but the file may be sent after a failure.
    pub data_mode_ms: u64,
    /// Whether the port is the module's own USB: then its loss proves a reboot, after which no bytes are counted. A UART
    /// behind a bridge proves nothing: the bridge may leave without the module.
    pub own_port: bool,
    /// How long nothing may move.
    pub idle_ms: u64,
    /// How to learn the size of what arrived, so as to go on after a failed block.
    pub size: Option<SizeProbe>,
    /// What a final error means.
    pub otherwise: What,
}

/// One command and the piece of the file that follows it.
#[derive(Clone, Debug)]
pub struct Block {
    /// Announces the piece.
    pub command: Command,
    /// Where the piece begins in the file.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

/// How fast bytes go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Bytes in one write.
    pub chunk_bytes: u64,
    /// Bytes a second; `None` for as fast as the port takes them.
    pub bytes_per_s: Option<u64>,
}

/// Asks for the size of the file on the module.
#[derive(Clone, Debug)]
pub struct SizeProbe {
    /// What is sent.
    pub command: Command,
    /// The size, when the line tells it.
    pub read: fn(&Line) -> Option<u64>,
}

/// The command that starts the update.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// What is sent.
    pub command: Command,
    /// How long its answer may take.
    pub timeout_ms: u64,
}

/// Follows a triggered module to its resolution, over 0 to n losses of its port.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// The phase that begins with the trigger: `deliver` where the trigger starts the download, else `update`.
    pub begins: Phase,
    /// What a line means for the update.
    pub signs: fn(&Line) -> Option<Sign>,
    /// The family's status read.
    pub status: Option<Command>,
    /// A command that is the same trigger, not a second one, and may be sent again in silence.
    pub repeat: Option<Repeat>,
    /// How to ask who is there.
    pub identify: Arc<Identify>,
    /// What must be found.
    pub expected: Expected,
    /// The times.
    pub waits: Waits,
}

/// A reset command that was never answered may be sent again while the module says that it has not acted on it.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// What is sent again.
    pub command: Command,
    /// Whether a line of the status read says that nothing has happened yet.
    pub still: fn(&Line) -> bool,
    /// How often at most.
    pub times: u32,
}

/// What a module must be after its update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The IMEI that was triggered.
    pub imei: Imei,
    /// Its normalised model.
    pub model: String,
    /// The revision before the trigger.
    pub old: String,
    /// The revision that the package leads to.
    pub new: String,
}

/// The times of a follow-up, in milliseconds (`families.md`, "Deadlines").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// After a sign that it is over (end, boot, port back), so long nothing is asked.
    pub calm_ms: u64,
    /// Without a sign of life for so long, an answer with the old revision counts.
    pub quiet_ms: u64,
    /// How long a download by the module itself may make no progress; then its token is revoked, and quiet begins.
    pub download_idle_ms: u64,
    /// How long the port may be away.
    pub away_ms: u64,
    /// How long a port that never leaves may be silent; `None` where the port leaves.
    pub silence_ms: Option<u64>,
    /// From the trigger to the resolution.
    pub resolution_ms: u64,
}

/// What a line means for the update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It goes on, in this phase.
    Alive(Phase),
    /// It goes on; so many percent.
    Percent(u64),
    /// The module has restarted.
    Booted,
    /// It says that the update succeeded.
    Success,
    /// It says that something failed, and may try again by itself.
    Provisional(Fault),
    /// It says that it failed for good.
    Terminal(Fault),
}

impl Step {
    /// A step of `phase`, as `source` says.
    pub fn new(phase: Phase, source: &'static str, action: impl Into<Action>) -> Self {
        Self { phase, source, action: action.into() }
    }
}

macro_rules! into_action {
    ($($kind:ident)*) => {$(
        impl From<$kind> for Action {
            fn from(step: $kind) -> Self {
                Self::$kind(step.into())
            }
        }
    )*};
}

into_action!(Ask Poll Upload Trigger FollowUp Identify);
