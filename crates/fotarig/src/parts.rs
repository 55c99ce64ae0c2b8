//! From the two configuration files to the parts of a rig.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bus::{FixedTty, Flow, PortPath, SlotLock};
use config::{Batch, BatchPackage, PackageSource, Position, Rack, Slot};
use control::{Clock, FamilySettings, History, Limits, Policy, Setup, SlotSetup, new_id};
use events::{Family, Package, SlotPlace};
use families::{Network, Preloaded};
use host::Shelf;
use rig::{Certificate, Hosting, Listening, Parts, Place, Places, PublicAddress, SlotPlaces, UsbPlace};

use crate::cli::Files;
use crate::failure::{Failure, chain};
use crate::watch::Ears;

/// The line rate of a port that is no slot's, baud; a module's own USB port ignores it.
pub(crate) const BAUD: u32 = 115_200;
/// How often the controller says how it is.
const VITALS_EVERY: Duration = Duration::from_secs(1);

/// How far a run goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extent {
    /// Ends after so many modules.
    pub(crate) units: Option<usize>,
    /// Goes on until stopped, taking each module that is put in.
    pub(crate) continuous: bool,
    /// Takes modules in ports that are no slot's, too.
    pub(crate) all_ports: bool,
}

/// Rack and batch, read and found to be something that can be done.
pub(crate) struct Job {
    pub(crate) rack: Rack,
    pub(crate) batch: Batch,
    pub(crate) shelf: Shelf,
}

impl Job {
    /// Reads both files and verifies every package.
    pub(crate) fn load(files: &Files) -> Result<Self, Failure> {
        let rack = Rack::load(&files.rack)?;
        let batch = Batch::load(&files.batch)?;
        refuse_what_is_not_there(&rack, &batch)?;
        for warning in &batch.warnings {
            eprintln!("warning: {warning}");
        }
        for key in not_heeded(&rack) {
            eprintln!(
                "warning: {}: {key} is not built into this version and changes nothing",
                files.rack.display()
            );
        }
        let shelf = Shelf::default();
        for entry in &batch.packages {
            put_on_shelf(&shelf, entry)?;
            if batch.policy.require_signature {
                let bytes = shelf.bytes(&entry.package.sha256).unwrap_or_default();
                entry.check_signature(&bytes, &rack.minisign_keys)?;
            }
        }
        Ok(Self { rack, batch, shelf })
    }

    /// The parts of a rig, on a clock that runs `speed` times as fast as real time.
    pub(crate) fn into_parts(self, extent: Extent, speed: f64) -> Result<Parts, Failure> {
        let places = Places { slots: places_of(&self.rack)?, all_ports: extent.all_ports };
        let setup = self.setup(extent)?;
        let hosting = self.hosting();
        Ok(Parts {
            setup,
            places,
            shelf: self.shelf,
            hosting,
            ledger: self.rack.ledger_path,
            locks: SlotLock::folder(),
            clock: Clock::new(speed),
        })
    }

    /// What reads along while it is done.
    pub(crate) fn ears(&self, speed: f64) -> Ears {
        Ears {
            rack: self.rack.name.clone(),
            batch: self.batch.name.clone(),
            ledger: self.rack.ledger_path.clone(),
            metrics: self.rack.metrics.clone(),
            hooks: self.rack.hooks.clone(),
            speed,
        }
    }

    /// The package hosts of the rack.
    pub(crate) fn hosting(&self) -> Hosting {
        let hosting = &self.rack.hosting;
        let place = |listen, address: &config::PublicAddress| Listening { listen, public: public(address) };
        Hosting {
            http: hosting.http.as_ref().map(|http| place(http.listen, &http.public)),
            https: hosting.https.as_ref().map(|https| {
                let files = https.identity.as_ref();
                let files = files.map(|files| (files.certificate.clone(), files.key.clone()));
                (place(https.listen, &https.public), Certificate { files, root: https.ca.clone() })
            }),
            ftp: hosting.ftp.as_ref().map(|ftp| {
                let ports = ftp.passive.map(|range| range.first..=range.last);
                (place(ftp.listen, &ftp.public), ports)
            }),
        }
    }

