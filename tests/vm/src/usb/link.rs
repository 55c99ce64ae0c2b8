//! A device between its two ends: QEMU's socket, and the pseudo-terminal on which the simulated module talks.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use sim::Port;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};

use super::device::Device;
use super::wire::{Reader, hello};

/// Bytes taken at once.
const CHUNK: usize = 16 * 1024;

/// The controller's end of a simulated module's port.
#[derive(Debug)]
pub(crate) struct Tty(AsyncFd<OwnedFd>);

impl Tty {
    /// Opens the far end of `port`.
    pub(crate) fn open(port: &Port) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let end = rustix::fs::open(port.tty(), flags, Mode::empty())?;
        #[expect(
            deprecated,
            reason = "`register` is unsafe, and an `OwnedFd` keeps its descriptor as it must"
        )]
        let end = AsyncFd::new(end)?;
        Ok(Self(end))
    }

    async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            if let Ok(result) = ready.try_io(|end| Ok(rustix::io::read(end.get_ref(), &mut *buffer)?)) {
                return result;
            }
        }
    }

    async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.0.writable().await?;
            if let Ok(result) = ready.try_io(|end| Ok(rustix::io::write(end.get_ref(), bytes)?)) {
                return result;
            }
        }
    }

    /// What is there already.
    fn read_now(&self, buffer: &mut [u8]) -> usize {
        rustix::io::read(self.0.get_ref(), buffer).unwrap_or_default()
    }
}

/// What ends a link: the module leaves the bus, with its port, whose last words are still to be said.
pub(crate) type Leave = oneshot::Receiver<Option<Port>>;

/// A device that is plugged in.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) device: Device,
    pub(crate) tty: Option<Tty>,
    /// While this is true the module takes nothing that the host writes.
    pub(crate) stalled: watch::Receiver<bool>,
}

impl Link {
    /// Runs until the module leaves or QEMU closes the socket; the device is unplugged when this returns.
    pub(crate) async fn run(mut self, mut socket: UnixStream, mut leave: Leave) -> io::Result<()> {
        let (mut reader, mut from_guest, mut from_module) =
            (Reader::default(), vec![0; CHUNK], vec![0; CHUNK]);
        socket.write_all(&hello()).await?;
        loop {
            let stalled = *self.stalled.borrow_and_update();
            let heard = self.device.next_heard().filter(|_| !stalled);
            tokio::select! {
                port = &mut leave => return self.last_words(socket, port.ok().flatten()).await,
                count = socket.read(&mut from_guest) => match count? {
                    0 => return Ok(()),
                    count => reader.take(&from_guest[..count]),
                },
                count = read(self.tty.as_ref().filter(|_| self.device.has_room()), &mut from_module) => {
                    match count {
                        Ok(count) if count > 0 => self.device.say(&from_module[..count]),
                        Ok(_) | Err(_) => self.tty = None,
                    }
                }
                count = write(self.tty.as_ref(), heard) => match count {
                    Ok(count) => self.device.took(count),
                    Err(_) => self.tty = None,
                },
                changed = self.stalled.changed() => if changed.is_err() { return Ok(()) },
            }
            while let Some(packet) =
                reader.next().map_err(|garbled| io::Error::other(format!("{garbled:?}")))?
            {
                self.device.receive(&packet);
            }
            self.send(&mut socket).await?;
        }
    }

    async fn send(&mut self, socket: &mut UnixStream) -> io::Result<()> {
        let bytes: Vec<u8> = self.device.replies().iter().flat_map(super::wire::Packet::bytes).collect();
        socket.write_all(&bytes).await
    }

    /// What the module said before it left is on its way already.
    async fn last_words(&mut self, mut socket: UnixStream, port: Option<Port>) -> io::Result<()> {
        if let Some(tty) = &self.tty {
            let mut words = vec![0; CHUNK];
            let count = tty.read_now(&mut words);
            self.device.say(&words[..count]);
        }
        drop(port);
        self.send(&mut socket).await
    }
}

async fn read(tty: Option<&Tty>, buffer: &mut [u8]) -> io::Result<usize> {
    match tty {
        Some(tty) => tty.read(buffer).await,
        None => std::future::pending().await,
    }
}

async fn write(tty: Option<&Tty>, bytes: Option<&[u8]>) -> io::Result<usize> {
    match (tty, bytes) {
        (Some(tty), Some(bytes)) => tty.write(bytes).await,
        (Some(_) | None, _) => std::future::pending().await,
    }
}
