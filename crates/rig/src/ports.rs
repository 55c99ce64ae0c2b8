//! The controller's bus: what is plugged in by udev and by fixed ttys, and opening its ports.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bus::{
    BusError, FixedTty, Kind, KnownUsb, PortPath, SettleTimes, SlotLock, Topology, UsbBus, UsbModule, Warning,
};
use control::{Bus, NoPort, OpenPort, Presence};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::places::{FIXED_EVERY, FixedTtys, Place, Places, SlotPlaces, UsbPlace, ids};

/// How long modules that are plugged in at the start may take to settle.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

/// The ports of a rack.
pub struct Ports {
    places: Places,
    usb: Option<UsbBus>,
    topology: watch::Receiver<Arc<Topology>>,
    presence: watch::Receiver<Arc<Presence>>,
    locks: PathBuf,
    /// The locks of ports that are no slot's, taken when they are opened first.
    found: Mutex<BTreeMap<String, SlotLock>>,
}

impl Ports {
    /// Begins to watch, and waits until what is plugged in has settled. `locks` is the folder of the slots' locks.
    ///
    /// # Errors
    /// When the USB bus cannot be watched.
    pub async fn watch(places: Places, locks: PathBuf) -> Result<Self, BusError> {
        let usb = if places.want_usb() { Some(watch_usb().await?) } else { None };
        let none = watch::channel(Arc::default()).1;
        let mut topology = usb.as_ref().map_or(none, UsbBus::topology);
        let all_settled = |now: &Arc<Topology>| now.modules.values().all(|module| module.settled);
        // A module that does not settle is not there yet: it is seen when it is.
        drop(tokio::time::timeout(SETTLED_WITHIN, topology.wait_for(all_settled)).await);
        let presence = follow(places.clone(), topology.clone());
        Ok(Self { places, usb, topology, presence, locks, found: Mutex::default() })
    }

    /// The newest picture of the USB bus.
    pub fn topology(&self) -> Arc<Topology> {
        self.topology.borrow().clone()
    }

    /// The next picture that differs from `known`.
    pub async fn changed(&self, known: &Arc<Topology>) -> Arc<Topology> {
        let mut topology = self.topology.clone();
        let other = topology.wait_for(|now| now != known).await;
        match other.map(|now| now.clone()) {
            Ok(now) => now,
            // Nobody watches the bus any more, so nothing changes.
            Err(_) => std::future::pending().await,
        }
    }

    /// What one second controller must not have.
    pub fn to_lock(&self) -> Vec<String> {
        self.places.to_lock(&self.topology())
    }

    /// Where a slot is: as it is configured, or the port by whose path it goes.
    fn place(&self, slot: &str) -> Result<SlotPlaces, NoPort> {
        if let Some(place) = self.places.slots.get(slot) {
            return Ok(place.clone());
        }
        let port = slot.parse().map_err(|_| NoPort::Absent)?;
        self.lock_found(slot)?;
        let usb = UsbPlace { port, flow: bus::Flow::None, dtr: None, rts: None };
        Ok(SlotPlaces { at: Place::Usb(usb), boot_log: None })
    }

    fn lock_found(&self, port: &str) -> Result<(), NoPort> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if !found.contains_key(port) {
            let lock = SlotLock::take(&self.locks, port)
                .map_err(|error| NoPort::Refused(io::Error::other(error.to_string())))?;
            found.insert(port.to_owned(), lock);
        }
        Ok(())
    }

    /// The tty that answers AT, as far as the bus was seen, and the port to which it must still belong.
    fn tty(&self, place: &Place) -> Result<(FixedTty, Option<PortPath>), NoPort> {
        let usb = match place {
            Place::Fixed(tty) => return Ok((tty.clone(), None)),
            Place::Usb(usb) => usb,
        };
        let topology = self.topology();
        let module = topology.at(usb.port).filter(|module| module.settled).ok_or(NoPort::Absent)?;
        let tty = at_tty(module)?;
        let tty = FixedTty::new(tty, 115_200).with_flow(usb.flow).with_lines(usb.dtr, usb.rts);
        Ok((tty, Some(module.port)))
    }

    /// The port was to be there and is not: the picture of the bus may be old.
    fn doubt(&self) {
        if let Some(usb) = &self.usb {
            usb.doubt();
        }
    }
}

/// Why a module has no tty that answers AT, or which it is.
fn at_tty(module: &UsbModule) -> Result<PathBuf, NoPort> {
    let refused = |why: &str| NoPort::Refused(io::Error::other(format!("{} {why}", ids(module))));
    match (module.kind, module.at()) {
        (Kind::Emergency, _) => Err(NoPort::Emergency(ids(module))),
        (Kind::Foreign, _) => Err(refused("is no module of the families")),
        (_, Some(tty)) => Ok(tty.to_owned()),
        (Kind::Bridge, None) if module.ttys.len() > 1 => {
            Err(refused("has several UARTs: name one by tty = \"/dev/serial/by-path/…\""))
        }
        (Kind::Module | Kind::Bridge, None) => Err(NoPort::Unready(format!(
            "{} is there without a tty that answers AT: no driver knows it (see `fotarig doctor`), or it is still to come",
            ids(module)
        ))),
    }
}

