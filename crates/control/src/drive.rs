//! Runs a pure machine on a real port: bytes in, bytes out, deadlines, port losses and returns.

use std::pin::Pin;

use bytes::Bytes;
use events::{Checkpoint, Level, Served};
use futures_util::future::{BoxFuture, Fuse};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use procedure::{Conclusion, Emission, Input, Machine, Output};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::executor::Tokens;
use crate::line::{Line, Moved, READ_BYTES, Returned};

/// Who is told what a machine puts out, apart from bytes.
pub(crate) trait Listener: Send {
    /// Something for those who watch.
    fn emit(&mut self, emission: Emission) -> impl Future<Output = ()> + Send;
    /// The port left.
    fn lost(&mut self) -> impl Future<Output = ()> + Send;
    /// The port came back after `away_ms`.
    fn back(&mut self, away_ms: u64) -> impl Future<Output = ()> + Send;
    /// A checkpoint that must be on disk before the answer is given.
    fn record(
        &mut self,
        checkpoint: Checkpoint,
    ) -> impl Future<Output = oneshot::Receiver<Result<(), String>>> + Send;
}

/// What is on its way out.
struct Writing {
    bytes: Bytes,
    file: bool,
}

/// What the machine is given besides the port.
pub(crate) struct Aid {
    /// The package.
    pub(crate) file: Bytes,
    /// The package host's view.
    pub(crate) served: BoxStream<'static, Served>,
    /// What stops it.
    pub(crate) tokens: Tokens,
    /// Revokes the token of the attempt when it is taken.
    pub(crate) revoke: Option<Box<dyn Send>>,
}

impl Aid {
    /// No file and no download.
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { file: Bytes::new(), served: futures_util::stream::pending().boxed(), tokens, revoke: None }
    }
}

/// A machine under way on a port.
pub(crate) struct Drive<'a, L> {
    pub(crate) line: &'a mut Line,
    pub(crate) listener: &'a mut L,
    aid: Aid,
    cancel: Fuse<BoxFuture<'static, ()>>,
    revoke: Fuse<BoxFuture<'static, ()>>,
    writing: Option<Writing>,
    deadline_ms: Option<u64>,
    timer: Pin<Box<Sleep>>,
    recording: Option<oneshot::Receiver<Result<(), String>>>,
    reopening: Option<BoxFuture<'static, Returned>>,
}

impl<'a, L: Listener> Drive<'a, L> {
    pub(crate) fn new(line: &'a mut Line, listener: &'a mut L, aid: Aid) -> Self {
        let Tokens { cancel, revoke } = aid.tokens.clone();
        Self {
            line,
            listener,
            aid,
            cancel: cancel.cancelled_owned().boxed().fuse(),
            revoke: revoke.cancelled_owned().boxed().fuse(),
            writing: None,
            deadline_ms: None,
            timer: Box::pin(sleep_until(Instant::now())),
            recording: None,
            reopening: None,
        }
    }

    /// Runs `machine` to its conclusion.
    pub(crate) async fn run(mut self, mut machine: Machine) -> Conclusion {
        let mut buffer = Box::new([0; READ_BYTES]);
        let mut input = Input::Start;
        if self.line.open.is_none() {
            self.reopening = Some(self.line.reopen());
            input = Input::PortLost;
        }
        loop {
            let now_ms = self.line.clock.now_ms();
            for output in machine.handle(now_ms, input) {
                if let Some(conclusion) = self.act(output).await {
                    return *conclusion;
                }
            }
            input = self.next(&mut buffer).await;
        }
    }

    async fn act(&mut self, output: Output) -> Option<Box<Conclusion>> {
        match output {
            // What was meant for the module that has just left is not for whoever comes back.
            Output::Send(_) if self.line.open.is_none() => {}
            Output::Send(bytes) => self.writing = Some(Writing { bytes: bytes.into(), file: false }),
            Output::SendBytes(bytes) => self.writing = Some(Writing { bytes, file: true }),
            Output::SendFile { offset, length } => {
                let range = piece(&self.aid.file, offset, length);
                self.writing = Some(Writing { bytes: range, file: true });
            }
            Output::Record(checkpoint) => self.recording = Some(self.listener.record(checkpoint).await),
            Output::Deadline { at_ms, .. } => {
                self.deadline_ms = Some(at_ms);
                self.timer.as_mut().reset(self.line.clock.instant(at_ms));
            }
            Output::RevokeToken => self.aid.revoke = None,
            Output::Emit(emission) => self.listener.emit(emission).await,
            Output::Done(conclusion) => return Some(conclusion),
        }
        None
    }

