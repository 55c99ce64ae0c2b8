//! One command and its answer; commands again and again.

use at::{Command, Final, Frame, Line};
use events::{Phase, What};

use crate::cx::{Cx, Halt, Happening};
use crate::judge::Judgement;
use crate::machine::{Emission, Facts};
use crate::plan::{Ask, Poll};

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `OK`, with the lines before it.
    Ok(Vec<Line>),
    /// An error in one of its spellings.
    Error(String),
    /// Nothing final in time.
    Silent,
}

/// Sees whatever happens while an answer is waited for.
pub(crate) trait Watch: Send {
    /// `Err` ends the wait.
    fn see(&mut self, cx: &Cx, happening: &Happening) -> Result<(), Halt>;
}

/// Before the trigger: a lost port, a cancel and a flood end whatever is going on.
pub(crate) struct Plain;

impl Watch for Plain {
    fn see(&mut self, cx: &Cx, happening: &Happening) -> Result<(), Halt> {
        match happening {
            Happening::PortLost => Err(Halt::Lost),
            Happening::Cancel => Err(Halt::Cancelled),
            Happening::Flood => Err(cx.halt(What::Flood, "more than 1 MiB came without an answer in it")),
            Happening::Served { bytes, total } => {
                cx.emit(Emission::Progress { phase: Phase::Deliver, done: *bytes, total: *total });
                Ok(())
            }
            Happening::Frame(_)
            | Happening::BootLog(_)
            | Happening::Sent
            | Happening::PortBack
            | Happening::Emergency(_)
            | Happening::Recorded(_)
            | Happening::Timeout => Ok(()),
        }
    }
}

/// Sends `command` and waits for its final result.
pub(crate) async fn exchange(
    cx: &Cx,
    command: &Command,
    timeout_ms: u64,
    watch: &mut dyn Watch,
) -> Result<Answer, Halt> {
    cx.send(command);
    let sent_ms = cx.now_ms();
    let at_ms = sent_ms + timeout_ms;
    let why = format!("the answer to {command}");
    let mut lines = Vec::new();
    loop {
        let happening = cx.next(at_ms, &why).await;
        watch.see(cx, &happening)?;
        if matches!(happening, Happening::Timeout) {
            return Ok(Answer::Silent);
        }
        let Happening::Frame(frame) = happening else { continue };
        if matches!(frame, Frame::Final(_)) {
            cx.emit(Emission::Answered(cx.now_ms() - sent_ms));
        }
        match frame {
            Frame::Line(line) if lines.len() < ANSWER_LINES => lines.push(line),
            Frame::Final(Final::Ok) => return Ok(Answer::Ok(lines)),
            Frame::Final(Final::Error(detail)) => {
                return Ok(Answer::Error(detail.unwrap_or_else(|| "ERROR".to_owned())));
            }
            Frame::Line(_) | Frame::Echo | Frame::Prompt(_) | Frame::Ack | Frame::Overlong => {}
        }
    }
}

/// Lines of one answer that are looked at.
const ANSWER_LINES: usize = 64;

/// Waits, answering nothing, for `ms`.
pub(crate) async fn pause(cx: &Cx, ms: u64, why: &str, watch: &mut dyn Watch) -> Result<(), Halt> {
    let at_ms = cx.now_ms() + ms;
    loop {
        let happening = cx.next(at_ms, why).await;
        if matches!(happening, Happening::Timeout) {
            return Ok(());
        }
        watch.see(cx, &happening)?;
    }
}

