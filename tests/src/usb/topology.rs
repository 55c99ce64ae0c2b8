//! Host controllers, root hubs and hubs: what must be there before a module can be plugged into a port.

use std::collections::BTreeSet;
use std::io;

use crate::usb::node::{Node, Special, link};

/// Ports of a hub.
const PORTS: u8 = 4;

/// A port path, `1-1.4.2`: a bus and the ports on the way from its root hub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PortPath {
    pub(crate) bus: u8,
    pub(crate) ports: Vec<u8>,
}

impl PortPath {
    /// `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (bus, ports) = text.split_once('-')?;
        let ports: Option<Vec<u8>> = ports.split('.').map(|port| port.parse().ok()).collect();
        let path = Self { bus: bus.parse().ok()?, ports: ports? };
        (path.bus > 0 && path.to_string() == text).then_some(path)
    }

    /// The hub it is a port of; `None` at the root.
    fn hub(&self) -> Option<Self> {
        let (_, rest) = self.ports.split_last()?;
        (!rest.is_empty()).then(|| Self { bus: self.bus, ports: rest.to_vec() })
    }

    /// Where a device at this port is below `/sys`.
    pub(crate) fn device(&self) -> String {
        let above = match self.hub() {
            Some(hub) => hub.device(),
            None => root(self.bus),
        };
        format!("{above}/{self}")
    }

    /// `1.4.2`.
    pub(crate) fn digits(&self) -> String {
        let ports: Vec<String> = self.ports.iter().map(u8::to_string).collect();
        ports.join(".")
    }

    /// The folder of the port itself, which its hub has whether something is plugged in or not.
    fn socket(&self) -> String {
        let last = self.ports.last().copied().unwrap_or_default();
        match self.hub() {
            Some(hub) => format!("{}/{hub}:1.0/{hub}-port{last}", hub.device()),
            None => format!("{}/{1}-0:1.0/usb{1}-port{last}", root(self.bus), self.bus),
        }
    }

    fn on_bus(&self, bus: u8) -> Self {
        Self { bus, ports: self.ports.clone() }
    }
}

impl std::fmt::Display for PortPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.bus, self.digits())
    }
}

/// The controller of a bus: two buses each, USB 2 and USB 3.
pub(crate) fn controller(bus: u8) -> String {
    format!("0000:00:{:02x}.0", 0x13 + bus.div_ceil(2))
}

fn root(bus: u8) -> String {
    format!("/devices/pci0000:00/{}/usb{bus}", controller(bus))
}

/// The device number of each bus's next device.
#[derive(Debug, Default)]
pub(crate) struct DeviceNumbers(std::collections::BTreeMap<u8, u8>);

impl DeviceNumbers {
    /// As the kernel counts: up to 127, then from the start. Whether the number is free is nobody's business here.
    pub(crate) fn next(&mut self, bus: u8) -> u8 {
        let last = self.0.entry(bus).or_default();
        *last = *last % 127 + 1;
        *last
    }
}

/// A `usb_device`.
pub(crate) fn device(path: String, bus: u8, number: u8, digits: &str, ids: (u16, u16)) -> Node {
    let mut node = Node::new(path, "usb", Some("usb_device"));
    let minor = u32::from(bus - 1) * 128 + u32::from(number) - 1;
    node.special = Some(Special { major: 189, minor, name: format!("bus/usb/{bus:03}/{number:03}") });
    node.driver = Some("usb".to_owned());
    node.kernel = vec![
        ("PRODUCT", format!("{:x}/{:x}/100", ids.0, ids.1)),
        ("TYPE", "0/0/0".to_owned()),
        ("BUSNUM", format!("{bus:03}")),
        ("DEVNUM", format!("{number:03}")),
    ];
    node.attributes = vec![
        ("idVendor", format!("{:04x}", ids.0)),
        ("idProduct", format!("{:04x}", ids.1)),
        ("busnum", bus.to_string()),
        ("devnum", number.to_string()),
        ("devpath", digits.to_owned()),
        ("speed", "480".to_owned()),
        ("bMaxPower", "500mA".to_owned()),
        ("power/control", "auto".to_owned()),
        ("power/autosuspend_delay_ms", "2000".to_owned()),
    ];
    node
}

