//! What a command answers: information lines, a result code, and what follows from it.

use crate::raw::RawMode;
use crate::timeline::Script;

/// Final result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResultCode {
    /// `OK`
    Ok,
    /// `ERROR`, whatever `CMEE` says.
    Error,
    /// `+CME ERROR` with this number, or `ERROR`, as `CMEE` says.
    Cme(u16),
    /// Nothing: a prompt has been printed, or the module keeps silent.
    Nothing,
}

/// `+CME ERROR` 3: operation not allowed (3GPP TS 27.007, 9.2).
pub(crate) const NOT_ALLOWED: ResultCode = ResultCode::Cme(3);
/// `+CME ERROR` 10: no SIM card.
pub(crate) const NO_SIM: ResultCode = ResultCode::Cme(10);
/// `+CME ERROR` 22: not found.
pub(crate) const NOT_FOUND: ResultCode = ResultCode::Cme(22);
/// `+CME ERROR` 20: memory full.
pub(crate) const MEMORY_FULL: ResultCode = ResultCode::Cme(20);
/// `+CME ERROR` 50: incorrect parameters.
pub(crate) const WRONG_PARAMETERS: ResultCode = ResultCode::Cme(50);
/// `+CME ERROR` 100: unknown.
pub(crate) const UNKNOWN: ResultCode = ResultCode::Cme(100);

/// The wording of a `+CME ERROR` under `CMEE=2` (3GPP TS 27.007, 9.2).
pub(crate) const fn wording(number: u16) -> &'static str {
    match number {
        3 => "operation not allowed",
        4 => "operation not supported",
        10 => "SIM not inserted",
        20 => "memory full",
        22 => "not found",
        50 => "incorrect parameters",
        _ => "unknown",
    }
}

/// An answer, and what the command sets going.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Groups of information lines; a blank line stands between two groups.
    pub(crate) groups: Vec<Vec<String>>,
    /// The final result.
    pub(crate) result: ResultCode,
    /// How long the module takes; `None` for the usual 20–80 ms.
    pub(crate) delay_ms: Option<u64>,
    /// What happens after the answer, counted from it.
    pub(crate) script: Option<Script>,
    /// Raw bytes that the module takes after the answer.
    pub(crate) raw: Option<RawMode>,
}

impl Reply {
    pub(crate) const fn new(result: ResultCode) -> Self {
        Self { groups: Vec::new(), result, delay_ms: None, script: None, raw: None }
    }

    pub(crate) const fn ok() -> Self {
        Self::new(ResultCode::Ok)
    }

    pub(crate) const fn error() -> Self {
        Self::new(ResultCode::Error)
    }

    /// `OK` when `condition` holds, `otherwise` when it does not.
    pub(crate) const fn ok_if(condition: bool, otherwise: ResultCode) -> Self {
        Self::new(if condition { ResultCode::Ok } else { otherwise })
    }

    /// One information line, then `OK`.
    pub(crate) fn line(line: impl Into<String>) -> Self {
        Self::lines([line.into()])
    }

    /// Information lines in one group, then `OK`.
    pub(crate) fn lines<const N: usize>(lines: [String; N]) -> Self {
        let mut reply = Self::ok();
        reply.groups.push(lines.into());
        reply
    }

    /// A prompt line without a result, then raw bytes.
    pub(crate) fn prompt(prompt: &str, raw: RawMode) -> Self {
        let mut reply = Self::new(ResultCode::Nothing);
        reply.groups.push(vec![prompt.to_owned()]);
        reply.raw = Some(raw);
        reply
    }

    /// What a line says that asks for this and then for `next`: all information, the last result.
    pub(crate) fn followed_by(mut self, mut next: Self) -> Self {
        self.groups.append(&mut next.groups);
        let script = match (self.script, next.script) {
            (Some(mut first), Some(second)) => {
                first.merge(second);
                Some(first)
            }
            (first, second) => first.or(second),
        };
        Self { groups: self.groups, script, ..next }
    }

    pub(crate) const fn after_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = Some(delay_ms);
        self
    }

    pub(crate) fn then(mut self, script: Script) -> Self {
        self.script = Some(script);
        self
    }
}
