//! What is plugged in: USB modules by port path, fixed ttys, opening and dropping ports, the lock that a controller
//! holds on each slot.
//!
//! It must never flush a port (on a stalled module that is a blocking drain), never drop one on an async thread (that
//! blocked for half a minute on a real one), and never change a line of a port beyond what the slot's settings say. It
//! must never take a tty's name or a serial number for the identity of a place: that is the port path alone.
//!
//! ```
//! use bus::{BusError, FixedTty, KnownUsb, SettleTimes, UsbBus};
//!
//! let usb = UsbBus::start(vec![KnownUsb::new(0x2c7c, 0x0296, 2)], SettleTimes::default())?;
//! let topology = usb.topology().borrow().clone();
//! for module in topology.modules.values().filter(|module| module.settled) {
//!     println!("{} {:?}", module.port, module.at().map(|tty| FixedTty::new(tty.into(), 115_200)));
//! }
//! # Ok::<(), BusError>(())
//! ```

mod glance;
mod inspect;
mod inspect_processes;
mod listening;
mod lock;
mod observed;
mod path;
mod port;
mod reading;
mod recognise;
mod topology;
mod tty;
mod usb;
mod watching;

pub use inspect::{
    OptionDriver, Power, TTYUSB_MINORS, TtyAccess, WithoutTtys, power, tty_access, ttyusb_minors,
    without_ttys,
};
pub use inspect_processes::{Holders, Process, holders, running};
pub use lock::{LockError, SlotLock};
pub use observed::SettleTimes;
pub use path::{NotAPortPath, PortPath};
pub use port::SerialPort;
pub use topology::{Kind, KnownUsb, Topology, UsbModule, UsbTty, Warning};
pub use tty::{BusError, FixedTty, Flow};
pub use usb::UsbBus;
