//! The controller of one rack: one dispatcher in which everything that happens comes into one order, and one executor
//! per slot that owns its port and runs procedures.
//!
//! It owns the traits for what it needs from outside ([`Bus`], [`Host`], [`Ledger`]); it opens no file and no socket.
//! It must never send a trigger to an IMEI with an unresolved one, and never give the verdict `passed` for anything but
//! a settled identification.
//!
//! ```
//! use control::Clock;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let clock = Clock::new(40.0);
//! clock.sleep_until(400).await; // 400 ms of module time are 10 ms here
//! assert!(clock.now_ms() >= 400);
//! # });
//! ```

mod admission;
mod ask;
mod changes;
mod clock;
mod decide;
mod dispatcher;
mod drive;
mod ending;
mod executor;
mod history;
mod line;
mod operator;
mod outcome;
mod outside;
mod plugged;
mod policy;
mod respond;
mod route;
mod setup;
mod silence;
mod slot;
mod standstill;
mod start;
mod stream;
mod triggers;
mod vitals;

pub use ask::ask;
pub use clock::Clock;
pub use dispatcher::{Controller, Summary};
pub use history::OnRecord;
pub use operator::Wish;
pub use outside::{Bus, Grant, Health, Host, Ledger, NoPort, OpenPort, Port, Presence, Reply, Seen};
pub use route::route;
pub use setup::{
    FamilySettings, History, Limits, OpenAttempt, OpenDataMode, OpenTrigger, Orphan, Policy, Setup, SlotSetup,
};
pub use slot::new_id;
pub use start::start;
pub use stream::{Readers, Unhurried};
