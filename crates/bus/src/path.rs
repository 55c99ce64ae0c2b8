//! USB port paths: the identity of a place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Ports below a root hub, at most: the kernel's `MAX_TOPO_LEVEL`.
const DEPTH: usize = 6;

/// The kernel's name of a USB port, `1-1.4.2`: bus, port of the root hub, port of the hub there, and so on. A root hub
/// itself is `usb1`. Sorted by number: `1-1.9` comes before `1-1.10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortPath {
    bus: u16,
    /// Ports count from 1; zeros stand after the last one, so that the derived order is that of the tree.
    ports: [u8; DEPTH],
}

/// What is no port path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no USB port path; one looks like `1-1.4.2`")]
pub struct NotAPortPath(String);

impl PortPath {
    /// The root hub of `bus`, which counts from 1.
    pub(crate) const fn root(bus: u16) -> Self {
        Self { bus, ports: [0; DEPTH] }
    }

    /// The port with this number of the hub at this path; `None` for port 0, and where the bus can be no deeper.
    pub fn port(self, number: u8) -> Option<Self> {
        let mut child = self;
        *child.ports.get_mut(self.ports().len())? = number;
        (number > 0).then_some(child)
    }

    /// The hub to which it belongs: `1-1` for `1-1.4`, the root hub `usb1` for `1-1`, `None` for a root hub.
    pub fn hub(self) -> Option<Self> {
        let last = self.ports().len().checked_sub(1)?;
        let mut hub = self;
        hub.ports[last] = 0;
        Some(hub)
    }

    /// The number of the bus.
    pub fn bus(self) -> u16 {
        self.bus
    }

    /// Whether it is a root hub, not a port.
    pub fn is_root_hub(self) -> bool {
        self.ports().is_empty()
    }

    /// Whether it is somewhere below `hub`, on any level.
    pub fn is_below(self, hub: Self) -> bool {
        self != hub && self.bus == hub.bus && self.ports().starts_with(hub.ports())
    }

    fn ports(&self) -> &[u8] {
        let depth = self.ports.iter().position(|port| *port == 0).unwrap_or(DEPTH);
        &self.ports[..depth]
    }
}

/// A number as the kernel prints it: no sign, no leading zero.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

fn parse(text: &str) -> Option<PortPath> {
    if let Some(bus) = text.strip_prefix("usb") {
        return Some(PortPath::root(number(bus)?));
    }
    let (bus, ports) = text.split_once('-')?;
    ports.split('.').try_fold(PortPath::root(number(bus)?), |hub, port| hub.port(number(port)?))
}

impl FromStr for PortPath {
    type Err = NotAPortPath;

    fn from_str(text: &str) -> Result<Self, NotAPortPath> {
        parse(text).ok_or_else(|| NotAPortPath(text.chars().filter(|c| !c.is_control()).take(80).collect()))
    }
}

impl TryFrom<String> for PortPath {
    type Error = NotAPortPath;

    fn try_from(text: String) -> Result<Self, NotAPortPath> {
        text.parse()
    }
}

impl From<PortPath> for String {
    fn from(path: PortPath) -> Self {
        path.to_string()
    }
}

impl fmt::Display for PortPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.ports().split_first() else {
            return f.pad(&format!("usb{}", self.bus));
        };
        let others: Vec<String> = others.iter().map(|port| format!(".{port}")).collect();
        f.pad(&format!("{}-{first}{}", self.bus, others.concat()))
    }
}

/// Where in sysfs something is: the port of the nearest USB device above it (or itself), and the interface of that
/// device, by the names of the folders. So it also works for what is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whereabouts {
    pub(crate) port: PortPath,
    pub(crate) interface: Option<u8>,
}

/// Where the kernel's path `devpath` (`/devices/…/usb1/1-1/1-1.4/1-1.4:1.2/ttyUSB2/tty/ttyUSB2`) is.
pub(crate) fn whereabouts(devpath: &str) -> Option<Whereabouts> {
    let mut folders = devpath.split('/').skip_while(|name| !is_root_hub(name));
    let mut port: PortPath = folders.next()?.parse().ok()?;
    for name in folders {
        match name.parse::<PortPath>() {
            Ok(below) if below.is_below(port) => port = below,
            _ => return Some(Whereabouts { port, interface: interface(name, port) }),
        }
    }
    Some(Whereabouts { port, interface: None })
}

fn is_root_hub(name: &str) -> bool {
    name.parse().is_ok_and(PortPath::is_root_hub)
}

/// The interface of `1-1.4:1.2`: 2. The kernel prints `bInterfaceNumber` there, as a decimal number.
fn interface(name: &str, port: PortPath) -> Option<u8> {
    let (device, rest) = name.split_once(':')?;
    let (_configuration, interface) = rest.split_once('.')?;
    (device == port.to_string()).then(|| interface.parse().ok()).flatten()
}

