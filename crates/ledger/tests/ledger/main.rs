//! The ledger on real files, with real crashes and a real disk that is full.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod durable;
mod failing;
mod killed;
mod lookups;
mod mounted;
mod opening;
mod record;
mod samples;
mod upkeep;
