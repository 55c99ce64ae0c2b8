//! The public event stream as JSON lines.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use control::Unhurried;
use events::{Event, Level, Stamped};
use tokio::sync::broadcast::error::RecvError;

use crate::failure::Failure;

/// A file for events.
pub(crate) struct EventsFile {
    file: BufWriter<File>,
}

impl EventsFile {
    /// Creates the file.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let refused = |error| {
            Failure::environment(format!("cannot create {}: {error}", path.display()))
                .hint("name another file for --events")
        };
        Ok(Self { file: BufWriter::new(File::create(path).map_err(refused)?) })
    }

    /// Writes events until the run ends; `Err` tells why it could not. Events it was too slow for are said to be missing.
    pub(crate) async fn follow(mut self, mut events: Unhurried) -> std::io::Result<()> {
        let mut last: Option<Arc<Stamped>> = None;
        loop {
            match events.next().await {
                Ok(stamped) => {
                    self.write(&stamped)?;
                    last = Some(stamped);
                }
                Err(RecvError::Lagged(missed)) => {
                    let text = format!(
                        "{missed} events are missing here: the file could not be written fast enough"
                    );
                    let note = Event::Note { slot: None, level: Level::Error, text };
                    if let Some(last) = &last {
                        self.write(&Stamped { event: note, ..(**last).clone() })?;
                    }
                }
                Err(RecvError::Closed) => return self.file.flush(),
            }
        }
    }

    fn write(&mut self, stamped: &Stamped) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.file, stamped)?;
        self.file.write_all(b"\n")
    }
}
