//! A port of a hub into which a simulated module is plugged.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sim::{Place, Port, Usb};
use tokio::task::JoinSet;

use crate::usb::world::World;

/// A port path in the world, with what is plugged in between it and the module.
#[derive(Debug)]
pub(crate) struct Socket {
    world: Arc<Mutex<World>>,
    port: String,
    bridge: Option<(u16, u16)>,
    /// The ttys on which nobody answers.
    deaf: JoinSet<()>,
}

impl Socket {
    pub(crate) fn new(world: &Arc<Mutex<World>>, port: &str, bridge: Option<(u16, u16)>) -> Self {
        Self { world: Arc::clone(world), port: port.to_owned(), bridge, deaf: JoinSet::new() }
    }
}

/// The world, whoever held it last.
pub(crate) fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place for Socket {
    fn arrive(&mut self, usb: &Usb) -> io::Result<Option<Port>> {
        let usb = match self.bridge {
            Some((vendor, product)) => usb.clone().numbered(vendor, product),
            None => usb.clone(),
        };
        let ports: io::Result<Vec<(u8, Port)>> =
            usb.ttys.iter().map(|number| Ok((*number, Port::open()?))).collect();
        let ports = ports?;
        let paths: Vec<_> = ports.iter().map(|(number, port)| (*number, port.tty().to_owned())).collect();
        lock(&self.world).plug(&self.port, &usb, &paths)?;
        let mut at = None;
        for (number, port) in ports {
            if usb.at == Some(number) {
                at = Some(port);
            } else {
                self.deaf.spawn(swallow(port));
            }
        }
        Ok(at)
    }

    fn leave(&mut self, port: Option<Port>) {
        // Whoever has them open loses them before the events say so.
        drop(port);
        self.deaf = JoinSet::new();
        if let Err(error) = lock(&self.world).unplug(&self.port) {
            eprintln!("usb-rack: {}: {error}", self.port);
        }
    }
}

/// Reads what is written to a port, for ever.
async fn swallow(port: Port) {
    let mut chunk = [0; 4096];
    while port.read(&mut chunk).await.is_ok() {}
}
