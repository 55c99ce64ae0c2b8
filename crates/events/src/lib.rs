//! The vocabulary of fotarig, shared by every crate: slots, modules, packages, routes, phases, faults,
//! verdicts, and the public [`Event`] stream that the ledger, the reports, the screens and the metrics read.
//!
//! It holds data and serde only: no I/O, no clock, no randomness. What a word means is in `product.md`'s
//! table of words; the names here are those words.
//!
//! ```
//! use events::{FaultClass, FaultCode, Phase, Retry, What};
//!
//! let code = FaultCode::new(Phase::Verify, What::Rev);
//! assert_eq!(code.to_string(), "E-VERIFY-REV");
//! assert_eq!(code.class(), FaultClass::Module);
//! assert_eq!(code.retry(), Retry::No);
//! assert_eq!("E-VERIFY-REV".parse(), Ok(code));
//! ```

mod catalogue;
mod event;
mod fault;
mod module;
mod operator;
mod package;
mod phase;
mod recent;
mod report;
mod vitals;

pub use catalogue::What;
pub use event::{Checkpoint, Direction, Event, Level, Resolution, SlotState, Stamped, StepTitle};
pub use fault::{Fault, FaultClass, FaultCode, Retry, UnknownFaultCode};
pub use module::{Family, Imei, Module, UnknownFamily, normalised_model};
pub use operator::{Action, Rule};
pub use package::{Delivery, Hop, Package, Served, Target, UnknownDelivery};
pub use phase::{AttemptOutcome, Phase, UnknownPhase, Verdict};
pub use recent::Recent;
pub use report::{AttemptReport, FaultReport, PhaseReport, Report, UnitReport};
pub use vitals::{SlotPlace, Traffic, Vitals};
