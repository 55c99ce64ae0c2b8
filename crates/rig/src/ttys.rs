//! The controller's bus over fixed ttys.

use std::collections::BTreeMap;
use std::io;

use bus::FixedTty;
use control::{Bus, OpenPort};
use futures_util::future::BoxFuture;

/// The ttys of one slot.
#[derive(Clone, Debug)]
pub struct SlotTtys {
    /// Answers AT.
    pub at: FixedTty,
    /// A second tty on which a boot loader talks.
    pub boot_log: Option<FixedTty>,
}

/// Fixed ttys by slot label.
#[derive(Clone, Debug, Default)]
pub struct Ttys(pub BTreeMap<String, SlotTtys>);

impl Bus for Ttys {
    fn open(&self, slot: &str) -> BoxFuture<'static, io::Result<OpenPort>> {
        let ttys = self.0.get(slot).cloned();
        Box::pin(async move {
            let Some(ttys) = ttys else { return Err(io::ErrorKind::NotFound.into()) };
            // Opening a real port can block.
            tokio::task::spawn_blocking(move || open(&ttys)).await.map_err(io::Error::other)?
        })
    }
}

fn open(ttys: &SlotTtys) -> io::Result<OpenPort> {
    let at = Box::new(ttys.at.open()?);
    let boot_log = match &ttys.boot_log {
        Some(tty) => Some(Box::new(tty.open()?) as Box<dyn control::Port>),
        None => None,
    };
    Ok(OpenPort { at, boot_log })
}
