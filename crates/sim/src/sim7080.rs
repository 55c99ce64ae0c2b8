//! The SIM7080, SIM7070 and SIM7090 series: as SIM7080, with several bearers.
//!
//! Source: SIM7080 FOTA note V1.01, and `families.md`, SIM7080.

use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::personality::Personality;
use crate::raw::RawMode;
use crate::reply::{Reply, WRONG_PARAMETERS};
use crate::simcom::{self, Simcom};
use crate::timeline::{Script, Step};

/// Bearers: their indexes are below this.
const BEARERS: u64 = 4;

/// The commands of a SIM7080.
#[derive(Debug)]
pub(crate) struct Sim7080 {
    simcom: Simcom,
    /// The bearer that is up, by its index.
    active: Option<u64>,
}

impl Sim7080 {
    pub(crate) fn new(body: &mut Body) -> Self {
        Self { simcom: Simcom::new(body), active: None }
    }

    /// `CGNAPN`, `CNCFG` with the index first, `CNACT=<index>,<action>` (`families.md`, SIM7080 and C19).
    fn bearer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        let network = &body.spec.network;
        let on_air = body.spec.sim_card && body.radio;
        let reply = match (command.name.as_str(), command.form) {
            ("+CGNAPN", Form::Run) if !on_air || network.apn.is_empty() => Reply::line("+CGNAPN: 0,\"\""),
            ("+CGNAPN", Form::Run) => Reply::line(format!("+CGNAPN: 1,\"{}\"", network.apn)),
            ("+CNCFG", Form::Set) => {
                let in_range = command.number(0).is_some_and(|index| index < BEARERS);
                Reply::ok_if(in_range && command.number(1).is_some(), WRONG_PARAMETERS)
            }
            ("+CNACT", Form::Read) => {
                let mut reply = Reply::ok();
                reply.groups.push((0..BEARERS).map(|index| self.state(index, &network.address)).collect());
                reply
            }
            ("+CNACT", Form::Set) => self.activate(body, command, on_air),
            _ => return None,
        };
        Some(reply)
    }

    fn state(&self, index: u64, address: &str) -> String {
        let active = self.active == Some(index);
        format!("+CNACT: {index},{},\"{}\"", u8::from(active), if active { address } else { "0.0.0.0" })
    }

    fn activate(&mut self, body: &mut Body, command: &Command, on_air: bool) -> Reply {
        let (Some(index @ 0..BEARERS), Some(action @ 0..=2)) = (command.number(0), command.number(1)) else {
            return Reply::new(WRONG_PARAMETERS);
        };
        if action > 0 && !on_air {
            return Reply::error();
        }
        self.active = (action > 0).then_some(index);
        let word = if action > 0 { "ACTIVE" } else { "DEACTIVE" };
        let mut script = Script::new();
        script.wait(body.random.between(300, 1500)).say(&format!("+APP PDP: {index},{word}"));
        Reply::ok().after_ms(body.random.between(100, 1000)).then(script)
    }
}

impl Personality for Sim7080 {
    fn is_trigger(&self, command: &Command) -> bool {
        simcom::is_trigger(command)
    }

    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        self.bearer(body, command).or_else(|| self.simcom.answer(body, command, self.active.is_some()))
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
        self.active = None;
    }

    fn power_up(&mut self, body: &mut Body) -> Script {
        self.simcom.power_up(body)
    }
}
