//! Phases of a procedure, outcomes of an attempt, verdicts of a unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a module is being taken through. The order is the plan's: where download and trigger are one command,
/// `trigger` comes before `deliver`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Who is in the slot: model, IMEI, revision.
    Identify,
    /// Whether the update can work: unfinished updates, SIM, signal, registration, bearer.
    Preflight,
    /// The package reaches the module.
    Deliver,
    /// The command that starts the update.
    Trigger,
    /// The module updates itself.
    Update,
    /// The module restarts; its port may leave the bus.
    Reboot,
    /// The module is identified again and compared with the target.
    Verify,
    /// Files, file systems and settings are put back.
    Cleanup,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 8] = [
        Self::Identify,
        Self::Preflight,
        Self::Deliver,
        Self::Trigger,
        Self::Update,
        Self::Reboot,
        Self::Verify,
        Self::Cleanup,
    ];

    /// The name used in records, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Preflight => "preflight",
            Self::Deliver => "deliver",
            Self::Trigger => "trigger",
            Self::Update => "update",
            Self::Reboot => "reboot",
            Self::Verify => "verify",
            Self::Cleanup => "cleanup",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPhase(pub String);

impl FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|phase| phase.name() == text).ok_or_else(|| UnknownPhase(text.to_owned()))
    }
}

/// How one try of one package on one module ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptOutcome {
    /// The package's revision is reached, and it is the batch's target.
    Passed,
    /// The package's revision is reached; more packages follow.
    Advanced,
    /// It failed, and the module is as it was before, or will not be touched again.
    Failed,
    /// Nothing was flashed.
    Aborted,
    /// The trigger is unresolved.
    Unknown,
}

impl AttemptOutcome {
    /// The name used in records and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Advanced => "advanced",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of one module at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Identified again after the update: same IMEI, same model, exactly the target revision, settled.
    Passed,
    /// It was at the target already.
    Already,
    /// Not begun: no route, wrong model, a check before it.
    Refused,
    /// It did not reach the target.
    Failed,
    /// Nothing was flashed: stopped before the trigger, or resolved back to the old revision after one.
    Aborted,
    /// A trigger is unresolved; the IMEI is held.
    Unknown,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] =
        [Self::Passed, Self::Already, Self::Refused, Self::Failed, Self::Aborted, Self::Unknown];

    /// The name used in records, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Already => "already",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Unknown => "unknown",
        }
    }

    /// A symbol for it, so that state never hangs on colour alone.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Passed => "✔",
            Self::Already => "=",
            Self::Refused => "∅",
            Self::Failed => "✘",
            Self::Aborted => "◼",
            Self::Unknown => "?",
        }
    }

    /// Whether the module is at its target.
    pub const fn good(self) -> bool {
        matches!(self, Self::Passed | Self::Already)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Verdict};

    #[test]
    fn names_are_what_serde_writes() {
        for phase in Phase::ALL {
            assert_eq!(serde_json::to_string(&phase).unwrap(), format!("\"{phase}\""));
            assert_eq!(phase.name().parse(), Ok(phase));
        }
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{verdict}\""));
        }
    }
}
