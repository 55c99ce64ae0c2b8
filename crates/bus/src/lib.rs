//! What is plugged in: fixed ttys, opening and dropping ports, the lock that a controller holds on each slot.
//!
//! It must never flush a port (on a stalled module that is a blocking drain), never drop one on an async thread (that
//! blocked for half a minute on a real one), and never change a line of a port beyond what the slot's settings say.
//!
//! ```
//! use bus::{BusError, FixedTty};
//!
//! let tty = FixedTty::new("/etc/passwd".into(), 115_200);
//! assert!(matches!(tty.check(), Err(BusError::NotATty { .. })));
//! ```

mod lock;
mod port;
mod tty;

pub use lock::{LockError, SlotLock};
pub use port::SerialPort;
pub use tty::{BusError, FixedTty, Flow};
