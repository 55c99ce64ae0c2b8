//! The thread that watches the bus. It owns all of libudev's objects, and hands out pictures.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::watch;

use crate::glance::Glance;
use crate::listening::{Listening, udevd_runs};
use crate::observed::Observed;
use crate::path::PortPath;
use crate::reading::Reading;
use crate::topology::{Topology, Warning};

/// How often it is glanced at whether something has come or gone, whatever the events say.
const GLANCE_MS: u64 = 3_000;

/// How often the whole bus is read, whatever the events and the glances say.
const RECONCILE_MS: u64 = 30_000;

/// How soon after a loss of events it is tried again to hear them.
const RETRY_MS: u64 = 200;

/// Where sysfs is.
const SYS: &str = "/sys";

/// From so many changed ports on, reading the whole bus is quicker than reading each.
const MANY: usize = 16;

/// What the thread has.
pub(crate) struct Watching {
    observed: Observed,
    reading: Reading,
    listening: io::Result<Listening>,
    unreadable: Option<io::Error>,
    began: Instant,
    /// Up to when all changes have been heard of. Reading the bus may take longer than something needs to settle: what
    /// is quiet by the clock alone is not quiet.
    heard_ms: u64,
    /// Before the whole bus was read the last time.
    glance: io::Result<Glance>,
    glance_ms: u64,
    reconcile_ms: u64,
    out: watch::Sender<Arc<Topology>>,
}

/// Why the thread woke up.
enum Woken {
    /// To end.
    Stop,
    /// Somebody doubts the picture.
    Doubt,
    /// An event, or the time.
    Work,
}

impl Watching {
    /// Listens first, and reads the bus then: what comes between is heard.
    pub(crate) fn start(observed: Observed, out: watch::Sender<Arc<Topology>>) -> io::Result<Self> {
        let udevd = udevd_runs();
        let listening = Listening::start(udevd)?;
        let mut watching = Self {
            observed,
            reading: Reading { udevd },
            listening: Ok(listening),
            unreadable: None,
            began: Instant::now(),
            heard_ms: 0,
            glance: Ok(Glance::default()),
            glance_ms: 0,
            reconcile_ms: 0,
            out,
        };
        watching.reconcile();
        watching.unreadable.take().map_or(Ok(()), Err)?;
        watching.show();
        Ok(watching)
    }

    /// Watches until the other end of `control` is closed. A byte there is a doubt.
    pub(crate) fn run(mut self, mut control: UnixStream) {
        loop {
            match self.wait(&mut control) {
                Woken::Stop => return,
                Woken::Doubt => {
                    (self.glance_ms, self.reconcile_ms) = (0, 0);
                    self.work();
                }
                Woken::Work => self.work(),
            }
            self.show();
        }
    }

    fn work(&mut self) {
        self.heard_ms = self.now_ms();
        match self.listening.as_ref().map(Listening::changed) {
            Ok(Ok(changed)) => self.look(changed),
            Ok(Err(error)) => self.lost(&error),
            Err(_) => {}
        }
        if self.now_ms() >= self.glance_ms {
            self.glance();
        }
    }

    /// Reads the whole bus if there is a reason to.
    fn glance(&mut self) {
        let now_ms = self.now_ms();
        let sound = self.listening.is_ok() && self.unreadable.is_none() && !self.observed.is_waiting();
        let same = match (Glance::at(Path::new(SYS)), &self.glance) {
            (Ok(now), Ok(before)) => now == *before && udevd_runs() == self.reading.udevd,
            (Err(_), _) | (_, Err(_)) => false,
        };
        if sound && same && now_ms < self.reconcile_ms {
            self.glance_ms = now_ms + GLANCE_MS;
        } else {
            self.reconcile();
        }
    }

    /// Events are lost: the bus is listened to anew, and read then.
    fn lost(&mut self, error: &io::Error) {
        tracing::warn!(%error, "events of the USB bus are lost; it is read again");
        self.listening = Listening::start(self.reading.udevd);
        self.reconcile();
    }

    fn look(&mut self, changed: BTreeSet<PortPath>) {
        if changed.len() >= MANY {
            return self.reconcile();
        }
        for port in changed {
            match self.reading.one(port) {
                Ok(seen) => self.observed.look(self.now_ms(), port, seen),
                Err(error) => self.unreadable = Some(error),
            }
        }
    }

    /// Reads the whole bus. Listens anew where that has failed, and where udevd has come or gone.
    fn reconcile(&mut self) {
        let udevd = udevd_runs();
        if self.listening.is_err() || udevd != self.reading.udevd {
            self.reading = Reading { udevd };
            self.listening = Listening::start(udevd);
        }
        self.glance = Glance::at(Path::new(SYS));
        let all = self.reading.all();
        let now_ms = self.now_ms();
        match all {
            Ok(all) => {
                self.observed.reconcile(now_ms, all);
                self.unreadable = None;
            }
            Err(error) => self.unreadable = Some(error),
        }
        let soon = self.listening.is_err() || self.unreadable.is_some();
        self.glance_ms = now_ms + if soon { RETRY_MS } else { GLANCE_MS };
        self.reconcile_ms = now_ms + RECONCILE_MS;
    }

    fn wait(&mut self, control: &mut UnixStream) -> Woken {
        let due_ms =
            self.observed.settle(self.heard_ms).map_or(self.glance_ms, |due| due.min(self.glance_ms));
        let timeout = Timespec::try_from(Duration::from_millis(due_ms.saturating_sub(self.now_ms()))).ok();
        let mut waited_for = vec![PollFd::new(control, PollFlags::IN)];
        waited_for
            .extend(self.listening.as_ref().ok().map(|listening| PollFd::new(listening, PollFlags::IN)));
        // An interrupted or refused wait costs one round.
        let _woken = poll(&mut waited_for, timeout.as_ref());
        let told = !waited_for[0].revents().is_empty();
        drop(waited_for);
        if !told {
            return Woken::Work;
        }
        let mut bytes = [0; 64];
        match control.read(&mut bytes) {
            Ok(0) => Woken::Stop,
            Ok(_) => Woken::Doubt,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Woken::Work
            }
            Err(_) => Woken::Stop,
        }
    }

    fn show(&mut self) {
        self.observed.settle(self.heard_ms);
        let mut warnings = Vec::new();
        if !self.reading.udevd {
            warnings.push(Warning::NoUdevd);
        }
        if let Err(error) = &self.listening {
            warnings.push(Warning::NoEvents { why: error.to_string() });
        }
        warnings.extend(self.unreadable.as_ref().map(|error| Warning::Unreadable { why: error.to_string() }));
        let topology = self.observed.topology(warnings);
        self.out.send_if_modified(|shown| {
            let changed = **shown != topology;
            if changed {
                *shown = Arc::new(topology);
            }
            changed
        });
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
