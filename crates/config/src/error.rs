//! What is wrong with a file, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place in a configuration file. Displayed as `rack.toml:12:8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named to the program.
    pub path: Arc<Path>,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// Why a file was refused. Displayed whole: the place, what was expected and found, and on a line of its own what
/// to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}: cannot be read: {cause}\n  check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is longer than any rack or batch can be.
    #[error("{}: longer than {limit_bytes} bytes\n  check that this is the right file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The longest file that is read.
        limit_bytes: u64,
    },
    /// Something in the file is wrong.
    #[error("{place}: {message}\n  {help}")]
    Invalid {
        /// Where.
        place: Place,
        /// What was expected and what was found.
        message: String,
        /// What to do.
        help: String,
    },
}

/// Something in a file that is legal and probably not meant. Displayed like an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What was found.
    pub message: String,
    /// What to do, or what will happen.
    pub help: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  {}", self.place, self.message, self.help)
    }
}
