//! The controller's end of a module's port, in memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::world::World;

/// An open port. It is lost when the module's port goes.
pub(crate) struct Port {
    world: Arc<World>,
    place: usize,
    number: u64,
}

impl Port {
    /// The end with `number` of the port of `place`.
    pub(crate) fn new(world: Arc<World>, place: usize, number: u64) -> Self {
        Self { world, place, number }
    }
}

impl AsyncRead for Port {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut rack = self.world.lock();
        if rack.crashed {
            return Poll::Pending;
        }
        let whole = rack.chance.happens(600);
        let most = if whole { usize::MAX } else { rack.chance.index(24) + 1 };
        let kind = rack.chance.between(0, 3);
        let place = &mut rack.places[self.place];
        if let Some(handle) = place.open.as_mut().filter(|handle| handle.number == self.number) {
            if handle.incoming.is_empty() {
                handle.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            take(&mut handle.incoming, most, buf);
            return Poll::Ready(Ok(()));
        }
        let words =
            place.last_words.as_mut().filter(|(number, words)| *number == self.number && !words.is_empty());
        if let Some((_, words)) = words {
            take(words, most, buf);
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(lost(kind))
    }
}

fn take(bytes: &mut Vec<u8>, most: usize, buf: &mut ReadBuf<'_>) {
    let count = bytes.len().min(most).min(buf.remaining());
    buf.put_slice(&bytes[..count]);
    bytes.drain(..count);
}

/// The four ways in which a lost port shows: end of file, `EIO`, `ENODEV`, `ENXIO`.
fn lost(kind: u64) -> io::Result<()> {
    match kind {
        0 => Ok(()),
        1 => Err(io::Error::from_raw_os_error(5)),
        2 => Err(io::Error::from_raw_os_error(19)),
        _ => Err(io::Error::from_raw_os_error(6)),
    }
}

impl AsyncWrite for Port {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut rack = self.world.lock();
        if rack.crashed {
            return Poll::Pending;
        }
        let place = &rack.places[self.place];
        let ours = place.open.as_ref().filter(|handle| handle.number == self.number);
        let Some(handle) = ours else {
            return Poll::Ready(Err(io::Error::from_raw_os_error(5)));
        };
        let heard = handle.baud == place.baud;
        let count = if rack.chance.happens(950) { bytes.len() } else { rack.chance.index(bytes.len()) + 1 };
        if heard {
            rack.written(self.place, &bytes[..count]);
            self.world.changed();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let mut rack = self.world.lock();
        let place = &mut rack.places[self.place];
        place.open.take_if(|handle| handle.number == self.number);
        place.last_words.take_if(|(number, _)| *number == self.number);
    }
}
