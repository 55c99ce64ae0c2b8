//! Simulated modules against the notes, in virtual time, and on real pseudo-terminals.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod behaviours;
mod bench;
mod data_mode;
mod https;
mod notes_ag35;
mod notes_bg96;
mod notes_sim7000;
mod notes_sim7028;
mod notes_sim7080;
mod places;
mod ports;
mod updates;