    /// What the controller is set up with; the history is filled in from the ledger.
    pub(crate) fn setup(&self, extent: Extent) -> Result<Setup, Failure> {
        let network = self.network()?;
        let slot = |slot: &Slot| SlotSetup {
            label: slot.label.clone(),
            usb: matches!(slot.position, Position::Usb(_)),
            baud: slot.baud.clone(),
            network: Network { apn: slot.apn.clone().or_else(|| network.apn.clone()), ..network.clone() },
            delivery: slot.delivery.clone(),
        };
        Ok(Setup {
            run: new_id(),
            rack: self.rack.name.clone(),
            batch: self.batch.name.clone(),
            lot: self.batch.lot.clone(),
            operator: self.batch.operator.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            slots: self.rack.slots.iter().map(slot).collect(),
            columns: self.rack.columns,
            places: self.rack.slots.iter().map(slot_place).collect(),
            unlabelled: extent.all_ports.then(|| SlotSetup {
                label: String::new(),
                usb: true,
                baud: vec![BAUD],
                network: network.clone(),
                delivery: None,
            }),
            vitals_every: Some(VITALS_EVERY),
            targets: self.batch.targets.clone(),
            packages: self.packages(),
            preloaded: self.batch.packages.iter().filter_map(preloaded).collect(),
            policy: self.policy(extent),
            limits: Limits {
                in_flight: self.rack.limits.in_flight as usize,
                per_hub: self.rack.limits.per_hub as usize,
                stagger_ms: self.rack.limits.stagger_ms,
            },
            families: Family::ALL.into_iter().map(|family| (family, self.family(family))).collect(),
            history: History::default(),
        })
    }

    fn policy(&self, extent: Extent) -> Policy {
        let policy = &self.batch.policy;
        let count = |number: Option<u32>| number.map(|number| number as usize);
        Policy {
            delivery: policy.delivery.clone(),
            attempts: policy.attempts,
            units: extent.units,
            continuous: extent.continuous,
            canary: count(policy.canary),
            stop_after_failures: count(policy.stop_after_failures),
            stop_at_failure_rate: policy.stop_at_failure_rate,
            stop_rate_after: policy.stop_rate_after as usize,
            quarantine_slot_after: count(policy.quarantine_slot_after),
            retest_limit: policy.retest_limit.map(u64::from),
        }
    }

    /// The batch's packages.
    pub(crate) fn packages(&self) -> Vec<Package> {
        self.batch.packages.iter().map(|entry| entry.package.clone()).collect()
    }

    fn network(&self) -> Result<Network, Failure> {
        let network = &self.rack.network;
        let password = match &network.password {
            Some(credential) => Some(credential.read()?.expose().to_owned()),
            None => None,
        };
        Ok(Network { apn: network.apn.clone(), user: network.user.clone(), password })
    }

    fn family(&self, family: Family) -> FamilySettings {
        let mut settings = families::default_settings(family);
        let Some(written) = self.rack.families.get(&family) else {
            return FamilySettings { settings, aliases: BTreeMap::new() };
        };
        let deadlines = &mut settings.deadlines;
        let set = |to: &mut u64, from: Option<u64>| *to = from.unwrap_or(*to);
        set(&mut deadlines.command_ms, written.command_ms);
        set(&mut deadlines.download_idle_ms, written.download_idle_ms);
        set(&mut deadlines.upload_idle_ms, written.upload_idle_ms);
        set(&mut deadlines.quiet_ms, written.quiet_ms);
        set(&mut deadlines.port_away_ms, written.port_away_ms);
        set(&mut deadlines.resolution_ms, written.resolution_ms);
        settings.channel = written.channel.unwrap_or(settings.channel);
        settings.serial_rate = written.serial_rate_bytes_per_s.unwrap_or(settings.serial_rate);
        settings.serial_block = written.serial_block_bytes.unwrap_or(settings.serial_block);
        FamilySettings { settings, aliases: written.model_aliases.clone() }
    }
}

fn preloaded(entry: &BatchPackage) -> Option<(String, Preloaded)> {
    let name = entry.preloaded_as.clone()?;
    Some((entry.package.sha256.clone(), Preloaded { name, trusted: entry.trust_preloaded }))
}

fn fixed_tty(slot: &Slot, path: PathBuf) -> FixedTty {
    FixedTty::new(path, slot.baud.first().copied().unwrap_or(BAUD))
        .with_flow(flow(slot))
        .with_lines(slot.dtr, slot.rts)
}

