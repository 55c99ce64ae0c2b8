//! What a family adds to the body that all modules share.

use std::fmt::Debug;

use events::Family;

use crate::ag35::Ag35;
use crate::bg96::Bg96;
use crate::body::Body;
use crate::command::Command;
use crate::io::FetchEvent;
use crate::raw::RawMode;
use crate::reply::Reply;
use crate::sim7000::Sim7000;
use crate::sim7028::Sim7028;
use crate::sim7080::Sim7080;
use crate::timeline::{Script, Step};

/// A family's own commands and its own way through an update.
pub(crate) trait Personality: Debug + Send {
    /// Whether its port leaves the bus when it reboots.
    fn is_on_usb(&self) -> bool {
        true
    }

    /// Whether `command` starts an update, were it accepted.
    fn is_trigger(&self, command: &Command) -> bool;

    /// Answers one of its own commands; `None` when it does not know it.
    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply>;

    /// The bytes of a data mode have come, all of them or as many as came before its time-out.
    fn received(&mut self, body: &mut Body, raw: RawMode) -> Reply;

    /// The PEM file that it checks an `https://` server against; without one it checks nothing.
    fn root(&self, _body: &Body) -> Option<Vec<u8>> {
        None
    }

    /// News of a fetch.
    fn fetched(&mut self, body: &mut Body, event: &FetchEvent);

    /// A step that it laid out itself has come.
    fn step(&mut self, body: &mut Body, step: Step);

    /// It boots: what was only in memory is forgotten.
    fn boot(&mut self, body: &mut Body);

    /// Bytes have come that it did not hear.
    fn touched(&mut self, _body: &mut Body) {}

    /// Power has come back after a cut: what happens from there.
    fn power_up(&mut self, body: &mut Body) -> Script;
}

/// The personality of a module that has just been put into the rack.
pub(crate) fn of(body: &mut Body) -> Box<dyn Personality> {
    match body.spec.family {
        Family::Sim7000 => Box::new(Sim7000::new(body)),
        Family::Sim7028 => Box::new(Sim7028::new(body)),
        Family::Bg96 => Box::new(Bg96::new(body)),
        Family::Sim7080 => Box::new(Sim7080::new(body)),
        Family::Ag35 => Box::new(Ag35::new(body)),
    }
}
