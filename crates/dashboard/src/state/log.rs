//! What is worth telling, in the order in which it happened.

use std::collections::VecDeque;

use events::Level;

use super::Now;
use crate::text::clean;

/// Lines kept.
const LINES: usize = 1_000;

/// The last thousand things worth telling.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) lines: VecDeque<LogLine>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct LogLine {
    pub(crate) at: Now,
    pub(crate) level: Level,
    pub(crate) slot: Option<String>,
    pub(crate) text: String,
}

impl Log {
    /// Takes a line.
    pub(crate) fn push(&mut self, at: Now, level: Level, slot: Option<&str>, text: &str) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(LogLine { at, level, slot: slot.map(clean), text: clean(text) });
    }

    /// The lines of at least `level`, the last one first.
    pub(crate) fn newest_first(&self, level: Level) -> impl Iterator<Item = &LogLine> {
        self.lines.iter().rev().filter(move |line| line.level >= level)
    }
}
