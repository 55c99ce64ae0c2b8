//! `[[slot]]`: the labelled places of the rack.

use std::path::PathBuf;

use events::Delivery;

use crate::check::{self, Once};
use crate::section::{Item, Section};
use crate::{ConfigError, Place, policy, suggest};

/// A labelled place on the rack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What stands on the rack's label; unique.
    pub label: String,
    /// What the slot is bound to.
    pub position: Position,
    /// Baud rates to try, in this order; `[115200]` when not given. A module's own USB port ignores it.
    pub baud: Vec<u32>,
    /// Flow control.
    pub flow: Flow,
    /// Level to which DTR is set when the port is opened; left alone when not given.
    pub dtr: Option<bool>,
    /// Level to which RTS is set when the port is opened; left alone when not given.
    pub rts: Option<bool>,
    /// A second tty, on which the module's boot loader talks.
    pub boot_log_tty: Option<PathBuf>,
    /// Access point name for this slot, instead of `[network] apn`.
    pub apn: Option<String>,
    /// Ways of delivery for this slot, instead of `[policy] delivery`: a slot without an antenna takes `serial` only.
    pub delivery: Option<Vec<Delivery>>,
    /// Where it stands in the file.
    pub place: Place,
}

/// What a slot is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// The kernel's USB port path: `1-1.4.2`.
    Usb(String),
    /// A fixed tty: a UART behind a bridge, a serial server, a PTY.
    Tty(PathBuf),
}

/// Flow control of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// `none`.
    #[default]
    None,
    /// `hardware`: RTS and CTS.
    Hardware,
    /// `software`: XON and XOFF. No raw data can pass.
    Software,
}

const KEYS: [&str; 10] =
    ["label", "usb", "tty", "baud", "flow", "dtr", "rts", "boot_log_tty", "apn", "delivery"];
const SHAPE: &str =
    "write `[[slot]]`, and below it `label = \"A1\"` and `usb = \"1-1.4\"`, once for each slot";
const BINDING: &str = "write `usb = \"1-1.4.2\"` (see `fotarig scan`), or `tty = \"/dev/serial/by-path/…\"`";
const BAUD: &str = "write a list of rates to try, such as [115200, 921600]";

/// Reads every `[[slot]]`, and checks that no two of them share a label or a port.
pub(crate) fn slots(item: &Item<'_>) -> Result<Vec<Slot>, ConfigError> {
    let (mut labels, mut ports) = (Once::default(), Once::default());
    let mut slots = Vec::new();
    for item in item.list(SHAPE)? {
        let section = item.section(&KEYS, SHAPE)?;
        let slot = slot(&section)?;
        if let Some(first) = labels.note(slot.label.clone(), section.place_of("label")) {
            let message = format!("two slots with the label `{}`", slot.label);
            return Err(section.fail_at("label", message, twice(&first, "write what stands on the rack")));
        }
        for (key, port) in ports_of(&slot) {
            if let Some(first) = ports.note(port.clone(), section.place_of(key)) {
                let message = format!("two slots on one port: `{port}`");
                return Err(section.fail_at(key, message, twice(&first, "give each slot a port of its own")));
            }
        }
        slots.push(slot);
    }
    Ok(slots)
}

fn twice(first: &Place, help: &str) -> String {
    format!("the first is at line {}; {help}", first.line)
}

fn ports_of(slot: &Slot) -> Vec<(&'static str, String)> {
    let port = match &slot.position {
        Position::Usb(path) => ("usb", path.clone()),
        Position::Tty(path) => ("tty", path.display().to_string()),
    };
    let boot = slot.boot_log_tty.as_ref().map(|path| ("boot_log_tty", path.display().to_string()));
    std::iter::once(port).chain(boot).collect()
}

fn slot(section: &Section<'_>) -> Result<Slot, ConfigError> {
    Ok(Slot {
        label: section.need("label", "write `label = \"A1\"`, as it stands on the rack", |item| {
            check::name(item, 16)
        })?,
        position: position(section)?,
        baud: section.maybe("baud", baud)?.unwrap_or_else(|| vec![115_200]),
        flow: section.maybe("flow", flow)?.unwrap_or_default(),
        dtr: section.maybe("dtr", Item::flag)?,
        rts: section.maybe("rts", Item::flag)?,
        boot_log_tty: section.maybe("boot_log_tty", Item::path)?,
        apn: section.maybe("apn", check::command_text)?,
        delivery: section.maybe("delivery", policy::delivery)?,
        place: section.place(),
    })
}

fn position(section: &Section<'_>) -> Result<Position, ConfigError> {
    let usb = section.maybe("usb", port_path)?;
    let tty = section.maybe("tty", Item::path)?;
    match (usb, tty) {
        (Some(path), None) => Ok(Position::Usb(path)),
        (None, Some(path)) => Ok(Position::Tty(path)),
        (Some(_), Some(_)) => {
            Err(section.fail_at("tty", "expected one of `usb` and `tty` in [[slot]], found both", BINDING))
        }
        (None, None) => {
            Err(section.fail("expected one of `usb` and `tty` in [[slot]], found neither", BINDING))
        }
    }
}

/// The kernel's port path: a bus, and up to six ports from the root hub outwards.
fn port_path(item: &Item<'_>) -> Result<String, ConfigError> {
    let number = |text: &str| {
        let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits && !text.starts_with('0')
    };
    let help = "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it";
    item.text_as("a USB port path such as `1-1.4.2`", help, |text| {
        let (bus, ports) = text.split_once('-')?;
        let ports: Vec<&str> = ports.split('.').collect();
        let well_formed = number(bus) && ports.len() <= 6 && ports.into_iter().all(number);
        well_formed.then(|| text.to_owned())
    })
}

fn baud(item: &Item<'_>) -> Result<Vec<u32>, ConfigError> {
    item.list(BAUD)?.iter().map(|rate| rate.whole(50..=4_000_000)).collect()
}

fn flow(item: &Item<'_>) -> Result<Flow, ConfigError> {
    match item.text()? {
        "none" => Ok(Flow::None),
        "hardware" => Ok(Flow::Hardware),
        "software" => Ok(Flow::Software),
        other => {
            Err(item
                .wrong("a kind of flow control", suggest::one_of(&["none", "hardware", "software"], other)))
        }
    }
}
