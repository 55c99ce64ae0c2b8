//! What must never happen.

use std::fmt;

/// A rule of the house that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `passed` or `already` of a module that does not run the target, or has lost its IMEI.
    FalsePass,
    /// A trigger while an earlier one on the IMEI was unresolved.
    DoubleTrigger,
    /// A trigger without a durable checkpoint of its own.
    NoCheckpoint,
    /// A command past the point of no return that is no probe of the family's list.
    UnlistedCommand,
    /// A probe past the point of no return before it was quiet.
    EarlyProbe,
    /// Another byte than the file's in data mode.
    ForeignByte,
    /// A trigger was said to be resolved and no rule of the four held.
    FalseResolution,
    /// No verdict, or one that contradicts what happened.
    UntruthfulRecord,
    /// An unresolved trigger that the record does not hold.
    ForgottenTrigger,
    /// A note of level error.
    ErrorNote,
    /// A run that does not end.
    Endless,
    /// Something panicked.
    Panic,
}

impl Kind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::FalsePass,
        Self::DoubleTrigger,
        Self::NoCheckpoint,
        Self::UnlistedCommand,
        Self::EarlyProbe,
        Self::ForeignByte,
        Self::FalseResolution,
        Self::UntruthfulRecord,
        Self::ForgottenTrigger,
        Self::ErrorNote,
        Self::Endless,
        Self::Panic,
    ];

    /// As a table names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FalsePass => "false passes",
            Self::DoubleTrigger => "double triggers",
            Self::NoCheckpoint => "triggers without a durable checkpoint",
            Self::UnlistedCommand => "commands past the point of no return that are no listed probes",
            Self::EarlyProbe => "probes past the point of no return before quiet",
            Self::ForeignByte => "foreign bytes in data mode",
            Self::FalseResolution => "resolutions that no rule allows",
            Self::UntruthfulRecord => "units without a truthful record",
            Self::ForgottenTrigger => "unresolved triggers that the record forgot",
            Self::ErrorNote => "notes of level error",
            Self::Endless => "runs without an end",
            Self::Panic => "panics",
        }
    }
}

/// A rule that was broken, when and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Which.
    pub kind: Kind,
    /// When, milliseconds of the rack's life.
    pub at_ms: u64,
    /// Where and how.
    pub text: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms: {}: {}", self.at_ms, self.kind.name(), self.text)
    }
}
