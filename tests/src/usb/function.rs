//! One interface of a module, and the tty that a driver makes of it.

use std::io;
use std::path::PathBuf;

use sim::Usb;

use crate::usb::node::{Node, Special};
use crate::usb::topology::{PortPath, controller, interface};
use crate::usb::uevent::Uevents;

/// Drivers of the vendors' devices: on the USB bus, and of the ports on the usb-serial bus; without the second it is
/// CDC-ACM.
const DRIVERS: [(u16, &str, Option<&str>); 6] = [
    (0x2c7c, "option", Some("option1")),
    (0x1e0e, "option", Some("option1")),
    (0x05c6, "qcserial", Some("qcserial")),
    (0x10c4, "cp210x", Some("cp210x")),
    (0x1a86, "ch341", Some("ch341-uart")),
    (0x0403, "ftdi_sio", Some("ftdi_sio")),
];
/// CDC-ACM, for everyone else.
const ACM: (&str, Option<&str>) = ("cdc_acm", None);

/// Major numbers.
const MAJOR_USB: u32 = 188;
const MAJOR_ACM: u32 = 166;

/// An interface with all that hangs on it, the interface first.
#[derive(Debug)]
pub(crate) struct Function {
    number: u8,
    nodes: Vec<Node>,
}

fn driver(vendor: u16) -> (&'static str, Option<&'static str>) {
    let found = DRIVERS.iter().find(|(its, _, _)| *its == vendor);
    found.map_or(ACM, |(_, on_usb, on_serial)| (*on_usb, *on_serial))
}

impl Function {
    /// Interface `number` of `usb` at `port`; with the number of its tty and the pseudo-terminal that plays it.
    pub(crate) fn new(port: &PortPath, usb: &Usb, number: u8, tty: Option<(u32, PathBuf)>) -> Self {
        let (on_usb, on_serial) = driver(usb.vendor);
        let path = format!("{}/{port}:1.{number}", port.device());
        let bound = if usb.ttys.contains(&number) { on_usb } else { "qmi_wwan" };
        let mut face = interface(path.clone(), number, bound, 0xff);
        let rules = Self::rules(port, usb, number);
        face.rules.clone_from(&rules);
        let mut nodes = vec![face];
        if let Some((tty, pty)) = tty {
            let name = format!("{}{tty}", Self::kind_of_tty(usb));
            let parent = match on_serial {
                Some(driver) => {
                    let mut serial = Node::new(format!("{path}/{name}"), "usb-serial", None);
                    serial.driver = Some(driver.to_owned());
                    serial.attributes = vec![("port_number", "0".to_owned())];
                    nodes.push(serial);
                    format!("{path}/{name}")
                }
                None => path,
            };
            let mut node = Node::new(format!("{parent}/tty/{name}"), "tty", None);
            let major = if on_serial.is_some() { MAJOR_USB } else { MAJOR_ACM };
            node.special = Some(Special { major, minor: tty, name });
            node.rules = rules;
            node.rules.push(("ID_USB_DRIVER", on_usb.to_owned()));
            let tail = if on_serial.is_some() { "-port0" } else { "" };
            node.aliases = vec![format!("serial/by-path/{}:1.{number}{tail}", place(port))];
            node.stands_for = Some(pty);
            nodes.push(node);
        }
        Self { number, nodes }
    }

    /// `ttyUSB` or `ttyACM`.
    pub(crate) fn kind_of_tty(usb: &Usb) -> &'static str {
        if driver(usb.vendor).1.is_some() { "ttyUSB" } else { "ttyACM" }
    }

    /// What udevd's rules say of a device.
    pub(crate) fn rules_of_device(port: &PortPath, usb: &Usb) -> Vec<(&'static str, String)> {
        let mut rules = vec![
            ("ID_BUS", "usb".to_owned()),
            ("ID_VENDOR_ID", format!("{:04x}", usb.vendor)),
            ("ID_MODEL_ID", format!("{:04x}", usb.product)),
            ("ID_PATH", place(port)),
        ];
        rules.extend(usb.serial.clone().map(|serial| ("ID_SERIAL_SHORT", serial)));
        rules
    }

    fn rules(port: &PortPath, usb: &Usb, number: u8) -> Vec<(&'static str, String)> {
        let mut rules = Self::rules_of_device(port, usb);
        for (key, value) in &mut rules {
            if *key == "ID_PATH" {
                *value = format!("{value}:1.{number}");
            }
        }
        rules.push(("ID_USB_INTERFACE_NUM", format!("{number:02x}")));
        rules
    }

    /// Whether AT commands go in here.
    pub(crate) fn takes_at(&self, usb: &Usb) -> bool {
        usb.at == Some(self.number)
    }

    /// Its interface's number and its tty's path, where it has one.
    pub(crate) fn tty(&self) -> Option<(u8, String)> {
        let node = self.nodes.iter().find(|node| node.stands_for.is_some())?;
        Some((self.number, format!("/dev/{}", node.special.as_ref()?.name)))
    }

    /// It is there, and that is said.
    pub(crate) fn come(&self, events: &mut Uevents) -> io::Result<()> {
        for node in &self.nodes {
            node.make(events.has_udevd())?;
            events.say("add", node)?;
        }
        let mut bound = self.nodes.iter().rev().filter(|node| node.driver.is_some());
        bound.try_for_each(|node| events.say("bind", node))
    }

    /// It is gone.
    pub(crate) fn go(&self) -> io::Result<()> {
        self.nodes.iter().rev().try_for_each(Node::unmake)
    }

    /// That it is gone is said.
    pub(crate) fn say_gone(&self, events: &mut Uevents) -> io::Result<()> {
        for node in self.nodes.iter().rev() {
            if node.driver.is_some() {
                events.say("unbind", node)?;
            }
            events.say("remove", node)?;
        }
        Ok(())
    }
}

/// udevd's `ID_PATH` of a port.
fn place(port: &PortPath) -> String {
    format!("pci-{}-usb-0:{}", controller(port.bus), port.digits())
}
