//! The FOTA procedures of the module families: one file each, to be read beside the vendor's note, and the list of
//! them all.
//!
//! A family builds plans, as data, from what is known of the module; it does no I/O and decides nothing about retries.
//! It must never put a trigger into a plan without a checkpoint before it and a follow-up behind it.
//!
//! ```
//! use events::{Delivery, Family};
//!
//! let bg96 = families::of(Family::Bg96).expect("built in");
//! assert!(bg96.deliveries().contains(&Delivery::Http));
//! assert_eq!(bg96.deadlines().quiet_ms, 300_000);
//! ```

mod ag35;
mod bg96;
mod job;
mod procedures;
mod quectel;
mod radio;
mod sim7000;
mod sim7028;
mod sim7080;
mod simcom;
mod simcom_deliver;
mod usb;

pub use job::{Deadlines, Job, Link, Login, Network, Preloaded, Settings, Unfit};
pub use procedures::{ALL, Procedures, default_settings, follow_up_plan, identify_plan, known_models, of};
pub use usb::{USB, UsbIdentity};
