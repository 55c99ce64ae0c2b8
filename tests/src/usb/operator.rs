//! Whoever stands at the rack: takes modules out, puts them in, resets hubs. One command per line.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use serde::Serialize;
use sim::Truth;

use crate::usb::scenario::{Scenario, Unit};
use crate::usb::socket::{Socket, lock};
use crate::usb::world::World;

/// The rack and who is where in it.
#[derive(Debug)]
pub(crate) struct Operator {
    rack: sim::Rack,
    world: Arc<Mutex<World>>,
    units: Vec<Unit>,
    /// The module at each port.
    places: BTreeMap<String, String>,
    /// What happened to modules that were taken away for good.
    gone: Vec<Truth>,
}

impl Operator {
    /// Makes the world of `scenario`, whose files are in `folder`, and plugs its modules in. Inside a tokio runtime, and in namespaces of its own.
    pub(crate) fn start(scenario: &Scenario, folder: &Path) -> io::Result<Self> {
        let world = Arc::new(Mutex::new(World::make(scenario)?));
        let rack = sim::Rack::empty(scenario.speed).map_err(io::Error::other)?;
        let (units, places) = (Vec::new(), BTreeMap::new());
        let mut all = Self { rack, world, units, places, gone: Vec::new() };
        for mut unit in scenario.modules.clone() {
            if let Some(file) = &unit.preloaded {
                unit.spec.preloaded = Some(std::fs::read(folder.join(file))?.into());
            }
            all.bring(unit)?;
        }
        Ok(all)
    }

    /// A module that was not here before: at its port, where it has been running for a while, or in a drawer.
    fn bring(&mut self, unit: Unit) -> io::Result<()> {
        let place = unit.port.as_ref().map(|port| self.socket(&unit, port));
        self.rack.add(&unit.name, unit.spec.clone(), place).map_err(|error| told(&error))?;
        if let Some(port) = unit.port.clone() {
            self.places.insert(port, unit.name.clone());
        }
        self.units.push(unit);
        Ok(())
    }

    /// The module at `port` is taken away for good.
    async fn take_away(&mut self, port: &str) -> Result<(), String> {
        let name = self.name(port)?;
        self.gone.extend(self.rack.remove(&name).await);
        self.units.retain(|unit| unit.name != name);
        self.places.remove(port);
        Ok(())
    }

    /// What really happened to each module so far, those first that are here no more.
    fn truths(&self) -> Vec<Truth> {
        self.gone.iter().cloned().chain(self.rack.truths()).collect()
    }

    fn socket(&self, unit: &Unit, port: &str) -> Box<dyn sim::Place> {
        Box::new(Socket::new(&self.world, port, unit.bridge))
    }

    /// Carries out `line`; answers in JSON, or says why not.
    pub(crate) async fn obey(&mut self, line: &str) -> Result<String, String> {
        if let Some(unit) = line.strip_prefix("bring ") {
            let unit: Unit = serde_json::from_str(unit).map_err(|error| error.to_string())?;
            return self.bring(unit).map(|()| String::new()).map_err(|error| error.to_string());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["ttys"] => return json(&lock(&self.world).ttys()),
            ["truths"] => return json(&self.truths()),
            ["plug", port, name] => self.plug(port, name).await?,
            ["unplug", port] => self.unplug(port).await.map(drop)?,
            ["take-away", port] => self.take_away(port).await?,
            ["replug", port] => {
                let name = self.unplug(port).await?;
                self.plug(port, &name).await?;
            }
            ["replug-all"] => self.replug_all().await?,
            ["reset", port] => {
                self.rack.reset_bus(&self.name(port)?).await;
            }
            ["reset-all"] => {
                join_all(self.places.values().map(|name| self.rack.reset_bus(name))).await;
            }
            ["cut-power", port] => {
                self.rack.cut_power(&self.name(port)?);
            }
            ["hold", port] => lock(&self.world).hold(port),
            ["release", port] => {
                lock(&self.world).release(port).map_err(|error| error.to_string())?;
            }
            ["events", "lost"] => lock(&self.world).lose_events(true),
            ["events", "heard"] => lock(&self.world).lose_events(false),
            _ => return Err(format!("there is no command `{line}`")),
        }
        Ok(String::new())
    }

    fn name(&self, port: &str) -> Result<String, String> {
        self.places.get(port).cloned().ok_or_else(|| format!("nothing is plugged in at {port}"))
    }

    async fn unplug(&mut self, port: &str) -> Result<String, String> {
        let name = self.name(port)?;
        self.rack.take_out(&name).await;
        self.places.remove(port);
        Ok(name)
    }

    async fn plug(&mut self, port: &str, name: &str) -> Result<(), String> {
        let unit = self.units.iter().find(|unit| unit.name == name);
        let unit = unit.ok_or_else(|| format!("there is no module `{name}`"))?;
        if self.places.contains_key(port) || self.places.values().any(|its| its == name) {
            return Err(format!("{port} is taken, or {name} is plugged in elsewhere"));
        }
        let socket = self.socket(unit, port);
        self.places.insert(port.to_owned(), name.to_owned());
        self.rack.put_in(name, socket).await;
        Ok(())
    }

    /// All of them are out before the first is in again.
    async fn replug_all(&mut self) -> Result<(), String> {
        join_all(self.places.values().map(|name| self.rack.take_out(name))).await;
        let mut sockets = Vec::new();
        for (port, name) in &self.places {
            let unit = self.units.iter().find(|unit| unit.name == *name);
            let unit = unit.ok_or_else(|| format!("there is no module `{name}`"))?;
            sockets.push((name, self.socket(unit, port)));
        }
        join_all(sockets.into_iter().map(|(name, socket)| self.rack.put_in(name, socket))).await;
        Ok(())
    }

    /// What really happened to each module, into `file`.
    pub(crate) fn write_truths(&self, file: &Path) -> io::Result<()> {
        std::fs::write(file, serde_json::to_vec_pretty(&self.truths())?)
    }

    /// Everything stops and leaves the bus.
    pub(crate) async fn end(self) {
        self.rack.stop().await;
    }
}

fn json(value: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

/// An error with its causes, in one line.
fn told(error: &dyn std::error::Error) -> io::Error {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    io::Error::other(text)
}
