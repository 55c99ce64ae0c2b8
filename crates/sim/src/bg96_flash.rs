//! How a BG96 writes its firmware: into the backup partition, then from there over the old one.
//!
//! Source: BG96 DFOTA guide, 3.1.1, notes 1 and 2, 4.1 and chapter 5; `families.md`, C27 and C28.

use crate::behaviour::Behaviour;
use crate::bg96::PACKAGE;
use crate::body::Body;
use crate::progress;
use crate::quectel::{boot_lines, is_qind, percent_lines};
use crate::timeline::{Effect, Ending, Script};
use crate::update::{Finding, Stage};

/// How long its port is away when it reboots.
const AWAY_MS: u64 = 8_000;

/// From the package's check to the end of the update.
pub(crate) fn flash(body: &mut Body, heard: bool) -> Script {
    let finding = body.examine_file(PACKAGE);
    let silent = body.shows(Behaviour::SilentRecovery);
    let mut script = Script::new();
    script.then(Effect::Deaf);
    if silent {
        script.then(Effect::PortDown);
    } else if body.shows(Behaviour::MoreReenumerations) {
        script.cycle_port(5_000).wait(2_000);
    }
    if !body.shows(Behaviour::StartLost) {
        qind(&mut script, "\"START\"");
    }
    match finding {
        Finding::Fits(target) => {
            body.target = Some(target);
            write(body, &mut script);
            restore(body, &mut script, " ");
            succeed(body, &mut script);
        }
        Finding::Absent => refuse(body, &mut script, 505, silent),
        Finding::Damaged { .. } => refuse(body, &mut script, 506, silent),
        Finding::Mismatch => refuse(body, &mut script, 511, silent),
    }
    finish(body, script, heard && !silent)
}

fn write(body: &mut Body, script: &mut Script) {
    script.wait(1_500).then(Effect::Stage(Stage::Writing));
    let percents = progress::percents(body, &[1, 2], &[100]);
    let lines = percent_lines(body, "UPDATING", &percents, |percent| format!(" {percent}%"));
    progress::lay_out(script, body.random.between(80_000, 100_000), &lines);
}

fn restore(body: &mut Body, script: &mut Script, space: &str) {
    script.then(Effect::Stage(Stage::Restoring));
    let percents = progress::percents(body, &[1, 2], &[100]);
    let lines = percent_lines(body, "RESTORE", &percents, |percent| format!("{space}{percent}%"));
    progress::lay_out(script, body.random.between(55_000, 65_000), &lines);
}

/// `END,0`, then the reboot with the new firmware.
fn succeed(body: &mut Body, script: &mut Script) {
    script.then(Effect::Stage(Stage::Rebooting));
    if !body.shows(Behaviour::EndLost) {
        qind(script, "\"END\",0");
    }
    script.wait(body.random.between(1_000, 3_000)).then(Effect::PortDown).wait(AWAY_MS);
    script.then(Effect::PortUp).then(Effect::Ended(Ending::Done));
    boot_lines(body, script);
}

/// "It will return an error and exit from DFOTA" (BG96 DFOTA guide, 3.1): no reboot.
fn refuse(body: &mut Body, script: &mut Script, error: u16, silent: bool) {
    script.then(Effect::Stage(Stage::Failing)).wait(body.random.between(3_000, 8_000));
    if !body.shows(Behaviour::EndLost) {
        qind(script, &format!("\"END\",{error}"));
    }
    if silent {
        script.then(Effect::PortUp);
    }
    script.then(Effect::Ended(Ending::Failed)).then(Effect::Listens);
}

/// What happens when power comes back after a cut.
pub(crate) fn power_up(body: &mut Body, heard: bool) -> Script {
    let mut script = Script::new();
    script.wait(body.random.between(6_000, 10_000)).then(Effect::PortUp);
    match body.stage {
        Stage::Idle => {}
        Stage::Restoring => return resume(body, script, heard),
        Stage::Rebooting => {
            body.end_update(Ending::Done);
            boot_lines(body, &mut script);
            if heard {
                // Told again at the next boot (behaviour 32).
                script.wait(1_000);
                qind(&mut script, "\"END\",0");
            }
            return script;
        }
        Stage::Downloading | Stage::Starting | Stage::Writing | Stage::Failing => {
            // Only the backup partition was touched: the old firmware boots, and says nothing.
            body.end_update(Ending::Failed);
        }
    }
    boot_lines(body, &mut script);
    script
}

/// Forced upgrade mode: the copy starts over (BG96 DFOTA guide, 3.1.1, note 2, and 3.1.2, note 3).
fn resume(body: &mut Body, mut script: Script, heard: bool) -> Script {
    script.wait(1_000);
    qind(&mut script, "\"Last upgrade was not finished,continue upgrade\"");
    if body.form(2) == 1 {
        qind(&mut script, "\"START\"");
    }
    script.wait(1_000);
    restore(body, &mut script, "");
    succeed(body, &mut script);
    finish(body, script, heard)
}

fn finish(body: &mut Body, mut script: Script, heard: bool) -> Script {
    if !heard {
        script.effects_mut().retain(|(_, effect)| !is_qind(effect));
    }
    progress::spoil(body, &mut script, "+QIND: SMS DONE");
    body.plan_power_cut(&mut script);
    script
}

fn qind(script: &mut Script, text: &str) {
    script.say(&format!("+QIND: \"FOTA\",{text}"));
}
