//! Faults: a stable code, a class, a message. The class alone decides whether a retry is allowed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Phase, What};

/// Where the cause of a fault lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultClass {
    /// Came and may go: tried again the same way.
    Transient,
    /// Radio, bearer, package host, or this way of delivery as such: tried again, by the batch's next delivery where
    /// there is one.
    Network,
    /// The package or the batch is wrong: the same again would fail again.
    Package,
    /// The module is.
    Module,
    /// The slot is: cable, hub, power, or whoever changed the module.
    Fixture,
    /// The rig is: disk, record, interruption.
    Rig,
}

/// What a fault's class allows next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Another attempt by the same delivery.
    Same,
    /// Another attempt, by the next delivery of the batch where there is one.
    NextDelivery,
    /// The same again as soon as the record can be written, without counting: it says nothing of the module.
    WhenMended,
    /// None.
    No,
}

impl FaultClass {
    /// The name used in records, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Network => "network",
            Self::Package => "package",
            Self::Module => "module",
            Self::Fixture => "fixture",
            Self::Rig => "rig",
        }
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A stable code: `E-<PHASE>-<WHAT>`. The catalogue of [`What`] says what each means and in which phases it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultCode {
    /// The phase it occurred in.
    pub phase: Phase,
    /// What occurred.
    pub what: What,
}

impl FaultCode {
    /// The code for `what` in `phase`.
    pub const fn new(phase: Phase, what: What) -> Self {
        Self { phase, what }
    }

    /// Every code of the catalogue, phase by phase.
    pub fn all() -> impl Iterator<Item = Self> {
        Phase::ALL.into_iter().flat_map(|phase| {
            What::ALL
                .iter()
                .filter(move |what| what.phases().contains(&phase))
                .map(move |what| Self::new(phase, *what))
        })
    }

    /// Where its cause lies.
    pub const fn class(self) -> FaultClass {
        self.what.class()
    }

    /// What is allowed after it: its class decides, but for the record's, which mends without a person at the slot.
    pub const fn retry(self) -> Retry {
        match (self.what, self.class()) {
            (What::Record, _) => Retry::WhenMended,
            (_, FaultClass::Transient) => Retry::Same,
            (_, FaultClass::Network) => Retry::NextDelivery,
            (_, FaultClass::Package | FaultClass::Module | FaultClass::Fixture | FaultClass::Rig) => {
                Retry::No
            }
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("E-{}-{}", self.phase.name().to_ascii_uppercase(), self.what.name()))
    }
}

/// The text is no code of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFaultCode(pub String);

impl fmt::Display for UnknownFaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown fault code `{}`", self.0)
    }
}

impl std::error::Error for UnknownFaultCode {}

impl FromStr for FaultCode {
    type Err = UnknownFaultCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|code| code.to_string() == text).ok_or_else(|| UnknownFaultCode(text.to_owned()))
    }
}

impl TryFrom<String> for FaultCode {
    type Error = UnknownFaultCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FaultCode> for String {
    fn from(code: FaultCode) -> Self {
        code.to_string()
    }
}

/// Something that went wrong, as it is recorded and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The stable code.
    pub code: FaultCode,
    /// What was expected and what was found; printable, without secrets.
    pub message: String,
}

impl Fault {
    /// `what` in `phase`, with its particulars.
    pub fn new(phase: Phase, what: What, message: impl Into<String>) -> Self {
        Self { code: FaultCode::new(phase, what), message: message.into() }
    }

    /// Where its cause lies.
    pub const fn class(&self) -> FaultClass {
        self.code.class()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.code, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::FaultCode;
    use crate::What;

    #[test]
    fn every_kind_occurs_somewhere_and_every_code_reads_back() {
        for what in What::ALL {
            assert!(!what.phases().is_empty(), "{what:?}");
            assert!(!what.meaning().is_empty() && !what.action().is_empty(), "{what:?}");
        }
        for code in FaultCode::all() {
            assert_eq!(code.to_string().parse(), Ok(code));
        }
        assert!("E-VERIFY-NOTHING".parse::<FaultCode>().is_err());
    }
}
