//! A module that can be identified and not updated.

use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::personality::Personality;
use crate::raw::RawMode;
use crate::reply::Reply;
use crate::timeline::{Effect, Script, Step};

/// Knows its model and its revision.
#[derive(Debug)]
pub(crate) struct Plain;

impl Personality for Plain {
    fn is_trigger(&self, _command: &Command) -> bool {
        false
    }

    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        match (command.name.as_str(), command.form) {
            ("I", Form::Run) => {
                Some(Reply::lines([body.spec.model.clone(), format!("Revision: {}", body.revision_shown())]))
            }
            ("+CGMR" | "+GMR", Form::Run) => Some(Reply::line(body.revision_shown())),
            ("+CGMM" | "+GMM", Form::Run) => Some(Reply::line(body.spec.model.clone())),
            _ => None,
        }
    }

    fn received(&mut self, _body: &mut Body, _raw: RawMode) -> Reply {
        Reply::error()
    }

    fn fetched(&mut self, _body: &mut Body, _event: &FetchEvent) {}

    fn step(&mut self, _body: &mut Body, _step: Step) {}

    fn boot(&mut self, _body: &mut Body) {}

    fn power_up(&mut self, body: &mut Body) -> Script {
        let mut script = Script::new();
        script.wait(body.random.between(6_000, 15_000)).then(Effect::PortUp).then(Effect::Hears);
        script
    }
}
