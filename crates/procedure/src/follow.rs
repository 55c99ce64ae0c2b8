//! Follows a triggered module to its resolution (`families.md`, "When is a trigger resolved?").
//!
//! Until then only the family's probes are sent, and only after quiet.

use at::Frame;
use events::{Fault, Level, Phase, Resolution, What};

use crate::cx::{Cx, Halt, Happening};
use crate::exchange::{Answer, Watch, exchange};
use crate::identity::Identity;
use crate::machine::{Emission, End, Output};
use crate::plan::{Expected, FollowUp, Sign};
use crate::settle::{Found, identify};

/// Pause before the next probe after one that was not answered, milliseconds.
const PROBE_AGAIN_MS: u64 = 10_000;

/// What is known of the update so far.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
pub(crate) struct Follow<'a> {
    plan: &'a FollowUp,
    began_ms: u64,
    last_life_ms: u64,
    last_answer_ms: u64,
    lost_ms: Option<u64>,
    /// Whether the port has been open: its first opening says nothing of the module.
    had_port: bool,
    /// Whether the module may still be downloading: a module that does answers, too, and is silent for minutes.
    downloading: bool,
    /// Whether something says that it is over: an end, a boot, the port back.
    over: bool,
    /// Signs of life so far.
    signs: u64,
    success: bool,
    provisional: Option<Fault>,
    terminal: Option<Fault>,
    not_before_ms: u64,
    repeats: u32,
    /// The ids of the boot loader in emergency download mode that came back in the module's place.
    emergency: Option<String>,
}

impl<'a> Follow<'a> {
    /// Begins now: with the trigger, or with listening after a restart.
    pub(crate) fn new(cx: &Cx, plan: &'a FollowUp) -> Self {
        let now_ms = cx.now_ms();
        Self {
            plan,
            began_ms: now_ms,
            last_life_ms: now_ms,
            last_answer_ms: now_ms,
            lost_ms: (!cx.port_up()).then_some(now_ms),
            had_port: cx.port_up(),
            downloading: plan.begins == Phase::Deliver,
            over: false,
            signs: 0,
            success: false,
            provisional: None,
            terminal: None,
            not_before_ms: 0,
            repeats: 0,
            emergency: None,
        }
    }

    /// Something failed after the checkpoint and before the trigger: it counts as a reported failure only if the
    /// module itself said so.
    pub(crate) fn suspect(&mut self, fault: Fault, reported: bool) {
        if reported {
            self.terminal = Some(fault);
            self.over = true;
        } else {
            self.provisional = Some(fault);
        }
    }

    fn life(&mut self, cx: &Cx) {
        self.last_life_ms = cx.now_ms();
        self.signs += 1;
    }

    /// A success or a final failure that is only read back is no new sign of life.
    fn sign(&mut self, cx: &Cx, sign: Sign) {
        let told_before = match &sign {
            Sign::Success => self.success,
            Sign::Terminal(_) => self.terminal.is_some(),
            Sign::Alive(_) | Sign::Percent(_) | Sign::Booted | Sign::Provisional(_) => false,
        };
        if told_before {
            return;
        }
        self.life(cx);
        self.downloading &= matches!(sign, Sign::Alive(Phase::Deliver) | Sign::Booted);
        match sign {
            Sign::Alive(phase) => self.goes_on(cx, phase),
            Sign::Percent(percent) => {
                self.goes_on(cx, Phase::Update);
                cx.emit(Emission::Progress { phase: Phase::Update, done: percent.min(100), total: 100 });
            }
            Sign::Booted => self.over = true,
            Sign::Success => {
                self.goes_on(cx, Phase::Update);
                self.success = true;
                self.over = true;
            }
            Sign::Provisional(fault) => {
                cx.note(Level::Warning, format!("the module reports: {}", fault.message));
                // The module tries again by itself: only quiet, or its port, says that it has given up.
                self.provisional = Some(fault);
            }
            Sign::Terminal(fault) => {
                self.terminal = Some(fault);
                self.over = true;
            }
        }
    }

    fn goes_on(&mut self, cx: &Cx, phase: Phase) {
        cx.enter(phase);
        self.over = false;
    }

    /// When something has to be done, and why.
    fn next_deadline(&self) -> (u64, &'static str) {
        let resolution = (self.began_ms + self.plan.waits.resolution_ms, "the resolution of the trigger");
        let step = match self.lost_ms {
            Some(lost_ms) => (lost_ms + self.plan.waits.away_ms, "the port to come back"),
            None if self.downloading && self.stalled_ms() <= self.probe_ms() => {
                (self.stalled_ms(), "progress of the download")
            }
            None => (self.probe_ms(), "quiet, before the module is asked"),
        };
        if step.0 < resolution.0 { step } else { resolution }
    }

    /// When a download without progress is stopped.
    fn stalled_ms(&self) -> u64 {
        self.last_life_ms + self.plan.waits.download_idle_ms
    }

    /// When the module may be asked.
    fn probe_ms(&self) -> u64 {
        let quiet = if self.over { self.plan.waits.calm_ms } else { self.plan.waits.quiet_ms };
        (self.last_life_ms + quiet).max(self.not_before_ms)
    }

