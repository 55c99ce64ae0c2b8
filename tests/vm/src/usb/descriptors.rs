//! What the guest reads of a device: descriptors, and the answers that drivers of bridges want at the beginning.

use sim::Usb;

/// Bulk and interrupt endpoints at full speed, in bytes.
const BULK_SIZE: u16 = 64;
const INTERRUPT_SIZE: u16 = 16;
const BULK: u8 = 2;
const INTERRUPT: u8 = 3;

/// How a bridge differs from a module's own interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bridge {
    /// None: a module.
    None,
    /// Silicon Labs `CP210x`.
    Cp210x,
    /// WCH CH340.
    Ch340,
    /// FTDI: every packet towards the host begins with two bytes of line status.
    Ftdi,
}

impl Bridge {
    /// The bridge with this vendor's number.
    pub(crate) fn of(usb: &Usb) -> Self {
        match usb.vendor {
            0x10c4 => Self::Cp210x,
            0x1a86 => Self::Ch340,
            0x0403 => Self::Ftdi,
            _ => Self::None,
        }
    }
}

/// An endpoint of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Its address; the highest bit is set towards the host.
    pub(crate) address: u8,
    /// Bulk or interrupt.
    pub(crate) transfer: u8,
    /// The interface it belongs to.
    pub(crate) interface: u8,
}

impl Endpoint {
    /// Bytes in a packet.
    pub(crate) fn size(self) -> u16 {
        if self.transfer == BULK { BULK_SIZE } else { INTERRUPT_SIZE }
    }

    /// Milliseconds between two questions.
    pub(crate) fn interval(self) -> u8 {
        if self.transfer == INTERRUPT { 32 } else { 0 }
    }
}

/// The numbers of all interfaces in their order.
pub(crate) fn interfaces(usb: &Usb) -> Vec<u8> {
    let mut all = [usb.ttys.as_slice(), usb.others.as_slice()].concat();
    all.sort_unstable();
    all
}

/// Class, subclass and protocol of an interface.
pub(crate) fn class(usb: &Usb, interface: u8) -> [u8; 3] {
    let diagnostics = interface == 0 && usb.ttys.len() > 1;
    if diagnostics || usb.others.contains(&interface) || usb.at.is_none() { [0xff; 3] } else { [0xff, 0, 0] }
}

/// The endpoints of all interfaces: a bulk pair each, and an interrupt endpoint on all but the first; of the bridges
/// only the CH340 has one, and its driver opens no port without. Numbered as
/// Qualcomm does: 81 01, 82 83 02, 84 85 03.
pub(crate) fn endpoints(usb: &Usb) -> Vec<Endpoint> {
    let (mut endpoints, mut towards_host) = (Vec::new(), 0x80);
    for (index, interface) in (1_u8..).zip(interfaces(usb)) {
        let mut add = |address, transfer| endpoints.push(Endpoint { address, transfer, interface });
        let interrupts = match Bridge::of(usb) {
            Bridge::None => interface != 0,
            Bridge::Ch340 => true,
            Bridge::Cp210x | Bridge::Ftdi => false,
        };
        if interrupts {
            towards_host += 1;
            add(towards_host, INTERRUPT);
        }
        towards_host += 1;
        add(towards_host, BULK);
        add(index, BULK);
    }
    endpoints
}

/// The bulk pair of an interface: towards the host, and from it.
pub(crate) fn bulk_pair(usb: &Usb, interface: u8) -> (u8, u8) {
    let all = endpoints(usb);
    let of = |towards_host: bool| {
        let mut own = all.iter().filter(|one| one.interface == interface && one.transfer == BULK);
        own.find(|one| (one.address & 0x80 != 0) == towards_host).map_or(0, |one| one.address)
    };
    (of(true), of(false))
}

/// The release number: by it the driver tells one FTDI chip from another, and 6.00 is an FT232R.
pub(crate) fn release(usb: &Usb) -> u16 {
    if Bridge::of(usb) == Bridge::Ftdi { 0x0600 } else { 0x0318 }
}

