//! The lock beside the ledger: one writer at a time, and whoever comes second is told who has it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::LedgerError;

/// More than a holder's line ever has, in bytes.
const LINE_LIMIT: u64 = 256;

/// Held while it lives. The system releases it when the process ends, however it ends; the file stays.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the ledger at `path`.
    pub(crate) fn take(path: &Path) -> Result<Self, LedgerError> {
        let lock_path = beside(path)?;
        let failed = |source: io::Error| LedgerError::Lock { path: lock_path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(LedgerError::Held { path: path.to_owned(), holder: holder(&mut file) });
            }
            Err(errno) => return Err(failed(errno.into())),
        }
        sign(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// `<path>.lock`, the same for every name of one ledger.
fn beside(path: &Path) -> Result<PathBuf, LedgerError> {
    let failed = |source: io::Error| LedgerError::Lock { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    // A ledger that does not exist yet has its folder's true name.
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(_) => fs::canonicalize(folder).map_err(failed)?.join(name),
    };
    let mut lock: OsString = real.into_os_string();
    lock.push(".lock");
    Ok(lock.into())
}

/// Writes down who holds the lock.
fn sign(file: &mut File) -> io::Result<()> {
    let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let line = format!("pid {} on {node} since {:.0}\n", process::id(), jiff::Timestamp::now());
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(line.as_bytes())
}

/// What the holder wrote; it may just be about to.
fn holder(file: &mut File) -> String {
    let mut line = String::new();
    // Whatever is unreadable about it, the lock is held.
    let _ = Read::take(file, LINE_LIMIT).read_to_string(&mut line);
    let line: String = line.trim().chars().filter(|letter| !letter.is_control()).collect();
    if line.is_empty() { "another process".to_owned() } else { line }
}

/// Whether a controller has the ledger at `path` open for writing at the moment. It takes no lock to find out, so it is in
/// nobody's way. `None` when the system does not tell; a controller in another container is not seen.
pub fn is_held(path: &Path) -> Option<bool> {
    let inode = fs::metadata(beside(path).ok()?).ok()?.ino();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 4242 fe:00:123456 0 EOF`; waiting ones have `->` before their kind.
    let held = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let flock = words.next() == Some("FLOCK");
        flock && words.nth(3).and_then(|place| place.rsplit(':').next()) == Some(inode.to_string().as_str())
    };
    Some(locks.lines().any(held))
}