    /// The download has made no progress for too long: the package host stops it, and the module is left in quiet.
    fn stop_download(&mut self, cx: &Cx) {
        let waited_s = self.plan.waits.download_idle_ms / 1000;
        let message = format!("the download made no progress for {waited_s} s: its token is revoked");
        cx.note(Level::Warning, message.as_str());
        cx.output(Output::RevokeToken);
        self.provisional.get_or_insert(Fault::new(Phase::Deliver, What::Stalled, message));
        self.downloading = false;
        self.last_life_ms = cx.now_ms();
    }

    fn silent_too_long(&self, now_ms: u64) -> bool {
        let last_ms = self.last_life_ms.max(self.last_answer_ms);
        !self.downloading
            && self.plan.waits.silence_ms.is_some_and(|silence_ms| now_ms >= last_ms + silence_ms)
    }

    fn unresolved(&self, cx: &Cx, what: What, message: &str) -> End {
        let known = self.terminal.as_ref().or(self.provisional.as_ref());
        let message = match known {
            Some(fault) => format!("{message}; the module had reported: {}", fault.message),
            None => message.to_owned(),
        };
        End::Unresolved(cx.fault(what, message))
    }
}

impl Watch for Follow<'_> {
    fn see(&mut self, cx: &Cx, happening: &Happening) -> Result<(), Halt> {
        match happening {
            Happening::Frame(Frame::Line(line)) | Happening::BootLog(Frame::Line(line)) => {
                if let Some(sign) = (self.plan.signs)(line) {
                    self.sign(cx, sign);
                }
                Ok(())
            }
            Happening::PortLost => {
                self.life(cx);
                self.lost_ms = Some(cx.now_ms());
                cx.enter(Phase::Reboot);
                Err(Halt::Lost)
            }
            Happening::PortBack => {
                self.life(cx);
                self.lost_ms = None;
                self.over |= std::mem::replace(&mut self.had_port, true);
                Ok(())
            }
            Happening::Served { bytes, total } => {
                self.life(cx);
                self.downloading &= bytes < total;
                cx.emit(Emission::Progress { phase: Phase::Deliver, done: *bytes, total: *total });
                Ok(())
            }
            Happening::Emergency(ids) => {
                self.emergency = Some(ids.clone());
                Err(Halt::Lost)
            }
            Happening::Frame(_)
            | Happening::BootLog(_)
            | Happening::Sent
            | Happening::Recorded(_)
            | Happening::Timeout
            | Happening::Cancel
            | Happening::Flood => Ok(()),
        }
    }
}

/// Follows to the resolution. With it comes who was there, when it was settled.
pub(crate) async fn follow(cx: &Cx, mut follow: Follow<'_>) -> (End, Option<Identity>) {
    loop {
        let (at_ms, why) = follow.next_deadline();
        let happening = cx.next(at_ms, why).await;
        if !matches!(happening, Happening::Timeout) {
            // A port loss is one of the things that happen here: it ends a probe, not the follow-up.
            let _seen = follow.see(cx, &happening);
            if let Some(ids) = &follow.emergency {
                cx.enter(Phase::Reboot);
                return (follow.unresolved(cx, What::Edl, &format!("it is there as {ids}")), None);
            }
            continue;
        }
        if let Some(end) = overdue(cx, &follow) {
            return (end, None);
        }
        if follow.downloading && follow.lost_ms.is_none() && cx.now_ms() >= follow.stalled_ms() {
            follow.stop_download(cx);
        }
        if cx.now_ms() < follow.probe_ms() || follow.lost_ms.is_some() {
            continue;
        }
        let phase = cx.phase();
        cx.enter(Phase::Verify);
        let probed = probe(cx, &mut follow).await;
        follow.not_before_ms = follow.not_before_ms.max(cx.now_ms() + PROBE_AGAIN_MS);
        if let Ok(Some(end)) = probed {
            return end;
        }
        if cx.phase() == Phase::Verify {
            cx.enter(phase);
        }
    }
}

/// The end by a deadline, if one has passed.
fn overdue(cx: &Cx, follow: &Follow<'_>) -> Option<End> {
    let now_ms = cx.now_ms();
    let waits = &follow.plan.waits;
    if follow.lost_ms.is_some_and(|lost_ms| now_ms >= lost_ms + waits.away_ms) {
        cx.enter(Phase::Reboot);
        let message = format!("the port has been away for {} s", waits.away_ms / 1000);
        return Some(follow.unresolved(cx, What::Away, &message));
    }
    if follow.silent_too_long(now_ms) {
        cx.enter(Phase::Reboot);
        return Some(follow.unresolved(cx, What::Away, "neither a sign of life nor an answer"));
    }
    if now_ms >= follow.began_ms + waits.resolution_ms {
        if !matches!(cx.phase(), Phase::Update | Phase::Reboot) {
            cx.enter(Phase::Update);
        }
        let message = format!("no proof of success or of failure within {} s", waits.resolution_ms / 1000);
        return Some(follow.unresolved(cx, What::Unresolved, &message));
    }
    None
}

