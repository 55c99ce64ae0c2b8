//! The public event stream as JSON lines.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use control::Unhurried;
use events::{Event, Level, Stamped};
use tokio::sync::broadcast::error::RecvError;

use crate::failure::Failure;

/// A file for events, of one run or of several, one after the other.
#[derive(Clone)]
pub(crate) struct EventsFile(Arc<Mutex<BufWriter<File>>>);

impl EventsFile {
    /// Creates the file.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        Self::of(File::create(path), path, "create")
    }

    /// Opens the file; what is in it stays.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Self::of(OpenOptions::new().create(true).append(true).open(path), path, "open")
    }

    fn of(opened: std::io::Result<File>, path: &Path, what: &str) -> Result<Self, Failure> {
        let refused = |error| {
            Failure::environment(format!("cannot {what} {}: {error}", path.display()))
                .hint("name another file for --events")
        };
        Ok(Self(Arc::new(Mutex::new(BufWriter::new(opened.map_err(refused)?)))))
    }

    /// Writes events until the run ends; `Err` tells why it could not. Events it was too slow for are said to be missing.
    /// It blocks while the disk does.
    pub(crate) async fn follow(self, mut events: Unhurried) -> std::io::Result<()> {
        let mut last: Option<Arc<Stamped>> = None;
        loop {
            let told = events.next().await;
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match told {
                Ok(stamped) => {
                    write(&mut file, &stamped)?;
                    last = Some(stamped);
                }
                Err(RecvError::Lagged(missed)) => {
                    let text = format!(
                        "{missed} events are missing here: the file could not be written fast enough"
                    );
                    let note = Event::Note { slot: None, level: Level::Error, text };
                    if let Some(last) = &last {
                        write(&mut file, &Stamped { event: note, ..(**last).clone() })?;
                    }
                }
                Err(RecvError::Closed) => return file.flush(),
            }
            if events.is_empty() {
                file.flush()?;
            }
        }
    }
}

fn write(file: &mut BufWriter<File>, stamped: &Stamped) -> std::io::Result<()> {
    serde_json::to_writer(&mut *file, stamped)?;
    file.write_all(b"\n")
}
