//! Which modules are in a USB rack, and where: the file that `usb-rack` reads.

use std::path::PathBuf;

use events::Family;
use serde::{Deserialize, Serialize};
use sim::ModuleSpec;

/// A rack of simulated modules on USB.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Chooses the tty numbers and the order of events.
    #[serde(default)]
    pub seed: u64,
    /// How many times faster than real time the modules live.
    pub speed: f64,
    /// Whether a udevd seems to run; without one there is no database, and only the kernel speaks.
    #[serde(default = "yes")]
    pub udevd: bool,
    /// Whether each hub has a USB 3 sibling on the next bus, its ports tied to it as peers.
    #[serde(default)]
    pub usb3: bool,
    /// The modules, plugged in or in a drawer.
    pub modules: Vec<Unit>,
    /// Ports into which a module may be plugged later, besides those of the modules.
    #[serde(default)]
    pub ports: Vec<String>,
}

/// One module of a rack.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// By which commands and truths name it.
    pub name: String,
    /// The port path it is plugged into at the start; in a drawer without.
    pub port: Option<String>,
    /// What it is.
    pub spec: ModuleSpec,
    /// Vendor and product of the bridge it sits behind, where that is not the `CP210x` of a SIM7028.
    #[serde(default)]
    pub bridge: Option<(u16, u16)>,
    /// A package that lies already on it.
    #[serde(default)]
    pub preloaded: Option<PathBuf>,
}

const fn yes() -> bool {
    true
}

/// The port path of the slot at `place`: sixteen to a hub of the first row, four to one of the second.
pub fn port_of(place: usize) -> String {
    let (bus, place) = (1 + 2 * (place / 64), place % 64);
    format!("{bus}-{}.{}.{}", 1 + place / 16, 1 + place % 16 / 4, 1 + place % 4)
}

/// A valid IMEI of its own for each place.
pub fn imei_of(place: usize) -> String {
    let body = format!("86634503{:06}", 200_417 + place);
    let digit = |(at, byte): (usize, u8)| {
        let digit = u32::from(byte - b'0') * if at.is_multiple_of(2) { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    let sum: u32 = body.bytes().rev().enumerate().map(digit).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

impl Scenario {
    /// `count` well-behaved modules, the families in turn, each with the first of its revisions
    /// ([`crate::usb::revisions`]), plugged in at [`port_of`] its place and named `A1`, `A2` and so on.
    pub fn of(families: &[Family], count: usize, speed: f64) -> Self {
        let modules = (0..count).map(|place| Unit::new(families[place % families.len()], place)).collect();
        Self { seed: 1, speed, udevd: true, usb3: false, modules, ports: Vec::new() }
    }

    /// The module `name`, to be changed.
    pub fn unit(&mut self, name: &str) -> &mut Unit {
        let found = self.modules.iter_mut().find(|unit| unit.name == name);
        found.unwrap_or_else(|| panic!("the scenario has no module {name}"))
    }
}

impl Unit {
    /// A well-behaved module of `family`, plugged in at [`port_of`] `place`.
    pub fn new(family: Family, place: usize) -> Self {
        let line = crate::usb::files::line(family);
        let mut spec = ModuleSpec::new(family, line.model, &imei_of(place), line.from, place as u64);
        line.suffix.clone_into(&mut spec.suffix);
        let name = format!("A{}", place + 1);
        Self { name, port: Some(port_of(place)), spec, bridge: None, preloaded: None }
    }

    /// The same in a drawer, to be plugged in later.
    pub fn in_drawer(self) -> Self {
        Self { port: None, ..self }
    }
}
