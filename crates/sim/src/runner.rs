//! One module on its port: bytes, time, fetches and power in; bytes, port events and fetches out.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::fetch::Fetch;
use crate::io::{FetchEvent, Input, Output};
use crate::module::Module;
use crate::place::Place;
use crate::port::Port;
use crate::usb::Usb;

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

/// What an operator, or a hub, does to a module.
#[derive(Debug)]
pub(crate) enum Order {
    /// Its power is cut for a moment.
    CutPower,
    /// It is taken out; told when it has gone.
    TakeOut(oneshot::Sender<()>),
    /// It is put in there; told when it is on the bus, or will never be.
    PutIn(Box<dyn Place>, oneshot::Sender<()>),
    /// Its hub is reset: it leaves the bus and comes back, and runs on; told when it has.
    ResetBus(oneshot::Sender<()>),
}

/// What the runner has waited for.
enum Happened {
    Stop,
    Ordered(Order),
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Fetched(Option<FetchEvent>),
    Time,
}

/// A module, its place, its port and its fetch.
#[derive(Debug)]
pub(crate) struct Runner {
    label: String,
    module: Arc<Mutex<Module>>,
    clock: Clock,
    place: Option<Box<dyn Place>>,
    port: Option<Port>,
    backlog: Vec<u8>,
    fetch: Option<Fetch>,
    /// Who waits for the module to be on the bus.
    waiting: Option<oneshot::Sender<()>>,
}

impl Runner {
    /// `module` as it is: in its place and on the bus, or in nobody's.
    pub(crate) fn new(
        label: &str,
        module: Arc<Mutex<Module>>,
        place: Option<Box<dyn Place>>,
        clock: Clock,
    ) -> io::Result<Self> {
        let usb = module.lock().unwrap_or_else(PoisonError::into_inner).usb();
        let (mut place, mut port) = (place, None);
        if let Some(place) = &mut place {
            port = place.arrive(&usb)?;
        }
        let label = label.to_owned();
        Ok(Self { label, module, clock, place, port, backlog: Vec::new(), fetch: None, waiting: None })
    }

    /// Runs until `stop`, or until nobody can give it orders any more.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>, stop: CancellationToken) {
        let mut chunk = vec![0; CHUNK];
        self.feed(if self.place.is_some() { Input::PortOpened } else { Input::PowerOff });
        loop {
            self.tell_who_waits();
            let wakes_at = self.wakes_at();
            let happened = tokio::select! {
                () = stop.cancelled() => Happened::Stop,
                order = orders.recv() => order.map_or(Happened::Stop, Happened::Ordered),
                count = read(self.port.as_ref(), &mut chunk) => Happened::Read(count),
                count = write(self.port.as_ref(), &self.backlog) => Happened::Written(count),
                event = next(self.fetch.as_mut()) => Happened::Fetched(event),
                () = sleep_until(wakes_at) => Happened::Time,
            };
            match happened {
                Happened::Stop => return,
                Happened::Ordered(order) => self.obey(order),
                Happened::Read(Ok(count)) => self.feed(Input::Received(&chunk[..count])),
                Happened::Written(Ok(count)) => drop(self.backlog.drain(..count)),
                Happened::Read(Err(error)) | Happened::Written(Err(error)) => {
                    tracing::warn!(label = self.label, %error, "simulated port failed");
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
            Output::PortUp(usb) => self.port_up(&usb),
            Output::Fetch { url, root } => {
                self.fetch = Some(Fetch::start(url, root, self.clock.factor));
            }
            Output::StopFetch => self.fetch = None,
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::CutPower => self.feed(Input::PowerCut),
            Order::TakeOut(done) => {
                self.feed(Input::PowerOff);
                self.place = None;
                tell(done);
            }
            Order::PutIn(place, done) => {
                self.place.get_or_insert(place);
                self.waiting = Some(done);
                self.feed(Input::PowerOn);
            }
            Order::ResetBus(done) => {
                if self.port.is_some() {
                    self.port_down();
                    self.feed(Input::BusReset);
                    self.arrive();
                }
                tell(done);
            }
        }
    }

    fn tell_who_waits(&mut self) {
        if self.waiting.is_some() {
            let coming = self.module.lock().unwrap_or_else(PoisonError::into_inner).is_coming_back();
            if let Some(done) = self.waiting.take_if(|_| !coming) {
                tell(done);
            }
        }
    }

    fn port_down(&mut self) {
        self.flush();
        self.backlog.clear();
        let port = self.port.take();
        if let Some(place) = &mut self.place {
            place.leave(port);
        }
    }

    /// What was said just before the port goes is on its way already.
    fn flush(&mut self) {
        if let Some(port) = &self.port {
            port.write_now(&self.backlog);
        }
    }

    /// Onto the bus again as it is now.
    fn arrive(&mut self) {
        let usb = self.module.lock().unwrap_or_else(PoisonError::into_inner).usb();
        self.port_up(&usb);
    }

    fn port_up(&mut self, usb: &Usb) {
        let Some(place) = &mut self.place else { return };
        match place.arrive(usb) {
            Ok(port) => self.port = port,
            Err(error) => tracing::warn!(label = self.label, %error, "no place on the bus"),
        }
        if self.port.is_some() {
            self.feed(Input::PortOpened);
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.port_down();
    }
}

/// Whoever waited may have given up.
fn tell(done: oneshot::Sender<()>) {
    let _gave_up = done.send(());
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
