//! One module on its port: bytes, time, fetches and power in; bytes, port events and fetches out.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::behaviour::Behaviour;
use crate::fetch::Fetch;
use crate::io::{FetchEvent, Input, Output};
use crate::module::Module;
use crate::port::{Port, UsedNumber};

/// Bytes that wait for a slow reader; more are lost, so that no module holds up another.
const BACKLOG: usize = 1024 * 1024;
/// Bytes taken from a port at once.
const CHUNK: usize = 16 * 1024;
/// How long a module sleeps that wants nothing.
const LONG: Duration = Duration::from_secs(3600);

/// Module time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    began: Instant,
    factor: f64,
}

impl Clock {
    pub(crate) fn start(factor: f64) -> Self {
        Self { began: Instant::now(), factor }
    }

    /// Milliseconds of module time since the start.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of milliseconds, far below 2^53"
    )]
    fn now_ms(self) -> u64 {
        (self.began.elapsed().as_secs_f64() * 1000.0 * self.factor) as u64
    }

    /// When module time reaches `at_ms`.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of module time are far below 2^53")]
    fn when(self, at_ms: u64) -> Instant {
        // The millisecond after, so that the module's time has come when it is asked.
        let real = (at_ms as f64 + 0.5) / 1000.0 / self.factor;
        self.began + Duration::from_secs_f64(real)
    }
}

/// What the runner has waited for.
enum Happened {
    Stop,
    PowerCut,
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Fetched(Option<FetchEvent>),
    Time,
}

/// A module, its port and its fetch.
#[derive(Debug)]
pub(crate) struct Runner {
    module: Arc<Mutex<Module>>,
    link: PathBuf,
    clock: Clock,
    port: Option<Port>,
    used: Option<UsedNumber>,
    other_number: bool,
    backlog: Vec<u8>,
    fetch: Option<Fetch>,
}

impl Runner {
    pub(crate) fn new(module: Arc<Mutex<Module>>, link: PathBuf, port: Port, clock: Clock) -> Self {
        let other_number = {
            let module = module.lock().unwrap_or_else(PoisonError::into_inner);
            module.spec().behaviours.contains(&Behaviour::OtherNumber)
        };
        let port = Some(port);
        Self { module, link, clock, port, used: None, other_number, backlog: Vec::new(), fetch: None }
    }

    /// Runs until `stop`.
    pub(crate) async fn run(mut self, mut cuts: mpsc::Receiver<()>, stop: CancellationToken) {
        let mut chunk = vec![0; CHUNK];
        self.feed(Input::PortOpened);
        loop {
            let wakes_at = self.wakes_at();
            let happened = tokio::select! {
                () = stop.cancelled() => Happened::Stop,
                Some(()) = cuts.recv() => Happened::PowerCut,
                count = read(self.port.as_ref(), &mut chunk) => Happened::Read(count),
                count = write(self.port.as_ref(), &self.backlog) => Happened::Written(count),
                event = next(self.fetch.as_mut()) => Happened::Fetched(event),
                () = sleep_until(wakes_at) => Happened::Time,
            };
            match happened {
                Happened::Stop => return,
                Happened::PowerCut => self.feed(Input::PowerCut),
                Happened::Read(Ok(count)) => self.feed(Input::Received(&chunk[..count])),
                Happened::Written(Ok(count)) => drop(self.backlog.drain(..count)),
                Happened::Read(Err(error)) | Happened::Written(Err(error)) => {
                    tracing::warn!(port = %self.link.display(), %error, "simulated port failed");
                    self.port = None;
                }
                Happened::Fetched(Some(event)) => self.feed(Input::Fetch(&event)),
                Happened::Fetched(None) => self.fetch = None,
                Happened::Time => self.feed(Input::Wake),
            }
        }
    }

    fn wakes_at(&self) -> Instant {
        let module = self.module.lock().unwrap_or_else(PoisonError::into_inner);
        module.next_wakeup().map_or_else(|| Instant::now() + LONG, |at_ms| self.clock.when(at_ms))
    }

    fn feed(&mut self, input: Input<'_>) {
        let outputs = {
            let mut module = self.module.lock().unwrap_or_else(PoisonError::into_inner);
            module.handle(self.clock.now_ms(), input)
        };
        for output in outputs {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Write(bytes) => {
                let room = BACKLOG.saturating_sub(self.backlog.len()).min(bytes.len());
                self.backlog.extend_from_slice(&bytes[..room]);
            }
            Output::PortDown => self.port_down(),
            Output::PortUp => self.port_up(),
            Output::Fetch { url, root } => {
                self.fetch = Some(Fetch::start(url, root, self.clock.factor));
            }
            Output::StopFetch => self.fetch = None,
        }
    }

    fn port_down(&mut self) {
        self.flush();
        self.backlog.clear();
        let port = self.port.take();
        if self.other_number {
            self.used = port.and_then(|port| port.hang_up().ok());
        }
    }

    /// What was said just before the port goes is on its way already.
    fn flush(&mut self) {
        if let Some(port) = &self.port {
            port.write_now(&self.backlog);
        }
    }

    fn port_up(&mut self) {
        match Port::open(&self.link) {
            Ok(port) => self.port = Some(port),
            Err(error) => tracing::warn!(port = %self.link.display(), %error, "no pseudo-terminal"),
        }
        self.used = None;
        self.feed(Input::PortOpened);
    }
}

async fn read(port: Option<&Port>, chunk: &mut [u8]) -> io::Result<usize> {
    match port {
        Some(port) => port.read(chunk).await,
        None => std::future::pending().await,
    }
}

async fn write(port: Option<&Port>, bytes: &[u8]) -> io::Result<usize> {
    match port {
        Some(port) if !bytes.is_empty() => port.write(bytes).await,
        Some(_) | None => std::future::pending().await,
    }
}

async fn next(fetch: Option<&mut Fetch>) -> Option<FetchEvent> {
    match fetch {
        Some(fetch) => fetch.next().await,
        None => std::future::pending().await,
    }
}
