//! The families' plans: as tables, and against the simulated modules.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod against_modules;
mod bench;
mod contradictions;
mod golden;
mod job;
mod notes;
