//! The batches of a service, one after the other: starts them, passes on what people ask for, stops when told to.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use control::{Policy, Readers, Summary, Unhurried, Wish};
use events::{Action, Event};
use rig::Rig;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::cli::Files;
use crate::failure::Failure;
use crate::hooks::{self, Bounds};
use crate::parts::{Extent, Job};
use crate::reader::file::EventsFile;
use crate::reader::metrics::{Served, unfinished};
use crate::reader::{aside, journal, lines};
use crate::service::client::ENDS;
use crate::service::server::Server;
use crate::service::systemd;
use crate::watch::complain;

/// How often a service says that it is alive while no batch does, at least.
const BEAT: Duration = Duration::from_secs(1);

/// What somebody at the socket wants.
pub(crate) struct Command {
    /// Who: `user@socket`.
    pub(crate) by: String,
    /// What.
    pub(crate) action: Action,
    /// Told what came of it.
    pub(crate) reply: oneshot::Sender<Result<(), String>>,
}

/// How the service runs its batches.
pub(crate) struct Service {
    pub(crate) rack: PathBuf,
    pub(crate) extent: Extent,
    pub(crate) speed: f64,
    /// One line for each event to stdout.
    pub(crate) lines: bool,
    pub(crate) recording: Option<EventsFile>,
    pub(crate) metrics: Option<Served>,
    pub(crate) server: Server,
}

impl Service {
    /// It is alive, without a batch that says so.
    fn alive(&self) {
        systemd::alive();
        if let Some(metrics) = &self.metrics {
            metrics.beat();
        }
    }
}

/// What ends a service.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A batch under way.
struct UnderWay {
    wishes: mpsc::Sender<Wish>,
    policies: watch::Sender<Policy>,
    /// Its file, for when it is read again.
    file: PathBuf,
    ended: JoinHandle<Result<Summary, Failure>>,
}

/// The service while it runs.
pub(crate) struct Conductor {
    service: Arc<Service>,
    commands: mpsc::Receiver<Command>,
    signals: Signals,
    hangup: Signal,
    batch: Option<UnderWay>,
    /// Signals so far.
    told_to_end: usize,
    /// How the batch that a signal stopped has ended.
    interrupted: Option<Summary>,
}

impl Conductor {
    pub(crate) fn new(service: Service, commands: mpsc::Receiver<Command>) -> Result<Self, Failure> {
        let refused = |error| Failure::environment(format!("cannot listen for signals: {error}"));
        let signals = Signals {
            interrupt: signal(SignalKind::interrupt()).map_err(refused)?,
            terminate: signal(SignalKind::terminate()).map_err(refused)?,
        };
        let hangup = signal(SignalKind::hangup()).map_err(refused)?;
        let (batch, told_to_end, interrupted) = (None, 0, None);
        Ok(Self { service: Arc::new(service), commands, signals, hangup, batch, told_to_end, interrupted })
    }

    /// Runs until a signal ends it. The summary is that of a batch that was interrupted.
    pub(crate) async fn run(mut self, first: Option<PathBuf>) -> Result<Option<Summary>, Failure> {
        if let Some(batch) = first {
            match begin(self.service.clone(), batch, None).await {
                Ok(under_way) => self.batch = Some(under_way),
                Err(failure) => {
                    hang_up(self.service).await;
                    return Err(failure);
                }
            }
        }
        systemd::ready();
        let mut alive = beats();
        while self.told_to_end == 0 || self.batch.is_some() {
            tokio::select! {
                () = self.signals.next() => self.end().await,
                _ = self.hangup.recv() => self.reload().await,
                Some(command) = self.commands.recv() => self.command(command).await,
                ended = over(&mut self.batch) => self.batch_ended(ended),
                // While a batch is under way its own loop has to show that it is alive.
                _ = alive.tick(), if self.batch.is_none() => self.service.alive(),
            }
        }
        systemd::stopping();
        hang_up(self.service).await;
        Ok(self.interrupted)
    }

