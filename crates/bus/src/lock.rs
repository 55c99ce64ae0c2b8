//! The lock that a controller holds on each slot through a whole run: a second controller is told who has it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Why a slot's lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another controller has it.
    #[error("{place} is held by another controller: {holder}")]
    Held {
        /// The slot's port.
        place: String,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The lock file cannot be used.
    #[error("cannot lock {place} by {path}")]
    File {
        /// The slot's port.
        place: String,
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The lock of one slot, held until it is dropped.
#[derive(Debug)]
pub struct SlotLock {
    _file: File,
}

impl SlotLock {
    /// Takes the lock of `place` (a USB port path or the path of a tty) in `folder`, or says who has it.
    pub fn take(folder: &Path, place: &str) -> Result<Self, LockError> {
        let path = folder.join(file_name(place));
        let refused = |source| LockError::File { place: place.to_owned(), path: path.clone(), source };
        std::fs::create_dir_all(folder).map_err(refused)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(refused)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            // Who has it is a courtesy; that somebody has it is certain.
            let _read = file.take(200).read_to_string(&mut holder);
            return Err(LockError::Held { place: place.to_owned(), holder: holder.trim().to_owned() });
        }
        let about = format!("fotarig, process {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(about.as_bytes()))
            .map_err(refused)?;
        Ok(Self { _file: file })
    }

    /// Where locks are kept: `/run/lock/fotarig`, or the user's runtime directory where that cannot be written.
    pub fn folder() -> PathBuf {
        let system = PathBuf::from("/run/lock/fotarig");
        if std::fs::create_dir_all(&system).is_ok()
            && rustix::fs::access(&system, rustix::fs::Access::WRITE_OK).is_ok()
        {
            return system;
        }
        std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from).join("fotarig")
    }
}

/// `place` as one file name: a port path as it is, the slashes of a tty's path as `%2F`.
fn file_name(place: &str) -> String {
    place.replace('%', "%25").replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::{LockError, SlotLock, file_name};

    #[test]
    fn the_second_one_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = SlotLock::take(folder.path(), "1-1.4").unwrap();
        let Err(LockError::Held { holder, .. }) = SlotLock::take(folder.path(), "1-1.4") else {
            panic!("taken twice")
        };
        assert_eq!(holder, format!("fotarig, process {}", std::process::id()));
        SlotLock::take(folder.path(), "1-14").unwrap();
        drop(first);
        SlotLock::take(folder.path(), "1-1.4").unwrap();
    }

    #[test]
    fn different_places_have_different_files() {
        assert_ne!(file_name("/dev/a/b"), file_name("/dev/a%2Fb"));
        assert_eq!(file_name("1-1.4.2"), "1-1.4.2");
    }
}
