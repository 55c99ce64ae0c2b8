//! What people ask of a running controller, and the rules by which a batch stops itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Imei;

/// What somebody wants of the controller; dashboards and `fotarig ctl` send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
#[expect(missing_docs, reason = "the fields are the words of product.md; each variant says what is wanted")]
pub enum Action {
    /// Start nothing new until [`Action::Resume`].
    Pause,
    /// Start again. After a halt by the batch's policy it is refused: a person has to look, then start anew.
    Resume,
    /// Start nothing new, see through what is past its trigger, then end.
    Stop,
    /// End now: what is past its trigger is recorded as `unknown` and followed up by the next run.
    Detach,
    /// Test the module in a slot that is done, once more.
    Retry { slot: String },
    /// Give up on the module in a slot. Past its trigger it is refused, but for a download from the package host: that is
    /// stopped by revoking its token, and the module seen to its resolution.
    Abort { slot: String },
    /// Start nothing more in a slot.
    Quarantine { slot: String },
    /// Take a slot out of quarantine.
    Release { slot: String },
    /// Let go of an IMEI that is held by an unresolved trigger: a person has examined the module.
    ReleaseImei { imei: Imei },
    /// The IMEI that the label of the module in a slot shows; the module's own must equal it.
    Expect { slot: String, imei: Imei },
    /// Start the next batch, by the path of its file on the controller's machine.
    Start { batch: String },
}

impl Action {
    /// The slot it concerns.
    pub fn slot(&self) -> Option<&str> {
        match self {
            Self::Retry { slot }
            | Self::Abort { slot }
            | Self::Quarantine { slot }
            | Self::Release { slot }
            | Self::Expect { slot, .. } => Some(slot),
            Self::Pause
            | Self::Resume
            | Self::Stop
            | Self::Detach
            | Self::ReleaseImei { .. }
            | Self::Start { .. } => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Stop => f.write_str("stop"),
            Self::Detach => f.write_str("detach"),
            Self::Retry { slot } => write!(f, "retry {slot}"),
            Self::Abort { slot } => write!(f, "abort {slot}"),
            Self::Quarantine { slot } => write!(f, "quarantine {slot}"),
            Self::Release { slot } => write!(f, "release {slot}"),
            Self::ReleaseImei { imei } => write!(f, "release IMEI {imei}"),
            Self::Expect { slot, imei } => write!(f, "expect IMEI {imei} in {slot}"),
            Self::Start { batch } => write!(f, "start {batch}"),
        }
    }
}

/// A rule of the batch's policy that stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `canary`: one of the first modules did not pass.
    Canary,
    /// `stop_after_failures`: so many in a row.
    FailuresInARow,
    /// `stop_at_failure_rate`: too large a part of the finished modules.
    FailureRate,
}

impl Rule {
    /// Its key in `[policy]`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::FailuresInARow => "stop_after_failures",
            Self::FailureRate => "stop_at_failure_rate",
        }
    }
}
