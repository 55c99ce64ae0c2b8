//! Logs to stderr, for people or as JSON; held back while the dashboard has the terminal.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::reader::screen;

/// Lines that are held back at most; the oldest are dropped.
const HELD: usize = 500;

static HELD_BACK: Mutex<VecDeque<Vec<u8>>> = Mutex::new(VecDeque::new());

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

/// Starts logging. `FOTARIG_LOG` chooses what (`warn` when not given; `control=debug`, `rig=info` …).
pub(crate) fn start(format: Format) {
    let filter = EnvFilter::try_from_env("FOTARIG_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Line);
    match format {
        // The journal has its own time and no colours.
        Format::Human => logger.with_ansi(io::stderr().is_terminal()).init(),
        Format::Json => logger.json().init(),
    }
}

/// Shows what was held back.
pub(crate) fn release() {
    let lines = std::mem::take(&mut *HELD_BACK.lock().unwrap_or_else(PoisonError::into_inner));
    for line in lines {
        // A terminal that is gone has nobody to tell.
        let _gone = io::stderr().write_all(&line);
    }
}

/// Where one line goes.
struct Line;

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !screen::is_on() {
            return io::stderr().write(line);
        }
        let mut held = HELD_BACK.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() == HELD {
            held.pop_front();
        }
        held.push_back(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
