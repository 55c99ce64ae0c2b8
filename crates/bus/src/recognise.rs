//! Telling by VID:PID and driver what something is, and how many ttys it is to have.

use crate::topology::{Kind, KnownUsb, UsbTty};

/// USB-UART bridges with the number of their UARTs: `CP210x`, `CH340`, `FT232`, `FT2232`, `FT4232`.
const BRIDGES: [(u16, u16, usize); 5] =
    [(0x10c4, 0xea60, 1), (0x1a86, 0x7523, 1), (0x0403, 0x6001, 1), (0x0403, 0x6010, 2), (0x0403, 0x6011, 4)];

/// Emergency download and dump mode of Qualcomm chips.
const EMERGENCY: [(u16, u16); 2] = [(0x05c6, 0x9008), (0x05c6, 0x900e)];

/// The kernel's driver of CDC-ACM, the USB class of serial ports.
const CLASS_DRIVER: &str = "cdc_acm";

/// What is known about something by its VID:PID and its ttys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) kind: Kind,
    /// The AT interface by the table.
    pub(crate) at_interface: Option<u8>,
    /// Whether all ttys are there that are to be; `false` as well when that is not known.
    pub(crate) complete: bool,
}

pub(crate) fn recognise(known: &[KnownUsb], vendor: u16, product: u16, ttys: &[UsbTty]) -> Recognised {
    if let Some(known) = known.iter().find(|known| (known.vendor, known.product) == (vendor, product)) {
        let there = |interface: &u8| ttys.iter().any(|tty| tty.interface == *interface);
        let complete = !known.ttys.is_empty() && known.ttys.iter().all(there);
        return Recognised { kind: Kind::Module, at_interface: Some(known.at_interface), complete };
    }
    let unknown = |kind| Recognised { kind, at_interface: None, complete: false };
    if EMERGENCY.contains(&(vendor, product)) {
        return unknown(Kind::Emergency);
    }
    if let Some((.., uarts)) = BRIDGES.iter().find(|bridge| (bridge.0, bridge.1) == (vendor, product)) {
        return Recognised { complete: ttys.len() >= *uarts, ..unknown(Kind::Bridge) };
    }
    if known.iter().any(|known| known.vendor == vendor) {
        return unknown(Kind::Module);
    }
    let class = ttys.iter().any(|tty| tty.driver.as_deref() == Some(CLASS_DRIVER));
    unknown(if class { Kind::Bridge } else { Kind::Foreign })
}

#[cfg(test)]
mod tests {
    use super::recognise;
    use crate::topology::{Kind, KnownUsb, UsbTty};

    fn ttys(interfaces: &[u8], driver: &str) -> Vec<UsbTty> {
        let tty = |interface: &u8| UsbTty {
            interface: *interface,
            path: "/dev/tty".into(),
            driver: Some(driver.to_owned()),
        };
        interfaces.iter().map(tty).collect()
    }

    #[test]
    fn kinds() {
        let known = [KnownUsb::new(0x2c7c, 0x0296, 2), KnownUsb::new(0x1e0e, 0x9001, 2)];
        let kind = |vendor, product, driver| {
            let found = recognise(&known, vendor, product, &ttys(&[0], driver));
            (found.kind, found.at_interface)
        };
        assert_eq!(kind(0x2c7c, 0x0296, "option"), (Kind::Module, Some(2)));
        assert_eq!(kind(0x1e0e, 0x9999, "option"), (Kind::Module, None));
        assert_eq!(kind(0x1e0e, 0x9999, "cdc_acm"), (Kind::Module, None));
        assert_eq!(kind(0x05c6, 0x9008, "qcserial"), (Kind::Emergency, None));
        assert_eq!(kind(0x05c6, 0x900e, "qcserial"), (Kind::Emergency, None));
        assert_eq!(kind(0x05c6, 0x9090, "option"), (Kind::Foreign, None));
        assert_eq!(kind(0x10c4, 0xea60, "cp210x"), (Kind::Bridge, None));
        assert_eq!(kind(0x1234, 0x5678, "cdc_acm"), (Kind::Bridge, None));
        assert_eq!(kind(0x1234, 0x5678, "pl2303"), (Kind::Foreign, None));
        assert_eq!(kind(0x0296, 0x2c7c, "option"), (Kind::Foreign, None));
    }

    #[test]
    fn complete_sets() {
        let known =
            [KnownUsb::new(0x2c7c, 0x0296, 2).with_ttys(&[0, 1, 2, 3]), KnownUsb::new(0x2c7c, 0x0435, 2)];
        let complete = |vendor, product, interfaces: &[u8]| {
            recognise(&known, vendor, product, &ttys(interfaces, "option")).complete
        };
        assert!(complete(0x2c7c, 0x0296, &[0, 1, 2, 3]));
        assert!(complete(0x2c7c, 0x0296, &[0, 1, 2, 3, 4]));
        assert!(!complete(0x2c7c, 0x0296, &[0, 1, 3, 4]));
        assert!(!complete(0x2c7c, 0x0435, &[0, 1, 2, 3]));
        assert!(complete(0x0403, 0x6010, &[0, 1]));
        assert!(!complete(0x0403, 0x6010, &[0]));
        assert!(!complete(0x10c4, 0xea60, &[]));
        assert!(!complete(0x05c6, 0x9008, &[0]));
    }
}