/// Where the rack's slots are.
pub(crate) fn places_of(rack: &Rack) -> Result<BTreeMap<String, SlotPlaces>, Failure> {
    let (mut slots, mut devices) = (BTreeMap::new(), BTreeMap::new());
    for slot in &rack.slots {
        let at = match &slot.position {
            Position::Usb(port) => Place::Usb(usb_place(slot, port)?),
            Position::Tty(path) => {
                if let Ok(device) = std::fs::canonicalize(path)
                    && let Some(other) = devices.insert(device, slot.label.clone())
                {
                    let (place, label) = (&slot.place, &slot.label);
                    let message = format!("{place}: two slots on one tty, {other} and {label}, by two names");
                    return Err(Failure::usage(message).hint("give each slot a port of its own"));
                }
                Place::Fixed(checked(slot, fixed_tty(slot, path.clone()))?)
            }
        };
        let boot_log = slot.boot_log_tty.clone().map(|path| fixed_tty(slot, path));
        slots.insert(slot.label.clone(), SlotPlaces { at, boot_log });
    }
    Ok(slots)
}

/// A tty that is there has to be one.
fn checked(slot: &Slot, tty: FixedTty) -> Result<FixedTty, Failure> {
    match tty.check() {
        Ok(()) | Err(bus::BusError::Absent { .. }) => Ok(tty),
        Err(error) => {
            let message = format!("{}: slot {}: {}", slot.place, slot.label, chain(&error));
            Err(Failure::usage(message).hint("name the slot's serial port, best by /dev/serial/by-path/"))
        }
    }
}

fn usb_place(slot: &Slot, port: &str) -> Result<UsbPlace, Failure> {
    let port: PortPath = port.parse().map_err(|error| {
        let message = format!("{}: slot {}: {error}", slot.place, slot.label);
        Failure::usage(message).hint("`fotarig scan` shows the port path of each module")
    })?;
    Ok(UsbPlace { port, flow: flow(slot), dtr: slot.dtr, rts: slot.rts })
}

/// Where the slot is, for the screen.
fn slot_place(slot: &Slot) -> SlotPlace {
    let (place, hub) = match &slot.position {
        Position::Usb(port) => {
            let hub = port.parse::<PortPath>().ok().and_then(PortPath::hub);
            (port.clone(), hub.map(|hub| hub.to_string()))
        }
        Position::Tty(path) => (path.display().to_string(), None),
    };
    SlotPlace { slot: slot.label.clone(), place, hub }
}

fn flow(slot: &Slot) -> Flow {
    match slot.flow {
        config::Flow::None => Flow::None,
        config::Flow::Hardware => Flow::Hardware,
        config::Flow::Software => Flow::Software,
    }
}

fn public(address: &config::PublicAddress) -> PublicAddress {
    match address {
        config::PublicAddress::Auto => PublicAddress::Auto,
        config::PublicAddress::Fixed { host, port } => {
            PublicAddress::Fixed { host: host.clone(), port: *port }
        }
    }
}

fn put_on_shelf(shelf: &Shelf, entry: &BatchPackage) -> Result<(), Failure> {
    let PackageSource::File(file) = &entry.source else { return Ok(()) };
    let package = &entry.package;
    shelf.add(file, package.size, &package.sha256).map_err(|error| {
        let message =
            format!("{}: package {} to {}: {}", entry.place, package.from, package.to, chain(&error));
        Failure::usage(message).hint("compare the file with what the vendor delivered, then mend [[package]]")
    })
}

/// Keys that can be written and change nothing yet, without harm to a module.
fn not_heeded(rack: &Rack) -> Vec<&'static str> {
    let keys = [
        ("[network] ip_type", rack.network.ip_type != config::IpType::default()),
        ("[network] pdp_index", rack.network.pdp_index.is_some()),
    ];
    keys.into_iter().filter(|(_, written)| *written).map(|(key, _)| key).collect()
}

/// What can be written in the files and is not built in yet is refused, never ignored.
fn refuse_what_is_not_there(rack: &Rack, batch: &Batch) -> Result<(), Failure> {
    let refuse = |place: String, what: &str, hint: &str| {
        Err(Failure::usage(format!("{place}: {what} is not built into this version")).hint(hint))
    };
    let place = |path: &str| path.to_owned();
    if rack.network.sim_pin.is_some() {
        return refuse(place("[network]"), "sim_pin", "take the PIN off the SIMs");
    }
    for entry in &batch.packages {
        if matches!(entry.source, PackageSource::Url { .. }) {
            return refuse(entry.place.to_string(), "a package by url", "name its file");
        }
        if families::of(entry.package.family).is_none() {
            let family = format!("family {}", entry.package.family);
            return refuse(entry.place.to_string(), &family, "leave its packages out");
        }
    }
    Ok(())
}
