//! The USB bus: what is plugged in, now and from now on.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::observed::{Observed, SettleTimes};
use crate::topology::{KnownUsb, Topology};
use crate::tty::BusError;
use crate::watching::Watching;

/// The USB bus, watched by a thread of its own until this is dropped. Dropping it waits for that thread, for as long as
/// it takes to read the bus once.
#[derive(Debug)]
pub struct UsbBus {
    topology: watch::Receiver<Arc<Topology>>,
    /// Closed, it ends the thread.
    control: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl UsbBus {
    /// Starts to watch, and returns when the bus has been read once (some 0.1 s with 64 modules). `known` is the families'
    /// table. Without udevd it works as well; the topology's warnings say so.
    pub fn start(known: Vec<KnownUsb>, times: SettleTimes) -> Result<Self, BusError> {
        let refused = |source| BusError::Usb { source };
        let (out, topology) = watch::channel(Arc::default());
        let (control, heard) = UnixStream::pair().map_err(refused)?;
        control.set_nonblocking(true).map_err(refused)?;
        heard.set_nonblocking(true).map_err(refused)?;
        let (started, start) = mpsc::channel();
        let watch = move || match Watching::start(Observed::new(known, times), out) {
            Ok(watching) => {
                let _heard = started.send(Ok(()));
                watching.run(heard);
            }
            Err(error) => {
                let _heard = started.send(Err(error));
            }
        };
        let thread = std::thread::Builder::new().name("usb".to_owned()).spawn(watch).map_err(refused)?;
        let died = || Err(std::io::Error::other("the thread of the USB bus ended"));
        start.recv().unwrap_or_else(|_| died()).map_err(refused)?;
        Ok(Self { topology, control: Some(control), thread: Some(thread) })
    }

    /// The newest picture, and word of every newer one. Nothing is missed by reading it late: what came and went in the
    /// meantime shows in the generations.
    pub fn topology(&self) -> watch::Receiver<Arc<Topology>> {
        self.topology.clone()
    }

    /// Has the whole bus read now, after a doubt: a port was refused or lost that the topology still shows. Returns at
    /// once.
    pub fn doubt(&self) {
        if let Some(mut control) = self.control.as_ref() {
            // When it is full, enough doubts are waiting there.
            let _told = control.write(&[0]);
        }
    }
}

impl Drop for UsbBus {
    fn drop(&mut self) {
        drop(self.control.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by itself.
            let _ended = thread.join();
        }
    }
}
