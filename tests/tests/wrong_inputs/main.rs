//! Wrong configurations, wrong packages, a machine that does not play along: each a message with place, cause and next
//! step, the right exit code, no panic, and not one byte for a module.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod configuration;
mod desk;
mod held;
mod machine;
mod routes;
