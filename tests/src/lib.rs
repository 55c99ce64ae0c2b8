//! What the tests of the whole share: the real binary, its processes, racks of simulated modules to run it against,
//! and what they left behind.
//!
//! It must never look into the program: what it knows comes from the command line, the files, the PTYs and the
//! simulated modules' own truth. Whatever makes a test unable to go on panics here, with what the processes said.
//!
//! ```no_run
//! use fotarig_tests::{Bench, SEEDED};
//!
//! let bench = Bench::start(&["--slots", "3", "--faults", "none", SEEDED]);
//! let ended = bench.controller().wait();
//! assert_eq!(ended.code, Some(0), "{ended}");
//! assert!(bench.stop().iter().all(|module| module.triggers_while_updating == 0));
//! ```

#![expect(clippy::missing_panics_doc, reason = "whatever makes a test unable to go on panics: see above")]

mod bench;
mod binary;
mod job;
mod process;
mod record;
mod scrape;
mod service;
mod silent;
pub mod soak;
pub mod usb;
mod verdicts;

pub use bench::{Bench, SEEDED, SPEED, flag};
pub use binary::fotarig;
pub use job::Job;
pub use process::{Ended, PATIENCE, Process};
pub use record::{events_of_file, report};
pub use scrape::{Scraper, series};
pub use service::{CTL, Client, DASHBOARD, Service};
pub use silent::SilentPort;
pub use verdicts::{denies_a_trigger, lies, slot};
