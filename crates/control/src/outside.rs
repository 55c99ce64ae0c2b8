//! What the controller needs from outside.

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

/// What is plugged in.
pub trait Bus: Send + Sync {
    /// Opens the ports of the module in `slot`, once. [`io::ErrorKind::NotFound`] means that nothing is there now.
    fn open(&self, slot: &str) -> BoxFuture<'static, io::Result<OpenPort>>;
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
}

/// Called when a durable event is on disk, or is not and will not be.
pub type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;

/// The durable record.
pub trait Ledger: Send + Sync {
    /// Keeps `event`, soon. Never blocks.
    fn append(&self, event: Arc<Stamped>);

    /// Keeps `event` and says when it is on disk with all before it. Never blocks.
    fn append_durable(&self, event: Arc<Stamped>, reply: Reply);
}