    async fn end(&mut self) {
        self.told_to_end += 1;
        systemd::stopping();
        let (action, text) = match self.told_to_end {
            1 => (Action::Stop, "stopping: modules past their trigger are seen through. Again to leave now"),
            _ => (Action::Detach, "leaving"),
        };
        say(text);
        if let Some(batch) = &self.batch {
            // One that has just ended needs no telling.
            let _over = batch.wishes.send(Wish::new("signal", action)).await;
        }
    }

    /// Reads the policy of the batch that is under way again; a file that is wrong changes nothing.
    async fn reload(&mut self) {
        let Some(under_way) = &self.batch else {
            say("no batch is under way: there is no policy to read again");
            return;
        };
        let (rack, batch, extent) = (self.service.rack.clone(), under_way.file.clone(), self.service.extent);
        match load(&self.service, move || Job::load(&Files { rack, batch })?.setup(extent)).await {
            Ok(setup) => {
                // A batch that has just ended has no use for it.
                let _over = under_way.policies.send(setup.policy);
                say("the batch's policy was read again");
            }
            Err(failure) => say(&format!("the batch's policy stays as it was: {failure}")),
        }
    }

    async fn command(&mut self, command: Command) {
        let Command { by, action, reply } = command;
        if let Some(batch) = &self.batch {
            pass_on(batch.wishes.clone(), Wish { by, action, reply: Some(reply) });
            return;
        }
        let answer = match action {
            _ if self.told_to_end > 0 => Err(ENDS.to_owned()),
            Action::Start { batch } => self.start(&by, batch).await,
            Action::Pause
            | Action::Resume
            | Action::Stop
            | Action::Detach
            | Action::Retry { .. }
            | Action::Abort { .. }
            | Action::Quarantine { .. }
            | Action::Release { .. }
            | Action::ReleaseImei { .. }
            | Action::Expect { .. } => Err("no batch is under way: start one".to_owned()),
        };
        // The client may be gone.
        let _gone = reply.send(answer);
    }

    async fn start(&mut self, by: &str, batch: String) -> Result<(), String> {
        say(&format!("{by}: start {}", batch.escape_debug()));
        // As in the rack's file: a path is relative to it.
        let file = self.service.rack.with_file_name(batch);
        match begin(self.service.clone(), file, Some(by)).await {
            Ok(under_way) => {
                self.batch = Some(under_way);
                Ok(())
            }
            Err(failure) => {
                say(&format!("it was not started: {failure}"));
                Err(failure.to_string())
            }
        }
    }

    fn batch_ended(&mut self, ended: Result<Summary, Failure>) {
        self.batch = None;
        match ended {
            Ok(summary) => {
                say(&format!("the batch has ended: {}", words(&summary)));
                self.interrupted = (self.told_to_end > 0).then_some(summary);
            }
            Err(failure) => say(&format!("the batch has ended: {failure}")),
        }
        systemd::status("no batch is under way");
    }
}

/// The clients are told, and the socket goes.
async fn hang_up(service: Arc<Service>) {
    if let Some(service) = Arc::into_inner(service) {
        // A thread that panicked is gone as well.
        let _gone = tokio::task::spawn_blocking(move || service.server.stop()).await;
    }
}

/// For the journal.
fn say(text: &str) {
    eprintln!("{text}");
}

fn words(summary: &Summary) -> String {
    let counts: Vec<String> =
        summary.verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    if counts.is_empty() { "nothing was flashed".to_owned() } else { counts.join(", ") }
}

/// The controller may be slow to take it; the service goes on.
fn pass_on(wishes: mpsc::Sender<Wish>, wish: Wish) {
    tokio::spawn(async move {
        // Who is not answered is told that the batch has just ended.
        let _over = wishes.send(wish).await;
    });
}

