//! `fotarig scan`: what is plugged in.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use bus::{Kind, PortPath, SlotLock, Topology, UsbModule};
use config::Rack;
use control::SlotSetup;
use events::{Fault, Imei};
use families::Network;
use rig::{Place, Places, Ports, SlotPlaces, UsbPlace};
use serde::Serialize;

use crate::cli::Scan;
use crate::command::report::print;
use crate::command::run::runtime;
use crate::failure::{Failure, chain};
use crate::parts::{BAUD, places_of};
use crate::table::table;

/// One thing that is plugged in, or a slot of the rack's file in which nothing is.
#[derive(Clone, Debug, Serialize)]
struct Found {
    /// Its label; `None` when the rack's file does not name the port.
    slot: Option<String>,
    /// The USB port path; `None` for a fixed tty.
    port: Option<PortPath>,
    hub: Option<PortPath>,
    usb: Option<String>,
    kind: &'static str,
    /// The family that shows itself so on USB; its answer decides, not this.
    family: Option<String>,
    ttys: Vec<Tty>,
    /// The tty that answers AT.
    at: Option<String>,
    serial: Option<String>,
    #[serde(flatten)]
    asked: Option<Asked>,
}

#[derive(Clone, Debug, Serialize)]
struct Tty {
    path: String,
    interface: Option<u8>,
    driver: Option<String>,
}

/// What it answered.
#[derive(Clone, Debug, Default, Serialize)]
struct Asked {
    model: Option<String>,
    imei: Option<Imei>,
    revision: Option<String>,
    fault: Option<Fault>,
}

pub(crate) fn run(scan: &Scan) -> Result<ExitCode, Failure> {
    let rack = scan.rack.as_deref().map(Rack::load).transpose()?;
    let slots = rack.as_ref().map(places_of).transpose()?.unwrap_or_default();
    runtime()?.block_on(async {
        let ports = watch(Places { slots: slots.clone(), all_ports: true }).await?;
        let mut topology = ports.topology();
        for warning in &topology.warnings {
            eprintln!("warning: {warning}");
        }
        let mut found = found(&slots, &topology);
        if scan.identify {
            identify(&slots, &mut found, rack.as_ref()).await?;
        }
        show(scan, &found)?;
        if !scan.watch {
            return Ok(ExitCode::SUCCESS);
        }
        loop {
            topology = ports.changed(&topology).await;
            let now = self::found(&slots, &topology);
            show_changes(scan, &found, &now)?;
            found = now;
        }
    })
}

async fn watch(places: Places) -> Result<Arc<Ports>, Failure> {
    let watched = Ports::watch(places, SlotLock::folder()).await;
    Ok(Arc::new(watched.map_err(|error| Failure::environment(chain(&error)))?))
}

/// Everything that is there, slots first, in their order.
fn found(slots: &BTreeMap<String, SlotPlaces>, topology: &Topology) -> Vec<Found> {
    let mut all = Vec::new();
    let mut taken = Vec::new();
    for (label, slot) in slots {
        let mut entry = match &slot.at {
            Place::Usb(usb) => {
                taken.push(topology.place(usb.port));
                let empty = || Found { port: Some(usb.port), hub: usb.port.hub(), ..nothing() };
                topology.at(usb.port).map_or_else(empty, of_module)
            }
            Place::Fixed(tty) => of_tty(tty.path()),
        };
        entry.slot = Some(label.clone());
        all.push(entry);
    }
    let others = topology
        .modules
        .values()
        .filter(|module| module.kind != Kind::Foreign && !taken.contains(&topology.place(module.port)));
    all.extend(others.map(of_module));
    all
}

fn nothing() -> Found {
    Found {
        slot: None,
        port: None,
        hub: None,
        usb: None,
        kind: "empty",
        family: None,
        ttys: Vec::new(),
        at: None,
        serial: None,
        asked: None,
    }
}

fn of_tty(path: &Path) -> Found {
    let shown = path.display().to_string();
    if !path.exists() {
        let ttys = vec![Tty { path: shown, interface: None, driver: None }];
        return Found { ttys, ..nothing() };
    }
    let ttys = vec![Tty { path: shown.clone(), interface: None, driver: None }];
    Found { kind: "tty", ttys, at: Some(shown), ..nothing() }
}

fn of_module(module: &UsbModule) -> Found {
    let known = families::USB.iter().find(|id| (id.vendor, id.product) == (module.vendor, module.product));
    Found {
        port: Some(module.port),
        hub: module.port.hub(),
        usb: Some(format!("{:04x}:{:04x}", module.vendor, module.product)),
        kind: match module.kind {
            Kind::Module => "module",
            Kind::Bridge => "bridge",
            Kind::Emergency => "emergency",
            Kind::Foreign => "other",
        },
        family: known.map(|id| id.family.to_string()),
        ttys: module.ttys.iter().map(of_usb_tty).collect(),
        at: module.at().map(|tty| tty.display().to_string()),
        serial: module.serial.clone(),
        ..nothing()
    }
}

fn of_usb_tty(tty: &bus::UsbTty) -> Tty {
    let path = tty.path.display().to_string();
    Tty { path, interface: Some(tty.interface), driver: tty.driver.clone() }
}

