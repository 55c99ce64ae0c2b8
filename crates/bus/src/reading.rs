//! Reading the bus by libudev. Nothing of libudev's leaves this module and [`crate::listening`].

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use udev::{Device, Enumerator};

use crate::observed::{Identity, Seen, SeenDevice, SeenHub, SeenTty};
use crate::path::{PortPath, Whereabouts, port_of_hub, whereabouts};
use crate::topology::UsbTty;

/// Where every USB device has a link, and every interface.
const DEVICES: &str = "/sys/bus/usb/devices";

/// The class of hubs (`bDeviceClass`).
const HUB: u32 = 9;

/// A USB string descriptor holds no more characters.
const SERIAL_CHARS: usize = 126;

/// How the bus is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Whether udevd runs: then a tty counts only when udevd has finished with it.
    pub(crate) udevd: bool,
}

/// The ttys of one device, and those with which udevd has not finished.
#[derive(Default)]
struct Ttys {
    ready: Vec<SeenTty>,
    waiting: usize,
}

impl Reading {
    /// Everything on the bus.
    pub(crate) fn all(self) -> io::Result<BTreeMap<PortPath, Seen>> {
        let mut ttys: BTreeMap<PortPath, Ttys> = BTreeMap::new();
        for device in usb_ttys()?.scan_devices()? {
            if let Some(place) = place(&device) {
                self.tty(&device, place, ttys.entry(place.port).or_default());
            }
        }
        let mut all = BTreeMap::new();
        // By the names of their links: an enumerator would open every interface, of which there are many more.
        for port in folders(Path::new(DEVICES)).filter_map(|name| name.parse::<PortPath>().ok()) {
            let Ok(device) = device(port) else { continue };
            if let Some(seen) = seen(&device, port, || Ok(ttys.remove(&port).unwrap_or_default()))? {
                all.insert(port, seen);
            }
        }
        Ok(all)
    }

    /// What is plugged into one port.
    pub(crate) fn one(self, port: PortPath) -> io::Result<Option<Seen>> {
        let Ok(device) = device(port) else { return Ok(None) };
        seen(&device, port, || self.ttys_of(&device, port))
    }

    fn ttys_of(self, device: &Device, port: PortPath) -> io::Result<Ttys> {
        let mut enumerator = usb_ttys()?;
        enumerator.match_parent(device)?;
        let mut ttys = Ttys::default();
        for tty in enumerator.scan_devices()? {
            if let Some(place) = place(&tty).filter(|place| place.port == port) {
                self.tty(&tty, place, &mut ttys);
            }
        }
        Ok(ttys)
    }

    fn tty(self, device: &Device, place: Whereabouts, ttys: &mut Ttys) {
        if self.udevd && !device.is_initialized() {
            ttys.waiting += 1;
        } else if let Some(tty) = tty(device, place) {
            ttys.ready.push(tty);
        }
    }
}

fn device(port: PortPath) -> io::Result<Device> {
    Device::from_syspath(&Path::new(DEVICES).join(port.to_string()))
}

/// The ttys of USB serial drivers, and of CDC-ACM.
fn usb_ttys() -> io::Result<Enumerator> {
    let mut enumerator = Enumerator::new()?;
    enumerator.match_subsystem("tty")?;
    enumerator.match_sysname("ttyUSB*")?;
    enumerator.match_sysname("ttyACM*")?;
    Ok(enumerator)
}

fn place(device: &Device) -> Option<Whereabouts> {
    whereabouts(device.devpath().to_str()?)
}

/// `None` for what is just going away. A hub's ttys are not asked for.
fn seen(
    device: &Device,
    port: PortPath,
    ttys: impl FnOnce() -> io::Result<Ttys>,
) -> io::Result<Option<Seen>> {
    if number(device, "bDeviceClass", 16) == Some(HUB) || port.is_root_hub() {
        let ports = number(device, "maxchild", 10).and_then(|ports| ports.try_into().ok()).unwrap_or(0);
        return Ok(Some(Seen::Hub(SeenHub { ports, siblings: siblings(device.syspath()) })));
    }
    let Ttys { mut ready, waiting } = ttys()?;
    ready.sort_by(|one, other| one.tty.cmp(&other.tty));
    let device = || {
        Some(SeenDevice {
            identity: identity(device, number(device, "devnum", 10)?.into())?,
            vendor: number(device, "idVendor", 16)?.try_into().ok()?,
            product: number(device, "idProduct", 16)?.try_into().ok()?,
            serial: device.attribute_value("serial").and_then(|text| clean(&text.to_string_lossy())),
            ttys: ready,
            waiting,
            mm_ignored: device.property_value("ID_MM_DEVICE_IGNORE").is_some_and(|value| value == "1"),
        })
    };
    Ok(device().map(Seen::Device))
}

