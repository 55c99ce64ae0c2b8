//! The dashboard from outside: events in, screens and actions out.

mod any_order;
mod keys;
mod looks;
mod mouse;
mod screens;
mod script;
mod story;