/// Asks every module at once; a port on which a controller works is not touched.
async fn identify(
    slots: &BTreeMap<String, SlotPlaces>,
    found: &mut [Found],
    rack: Option<&Rack>,
) -> Result<(), Failure> {
    let mut places = slots.clone();
    for port in found.iter().filter(|entry| entry.slot.is_none()).filter_map(|entry| entry.port) {
        let usb = UsbPlace { port, flow: bus::Flow::None, dtr: None, rts: None };
        places.insert(port.to_string(), SlotPlaces { at: Place::Usb(usb), boot_log: None });
    }
    let ports = watch(Places { slots: places, all_ports: false }).await?;
    let mut asking = Vec::new();
    for (place, entry) in found.iter().enumerate().filter(|(_, entry)| entry.at.is_some()) {
        let Some(lock) = entry.port.map(|port| port.to_string()).or_else(|| entry.at.clone()) else {
            continue;
        };
        let label = entry.slot.clone().unwrap_or_else(|| lock.clone());
        let setup = setup(&label, entry.port.is_some(), rack);
        let ports = ports.clone();
        let asked = async move { rig::identify(&ports, SlotLock::folder(), lock, setup).await };
        asking.push((place, tokio::spawn(asked)));
    }
    for (place, asked) in asking {
        found[place].asked = Some(match asked.await {
            Ok(Ok(identity)) => Asked {
                model: Some(identity.model).filter(|model| !model.is_empty()),
                imei: identity.imei,
                revision: Some(identity.revision).filter(|revision| !revision.is_empty()),
                fault: None,
            },
            Ok(Err(fault)) => Asked { fault: Some(fault), ..Asked::default() },
            Err(panic) => return Err(Failure::environment(panic.to_string())),
        });
    }
    Ok(())
}

fn setup(label: &str, usb: bool, rack: Option<&Rack>) -> SlotSetup {
    let slot = rack.and_then(|rack| rack.slots.iter().find(|slot| slot.label == label));
    SlotSetup {
        label: label.to_owned(),
        usb,
        baud: slot.map_or_else(|| vec![BAUD], |slot| slot.baud.clone()),
        network: Network::default(),
        delivery: None,
    }
}

fn show(scan: &Scan, found: &[Found]) -> Result<(), Failure> {
    if scan.json {
        let json = serde_json::to_string_pretty(found);
        return print(&(json.map_err(|error| Failure::environment(error.to_string()))? + "\n"));
    }
    if found.is_empty() {
        return print(
            "nothing is plugged in that could be a module; `fotarig doctor` says what could be wrong\n",
        );
    }
    let mut columns = vec!["slot", "port", "USB", "family", "ttys"];
    if scan.identify {
        columns.extend(["model", "IMEI", "revision"]);
    }
    let mut table = table(&columns);
    for entry in found {
        table.add_row(row(entry, scan.identify));
    }
    print(&format!("{table}\n"))
}

fn row(entry: &Found, identified: bool) -> Vec<String> {
    let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let what = match entry.kind {
        "emergency" => "in emergency download mode".to_owned(),
        "bridge" => "UART".to_owned(),
        "empty" => "(empty)".to_owned(),
        _ => text(entry.family.clone()),
    };
    let mut cells = vec![
        entry.slot.clone().unwrap_or_else(|| "unlabelled".to_owned()),
        text(entry.port.map(|port| port.to_string())),
        text(entry.usb.clone()),
        what,
        ttys(entry),
    ];
    if identified {
        let asked = entry.asked.clone().unwrap_or_default();
        cells.push(match &asked.fault {
            Some(fault) => fault.code.to_string(),
            None => text(asked.model),
        });
        cells.extend([text(asked.imei.map(|imei| imei.to_string())), text(asked.revision)]);
    }
    cells
}

/// `ttyUSB4 5 6* 7`: the star is where AT is answered.
fn ttys(entry: &Found) -> String {
    let short = |tty: &Tty| {
        let name = tty.path.strip_prefix("/dev/").unwrap_or(&tty.path).to_owned();
        if entry.at.as_ref() == Some(&tty.path) && entry.ttys.len() > 1 { name + "*" } else { name }
    };
    let names: Vec<String> = entry.ttys.iter().map(short).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(" ") }
}

/// One line for each thing that came or went.
fn show_changes(scan: &Scan, before: &[Found], now: &[Found]) -> Result<(), Failure> {
    let line = |sign: &str, entry: &Found| {
        if scan.json {
            let mut value = serde_json::to_value(entry).unwrap_or_default();
            value["change"] = sign.into();
            format!("{value}\n")
        } else {
            format!("{sign} {}\n", row(entry, false).join("  "))
        }
    };
    let there = |entry: &&Found| entry.kind != "empty";
    let same = |one: &Found, other: &Found| {
        ttys(one) == ttys(other) && one.usb == other.usb && one.port == other.port
    };
    for entry in before.iter().filter(there).filter(|old| !now.iter().any(|new| same(old, new))) {
        print(&line("-", entry))?;
    }
    for entry in now.iter().filter(there).filter(|new| !before.iter().any(|old| same(old, new))) {
        print(&line("+", entry))?;
    }
    Ok(())
}
