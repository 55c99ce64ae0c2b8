//! A file's text, and the places in it.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeTable;

use crate::{ConfigError, Place};

/// The longest file that is read: some thousand slots or packages with their comments.
const LIMIT_BYTES: u64 = 4 << 20;

/// The text of one file and the name it has in messages.
pub(crate) struct Source<'t> {
    path: Arc<Path>,
    text: &'t str,
}

impl<'t> Source<'t> {
    pub(crate) fn new(path: &Path, text: &'t str) -> Self {
        Self { path: path.into(), text }
    }

    /// The file as a TOML table, with the place of each key and value.
    pub(crate) fn table(&self) -> Result<Spanned<DeTable<'t>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let help = "this is where the file stops being TOML; look also at the line before it";
            self.error(&span, error.message(), help)
        })
    }

    /// Where `span` begins.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let start = span.start.min(self.text.len());
        let boundary = (0..=start).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..boundary];
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place {
            path: Arc::clone(&self.path),
            line: 1 + before.matches('\n').count(),
            column: 1 + line.chars().count(),
        }
    }

    /// The error `message` at `span`, with what to do about it.
    pub(crate) fn error(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ConfigError {
        ConfigError::Invalid { place: self.place(span), message: message.into(), help: help.into() }
    }

    /// `path` as seen from the directory of this file.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// The text of the file at `path`.
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |cause| ConfigError::Unreadable { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LIMIT_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(ConfigError::TooLong { path: path.to_owned(), limit_bytes: LIMIT_BYTES });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        Source::new(path, &text).error(
            &(valid..valid),
            "expected UTF-8, found a byte that is not",
            "save the file as UTF-8",
        )
    })
}
