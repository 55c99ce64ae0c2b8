//! A slot as the modules and the bus see it: who is in it, who has its port open, what waits to be read.

use std::task::Waker;

use sim::Usb;

/// One slot of the rack.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its label.
    pub(crate) label: String,
    /// The module of the list that is in it.
    pub(crate) module: Option<usize>,
    /// What is on the bus there.
    pub(crate) usb: Option<Usb>,
    /// Grows with each arrival.
    pub(crate) generation: u64,
    /// The number of its next tty.
    pub(crate) tty: u64,
    /// Its hub.
    pub(crate) hub: Option<String>,
    /// It is a bridge that stays on the bus whoever is behind it.
    pub(crate) stays: bool,
    /// The rate at which a UART's module talks, baud.
    pub(crate) baud: u32,
    /// Until then, somebody else has the port.
    pub(crate) taken_until_ms: u64,
    /// The handle that has the port open.
    pub(crate) open: Option<Handle>,
    /// What the last handle can still read although the port has gone.
    pub(crate) last_words: Option<(u64, Vec<u8>)>,
}

/// An open port.
#[derive(Debug)]
pub(crate) struct Handle {
    /// Its number, never used again.
    pub(crate) number: u64,
    /// The rate at which it was opened, baud.
    pub(crate) baud: u32,
    /// Bytes that wait to be read.
    pub(crate) incoming: Vec<u8>,
    /// Who waits for them.
    pub(crate) reader: Option<Waker>,
}

/// Bytes that wait for a slow reader; more are lost.
const BACKLOG: usize = 64 * 1024;

impl Place {
    /// An empty slot.
    pub(crate) fn new(label: String, hub: Option<String>, baud: u32) -> Self {
        Self {
            label,
            module: None,
            usb: None,
            generation: 0,
            tty: 0,
            stays: false,
            hub,
            baud,
            taken_until_ms: 0,
            open: None,
            last_words: None,
        }
    }

    /// Bytes for whoever has the port open; there is nobody else to keep them for.
    pub(crate) fn arrive(&mut self, bytes: &[u8]) {
        let Some(handle) = &mut self.open else { return };
        if handle.baud == self.baud {
            let room = BACKLOG.saturating_sub(handle.incoming.len()).min(bytes.len());
            handle.incoming.extend_from_slice(&bytes[..room]);
        } else {
            // At another rate it is noise.
            handle.incoming.extend(bytes.iter().take(8).map(|byte| byte | 0x80));
        }
        wake(handle);
    }

    /// The port goes; what was said just before may still be read.
    pub(crate) fn lose(&mut self, last_words: bool) {
        self.usb = None;
        if let Some(mut handle) = self.open.take() {
            wake(&mut handle);
            let words = if last_words { handle.incoming } else { Vec::new() };
            self.last_words = Some((handle.number, words));
        }
    }
}

fn wake(handle: &mut Handle) {
    if let Some(reader) = handle.reader.take() {
        reader.wake();
    }
}
