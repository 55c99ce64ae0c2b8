//! Runs a pure machine on a real port: bytes in, bytes out, deadlines, port losses and returns.

use std::pin::Pin;

use bytes::Bytes;
use events::{Checkpoint, Level, Served};
use futures_util::future::BoxFuture;
use procedure::{Conclusion, Emission, Input, Machine, Output, Role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{oneshot, watch};

use crate::executor::Tokens;
use crate::line::{Line, READ_BYTES, Returned};

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
    pub(crate) served: Option<watch::Receiver<Served>>,
    /// What stops it.
    pub(crate) tokens: Tokens,
    /// Revokes the token of the attempt when it is taken.
    pub(crate) revoke: Option<Box<dyn Send>>,
}

impl Aid {
    /// No file and no download.
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { file: Bytes::new(), served: None, tokens, revoke: None }
    }
}

/// A machine under way on a port.
pub(crate) struct Drive<'a, L> {
    pub(crate) line: &'a mut Line,
    pub(crate) listener: &'a mut L,
    pub(crate) aid: Aid,
    writing: Option<Writing>,
    deadline_ms: Option<u64>,
    recording: Option<oneshot::Receiver<Result<(), String>>>,
    reopening: Option<BoxFuture<'static, Returned>>,
    cancelled: bool,
}

impl<'a, L: Listener> Drive<'a, L> {
    pub(crate) fn new(line: &'a mut Line, listener: &'a mut L, aid: Aid) -> Self {
        Self {
            line,
            listener,
            aid,
            writing: None,
            deadline_ms: None,
            recording: None,
            reopening: None,
            cancelled: false,
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
            Output::Deadline { at_ms, .. } => self.deadline_ms = Some(at_ms),
            Output::RevokeToken => self.aid.revoke = None,
            Output::Emit(emission) => self.listener.emit(emission).await,
            Output::Done(conclusion) => return Some(conclusion),
        }
        None
    }

    /// The next thing that happens.
    async fn next(&mut self, buffer: &mut [u8; READ_BYTES]) -> Input {
        loop {
            let clock = self.line.clock;
            let deadline_ms = self.deadline_ms;
            let deadline = async move {
                match deadline_ms {
                    Some(at_ms) => clock.sleep_until(at_ms).await,
                    None => std::future::pending().await,
                }
            };
            let happened = tokio::select! {
                biased;
                () = self.aid.tokens.cancel.cancelled(), if !self.cancelled => Happened::Cancel,
                () = self.aid.tokens.revoke.cancelled(), if self.aid.revoke.is_some() => Happened::Revoke,
                result = recorded(&mut self.recording) => Happened::Recorded(result),
                returned = reopened(&mut self.reopening) => Happened::Returned(returned),
                moved = traffic(self.line, &mut self.writing, buffer) => moved,
                now = served(&mut self.aid.served) => Happened::Served(now),
                () = deadline => Happened::Timeout,
            };
            if let Some(input) = self.take(happened).await {
                return input;
            }
        }
    }

    async fn take(&mut self, happened: Happened) -> Option<Input> {
        match happened {
            Happened::Cancel => {
                self.cancelled = true;
                Some(Input::Cancel)
            }
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
                self.line.open = Some(port.into());
                self.reopening = None;
                self.listener.back(self.line.clock.now_ms().saturating_sub(self.line.lost_ms)).await;
                Some(Input::PortBack)
            }
            Happened::Read(role, bytes) => Some(Input::Bytes(role, bytes)),
            Happened::Written => {
                let file = self.writing.take().is_some_and(|writing| writing.file);
                file.then_some(Input::Sent)
            }
            Happened::Lost => {
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
}

enum Happened {
    Cancel,
    Revoke,
    Recorded(Result<(), String>),
    Returned(Returned),
    Read(Role, Vec<u8>),
    Written,
    Lost,
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

async fn served(served: &mut Option<watch::Receiver<Served>>) -> Served {
    if let Some(receiver) = served
        && receiver.changed().await.is_ok()
    {
        return *receiver.borrow_and_update();
    }
    *served = None;
    std::future::pending().await
}

/// Reads what has come, writes what is on its way out.
async fn traffic(line: &mut Line, writing: &mut Option<Writing>, buffer: &mut [u8; READ_BYTES]) -> Happened {
    let Some(halves) = &mut line.open else { return std::future::pending().await };
    let counters = &line.traffic;
    let Some(out) = writing else {
        return match Line::read(halves, buffer).await {
            Some((role, bytes)) => {
                counters.received(bytes.len());
                Happened::Read(role, bytes)
            }
            None => Happened::Lost,
        };
    };
    if out.bytes.is_empty() {
        return Happened::Written;
    }
    // What goes out is bounded, so what comes in waits for it no longer than that.
    tokio::select! {
        biased;
        written = halves.write.write(&out.bytes) => match written {
            Ok(count) if count > 0 => {
                counters.sent(count);
                let _sent = out.bytes.split_to(count);
                if out.bytes.is_empty() { Happened::Written } else { Happened::Read(Role::At, Vec::new()) }
            }
            _ => Happened::Lost,
        },
        read = halves.read.read(buffer) => match read {
            Ok(count) if count > 0 => {
                counters.received(count);
                Happened::Read(Role::At, buffer[..count].to_vec())
            }
            _ => Happened::Lost,
        },
    }
}
