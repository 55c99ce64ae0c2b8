//! The controller as a service: one rack, its batches one after the other, and a Unix socket over which any number of
//! dashboards and scripts watch and act.
//!
//! The socket has a thread and a runtime of its own: whatever a client does costs it its connection, never the rack.

pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod conductor;
mod line_reader;
pub(crate) mod place;
pub(crate) mod protocol;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod status;
mod systemd;
mod who;