/// Everything between the processor and the ports `wanted`, in the order in which it comes; with `usb3`, each hub has its
/// sibling on the next bus.
pub(crate) fn build(
    wanted: &[PortPath],
    usb3: bool,
    numbers: &mut DeviceNumbers,
) -> (Vec<Node>, Vec<(String, String)>) {
    let mut hubs: BTreeSet<PortPath> = BTreeSet::new();
    let mut ports: BTreeSet<PortPath> = wanted.iter().cloned().collect();
    for path in wanted {
        let mut above = path.hub();
        while let Some(hub) = above {
            above = hub.hub();
            ports.insert(hub.clone());
            hubs.insert(hub);
        }
    }
    let buses: BTreeSet<u8> = wanted.iter().map(|path| path.bus).collect();
    let mut nodes = vec![Node::new("/devices/pci0000:00".to_owned(), "pci", None)];
    let mut links = Vec::new();
    for bus in buses {
        nodes.push(Node::new(format!("/devices/pci0000:00/{}", controller(bus)), "pci", None));
        for bus in [bus].into_iter().chain(usb3.then_some(bus + 1)) {
            nodes.extend(root_hub(bus, numbers.next(bus)));
        }
    }
    for hub in &hubs {
        for bus in [hub.bus].into_iter().chain(usb3.then_some(hub.bus + 1)) {
            nodes.extend(one_hub(&hub.on_bus(bus), numbers.next(bus)));
        }
    }
    for port in &ports {
        let other = port.on_bus(port.bus + 1);
        if usb3 {
            links.push((format!("{}/peer", port.socket()), other.socket()));
            links.push((format!("{}/peer", other.socket()), port.socket()));
        }
        if hubs.contains(port) {
            links.extend(plug_links(port));
        }
    }
    (nodes, links)
}

fn root_hub(bus: u8, number: u8) -> [Node; 2] {
    let mut hub = device(root(bus), bus, number, "0", (0x1d6b, if bus % 2 == 1 { 2 } else { 3 }));
    hub.attributes.extend([("bDeviceClass", "09".to_owned()), ("maxchild", "16".to_owned())]);
    let interface = interface(format!("{}/{bus}-0:1.0", root(bus)), 0, "hub", 0x09);
    [hub, interface]
}

fn one_hub(hub: &PortPath, number: u8) -> [Node; 2] {
    let mut node = device(hub.device(), hub.bus, number, &hub.digits(), (0x2109, 0x2817));
    node.attributes.extend([("bDeviceClass", "09".to_owned()), ("maxchild", PORTS.to_string())]);
    let interface = interface(format!("{}/{hub}:1.0", hub.device()), 0, "hub", 0x09);
    [node, interface]
}

/// A `usb_interface`.
pub(crate) fn interface(path: String, number: u8, driver: &str, class: u8) -> Node {
    let mut node = Node::new(path, "usb", Some("usb_interface"));
    node.driver = Some(driver.to_owned());
    node.kernel = vec![("INTERFACE", format!("{class}/0/0"))];
    node.attributes = vec![
        ("bInterfaceNumber", format!("{number:02x}")),
        ("bInterfaceClass", format!("{class:02x}")),
        ("bInterfaceSubClass", "00".to_owned()),
        ("bInterfaceProtocol", "00".to_owned()),
        ("bNumEndpoints", "03".to_owned()),
    ];
    node
}

/// What ties a device to the port it is plugged into.
pub(crate) fn plug_links(path: &PortPath) -> [(String, String); 2] {
    let (socket, device) = (path.socket(), path.device());
    [(format!("{device}/port"), socket.clone()), (format!("{socket}/device"), device)]
}

/// Makes links between places below `/sys`.
pub(crate) fn tie(links: &[(String, String)]) -> io::Result<()> {
    for (from, to) in links {
        link(format!("/sys{from}").as_ref(), format!("/sys{to}").as_ref())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::PortPath;

    #[test]
    fn a_port_path_tells_its_place() {
        let path = PortPath::parse("1-1.14.2").unwrap();
        let device = "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.14/1-1.14.2";
        assert_eq!((path.device().as_str(), path.digits().as_str()), (device, "1.14.2"));
        assert_eq!(path.socket(), "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.14/1-1.14:1.0/1-1.14-port2");
        let root = PortPath::parse("1-3").unwrap();
        assert_eq!(root.socket(), "/devices/pci0000:00/0000:00:14.0/usb1/1-0:1.0/usb1-port3");
        for wrong in ["1", "1-", "1-1.", "0-1", "1-01", "-1", "1-1-1"] {
            assert_eq!(PortPath::parse(wrong), None, "{wrong}");
        }
    }
}