    /// The next thing that happens.
    async fn next(&mut self, buffer: &mut [u8; READ_BYTES]) -> Input {
        loop {
            // Of an empty piece nothing has to go out.
            if let Some(input) = self.written(0) {
                return input;
            }
            let out = self.writing.as_ref().map_or(&[][..], |writing| &writing.bytes);
            let happened = tokio::select! {
                biased;
                () = &mut self.cancel => Happened::Cancel,
                () = &mut self.revoke, if self.aid.revoke.is_some() => Happened::Revoke,
                result = recorded(&mut self.recording) => Happened::Recorded(result),
                returned = reopened(&mut self.reopening) => Happened::Returned(returned),
                moved = self.line.moved(out, buffer) => Happened::Moved(moved),
                Some(now) = self.aid.served.next() => Happened::Served(now),
                () = &mut self.timer, if self.deadline_ms.is_some() => Happened::Timeout,
            };
            if let Some(input) = self.take(happened, buffer).await {
                return input;
            }
        }
    }

    async fn take(&mut self, happened: Happened, buffer: &[u8; READ_BYTES]) -> Option<Input> {
        match happened {
            Happened::Cancel => Some(Input::Cancel),
            Happened::Recorded(result) => {
                self.recording = None;
                Some(Input::Recorded(result))
            }
            Happened::Revoke => {
                self.aid.revoke = None;
                let text = "its download is stopped: the token is revoked".to_owned();
                self.listener.emit(Emission::Note(Level::Warning, text)).await;
                None
            }
            Happened::Returned(Returned::Emergency(ids)) => {
                self.reopening = Some(self.line.reopen());
                Some(Input::Emergency(ids))
            }
            Happened::Returned(Returned::Port(port)) => {
                self.line.open = Some(port);
                self.reopening = None;
                self.listener.back(self.line.clock.now_ms().saturating_sub(self.line.lost_ms)).await;
                Some(Input::PortBack)
            }
            Happened::Moved(Moved::Read(role, count)) => Some(Input::Bytes(role, buffer[..count].to_vec())),
            Happened::Moved(Moved::Written(count)) => self.written(count),
            Happened::Moved(Moved::Gone) => {
                self.line.close();
                self.writing = None;
                self.line.lost_ms = self.line.clock.now_ms();
                self.reopening = Some(self.line.reopen());
                self.listener.lost().await;
                Some(Input::PortLost)
            }
            Happened::Served(served) => Some(Input::Served { bytes: served.bytes, total: served.total }),
            Happened::Timeout => {
                self.deadline_ms = None;
                Some(Input::Timeout)
            }
        }
    }

    /// `count` bytes of what is on its way are out.
    fn written(&mut self, count: usize) -> Option<Input> {
        let mut writing = self.writing.take()?;
        let _out = writing.bytes.split_to(count);
        if writing.bytes.is_empty() {
            return writing.file.then_some(Input::Sent);
        }
        self.writing = Some(writing);
        None
    }
}

enum Happened {
    Cancel,
    Revoke,
    Recorded(Result<(), String>),
    Returned(Returned),
    Moved(Moved),
    Served(Served),
    Timeout,
}

fn piece(file: &Bytes, offset: u64, length: u64) -> Bytes {
    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(file.len());
    file.slice(at(offset)..at(offset.saturating_add(length)))
}

async fn recorded(recording: &mut Option<oneshot::Receiver<Result<(), String>>>) -> Result<(), String> {
    match recording {
        Some(reply) => reply.await.unwrap_or_else(|_| Err("the record was not kept".to_owned())),
        None => std::future::pending().await,
    }
}

async fn reopened(reopening: &mut Option<BoxFuture<'static, Returned>>) -> Returned {
    match reopening {
        Some(opening) => Pin::new(opening).await,
        None => std::future::pending().await,
    }
}
