//! Modules on USB without USB: real libudev, real netlink events and real ttys, in namespaces of their own.
//!
//! A process of its own, `usb-rack`, makes a private `/sys`, `/run`, `/dev` and network, in which simulated modules come
//! and go as the kernel and udevd would show them: hubs, devices, interfaces, usb-serial ports and ttys, the udev
//! database, and the events of both. No root is needed where users may have namespaces, no udevd, no kernel modules.
//!
//! What it cannot show: drivers (a blocking drain, a closed port that holds its number), udevd's rules, lines of a real
//! port. Those need the machine with USB.

mod files;
mod function;
mod loopback;
mod namespace;
mod node;
mod numbers;
mod operator;
mod private;
mod program;
mod rack;
mod scenario;
mod socket;
mod topology;
mod uevent;
mod world;

pub use files::revisions;
pub use program::main;
pub use rack::Rack;
pub use scenario::{Scenario, Unit, imei_of, port_of};
