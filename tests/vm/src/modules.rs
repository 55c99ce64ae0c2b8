//! The simulated modules of the machine's slots, and the packages that they are flashed with.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use events::Family;
use sha2::{Digest, Sha256};
use sim::{Header, ModuleSpec, Usb, package};

use crate::failed::{At, Outcome};

/// A model: the family, the numbers of a bridge where it sits behind another than its own, the revision it comes with
/// and the one it is to have, the suffix of `QGMR`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    pub(crate) family: Family,
    pub(crate) name: &'static str,
    pub(crate) bridge: Option<(u16, u16)>,
    from: &'static str,
    pub(crate) to: &'static str,
    suffix: &'static str,
}

const fn model(family: Family, name: &'static str, from: &'static str, to: &'static str) -> Model {
    Model { family, name, bridge: None, from, to, suffix: "" }
}

const BG96: Model =
    Model { suffix: "_01.007.01.007", ..model(Family::Bg96, "BG96", "BG96MAR02A07M1G", "BG96MAR02A09M1G") };
const AG35: Model = Model {
    suffix: "_01.007.01.007",
    ..model(Family::Ag35, "AG35", "AG35CEVAR05A06T4G", "AG35CEVAR05A07T4G")
};
const SIM7000: Model = model(Family::Sim7000, "SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G");
const SIM7080: Model = model(Family::Sim7080, "SIM7080G", "1951B01SIM7080G", "1951B02SIM7080G");
const SIM7028: Model = model(Family::Sim7028, "SIM7028", "2110B06SIM7028", "2110B07SIM7028");
const BEHIND_CH340: Model = Model { bridge: Some((0x1a86, 0x7523)), ..SIM7028 };
const BEHIND_FTDI: Model = Model { bridge: Some((0x0403, 0x6001)), ..SIM7028 };

/// What is in the slots, in their order: every family behind each of the two hubs, and the three bridges.
pub(crate) const MODELS: [Model; 16] = [
    BG96,
    BG96,
    BG96,
    AG35,
    AG35,
    SIM7000,
    SIM7080,
    SIM7028, //
    BG96,
    AG35,
    SIM7000,
    SIM7000,
    SIM7080,
    SIM7080,
    BEHIND_CH340,
    BEHIND_FTDI,
];

impl Model {
    /// The module of slot number `slot`.
    pub(crate) fn spec(&self, slot: usize) -> ModuleSpec {
        let seed = u64::try_from(slot).unwrap_or_default();
        let mut spec = ModuleSpec::new(self.family, self.name, &imei(slot), self.from, seed);
        self.suffix.clone_into(&mut spec.suffix);
        spec
    }

    /// The ttys that the kernel makes of it. `option` takes a SIM7000's interface 4 as well: only number 5 of that id is
    /// kept for another driver.
    pub(crate) fn ttys(usb: &Usb) -> usize {
        let more = if (usb.vendor, usb.product) == (0x1e0e, 0x9001) { usb.others.len() } else { 0 };
        usb.ttys.len() + more
    }

    /// The name of its port below `/dev/fotarig`, in the slot with this port path.
    pub(crate) fn link(usb: &Usb, port_path: &str) -> String {
        format!("/dev/fotarig/{port_path}-if{:02}", usb.at.unwrap_or_default())
    }
}

/// An IMEI of its own for each slot, with its check digit.
pub(crate) fn imei(slot: usize) -> String {
    let body = format!("49015420{slot:06}");
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// Writes the packages and `batch.toml` into `folder`: every model to its target, by `delivery`.
pub(crate) fn write_batch(folder: &Path, name: &str, delivery: &str) -> Outcome<()> {
    let mut text = format!("[batch]\nname = \"{name}\"\n\n[policy]\ndelivery = {delivery}\nattempts = 3\n");
    for model in [BG96, AG35, SIM7000, SIM7080, SIM7028] {
        let Model { family, name, from, to, .. } = model;
        let file = format!("{}.zip", family.name());
        let header = Header::new(family, name, from, to);
        let bytes = package::build(&header, package::SMALLEST, 1);
        fs::write(folder.join(&file), &bytes).at(&file)?;
        let sha256 =
            Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[[target]]\nmodel = \"{name}\"\nrevision = \"{to}\"\n\n[[package]]\nfamily = \"{}\"\nmodel = \"{name}\"\n\
             from = \"{from}\"\nto = \"{to}\"\nfile = \"{file}\"\nsize = {}\nsha256 = \"{sha256}\"\n",
            family.name(),
            bytes.len()
        );
    }
    fs::write(folder.join("batch.toml"), text).at("batch.toml")
}

#[cfg(test)]
mod tests {
    use super::imei;

    #[test]
    fn an_imei_has_its_check_digit() {
        assert_eq!(imei(323_751), "490154203237518");
        assert_ne!(imei(0), imei(1));
    }
}
