//! The controller's bus: places by label, what is in them, opening their ports.

use std::sync::Arc;

use control::{NoPort, OpenPort, Presence, Seen};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::place::{Handle, Place};
use crate::port::Port;
use crate::rack::Rack;
use crate::world::World;

/// The bus of one rack in memory.
pub(crate) struct Bus(pub(crate) Arc<World>);

impl control::Bus for Bus {
    fn open(&self, slot: &str, baud: u32) -> BoxFuture<'static, Result<OpenPort, NoPort>> {
        let (world, slot) = (self.0.clone(), slot.to_owned());
        Box::pin(async move { open(&world, &slot, baud) })
    }

    fn presence(&self) -> watch::Receiver<Arc<Presence>> {
        self.0.presence.subscribe()
    }
}

fn open(world: &Arc<World>, slot: &str, baud: u32) -> Result<OpenPort, NoPort> {
    let now_ms = world.now_ms();
    let mut rack = world.lock();
    let found = rack.places.iter().position(|place| place.label == slot);
    let index = found.filter(|_| !rack.crashed).ok_or(NoPort::Absent)?;
    rack.handles += 1;
    let number = rack.handles;
    let place = &mut rack.places[index];
    let usb = place.usb.as_ref().ok_or(NoPort::Absent)?;
    if usb.at.is_none() {
        return Err(NoPort::Emergency(format!("{:04x}:{:04x}", usb.vendor, usb.product)));
    }
    if now_ms < place.taken_until_ms {
        return Err(NoPort::Refused(std::io::Error::from_raw_os_error(16)));
    }
    place.open = Some(Handle { number, baud, incoming: Vec::new(), reader: None });
    place.last_words = None;
    rack.opened(index);
    drop(rack);
    world.changed();
    let at = Box::new(Port::new(world.clone(), index, number));
    Ok(OpenPort { at, boot_log: None })
}

/// What the bus shows of the places.
pub(crate) fn presence(rack: &Rack) -> Presence {
    let seen = |place: &Place| {
        let usb = place.usb.as_ref()?;
        let ids = place.hub.as_ref().map(|_| format!("{:04x}:{:04x}", usb.vendor, usb.product));
        let ttys = (0..usb.ttys.len() as u64).map(|tty| format!("/dev/ttyUSB{}", place.tty + tty)).collect();
        let generation = place.generation;
        Some((
            place.label.clone(),
            Seen { generation, usb: ids, ttys, hub: place.hub.clone(), labelled: true },
        ))
    };
    rack.places.iter().filter_map(seen).collect()
}
