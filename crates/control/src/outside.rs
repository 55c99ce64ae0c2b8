//! What the controller needs from outside.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use events::{Delivery, Served, Stamped};
use families::Link;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// A serial port, or what stands for one.
pub trait Port: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Port for T {}

/// The ports of a slot's module.
pub struct OpenPort {
    /// Answers AT.
    pub at: Box<dyn Port>,
    /// A second tty on which a boot loader talks.
    pub boot_log: Option<Box<dyn Port>>,
}

/// Why a slot's port was not opened.
#[derive(Debug, thiserror::Error)]
pub enum NoPort {
    /// Nothing is there now, or not all of it yet.
    #[error("nothing is plugged in")]
    Absent,
    /// Something is there that cannot be talked to, or not yet: no driver, or its ttys are still to come.
    #[error("{0}")]
    Unready(String),
    /// A boot loader in emergency download mode is there, with these ids.
    #[error("it is in emergency download mode ({0})")]
    Emergency(String),
    /// It is there and cannot be opened.
    #[error(transparent)]
    Refused(#[from] io::Error),
}

/// What is plugged in, by slot. A port that the rack's file does not name goes by its port path.
pub type Presence = BTreeMap<String, Seen>;

/// What the bus shows of one slot's module before anybody has asked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Grows each time something is plugged in there.
    pub generation: u64,
    /// Vendor and product, as `2c7c:0296`; `None` for a fixed tty.
    pub usb: Option<String>,
    /// Its ttys.
    pub ttys: Vec<String>,
    /// The port path of its hub; `None` for a fixed tty.
    pub hub: Option<String>,
    /// Whether the rack's file names the port; others are shown and never touched.
    pub labelled: bool,
}

/// What is plugged in.
pub trait Bus: Send + Sync {
    /// Opens the ports of the module in `slot` at `baud`, once.
    fn open(&self, slot: &str, baud: u32) -> BoxFuture<'static, Result<OpenPort, NoPort>>;

    /// What is plugged in now, and each change of it.
    fn presence(&self) -> watch::Receiver<Arc<Presence>>;

    /// Whether it is being watched, and can be read: else the picture is an old one.
    fn watched(&self) -> bool {
        true
    }
}

/// A package at the disposal of one attempt. Dropping it revokes its token.
pub struct Grant {
    /// Where the module finds it.
    pub link: Link,
    /// What was handed out so far.
    pub served: watch::Receiver<Served>,
    /// Revokes the token when dropped.
    pub keep: Box<dyn Send>,
}

/// Serves the packages.
pub trait Host: Send + Sync {
    /// The verified copy of a package.
    fn file(&self, sha256: &str) -> Option<Bytes>;

    /// Whether modules can be served by `delivery`.
    fn serves(&self, delivery: Delivery) -> bool;

    /// The root, in PEM, against which modules are to check the HTTPS server.
    fn root(&self) -> Option<Bytes>;

    /// A token of its own for one attempt; `Err` says why there is none.
    fn grant(&self, sha256: &str, delivery: Delivery) -> Result<Grant, String>;

    /// Bytes handed out since the start, by protocol.
    fn handed_out(&self) -> BTreeMap<Delivery, u64> {
        BTreeMap::new()
    }
}

/// Called when a durable event is on disk, or is not and will not be.
pub type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;

/// How the record is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What each write since the last time took, microseconds.
    pub write_us: Vec<u64>,
    /// Room on its disk, bytes.
    pub free_bytes: Option<u64>,
}

/// The durable record.
pub trait Ledger: Send + Sync {
    /// Keeps `event`, soon. Never blocks.
    fn append(&self, event: Arc<Stamped>);

    /// Keeps `event` and says when it is on disk with all before it. Never blocks.
    fn append_durable(&self, event: Arc<Stamped>, reply: Reply);

    /// Why the last write failed; `None` when it did not.
    fn failing(&self) -> Option<String>;

    /// How it is.
    fn health(&self) -> Health {
        Health::default()
    }
}
