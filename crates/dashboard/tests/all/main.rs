//! The dashboard from outside: events in, screens and actions out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod any_order;
mod keys;
mod looks;
mod mouse;
mod scenes;
mod screens;
mod script;
mod stage;
mod story;
mod terminal;
