//! What SIMCom's Qualcomm-based modules have in common: files, downloads and the `CFOTA` updater.
//!
//! Source: SIM7000 FOTA note, 2, 3.1, 5.3 and 5.4; SIM7080 FOTA note, 3.1, 4.3 and 4.4.

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::progress;
use crate::reply::{NOT_FOUND, Reply, ResultCode, WRONG_PARAMETERS};
use crate::simcom_fetch::Downloads;
use crate::simcom_files::Files;
use crate::timeline::{Effect, Ending, Script, Step};
use crate::update::{Finding, Stage};

/// Where the updater looks (SIM7000 FOTA note, 2).
const PACKAGE: &str = "/fota/update.zip";

/// `CFOTA?` (SIM7000 FOTA note, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Updating = 1,
    Succeeded = 6,
    Failed = 7,
    Clean = 8,
}

/// Whether `command` is `CFOTA=1`.
pub(crate) fn is_trigger(command: &Command) -> bool {
    command.is("+CFOTA", Form::Set) && command.number(0) == Some(1)
}

/// The common part of a SIM7000 and a SIM7080.
#[derive(Debug)]
pub(crate) struct Simcom {
    pub(crate) files: Files,
    downloads: Downloads,
    /// The result that `CFOTA?` tells when no update is under way.
    last: Status,
}

impl Simcom {
    pub(crate) fn new(body: &mut Body) -> Self {
        let stale = body.shows(Behaviour::StalePackage).then(|| vec![0x50; 4096]);
        let package = body.spec.preloaded.as_deref().map(<[u8]>::to_vec).or(stale);
        if let Some(package) = package {
            // What does not fit into the file system is not there.
            let _ = body.files.put(PACKAGE, package);
        }
        Self { files: Files::new(body), downloads: Downloads::default(), last: Status::Clean }
    }

    /// Answers a command of the common part; `bearer` tells whether the network is active.
    pub(crate) fn answer(&mut self, body: &mut Body, command: &Command, bearer: bool) -> Option<Reply> {
        identity(body, command)
            .or_else(|| self.cfota(body, command))
            .or_else(|| self.files.answer(body, command))
            .or_else(|| self.downloads.answer(body, command, bearer))
    }

    pub(crate) fn fetched(&mut self, body: &mut Body, event: &FetchEvent) {
        self.downloads.fetched(body, event);
    }

    pub(crate) fn step(&mut self, body: &mut Body, step: Step) {
        match step {
            Step::Flash => {
                let script = self.flash(body);
                body.play(script);
            }
            Step::DownloadStalled => self.downloads.stalled(body),
            Step::Sleep => {}
        }
    }

    pub(crate) fn boot(&mut self) {
        self.files.boot();
        self.downloads.boot();
    }

    /// The recovery starts over with what it has; a module that was not updating just boots.
    pub(crate) fn power_up(&mut self, body: &mut Body) -> Script {
        match body.stage {
            Stage::Idle => {}
            Stage::Downloading | Stage::Starting | Stage::Writing | Stage::Restoring | Stage::Failing => {
                return self.flash(body);
            }
            Stage::Rebooting => {
                let ending = if body.target.is_some() { Ending::Done } else { Ending::Failed };
                body.end_update(ending);
            }
        }
        let mut script = Script::new();
        script.wait(body.random.between(6_000, 15_000)).then(Effect::PortUp);
        script.wait(body.random.between(2_000, 4_500)).then(Effect::Hears);
        script
    }

    /// `CFOTA` (SIM7000 FOTA note, 3.1 and 5.3; `families.md`, C17 and C18).
    fn cfota(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        if command.name != "+CFOTA" {
            return None;
        }
        let reply = match (command.form, command.number(0)) {
            (Form::Read, _) => {
                let status = if body.is_updating() { Status::Updating } else { self.last };
                let space = if body.form(2) == 0 { " " } else { "" };
                Reply::line(format!("+CFOTA:{space}{}", status as u8))
            }
            (Form::Set, Some(0)) => {
                self.last = Status::Clean;
                Reply::ok()
            }
            (Form::Set, Some(1)) => Self::trigger(body),
            (Form::Test, _) => Reply::line("+CFOTA: (0,1)"),
            _ => Reply::new(WRONG_PARAMETERS),
        };
        Some(reply)
    }

