//! A transfer: part of a package on its way out through one connection, counted piece by piece.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use events::Delivery;
use hyper::body::{Body, Frame, SizeHint};

use crate::meter::Meter;
use crate::tokens::Visit;

/// The largest piece that is handed out and counted at once, in bytes.
pub(crate) const PIECE_BYTES: u64 = 16 * 1024;

/// The token was revoked while its package was on its way.
#[derive(Debug, thiserror::Error)]
#[error("the token was revoked")]
pub(crate) struct Revoked;

/// The rest of a part of a package. Each protocol draws it piece by piece, as fast as its peer takes them.
#[derive(Debug)]
pub(crate) struct Transfer {
    visit: Arc<Visit>,
    meter: Arc<Meter>,
    protocol: Delivery,
    rest: Range<u64>,
}

impl Transfer {
    pub(crate) fn new(visit: Arc<Visit>, meter: Arc<Meter>, protocol: Delivery, part: Range<u64>) -> Self {
        Self { visit, meter, protocol, rest: part }
    }

    /// The next piece, counted; `None` at the end; an error once the token is revoked.
    pub(crate) fn next_piece(&mut self) -> Option<Result<Bytes, Revoked>> {
        if self.rest.is_empty() {
            return None;
        }
        if self.visit.is_cut() {
            return Some(Err(Revoked));
        }
        let end = self.rest.end.min(self.rest.start + PIECE_BYTES);
        let piece = piece(&self.visit.parcel().bytes, self.rest.start..end);
        self.rest.start = end;
        self.meter.add(self.protocol, piece.len() as u64);
        self.visit.reached(end);
        Some(Ok(piece))
    }
}

/// The bytes of `range`; offsets of a package in memory fit into `usize`.
fn piece(bytes: &Bytes, range: Range<u64>) -> Bytes {
    let place = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(place(range.start)..place(range.end))
}

impl Body for Transfer {
    type Data = Bytes;
    type Error = Revoked;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Revoked>>> {
        Poll::Ready(self.get_mut().next_piece().map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.end.saturating_sub(self.rest.start))
    }
}
