//! A port on which nobody answers, and which tells whether anything was ever sent to it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// The far end of a PTY.
pub struct SilentPort {
    far: OwnedFd,
    // Held, so that the far end sees no hang-up before a controller opens it.
    near: OwnedFd,
    path: PathBuf,
}

impl SilentPort {
    /// A new one.
    pub fn new() -> Self {
        Self::open().unwrap_or_else(|error| panic!("no PTY: {error}"))
    }

    fn open() -> rustix::io::Result<Self> {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let near = ioctl_tiocgptpeer(&far, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        let mut raw = tcgetattr(&near)?;
        raw.make_raw();
        tcsetattr(&near, OptionalActions::Now, &raw)?;
        let path = PathBuf::from(ptsname(&far, Vec::new())?.to_string_lossy().into_owned());
        rustix::fs::fcntl_setfl(&far, OFlags::NONBLOCK)?;
        Ok(Self { far, near, path })
    }

    /// The tty to name in a rack's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was sent to it since it was asked last.
    pub fn received(&self) -> Vec<u8> {
        let mut bytes = vec![0; 65_536];
        let count = rustix::io::read(&self.far, bytes.as_mut_slice()).unwrap_or_default();
        bytes.truncate(count);
        bytes
    }

    /// Takes it as another program does: with the lock that terminal programs put on a serial port.
    pub fn take(&self) {
        let taken = rustix::fs::flock(&self.near, rustix::fs::FlockOperation::NonBlockingLockExclusive);
        taken.unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
    }

    /// Another name of the same tty: a symbolic link at `path`, as udev makes them in `/dev/serial`.
    pub fn also_known_as(&self, path: &Path) {
        let made = rustix::fs::symlinkat(&self.path, rustix::fs::CWD, path);
        made.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

impl Default for SilentPort {
    fn default() -> Self {
        Self::new()
    }
}