    fn trigger(body: &mut Body) -> Reply {
        if body.is_updating() {
            return Reply::error();
        }
        if body.files.size(PACKAGE).is_none() {
            return Reply::new(NOT_FOUND);
        }
        body.accept_trigger(Stage::Starting);
        let mut script = Script::new();
        let mut reply = Reply::ok();
        if body.shows(Behaviour::PortDropsBeforeOk) {
            reply.result = ResultCode::Nothing;
            script.then(Effect::Say(b"\r\nO".to_vec()));
        } else {
            script.wait(body.random.between(500, 1500));
        }
        script.then(Effect::PortDown).then(Effect::Step(Step::Flash));
        reply.then(script)
    }

    /// From the moment at which the port has gone to the end of the update (SIM7000 FOTA note, 5.3).
    fn flash(&mut self, body: &mut Body) -> Script {
        let finding = body.examine_file(PACKAGE);
        let mut script = Script::new();
        script.wait(body.random.between(6_000, 15_000));
        let silent = body.shows(Behaviour::SilentRecovery);
        if !silent {
            script.then(Effect::PortUp).wait(body.random.between(1_000, 3_000));
        }
        let from = script.length_ms();
        if !body.shows(Behaviour::StartLost) {
            script.say("+CFOTA: \"Start to update\"");
        }
        let ending = match finding {
            Finding::Fits(target) => {
                body.target = Some(target);
                Self::write(body, &mut script);
                Ending::Done
            }
            Finding::Absent | Finding::Damaged { .. } | Finding::Mismatch => {
                script.wait(500).say("+CFOTA: \"Updating\",0").wait(body.random.between(8_000, 20_000));
                script.then(Effect::Stage(Stage::Failing));
                Ending::Failed
            }
        };
        self.last = if ending == Ending::Done { Status::Succeeded } else { Status::Failed };
        Self::wind_up(body, &mut script, ending);
        if silent {
            script.effects_mut().retain(|(at_ms, effect)| *at_ms < from || !matches!(effect, Effect::Say(_)));
        }
        progress::spoil(body, &mut script, "*PSUTTZ: 2020,7,28,8,0,0,\"+32\",0");
        body.plan_power_cut(&mut script);
        script
    }

    fn write(body: &mut Body, script: &mut Script) {
        script.wait(500).then(Effect::Stage(Stage::Writing));
        let lines: Vec<_> = progress::percents(body, &[0], &[100])
            .into_iter()
            .map(|percent| format!("+CFOTA: \"Updating\",{percent}"))
            .collect();
        progress::lay_out(script, body.random.between(150_000, 240_000), &lines);
        script.then(Effect::Stage(Stage::Rebooting));
    }

    fn wind_up(body: &mut Body, script: &mut Script, ending: Ending) {
        let end = match ending {
            Ending::Done => "+CFOTA: \"Update successfully, please wait for reset\"",
            Ending::Failed => "+CFOTA: \"Update failed, please wait for reset\"",
        };
        if !body.shows(Behaviour::EndLost) {
            script.say(end);
        }
        script.wait(body.random.between(800, 2_000));
        if body.shows(Behaviour::MoreReenumerations) {
            script.cycle_port(3_000).wait(2_000);
        }
        script.cycle_port(body.random.between(6_000, 15_000));
        script.then(Effect::Ended(ending)).wait(body.random.between(2_000, 4_500)).then(Effect::Hears);
    }
}

/// Both series answer with the model and the release, the revision comes from `GMR`.
fn identity(body: &Body, command: &Command) -> Option<Reply> {
    let model = &body.spec.model;
    let revision = body.revision_shown();
    let reply = match (command.name.as_str(), command.form) {
        ("I", Form::Run) => Reply::line(format!("{model} R{}", revision.get(..4).unwrap_or(&revision))),
        ("+GMR" | "+CGMR", Form::Run) => Reply::line(format!("Revision:{revision}")),
        ("+CGMM" | "+GMM", Form::Run) => {
            Reply::line(if body.form(2) == 0 { format!("SIMCOM_{model}") } else { model.clone() })
        }
        ("+CGMI" | "+GMI", Form::Run) => Reply::line("SIMCOM INCORPORATED"),
        ("+SIMCOMATI", Form::Run) => Reply::lines([
            format!("Revision:{revision}"),
            "CSUB:V01".to_owned(),
            format!("IMEI:{}", body.imei),
        ]),
        _ => return None,
    };
    Some(reply)
}
