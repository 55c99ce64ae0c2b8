//! The modules' side: simulated modules on PTYs that do not think. Each answers as it would, at once, so that what is
//! measured on the other side is that side alone.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;
use sim::{FetchEvent, Input, Module, Output, Port};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use crate::Failure;
use crate::folder::{Work, label, port};

/// An answer that comes within so many milliseconds of module time is only thought about: it comes at once.
const THOUGHT_MS: u64 = 100;
/// A line of the module's own accord, and how often it says one.
const URC: &[u8] = b"\r\n+CEREG: 1\r\n";
const URC_EVERY: Duration = Duration::from_millis(100);
/// Bytes of its download that come with each of them: it makes progress, and never ends.
const PROGRESS_BYTES: u64 = 10;
/// Bytes taken from a port at once.
const CHUNK: usize = 64 * 1024;

/// Modules on PTYs, until they are killed.
#[derive(Args, Debug)]
pub(crate) struct Play {
    #[arg(long)]
    dir: PathBuf,
    #[arg(long)]
    slots: usize,
    #[arg(long)]
    work: Work,
    /// How many times faster than real time they live
    #[arg(long)]
    speed: f64,
}

impl Play {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        // Where bytes are counted, one thread of modules would be what is measured.
        let workers = if self.work == Work::Upload { 2 } else { 1 };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(workers).enable_all().build()?;
        runtime.block_on(self.players())
    }

    async fn players(&self) -> Result<(), Failure> {
        std::fs::create_dir_all(self.dir.join("ports"))?;
        let at_work = Arc::new(AtomicUsize::new(0));
        let mut players = tokio::task::JoinSet::new();
        for place in 0..self.slots {
            let port_of_module = Port::open()?;
            std::os::unix::fs::symlink(port_of_module.tty(), port(&self.dir, &label(place)))?;
            let module = Module::new(benches::module(self.work.family(), place));
            let player = Player::new(port_of_module, module, self.speed);
            players.spawn(player.run(at_work.clone(), self.slots));
        }
        say("ready")?;
        while let Some(ended) = players.join_next().await {
            ended??;
        }
        Ok(())
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// One module on its port.
struct Player {
    port: Port,
    module: Module,
    began: Instant,
    speed: f64,
    /// How far the module's clock is ahead, because it does not think.
    ahead_ms: u64,
    /// Bytes of its endless download so far, once that has begun.
    fetched: Option<u64>,
}

impl Player {
    fn new(port: Port, module: Module, speed: f64) -> Self {
        Self { port, module, began: Instant::now(), speed, ahead_ms: 0, fetched: None }
    }

    async fn run(mut self, at_work: Arc<AtomicUsize>, all: usize) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        let mut chatter: Option<Interval> = None;
        loop {
            let wakes = self.wakes();
            tokio::select! {
                count = self.port.read(&mut chunk) => self.feed(Input::Received(&chunk[..count?])).await?,
                () = next(&mut chatter) => self.chat().await?,
                () = sleep_until(wakes) => self.feed(Input::Wake).await?,
            }
            if self.fetched.is_some() && chatter.is_none() {
                let before = at_work.fetch_add(1, Ordering::Relaxed);
                chatter = Some(chattering(before));
                if before + 1 == all {
                    say("at work")?;
                }
            }
        }
    }

    /// Says a line, while its download goes on.
    async fn chat(&mut self) -> io::Result<()> {
        self.write(URC).await?;
        let bytes = self.fetched.unwrap_or_default() + PROGRESS_BYTES;
        self.fetched = Some(bytes);
        self.feed(Input::Fetch(&FetchEvent::Progress { bytes, total: None })).await
    }

    /// Lets `input` happen, and what comes of it without thinking.
    async fn feed(&mut self, input: Input<'_>) -> io::Result<()> {
        let mut outputs = self.module.handle(self.now_ms(), input);
        let mut said = Vec::new();
        loop {
            for output in outputs {
                match output {
                    Output::Write(bytes) => said.extend(bytes),
                    Output::Fetch { .. } => self.fetched = Some(0),
                    Output::StopFetch | Output::PortDown | Output::PortUp(_) => {}
                }
            }
            let now_ms = self.now_ms();
            let Some(at_ms) = self.module.next_wakeup().filter(|at_ms| *at_ms <= now_ms + THOUGHT_MS) else {
                break;
            };
            self.ahead_ms += at_ms.saturating_sub(now_ms);
            outputs = self.module.handle(self.now_ms(), Input::Wake);
        }
        self.write(&said).await
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.port.write(bytes).await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of milliseconds, far below 2^53"
    )]
    fn now_ms(&self) -> u64 {
        (self.began.elapsed().as_secs_f64() * 1000.0 * self.speed) as u64 + self.ahead_ms
    }

    fn wakes(&self) -> Instant {
        let in_ms = self.module.next_wakeup().map_or(3_600_000, |at_ms| at_ms.saturating_sub(self.now_ms()));
        Instant::now() + Duration::from_millis(in_ms + 1).div_f64(self.speed)
    }
}

/// The module that is the `place`th to begin says its lines at a time of its own.
fn chattering(place: usize) -> Interval {
    let first = URC_EVERY * u32::try_from(place % 100).unwrap_or_default() / 100;
    let mut chatter = interval_at(Instant::now() + first, URC_EVERY);
    chatter.set_missed_tick_behavior(MissedTickBehavior::Delay);
    chatter
}

async fn next(chatter: &mut Option<Interval>) {
    match chatter {
        Some(interval) => {
            interval.tick().await;
        }
        None => std::future::pending().await,
    }
}