type Ended = (End, Option<Identity>);

/// Asks the module; the end, when the answer resolves the trigger. The family's status read comes last: before that it
/// may be another family's module that is there.
async fn probe(cx: &Cx, follow: &mut Follow<'_>) -> Result<Option<Ended>, Halt> {
    let before_ms = follow.last_life_ms;
    let how = follow.plan.identify.clone();
    let found = identify(cx, &how, follow).await?;
    let identity = match found {
        Found::Settled(identity) => identity,
        Found::Unsettled(identity) => {
            follow.last_answer_ms = cx.now_ms();
            return Ok(damaged(cx, &identity, &follow.plan.expected).map(|end| (end, Some(identity))));
        }
        Found::Silent => return Ok(None),
    };
    follow.last_answer_ms = cx.now_ms();
    if let Some(end) = damaged(cx, &identity, &follow.plan.expected) {
        return Ok(Some((end, Some(identity))));
    }
    let armed = status(cx, follow).await? && !runs(&identity, &follow.plan.expected.new);
    if armed && repeat(cx, follow).await? {
        follow.over = false;
        follow.not_before_ms = follow.last_life_ms + follow.plan.waits.quiet_ms;
        return Ok(None);
    }
    let end = judge(cx, follow, &identity, before_ms);
    if end.is_none() {
        // The old revision resolves nothing yet: the next question comes after quiet.
        follow.over = false;
        let since_ms = if follow.downloading { cx.now_ms() } else { follow.last_life_ms };
        follow.not_before_ms = since_ms + follow.plan.waits.quiet_ms;
    }
    Ok(end.map(|end| (end, Some(identity))))
}

/// The family's status read. Tells whether it says that nothing has happened yet.
async fn status(cx: &Cx, follow: &mut Follow<'_>) -> Result<bool, Halt> {
    let Some(command) = follow.plan.status.clone() else { return Ok(false) };
    let timeout_ms = follow.plan.identify.command_ms;
    let Answer::Ok(lines) = exchange(cx, &command, timeout_ms, follow).await? else { return Ok(false) };
    let still = follow.plan.repeat.as_ref().map(|repeat| repeat.still);
    Ok(still.is_some_and(|still| lines.iter().any(still)))
}

/// Sends the reset command again, when nothing was seen of its effect: it is the same trigger, not a second. Tells whether
/// it was sent.
async fn repeat(cx: &Cx, follow: &mut Follow<'_>) -> Result<bool, Halt> {
    let Some(repeat) = &follow.plan.repeat else { return Ok(false) };
    if follow.signs > 0 || follow.repeats >= repeat.times {
        return Ok(false);
    }
    follow.repeats += 1;
    cx.note(Level::Warning, format!("{} was not acted on: it is sent again", repeat.command));
    let (command, timeout_ms) = (repeat.command.clone(), follow.plan.identify.command_ms);
    exchange(cx, &command, timeout_ms, follow).await?;
    follow.last_life_ms = cx.now_ms();
    Ok(true)
}

/// What a settled answer of the triggered module means. `before_ms` is the last sign of life before the module was asked.
fn judge(cx: &Cx, follow: &Follow<'_>, identity: &Identity, before_ms: u64) -> Option<End> {
    let expected = &follow.plan.expected;
    if runs(identity, &expected.new) {
        return Some(End::Reached);
    }
    if !runs(identity, &expected.old) {
        return None;
    }
    if let Some(fault) = &follow.terminal {
        return Some(End::Failed { fault: fault.clone(), resolution: Some(Resolution::FailedBack) });
    }
    let alive_since = follow.last_life_ms > before_ms;
    if alive_since || follow.downloading || cx.now_ms() < before_ms + follow.plan.waits.quiet_ms {
        return None;
    }
    let fault = follow.provisional.clone().unwrap_or_else(|| {
        if follow.signs > 0 {
            let message = format!("expected {}, found {}", expected.new, identity.revision);
            cx.fault(What::Rev, message)
        } else {
            Fault::new(Phase::Update, What::NotStarted, "no sign of life of an update, and the old revision")
        }
    });
    Some(End::Failed { fault, resolution: Some(Resolution::QuietBack) })
}

/// Another module than the one that was triggered, or one that has lost its identity.
fn damaged(cx: &Cx, identity: &Identity, expected: &Expected) -> Option<End> {
    match &identity.imei {
        None => Some(End::Unresolved(cx.fault(What::ImeiLost, "no valid IMEI after the update"))),
        Some(imei) if *imei != expected.imei => {
            let message = format!("IMEI {imei} is there instead of {}", expected.imei);
            Some(End::Unresolved(cx.fault(What::Swapped, message)))
        }
        Some(_) if identity.model != expected.model => {
            let message = format!("expected {}, found {}", expected.model, identity.model);
            Some(End::Unresolved(cx.fault(What::Model, message)))
        }
        Some(_) => None,
    }
}

/// See [`events::Module::runs`].
fn runs(identity: &Identity, revision: &str) -> bool {
    identity.module().is_some_and(|module| module.runs(revision))
}
