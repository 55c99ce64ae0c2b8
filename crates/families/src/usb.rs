//! What the families' modules show on USB (`families.md`, "USB identity").

use events::Family;

/// A VID:PID of a module, and where it answers AT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsbIdentity {
    /// The USB vendor.
    pub vendor: u16,
    /// The USB product.
    pub product: u16,
    /// The family.
    pub family: Family,
    /// The interface that answers AT.
    pub at_interface: u8,
    /// The interfaces that have ttys once the module is wholly there; empty where sources differ.
    pub ttys: &'static [u8],
}

/// Every VID:PID of the families. SIM7028 has none: it is a UART behind a bridge. A PID may be shared with other models,
/// so the module's own answer decides, never this table alone.
pub const USB: &[UsbIdentity] = &[
    // BG96: 00 diag, 01 NMEA, 02 AT, 03 AT (modem); 04 is QMI.
    UsbIdentity {
        vendor: 0x2c7c,
        product: 0x0296,
        family: Family::Bg96,
        at_interface: 2,
        ttys: &[0, 1, 2, 3],
    },
    // AG35: 00 diag, 01 NMEA, 02 AT, 03 modem; 04 may be a tty, too, where `new_id` has no interface limit.
    UsbIdentity {
        vendor: 0x2c7c,
        product: 0x0435,
        family: Family::Ag35,
        at_interface: 2,
        ttys: &[0, 1, 2, 3],
    },
    // SIM7000: 00 diag, 01 NMEA, 02 AT, 03 modem; 04 is audio.
    UsbIdentity {
        vendor: 0x1e0e,
        product: 0x9001,
        family: Family::Sim7000,
        at_interface: 2,
        ttys: &[0, 1, 2, 3],
    },
    // SIM7070, SIM7080, SIM7090: 02 AT; AT+CUSBSELNV chooses between the two, and sources differ on the rest.
    UsbIdentity { vendor: 0x1e0e, product: 0x9205, family: Family::Sim7080, at_interface: 2, ttys: &[] },
    UsbIdentity { vendor: 0x1e0e, product: 0x9206, family: Family::Sim7080, at_interface: 2, ttys: &[] },
];
