//! What goes into a simulated module and what comes out of it.

use crate::usb::Usb;

/// Something that happens to a module.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Bytes came in at its port.
    Received(&'a [u8]),
    /// News of what it is fetching.
    Fetch(&'a FetchEvent),
    /// Its [`next_wakeup`](crate::Module::next_wakeup) has come.
    Wake,
    /// Its port has become openable, or was opened.
    PortOpened,
    /// Its power is cut and comes back.
    PowerCut,
    /// It is taken out of its slot, and with it the bridge it sits behind.
    PowerOff,
    /// It is put into a slot; nothing happens when it is in one.
    PowerOn,
    /// Its port went and came back under it without a reboot: a hub that was reset.
    BusReset,
}

/// News of a fetch that a module asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchEvent {
    /// So many bytes have come; `total` when the server told it.
    Progress {
        /// Bytes so far.
        bytes: u64,
        /// Bytes of the whole, when known.
        total: Option<u64>,
    },
    /// The whole body.
    Done(Vec<u8>),
    /// The server's status, when it is another than 200; for FTP its three-digit reply.
    Status(u16),
    /// The network's failure, in words.
    Network(String),
}

/// Something that a module does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Bytes go out of its port.
    Write(Vec<u8>),
    /// Its port leaves the bus: whoever has it open reads end-of-file or `EIO`.
    PortDown,
    /// It is on the bus again as this; only where that says on which interface it talks is it a port for AT.
    PortUp(Usb),
    /// It fetches this over its network: `http://`, `https://` or `ftp://`.
    Fetch {
        /// The whole address, with user and password where it has them.
        url: String,
        /// The PEM file that an `https://` server's certificate is checked against; without one nothing is checked.
        root: Option<Vec<u8>>,
    },
    /// It has lost interest in what it was fetching.
    StopFetch,
}
