//! The SIM7028's boot loader, which patches the firmware and talks about it on the UART.
//!
//! Source: SIM7028 FOTA note, 4.3, note; `families.md`, C9 and C10.

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::progress;
use crate::timeline::{Effect, Ending, Script};
use crate::update::Stage;

/// What the loader says before it patches.
const FOUND: [&str; 8] = [
    "AdupsProcedure 4.0",
    "abup check_delta,Header:0x20, 0x3, 0x17, 0x20",
    "abup check_delta, delta md5 check sucess.",
    "adups_IsPartPackge: NO!",
    "adups_IsPackgeFound ret=1",
    "adups_bl_notify_status:200,0",
    "check old bin",
    "check old bin end, is old bin.",
];

/// What it says when it starts the system.
const BOOT: [&str; 4] = [
    "bootloader try normal boot system start!",
    "LoadVerifyImageHead read(len=272), Time(ms)->0.",
    "test:VerifyImageHead skip",
    "VerifyImageBody sha256 skip",
];

/// Noise of another baud rate.
const GARBAGE: &[u8] = b"\xff\xfe\x00\x8c\xf0\x81~\xe0\x1c\x00\xfc";

/// Boots without an update.
pub(crate) fn plain_boot(body: &mut Body) -> Script {
    let mut script = Script::new();
    garbage(body, &mut script);
    script.wait(body.random.between(500, 1_200));
    print(&mut script, &["AdupsProcedure 4.0", "adups_IsPackgeFound ret=0"]);
    boot(body, &mut script, None);
    script
}

/// Patches, reboots, and boots the new firmware.
pub(crate) fn patch(body: &mut Body) -> Script {
    if body.shows(Behaviour::TwoStatuses) {
        return refuse_at(body, true);
    }
    let mut script = start(body);
    script.then(Effect::Stage(Stage::Writing));
    let ratios = progress::percents(body, &[1, 3, 4, 6, 7, 9], &[92, 93, 95]);
    lay_out(body, &mut script, &ratios);
    if !body.shows(Behaviour::EndLost) {
        print(&mut script, &["adups_bl_notify_status:201,100", "Update done, reboot now ..."]);
    }
    script.then(Effect::Stage(Stage::Rebooting)).wait(body.random.between(800, 1_500));
    finish(body, script, Ending::Done)
}

/// Refuses a package that is not for this firmware, and boots the old one.
pub(crate) fn refuse(body: &mut Body) -> Script {
    refuse_at(body, false)
}

/// Fails before it patches, or on the way; both statuses are printed (`families.md`, C9).
fn refuse_at(body: &mut Body, on_the_way: bool) -> Script {
    body.target = None;
    let mut script = start(body);
    if on_the_way {
        script.then(Effect::Stage(Stage::Writing));
        let ratios: Vec<u8> =
            progress::percents(body, &[1, 3], &[60]).into_iter().filter(|ratio| *ratio < 60).collect();
        lay_out(body, &mut script, &ratios);
    }
    script.then(Effect::Stage(Stage::Failing)).wait(body.random.between(2_000, 6_000));
    print(&mut script, &["adups_bl_notify_status:202,100"]);
    if !body.shows(Behaviour::EndLost) {
        print(&mut script, &["***Something wrong during update"]);
    }
    print(&mut script, &["adups_bl_notify_status:201,100"]);
    script.wait(1_000);
    finish(body, script, Ending::Failed)
}

fn start(body: &mut Body) -> Script {
    let mut script = Script::new();
    garbage(body, &mut script);
    script.wait(body.random.between(800, 2_000));
    if !body.shows(Behaviour::StartLost) {
        print(&mut script, &FOUND);
        print(&mut script, &["patch forward ..."]);
    }
    script.wait(1_000);
    script
}

fn lay_out(body: &mut Body, script: &mut Script, ratios: &[u8]) {
    let total_ms = body.random.between(110_000, 130_000);
    let each_ms = total_ms / u64::try_from(ratios.len()).unwrap_or(1).max(1);
    for ratio in ratios {
        print(script, &[&format!("+FOTA: patch ratio: {ratio}")]);
        script.wait(each_ms);
    }
}

fn finish(body: &mut Body, mut script: Script, ending: Ending) -> Script {
    garbage(body, &mut script);
    boot(body, &mut script, Some(ending));
    if body.shows(Behaviour::SilentRecovery) {
        script.effects_mut().retain(|(_, effect)| !matches!(effect, Effect::Say(_)));
    }
    progress::spoil(body, &mut script, "+CEREG: 1");
    body.plan_power_cut(&mut script);
    script
}

/// Starts the system; an update has ended when the system is up, not when the loader says so.
fn boot(body: &mut Body, script: &mut Script, ending: Option<Ending>) {
    print(script, &BOOT);
    script.wait(body.random.between(3_000, 6_000));
    if let Some(ending) = ending {
        script.then(Effect::Ended(ending));
    }
    script.then(Effect::Hears);
}

/// Noise between the lines (behaviour 31).
fn garbage(body: &Body, script: &mut Script) {
    if body.shows(Behaviour::LoaderGarbage) {
        script.then(Effect::Say(GARBAGE.to_vec()));
    }
}

/// Lines as the loader ends them: LF CR.
fn print(script: &mut Script, lines: &[&str]) {
    for line in lines {
        script.then(Effect::Say(format!("{line}\n\r").into_bytes())).wait(15);
    }
}
