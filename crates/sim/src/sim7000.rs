//! The SIM7000 series.
//!
//! Source: SIM7000 FOTA note V1.01, and `families.md`, SIM7000.

use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::personality::Personality;
use crate::raw::RawMode;
use crate::reply::{Reply, WRONG_PARAMETERS};
use crate::simcom::{self, Simcom};
use crate::timeline::{Script, Step};

/// The commands of a SIM7000.
#[derive(Debug)]
pub(crate) struct Sim7000 {
    simcom: Simcom,
    bearer: bool,
}

impl Sim7000 {
    pub(crate) fn new(body: &mut Body) -> Self {
        Self { simcom: Simcom::new(body), bearer: false }
    }

    /// `CGNAPN`, `CNCFG`, `CNACT` (SIM7000 FOTA note, 4.1).
    fn bearer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        let network = &body.spec.network;
        let on_air = body.spec.sim_card && body.radio;
        let reply = match (command.name.as_str(), command.form) {
            ("+CGNAPN", Form::Run) if !on_air || network.apn.is_empty() => Reply::line("+CGNAPN: 0,\"\""),
            ("+CGNAPN", Form::Run) => Reply::line(format!("+CGNAPN: 1,\"{}\"", network.apn)),
            ("+CNCFG", Form::Set) => Reply::ok_if(command.number(0).is_some(), WRONG_PARAMETERS),
            ("+CNACT", Form::Read) => {
                let address = if self.bearer { network.address.as_str() } else { "0.0.0.0" };
                let state = u8::from(self.bearer);
                // Two or three fields (`families.md`, C11).
                Reply::line(if body.form(4) == 3 {
                    format!("+CNACT: {state},\"{address}\"")
                } else {
                    format!("+CNACT: 0,{state},\"{address}\"")
                })
            }
            ("+CNACT", Form::Set) => {
                let on = match command.number(0) {
                    Some(1) if on_air => true,
                    Some(0) => false,
                    Some(_) | None => return Some(Reply::error()),
                };
                self.bearer = on;
                let mut script = Script::new();
                script.wait(body.random.between(300, 1500));
                script.say(if on { "+APP PDP: ACTIVE" } else { "+APP PDP: DEACTIVE" });
                Reply::ok().after_ms(body.random.between(100, 1000)).then(script)
            }
            _ => return None,
        };
        Some(reply)
    }
}

impl Personality for Sim7000 {
    fn is_trigger(&self, command: &Command) -> bool {
        simcom::is_trigger(command)
    }

    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        self.bearer(body, command).or_else(|| self.simcom.answer(body, command, self.bearer))
    }

    fn received(&mut self, body: &mut Body, raw: RawMode) -> Reply {
        self.simcom.files.received(body, raw)
    }

    fn fetched(&mut self, body: &mut Body, event: &FetchEvent) {
        self.simcom.fetched(body, event);
    }

    fn step(&mut self, body: &mut Body, step: Step) {
        self.simcom.step(body, step);
    }

    fn boot(&mut self, _body: &mut Body) {
        self.simcom.boot();
        self.bearer = false;
    }

    fn power_up(&mut self, body: &mut Body) -> Script {
        self.simcom.power_up(body)
    }
}
