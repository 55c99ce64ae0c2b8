//! The machine with its modules: what the checks work on.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sim::{ModuleSpec, Rack, Truth, Usb};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::failed::{At, Failed, Outcome, ensure};
use crate::guest::Guest;
use crate::machine::{HTTP, Machine};
use crate::modules::{MODELS, Model};
use crate::usb::slot::Slot;

/// How many times faster than real time the modules live. The emulated processor is slow, and the guest has two of them
/// for all of its modules.
pub(crate) const SPEED: &str = "8";
const FACTOR: f64 = 8.0;
/// A rack comes onto the bus within seconds; the machine that emulates it may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// One slot of the machine, and what is in it.
#[derive(Debug)]
pub(crate) struct Place {
    /// The kernel's port path; also its label.
    pub(crate) port_path: String,
    pub(crate) model: Model,
    pub(crate) spec: ModuleSpec,
    /// What it is on the bus.
    pub(crate) usb: Usb,
    stalled: watch::Sender<bool>,
}

impl Place {
    /// Its port for AT commands, by the name that stays.
    pub(crate) fn link(&self) -> String {
        Model::link(&self.usb, &self.port_path)
    }

    /// From now on, or no longer, it takes nothing that is written to it.
    pub(crate) fn stall(&self, stalled: bool) {
        // Nobody listens while it is off the bus; the value stays.
        let _ = self.stalled.send_replace(stalled);
    }
}

/// A machine, and a module in every slot of it.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) places: Vec<Place>,
    rack: Rack,
    runtime: Runtime,
    pub(crate) machine: Machine,
    folder: PathBuf,
}

