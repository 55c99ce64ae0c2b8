//! From the two configuration files to the parts of a rig.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bus::{FixedTty, Flow, SlotLock};
use config::{Batch, BatchPackage, PackageSource, Position, Rack, Slot};
use control::{Clock, FamilySettings, History, Limits, Policy, Setup, SlotSetup, new_id};
use events::{Family, Package};
use families::{Network, Preloaded};
use host::Shelf;
use rig::{Certificate, Hosting, Parts, Place, PublicAddress, SlotTtys, Ttys};

use crate::cli::Files;
use crate::failure::{Failure, chain};

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
        }
        Ok(Self { rack, batch, shelf })
    }

    /// The parts of a rig, for `units` modules at most, on a clock that runs `speed` times as fast as real time.
    pub(crate) fn into_parts(self, units: Option<usize>, speed: f64) -> Result<Parts, Failure> {
        let ttys = self.ttys()?;
        let setup = self.setup(units)?;
        let hosting = self.hosting();
        Ok(Parts {
            setup,
            ttys,
            shelf: self.shelf,
            hosting,
            ledger: self.rack.ledger_path,
            locks: SlotLock::folder(),
            clock: Clock::new(speed),
        })
    }

    /// The package hosts of the rack.
    pub(crate) fn hosting(&self) -> Hosting {
        let hosting = &self.rack.hosting;
        let place = |listen, address: &config::PublicAddress| Place { listen, public: public(address) };
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

    fn ttys(&self) -> Result<Ttys, Failure> {
        let (mut ttys, mut devices) = (BTreeMap::new(), BTreeMap::new());
        for slot in &self.rack.slots {
            let Position::Tty(path) = &slot.position else { continue };
            let at = fixed_tty(slot, path.clone());
            match at.check() {
                Ok(()) | Err(bus::BusError::Absent { .. }) => {}
                Err(error) => {
                    let message = format!("{}: slot {}: {}", slot.place, slot.label, chain(&error));
                    return Err(Failure::usage(message)
                        .hint("name the slot's serial port, best by /dev/serial/by-path/"));
                }
            }
            if let Ok(device) = std::fs::canonicalize(path)
                && let Some(other) = devices.insert(device, slot.label.clone())
            {
                let message =
                    format!("{}: two slots on one tty, {other} and {}, by two names", slot.place, slot.label);
                return Err(Failure::usage(message).hint("give each slot a port of its own"));
            }
            let boot_log = slot.boot_log_tty.clone().map(|path| fixed_tty(slot, path));
            ttys.insert(slot.label.clone(), SlotTtys { at, boot_log });
        }
        Ok(Ttys(ttys))
    }

    /// What the controller is set up with; the history is filled in from the ledger.
    pub(crate) fn setup(&self, units: Option<usize>) -> Result<Setup, Failure> {
        let network = self.network()?;
        let slot = |slot: &Slot| SlotSetup {
            label: slot.label.clone(),
            usb: matches!(slot.position, Position::Usb(_)),
            baud: slot.baud.first().copied().unwrap_or(115_200),
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
            targets: self.batch.targets.clone(),
            packages: self.packages(),
            preloaded: self.batch.packages.iter().filter_map(preloaded).collect(),
            policy: Policy {
                delivery: self.batch.policy.delivery.clone(),
                attempts: self.batch.policy.attempts,
                units,
            },
            limits: Limits {
                in_flight: self.rack.limits.in_flight as usize,
                stagger_ms: self.rack.limits.stagger_ms,
            },
            families: Family::ALL.into_iter().map(|family| (family, self.family(family))).collect(),
            history: History::default(),
        })
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
    let flow = match slot.flow {
        config::Flow::None => Flow::None,
        config::Flow::Hardware => Flow::Hardware,
        config::Flow::Software => Flow::Software,
    };
    let baud = slot.baud.first().copied().unwrap_or(115_200);
    FixedTty::new(path, baud).with_flow(flow).with_lines(slot.dtr, slot.rts)
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
        ("[metrics] listen", rack.metrics_listen.is_some()),
        ("[limits] per_hub", rack.limits.per_hub != config::Limits::default().per_hub),
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
    if let Some(slot) = rack.slots.iter().find(|slot| matches!(slot.position, Position::Usb(_))) {
        return refuse(
            slot.place.to_string(),
            "a slot by USB port path",
            "name the slot's serial port: tty = \"/dev/…\"",
        );
    }
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
    let policy = &batch.policy;
    let unbuilt = [
        ("canary", policy.canary.is_some()),
        ("stop_after_failures", policy.stop_after_failures.is_some()),
        ("stop_at_failure_rate", policy.stop_at_failure_rate.is_some()),
        ("quarantine_slot_after", policy.quarantine_slot_after.is_some()),
        ("retest_limit", policy.retest_limit.is_some()),
        ("require_signature", policy.require_signature),
    ];
    match unbuilt.iter().find(|(_, written)| *written) {
        Some((key, _)) => refuse(place("[policy]"), key, "leave it out"),
        None => Ok(()),
    }
}