/// Brings command and answer into step again after a silence: `AT` until it is answered, then whatever is late.
/// A sleeping module (PSM) is deaf until a byte wakes it, so several tries are made.
pub(crate) async fn wake(cx: &Cx, tries: u32, timeout_ms: u64, watch: &mut dyn Watch) -> Result<bool, Halt> {
    for call in 0..tries {
        if let Answer::Ok(_) = exchange(cx, &Command::plain("AT"), timeout_ms, watch).await? {
            if call > 0 {
                // Each of the earlier calls may still be answered; their `OK`s belong to no later command.
                let_late_answers_by(cx, watch).await?;
            }
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits until nothing has come for a while.
pub(crate) async fn let_late_answers_by(cx: &Cx, watch: &mut dyn Watch) -> Result<(), Halt> {
    let until_ms = cx.now_ms() + LATE_LIMIT_MS;
    while cx.now_ms() < until_ms {
        let happening = cx.next(cx.now_ms() + LATE_MS, "late answers").await;
        if matches!(happening, Happening::Timeout) {
            return Ok(());
        }
        watch.see(cx, &happening)?;
    }
    Ok(())
}

/// Tries of `AT` after a silence, and how long each is waited for, milliseconds.
const RESYNC_TRIES: u32 = 3;
const RESYNC_MS: u64 = 2_000;
/// After a silence, everything that is late is let by until nothing has come for so long, milliseconds.
const LATE_MS: u64 = 2_000;
/// The longest that late answers are let by, milliseconds.
const LATE_LIMIT_MS: u64 = 20_000;

/// [`exchange`], once more when the first try was met with silence.
pub(crate) async fn exchange_twice(
    cx: &Cx,
    command: &Command,
    timeout_ms: u64,
    watch: &mut dyn Watch,
) -> Result<Answer, Halt> {
    let first = exchange(cx, command, timeout_ms, watch).await?;
    if !matches!(first, Answer::Silent) || !wake(cx, RESYNC_TRIES, RESYNC_MS, watch).await? {
        return Ok(first);
    }
    let_late_answers_by(cx, watch).await?;
    exchange(cx, command, timeout_ms, watch).await
}

/// Runs an [`Ask`].
pub(crate) async fn ask(cx: &Cx, ask: &Ask, facts: &mut Facts) -> Result<(), Halt> {
    let mut answer = exchange_twice(cx, &ask.command, ask.timeout_ms, &mut Plain).await?;
    for alternative in &ask.alternatives {
        if matches!(answer, Answer::Error(..)) {
            answer = exchange_twice(cx, alternative, ask.timeout_ms, &mut Plain).await?;
        }
    }
    if let (Some(name), Answer::Ok(lines)) = (ask.keep, &answer) {
        facts.insert(name, lines.clone());
    }
    let Some(otherwise) = ask.otherwise else { return Ok(()) };
    match answer {
        Answer::Ok(lines) => judge_answer(cx, ask, &lines, otherwise),
        Answer::Error(detail) => Err(cx.halt(otherwise, format!("{} was answered: {detail}", ask.command))),
        Answer::Silent => {
            let waited_s = ask.timeout_ms / 1000;
            Err(cx.halt(What::Silent, format!("no answer to {} within {waited_s} s", ask.command)))
        }
    }
}

fn judge_answer(cx: &Cx, ask: &Ask, lines: &[Line], otherwise: What) -> Result<(), Halt> {
    let Some(judge) = &ask.judge else { return Ok(()) };
    match lines.iter().find_map(|line| judge.test(line)) {
        Some(Judgement::Good) => Ok(()),
        Some(Judgement::Bad(what, detail)) => Err(cx.halt(what, format!("{}: {detail}", ask.command))),
        Some(Judgement::NotYet | Judgement::Progress(..)) | None => {
            let got: Vec<&str> = lines.iter().map(Line::text).collect();
            let got = if got.is_empty() { "only OK".to_owned() } else { got.join(" / ") };
            Err(cx.halt(otherwise, format!("{}: expected {}, got {got}", ask.command, judge.says())))
        }
    }
}

/// What a [`Poll`] has seen so far.
struct Polled<'a> {
    poll: &'a Poll,
    outcome: Option<Judgement>,
    idle_until_ms: u64,
    last: String,
    furthest: u64,
}

impl Watch for Polled<'_> {
    fn see(&mut self, cx: &Cx, happening: &Happening) -> Result<(), Halt> {
        if let Happening::Served { .. } = happening {
            self.idle_until_ms = cx.now_ms() + self.poll.idle_ms;
        }
        if let Happening::Frame(Frame::Line(line)) = happening
            && let Some(judgement) = self.poll.judge.test(line)
        {
            line.text().clone_into(&mut self.last);
            match judgement {
                Judgement::Progress(done, total) if done > self.furthest => {
                    self.furthest = done;
                    self.idle_until_ms = cx.now_ms() + self.poll.idle_ms;
                    cx.emit(Emission::Progress { phase: cx.phase(), done, total });
                }
                Judgement::Progress(..) | Judgement::NotYet => {}
                Judgement::Good | Judgement::Bad(..) => self.outcome = Some(judgement),
            }
        }
        Plain.see(cx, happening)
    }
}

/// Runs a [`Poll`].
pub(crate) async fn poll(cx: &Cx, poll: &Poll) -> Result<(), Halt> {
    let idle_until_ms = cx.now_ms() + poll.idle_ms;
    let mut polled = Polled { poll, outcome: None, idle_until_ms, last: String::new(), furthest: 0 };
    loop {
        let mut known = poll.commands.is_empty();
        for command in &poll.commands {
            let answer = exchange_twice(cx, command, poll.timeout_ms, &mut polled).await?;
            known |= !matches!(answer, Answer::Error(..));
            if let Some(end) = polled.outcome.take() {
                return conclude(cx, end);
            }
        }
        if !known && poll.unknown_is_good {
            return Ok(());
        }
        let round_ms = cx.now_ms() + poll.every_ms;
        while cx.now_ms() < round_ms {
            let happening = cx.next(round_ms, poll.judge.says()).await;
            polled.see(cx, &happening)?;
            if let Some(end) = polled.outcome.take() {
                return conclude(cx, end);
            }
        }
        if cx.now_ms() >= polled.idle_until_ms {
            let last = if polled.last.is_empty() { "nothing" } else { &polled.last };
            let waited_s = poll.idle_ms / 1000;
            let message = format!("waited {waited_s} s for {}, last heard: {last}", poll.judge.says());
            return Err(cx.halt(poll.otherwise, message));
        }
    }
}

fn conclude(cx: &Cx, end: Judgement) -> Result<(), Halt> {
    match end {
        Judgement::Bad(what, detail) => Err(cx.halt(what, detail)),
        Judgement::Good | Judgement::NotYet | Judgement::Progress(..) => Ok(()),
    }
}