impl Bench {
    /// The modules, with their power off.
    pub(crate) fn new(machine: Machine, folder: &Path) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.at("a runtime")?;
        let rack = Rack::empty(FACTOR).at("a rack")?;
        let place = |(slot, (port_path, model)): (usize, (String, &Model))| {
            let spec = model.spec(slot);
            let usb = sim::Module::new(spec.clone()).usb();
            let usb = match model.bridge {
                Some((vendor, product)) => usb.numbered(vendor, product),
                None => usb,
            };
            Place { port_path, model: *model, spec, usb, stalled: watch::Sender::new(false) }
        };
        let places = machine.port_paths().into_iter().zip(&MODELS).enumerate().map(place).collect();
        Ok(Self { places, rack, runtime, machine, folder: folder.to_owned() })
    }

    pub(crate) fn guest(&self) -> Guest {
        self.machine.guest
    }

    /// A file that the guest sees as `/host/<name>`.
    pub(crate) fn host_file(&self, name: &str) -> PathBuf {
        self.folder.join("host").join(name)
    }

    fn slot(&self, place: &Place) -> Box<dyn sim::Place> {
        let socket = self.machine.socket(&place.port_path);
        Box::new(Slot::new(socket, place.stalled.subscribe(), place.model.bridge))
    }

    /// Plugs every module in, and waits until all of their ttys are there.
    pub(crate) fn plug_all(&mut self) -> Outcome<()> {
        let runtime = self.runtime.handle().clone();
        let _inside = runtime.enter();
        for place in &self.places {
            let slot = self.slot(place);
            self.rack.add(&place.port_path, place.spec.clone(), Some(slot)).at(&place.port_path)?;
        }
        self.await_ports()
    }

    /// Runs a script for every place at one go; what each has said.
    pub(crate) fn ask_all(&self, script: impl Fn(&Place) -> String) -> Outcome<Vec<String>> {
        const MARK: &str = "======\n";
        let scripts: Vec<String> = self.places.iter().map(|place| format!("({})\n", script(place))).collect();
        let said = self.guest().run(&scripts.join("printf '======\\n'\n"))?;
        let parts: Vec<String> = said.replace('\r', "").split(MARK).map(str::to_owned).collect();
        ensure(parts.len() == self.places.len(), || format!("{} parts:\n{said}", parts.len()))?;
        Ok(parts)
    }

    /// Waits until every module's ttys are there, and udevd is done with them.
    pub(crate) fn await_ports(&self) -> Outcome<()> {
        let ttys: usize = self.places.iter().map(|place| Model::ttys(&place.usb)).sum();
        let script = format!(
            "timeout 90 sh -c 'until [ $(ls /dev | grep -c ttyUSB) -ge {ttys} ]; do sleep 0.1; done'\n\
             udevadm settle -t 60; ls /dev | grep -c ttyUSB; lsusb -t; dmesg | tail -n 20"
        );
        let found = self.guest().run_within(PATIENCE, &script)?;
        let count = found.lines().next().unwrap_or_default();
        ensure(count == ttys.to_string(), || format!("not {ttys} ttys: {found}"))
    }

    /// Lets a module leave the bus and come back at once, as when its hub is reset.
    pub(crate) fn reset_bus(&self, place: &Place) -> Outcome<()> {
        let done = self.runtime.block_on(self.rack.reset_bus(&place.port_path));
        ensure(done, || format!("{} was not on the bus", place.port_path))
    }

    /// Shows something else in a place whose module has been taken out, as long as what is returned is kept.
    pub(crate) fn show(&self, place: &Place, usb: &Usb) -> Outcome<Box<dyn sim::Place>> {
        let _inside = self.runtime.enter();
        let mut slot = self.slot(place);
        slot.arrive(usb).at(&place.port_path)?;
        Ok(slot)
    }

    /// Takes a module out, and waits until the guest knows.
    pub(crate) fn take_out(&self, place: &Place) -> Outcome<()> {
        let done = self.runtime.block_on(self.rack.take_out(&place.port_path));
        ensure(done, || format!("{} cannot be taken out", place.port_path))?;
        let gone = format!("timeout 90 sh -c 'while [ -e {} ]; do sleep 0.1; done'", place.link());
        self.guest().run(&gone).map(drop)
    }

    /// Puts a module in again, and waits until it is on the bus.
    pub(crate) fn put_in(&self, place: &Place) -> Outcome<()> {
        let slot = self.slot(place);
        let done = self.runtime.block_on(self.rack.put_in(&place.port_path, slot));
        ensure(done, || format!("{} cannot be put in", place.port_path))
    }

    /// What really happened to each module.
    pub(crate) fn truths(&self) -> Vec<Truth> {
        self.rack.truths()
    }

    /// Puts modules as they came into the slots: none has been flashed, none stalls.
    pub(crate) fn renew(&mut self) -> Outcome<()> {
        let rack = Rack::empty(FACTOR).at("a rack")?;
        self.runtime.block_on(std::mem::replace(&mut self.rack, rack).stop());
        let gone = "timeout 90 sh -c 'while ls /dev | grep -q ttyUSB; do sleep 0.1; done'";
        self.guest().run_within(PATIENCE, gone)?;
        for place in &self.places {
            place.stall(false);
        }
        self.plug_all()
    }

    /// Writes `rack.toml`, `batch.toml` and the packages to where the guest sees them as `/host/<name>/`.
    pub(crate) fn write_job(&self, name: &str, slots: Slots, delivery: &str) -> Outcome<()> {
        let folder = self.host_file(name);
        fs::create_dir_all(&folder).at(folder.display())?;
        let http_port = self.machine.http_port;
        let mut text = format!(
            "[rack]\nname = \"machine\"\n\n[hosting]\n\
             http = {{ listen = \"0.0.0.0:{HTTP}\", public = \"127.0.0.1:{http_port}\" }}\n\n[network]\napn = \"vm\"\n\n\
             [limits]\nin_flight = 64\nper_hub = 16\nstagger = \"50ms\"\n\n[ledger]\npath = \"/tmp/{name}.sqlite\"\n"
        );
        for place in &self.places {
            let port = match slots {
                Slots::Ttys => format!("tty = \"{}\"", place.link()),
                Slots::PortPaths => format!("usb = \"{}\"", place.port_path),
            };
            // Writing to a string cannot fail.
            let _ = write!(text, "\n[[slot]]\nlabel = \"{}\"\n{port}\n", place.port_path);
        }
        fs::write(folder.join("rack.toml"), text).at("rack.toml")?;
        crate::modules::write_batch(&folder, name, delivery)
    }
}

/// How the slots of a rack are named in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slots {
    /// By the links of the udev rules, as fixed ttys.
    Ttys,
    /// By the kernel's port path.
    PortPaths,
}

/// The place with this port path.
pub(crate) fn place<'a>(places: &'a [Place], port_path: &str) -> Outcome<&'a Place> {
    let found = places.iter().find(|place| place.port_path == port_path);
    found.ok_or_else(|| Failed(format!("no slot {port_path}")))
}
