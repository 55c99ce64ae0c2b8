//! The events of all batches in one file, as JSON lines.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use events::Stamped;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::failure::Failure;

/// A file to which events are appended.
#[derive(Clone)]
pub(crate) struct Recording(Arc<Mutex<BufWriter<File>>>);

impl Recording {
    /// Opens the file; what is in it stays.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|error| {
            Failure::environment(format!("cannot open {}: {error}", path.display()))
                .hint("name another file for --events")
        })?;
        Ok(Self(Arc::new(Mutex::new(BufWriter::new(file)))))
    }

    /// Writes the events of one run. It blocks: it has a thread of its own.
    pub(crate) fn follow(&self, mut events: Receiver<Arc<Stamped>>) -> std::io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match events.blocking_recv() {
                Ok(stamped) => {
                    serde_json::to_writer(&mut *file, &*stamped)?;
                    file.write_all(b"\n")?;
                    if events.is_empty() {
                        file.flush()?;
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    eprintln!(
                        "warning: {missed} events are missing in the events file: it could not be written fast enough"
                    );
                }
                Err(RecvError::Closed) => return file.flush(),
            }
        }
    }
}
