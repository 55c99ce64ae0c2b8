//! The reference model: it sees every byte on every wire, what is told and what is durable, and the modules' own
//! truth, and says what may be concluded. It is written from `families.md` and `architecture.md` alone and calls
//! nothing of the controller's.

mod data_mode;
mod divergence;
mod families;
mod judge;
mod lines;
mod window;
mod wire;

pub use divergence::{Divergence, Kind};
pub(crate) use judge::Model;
pub use judge::UnitEnd;