impl Bus for Ports {
    fn open(&self, slot: &str, baud: u32) -> BoxFuture<'static, Result<OpenPort, NoPort>> {
        let found = self.place(slot).and_then(|slot| Ok((self.tty(&slot.at)?, slot.boot_log)));
        let ((tty, port), boot_log) = match found {
            Ok(found) => found,
            Err(why) => return Box::pin(std::future::ready(Err(why))),
        };
        if port.is_some_and(|port| !belongs(&tty, port)) {
            self.doubt();
            return Box::pin(std::future::ready(Err(NoPort::Absent)));
        }
        Box::pin(async move {
            // Opening a real port can block.
            let opened = tokio::task::spawn_blocking(move || {
                let opened = open(&tty.clone().with_baud(baud), boot_log)?;
                // Its name may have been given to another module's tty since.
                let still = port.is_none_or(|port| belongs(&tty, port));
                if still { Ok(opened) } else { Err(NoPort::Absent) }
            });
            let opened = opened.await;
            opened.unwrap_or_else(|panic| Err(NoPort::Refused(io::Error::other(panic))))
        })
    }

    fn presence(&self) -> watch::Receiver<Arc<Presence>> {
        self.presence.clone()
    }

    fn watched(&self) -> bool {
        watched(self.usb.is_some().then_some(&self.topology), &self.presence)
    }
}

/// Whether everybody who keeps a picture still does, and the USB bus, where it matters, can be read.
fn watched(usb: Option<&watch::Receiver<Arc<Topology>>>, presence: &watch::Receiver<Arc<Presence>>) -> bool {
    let kept = presence.has_changed().is_ok();
    kept && usb.is_none_or(|topology| {
        let unreadable = |warning: &Warning| matches!(warning, Warning::Unreadable { .. });
        topology.has_changed().is_ok() && !topology.borrow().warnings.iter().any(unreadable)
    })
}

/// Whether the tty of this name belongs to the module in `port`, now.
fn belongs(tty: &FixedTty, port: PortPath) -> bool {
    bus::port_of_tty(Path::new("/sys"), tty.path()) == Some(port)
}

fn open(tty: &FixedTty, boot_log: Option<FixedTty>) -> Result<OpenPort, NoPort> {
    let at = Box::new(tty.open().map_err(no_port)?);
    let boot_log = match boot_log {
        Some(tty) => Some(Box::new(tty.open().map_err(no_port)?) as Box<dyn control::Port>),
        None => None,
    };
    Ok(OpenPort { at, boot_log })
}

/// A tty that is gone, or goes while it is being opened, is absence.
fn no_port(error: BusError) -> NoPort {
    const GONE: [i32; 3] = [5, 6, 19]; // EIO, ENXIO, ENODEV
    let error = io::Error::from(error);
    let gone = error.raw_os_error().is_some_and(|code| GONE.contains(&code));
    if gone || error.kind() == io::ErrorKind::NotFound { NoPort::Absent } else { NoPort::Refused(error) }
}

async fn watch_usb() -> Result<UsbBus, BusError> {
    let known =
        |id: &families::UsbIdentity| KnownUsb::new(id.vendor, id.product, id.at_interface).with_ttys(id.ttys);
    let known = families::USB.iter().map(known).collect();
    let started = tokio::task::spawn_blocking(|| UsbBus::start(known, SettleTimes::default())).await;
    started.unwrap_or_else(|panic| Err(BusError::Usb { source: io::Error::other(panic) }))
}

/// Keeps the picture of what is plugged in up to date until nobody looks at it any more.
fn follow(places: Places, mut topology: watch::Receiver<Arc<Topology>>) -> watch::Receiver<Arc<Presence>> {
    let mut fixed = FixedTtys::of(&places);
    fixed.look();
    let (out, presence) = watch::channel(Arc::new(places.presence(&topology.borrow(), &fixed)));
    tokio::spawn(async move {
        let mut look = tokio::time::interval(FIXED_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = out.closed() => return,
                Ok(()) = topology.changed() => {}
                _ = look.tick() => if !fixed.look() { continue },
            }
            let now = places.presence(&topology.borrow_and_update(), &fixed);
            out.send_if_modified(|shown| {
                let changed = **shown != now;
                if changed {
                    *shown = Arc::new(now);
                }
                changed
            });
        }
    });
    presence
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bus::{Topology, Warning};
    use tokio::sync::watch;

    use super::watched;

    #[test]
    fn a_bus_that_nobody_keeps_or_can_read_is_not_watched() {
        let (fixed, presence) = watch::channel(Arc::default());
        let (thread, topology) = watch::channel(Arc::<Topology>::default());
        assert!(watched(Some(&topology), &presence) && watched(None, &presence));
        let warned = |warning| {
            thread.send_replace(Arc::new(Topology { warnings: vec![warning], ..Topology::default() }))
        };
        warned(Warning::NoUdevd);
        assert!(watched(Some(&topology), &presence), "kernel events do as well");
        warned(Warning::Unreadable { why: "no /sys".to_owned() });
        assert!(!watched(Some(&topology), &presence));
        warned(Warning::NoUdevd);
        drop(thread);
        assert!(!watched(Some(&topology), &presence), "its thread is gone");
        assert!(watched(None, &presence), "a rack of fixed ttys needs none");
        drop(fixed);
        assert!(!watched(None, &presence));
    }
}
