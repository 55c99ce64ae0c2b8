//! A rack to be looked at: things are plugged in and out whether or not anybody looks.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Identity, Observed, Seen, SeenDevice, SeenHub, SeenTty, SettleTimes};
use crate::path::PortPath;
use crate::topology::{KnownUsb, Topology, UsbTty};

/// Ports that are easily mixed up, a hub, and what is below it.
pub(super) const PORTS: [&str; 7] = ["1-1.4", "1-14", "1-1.9", "1-1.10", "2-1.4", "3-1", "1-1.4.2"];

/// The hub of some of them.
pub(super) const HUB: &str = "1-1";

/// A known module with a known set of ttys, one without, an unknown product, a bridge, emergency mode, a keyboard.
const PRODUCTS: [(u16, u16); 6] = [
    (0x2c7c, 0x0296),
    (0x1e0e, 0x9206),
    (0x1e0e, 0x9999),
    (0x10c4, 0xea60),
    (0x05c6, 0x9008),
    (0x046d, 0xc31c),
];

/// All units of the rack have the same one.
pub(super) const SERIAL: &str = "0123456789ABCDEF";

pub(super) fn port(text: &str) -> PortPath {
    text.parse().unwrap()
}

pub(super) fn observed() -> Observed {
    let known =
        vec![KnownUsb::new(0x2c7c, 0x0296, 2).with_ttys(&[0, 1, 2, 3]), KnownUsb::new(0x1e0e, 0x9206, 2)];
    Observed::new(known, SettleTimes::default())
}

/// What happens, and what is seen of it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Something is plugged in, or something else in place of what was there. Its ttys come later.
    Plug(usize, usize),
    Unplug(usize),
    /// The hub goes, with all below it.
    UnplugHub,
    PlugHub,
    /// A tty comes, with a new number.
    TtyComes(usize, u8),
    TtyGoes(usize, u8),
    /// An event is read, in time, late, or twice: the port is looked at.
    Look(usize),
    LookAtHub,
    /// The whole bus is read.
    Reconcile,
    Wait(u16),
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = 0..PORTS.len();
    let step = prop_oneof![
        4 => (at.clone(), 0..PRODUCTS.len()).prop_map(|(at, product)| Step::Plug(at, product)),
        2 => at.clone().prop_map(Step::Unplug),
        1 => Just(Step::UnplugHub),
        1 => Just(Step::PlugHub),
        8 => (at.clone(), 0_u8..5).prop_map(|(at, interface)| Step::TtyComes(at, interface)),
        2 => (at.clone(), 0_u8..5).prop_map(|(at, interface)| Step::TtyGoes(at, interface)),
        8 => at.prop_map(Step::Look),
        1 => Just(Step::LookAtHub),
        1 => Just(Step::Reconcile),
        3 => (0_u16..1_500).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..120)
}

/// The rack.
#[derive(Default)]
pub(super) struct Rack {
    pub(super) there: BTreeMap<PortPath, Seen>,
    pub(super) now_ms: u64,
    made: u64,
}

impl Rack {
    /// What happens; what is seen of it goes to `observed`.
    pub(super) fn step(&mut self, step: &Step, observed: &mut Observed) {
        match *step {
            Step::Plug(at, product) => self.plug(port(PORTS[at]), PRODUCTS[product]),
            Step::Unplug(at) => self.unplug(port(PORTS[at])),
            Step::UnplugHub => self.unplug(port(HUB)),
            Step::PlugHub => self.plug_hub(port(HUB)),
            Step::TtyComes(at, interface) => self.tty_comes(port(PORTS[at]), interface),
            Step::TtyGoes(at, interface) => self.tty_goes(port(PORTS[at]), interface),
            Step::Look(at) => self.look(port(PORTS[at]), observed),
            Step::LookAtHub => self.look(port(HUB), observed),
            Step::Reconcile => observed.reconcile(self.now_ms, self.there.clone()),
            Step::Wait(ms) => self.now_ms += u64::from(ms),
        }
        observed.settle(self.now_ms);
    }

    pub(super) fn look(&self, port: PortPath, observed: &mut Observed) {
        observed.look(self.now_ms, port, self.there.get(&port).cloned());
        observed.settle(self.now_ms);
    }

    /// With all hubs above it.
    pub(super) fn plug(&mut self, port: PortPath, (vendor, product): (u16, u16)) {
        self.unplug(port);
        self.hubs_above(port);
        let device = SeenDevice {
            identity: self.identity(),
            vendor,
            product,
            serial: Some(SERIAL.to_owned()),
            ttys: Vec::new(),
            waiting: 0,
            mm_ignored: false,
        };
        self.there.insert(port, Seen::Device(device));
    }

    pub(super) fn plug_hub(&mut self, port: PortPath) {
        let third = port.port(3).unwrap();
        let peer = third.to_string().replacen('1', "7", 1).parse().unwrap();
        let siblings = vec![(third, peer)];
        self.unplug(port);
        self.hubs_above(port);
        self.there.insert(port, Seen::Hub(SeenHub { ports: 16, siblings }));
    }

    fn hubs_above(&mut self, port: PortPath) {
        let hub = port.hub().filter(|hub| !hub.is_root_hub());
        if let Some(hub) = hub.filter(|hub| !matches!(self.there.get(hub), Some(Seen::Hub(_)))) {
            self.plug_hub(hub);
        }
    }

    pub(super) fn unplug(&mut self, hub: PortPath) {
        self.there.retain(|port, _| *port != hub && !port.is_below(hub));
    }

    pub(super) fn tty_comes(&mut self, port: PortPath, interface: u8) {
        let identity = self.identity();
        let path = format!("/dev/ttyUSB{}", identity.number).into();
        let tty = UsbTty { interface, path, driver: Some("option".to_owned()) };
        if let Some(device) = self.device(port) {
            device.ttys.retain(|seen| seen.tty.interface != interface);
            device.ttys.push(SeenTty { identity, tty });
            device.ttys.sort_by(|one, other| one.tty.cmp(&other.tty));
        }
    }

    /// A tty on an interface that has none.
    pub(super) fn tty_comes_beside(&mut self, port: PortPath) {
        self.tty_comes(port, 9);
    }

    fn tty_goes(&mut self, port: PortPath, interface: u8) {
        if let Some(device) = self.device(port) {
            device.ttys.retain(|seen| seen.tty.interface != interface);
        }
    }

    pub(super) fn device(&mut self, port: PortPath) -> Option<&mut SeenDevice> {
        match self.there.get_mut(&port)? {
            Seen::Device(device) => Some(device),
            Seen::Hub(_) => None,
        }
    }

    fn identity(&mut self) -> Identity {
        self.made += 1;
        // Numbers of devices are given again after 127, those of ttys at once.
        Identity { number: self.made % 5, inode: self.made }
    }

    /// The picture that somebody has who comes only now, when all has settled.
    pub(super) fn afresh(&self) -> Topology {
        let mut observed = observed();
        observed.reconcile(self.now_ms, self.there.clone());
        settled(&mut observed, self.now_ms)
    }
}

/// The picture when all has settled, without the generations.
pub(super) fn settled(observed: &mut Observed, now_ms: u64) -> Topology {
    assert_eq!(observed.settle(now_ms + 1_000), None, "all is settled after the longest settle time");
    let mut topology = observed.topology(Vec::new());
    topology.modules.values_mut().for_each(|module| module.generation = 0);
    topology
}
