//! What is plugged in, as one immutable picture.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::path::PortPath;

/// One line of the families' table: a VID:PID, and on which of its interfaces the module listens for AT commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUsb {
    /// The USB vendor.
    pub vendor: u16,
    /// The USB product.
    pub product: u16,
    /// The interface of the AT port.
    pub at_interface: u8,
    /// The interfaces that have ttys when the module is wholly there. Where none are given, it is there when nothing has
    /// changed for a while.
    pub ttys: Vec<u8>,
}

impl KnownUsb {
    /// A VID:PID with its AT interface, of which it is not known how many ttys it has.
    pub fn new(vendor: u16, product: u16, at_interface: u8) -> Self {
        Self { vendor, product, at_interface, ttys: Vec::new() }
    }

    /// With the interfaces that have ttys when the module is wholly there.
    pub fn with_ttys(mut self, interfaces: &[u8]) -> Self {
        self.ttys = interfaces.to_vec();
        self
    }
}

/// What kind of thing is plugged into a port. A hub is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A module's own USB: a known VID:PID, or another product of a known vendor (a module may come back from an update
    /// with another one).
    Module,
    /// A USB-UART bridge. It says nothing about the module behind it, and does not leave the bus with it.
    Bridge,
    /// A Qualcomm chip in emergency download or dump mode: only the port path says whose it is.
    Emergency,
    /// Anything else.
    Foreign,
}

/// One tty of a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsbTty {
    /// The number of the USB interface behind it (`bInterfaceNumber`).
    pub interface: u8,
    /// Its device node, such as `/dev/ttyUSB2`. The number changes with every re-enumeration.
    pub path: PathBuf,
    /// The kernel's driver of the interface: `option`, `cp210x`, `cdc_acm`.
    pub driver: Option<String>,
}

/// What is plugged into one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbModule {
    /// Where.
    pub port: PortPath,
    /// Grows whenever what is there, or one of its ttys, went away or was replaced, seen or not: whoever opened a tty at
    /// another generation has lost it. Starts at 1. It is no count of replugs: one may be several steps.
    pub generation: u64,
    /// The USB vendor.
    pub vendor: u16,
    /// The USB product.
    pub product: u16,
    /// The serial number it gives, without control characters, at most 126 characters. It repeats across units: never a key.
    pub serial: Option<String>,
    /// Its ttys, by interface.
    pub ttys: Vec<UsbTty>,
    /// What it is.
    pub kind: Kind,
    /// The AT interface by the table; `None` when the table does not know this VID:PID.
    pub at_interface: Option<u8>,
    /// Whether it counts as there: all expected ttys have come, or nothing has changed for the settle time. It stays so
    /// for a generation; ttys that come later still appear.
    pub settled: bool,
    /// Whether a udev rule tells ModemManager to leave it alone (`ID_MM_DEVICE_IGNORE`).
    pub mm_ignored: bool,
}

impl UsbModule {
    /// The AT port: by the table; of an unknown product of a known vendor the first candidate; of a bridge its only tty.
    ///
    /// A bridge with several UARTs (FT2232, FT4232) has none: one place is one module, and its port path does not say
    /// which UART is meant. Such UARTs are bound as fixed ttys, by their links in `/dev/serial/by-path`.
    pub fn at(&self) -> Option<&Path> {
        let first = self.candidates().into_iter().next()?;
        let ambiguous = self.kind == Kind::Bridge && self.ttys.len() > 1;
        (!ambiguous).then_some(first.path.as_path())
    }

    /// The ttys on which it may listen for AT commands, best first. Asking decides.
    pub fn candidates(&self) -> Vec<&UsbTty> {
        match (self.kind, self.at_interface) {
            (Kind::Module, Some(at)) => self.ttys.iter().filter(|tty| tty.interface == at).collect(),
            (Kind::Module, None) => {
                let (usual, others): (Vec<_>, Vec<_>) =
                    self.ttys.iter().partition(|tty| tty.interface == USUAL_AT_INTERFACE);
                usual.into_iter().chain(others).collect()
            }
            (Kind::Bridge, _) => self.ttys.iter().collect(),
            (Kind::Emergency | Kind::Foreign, _) => Vec::new(),
        }
    }
}

/// Where all modules of the families' table have their AT port.
const USUAL_AT_INTERFACE: u8 = 2;

