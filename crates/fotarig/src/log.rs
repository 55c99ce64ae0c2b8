//! Logs to stderr, for people or as JSON; held back while the dashboard has the terminal.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

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

/// Starts logging. `FOTARIG_LOG` chooses what (`fotarig=debug`, `bus=info` …); `usually` when it is not given.
pub(crate) fn start(format: Format, usually: &str) {
    let filter = EnvFilter::try_from_env("FOTARIG_LOG").unwrap_or_else(|_| EnvFilter::new(usually));
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Line);
    match (format, is_journal()) {
        (Format::Human, false) => logger.with_ansi(has_colours()).init(),
        (Format::Human, true) => {
            logger.with_ansi(false).without_time().map_event_format(OfJournal).init();
        }
        (Format::Json, false) => logger.json().init(),
        (Format::Json, true) => logger.json().without_time().map_event_format(OfJournal).init(),
    }
}

fn has_colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether stderr leads to the journal, which systemd names by its device and inode.
fn is_journal() -> bool {
    let (Ok(named), Ok(stderr)) = (std::env::var("JOURNAL_STREAM"), rustix::fs::fstat(io::stderr())) else {
        return false;
    };
    named == format!("{}:{}", stderr.st_dev, stderr.st_ino)
}

/// A line as the journal wants it: no time and no colour of its own, and its priority in front (sd-daemon(3)).
struct OfJournal<F>(F);

impl<S, N, F> FormatEvent<S, N> for OfJournal<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
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
