//! What stands in the way on the USB bus and at the ports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bus::{Kind, OptionDriver, Power, TTYUSB_MINORS, Topology, UsbModule, Warning};
use rig::Place;

use super::finding::Finding;

/// What is looked at.
pub(crate) struct Seen<'a> {
    pub(crate) topology: &'a Topology,
    /// The slots of the rack's file, by label; none without one.
    pub(crate) slots: &'a BTreeMap<String, rig::SlotPlaces>,
    /// Modules under way behind one hub at most; `None` without a rack's file.
    pub(crate) per_hub: Option<usize>,
    pub(crate) sys: &'a Path,
    pub(crate) proc: &'a Path,
}

const RULES: &str = "70-fotarig.rules";
const INSTALL: &str = "sudo install -m 644 udev-rules/70-fotarig.rules /etc/udev/rules.d/ && \
                       sudo udevadm control --reload && sudo udevadm trigger";

impl Seen<'_> {
    /// Everything about bus and ports.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut all = self.bus();
        all.push(rules(&[
            "/etc/udev/rules.d",
            "/run/udev/rules.d",
            "/usr/lib/udev/rules.d",
            "/lib/udev/rules.d",
        ]));
        all.extend(self.permissions());
        all.extend(self.holders());
        all.extend(self.modem_manager());
        all.extend(self.power());
        all.extend(self.without_ttys());
        all.extend(self.hubs());
        all.extend(self.emergencies());
        all.extend(self.labels());
        all
    }

    fn modules(&self) -> impl Iterator<Item = &UsbModule> {
        self.topology.modules.values().filter(|module| module.kind == Kind::Module)
    }

    /// The ttys that a batch would open: of modules, and of the slots that name one.
    fn ttys(&self) -> Vec<PathBuf> {
        let of_modules = self.modules().filter_map(UsbModule::at).map(Path::to_owned);
        let fixed = self.slots.values().filter_map(|slot| match &slot.at {
            Place::Fixed(tty) => Some(tty.path().to_owned()),
            Place::Usb(usb) => self.topology.at(usb.port).and_then(UsbModule::at).map(Path::to_owned),
        });
        let mut ttys: Vec<PathBuf> = of_modules.chain(fixed).filter(|tty| tty.exists()).collect();
        ttys.sort();
        ttys.dedup();
        ttys
    }

    fn bus(&self) -> Vec<Finding> {
        let mend = |warning: &Warning| match warning {
            Warning::NoUdevd => "sudo systemctl start systemd-udevd",
            Warning::NoEvents { .. } | Warning::Unreadable { .. } => {
                "run fotarig where /sys is mounted and netlink is allowed"
            }
            Warning::Uninitialised { .. } => "sudo udevadm settle",
        };
        let warnings = self.topology.warnings.iter().map(|warning| {
            let blocks = matches!(warning, Warning::Unreadable { .. });
            let finding = if blocks { Finding::blocks } else { Finding::warns };
            finding("udev", warning.to_string(), mend(warning))
        });
        let mut all: Vec<Finding> = warnings.collect();
        let ttys = bus::ttyusb_minors(self.sys);
        let text = format!(
            "{} modules on {} hubs; {ttys} of the kernel's {TTYUSB_MINORS} ttyUSB (128 modules of four)",
            self.modules().count(),
            self.topology.hubs.len()
        );
        all.push(if ttys >= TTYUSB_MINORS {
            Finding::blocks("ttys", text, "spread the modules over two hosts")
        } else {
            Finding::good("ttys", text)
        });
        all
    }

    fn permissions(&self) -> Vec<Finding> {
        let mut all = Vec::new();
        for tty in self.ttys() {
            let Ok(access) = bus::tty_access(&tty, Path::new("/etc/group")) else { continue };
            if !(access.readable && access.writable) {
                let group = access.group.unwrap_or_else(|| access.gid.to_string());
                let text = format!(
                    "no permission to open {} (group {group}, mode {:o})",
                    tty.display(),
                    access.mode
                );
                let mend = format!("sudo usermod -aG {group} $USER, then log in again");
                all.push(Finding::blocks("permission", text, mend));
            }
        }
        if all.is_empty() {
            all.push(Finding::good("permission", format!("{} ttys may be opened", self.ttys().len())));
        }
        all
    }

    fn holders(&self) -> Vec<Finding> {
        let held = bus::holders(self.proc, &self.ttys());
        let mut all: Vec<Finding> = held
            .by_tty
            .iter()
            .flat_map(|(tty, processes)| processes.iter().map(move |process| (tty, process)))
            .map(|(tty, process)| {
                let text =
                    format!("{} is held open by {} (process {})", tty.display(), process.name, process.pid);
                let mend = if process.name == "fotarig" {
                    "wait until its batch is done, or stop it".to_owned()
                } else {
                    format!("sudo kill {}", process.pid)
                };
                Finding::blocks("holder", text, mend)
            })
            .collect();
        if held.hidden > 0 {
            let text = format!("the open files of {} processes cannot be seen", held.hidden);
            all.push(Finding::warns("holder", text, "sudo fotarig doctor"));
        }
        all
    }

    fn modem_manager(&self) -> Vec<Finding> {
        let Some(process) = bus::running(self.proc, "ModemManager").into_iter().next() else {
            return Vec::new();
        };
        let exposed = self.modules().filter(|module| !module.mm_ignored).count();
        if exposed == 0 {
            return vec![Finding::good(
                "modemmanager",
                "ModemManager runs, and is told to leave the modules alone",
            )];
        }
        let text = format!(
            "ModemManager runs (process {}) and is not told to ignore {exposed} modules: it sends AT into their ports",
            process.pid
        );
        vec![Finding::blocks("modemmanager", text, INSTALL)]
    }

    fn power(&self) -> Vec<Finding> {
        let suspends = |module: &&UsbModule| bus::power(self.sys, module.port) == Some(Power::Autosuspend);
        let finding = |module: &UsbModule| {
            let text = format!("{} may be suspended by the kernel while it is idle", module.port);
            let mend = format!("echo on | sudo tee /sys/bus/usb/devices/{}/power/control", module.port);
            Finding::warns("autosuspend", text, mend)
        };
        self.modules().filter(suspends).map(finding).collect()
    }

    fn without_ttys(&self) -> Vec<Finding> {
        let finding = |bare: &bus::WithoutTtys| {
            let ids = format!("{:04x}:{:04x}", bare.vendor, bare.product);
            let text = format!("{} ({ids}) has no ttys: no driver knows it", bare.port);
            let tell = format!(
                "echo {:04x} {:04x} ff | sudo tee /sys/bus/usb-serial/drivers/option1/new_id",
                bare.vendor, bare.product
            );
            let mend = match bare.option {
                OptionDriver::NotLoaded => format!("sudo modprobe option && {tell}"),
                OptionDriver::NotTold => tell,
                OptionDriver::Told => "take it out and put it in again".to_owned(),
            };
            Finding::blocks("driver", text, mend)
        };
        bus::without_ttys(self.sys, self.topology).iter().map(finding).collect()
    }

    fn hubs(&self) -> Vec<Finding> {
        let Some(limit) = self.per_hub else { return Vec::new() };
        let mut hubs: BTreeMap<bus::PortPath, usize> = BTreeMap::new();
        for hub in self.modules().filter_map(|module| module.port.hub()) {
            *hubs.entry(hub).or_default() += 1;
        }
        let finding = |(hub, count): (bus::PortPath, usize)| {
            let text = format!("{count} modules behind hub {hub}, of which {limit} are updated at one time");
            let mend = "raise [limits] per_hub if the hub's power supply allows it, or spread them";
            Finding::warns("hub", text, mend)
        };
        hubs.into_iter().filter(|(_, count)| *count > limit).map(finding).collect()
    }

    fn emergencies(&self) -> Vec<Finding> {
        let modules = self.topology.modules.values().filter(|module| module.kind == Kind::Emergency);
        let finding = |module: &UsbModule| {
            let ids = format!("{:04x}:{:04x}", module.vendor, module.product);
            let text = format!("{} ({ids}) is in emergency download mode", module.port);
            Finding::warns("emergency", text, "set it aside: it needs the vendor's recovery tool")
        };
        modules.map(finding).collect()
    }

    fn labels(&self) -> Vec<Finding> {
        if self.slots.is_empty() {
            return Vec::new();
        }
        let taken: Vec<_> = self
            .slots
            .values()
            .filter_map(|slot| match &slot.at {
                Place::Usb(usb) => Some(self.topology.place(usb.port)),
                Place::Fixed(_) => None,
            })
            .collect();
        let unlabelled = self.modules().filter(|module| !taken.contains(&self.topology.place(module.port)));
        let finding = |module: &UsbModule| {
            let text =
                format!("a module is in port {}, which no [[slot]] names: it is left alone", module.port);
            Finding::warns("label", text, "fotarig slots learn --rack RACK.toml")
        };
        unlabelled.map(finding).collect()
    }
}

fn rules(folders: &[&str]) -> Finding {
    match folders.iter().map(|folder| Path::new(folder).join(RULES)).find(|file| file.exists()) {
        Some(file) => Finding::good("rules", format!("{} is installed", file.display())),
        None => Finding::warns("rules", format!("{RULES} is not installed"), INSTALL),
    }
}
