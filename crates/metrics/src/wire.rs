//! A connection's bytes, with a deadline for each answer to be taken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long the peer may take to take an answer, from the first byte that found no room on.
const TAKE_TIMEOUT: Duration = Duration::from_secs(20);

/// A TCP connection whose peer has to take what it asked for.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    /// Runs while an answer finds no room.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Whether an answer is being made or taken.
    answering: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, answering: Arc<AtomicBool>) -> Self {
        Self { stream, deadline: None, answering }
    }

    /// `Pending` until the deadline, an error from then on.
    fn overdue(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(TAKE_TIMEOUT)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// A byte now and then does not put the deadline off: only [`AsyncWrite::poll_flush`], which comes when the whole
    /// answer is out, ends it.
    fn unless_overdue(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_pending() || self.deadline.is_some() {
            let overdue = self.overdue(context);
            if overdue.is_ready() {
                return overdue;
            }
        }
        written
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_overdue(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.unless_overdue(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.deadline = None;
            self.answering.store(false, Ordering::Relaxed);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
