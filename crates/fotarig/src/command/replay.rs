//! `fotarig replay`: a recorded event stream in the dashboard, or as lines where there is no terminal.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dashboard::{Feed, Options};
use events::Stamped;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep_until};

use crate::cli::Replay;
use crate::command::attach::shown;
use crate::command::report::print;
use crate::failure::Failure;
use crate::reader::lines::line;

/// Events on their way to the screen.
const EVENTS: usize = 1_024;
/// Bytes of a line; no event is as long.
const LINE_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) fn run(replay: &Replay) -> Result<ExitCode, Failure> {
    let path = &replay.events;
    // Once through before anything is shown: a file that is no recording is said to be none at once.
    let mut count = 0;
    Recording::open(path)?.each(|_| {
        count += 1;
        Ok(())
    })?;
    if count == 0 {
        return Err(Failure::usage(format!("{}: no events in it", path.display())).hint(RECORD));
    }
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = built.map_err(|error| Failure::environment(format!("cannot start: {error}")))?;
    if replay.headless || !std::io::stdout().is_terminal() {
        return runtime.block_on(as_lines(path, replay.speed));
    }
    let speed = replay.speed.unwrap_or(1.0);
    runtime.block_on(async {
        let (feed, news) = mpsc::channel(EVENTS);
        // Whoever wants an action of a recording is told by the dashboard itself that nobody takes it.
        let (wanted, _actions) = mpsc::channel(1);
        let playing = std::thread::spawn({
            let (path, handle) = (path.clone(), tokio::runtime::Handle::current());
            move || play(&path, speed, &feed, &handle)
        });
        let options = Options {
            recorded: true,
            speed,
            utc_offset_s: jiff::Zoned::now().offset().seconds(),
            ..Options::default()
        };
        let quit = dashboard::run(news, wanted, options).await;
        drop(playing);
        shown(quit)
    })
}

const RECORD: &str = "a recording is written by --events FILE on run, serve and demo";

/// Feeds the dashboard in the recording's own time.
fn play(path: &Path, speed: f64, feed: &Sender<Feed>, handle: &tokio::runtime::Handle) {
    let mut pace = Pace::new(speed);
    let played = Recording::open(path).and_then(|recording| {
        recording.each(|stamped| {
            let due = pace.due(&stamped);
            handle.block_on(async {
                tokio::select! {
                    () = sleep_until(due) => {}
                    () = feed.closed() => {}
                }
                let sent = feed.send(Feed::Event(Arc::new(stamped))).await;
                sent.map_err(|_| Failure::environment("the dashboard is gone"))
            })
        })
    });
    let text = played.map_or_else(|failure| failure.to_string(), |()| "the recording is over".to_owned());
    // The dashboard may be gone.
    let _gone = feed.blocking_send(Feed::Closed(text));
}

/// One line for each event: at once, or in the recording's own time when a speed is given.
async fn as_lines(path: &Path, speed: Option<f64>) -> Result<ExitCode, Failure> {
    let mut pace = speed.map(Pace::new);
    let mut recording = Recording::open(path)?;
    while let Some(stamped) = recording.next()? {
        if let Some(pace) = &mut pace {
            sleep_until(pace.due(&stamped)).await;
        }
        if let Some(line) = line(&stamped) {
            print(&(line + "\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// When each event is due.
struct Pace {
    speed: f64,
    start: Instant,
    began_ms: Option<u64>,
    last_ms: u64,
}

impl Pace {
    fn new(speed: f64) -> Self {
        Self { speed, start: Instant::now(), began_ms: None, last_ms: 0 }
    }

    /// A run that begins anew goes on without a pause.
    fn due(&mut self, stamped: &Stamped) -> Instant {
        if stamped.run_ms < self.last_ms || self.began_ms.is_none() {
            (self.start, self.began_ms) = (Instant::now(), Some(stamped.run_ms));
        }
        self.last_ms = stamped.run_ms;
        let after_ms = stamped.run_ms.saturating_sub(self.began_ms.unwrap_or_default());
        self.start + Duration::from_millis(after_ms).div_f64(self.speed)
    }
}

/// A file of events, read line by line.
struct Recording {
    path: PathBuf,
    file: BufReader<File>,
    number: usize,
}

impl Recording {
    fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| {
            Failure::usage(format!("cannot open {}: {error}", path.display())).hint(RECORD)
        })?;
        Ok(Self { path: path.to_owned(), file: BufReader::new(file), number: 0 })
    }

    fn each(mut self, mut show: impl FnMut(Stamped) -> Result<(), Failure>) -> Result<(), Failure> {
        while let Some(stamped) = self.next()? {
            show(stamped)?;
        }
        Ok(())
    }

    /// The next event. A last line that was cut off, as by a controller that was killed, is left out.
    fn next(&mut self) -> Result<Option<Stamped>, Failure> {
        loop {
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut self.file, LINE_BYTES).read_until(b'\n', &mut line);
            read.map_err(|error| {
                Failure::environment(format!("cannot read {}: {error}", self.path.display()))
            })?;
            if line.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            return match serde_json::from_slice(&line) {
                Ok(stamped) => Ok(Some(stamped)),
                Err(_) if line.last() != Some(&b'\n') && self.number > 1 => Ok(None),
                Err(error) => Err(self.bad(&error)),
            };
        }
    }

    fn bad(&self, error: &serde_json::Error) -> Failure {
        let (path, number) = (self.path.display(), self.number);
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        let message = format!("{path}: line {number}, column {}: no event: {what}", error.column());
        let hint = format!("{RECORD}; one line that was damaged can be left out: sed {number}d");
        Failure::usage(message).hint(hint)
    }
}