async fn over(batch: &mut Option<UnderWay>) -> Result<Summary, Failure> {
    match batch {
        Some(batch) => Pin::new(&mut batch.ended).await.unwrap_or_else(|panic| {
            Err(Failure::environment(format!("the controller died: {panic}"))
                .hint("run the batch again: it goes on from what is recorded"))
        }),
        None => std::future::pending().await,
    }
}

fn beats() -> Interval {
    let beat = systemd::wants_to_hear().map_or(BEAT, |patience| patience.min(BEAT));
    let mut beats = interval(beat);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

/// Reading files and verifying packages takes a while; the service goes on.
async fn load<T: Send + 'static>(
    service: &Service,
    load: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let mut loading = tokio::task::spawn_blocking(load);
    let mut alive = beats();
    loop {
        tokio::select! {
            loaded = &mut loading => {
                let panicked = |panic| Err(Failure::environment(format!("reading it failed: {panic}")));
                return loaded.unwrap_or_else(panicked);
            }
            _ = alive.tick() => service.alive(),
        }
    }
}

/// Loads a batch and sets it going.
async fn begin(service: Arc<Service>, batch: PathBuf, by: Option<&str>) -> Result<UnderWay, Failure> {
    let (rack, extent, speed) = (service.rack.clone(), service.extent, service.speed);
    let file = batch.clone();
    let (ears, mut parts) = load(&service, move || {
        let job = Job::load(&Files { rack, batch })?;
        Ok((job.ears(speed), job.into_parts(extent, speed)?))
    })
    .await?;
    if let (None, Some(by)) = (&parts.setup.operator, by) {
        parts.setup.operator = Some(by.to_owned());
    }
    let text = format!("batch {} on {}", parts.setup.batch, parts.setup.rack);
    let rig = Rig::assemble(parts).await?;
    let (wishes, policies) = (rig.wishes(), rig.policies());
    let record = ledger::Reader::open(&ears.ledger)?;
    if let Some(metrics) = &service.metrics {
        metrics.follow(rig.readers(), &unfinished(&record, &ears.batch)?);
    }
    let earlier = record.events_of_batch(&ears.batch)?;
    let heard = rig.readers().unhurried();
    let hooks = hooks::follow(ears.hooks, Bounds::default(), earlier, heard, |text| complain(&text));
    tokio::spawn(hooks);
    systemd::status(&text);
    say(&format!("{text} begins"));
    let ended = tokio::spawn(conduct(service, rig));
    Ok(UnderWay { wishes, policies, file, ended })
}

/// One batch, from its first event to its last.
async fn conduct(service: Arc<Service>, rig: Rig) -> Result<Summary, Failure> {
    let readers: Readers = rig.readers();
    let shown = service.server.show(readers.clone());
    let pulse = tokio::spawn(pulse(readers.unhurried()));
    let to_log = readers.unhurried();
    let logged = aside(|| journal::follow(to_log));
    let printed = service.lines.then(|| {
        let to_print = readers.unhurried();
        aside(|| lines::follow(to_print))
    });
    let recorded = service.recording.clone().map(|recording| {
        let to_write = readers.unhurried();
        aside(|| recording.follow(to_write))
    });
    // With the last of these, those who follow come to their end.
    drop(readers);
    let (summary, kept) = rig.run().await;
    // A screen or a log that panicked has shown what it could.
    let _shown = (shown.await, pulse.await, logged.await);
    if let Some(printed) = printed {
        let _printed = printed.await;
    }
    if let Some(recorded) = recorded
        && let Ok(Err(error)) = recorded.await
    {
        say(&format!("the events file is not complete: {error}"));
    }
    kept?;
    Ok(summary)
}

/// Systemd hears that the controller is alive whenever its loop says how it is.
async fn pulse(mut events: Unhurried) {
    loop {
        match events.next().await {
            Ok(stamped) if matches!(stamped.event, Event::Vitals(_)) => systemd::alive(),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
