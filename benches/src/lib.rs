//! What the benches work on: whole procedures in memory, a rack's screens, its metrics, its event stream.
//!
//! Two programs measure it: `criterion/` the pure parts one by one, `rack/` the whole process, printing the table of
//! `docs/performance.md`. Here nothing is measured, and no clock is read: the same work each time.
//!
//! ```
//! use benches::{Cell, Rehearsal};
//! use events::{Delivery, Family};
//!
//! let rehearsal = Rehearsal::of(Cell { family: Family::Sim7000, delivery: Delivery::Serial });
//! assert!(rehearsal.passed() && rehearsal.whole_ms > 60_000);
//! rehearsal.replay(rehearsal.given());
//! ```

mod busy;
mod cell;
mod joined;
mod rehearsal;
#[path = "../../crates/dashboard/tests/all/scenes.rs"]
mod scenes;
mod screens;
#[path = "../../crates/dashboard/tests/all/script.rs"]
#[expect(dead_code, reason = "the dashboard's tests show more scenes")]
#[expect(clippy::unwrap_used, reason = "written for tests")]
mod script;
#[path = "../../crates/metrics/tests/all/story.rs"]
#[expect(dead_code, reason = "only whole modules are told here")]
#[expect(clippy::unwrap_used, reason = "written for tests")]
mod story;

pub use busy::{busy_metrics, busy_stream};
pub use cell::{Cell, module, package};
pub use rehearsal::{Given, Rehearsal};
pub use screens::{SCREENS, Screen};

/// The slots of the goals.
pub const SLOTS: usize = 256;
