//! One pseudo-terminal, and the symlink under which it is found.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::io::unix::AsyncFd;

/// A module's port: dropping it hangs up whoever has it open, and removes the symlink.
#[derive(Debug)]
pub(crate) struct Port {
    master: AsyncFd<OwnedFd>,
    /// Held open so that the master never reads `EIO` while nobody has the port open.
    slave: OwnedFd,
    link: PathBuf,
}

/// The number of a port that has gone, kept from being used again (behaviour 3).
#[derive(Debug)]
pub(crate) struct UsedNumber(#[expect(dead_code, reason = "held, never read")] OwnedFd);

impl Port {
    /// Opens a pseudo-terminal in raw mode and makes `link` point to it.
    pub(crate) fn open(link: &Path) -> io::Result<Self> {
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
        point(link, Path::new(std::ffi::OsStr::from_bytes(name.to_bytes())))?;
        Ok(Self { master, slave, link: link.to_owned() })
    }

    /// Reads what a controller has written.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.master.readable().await?;
            match ready.try_io(|master| Ok(rustix::io::read(master.as_fd(), &mut *buffer)?)) {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Writes as much of `bytes` as fits.
    pub(crate) async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
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

impl Drop for Port {
    fn drop(&mut self) {
        // It may have been removed with its directory.
        let _ = fs::remove_file(&self.link);
    }
}

/// Makes `link` point to `target` at once: there is never a half-made link, and never none where one was.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    let mut name = link.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    symlink(target, &fresh)?;
    fs::rename(&fresh, link)
}
