//! Simulated modules: what a rack is tested and shown with when no hardware is at hand.
//!
//! Each family is written from its vendor's note and `families.md` alone: this crate must never see the drivers
//! that it is there to test, never read a clock or do I/O in its core, and never believe a package it has not
//! checked. [`Module`] is the core, in virtual time; [`Rack`] runs modules on PTYs, each in a
//! [`Place`].
//!
//! ```
//! use events::Family;
//! use sim::{Input, Module, ModuleSpec, Output};
//!
//! let spec = ModuleSpec::new(Family::Sim7000, "SIM7000G", "490154203237518", "1529B04SIM7000G", 0);
//! let mut module = Module::new(spec);
//! let echo = module.handle(0, Input::Received(b"AT+GMR\r"));
//! assert_eq!(echo, [Output::Write(b"AT+GMR\r".to_vec())]);
//! let answer = module.handle(100, Input::Wake);
//! assert_eq!(answer, [Output::Write(b"\r\nRevision:1529B04SIM7000G\r\n\r\nOK\r\n".to_vec())]);
//! ```

mod ag35;
mod ag35_flash;
mod behaviour;
mod bg96;
mod bg96_flash;
mod body;
mod command;
mod fetch;
mod filesystem;
mod ftp;
mod io;
mod loader;
mod module;
pub mod package;
mod personality;
mod place;
mod port;
mod progress;
mod pty;
mod quectel;
mod random;
mod raw;
mod reply;
mod runner;
mod shell;
mod sim7000;
mod sim7028;
mod sim7080;
mod simcom;
mod simcom_fetch;
mod simcom_files;
mod spec;
mod timeline;
mod tls;
mod truth;
mod update;
mod usb;

pub use behaviour::Behaviour;
pub use io::{FetchEvent, Input, Output};
pub use module::Module;
pub use package::{Header, PackageError};
pub use place::Place;
pub use port::Port;
pub use pty::{Rack, SimError};
pub use random::Random;
pub use spec::{ModuleSpec, Network};
pub use truth::{COMMANDS_KEPT, Truth};
pub use usb::Usb;