/// The port of a hub by the name of its folder: `1-1-port4` is `1-1.4`, `usb1-port4` is `1-4`.
pub(crate) fn port_of_hub(name: &str) -> Option<PortPath> {
    let (hub, port) = name.rsplit_once("-port")?;
    hub.parse::<PortPath>().ok()?.port(number(port)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PortPath, Whereabouts, port_of_hub, whereabouts};

    fn path(text: &str) -> PortPath {
        text.parse().unwrap()
    }

    #[test]
    fn what_the_kernel_does_not_write_is_refused() {
        for text in [
            "",
            "1",
            "1-",
            "-1",
            "1-1.",
            "1-.1",
            "1-1..2",
            "1-0",
            "0-1",
            "1-01",
            "01-1",
            "1-1.256",
            "1-+1",
            "1 -1",
            "1-1.4:1.0",
            "1-1.4\n",
            "usb",
            "usb0",
            "usb01",
            "USB1",
            "1-1.1.1.1.1.1.1",
            "1-1/4",
            "70000-1",
            "１-1",
        ] {
            let error = text.parse::<PortPath>().unwrap_err();
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }

    #[test]
    fn order_is_by_number() {
        let mut paths =
            ["2-1", "1-14", "1-1.10", "1-1.9", "10-1", "1-1", "usb2", "1-1.9.1", "1-1.4", "usb1"].map(path);
        paths.sort();
        let sorted = paths.map(|path| path.to_string());
        assert_eq!(
            sorted,
            ["usb1", "1-1", "1-1.4", "1-1.9", "1-1.9.1", "1-1.10", "1-14", "usb2", "2-1", "10-1"]
        );
    }

    #[test]
    fn digits_are_never_run_together() {
        assert_ne!(path("1-1.4"), path("1-14"));
        assert!(!path("1-14").is_below(path("1-1")));
        assert!(path("1-1.4").is_below(path("1-1")));
        assert!(path("1-1.4.2").is_below(path("usb1")));
        assert!(!path("1-1").is_below(path("1-1")));
        assert!(!path("2-1.4").is_below(path("1-1")));
    }

    #[test]
    fn hubs() {
        assert_eq!(path("1-1.4").hub(), Some(path("1-1")));
        assert_eq!(path("1-1").hub(), Some(path("usb1")));
        assert_eq!(path("usb1").hub(), None);
        assert_eq!(path("1-1").port(4), Some(path("1-1.4")));
        assert_eq!(path("1-1").port(0), None);
        assert_eq!(path("1-1.1.1.1.1.1").port(1), None);
    }

    #[test]
    fn serde_by_string() {
        assert_eq!(serde_json::to_string(&path("1-1.4")).unwrap(), "\"1-1.4\"");
        assert_eq!(serde_json::from_str::<PortPath>("\"1-1.4\"").unwrap(), path("1-1.4"));
        assert!(serde_json::from_str::<PortPath>("\"1-1.0\"").is_err());
    }

    #[test]
    fn places_in_sysfs() {
        let place = |port: &str, interface| Some(Whereabouts { port: path(port), interface });
        let hub = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";
        assert_eq!(whereabouts(hub), place("1-1", None));
        assert_eq!(whereabouts("/devices/platform/vhci_hcd.0/usb3"), place("usb3", None));
        let option = format!("{hub}/1-1.4/1-1.4:1.2/ttyUSB2/tty/ttyUSB2");
        assert_eq!(whereabouts(&option), place("1-1.4", Some(2)));
        assert_eq!(whereabouts(&format!("{hub}/1-1:1.10/tty/ttyACM0")), place("1-1", Some(10)));
        assert_eq!(whereabouts(&format!("{hub}/1-1.4/1-1.4:1.0/i2c-7/7-50")), place("1-1.4", Some(0)));
        assert_eq!(whereabouts("/devices/virtual/tty/tty1"), None);
        assert_eq!(whereabouts("/devices/pnp0/00:05/tty/ttyS0"), None);
    }

    #[test]
    fn ports_of_hubs() {
        assert_eq!(port_of_hub("usb2-port3"), Some(path("2-3")));
        assert_eq!(port_of_hub("1-1-port4"), Some(path("1-1.4")));
        assert_eq!(port_of_hub("1-1-port0"), None);
        assert_eq!(port_of_hub("1-1"), None);
    }

    proptest! {
        #[test]
        fn written_and_read(bus in 1..=u16::MAX, ports in prop::collection::vec(1..=u8::MAX, 0..=6)) {
            let built = ports.iter().try_fold(PortPath::root(bus), |hub, port| hub.port(*port)).unwrap();
            prop_assert_eq!(built.to_string().parse(), Ok(built));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _either = text.parse::<PortPath>();
            let _none = whereabouts(&text);
        }
    }
}
