//! The port of a slot: open, or away and being waited for.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use procedure::Role;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

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

/// The port of a slot: open, or away and being waited for.
pub(crate) struct Line {
    bus: Arc<dyn Bus>,
    slot: String,
    baud: u32,
    pub(crate) clock: Clock,
    pub(crate) traffic: Arc<Counters>,
    pub(crate) open: Option<OpenPort>,
    pub(crate) lost_ms: u64,
}

/// What moved on an open port.
pub(crate) enum Moved {
    /// So many bytes came; they stand in the buffer.
    Read(Role, usize),
    /// So many bytes went out.
    Written(usize),
    /// The port is gone: shown by `Ok(0)` or by one of several errors.
    Gone,
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
            self.open = Some(self.bus.open(&self.slot, self.baud).await?);
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

    /// Writes some of `out`, if there is any, or reads what has come into `buffer`. Pending while the port is away.
    pub(crate) async fn moved(&mut self, out: &[u8], buffer: &mut [u8; READ_BYTES]) -> Moved {
        let Some(port) = &mut self.open else { return std::future::pending().await };
        let moved = poll_fn(|cx| poll(port, cx, out, buffer)).await;
        match moved {
            Moved::Read(_, count) => self.traffic.received(count),
            Moved::Written(count) => self.traffic.sent(count),
            Moved::Gone => {}
        }
        moved
    }
}

/// What goes out is bounded, so what comes in waits for it no longer than that.
fn poll(port: &mut OpenPort, cx: &mut Context<'_>, out: &[u8], buffer: &mut [u8; READ_BYTES]) -> Poll<Moved> {
    if !out.is_empty() {
        match Pin::new(&mut port.at).poll_write(cx, out) {
            Poll::Ready(Ok(count)) if count > 0 => return Poll::Ready(Moved::Written(count)),
            Poll::Ready(_) => return Poll::Ready(Moved::Gone),
            Poll::Pending => {}
        }
    } else if let Some(boot_log) = &mut port.boot_log {
        match poll_read(boot_log, cx, buffer) {
            Poll::Ready(Ok(count)) if count > 0 => return Poll::Ready(Moved::Read(Role::BootLog, count)),
            // A boot log that is gone says nothing more; the AT port decides.
            Poll::Ready(_) => port.boot_log = None,
            Poll::Pending => {}
        }
    }
    poll_read(&mut port.at, cx, buffer).map(|read| match read {
        Ok(count) if count > 0 => Moved::Read(Role::At, count),
        _ => Moved::Gone,
    })
}

fn poll_read(
    port: &mut Box<dyn Port>,
    cx: &mut Context<'_>,
    buffer: &mut [u8; READ_BYTES],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(buffer);
    Pin::new(port).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
}
