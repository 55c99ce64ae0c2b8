//! What has been seen on the bus, made into a [`Topology`]: generations and settling. Pure: the time is passed in.
//!
//! Events are hints only. Whoever gets one reads the port anew and passes on what is there *now*, so nothing depends on
//! events being complete, in order, or in time.

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::path::PortPath;
use crate::recognise::recognise;
use crate::topology::{Kind, KnownUsb, Topology, UsbModule, UsbTty, Warning};

/// How long nothing must change before something counts as there whose ttys are not known to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettleTimes {
    /// For modules and what is unknown.
    pub module: Duration,
    /// For bridges, and modules in emergency mode: they have few ttys.
    pub few: Duration,
}

impl Default for SettleTimes {
    fn default() -> Self {
        Self { module: Duration::from_secs(1), few: Duration::from_millis(300) }
    }
}

impl SettleTimes {
    fn of_ms(self, kind: Kind) -> u64 {
        let time = match kind {
            Kind::Module | Kind::Foreign => self.module,
            Kind::Bridge | Kind::Emergency => self.few,
        };
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Which one it is of all that ever were at this place: its number, and the inode of its folder in sysfs. Either may
/// repeat after a long time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity {
    pub(crate) number: u64,
    pub(crate) inode: u64,
}

/// A tty as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenTty {
    pub(crate) identity: Identity,
    pub(crate) tty: UsbTty,
}

/// A USB device that is no hub, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenDevice {
    pub(crate) identity: Identity,
    pub(crate) vendor: u16,
    pub(crate) product: u16,
    pub(crate) serial: Option<String>,
    /// By interface and path.
    pub(crate) ttys: Vec<SeenTty>,
    /// Ttys with which udevd has not finished.
    pub(crate) waiting: usize,
    pub(crate) mm_ignored: bool,
}

/// A hub as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenHub {
    pub(crate) ports: u8,
    /// Its ports with the other port of the same physical one.
    pub(crate) siblings: Vec<(PortPath, PortPath)>,
}

/// What was read at one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Hub(SeenHub),
    Device(SeenDevice),
}

/// A device that is there.
#[derive(Clone, Debug)]
struct Present {
    seen: SeenDevice,
    changed_ms: u64,
    settled: bool,
}

/// All that has been seen.
#[derive(Debug)]
pub(crate) struct Observed {
    known: Vec<KnownUsb>,
    times: SettleTimes,
    devices: BTreeMap<PortPath, Present>,
    hubs: BTreeMap<PortPath, SeenHub>,
    /// Of every port at which a device has ever been.
    generations: BTreeMap<PortPath, u64>,
}

impl Observed {
    pub(crate) fn new(known: Vec<KnownUsb>, times: SettleTimes) -> Self {
        Self { known, times, devices: BTreeMap::new(), hubs: BTreeMap::new(), generations: BTreeMap::new() }
    }

    /// `port` has been read, and this is there; where nothing is, nothing is below it either.
    pub(crate) fn look(&mut self, now_ms: u64, port: PortPath, seen: Option<Seen>) {
        match seen {
            Some(Seen::Device(seen)) => {
                self.forget_below(port);
                self.hubs.remove(&port);
                self.device(now_ms, port, seen);
            }
            Some(Seen::Hub(seen)) => {
                self.devices.remove(&port);
                self.hubs.insert(port, seen);
            }
            None => {
                self.forget_below(port);
                self.devices.remove(&port);
                self.hubs.remove(&port);
            }
        }
    }

    /// The whole bus has been read.
    pub(crate) fn reconcile(&mut self, now_ms: u64, mut all: BTreeMap<PortPath, Seen>) {
        self.devices.retain(|port, _| all.contains_key(port));
        self.hubs.retain(|port, _| all.contains_key(port));
        while let Some((port, seen)) = all.pop_first() {
            self.look(now_ms, port, Some(seen));
        }
    }

    /// All changes up to `heard_ms` have been heard of and read; when this is to be told again. Reading may take longer
    /// than something needs to settle, so this is a time before reading, and those of `look` are after it.
    pub(crate) fn settle(&mut self, heard_ms: u64) -> Option<u64> {
        let mut next = None;
        for present in self.devices.values_mut().filter(|present| !present.settled) {
            let ttys: Vec<UsbTty> = present.seen.ttys.iter().map(|seen| seen.tty.clone()).collect();
            let found = recognise(&self.known, present.seen.vendor, present.seen.product, &ttys);
            let at_ms = present.changed_ms.saturating_add(self.times.of_ms(found.kind));
            present.settled = found.complete || at_ms <= heard_ms;
            if !present.settled {
                next = Some(next.map_or(at_ms, |next: u64| next.min(at_ms)));
            }
        }
        next
    }

    /// Whether udevd has not finished with some tty.
    pub(crate) fn is_waiting(&self) -> bool {
        self.devices.values().any(|present| present.seen.waiting > 0)
    }

    /// The picture of it. `warnings` come from outside.
    pub(crate) fn topology(&self, mut warnings: Vec<Warning>) -> Topology {
        // While something is settling, udevd may well be at work.
        let settled = self.devices.values().filter(|present| present.settled);
        let ttys = settled.map(|present| present.seen.waiting).sum();
        if ttys > 0 {
            warnings.push(Warning::Uninitialised { ttys });
        }
        let pairs = self.hubs.values().flat_map(|hub| &hub.siblings);
        Topology {
            modules: self
                .devices
                .iter()
                .map(|(port, present)| (*port, self.module(*port, present)))
                .collect(),
            hubs: self.hubs.iter().map(|(port, hub)| (*port, hub.ports)).collect(),
            siblings: pairs.flat_map(|(one, other)| [(*one, *other), (*other, *one)]).collect(),
            warnings,
        }
    }

    fn module(&self, port: PortPath, present: &Present) -> UsbModule {
        let seen = &present.seen;
        let ttys: Vec<UsbTty> = seen.ttys.iter().map(|seen| seen.tty.clone()).collect();
        let found = recognise(&self.known, seen.vendor, seen.product, &ttys);
        UsbModule {
            port,
            generation: self.generations.get(&port).copied().unwrap_or_default(),
            vendor: seen.vendor,
            product: seen.product,
            serial: seen.serial.clone(),
            ttys,
            kind: found.kind,
            at_interface: found.at_interface,
            settled: present.settled,
            mm_ignored: seen.mm_ignored,
        }
    }

    fn device(&mut self, now_ms: u64, port: PortPath, seen: SeenDevice) {
        let fresh = match self.devices.get_mut(&port) {
            Some(present) if !present.is_lost_in(&seen) => {
                if present.seen != seen {
                    present.changed_ms = now_ms;
                    present.seen = seen;
                }
                return;
            }
            Some(_) | None => Present { seen, changed_ms: now_ms, settled: false },
        };
        *self.generations.entry(port).or_default() += 1;
        self.devices.insert(port, fresh);
    }

    fn forget_below(&mut self, hub: PortPath) {
        self.devices.retain(|port, _| !port.is_below(hub));
        self.hubs.retain(|port, _| !port.is_below(hub));
    }
}

impl Present {
    /// Whether `seen` is another device, or lacks a tty that was there: whoever had that one open has lost it.
    fn is_lost_in(&self, seen: &SeenDevice) -> bool {
        let kept = |old: &SeenTty| {
            seen.ttys.iter().any(|new| (new.identity, &new.tty.path) == (old.identity, &old.tty.path))
        };
        self.seen.identity != seen.identity || !self.seen.ttys.iter().all(kept)
    }
}