fn tty(device: &Device, place: Whereabouts) -> Option<SeenTty> {
    // Its folder by its name: libudev would open every device in between.
    let of_device = format!("{}:", place.port);
    let is_it = |folder: &&Path| {
        folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(of_device.as_bytes()))
    };
    let folder = device.syspath().ancestors().find(is_it)?;
    let by_attribute = || {
        let text = std::fs::read_to_string(folder.join("bInterfaceNumber")).ok()?;
        u8::from_str_radix(text.trim(), 16).ok()
    };
    let driver = std::fs::read_link(folder.join("driver")).ok();
    Some(SeenTty {
        identity: identity(device, device.devnum().unwrap_or_default())?,
        tty: UsbTty {
            interface: by_attribute().or(place.interface)?,
            path: device.devnode()?.to_owned(),
            driver: driver.and_then(|driver| Some(driver.file_name()?.to_str()?.to_owned())),
        },
    })
}

fn identity(device: &Device, number: u64) -> Option<Identity> {
    let inode = std::fs::metadata(device.syspath()).ok()?.ino();
    Some(Identity { number, inode })
}

fn number(device: &Device, attribute: &str, radix: u32) -> Option<u32> {
    u32::from_str_radix(device.attribute_value(attribute)?.to_str()?.trim(), radix).ok()
}

/// A text that a device gave, without control characters.
fn clean(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(SERIAL_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The ports of the hub at `syspath` with their peers: `1-1:1.0/1-1-port4/peer` leads to `…/2-1-port4`.
fn siblings(syspath: &Path) -> Vec<(PortPath, PortPath)> {
    let interfaces = folders(syspath).filter(|name| name.contains(':'));
    let ports = interfaces.flat_map(|interface| {
        let interface = syspath.join(interface);
        folders(&interface).filter_map(move |name| {
            let peer = std::fs::read_link(interface.join(&name).join("peer")).ok()?;
            Some((port_of_hub(&name)?, port_of_hub(peer.file_name()?.to_str()?)?))
        })
    });
    let mut ports: Vec<_> = ports.collect();
    ports.sort_unstable();
    ports
}

fn folders(path: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = std::fs::read_dir(path).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{Reading, clean, siblings};

    #[test]
    fn a_serial_number_is_cleaned() {
        assert_eq!(clean("0123456789ABCDEF\n"), Some("0123456789ABCDEF".to_owned()));
        assert_eq!(clean("\u{1b}[31mred\u{7}"), Some("[31mred".to_owned()));
        assert_eq!(clean(" \r\n"), None);
        assert_eq!(clean(&"x".repeat(1000)).unwrap().len(), 126);
    }

    #[test]
    fn peers_are_siblings() {
        let hub = tempfile::tempdir().unwrap();
        for (port, peer) in
            [("1-1-port2", Some("2-1-port4")), ("1-1-port1", Some("bent")), ("1-1-port3", None)]
        {
            let folder = hub.path().join("1-1:1.0").join(port);
            std::fs::create_dir_all(&folder).unwrap();
            if let Some(peer) = peer {
                symlink(format!("../../../../usb2/2-1/2-1:1.0/{peer}"), folder.join("peer")).unwrap();
            }
        }
        let pair = ("1-1.2".parse().unwrap(), "2-1.4".parse().unwrap());
        assert_eq!(siblings(hub.path()), [pair]);
    }

    #[test]
    fn an_empty_port_is_read_as_empty() {
        let nothing = Reading { udevd: false }.one("999-1".parse().unwrap()).unwrap();
        assert_eq!(nothing, None);
    }
}