/// Something that makes the picture less sure, or slower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// No udevd runs: the kernel's own events are used, and nobody gives the ttys their group and mode.
    NoUdevd,
    /// No events can be received; the bus is read again every few seconds instead.
    NoEvents {
        /// Why.
        why: String,
    },
    /// The bus cannot be read: the picture is an older one.
    Unreadable {
        /// Why.
        why: String,
    },
    /// udevd has not yet finished with these ttys, so they are not used.
    Uninitialised {
        /// How many.
        ttys: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUdevd => f.write_str("no udevd: kernel events"),
            Self::NoEvents { why } => write!(f, "no events from the kernel or udevd: {why}"),
            Self::Unreadable { why } => write!(f, "the USB bus cannot be read: {why}"),
            Self::Uninitialised { ttys } => write!(f, "udevd has not finished with {ttys} ttys"),
        }
    }
}

/// What is plugged in, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// Everything that is no hub, by its port.
    pub modules: BTreeMap<PortPath, UsbModule>,
    /// The hubs, root hubs too, with how many ports each has; 0 when it does not say.
    pub hubs: BTreeMap<PortPath, u8>,
    /// The USB2 and USB3 ports of one physical port, each to the other.
    pub siblings: BTreeMap<PortPath, PortPath>,
    /// What makes it less sure.
    pub warnings: Vec<Warning>,
}

impl Topology {
    /// The one name of a physical port: the lower of its USB2 and USB3 port paths. Of hubs too.
    pub fn place(&self, port: PortPath) -> PortPath {
        self.siblings.get(&port).map_or(port, |sibling| port.min(*sibling))
    }

    /// What is plugged into the physical port that has this port path, by USB2 or USB3.
    pub fn at(&self, port: PortPath) -> Option<&UsbModule> {
        let sibling = || self.siblings.get(&port).and_then(|sibling| self.modules.get(sibling));
        self.modules.get(&port).or_else(sibling)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Kind, Topology, UsbModule, UsbTty};

    fn module(kind: Kind, at_interface: Option<u8>, interfaces: &[u8]) -> UsbModule {
        let tty = |interface: &u8| UsbTty {
            interface: *interface,
            path: format!("/dev/ttyUSB{}", 10 + interface).into(),
            driver: None,
        };
        UsbModule {
            port: "1-1".parse().unwrap(),
            generation: 1,
            vendor: 0x2c7c,
            product: 0x0296,
            serial: None,
            ttys: interfaces.iter().map(tty).collect(),
            kind,
            at_interface,
            settled: true,
            mm_ignored: false,
        }
    }

    #[test]
    fn the_table_decides_and_nothing_else_is_asked() {
        assert_eq!(module(Kind::Module, Some(3), &[0, 1, 2, 3]).at(), Some(Path::new("/dev/ttyUSB13")));
        assert_eq!(module(Kind::Module, Some(2), &[0, 1, 3]).at(), None);
        assert_eq!(module(Kind::Module, Some(2), &[0, 1, 3]).candidates(), Vec::<&UsbTty>::new());
    }

    #[test]
    fn an_unknown_product_has_candidates() {
        let order = |interfaces: &[u8]| -> Vec<u8> {
            module(Kind::Module, None, interfaces).candidates().iter().map(|tty| tty.interface).collect()
        };
        assert_eq!(order(&[0, 1, 2, 3]), [2, 0, 1, 3]);
        assert_eq!(order(&[0, 3]), [0, 3]);
    }

    #[test]
    fn only_a_single_uart_is_a_bridges_at_port() {
        assert_eq!(module(Kind::Bridge, None, &[0]).at(), Some(Path::new("/dev/ttyUSB10")));
        assert_eq!(module(Kind::Bridge, None, &[0, 1]).at(), None);
        assert_eq!(module(Kind::Bridge, None, &[]).at(), None);
        assert_eq!(module(Kind::Emergency, None, &[0]).at(), None);
        assert_eq!(module(Kind::Foreign, None, &[2]).at(), None);
    }

    #[test]
    fn siblings_are_one_place() {
        let (usb2, usb3) = ("1-1.4".parse().unwrap(), "2-1.4".parse().unwrap());
        let mut topology = Topology::default();
        topology.siblings.extend([(usb2, usb3), (usb3, usb2)]);
        topology.modules.insert(usb2, module(Kind::Module, Some(2), &[2]));
        assert_eq!((topology.place(usb2), topology.place(usb3)), (usb2, usb2));
        assert_eq!(topology.at(usb3), topology.at(usb2));
        assert!(topology.at("1-14".parse().unwrap()).is_none());
    }
}
