//! Credentials: the files say where they are, never what they are.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::section::Item;
use crate::{ConfigError, Place};

const LONGEST_BYTES: u64 = 4096;

/// Where a credential is: `{ env = "NAME" }` or `{ file = "…" }`. It holds no secret itself and may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    place: Place,
    reference: Reference,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reference {
    Env(String),
    File(PathBuf),
}

/// The value of a credential. It prints as `***`; only [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself: for the command or the login that needs it, and for masking it elsewhere.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Credential {
    /// Where the reference stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Looks the value up, now. One newline at the end of a file is not part of it. The error names the place of the
    /// reference; it never shows what was read.
    pub fn read(&self) -> Result<Secret, ConfigError> {
        match &self.reference {
            Reference::Env(name) => self.read_env(name),
            Reference::File(path) => self.read_file(path),
        }
    }

    fn read_env(&self, name: &str) -> Result<Secret, ConfigError> {
        match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(Secret(value)),
            Ok(_) => {
                Err(self
                    .fail(format!("the environment variable `{name}` is empty"), "set it, then start again"))
            }
            Err(std::env::VarError::NotPresent) => Err(self
                .fail(format!("the environment variable `{name}` is not set"), "set it, then start again")),
            Err(std::env::VarError::NotUnicode(_)) => Err(self.fail(
                format!("the environment variable `{name}` is not UTF-8"),
                "set it to text, then start again",
            )),
        }
    }

    fn read_file(&self, path: &Path) -> Result<Secret, ConfigError> {
        let shown = path.display();
        let mut text = String::new();
        File::open(path).and_then(|file| file.take(LONGEST_BYTES + 1).read_to_string(&mut text)).map_err(
            |cause| {
                let message = format!("the credential's file {shown} cannot be read: {cause}");
                self.fail(message, "check the path (relative to this file) and its permissions")
            },
        )?;
        let value =
            text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if value.is_empty() || text.len() as u64 > LONGEST_BYTES {
            let message =
                format!("the credential's file {shown} is empty or longer than {LONGEST_BYTES} bytes");
            return Err(self.fail(message, "put the credential alone into that file"));
        }
        Ok(Secret(value.to_owned()))
    }

    fn fail(&self, message: String, help: &str) -> ConfigError {
        ConfigError::Invalid { place: self.place.clone(), message, help: help.to_owned() }
    }
}

/// A reference to a credential. A credential in the clear is refused, and not repeated in the error.
pub(crate) fn credential(item: &Item<'_>) -> Result<Credential, ConfigError> {
    let help =
        "write `{ env = \"NAME\" }` or `{ file = \"path\" }`: a credential does not belong into this file";
    if !item.is_table() {
        return Err(item.fail("expected a reference to a credential, found a plain value", help));
    }
    let table = item.section(&["env", "file"], help)?;
    let env = table.maybe("env", env_name)?;
    let file = table.maybe("file", Item::path)?;
    let reference = match (env, file) {
        (Some(name), None) => Reference::Env(name),
        (None, Some(path)) => Reference::File(path),
        (Some(_), Some(_)) => return Err(item.fail("expected one of `env` and `file`, found both", help)),
        (None, None) => return Err(item.fail("expected one of `env` and `file`, found neither", help)),
    };
    Ok(Credential { place: item.place(), reference })
}

/// The name of an environment variable. What is none may be the credential itself, so the error doesn't repeat it.
fn env_name(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    let fits = (1..=128).contains(&text.len()) && !text.starts_with(|first: char| first.is_ascii_digit());
    let clean = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !(fits && clean) {
        let help = "write the name alone: letters, digits and `_`, as in \"FOTARIG_APN_PASSWORD\"";
        return Err(item.fail("expected the name of an environment variable, found something else", help));
    }
    Ok(text.to_owned())
}
