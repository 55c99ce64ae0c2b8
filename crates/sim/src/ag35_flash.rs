//! How an AG35 writes its firmware: in a recovery mode of its own, with a reboot before and after.
//!
//! Source: AG35 DFOTA guide, chapter 3, 3.1 and chapter 4; `families.md`, AG35 and C23.

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::progress;
use crate::quectel;
use crate::timeline::{Effect, Ending, Script, Step};
use crate::update::{Finding, Stage};

/// How often the package is checked, and how often a failed upgrade is tried (AG35 DFOTA guide, 3).
const CHECKS: usize = 3;
const UPGRADES: usize = 5;

/// What comes after the failed attempts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Success,
    OldVersion,
    /// "Until it is upgraded successfully", which it never is.
    Again,
}

/// From the reboot into recovery mode to the end of the update.
pub(crate) fn flash(body: &mut Body, path: &str, heard: bool) -> Script {
    let mut script = Script::new();
    script.then(Effect::Deaf).wait(500).then(Effect::PortDown);
    recover(body, script, path, heard)
}

/// What happens when power comes back after a cut.
pub(crate) fn power_up(body: &mut Body, path: &str, heard: bool) -> Script {
    match body.stage {
        Stage::Idle => {}
        Stage::Downloading => body.end_update(Ending::Failed),
        Stage::Rebooting => {
            let ending = if body.target.is_some() { Ending::Done } else { Ending::Failed };
            body.end_update(ending);
        }
        Stage::Starting | Stage::Writing | Stage::Restoring | Stage::Failing => {
            return recover(body, Script::new(), path, heard);
        }
    }
    let mut script = Script::new();
    script.wait(body.random.between(20_000, 40_000)).then(Effect::PortUp);
    quectel::boot_lines(body, &mut script);
    script
}

fn recover(body: &mut Body, mut script: Script, path: &str, heard: bool) -> Script {
    let finding = body.examine_file(path);
    let (errors, last) = course(body, &finding);
    body.target = if let Finding::Fits(target) = finding { Some(target) } else { None };
    for error in errors {
        enter(body, &mut script);
        fail(body, &mut script, error);
    }
    match last {
        Last::Success => {
            enter(body, &mut script);
            write(body, &mut script, &[100]);
            script.then(Effect::Stage(Stage::Rebooting));
            end(body, &mut script, 0);
            leave(body, &mut script, Ending::Done);
        }
        Last::OldVersion => leave(body, &mut script, Ending::Failed),
        Last::Again => {
            script.then(Effect::Step(Step::Flash));
        }
    }
    finish(body, script, heard)
}

/// Which errors it tells before what end.
fn course(body: &Body, finding: &Finding) -> (Vec<u16>, Last) {
    match finding {
        Finding::Absent | Finding::Damaged { .. } => (vec![505; CHECKS], Last::OldVersion),
        Finding::Mismatch => (vec![510; CHECKS], Last::OldVersion),
        Finding::Fits(_) if body.shows(Behaviour::FiveFailures) => (vec![520; UPGRADES], Last::OldVersion),
        Finding::Fits(_) if body.shows(Behaviour::RetriesForEver) => (vec![540], Last::Again),
        Finding::Fits(_) if body.shows(Behaviour::ChecksFailFirst) => (vec![505; CHECKS], Last::Success),
        Finding::Fits(_) => (Vec::new(), Last::Success),
    }
}

/// Into recovery mode: the port goes and comes back.
fn enter(body: &mut Body, script: &mut Script) {
    if body.shows(Behaviour::MoreReenumerations) {
        script.cycle_port(5_000).wait(3_000);
    }
    script.cycle_port(body.random.between(30_000, 60_000)).wait(1_500);
    if !body.shows(Behaviour::StartLost) {
        // As the guide prints it, with a space (`families.md`, C24).
        script.say("+QIND: \"FOTA\", \"START\"");
    }
}

fn fail(body: &mut Body, script: &mut Script, error: u16) {
    if error >= 520 {
        write(body, script, &[61]);
    }
    script.then(Effect::Stage(Stage::Failing)).wait(body.random.between(3_000, 8_000));
    end(body, script, error);
    script.wait(1_000);
}

fn write(body: &mut Body, script: &mut Script, tail: &[u8]) {
    script.wait(2_000).then(Effect::Stage(Stage::Writing));
    let percents = progress::percents(body, &[1, 2], tail);
    let lines = quectel::percent_lines(body, "UPDATING", &percents, |percent| format!(" {percent}"));
    progress::lay_out(script, body.random.between(240_000, 360_000), &lines);
}

fn end(body: &Body, script: &mut Script, error: u16) {
    if !body.shows(Behaviour::EndLost) {
        script.say(&format!("+QIND: \"FOTA\",\"END\",{error}"));
    }
}

/// Out of recovery mode: the port goes and comes back, and the module is as it was, or new.
fn leave(body: &mut Body, script: &mut Script, ending: Ending) {
    script.wait(body.random.between(1_000, 3_000)).cycle_port(body.random.between(30_000, 60_000));
    script.then(Effect::Ended(ending));
    quectel::boot_lines(body, script);
}

fn finish(body: &mut Body, mut script: Script, heard: bool) -> Script {
    if body.shows(Behaviour::SilentRecovery) {
        stay_away(&mut script);
    } else if !heard {
        script.effects_mut().retain(|(_, effect)| !quectel::is_qind(effect));
    }
    progress::spoil(body, &mut script, "+QIND: SMS DONE");
    body.plan_power_cut(&mut script);
    script
}

/// Nothing is said, and the port comes back only at the end (behaviour 7).
fn stay_away(script: &mut Script) {
    let ups = script.effects_mut().iter().filter(|(_, effect)| matches!(effect, Effect::PortUp)).count();
    let mut seen = 0;
    script.effects_mut().retain(|(_, effect)| {
        let up = matches!(effect, Effect::PortUp);
        seen += usize::from(up);
        !quectel::is_qind(effect) && (!up || seen == ups)
    });
}
