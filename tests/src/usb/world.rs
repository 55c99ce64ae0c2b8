//! The USB side of the private world: what is plugged in, under which numbers, and what is said about it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use sim::{Random, Usb};

use crate::usb::function::Function;
use crate::usb::node::Node;
use crate::usb::numbers::Numbers;
use crate::usb::private;
use crate::usb::scenario::Scenario;
use crate::usb::topology::{self, DeviceNumbers, PortPath};
use crate::usb::uevent::Uevents;

/// Everything on the buses.
#[derive(Debug)]
pub(crate) struct World {
    events: Uevents,
    numbers: BTreeMap<&'static str, Numbers>,
    seed: u64,
    device_numbers: DeviceNumbers,
    random: Random,
    plugged: BTreeMap<String, Plugged>,
    /// Ports at which the tty for AT is to come late.
    held: BTreeSet<String>,
}

/// What is at a port.
#[derive(Debug)]
struct Plugged {
    device: Node,
    functions: Vec<Function>,
    kind: &'static str,
    numbers: Vec<u32>,
    /// The part that has not come yet.
    late: Option<Function>,
}

impl World {
    /// Makes the private world for `scenario`, with its hubs and nothing in them. The process must be in namespaces of
    /// its own.
    pub(crate) fn make(scenario: &Scenario) -> io::Result<Self> {
        private::make(scenario.udevd)?;
        let mut world = Self {
            events: Uevents::open(scenario.udevd)?,
            numbers: BTreeMap::new(),
            seed: scenario.seed,
            device_numbers: DeviceNumbers::default(),
            random: Random::new(scenario.seed),
            plugged: BTreeMap::new(),
            held: BTreeSet::new(),
        };
        let ports = scenario.modules.iter().filter_map(|unit| unit.port.as_ref()).chain(&scenario.ports);
        let wanted: Option<Vec<PortPath>> = ports.map(|port| PortPath::parse(port)).collect();
        let wanted = wanted.ok_or_else(|| io::Error::other("a port of the scenario is no port path"))?;
        let (nodes, links) = topology::build(&wanted, scenario.usb3, &mut world.device_numbers);
        for node in &nodes {
            node.make(scenario.udevd)?;
        }
        topology::tie(&links)?;
        Ok(world)
    }

    /// What is at each port: its ttys by interface.
    pub(crate) fn ttys(&self) -> BTreeMap<String, BTreeMap<u8, String>> {
        let ttys = |plugged: &Plugged| plugged.functions.iter().filter_map(Function::tty).collect();
        self.plugged.iter().map(|(port, plugged)| (port.clone(), ttys(plugged))).collect()
    }

    /// From now on events are missed by everyone, or not.
    pub(crate) fn lose_events(&mut self, lost: bool) {
        self.events.lost = lost;
    }

    /// At its next coming the tty for AT of what comes at `port` waits for [`World::release`].
    pub(crate) fn hold(&mut self, port: &str) {
        self.held.insert(port.to_owned());
    }

    /// The tty that was held comes.
    pub(crate) fn release(&mut self, port: &str) -> io::Result<()> {
        self.held.remove(port);
        let Some(plugged) = self.plugged.get_mut(port) else { return Ok(()) };
        if let Some(function) = plugged.late.take() {
            function.come(&mut self.events)?;
            plugged.functions.push(function);
        }
        Ok(())
    }

    /// `usb` comes onto the bus at `port`; `ptys` are the pseudo-terminals of its ttys, by interface.
    pub(crate) fn plug(&mut self, port: &str, usb: &Usb, ptys: &[(u8, PathBuf)]) -> io::Result<()> {
        let path = PortPath::parse(port).ok_or_else(|| io::Error::other("no port path"))?;
        if self.plugged.contains_key(port) {
            return Err(io::Error::other(format!("something is plugged in at {port} already")));
        }
        let kind = Function::kind_of_tty(usb);
        let seed = self.seed;
        let pool = self.numbers.entry(kind).or_insert_with(|| Numbers::new(seed));
        let numbers = pool.take(port, ptys.len());
        let device = self.device(&path, usb);
        device.make(self.events.has_udevd())?;
        topology::tie(&topology::plug_links(&path))?;
        self.events.say("add", &device)?;
        let mut functions: Vec<Function> = Vec::new();
        // Where the kernel has no number left, the interface stays without a tty.
        for (place, (number, pty)) in ptys.iter().enumerate() {
            let tty = numbers.get(place).map(|tty| (*tty, pty.clone()));
            functions.push(Function::new(&path, usb, *number, tty));
        }
        functions.extend(usb.others.iter().map(|number| Function::new(&path, usb, *number, None)));
        self.shuffle(&mut functions);
        let held = self.held.remove(port).then(|| functions.iter().position(|one| one.takes_at(usb)));
        let late = held.flatten().map(|place| functions.remove(place));
        for function in &functions {
            function.come(&mut self.events)?;
        }
        self.events.say("bind", &device)?;
        self.plugged.insert(port.to_owned(), Plugged { device, functions, kind, numbers, late });
        Ok(())
    }

    fn device(&mut self, path: &PortPath, usb: &Usb) -> Node {
        let number = self.device_numbers.next(path.bus);
        let ids = (usb.vendor, usb.product);
        let mut node = topology::device(path.device(), path.bus, number, &path.digits(), ids);
        let interfaces = usb.ttys.len() + usb.others.len();
        node.attributes.push(("bNumInterfaces", format!("{interfaces:2}")));
        node.attributes.push(("bDeviceClass", "00".to_owned()));
        node.attributes.extend(usb.serial.clone().map(|serial| ("serial", serial)));
        node.rules = Function::rules_of_device(path, usb);
        node
    }

    /// The parts of a module come in no order.
    fn shuffle(&mut self, functions: &mut [Function]) {
        for last in (1..functions.len()).rev() {
            let other = self.random.between(0, last as u64);
            functions.swap(last, usize::try_from(other).unwrap_or_default());
        }
    }

    /// What is at `port` leaves the bus. Its events name devices that are no more.
    pub(crate) fn unplug(&mut self, port: &str) -> io::Result<()> {
        let Some(plugged) = self.plugged.remove(port) else { return Ok(()) };
        // When the first event is read, all of it is gone: that is what a reader of the kernel's events finds too.
        plugged.functions.iter().rev().try_for_each(Function::go)?;
        plugged.device.unmake()?;
        if let Some(path) = PortPath::parse(port) {
            let [_, (socket, _)] = topology::plug_links(&path);
            std::fs::remove_file(format!("/sys{socket}"))?;
        }
        for function in plugged.functions.iter().rev() {
            function.say_gone(&mut self.events)?;
        }
        self.events.say("unbind", &plugged.device)?;
        self.events.say("remove", &plugged.device)?;
        if let Some(pool) = self.numbers.get_mut(plugged.kind) {
            pool.give_back(&plugged.numbers);
        }
        Ok(())
    }
}
