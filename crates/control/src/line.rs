//! The port of a slot: open, or away and being waited for.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use procedure::Role;
use tokio::io::{AsyncReadExt, ReadHalf, WriteHalf};

use crate::clock::Clock;
use crate::outside::{Bus, NoPort, OpenPort, Port};
use crate::setup::SlotSetup;
use crate::slot::Counters;

/// Bytes taken from a port in one go: a tty gives no more.
pub(crate) const READ_BYTES: usize = 4 * 1024;
/// The line rate of a slot that names none.
const DEFAULT_BAUD: u32 = 115_200;
/// Pause between two tries to open a port that is away, milliseconds of module time.
const REOPEN_MS: u64 = 500;
/// How long a boot loader in emergency download mode has to stay before it counts, milliseconds of module time.
const EMERGENCY_MS: u64 = 10_000;

/// The two directions of an open port.
pub(crate) struct Halves {
    pub(crate) read: ReadHalf<Box<dyn Port>>,
    pub(crate) write: WriteHalf<Box<dyn Port>>,
    boot_log: Option<Box<dyn Port>>,
}

impl From<OpenPort> for Halves {
    fn from(port: OpenPort) -> Self {
        let (read, write) = tokio::io::split(port.at);
        Self { read, write, boot_log: port.boot_log }
    }
}

/// The port of a slot: open, or away and being waited for.
pub(crate) struct Line {
    bus: Arc<dyn Bus>,
    slot: String,
    baud: u32,
    pub(crate) clock: Clock,
    pub(crate) traffic: Arc<Counters>,
    pub(crate) open: Option<Halves>,
    pub(crate) lost_ms: u64,
}

/// What came back.
pub(crate) enum Returned {
    Port(OpenPort),
    Emergency(String),
}

impl Line {
    pub(crate) fn new(bus: Arc<dyn Bus>, place: &SlotSetup, clock: Clock, traffic: Arc<Counters>) -> Self {
        let baud = place.baud.first().copied().unwrap_or(DEFAULT_BAUD);
        Self { bus, slot: place.label.clone(), baud, clock, traffic, open: None, lost_ms: clock.now_ms() }
    }

    /// The line rate, baud.
    pub(crate) fn baud(&self) -> u32 {
        self.baud
    }

    /// Lets go of the port; it is opened again at `baud`.
    pub(crate) fn set_baud(&mut self, baud: u32) {
        self.close();
        self.baud = baud;
    }

    /// Opens the port if it is not; one try.
    pub(crate) async fn try_open(&mut self) -> Result<(), NoPort> {
        if self.open.is_none() {
            self.open = Some(self.bus.open(&self.slot, self.baud).await?.into());
        }
        Ok(())
    }

    /// Tries to open the port until it is open or `until_ms` has passed; the last error then.
    pub(crate) async fn open_within(&mut self, ms: u64) -> Result<(), NoPort> {
        let until_ms = self.clock.now_ms() + ms;
        loop {
            match self.try_open().await {
                Err(_) if self.clock.now_ms() < until_ms => self.clock.sleep(REOPEN_MS).await,
                other => return other,
            }
        }
    }

    /// Lets go of the port.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// Opens it again, however long it takes, or says what has come in its place.
    pub(crate) fn reopen(&self) -> BoxFuture<'static, Returned> {
        let (bus, slot, baud, clock) = (self.bus.clone(), self.slot.clone(), self.baud, self.clock);
        Box::pin(async move {
            let mut emergency_ms = None;
            loop {
                match bus.open(&slot, baud).await {
                    Ok(port) => return Returned::Port(port),
                    Err(NoPort::Emergency(ids)) => {
                        let since_ms = *emergency_ms.get_or_insert_with(|| clock.now_ms());
                        if clock.now_ms() >= since_ms + EMERGENCY_MS {
                            return Returned::Emergency(ids);
                        }
                    }
                    Err(NoPort::Absent | NoPort::Unready(_) | NoPort::Refused(_)) => emergency_ms = None,
                }
                clock.sleep(REOPEN_MS).await;
            }
        })
    }

    /// Bytes from the module; `None` when the port is gone. Loss shows as `Ok(0)` or as one of several errors.
    pub(crate) async fn read(halves: &mut Halves, buffer: &mut [u8; READ_BYTES]) -> Option<(Role, Vec<u8>)> {
        let mut boot_buffer = [0; 512];
        let boot_log = async {
            match &mut halves.boot_log {
                Some(port) => match port.read(&mut boot_buffer).await {
                    Ok(count) if count > 0 => count,
                    // A boot log that is gone says nothing more; the AT port decides.
                    _ => std::future::pending().await,
                },
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = halves.read.read(buffer) => match read {
                Ok(count) if count > 0 => Some((Role::At, buffer[..count].to_vec())),
                _ => None,
            },
            count = boot_log => Some((Role::BootLog, boot_buffer[..count].to_vec())),
        }
    }
}
