//! Hearing of changes: udevd's events or, without udevd, the kernel's.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::net::sockopt;
use udev::{MonitorBuilder, MonitorSocket};

use crate::path::{PortPath, whereabouts};

/// Room for some ten thousand events: more than 128 modules of four ttys that come and go several times.
const BUFFER_BYTES: usize = 16 << 20;

/// Events read in one go, at most: then what they say is looked at.
const EVENTS: usize = 4096;

/// udevd's own socket: it is there while udevd runs.
const UDEVD: &str = "/run/udev/control";

/// Whether udevd runs.
pub(crate) fn udevd_runs() -> bool {
    Path::new(UDEVD).exists()
}

/// An open ear.
pub(crate) struct Listening {
    socket: MonitorSocket,
}

impl Listening {
    /// Starts to hear udevd's events, or the kernel's.
    pub(crate) fn start(udevd: bool) -> io::Result<Self> {
        let builder = if udevd { MonitorBuilder::new()? } else { MonitorBuilder::new_kernel()? };
        let builder = builder.match_subsystem_devtype("usb", "usb_device")?.match_subsystem("tty")?;
        // Beyond the system's limit only with the right to; what is lost in a small buffer is found by reading again.
        if sockopt::set_socket_recv_buffer_size_force(&builder, BUFFER_BYTES).is_err() {
            sockopt::set_socket_recv_buffer_size(&builder, BUFFER_BYTES)?;
        }
        Ok(Self { socket: builder.listen()? })
    }

    /// The ports at which something has changed since. Which change it was, and whether it is still so, is not asked. An
    /// error means that events are lost.
    pub(crate) fn changed(&self) -> io::Result<BTreeSet<PortPath>> {
        let mut changed = BTreeSet::new();
        let mut events = self.socket.iter();
        for _ in 0..EVENTS {
            let Some(event) = events.next() else { return drained().map(|()| changed) };
            changed.extend(event.devpath().to_str().and_then(whereabouts).map(|place| place.port));
        }
        Ok(changed)
    }
}

impl AsFd for Listening {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// libudev ends the series of events with an error, which it leaves in `errno`; "nothing more for now" is the good one.
fn drained() -> io::Result<()> {
    let error = io::Error::last_os_error();
    let nothing_more = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
    if nothing_more { Ok(()) } else { Err(error) }
}
