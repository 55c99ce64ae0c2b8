//! Where each slot's module is looked for: a USB port, or a fixed tty.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bus::{FixedTty, Flow, Kind, PortPath, Topology, UsbModule};
use control::{Presence, Seen};

/// How often it is looked whether a fixed tty is there.
pub(crate) const FIXED_EVERY: Duration = Duration::from_millis(500);

/// The place of one slot.
#[derive(Clone, Debug)]
pub enum Place {
    /// A USB port: its module's ttys change their names, the port does not.
    Usb(UsbPlace),
    /// A fixed tty.
    Fixed(FixedTty),
}

/// A USB port, and how the AT tty of what is plugged into it is opened.
#[derive(Clone, Copy, Debug)]
pub struct UsbPlace {
    /// The port.
    pub port: PortPath,
    /// Flow control.
    pub flow: Flow,
    /// DTR when it is opened; left as it is when not given.
    pub dtr: Option<bool>,
    /// RTS when it is opened; left as it is when not given.
    pub rts: Option<bool>,
}

/// The place of a slot, and a second tty on which a boot loader talks.
#[derive(Clone, Debug)]
pub struct SlotPlaces {
    /// Where its module is.
    pub at: Place,
    /// Where its boot loader talks, if elsewhere.
    pub boot_log: Option<FixedTty>,
}

/// The places of a rack's slots, by label.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// By label.
    pub slots: BTreeMap<String, SlotPlaces>,
    /// Whether modules in ports that are no slot's are to be taken, too.
    pub all_ports: bool,
}

impl Places {
    /// Whether the USB bus has to be watched.
    pub(crate) fn want_usb(&self) -> bool {
        self.all_ports || self.slots.values().any(|slot| matches!(slot.at, Place::Usb(_)))
    }

    /// What one second controller must not have: port paths and ttys, in the order of the labels.
    pub(crate) fn to_lock(&self, topology: &Topology) -> Vec<String> {
        let name = |slot: &SlotPlaces| match &slot.at {
            Place::Usb(usb) => topology.place(usb.port).to_string(),
            Place::Fixed(tty) => tty.path().to_string_lossy().into_owned(),
        };
        self.slots.values().map(name).collect()
    }

    /// What is plugged in, as the controller wants to see it.
    pub(crate) fn presence(&self, topology: &Topology, fixed: &FixedTtys) -> Presence {
        let mut presence = Presence::new();
        let mut taken = BTreeSet::new();
        for (label, slot) in &self.slots {
            let seen = match &slot.at {
                Place::Usb(usb) => {
                    taken.insert(topology.place(usb.port));
                    topology.at(usb.port).filter(|module| module.settled).map(|module| seen(module, true))
                }
                Place::Fixed(tty) => fixed.seen(tty.path()),
            };
            if let Some(seen) = seen {
                presence.insert(label.clone(), seen);
            }
        }
        let fixed_ttys: BTreeSet<&PathBuf> = fixed.devices().collect();
        for module in topology.modules.values() {
            let of_a_slot = taken.contains(&topology.place(module.port))
                || module.ttys.iter().any(|tty| fixed_ttys.contains(&tty.path));
            if !of_a_slot && module.settled && self.shown(module) {
                presence.insert(module.port.to_string(), seen(module, false));
            }
        }
        presence
    }

    /// A bridge may lead to anything, so it is never taken unless a slot names it.
    fn shown(&self, module: &UsbModule) -> bool {
        match module.kind {
            Kind::Module => true,
            Kind::Bridge | Kind::Emergency => !self.all_ports,
            Kind::Foreign => false,
        }
    }
}

fn seen(module: &UsbModule, labelled: bool) -> Seen {
    Seen {
        generation: module.generation,
        usb: Some(ids(module)),
        ttys: module.ttys.iter().map(|tty| tty.path.display().to_string()).collect(),
        hub: module.port.hub().map(|hub| hub.to_string()),
        labelled,
    }
}

/// Vendor and product as people know them.
pub(crate) fn ids(module: &UsbModule) -> String {
    format!("{:04x}:{:04x}", module.vendor, module.product)
}

/// Which fixed ttys are there: a tty that went and came back is another one.
#[derive(Debug, Default)]
pub(crate) struct FixedTtys(BTreeMap<PathBuf, FixedState>);

#[derive(Debug, Default)]
struct FixedState {
    generation: u64,
    device: Option<(u64, u64, PathBuf)>,
}

impl FixedTtys {
    pub(crate) fn of(places: &Places) -> Self {
        let fixed = places.slots.values().filter_map(|slot| match &slot.at {
            Place::Fixed(tty) => Some((tty.path().to_owned(), FixedState::default())),
            Place::Usb(_) => None,
        });
        Self(fixed.collect())
    }

    /// Looks which are there; whether anything has changed.
    pub(crate) fn look(&mut self) -> bool {
        let mut changed = false;
        for (path, state) in &mut self.0 {
            if state.device.as_ref().is_some_and(|known| is_still(path, known)) {
                continue;
            }
            let device = device(path);
            if device != state.device {
                state.generation += u64::from(device.is_some());
                state.device = device;
                changed = true;
            }
        }
        changed
    }

    fn seen(&self, path: &Path) -> Option<Seen> {
        let state = self.0.get(path)?;
        let (_, _, device) = state.device.as_ref()?;
        let ttys = vec![device.display().to_string()];
        Some(Seen { generation: state.generation, usb: None, ttys, hub: None, labelled: true })
    }

    fn devices(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.values().filter_map(|state| state.device.as_ref().map(|(_, _, path)| path))
    }
}

/// Whether `path` leads to the tty that is known: looked at before the names on the way are read, one by one.
fn is_still(path: &Path, (inode, number, _): &(u64, u64, PathBuf)) -> bool {
    std::fs::metadata(path).is_ok_and(|found| (found.ino(), found.rdev()) == (*inode, *number))
}

/// What tells one appearance of a tty from another: its inode, its device number, and where the path leads.
fn device(path: &Path) -> Option<(u64, u64, PathBuf)> {
    let path = std::fs::canonicalize(path).ok()?;
    let found = std::fs::metadata(&path).ok()?;
    Some((found.ino(), found.rdev(), path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use bus::{FixedTty, Topology};

    use super::{FixedTtys, Place, Places, SlotPlaces};

    #[test]
    fn a_fixed_tty_that_leads_elsewhere_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("A1");
        let at = Place::Fixed(FixedTty::new(link.clone(), 115_200));
        let slots = [("A1".to_owned(), SlotPlaces { at, boot_log: None })].into();
        let places = Places { slots, all_ports: false };
        let mut fixed = FixedTtys::of(&places);
        assert!(!fixed.look());
        assert!(places.presence(&Topology::default(), &fixed).is_empty());
        symlink("/dev/null", &link).unwrap();
        assert!(fixed.look());
        assert!(!fixed.look());
        std::fs::remove_file(&link).unwrap();
        symlink("/dev/zero", &link).unwrap();
        assert!(fixed.look());
        let presence = places.presence(&Topology::default(), &fixed);
        assert_eq!(presence["A1"].generation, 2);
        assert_eq!(presence["A1"].ttys, ["/dev/zero"]);
    }
}
