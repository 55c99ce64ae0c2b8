//! What a module is on the USB bus (`families.md`, "USB identity").

use events::Family;

/// What a module, or the bridge that it sits behind, shows of itself on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usb {
    /// The vendor's number.
    pub vendor: u16,
    /// The product's number.
    pub product: u16,
    /// The serial number, where there is one; units have been seen that share it (behaviour 39).
    pub serial: Option<String>,
    /// The numbers of the interfaces that become ttys.
    pub ttys: Vec<u8>,
    /// The numbers of its other interfaces.
    pub others: Vec<u8>,
    /// The interface whose tty answers AT commands, one of `ttys`; `None` in emergency download mode.
    pub at: Option<u8>,
}

impl Usb {
    /// A module of `family`; `moved` has the product number to which a firmware may change (behaviour 42).
    pub(crate) fn of(family: Family, moved: bool, serial: &str) -> Self {
        let (vendor, product, ttys, others): (u16, u16, &[u8], &[u8]) = match family {
            Family::Bg96 => (0x2c7c, 0x0296, &[0, 1, 2, 3], &[4]),
            Family::Ag35 => (0x2c7c, 0x0435, &[0, 1, 2, 3], &[4]),
            Family::Sim7000 if !moved => (0x1e0e, 0x9001, &[0, 1, 2, 3], &[4]),
            Family::Sim7080 if moved => (0x1e0e, 0x9205, &[2, 3], &[4]),
            Family::Sim7000 | Family::Sim7080 => (0x1e0e, 0x9206, &[2, 3, 4, 5], &[]),
            Family::Sim7028 => (0x10c4, 0xea60, &[0], &[]),
        };
        let at = if family == Family::Sim7028 { 0 } else { 2 };
        let serial = Some(serial.to_owned());
        Self { vendor, product, serial, ttys: ttys.to_vec(), others: others.to_vec(), at: Some(at) }
    }

    /// A Qualcomm module that cannot boot: download mode with one tty, or the dump mode without any.
    pub(crate) fn emergency(download: bool) -> Self {
        let (product, ttys, others) =
            if download { (0x9008, vec![0], vec![]) } else { (0x900e, vec![], vec![0]) };
        Self { vendor: 0x05c6, product, serial: None, ttys, others, at: None }
    }

    /// The same behind, or as, another pair of numbers: another bridge, a firmware of one's own.
    pub fn numbered(self, vendor: u16, product: u16) -> Self {
        Self { vendor, product, ..self }
    }
}