/// The device descriptor.
pub(crate) fn device(usb: &Usb) -> Vec<u8> {
    let mut bytes = vec![18, 1, 0x00, 0x02, 0, 0, 0, 64];
    bytes.extend(usb.vendor.to_le_bytes());
    bytes.extend(usb.product.to_le_bytes());
    bytes.extend(release(usb).to_le_bytes());
    bytes.extend([1, 2, if usb.serial.is_some() { 3 } else { 0 }, 1]);
    bytes
}

/// The configuration with its interfaces and endpoints.
pub(crate) fn configuration(usb: &Usb) -> Vec<u8> {
    let all = endpoints(usb);
    let mut inner = Vec::new();
    for number in interfaces(usb) {
        let own: Vec<&Endpoint> = all.iter().filter(|one| one.interface == number).collect();
        let [class, subclass, protocol] = class(usb, number);
        let count = u8::try_from(own.len()).unwrap_or(u8::MAX);
        inner.extend([9, 4, number, 0, count, class, subclass, protocol, 0]);
        for endpoint in own {
            let [low, high] = endpoint.size().to_le_bytes();
            inner.extend([7, 5, endpoint.address, endpoint.transfer, low, high, endpoint.interval()]);
        }
    }
    let [low, high] = u16::try_from(9 + inner.len()).unwrap_or(u16::MAX).to_le_bytes();
    let count = u8::try_from(interfaces(usb).len()).unwrap_or(u8::MAX);
    let mut bytes = vec![9, 2, low, high, count, 1, 0, 0xa0, 250];
    bytes.extend(inner);
    bytes
}

/// A string: its languages, maker, product, serial number.
pub(crate) fn string(usb: &Usb, index: u8) -> Option<Vec<u8>> {
    let text = match index {
        0 => return Some(vec![4, 3, 0x09, 0x04]),
        1 => "fotarig's simulation".to_owned(),
        2 => format!("{:04x}:{:04x}", usb.vendor, usb.product),
        3 => usb.serial.clone()?,
        _ => return None,
    };
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = vec![u8::try_from(2 + units.len()).ok()?, 3];
    bytes.extend(units);
    Some(bytes)
}

/// What a device answers to a vendor's own question: enough for the drivers to bind.
pub(crate) fn vendor(bridge: Bridge, request: u8, value: u16, length: u16) -> Vec<u8> {
    let mut answer = match (bridge, request, value) {
        // The part number: CP2102.
        (Bridge::Cp210x, 0xff, 0x370b) => vec![2],
        // Modem status: clear to send, transmitter empty.
        (Bridge::Ftdi, 5, _) => vec![0x01, 0x60],
        _ => vec![0x10],
    };
    answer.resize(usize::from(length), 0);
    answer
}

#[cfg(test)]
mod tests {
    use events::Family;
    use sim::{Module, ModuleSpec};

    use super::{bulk_pair, configuration, device, endpoints, interfaces};

    fn usb(family: Family) -> sim::Usb {
        Module::new(ModuleSpec::new(family, "M", "490154203237518", "A", 0)).usb()
    }

    #[test]
    fn every_family_has_whole_descriptors() {
        for family in Family::ALL {
            let usb = usb(family);
            let (device, configuration) = (device(&usb), configuration(&usb));
            assert_eq!((device.len(), device[0]), (18, 18));
            let told = usize::from(u16::from_le_bytes([configuration[2], configuration[3]]));
            assert_eq!(told, configuration.len(), "{family:?}");
            let mut at = 0;
            while at < configuration.len() {
                at += usize::from(configuration[at]);
            }
            assert_eq!(at, configuration.len(), "{family:?}: no descriptor is cut off");
            assert_eq!(usize::from(configuration[4]), interfaces(&usb).len());
        }
    }

    #[test]
    fn endpoints_are_numbered_as_the_makers_do() {
        let bg96 = usb(Family::Bg96);
        assert_eq!(bulk_pair(&bg96, 0), (0x81, 0x01));
        assert_eq!(bulk_pair(&bg96, 2), (0x85, 0x03));
        for family in Family::ALL {
            let mut addresses: Vec<u8> = endpoints(&usb(family)).iter().map(|one| one.address).collect();
            let count = addresses.len();
            addresses.sort_unstable();
            addresses.dedup();
            assert_eq!(addresses.len(), count, "{family:?}: no address twice");
            assert!(addresses.iter().all(|address| address & 0x70 == 0));
        }
    }
}
