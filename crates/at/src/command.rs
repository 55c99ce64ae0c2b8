//! Commands that cannot be malformed: every text that goes in is checked (`families.md`, "For every family", 4).

use std::borrow::Cow;
use std::fmt;

use crate::mask::MASK;

/// A command line without its line end, and the same with its secrets masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    text: Cow<'static, str>,
    shown: Cow<'static, str>,
    secrets: Vec<String>,
}

impl Command {
    /// A command without parameters from outside: `AT+CSQ`, `AT+CFOTA?`, `AT+CFOTA=1`.
    pub fn plain(text: &'static str) -> Self {
        Self { text: text.into(), shown: text.into(), secrets: Vec::new() }
    }

    /// Begins `AT+NAME=` with parameters to follow.
    pub fn set(name: &'static str) -> Builder {
        Builder {
            name,
            text: format!("{name}="),
            shown: format!("{name}="),
            secrets: Vec::new(),
            first: true,
            error: None,
        }
    }

    /// What goes over the line, without the line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same for people: secrets masked.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The secrets in it, to be masked in echoes and answers.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// What goes over the line, with the line end.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.text.len() + 1);
        bytes.extend_from_slice(self.text.as_bytes());
        bytes.push(b'\r');
        bytes
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown)
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({})", self.shown)
    }
}

/// Why a text may not go into a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Longer than the parameter may be, in bytes.
    TooLong {
        /// Its length.
        length: usize,
        /// The most it may have.
        limit: usize,
    },
    /// It holds this character, which is not printable ASCII or would end the parameter.
    Character(char),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length, limit } => write!(f, "has {length} bytes, at most {limit} are allowed"),
            Self::Character(c) => write!(f, "holds {c:?}, which may not stand there"),
        }
    }
}

/// A parameter was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} of {command} {reason}")]
pub struct ParameterError {
    /// The command, as `AT+CFOTA`.
    pub command: &'static str,
    /// The parameter's name in the vendor's note.
    pub parameter: &'static str,
    /// Why.
    pub reason: Reason,
}

/// A command under construction; the first refused parameter is what [`Builder::build`] reports.
#[derive(Debug)]
pub struct Builder {
    name: &'static str,
    text: String,
    shown: String,
    secrets: Vec<String>,
    first: bool,
    error: Option<ParameterError>,
}

impl Builder {
    /// A number.
    pub fn number(self, value: impl Into<u64>) -> Self {
        let value = value.into().to_string();
        self.push(&value, &value)
    }

    /// A quoted text of ours, known to be fit.
    pub fn literal(self, value: &'static str) -> Self {
        let quoted = format!("\"{value}\"");
        self.push(&quoted, &quoted)
    }

    /// A quoted text from outside: printable ASCII, no quote, at most `limit` bytes.
    pub fn quoted(self, parameter: &'static str, value: &str, limit: usize) -> Self {
        let quoted = format!("\"{value}\"");
        self.check(parameter, value, limit, "").push(&quoted, &quoted)
    }

    /// As [`Self::quoted`], with the part `secret` of it masked wherever it is shown.
    pub fn quoted_with_secret(
        mut self,
        parameter: &'static str,
        value: &str,
        secret: &str,
        limit: usize,
    ) -> Self {
        let quoted = format!("\"{value}\"");
        let shown = if secret.is_empty() { quoted.clone() } else { quoted.replace(secret, MASK) };
        self.secrets.push(secret.to_owned());
        self.check(parameter, value, limit, "").push(&quoted, &shown)
    }

    /// An unquoted text from outside: as [`Self::quoted`], and neither comma, semicolon nor space.
    pub fn bare(self, parameter: &'static str, value: &str, limit: usize) -> Self {
        self.check(parameter, value, limit, ",; ").push(value, value)
    }

    /// As [`Self::bare`], masked wherever it is shown.
    pub fn bare_secret(mut self, parameter: &'static str, value: &str, limit: usize) -> Self {
        self.secrets.push(value.to_owned());
        self.check(parameter, value, limit, ",; ").push(value, MASK)
    }

    /// The command, or why a parameter was refused.
    pub fn build(self) -> Result<Command, ParameterError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Command { text: self.text.into(), shown: self.shown.into(), secrets: self.secrets }),
        }
    }

    fn check(mut self, parameter: &'static str, value: &str, limit: usize, forbidden: &str) -> Self {
        let odd = |c: &char| !(c.is_ascii_graphic() || *c == ' ') || *c == '"' || forbidden.contains(*c);
        let reason = value
            .chars()
            .find(odd)
            .map(Reason::Character)
            .or_else(|| (value.len() > limit).then_some(Reason::TooLong { length: value.len(), limit }));
        if let Some(reason) = reason {
            self.error.get_or_insert(ParameterError { command: self.name, parameter, reason });
        }
        self
    }

    fn push(mut self, text: &str, shown: &str) -> Self {
        if !self.first {
            self.text.push(',');
            self.shown.push(',');
        }
        self.first = false;
        self.text.push_str(text);
        self.shown.push_str(shown);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Reason};

    #[test]
    fn builds_what_the_note_prints() {
        let command = Command::set("AT+CFOTA")
            .number(0u8)
            .number(0u8)
            .quoted("url", "183.230.174.137:6047/fbf_dfota.bin", 255)
            .bare("username", "simcom", 128)
            .bare_secret("password", "simpw", 128)
            .build()
            .unwrap();
        assert_eq!(command.text(), "AT+CFOTA=0,0,\"183.230.174.137:6047/fbf_dfota.bin\",simcom,simpw");
        assert_eq!(command.shown(), "AT+CFOTA=0,0,\"183.230.174.137:6047/fbf_dfota.bin\",simcom,***");
        assert!(!format!("{command:?}").contains("simpw"));
        assert_eq!(command.bytes().last(), Some(&b'\r'));
    }

    #[test]
    fn refuses_what_would_end_the_parameter() {
        for value in ["a\"b", "a\rb", "a\nb", "a\x1ab", "ä", "\0"] {
            let error = Command::set("AT+X").quoted("url", value, 255).build().unwrap_err();
            assert!(matches!(error.reason, Reason::Character(_)), "{value:?}");
        }
        for value in ["a,b", "a;b", "a b", "a\"b"] {
            assert!(Command::set("AT+X").bare("username", value, 255).build().is_err(), "{value:?}");
        }
    }

    #[test]
    fn the_length_limit_is_exact() {
        assert!(Command::set("AT+X").quoted("url", &"u".repeat(255), 255).build().is_ok());
        let error = Command::set("AT+X").quoted("url", &"u".repeat(256), 255).build().unwrap_err();
        assert_eq!(error.to_string(), "url of AT+X has 256 bytes, at most 255 are allowed");
    }
}
