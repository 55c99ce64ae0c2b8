//! One pseudo-terminal, from the far end.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::io::unix::AsyncFd;

/// A module's port: dropping it hangs up whoever has it open.
#[derive(Debug)]
pub struct Port {
    master: AsyncFd<OwnedFd>,
    /// Held open so that the master never reads `EIO` while nobody has the port open.
    slave: OwnedFd,
    tty: PathBuf,
}

/// The number of a port that has gone, kept from being used again (behaviour 3).
#[derive(Debug)]
pub(crate) struct UsedNumber(#[expect(dead_code, reason = "held, never read")] OwnedFd);

impl Port {
    /// Opens a pseudo-terminal in raw mode. Must be called inside a tokio runtime.
    pub fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
        let mut settings = tcgetattr(&slave)?;
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        let flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        #[expect(
            deprecated,
            reason = "`register` is unsafe, and an `OwnedFd` keeps its descriptor as it must"
        )]
        let master = AsyncFd::new(master)?;
        Ok(Self { master, slave, tty: OsStr::from_bytes(name.to_bytes()).into() })
    }

    /// The end that a controller opens.
    pub fn tty(&self) -> &Path {
        &self.tty
    }

    /// Reads what a controller has written.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.master.readable().await?;
            match ready.try_io(|master| Ok(rustix::io::read(master.as_fd(), &mut *buffer)?)) {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Writes as much of `bytes` as fits.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.master.writable().await?;
            match ready.try_io(|master| Ok(rustix::io::write(master.as_fd(), bytes)?)) {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Writes what fits at once; the rest is lost.
    pub(crate) fn write_now(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            // The port is about to go: what it does not take is gone with it.
            let _ = rustix::io::write(self.master.get_ref(), bytes);
        }
    }

    /// Hangs up, and keeps the number from being used by the next port.
    pub(crate) fn hang_up(self) -> io::Result<UsedNumber> {
        Ok(UsedNumber(self.slave.try_clone()?))
    }
}
