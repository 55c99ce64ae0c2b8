//! What goes wrong, for people: place, cause, next step, and the exit code.

use std::fmt;
use std::process::ExitCode;

/// Exit status: some module failed, was refused, aborted or is unknown.
pub(crate) const NOT_ALL_GOOD: u8 = 1;
/// Exit status: usage or configuration.
pub(crate) const USAGE: u8 = 2;
/// Exit status: stopped by the batch's policy.
pub(crate) const HALTED: u8 = 3;
/// Exit status: the environment.
pub(crate) const ENVIRONMENT: u8 = 4;
/// Exit status: interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command did not do what it should.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The configuration or the command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into() }
    }

    /// The machine does not provide what is needed.
    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self { code: ENVIRONMENT, message: message.into() }
    }

    /// With what to do about it.
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.message = format!("{}\n  {hint}", self.message);
        self
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<config::ConfigError> for Failure {
    fn from(error: config::ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<rig::RigError> for Failure {
    fn from(error: rig::RigError) -> Self {
        let hint = match &error {
            rig::RigError::Lock(_) => "stop the other controller, or wait until its batch is done",
            rig::RigError::Bus(_) => "see what `fotarig doctor` says",
            rig::RigError::Host(_) => {
                "choose another port or certificate in [hosting], or stop the program that has the port"
            }
            rig::RigError::Address(_) => "name what modules dial: public = \"host:port\" in [hosting]",
            rig::RigError::Ledger(_) => "check the file and its folder, or name another one in [ledger] path",
            rig::RigError::Record(_) => {
                "make room on the disk and run the batch again: it goes on from what is recorded"
            }
        };
        Self::environment(chain(&error)).hint(hint)
    }
}

impl From<ledger::LedgerError> for Failure {
    fn from(error: ledger::LedgerError) -> Self {
        Self::environment(chain(&error)).hint("check the file and its folder, or name another one")
    }
}

/// An error with its causes, each said once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
