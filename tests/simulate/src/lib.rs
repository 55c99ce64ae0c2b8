//! Racks in memory on a virtual clock: the real dispatcher and executors on simulated modules, with everything that can
//! go wrong around them, watched by a reference model.
//!
//! The model must never call the controller, the procedures or the families: it is written from `families.md` and
//! `architecture.md`. What a seed brings must depend on nothing but the seed.
//!
//! ```
//! let life = simulate::live(4, 2, false).expect("a runtime");
//! assert_eq!(life.divergences, []);
//! assert!(life.modules.len() <= 2 && life.lasted_ms > 0);
//! ```

mod acts;
mod bus;
mod chance;
mod host;
mod life;
mod log;
mod many;
mod model;
mod place;
mod port;
mod rack;
mod record;
mod scenario;
#[cfg(test)]
mod staged;
mod stock;
mod tally;
mod world;

pub use life::{BATCH, Life, Went, live};
pub use many::many;
pub use model::{Divergence, Kind, UnitEnd};
pub use tally::Tally;
