//! A place on the machine's bus, into which simulated modules are plugged.

use std::io;
use std::path::PathBuf;

use sim::{Place, Port, Usb};
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};

use super::device::Device;
use super::link::{Link, Tty};

/// One port of a hub in the machine: a socket of QEMU's. To connect is to plug in, to close is to unplug.
#[derive(Debug)]
pub(crate) struct Slot {
    socket: PathBuf,
    stalled: watch::Receiver<bool>,
    /// The bridge's numbers, where the module sits behind another one than its own.
    bridge: Option<(u16, u16)>,
    plugged: Option<oneshot::Sender<Option<Port>>>,
}

impl Slot {
    pub(crate) fn new(socket: PathBuf, stalled: watch::Receiver<bool>, bridge: Option<(u16, u16)>) -> Self {
        Self { socket, stalled, bridge, plugged: None }
    }
}

impl Place for Slot {
    fn arrive(&mut self, usb: &Usb) -> io::Result<Option<Port>> {
        let usb = match self.bridge {
            Some((vendor, product)) => usb.clone().numbered(vendor, product),
            None => usb.clone(),
        };
        let port = if usb.at.is_some() { Some(Port::open()?) } else { None };
        let tty = port.as_ref().map(Tty::open).transpose()?;
        let link = Link { device: Device::new(usb), tty, stalled: self.stalled.clone() };
        let (plugged, leave) = oneshot::channel();
        self.plugged = Some(plugged);
        let socket = self.socket.clone();
        tokio::spawn(async move {
            let ended = match UnixStream::connect(&socket).await {
                Ok(stream) => link.run(stream, leave).await,
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                println!("{}: {error}", socket.display());
            }
        });
        Ok(port)
    }

    fn leave(&mut self, port: Option<Port>) {
        // QEMU may have closed it: then nobody listens.
        let _gone = self.plugged.take().map(|plugged| plugged.send(port));
    }
}
